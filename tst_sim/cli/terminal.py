"""Everything that reaches the terminal goes through here: lines, tables and progress with rate and time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


def console() -> Console:
    """A console on stderr: results that people pipe go to stdout, talk goes here."""
    return Console(stderr=True, highlight=False)


@contextmanager
def progress_bar(label: str, total: int) -> Iterator[Progress]:
    """A bar with count, rate text (task field `rate`) and time left; quiet where stderr is no terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(), transient=False) as progress:
        progress.add_task(label, total=total, rate="")
        yield progress
