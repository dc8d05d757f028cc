"""Everything that reaches the terminal goes through here: lines, tables and progress with rate and time left."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from generators.worker import Outcome

LINE_EVERY_S = 30.0


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


def duration(seconds: float) -> str:
    """`4 s`, `3 min 20 s`, `7 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class HouseProgress:
    """Houses and frames as they are made: a bar on a terminal, else a line now and then.

    Rates and time left come from what this run made, not from what it found finished.
    """

    def __init__(self) -> None:
        self._console = console()
        self._bar: Progress | None = None
        self._began = self._last_line = time.monotonic()
        self._total = self._found = self._done = self._frames = self._faults = 0

    def __enter__(self) -> HouseProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def begin(self, total: int, found: int, announcement: str) -> None:
        """Say what is to come; `found` of the `total` houses are there already."""
        self._console.print(announcement, soft_wrap=True, markup=False)
        self._total, self._found = total, found
        self._began = self._last_line = time.monotonic()
        if self._console.is_terminal and found < total:
            columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("houses  {task.fields[rate]}"))
            self._bar = Progress(*columns, console=self._console)
            self._bar.add_task("", total=total, completed=found, rate="")
            self._bar.start()

    def say(self, line: str) -> None:
        """A line of its own, above the bar."""
        self._console.print(line, soft_wrap=True, markup=False)

    def advance(self, outcome: Outcome) -> None:
        """One house is done, or has failed."""
        self._done += 1
        self._frames += outcome.frames
        self._faults += outcome.fault is not None
        elapsed = max(1e-6, time.monotonic() - self._began)
        left = (self._total - self._found - self._done) * elapsed / self._done
        rate = f"{self._done / elapsed:.3g} houses/s, {self._frames / elapsed:.3g} frames/s, {duration(left)} left"
        if self._faults:
            rate += f", {self._faults} quarantined"
        if self._bar:
            self._bar.update(self._bar.task_ids[0], completed=self._found + self._done, rate=rate)
        elif time.monotonic() - self._last_line >= LINE_EVERY_S:
            self._last_line = time.monotonic()
            self._console.print(f"{self._found + self._done} of {self._total} houses, {rate}", markup=False)
