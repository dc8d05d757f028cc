"""Where an agent can stand: a grid flood fill of a house, as AI2-THOR's GetReachablePositions."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from tst_sim.houses import House, Point2
from tst_sim.placement.boxes import Boxes, concatenate, turn
from tst_sim.placement.scene import PlacementScene
from tst_sim.simulator import AGENT_HEIGHT_M, AGENT_RADIUS_M

STEP_OVER_M = 0.03
"""What lies lower than this on the floor is no obstacle."""


MAX_STEP_M = 0.125
"""On its way an agent is tried at points no farther apart; discs of its radius leave a centimetre at the sides."""
MAX_POINTS = 1_000_000
"""A finer grid than this over a house is refused."""
_FARTHEST = 2**31
"""Steps of the grid from its start to the house."""


def obstacles_on_foot(scene: PlacementScene, height_m: float = AGENT_HEIGHT_M) -> Boxes:
    """Everything an agent would bump into: parts and walls between ankle and head."""
    boxes, _ = scene.boxes()
    everything = concatenate([boxes, scene.walls])
    return everything.select((everything.top > STEP_OVER_M) & (everything.bottom < height_m))


def disc_clearance(points: np.ndarray, obstacles: Boxes) -> np.ndarray:
    """(n, m) distance seen from above from (x, z) points (n, 2) to each obstacle; 0 inside."""
    delta = points[:, None] - obstacles.centre[None, :, ::2]
    cosine, sine = obstacles.direction.T[:, None]
    x, z = cosine * delta[..., 0] - sine * delta[..., 1], sine * delta[..., 0] + cosine * delta[..., 1]
    outside_x = np.maximum(np.abs(x) - obstacles.half[None, :, 0], 0.0)
    outside_z = np.maximum(np.abs(z) - obstacles.half[None, :, 2], 0.0)
    return np.hypot(outside_x, outside_z)


def stands_free(points: np.ndarray, obstacles: Boxes, radius_m: float = AGENT_RADIUS_M) -> np.ndarray:
    """(n,) whether a disc of the radius around each (x, z) point (n, 2) touches no obstacle."""
    free = np.ones(len(points), bool)
    for start in range(0, len(points), 4096):
        block = points[start : start + 4096]
        free[start : start + 4096] = (disc_clearance(block, obstacles) >= radius_m).all(axis=1)
    return free


def in_a_room(house: House, points: np.ndarray) -> np.ndarray:
    """(n,) whether (x, z) points (n, 2) lie on the floor of any room."""
    inside = np.zeros(len(points), bool)
    for room in house.rooms:
        inside |= inside_polygon(points, room.floor_polygon)
    return inside


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
    house: House,
    scene: PlacementScene,
    start: Point2,
    grid_m: float = 0.25,
    radius_m: float = AGENT_RADIUS_M,
    *,
    height_m: float = AGENT_HEIGHT_M,
    yaw_deg: float = 0.0,
) -> np.ndarray:
    """(n, 2) world (x, z) of the grid points the agent can walk to from `start`, in order of discovery.

    The grid goes through `start` and is turned by the yaw; a step leads to one of the four
    neighbours, and the point and those between, at most `MAX_STEP_M` apart, must be free. Empty
    when the start itself is not free. ValueError when the grid would have more than `MAX_POINTS`.
    """
    right, ahead = np.array(turn(1.0, 0.0, yaw_deg)), np.array(turn(0.0, 1.0, yaw_deg))
    corners = np.array([corner for room in house.rooms for corner in room.floor_polygon]) - start
    corners = np.stack([corners @ right, corners @ ahead], axis=1)
    first, last = np.ceil(corners.min(axis=0) / grid_m), np.floor(corners.max(axis=0) / grid_m)
    # As many places for each point of the grid: those beside it are between two points.
    per_step = max(1, math.ceil(grid_m / MAX_STEP_M))
    if np.prod((last - first + 1) * per_step) > MAX_POINTS or max(abs(first).max(), abs(last).max()) > _FARTHEST:
        raise ValueError(f"a grid of {grid_m} m has more than {MAX_POINTS} points in this house, or is too far off")
    low, high = first.astype(int), last.astype(int)
    columns, rows = np.meshgrid(
        np.arange(per_step * low[0], per_step * high[0] + 1), np.arange(per_step * low[1], per_step * high[1] + 1)
    )
    points = np.stack([columns, rows], axis=-1) * (grid_m / per_step)
    obstacles = obstacles_on_foot(scene, height_m)
    if yaw_deg:  # in the grid's own frame
        free = free_on_grid(points, _turned_back(obstacles, start, yaw_deg), radius_m)
        free &= in_a_room(house, points.reshape(-1, 2) @ np.stack([right, ahead]) + start).reshape(free.shape)
    else:
        points = points + np.asarray(start)
        free = free_on_grid(points, obstacles, radius_m)
        free &= in_a_room(house, points.reshape(-1, 2)).reshape(free.shape)
    steps = _flood(free, -per_step * low, per_step) * grid_m
    return (steps if not yaw_deg else steps @ np.stack([right, ahead])) + np.asarray(start)


def free_on_grid(points: np.ndarray, obstacles: Boxes, radius_m: float) -> np.ndarray:
    """`stands_free` for a grid of points (rows, columns, 2) along the axes, box by box: (rows, columns)."""
    free = np.ones(points.shape[:2], bool)
    if not free.size:
        return free
    reach = obstacles.reach() + radius_m + 1e-9
    low, high = obstacles.centre[:, ::2] - reach, obstacles.centre[:, ::2] + reach
    ranges = [np.searchsorted(points[0, :, 0], ends) for ends in (low[:, 0], high[:, 0])]
    ranges += [np.searchsorted(points[:, 0, 1], ends) for ends in (low[:, 1], high[:, 1])]
    for index, (left, right, near, far) in enumerate(zip(*ranges)):
        block = points[near:far, left:right]
        if block.size:
            clear = disc_clearance(block.reshape(-1, 2), obstacles.select(slice(index, index + 1))) >= radius_m
            free[near:far, left:right] &= clear.reshape(block.shape[:2])
    return free


def _turned_back(boxes: Boxes, start: Point2, yaw_deg: float) -> Boxes:
    """Boxes in a frame that has its origin at `start` and is turned by the yaw."""
    right, ahead = np.array(turn(1.0, 0.0, yaw_deg)), np.array(turn(0.0, 1.0, yaw_deg))
    flat = boxes.centre[:, ::2] - np.asarray(start)
    centre = np.stack([flat @ right, boxes.centre[:, 1], flat @ ahead], axis=1)
    cosine, sine = boxes.direction.T
    across, along = turn(0.0, 1.0, yaw_deg)
    return Boxes(centre, boxes.half, np.stack([cosine * along + sine * across, sine * along - cosine * across], axis=1))


def _flood(free: np.ndarray, origin: np.ndarray, per_step: int) -> np.ndarray:
    """(n, 2) steps from the origin to the points that can be walked to, right and ahead."""
    height, width = free.shape
    first = (int(origin[1]), int(origin[0]))
    if not (0 <= first[0] < height and 0 <= first[1] < width) or not free[first]:
        return np.zeros((0, 2))
    seen, found, queue = {first}, [], deque([first])
    while queue:
        row, column = queue.popleft()
        found.append(((column - first[1]) / per_step, (row - first[0]) / per_step))
        for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            place = (row + per_step * down, column + per_step * right)
            if not (0 <= place[0] < height and 0 <= place[1] < width) or place in seen:
                continue
            if all(free[row + part * down, column + part * right] for part in range(1, per_step + 1)):
                seen.add(place)
                queue.append(place)
    return np.array(found)
