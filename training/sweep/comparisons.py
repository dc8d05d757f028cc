"""Comparisons of a sweep's methods, paired by test house and seed, with their uncertainty.

Test houses differ far more than methods do, so two methods are compared by the difference of their scores in the
same house with the same seed. Seeds of one house share that house: the interval comes from a bootstrap over houses (a
cluster bootstrap), each with its mean over seeds, and says how far the mean would move with other such houses.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from training.sweep.cells import SUPERVISED
from training.sweep.table import Row
from tst_sim.randomness import rng_for

RESAMPLES = 10_000
"""Bootstrap samples; the bounds of the interval move by about a hundredth of its width from one draw to another."""
CONFIDENCE = 0.95
POINT = 0.01
"""One point, of scores that are fractions."""
DETECTABLE = 1.96 + 0.84
"""Standard errors between a difference and zero for it to be found at 5 % (two-sided) four times out of five."""

Pair = tuple[int, int]
"""(test house, seed)."""


@dataclass(frozen=True)
class Comparison:
    """How much better one side of many pairs is than the other; positive is better, whichever way the score points."""

    question: str
    """`over scratch`, `over mae`, `home over away`."""
    method: str
    axes: Mapping[str, str | int]
    where: str
    """`own house`, `other houses`, or both for `home over away`."""
    houses: int
    pairs: int
    mean: float
    deviation: float | None
    """Sample standard deviation of the pairs."""
    standard_error: float | None
    """Of the mean, from the means of the houses; None for a single house."""
    low: float | None
    """Bounds of the interval at `CONFIDENCE`; None for a single house."""
    high: float | None
    pairs_for_a_point: int | None
    """Pairs, if they were independent, to find a difference of one point; None for scores that are no fractions."""
    oracle: bool

    def describe(self) -> dict[str, Any]:
        """The comparison as JSON values."""
        return asdict(self)


def comparisons(cells: Sequence[Row], scratch: str) -> list[Comparison]:
    """Every method against scratch and against each method before it, and at home against away.

    `scratch` is the name of the lower bound among the methods.
    """
    measured = [cell for cell in cells if cell.get("value") is not None]
    groups = _by_method(measured)
    lower = {(cell["tested_in"], cell["seed"]): cell for cell in measured if cell["method"] == scratch}
    trained = {key: rows for key, rows in groups.items() if key[0] not in (scratch, SUPERVISED)}
    found = []
    for key, rows in trained.items():
        for where, side in _sides(rows):
            found.append(_compared("over scratch", key, where, _against(side, lower), rows))
            found += [
                _compared(f"over {other[0]}", key, where, _matched(side, dict(_sides(others))[where]), rows)
                for other, others in trained.items()
                if other[1] == key[1] and _before(other, key, trained)
            ]
        found.append(_compared("home over away", key, "both", _home_over_away(rows), rows))
    return [comparison for comparison in found if comparison is not None]


Key = tuple[str, tuple[tuple[str, Any], ...]]
"""(method, axes)."""


def _by_method(cells: Sequence[Row]) -> dict[Key, list[Row]]:
    groups: dict[Key, list[Row]] = defaultdict(list)
    for cell in cells:
        groups[(cell["method"], tuple(sorted(cell["axes"].items())))].append(cell)
    return groups


def _before(key: Key, other: Key, groups: Mapping[Key, Any]) -> bool:
    order = list(groups)
    return order.index(key) < order.index(other)


def _sides(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    yield "own house", [row for row in rows if row["own_house"] == row["tested_in"]]
    yield "other houses", [row for row in rows if row["own_house"] != row["tested_in"]]


def _gain(row: Row, other: float) -> float:
    return (row["value"] - other) * (1 if row["higher_is_better"] else -1)


def _against(rows: Sequence[Row], lower: Mapping[Pair, Row]) -> list[tuple[Pair, float]]:
    pairs = [((row["tested_in"], row["seed"]), row) for row in rows]
    return [(pair, _gain(row, lower[pair]["value"])) for pair, row in pairs if pair in lower]


def _matched(rows: Sequence[Row], others: Sequence[Row]) -> list[tuple[Pair, float]]:
    """Rows against those of another method that were pre-trained and tested in the same houses with the same seed."""
    known = {(row["own_house"], row["tested_in"], row["seed"]): row["value"] for row in others}
    return [
        ((row["tested_in"], row["seed"]), _gain(row, known[key]))
        for row in rows
        if (key := (row["own_house"], row["tested_in"], row["seed"])) in known
    ]


def _home_over_away(rows: Sequence[Row]) -> list[tuple[Pair, float]]:
    """The specialist of a house against the mean of the specialists of other houses, tested in the same house."""
    away: dict[Pair, list[float]] = defaultdict(list)
    for row in rows:
        if row["own_house"] is not None and row["own_house"] != row["tested_in"]:
            away[(row["tested_in"], row["seed"])].append(row["value"])
    home = [row for row in rows if row["own_house"] == row["tested_in"]]
    pairs = [((row["tested_in"], row["seed"]), row) for row in home]
    return [(pair, _gain(row, statistics.fmean(away[pair]))) for pair, row in pairs if pair in away]


def _compared(
    question: str, key: Key, where: str, pairs: Sequence[tuple[Pair, float]], rows: Sequence[Row]
) -> Comparison | None:
    if not pairs:
        return None
    method, axes = key
    by_house: dict[int, list[float]] = defaultdict(list)
    for (house, _), difference in pairs:
        by_house[house].append(difference)
    means = np.array([statistics.fmean(values) for values in by_house.values()])
    differences = [difference for _, difference in pairs]
    deviation = statistics.stdev(differences) if len(differences) > 1 else None
    low, high = _interval(means, question, method, where) if len(means) > 1 else (None, None)
    return Comparison(
        question=question,
        method=method,
        axes=dict(axes),
        where=where,
        houses=len(means),
        pairs=len(differences),
        mean=float(means.mean()),
        deviation=deviation,
        standard_error=float(means.std(ddof=1) / math.sqrt(len(means))) if len(means) > 1 else None,
        low=low,
        high=high,
        pairs_for_a_point=_pairs_for_a_point(deviation, rows),
        oracle=any(row["oracle"] for row in rows),
    )


def _interval(means: np.ndarray, *names: str) -> tuple[float, float]:
    """Percentile interval of the mean of (houses,) differences under resampling of the houses."""
    rng = rng_for(0, "bootstrap", *names)
    drawn = means[rng.integers(len(means), size=(RESAMPLES, len(means)))].mean(axis=1)
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _pairs_for_a_point(deviation: float | None, rows: Sequence[Row]) -> int | None:
    """n of deviation * DETECTABLE / sqrt(n) = POINT."""
    if deviation is None or not all(0 <= row["value"] <= 1 for row in rows):
        return None
    return max(2, math.ceil((DETECTABLE * deviation / POINT) ** 2))
