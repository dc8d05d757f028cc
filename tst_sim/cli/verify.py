"""`tst-sim verify`: re-read a corpus and say what is wrong where."""

from __future__ import annotations

import argparse
from itertools import chain

from tst_sim.cli.options import add_plugin, bounded
from tst_sim.cluster.cpus import usable_cpus


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `verify`."""
    parser.add_argument("folder", metavar="DIR", help="a corpus folder")
    parser.add_argument(
        "--workers", metavar="N", type=bounded("--workers", 0, 1024), help="processes (default: one per CPU it may use)"
    )
    add_plugin(parser)


def run(options: argparse.Namespace) -> int:
    """0 when all is well, 1 when a fault was found."""
    from tst_sim.cli.terminal import console, progress_bar
    from tst_sim.corpus.verify import verify

    workers = usable_cpus() if options.workers is None else options.workers
    terminal = console()
    faults = samples = shards = 0
    reports = verify(options.folder, workers=workers)
    first = next(reports)
    with progress_bar("verify", first.shards) as progress:
        for report in chain([first], reports):
            faults, samples = faults + len(report.faults), samples + report.samples
            for fault in report.faults:
                progress.console.print(_one_line(f"{fault.where}: {fault.what}"), soft_wrap=True, markup=False)
            shards += report is not first
            progress.update(progress.task_ids[0], completed=shards, rate=f"{samples} samples")
    verdict = f"{faults} fault{'s' if faults > 1 else ''}" if faults else "no fault"
    terminal.print(f"{verdict} in {shards} shards, {samples} samples of {options.folder}", soft_wrap=True)
    return 1 if faults else 0


def _one_line(text: str) -> str:
    """Text with its line breaks, control characters and lone surrogates escaped: damaged files hold any of them."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
