"""`tst-sim demo`: from houses to a report, everything real and small. It is a sweep and its report."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tst_sim.cli.options import add_set, bounded
from tst_sim.cluster.cpus import usable_cpus

CONFIG = "demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `demo`."""
    parser.add_argument(
        "--out", metavar="DIR", default="tst-sim-demo", help="folder of everything it makes (default: %(default)s)"
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        type=bounded("--workers", 0, 4096),
        help="steps at a time, through Ray; 0: in this process, without Ray (default: one per CPU it may use)",
    )
    add_set(parser)


def run(options: argparse.Namespace) -> int:
    """Sweep and report; done again, it goes on where it stopped. 3 when a step failed."""
    from training.report import write_report
    from training.sweep.config import SweepConfig
    from tst_sim.cli.sweep import run_sweep
    from tst_sim.config import load

    out = Path(options.out)
    config = load(SweepConfig, "sweep", CONFIG, options.overrides)
    workers = usable_cpus() if options.workers is None else options.workers
    failed = run_sweep(config, out / "sweep", workers=workers, data_dir=str(out))
    report = write_report(out / "sweep", out / "report.html")
    sys.stdout.write(f"{report.absolute()}\n")
    return 3 if failed else 0
