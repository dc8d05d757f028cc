"""`tst-sim doctor`: what is here, what renders, what is missing and the command that mends it."""

from __future__ import annotations

import argparse

from tst_sim.cli.options import add_data_dir


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)


def run(options: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    from tst_sim.doctor import Status, examine, is_healthy
    from tst_sim.storage import data_root

    findings = examine(data_root(options.data_dir))
    styles = {Status.GOOD: "green", Status.NOTE: "yellow", Status.FAULT: "bold red"}
    console = Console(highlight=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("", "what", "found"):
        table.add_column(title, overflow="fold")
    for finding in findings:
        table.add_row(f"[{styles[finding.status]}]{finding.status.value}[/]", finding.topic, finding.found)
    console.print(table)
    for finding in findings:
        if finding.remedy:
            console.print(f"\n{finding.topic}: {finding.found}\n  -> {finding.remedy}", soft_wrap=True, markup=False)
    healthy = is_healthy(findings)
    console.print("\nEverything tst-sim needs is here." if healthy else "\nNot everything tst-sim needs is here.")
    return 0 if healthy else 1
