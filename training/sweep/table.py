"""The table of a sweep: mean and spread over seeds, gain over scratch, share of the gap.

Houses differ in difficulty, so a column (one test house) is judged by its gain over scratch in
that house. The gain is taken seed by seed, so that its spread is that of the difference.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from training.sweep.cells import SUPERVISED
from training.sweep.config import SCRATCH


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation (n - 1) over seeds; no deviation from a single seed."""

    mean: float
    deviation: float | None
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        if not values:
            return None
        return cls(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None, len(values))


@dataclass(frozen=True)
class Entry:
    """One cell of the table over its seeds."""

    method: str
    home: int | None
    added: int
    test_house: int
    new: bool
    oracle: bool
    miou: Spread
    gain: Spread | None
    """mIoU minus scratch's in the same house with the same seed."""
    gap_share: float | None
    """(mean - scratch's mean) / (supervised mean - scratch's mean); None without both bounds or
    when the upper bound does not exceed the lower one."""

    def describe(self) -> dict[str, Any]:
        return asdict(self)


def table(cells: Sequence[Mapping[str, Any]], scratch: str = SCRATCH) -> list[Entry]:
    """Entries in order of first appearance; cells are `Cell.describe()` rows with `miou` added."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for cell in cells:
        if cell.get("miou") is not None:
            groups[(cell["method"], cell["home"], cell["added"], cell["test_house"])].append(cell)
    lower = {(cell["test_house"], cell["seed"]): cell["miou"] for cell in _valid(cells, scratch)}
    bounds = {house: _bounds(cells, scratch, house) for house in {cell["test_house"] for cell in cells}}
    return [_entry(rows, lower, bounds[rows[0]["test_house"]]) for rows in groups.values()]


def _valid(cells: Sequence[Mapping[str, Any]], method: str) -> list[Mapping[str, Any]]:
    return [cell for cell in cells if cell["method"] == method and cell.get("miou") is not None]


def _bounds(cells: Sequence[Mapping[str, Any]], scratch: str, house: int) -> tuple[float | None, float | None]:
    """Means of scratch and of the supervised bound in a house."""
    means = []
    for method in (scratch, SUPERVISED):
        values = [cell["miou"] for cell in _valid(cells, method) if cell["test_house"] == house]
        means.append(statistics.fmean(values) if values else None)
    return means[0], means[1]


def _entry(
    rows: Sequence[Mapping[str, Any]],
    lower: Mapping[tuple[int, int], float],
    bounds: tuple[float | None, float | None],
) -> Entry:
    miou = Spread.of([row["miou"] for row in rows])
    assert miou is not None
    first = rows[0]
    gains = [row["miou"] - lower[key] for row in rows if (key := (row["test_house"], row["seed"])) in lower]
    return Entry(
        method=first["method"],
        home=first["home"],
        added=first["added"],
        test_house=first["test_house"],
        new=first["new"],
        oracle=first["oracle"],
        miou=miou,
        gain=Spread.of(gains),
        gap_share=_share(miou.mean, *bounds),
    )


def _share(mean: float, low: float | None, high: float | None) -> float | None:
    if low is None or high is None or high <= low:
        return None
    return (mean - low) / (high - low)


def summary(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Per method and number of added houses: means at home (own house) and away (another's).

    What has no home (scratch) stands in both: in all test houses, and in all or the new ones.
    """
    rows = []
    for method, added in dict.fromkeys((entry.method, entry.added) for entry in entries):
        own = [entry for entry in entries if (entry.method, entry.added) == (method, added)]
        if all(entry.home is None for entry in own):
            home = [entry for entry in own if not entry.new]
            away = [entry for entry in own if entry.new] or own
        else:
            home = [entry for entry in own if entry.home == entry.test_house]
            away = [entry for entry in own if entry.home != entry.test_house]
        facts = {"method": method, "added": added, "oracle": any(entry.oracle for entry in own)}
        rows.append({**facts, **_side("home", home), **_side("away", away)})
    return rows


def _side(name: str, entries: Sequence[Entry]) -> dict[str, Any]:
    shares = [entry.gap_share for entry in entries if entry.gap_share is not None]
    gains = [entry.gain.mean for entry in entries if entry.gain is not None]
    return {
        f"{name}_miou": statistics.fmean(entry.miou.mean for entry in entries) if entries else None,
        f"{name}_gain": statistics.fmean(gains) if gains else None,
        f"{name}_gap_share": statistics.fmean(shares) if shares else None,
    }
