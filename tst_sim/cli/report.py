"""`tst-sim report DIR`: one self-contained page about a run, several runs or a sweep."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tst_sim.cli.options import add_plugin


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `report`."""
    parser.add_argument("folder", metavar="DIR", help="a run's folder, a sweep's, or one that holds several")
    parser.add_argument("--out", metavar="FILE", help="(default: DIR/report.html)")
    add_plugin(parser)


def run(options: argparse.Namespace) -> int:
    """Write the page and say what is left out of it; its path goes to stdout."""
    from training.report import write_report
    from tst_sim.cli.terminal import console

    terminal = console()
    path = write_report(
        options.folder,
        Path(options.out) if options.out else None,
        on_left_out=lambda item: terminal.print(f"left out: {item.reason}", markup=False, soft_wrap=True),
    )
    sys.stdout.write(f"{path}\n")
    return 0
