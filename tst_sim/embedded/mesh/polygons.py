"""Triangulation of flat outlines: simple polygons, and rectangles with rectangular holes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

Rectangle = tuple[float, float, float, float]
"""Low x, low y, high x, high y, metres."""


def rectangle_with_holes(outer: Rectangle, holes: Sequence[Rectangle]) -> tuple[np.ndarray, np.ndarray]:
    """(n, 2) points and (m, 3) triangles, of either winding, of a rectangle less its holes.

    The four outer edges carry no points but their ends, so that neighbours meet without cracks.
    """
    low_x, low_y, high_x, high_y = outer
    cut = [_clipped(hole, outer) for hole in holes]
    cut = [hole for hole in cut if hole[0] < hole[2] and hole[1] < hole[3]]
    corners = np.array([(low_x, low_y), (low_x, high_y), (high_x, high_y), (high_x, low_y)])
    if not cut:
        return corners, np.array([(0, 1, 2), (0, 2, 3)])
    xs = sorted({value for hole in cut for value in (hole[0], hole[2])})
    ys = sorted({value for hole in cut for value in (hole[1], hole[3])})
    grid = np.array([(x, y) for x in xs for y in ys])
    index = 4 + np.arange(len(grid)).reshape(len(xs), len(ys))
    triangles = _ring(index)
    for i in range(len(xs) - 1):
        for j in range(len(ys) - 1):
            x, y = (xs[i] + xs[i + 1]) / 2, (ys[j] + ys[j + 1]) / 2
            if not any(hole[0] < x < hole[2] and hole[1] < y < hole[3] for hole in cut):
                a, b, c, d = index[i, j], index[i, j + 1], index[i + 1, j + 1], index[i + 1, j]
                triangles += [(a, b, c), (a, c, d)]
    return np.concatenate([corners, grid]), np.array(triangles)


def _clipped(hole: Rectangle, outer: Rectangle) -> Rectangle:
    """A hole kept a hair inside the rectangle, so that its edges are never the rectangle's."""
    hair = 1e-4
    return (
        max(hole[0], outer[0] + hair),
        max(hole[1], outer[1] + hair),
        min(hole[2], outer[2] - hair),
        min(hole[3], outer[3] - hair),
    )


def _ring(index: np.ndarray) -> list[tuple[int, int, int]]:
    """Between the outer corners 0..3 (clockwise from the lower left) and the border of the inner grid."""
    sides = [(0, 1, index[0]), (1, 2, index[:, -1]), (2, 3, index[-1, ::-1]), (3, 0, index[::-1, 0])]
    triangles = []
    for start, end, inner in sides:
        triangles += [(start, int(b), int(a)) for a, b in pairwise(inner)]
        triangles.append((start, end, int(inner[-1])))
    return triangles


def triangulate(polygon: np.ndarray) -> np.ndarray:
    """(m, 3) triangles of a simple polygon (n, 2) of (x, z), clockwise seen from above, by ear clipping."""
    remaining = list(range(len(polygon)))
    if area(polygon) > 0:
        remaining.reverse()
    triangles = []
    while len(remaining) > 3:
        ear = _ear(polygon, remaining)
        before, at, after = remaining[ear - 1], remaining[ear], remaining[(ear + 1) % len(remaining)]
        if abs(_cross(polygon[before], polygon[at], polygon[after])) > 1e-12:
            triangles.append((before, at, after))
        del remaining[ear]
    triangles.append(tuple(remaining))
    return np.array(triangles)


def _ear(polygon: np.ndarray, remaining: list[int]) -> int:
    """The first place in `remaining` whose corner can be cut off."""
    count = len(remaining)
    for place in range(count):
        ear = [remaining[(place + step) % count] for step in (-1, 0, 1)]
        a, b, c = polygon[ear]
        if _cross(a, b, c) <= 1e-12 and not any(_inside(polygon[i], a, b, c) for i in remaining if i not in ear):
            return place
    return 0


def _inside(point: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> bool:
    return _cross(a, b, point) <= 0 and _cross(b, c, point) <= 0 and _cross(c, a, point) <= 0


def _cross(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def area(polygon: np.ndarray) -> float:
    """Of corners (n, 2), by the shoelace formula; negative where they run clockwise."""
    following = np.roll(polygon, -1, axis=0)
    return float(np.sum(polygon[:, 0] * following[:, 1] - following[:, 0] * polygon[:, 1]) / 2)
