"""`tst-sim evaluate RUN2 --house 17`: how well a transferred run does in one house."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.transfer_config import EvaluateConfig
from tst_sim.cli.options import add_data_dir, add_plugin, add_set, bounded
from tst_sim.cli.places import house_corpus
from tst_sim.config import build, with_overrides
from tst_sim.errors import UserError
from tst_sim.owners import refuse_if_held, refuse_torchrun

if TYPE_CHECKING:
    from generators.config import GenerateConfig
    from training.checkpoint import RunFolder

DEFAULTS = EvaluateConfig()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `evaluate`."""
    parser.add_argument("run", metavar="RUN2", help="a transfer run's folder")
    parser.add_argument("--house", metavar="N", type=bounded("--house", 0, 2**31 - 1), required=True, help="test house")
    parser.add_argument(
        "--corpus",
        metavar="DIR",
        help="corpus of the house (default: the one pre-trained on if it holds the house, else the data root's)",
    )
    parser.add_argument("--no-generate", action="store_true", help="do not make the house's corpus when it is missing")
    parser.add_argument("--out", metavar="DIR", help="folder of the results (default: RUN2/evaluate-house-N)")
    parser.add_argument(
        "--min-class-share",
        metavar="SHARE",
        type=float,
        help=f"classes with fewer of the pixels are left out of the mean (default: {DEFAULTS.min_class_share:g})",
    )
    parser.add_argument("--device", metavar="NAME", help="auto, cpu, cuda or cuda:N (default: auto)")
    add_data_dir(parser)
    add_plugin(parser)
    add_set(parser)


def run(options: argparse.Namespace) -> int:
    """Measure, say the scores, write results.json."""
    refuse_torchrun("evaluate")
    if options.out:
        refuse_if_held(Path(options.out), "evaluate")
    values = {} if options.min_class_share is None else {"min_class_share": options.min_class_share}
    config = build(EvaluateConfig, with_overrides(values, options.overrides))
    from training.checkpoint import RunFolder
    from training.evaluate import evaluate, evaluation_folder
    from tst_sim.cli.terminal import console

    run = RunFolder.load(options.run)
    corpus = options.corpus or _corpus(run, options)
    console().print(f"evaluating in {corpus}", markup=False, soft_wrap=True)
    out = Path(options.out) if options.out else evaluation_folder(options.run, options.house)
    device = options.device or "auto"
    results = evaluate(options.run, corpus, options.house, out, config=config, device=device, data_dir=options.data_dir)
    _say(results)
    sys.stdout.write(f"{out / 'results.json'}\n")
    return 0


def _corpus(run: RunFolder, options: argparse.Namespace) -> Path:
    """The corpus the run was pre-trained on when it holds the house; else that of the house alone."""
    if run.kind != "transfer":
        raise UserError(f"{run.path} is a {run.kind} run; evaluate takes a transfer run (tst-sim transfer)")
    run.checked()
    pretrained = run.settings["pretrained"].get("run")
    if pretrained and os.path.isfile(Path(pretrained) / "config.json"):
        from training.checkpoint import RunFolder

        folder = Path(RunFolder.load(pretrained).checked().settings["corpus"])
        if os.path.isfile(folder / "manifest.json") and _holds(folder, options.house):
            return folder
    config = like(Path(run.settings["corpus"]))
    return house_corpus((options.house,), config=config, data_dir=options.data_dir, no_generate=options.no_generate)


def _holds(folder: Path, house: int) -> bool:
    from tst_sim.corpus import Corpus

    return any(row["index"] == house and row.get("eval_frames", 1) for row in Corpus(folder).manifest["houses"])


def like(corpus: Path) -> GenerateConfig:
    """Settings of a new corpus of the same source, size and view as an existing one, with default frame counts."""
    from generators.config import GenerateConfig

    stored: dict[str, Any] = {}
    if os.path.isfile(corpus / "manifest.json"):
        from tst_sim.corpus import Corpus

        stored = Corpus(corpus).manifest.get("config", {})
    kept = ("source", "split", "width", "height", "fov_deg", "poses")
    return build(GenerateConfig, {key: stored[key] for key in kept if key in stored})


def _say(results: dict[str, Any]) -> None:
    from rich.table import Table

    from training.tasks import TASKS
    from tst_sim.cli.terminal import console

    oracle = " (oracle: it saw ground truth)" if results["oracle"] else ""
    title = f"house {results['house']['index']}, {results['frames']} frames{oracle}"
    summary, terminal = TASKS.named(results["task"]).summary(results), console()
    if summary.rows:
        table = Table(*summary.columns, title=title, title_justify="left")
        for row in summary.rows:
            table.add_row(*row)
        terminal.print(table)
    else:
        terminal.print(title, markup=False)
    terminal.print(summary.line, markup=False, soft_wrap=True)
