"""All free rectangles of a room at once, instead of procthor's repeated pairwise joining.

procthor cuts a room's free floor into grid cells and joins rectangles that share a whole edge
until nothing new comes out. Any rectangle of cells can be cut edge to edge into its cells, and every
join is such a rectangle; so the result is exactly the set of rectangles whose cells are all free.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from generators.sources.ordered_set import OrderedSet

Rectangle = tuple[float, float, float, float]
"""(x low, z low, x high, z high), metres."""


def all_rectangles(cells: Iterable[Rectangle], xs: list[float], zs: list[float]) -> list[Rectangle]:
    """Every rectangle made up of free cells, sorted; `xs` and `zs` are the sorted grid lines."""
    column, row = {x: index for index, x in enumerate(xs)}, {z: index for index, z in enumerate(zs)}
    free = np.zeros((len(xs) - 1, len(zs) - 1), bool)
    for x, z, _, _ in cells:
        free[column[x], row[z]] = True
    found: list[Rectangle] = []
    for first in range(len(free)):
        strip = np.ones(free.shape[1], bool)
        for last in range(first, len(free)):
            strip = strip & free[last]
            if not strip.any():
                break
            found.extend((xs[first], zs[low], xs[last + 1], zs[high]) for low, high in _runs(strip))
    return sorted(found)


def _runs(strip: np.ndarray) -> list[tuple[int, int]]:
    """Every (low, high) with all of `strip[low:high]` true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], strip.view(np.int8), [0]])))
    return [
        (low, high)
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist())
        for low in range(start, stop)
        for high in range(low + 1, stop + 1)
    ]


def get_all_rectangles(polygon: Any) -> OrderedSet[Rectangle]:
    """Takes the place of `OrthogonalPolygon.get_all_rectangles`: the same rectangles, in sorted order."""
    cells = polygon.get_neighboring_rectangles()
    return OrderedSet(all_rectangles(cells, polygon.unique_xs, polygon.unique_zs))
