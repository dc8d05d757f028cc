"""`tst-sim sweep configs/sweep/cross_house.yaml`: a whole experiment, resumable."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.sweep import verbs
from training.sweep.cells import merged
from training.sweep.config import SweepConfig
from training.sweep.steps import StepReport, in_order, run_steps
from tst_sim.cli.options import add_data_dir, add_plugin, add_set, bounded
from tst_sim.cli.places import run_folder
from tst_sim.cluster.cpus import usable_cpus
from tst_sim.config import as_dict, build, load, preset_names
from tst_sim.owners import owned, refuse_torchrun
from tst_sim.plugins import loaded_names

if TYPE_CHECKING:
    from generators.config import GenerateConfig

MAX_WORKERS = 4096


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `sweep`."""
    parser.add_argument("config", metavar="CONFIG", help=f"a YAML file, or one of: {', '.join(preset_names('sweep'))}")
    parser.add_argument(
        "--out", metavar="DIR", help="folder of the sweep (default: named by settings, in the data root)"
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        type=bounded("--workers", 0, MAX_WORKERS),
        help="steps at a time, through Ray; 0: in this process, without Ray (default: one per CPU it may use)",
    )
    add_data_dir(parser)
    add_plugin(parser)
    add_set(parser)


def run(options: argparse.Namespace) -> int:
    """Do every step that is not done yet; 0, or 3 when a step failed."""
    config = load(SweepConfig, "sweep", options.config, options.overrides)
    out = run_folder(options.out, options.data_dir, f"sweep-{Path(options.config).stem}", as_dict(config))
    workers = usable_cpus() if options.workers is None else options.workers
    failed = run_sweep(config, out, workers=workers, data_dir=options.data_dir)
    sys.stdout.write(f"{out}\n")
    return 3 if failed else 0


def run_sweep(config: SweepConfig, out: Path, *, workers: int, data_dir: str | None) -> int:
    """Run an experiment into a folder, or go on there; writes `results.json`; the number of steps that failed."""
    from training.sweep.results import check_folder

    refuse_torchrun("sweep")
    check_folder(out)
    with owned(out, "sweep"):
        return _run_owned(config, out, workers=workers, data_dir=data_dir)


def _run_owned(config: SweepConfig, out: Path, *, workers: int, data_dir: str | None) -> int:
    from training.sweep.results import collect_results, plan_sweep
    from tst_sim.cli.terminal import console, duration

    terminal = console()
    plan = plan_sweep(config, out, pretrain_config=verbs.pretrain_config, check=check)
    steps = in_order([cell.step for cell in plan.cells])
    counted = ", ".join(f"{count} {verb}" for verb, count in Counter(step.verb for step in steps).items())
    terminal.print(
        f"{len(steps)} steps ({counted}) for {len(plan.cells)} numbers, in {out}", markup=False, soft_wrap=True
    )
    by_name = {
        "generate": partial(generate, data_dir=data_dir, workers=workers if workers > 1 else 0),
        "pretrain": partial(verbs.pretrain, data_dir=data_dir),
        "transfer": partial(verbs.transfer, data_dir=data_dir),
        "evaluate": partial(verbs.evaluate, data_dir=data_dir),
    }
    by_name = {name: partial(verbs.with_plugins, loaded_names(), verb) for name, verb in by_name.items()}
    began = time.monotonic()
    seen: list[StepReport] = []

    def on_step(report: StepReport) -> None:
        seen.append(report)
        _say(terminal, report, time.monotonic() - began)
        if report.step.verb == "evaluate" and report.status == "done":
            collect_results(plan, seen, out)  # so that a report can be made of what is there

    collect_results(plan, seen, out)
    reports = run_steps(
        steps,
        by_name,
        out,
        workers=workers,
        on_step=on_step,
        on_wait=lambda line: terminal.print(line, markup=False, soft_wrap=True),
    )
    collect_results(plan, reports, out)
    return _summarise(terminal, reports, duration(time.monotonic() - began))


def generate_config(settings: Mapping[str, Any]) -> GenerateConfig:
    """Settings of the corpus of a step."""
    from generators.config import GenerateConfig

    values = {key: settings[key] for key in ("source", "split", "seed", "frames", "eval_frames")}
    values |= {"width": settings["size"], "height": settings["size"]}
    with verbs.named("generate"):
        return build(GenerateConfig, merged(values, settings["generate"]))


def generate(
    settings: Mapping[str, Any], inputs: Mapping[str, Any], folder: Path, *, data_dir: str | None, workers: int
) -> dict[str, Any]:
    """The corpus of some houses, in the data root, made when it is missing: the verb that training cannot have."""
    from tst_sim.cli.places import house_corpus

    houses = tuple(settings["houses"])
    made = house_corpus(houses, config=generate_config(settings), data_dir=data_dir, no_generate=False, workers=workers)
    return {"folder": str(made.absolute())}


def check(verb: str, settings: Mapping[str, Any]) -> None:
    """UserError when a step's settings cannot be used, before anything runs."""
    if verb == "generate":
        generate_config(settings)
    else:
        verbs.check(verb, settings)


def _say(terminal: Any, report: StepReport, seconds: float) -> None:
    from tst_sim.cli.terminal import duration

    if report.status == "kept":
        return
    message = f": {report.message}" if report.message else ""
    line = f"[{report.done}/{report.total}] {duration(seconds)}  {report.step.name} {report.status}{message}"
    terminal.print(line, markup=False, soft_wrap=True)


def _summarise(terminal: Any, reports: Sequence[StepReport], took: str) -> int:
    counts = Counter(report.status for report in reports)
    said = ", ".join(f"{counts[status]} {status}" for status in ("done", "kept", "failed", "skipped") if counts[status])
    terminal.print(f"{said} in {took}", markup=False)
    return counts["failed"]
