"""The table of a sweep: mean and spread over seeds, gain over scratch, fraction of the gap that is closed.

Houses differ in difficulty, so a column (one test house) is judged by its gain over scratch in
that house. The gain is taken seed by seed, so that its spread is that of the difference. A gain is
positive where the score is better, whichever direction that is.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from training.sweep.cells import SUPERVISED, Axes
from training.sweep.config import SCRATCH

Row = Mapping[str, Any]
"""A cell as `Cell.describe()` gives it, with `score`, `value` and `higher_is_better` of its evaluation."""


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation (n - 1) over seeds; no deviation from a single seed."""

    mean: float
    deviation: float | None
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """The spread of some values; None without any."""
        if not values:
            return None
        return cls(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None, len(values))


@dataclass(frozen=True)
class TableCell:
    """One cell of the table over its seeds."""

    method: str
    own_house: int | None
    tested_in: int
    is_new_house: bool
    oracle: bool
    axes: Axes
    score: str
    """Name of the score that `value` is of."""
    higher_is_better: bool
    value: Spread
    gain: Spread | None
    """By how much it is better than scratch in the same house with the same seed."""
    gap_closed: float | None
    """(mean - scratch's mean) / (supervised mean - scratch's mean); None without both bounds or
    when the upper bound is not better than the lower one."""

    def describe(self) -> dict[str, Any]:
        """The cell as JSON values."""
        return asdict(self)


def table(cells: Sequence[Row], scratch: str = SCRATCH) -> list[TableCell]:
    """Table cells in order of first appearance; `scratch` is the name of the lower bound among the methods."""
    measured = [cell for cell in cells if cell.get("value") is not None]
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for cell in measured:
        axes = tuple(sorted(cell["axes"].items()))
        groups[(cell["method"], cell["own_house"], axes, cell["tested_in"])].append(cell)
    lower = {(cell["tested_in"], cell["seed"]): cell["value"] for cell in measured if cell["method"] == scratch}
    bounds = {house: _bounds(measured, scratch, house) for house in {cell["tested_in"] for cell in measured}}
    return [_table_cell(rows, lower, bounds[rows[0]["tested_in"]]) for rows in groups.values()]


def _bounds(cells: Sequence[Row], scratch: str, house: int) -> tuple[float | None, float | None]:
    """Means of scratch and of the supervised bound in a house."""
    means = []
    for method in (scratch, SUPERVISED):
        values = [cell["value"] for cell in cells if cell["method"] == method and cell["tested_in"] == house]
        means.append(statistics.fmean(values) if values else None)
    return means[0], means[1]


def _table_cell(
    rows: Sequence[Row], lower: Mapping[tuple[int, int], float], bounds: tuple[float | None, float | None]
) -> TableCell:
    value = Spread.of([row["value"] for row in rows])
    assert value is not None
    first = rows[0]
    sign = 1 if first["higher_is_better"] else -1
    gains = [sign * (row["value"] - lower[key]) for row in rows if (key := (row["tested_in"], row["seed"])) in lower]
    return TableCell(
        method=first["method"],
        own_house=first["own_house"],
        tested_in=first["tested_in"],
        is_new_house=first["is_new_house"],
        oracle=first["oracle"],
        axes=first["axes"],
        score=first["score"],
        higher_is_better=first["higher_is_better"],
        value=value,
        gain=Spread.of(gains),
        gap_closed=_gap_closed(value.mean, *bounds, sign=sign),
    )


def _gap_closed(mean: float, low: float | None, high: float | None, *, sign: int) -> float | None:
    if low is None or high is None or sign * (high - low) <= 0:
        return None
    return (mean - low) / (high - low)


def summary(cells: Sequence[TableCell]) -> list[dict[str, Any]]:
    """Per method and place on the axes: means in the own house and in others.

    What has no own house (scratch) stands in both: in all test houses, and in all or the new ones.
    """
    rows = []
    for method, axes in dict.fromkeys((cell.method, tuple(sorted(cell.axes.items()))) for cell in cells):
        found = [cell for cell in cells if (cell.method, tuple(sorted(cell.axes.items()))) == (method, axes)]
        if all(cell.own_house is None for cell in found):
            own = [cell for cell in found if not cell.is_new_house]
            others = [cell for cell in found if cell.is_new_house] or found
        else:
            own = [cell for cell in found if cell.own_house == cell.tested_in]
            others = [cell for cell in found if cell.own_house != cell.tested_in]
        head = {"method": method, "axes": dict(axes), "oracle": any(cell.oracle for cell in found)}
        rows.append({**head, **_side("own_house", own), **_side("other_houses", others)})
    return rows


def _side(name: str, cells: Sequence[TableCell]) -> dict[str, Any]:
    closed = [cell.gap_closed for cell in cells if cell.gap_closed is not None]
    gains = [cell.gain.mean for cell in cells if cell.gain is not None]
    return {
        f"{name}_value": statistics.fmean(cell.value.mean for cell in cells) if cells else None,
        f"{name}_gain": statistics.fmean(gains) if gains else None,
        f"{name}_gap_closed": statistics.fmean(closed) if closed else None,
    }
