"""Where an agent can stand: a grid flood fill of a house, as AI2-THOR's GetReachablePositions."""

from __future__ import annotations

from collections import deque

import numpy as np

from tst_sim.houses import House, Point2
from tst_sim.placement.boxes import Boxes, concatenate
from tst_sim.placement.scene import PlacementScene
from tst_sim.simulator import AGENT_RADIUS_M

AGENT_HEIGHT_M = 1.8
"""Height of AI2-THOR's default agent, a capsule of radius `AGENT_RADIUS_M`."""
STEP_OVER_M = 0.03
"""What lies lower than this on the floor is no obstacle."""


def obstacles_on_foot(scene: PlacementScene) -> Boxes:
    """Everything an agent would bump into: parts and walls between ankle and head."""
    boxes, _ = scene.boxes()
    everything = concatenate([boxes, scene.walls])
    return everything.select((everything.top > STEP_OVER_M) & (everything.bottom < AGENT_HEIGHT_M))


def stands_free(points: np.ndarray, obstacles: Boxes, radius_m: float = AGENT_RADIUS_M) -> np.ndarray:
    """(n,) whether a disc of the radius around each (x, z) point (n, 2) touches no obstacle."""
    free = np.ones(len(points), bool)
    for start in range(0, len(points), 4096):
        block = points[start : start + 4096]
        delta = block[:, None] - obstacles.centre[None, :, ::2]
        cosine, sine = obstacles.direction.T[:, None]
        x, z = cosine * delta[..., 0] - sine * delta[..., 1], sine * delta[..., 0] + cosine * delta[..., 1]
        outside_x = np.maximum(np.abs(x) - obstacles.half[None, :, 0], 0.0)
        outside_z = np.maximum(np.abs(z) - obstacles.half[None, :, 2], 0.0)
        free[start : start + 4096] = (np.hypot(outside_x, outside_z) >= radius_m).all(axis=1)
    return free


def inside_polygon(points: np.ndarray, polygon: tuple[Point2, ...]) -> np.ndarray:
    """(n,) whether (x, z) points (n, 2) lie inside a polygon: even number of edges crossed to +x is outside."""
    inside = np.zeros(len(points), bool)
    x, z = points[:, 0], points[:, 1]
    for (x0, z0), (x1, z1) in zip(polygon, polygon[1:] + polygon[:1]):
        if z0 == z1:
            continue
        crosses = (z0 > z) != (z1 > z)
        inside ^= crosses & (x < x0 + (z - z0) * (x1 - x0) / (z1 - z0))
    return inside


def reachable_positions(
    house: House, scene: PlacementScene, start: Point2, grid_m: float = 0.25, radius_m: float = AGENT_RADIUS_M
) -> np.ndarray:
    """(n, 2) world (x, z) of the grid points the agent can walk to from `start`, in order of discovery.

    The grid goes through `start`; a step leads to one of the four neighbours, and both the point
    and the middle of the step must be free. Empty when the start itself is not free.
    """
    corners = np.array([corner for room in house.rooms for corner in room.floor_polygon])
    low = np.ceil((corners.min(axis=0) - start) / grid_m).astype(int)
    high = np.floor((corners.max(axis=0) - start) / grid_m).astype(int)
    # Twice the resolution: odd places are the middles of steps.
    columns, rows = np.meshgrid(np.arange(2 * low[0], 2 * high[0] + 1), np.arange(2 * low[1], 2 * high[1] + 1))
    points = np.stack([columns, rows], axis=-1).reshape(-1, 2) * (grid_m / 2) + np.asarray(start)
    inside = np.zeros(len(points), bool)
    for room in house.rooms:
        inside |= inside_polygon(points, room.floor_polygon)
    free = np.zeros(len(points), bool)
    free[inside] = stands_free(points[inside], obstacles_on_foot(scene), radius_m)
    return _flood(free.reshape(columns.shape), -2 * low, grid_m, start)


def _flood(free: np.ndarray, origin: np.ndarray, grid_m: float, start: Point2) -> np.ndarray:
    height, width = free.shape
    first = (int(origin[1]), int(origin[0]))
    if not (0 <= first[0] < height and 0 <= first[1] < width) or not free[first]:
        return np.zeros((0, 2))
    seen, found, queue = {first}, [], deque([first])
    while queue:
        row, column = queue.popleft()
        found.append(((column - first[1]) / 2, (row - first[0]) / 2))
        for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            place = (row + 2 * down, column + 2 * right)
            if not (0 <= place[0] < height and 0 <= place[1] < width) or place in seen:
                continue
            if free[place] and free[row + down, column + right]:
                seen.add(place)
                queue.append(place)
    return np.array(found) * grid_m + np.asarray(start)
