"""`tst-sim pretrain`: a specialist or generalist from the frames of some houses."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.config import OBJECTIVES, PRECISIONS, PretrainConfig, modality_names
from tst_sim.cli.corpora import add_house_options, chosen_houses, find_or_make
from tst_sim.cli.options import add_data_dir, add_plugin, add_set, bounded
from tst_sim.owners import refuse_if_held, refuse_torchrun

if TYPE_CHECKING:
    from training.loop import Progress
    from training.run import RunResult

DEFAULT_PRESET = "tiny"
DEFAULTS = PretrainConfig()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `pretrain`; what is not given comes from the preset."""
    add_house_options(parser)
    parser.add_argument(
        "--modalities", metavar="LIST", help=f"comma-separated (default: {','.join(DEFAULTS.modalities)})"
    )
    parser.add_argument(
        "--objective",
        metavar="|".join(OBJECTIVES),
        help=f"masked modelling of all modalities, or of RGB alone; or a plug-in's (default: {DEFAULTS.objective})",
    )
    parser.add_argument(
        "--preset",
        metavar="NAME",
        default=DEFAULT_PRESET,
        help="tiny, small, base or another YAML file in configs/pretrain, or its path (default: %(default)s)",
    )
    parser.add_argument("--out", metavar="RUN", help="run folder (default: named by settings, in the data root)")
    add_training_options(parser)
    add_data_dir(parser)
    add_plugin(parser)
    add_set(parser)


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """`--steps`, `--seed`, `--device`, `--precision`: the same for every verb that trains."""
    parser.add_argument(
        "--steps", metavar="N", type=bounded("--steps", 1, 100_000_000), help="training steps (default: the preset's)"
    )
    parser.add_argument("--seed", metavar="S", type=bounded("--seed", 0, 2**63 - 1), help="of the run (default: 0)")
    parser.add_argument("--device", metavar="NAME", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument(
        "--precision", metavar="|".join(PRECISIONS), help="number type; auto measures once per run (default: auto)"
    )


def training_values(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """What `add_training_options` read, as config groups, without what was not given and empty groups."""
    optim = {"steps": options.steps}
    run = {"seed": options.seed, "device": options.device, "precision": options.precision}
    groups = {"optim": optim, "run": run}
    given = {name: {k: v for k, v in group.items() if v is not None} for name, group in groups.items()}
    return {name: group for name, group in given.items() if group}


def resolve(options: argparse.Namespace) -> PretrainConfig:
    """Settings: defaults, then the preset, then the options, then --set."""
    from training.presets import pretrain_settings

    given: dict[str, Any] = training_values(options)
    if options.modalities is not None:
        given["modalities"] = [name.strip() for name in options.modalities.split(",") if name.strip()]
    if options.objective is not None:
        given["objective"] = options.objective
    return pretrain_settings(options.preset, given, options.overrides)


def run(options: argparse.Namespace) -> int:
    """Pre-train, or go on where the same command stopped; prints the run folder."""
    refuse_torchrun("pretrain")
    if options.out:
        refuse_if_held(Path(options.out), "pretrain")
    config = resolve(options)
    houses = chosen_houses(options)
    from tst_sim.corpus import Corpus

    if options.corpus is None:  # a corpus that is yet to be made has no layers
        modality_names(config.modalities)
    corpus = Corpus(find_or_make(options))
    from training.pretrain import default_folder, pretrain
    from tst_sim.cli.terminal import console

    preset = Path(options.preset).stem
    out = Path(options.out) if options.out else default_folder(config, corpus, houses, preset, options.data_dir)
    terminal = console()
    if config.oracle:
        terminal.print("[yellow]oracle: this run learns from ground-truth labels, and is marked so[/yellow]")
    with TrainingProgress("pre-training") as bar:
        result = pretrain(
            config,
            corpus,
            out,
            houses=houses,
            on_progress=bar.update,
            on_cache=bar.caching,
            data_dir=options.data_dir,
        )
    _report(result)
    return 0


class TrainingProgress:
    """A bar with loss, images/s and time left; a line now and then where stderr is no terminal."""

    def __init__(self, label: str) -> None:
        from tst_sim.cli.terminal import console, progress_bar

        self._label, self._console = label, console()
        self._context = progress_bar(label, 1)
        self._shown = 0

    def __enter__(self) -> TrainingProgress:
        self._bar = self._context.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._context.__exit__(*error)

    def caching(self, done: int, total: int) -> None:
        """Frames are being decoded, once, into the cache."""
        self._bar.update(self._bar.task_ids[0], description="decoding frames", completed=done, total=total)

    def update(self, progress: Progress) -> None:
        """Shows where the run stands; without a terminal, a line for each tenth."""
        from tst_sim.cli.terminal import duration

        text = f"loss {progress.loss:.3f}  {progress.images_per_s:.0f} images/s  {duration(progress.seconds_left)} left"
        self._bar.update(
            self._bar.task_ids[0],
            description=self._label,
            completed=progress.step,
            total=progress.steps,
            rate=text,
        )
        tenth = progress.step * 10 // progress.steps
        if not self._console.is_terminal and tenth > self._shown:
            self._shown = tenth
            self._console.print(f"{self._label}: step {progress.step} of {progress.steps}, {text}", markup=False)


def _report(result: RunResult[PretrainConfig]) -> None:
    from tst_sim.cli.terminal import console

    terminal = console()
    if result.notice:
        terminal.print(f"frames were decoded on the fly: {result.notice}; see data.cache_gb", markup=False)
    run = result.config.run
    terminal.print(
        f"{result.train.step} steps done on {run.device} in {run.precision} with {run.threads} threads"
        + (f", {result.train.images_per_s:.0f} images/s" if result.train.losses else " already"),
        markup=False,
    )
    sys.stdout.write(f"{result.folder}\n")
