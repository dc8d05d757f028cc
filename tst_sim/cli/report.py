"""`tst-sim report DIR`: one self-contained page, or one JSON document, about a run, several runs or a sweep."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tst_sim.cli.options import add_plugin


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `report`."""
    parser.add_argument("folder", metavar="DIR", help="a run's folder, a sweep's, or one that holds several")
    parser.add_argument(
        "--json", action="store_true", help="print every number as one JSON document (docs/report-json.md) instead"
    )
    parser.add_argument("--out", metavar="FILE", help="(default: DIR/report.html; of --json: the standard output)")
    add_plugin(parser)


def run(options: argparse.Namespace) -> int:
    """Write the page, or the document, and say what is left out of it; the path of what was written goes to stdout."""
    from training.report import write_report
    from tst_sim.cli.terminal import console

    out = Path(options.out) if options.out else None
    if options.json:
        return _write_document(options.folder, out)
    terminal = console()
    path = write_report(
        options.folder,
        out,
        on_left_out=lambda item: terminal.print(f"left out: {item.reason}", markup=False, soft_wrap=True),
    )
    sys.stdout.write(f"{path}\n")
    return 0


def _write_document(folder: str, out: Path | None) -> int:
    from training.report.document import document_text, report_document
    from tst_sim.cli.terminal import console
    from tst_sim.storage import atomic_write

    document = report_document(folder)
    for item in document["left_out"]:
        console().print(f"left out: {item['reason']}", markup=False, soft_wrap=True)
    text = document_text(document)
    if out is None:
        sys.stdout.write(text)
        return 0
    with atomic_write(out) as file:
        file.write(text.encode())
    sys.stdout.write(f"{out}\n")
    return 0
