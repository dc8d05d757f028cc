"""Shortest ways for an agent over free floor: a fine grid searched, then pulled taut."""

from __future__ import annotations

import math

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from tst_sim.houses import House, Point2
from tst_sim.placement.boxes import Boxes
from tst_sim.placement.freespace import MAX_POINTS, disc_clearance, free_on_grid, in_a_room

GRID_M = 0.1
"""Of the search; corners lie on it, shifted so that it goes through the start."""
CHECK_M = 0.02
"""A straight stretch is tried at points so close together."""
_TOUCHING_M = 1e-6
_STEPS = ((1, 0), (0, 1), (1, 1), (1, -1))


def shortest_path(
    house: House, obstacles: Boxes, start: Point2, goal: Point2, radius_m: float, allowed_m: float = 0.2
) -> np.ndarray | None:
    """(n, 2) corners (x, z) of a shortest way from start to goal for a disc of the radius, both ends included.

    An end that is not free moves to the nearest free place within `allowed_m` (its grid's
    coarseness at least). None when there is no way.
    """
    points, free = _free_grid(house, obstacles, start, radius_m)
    places = points[free]
    if not len(places):
        return None
    ends = [_free_end(np.array(end), places, house, obstacles, radius_m, allowed_m) for end in (start, goal)]
    if ends[0] is None or ends[1] is None:
        return None
    if _is_clear(ends[0], ends[1], house, obstacles, radius_m):
        return np.array(ends)
    chain = _grid_path(points, free, ends[0], ends[1])
    if chain is None:
        return None
    return _taut(np.vstack([ends[0], chain, ends[1]]), house, obstacles, radius_m)


def _free_grid(house: House, obstacles: Boxes, start: Point2, radius_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Grid points (rows, columns, 2) over the house, and whether each is free."""
    corners = np.array([corner for room in house.rooms for corner in room.floor_polygon])
    low = np.ceil((corners.min(axis=0) - start) / GRID_M)
    high = np.floor((corners.max(axis=0) - start) / GRID_M)
    if np.prod(high - low + 1) > MAX_POINTS:
        raise ValueError(f"the house is too large to search: a grid of {GRID_M} m has more than {MAX_POINTS} points")
    columns, rows = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
    points = np.stack([columns, rows], axis=-1) * GRID_M + np.asarray(start)
    inside = in_a_room(house, points.reshape(-1, 2)).reshape(columns.shape)
    return points, inside & free_on_grid(points, obstacles, radius_m)


def _free_end(
    end: np.ndarray, places: np.ndarray, house: House, obstacles: Boxes, radius_m: float, allowed_m: float
) -> np.ndarray | None:
    if _is_free(end[None], house, obstacles, radius_m).all():
        return end
    distance = np.linalg.norm(places - end, axis=1)
    nearest = int(distance.argmin())
    return places[nearest] if distance[nearest] <= max(allowed_m, GRID_M) else None


def _grid_path(points: np.ndarray, free: np.ndarray, start: np.ndarray, goal: np.ndarray) -> np.ndarray | None:
    """(n, 2) free grid points from the one nearest to the start to the one nearest to the goal."""
    numbers = np.full(free.shape, -1)
    numbers[free] = np.arange(np.count_nonzero(free))
    places = points[free]
    rows, columns, lengths = [], [], []
    for right, ahead in _STEPS:
        here, there = _neighbours(numbers, right, ahead)
        joined = (here >= 0) & (there >= 0)
        rows.append(here[joined])
        columns.append(there[joined])
        lengths.append(np.full(np.count_nonzero(joined), GRID_M * math.hypot(right, ahead)))
    size = len(places)
    graph = coo_matrix((np.concatenate(lengths), (np.concatenate(rows), np.concatenate(columns))), (size, size))
    first, last = (int(np.linalg.norm(places - end, axis=1).argmin()) for end in (start, goal))
    lengths_to, before_it = dijkstra(graph.tocsr(), directed=False, indices=first, return_predecessors=True)
    if not math.isfinite(lengths_to[last]):
        return None
    chain = [last]
    while chain[-1] != first:
        chain.append(int(before_it[chain[-1]]))
    return places[chain[::-1]]


def _neighbours(numbers: np.ndarray, right: int, ahead: int) -> tuple[np.ndarray, np.ndarray]:
    """Places that have a neighbour so many columns to the right and rows ahead, and that neighbour."""
    height, width = numbers.shape
    start, end = max(0, -ahead), height - max(0, ahead)
    return numbers[start:end, : width - right], numbers[start + ahead : end + ahead, right:]


def _taut(chain: np.ndarray, house: House, obstacles: Boxes, radius_m: float) -> np.ndarray:
    """The corners that are left when each stretch goes straight as far as it is free."""
    corners, at = [chain[0]], 0
    while at < len(chain) - 1:
        low, high = at + 1, len(chain) - 1
        # The farthest place that can be seen; what is seen need not be one stretch, so try outwards in halves.
        while high > low and not _is_clear(chain[at], chain[high], house, obstacles, radius_m):
            high = max(low, at + (high - at) * 3 // 4)
        while high < len(chain) - 1 and _is_clear(chain[at], chain[high + 1], house, obstacles, radius_m):
            high += 1
        corners.append(chain[high])
        at = high
    return np.array(corners)


def _is_clear(start: np.ndarray, end: np.ndarray, house: House, obstacles: Boxes, radius_m: float) -> bool:
    """Whether a disc can go straight from one place to another."""
    steps = max(1, math.ceil(float(np.linalg.norm(end - start)) / CHECK_M))
    points = start + (np.arange(steps + 1) / steps)[:, None] * (end - start)
    return bool(_is_free(points, house, obstacles, radius_m).all())


def _is_free(points: np.ndarray, house: House, obstacles: Boxes, radius_m: float) -> np.ndarray:
    reach = disc_clearance(points, obstacles) >= radius_m - _TOUCHING_M
    return in_a_room(house, points) & reach.all(axis=1)
