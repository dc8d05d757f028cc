"""Where an agent's feet can be: floor points clear of walls and furniture, from the drawn triangles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from tst_sim.assets import asset_table
from tst_sim.embedded.scene import Scene
from tst_sim.embedded.structure import WallFrame
from tst_sim.errors import UserError
from tst_sim.simulator import AGENT_RADIUS_M, FreeSpace

CELL_M = 0.025
AGENT_HEIGHT_M = 1.8
"""Height of AI2-THOR's default agent capsule."""
STEP_M = 0.03
"""What ends below this height is stepped on, not walked round: rugs, thresholds."""
SPACING_BOUNDS_M = (CELL_M, 2.0)


class _Grid(NamedTuple):
    """Square cells of `CELL_M` over the plan; cell (i, k) has its centre at origin + (i + .5, k + .5) cells."""

    origin: np.ndarray
    shape: tuple[int, int]

    def cells(self, plan: np.ndarray) -> np.ndarray:
        """(n, 2) int64 cell of (n, 2) plan points (x, z), clipped into the grid."""
        return np.clip(((plan - self.origin) / CELL_M).astype(np.int64), 0, np.array(self.shape) - 1)

    def centres(self) -> np.ndarray:
        """(cells, 2) plan points."""
        i, k = np.indices(self.shape)
        return self.origin + (np.stack([i, k], axis=-1).reshape(-1, 2) + 0.5) * CELL_M


def free_space(scene: Scene, spacing_m: float) -> FreeSpace:
    """Points of a grid of `spacing_m` over the house at least the agent's radius from any obstacle.

    Points lie on world coordinates that are multiples of the spacing, in rising x, then z. Of the
    free floor, a room keeps what is connected with most of the house, or, where nothing of it is,
    its own largest piece. UserError for a spacing outside 0.025 to 2 m.
    """
    low, high = SPACING_BOUNDS_M
    if not low <= spacing_m <= high:
        raise UserError(f"free space spacing {spacing_m} m is out of bounds; give {low} to {high} m")
    grid, rooms = _rooms(scene)
    blocked = (rooms < 0) | _walls(scene, grid) | _furniture(scene, grid)
    clearance = ndimage.distance_transform_edt(~blocked) * CELL_M
    kept = _connected(clearance >= AGENT_RADIUS_M, rooms)
    first = np.ceil(grid.origin / spacing_m)
    counts = np.floor((grid.origin + np.array(grid.shape) * CELL_M) / spacing_m) - first + 1
    i, k = np.indices(counts.astype(int))
    plan = (np.stack([i, k], axis=-1).reshape(-1, 2) + first) * spacing_m
    cells = grid.cells(plan)
    inside = kept[cells[:, 0], cells[:, 1]]
    plan, cells = plan[inside], cells[inside]
    room_ids = [room.id for room in scene.house.rooms]
    return FreeSpace(
        positions_m=np.column_stack([plan[:, 0], np.zeros(len(plan)), plan[:, 1]]),
        room_ids=tuple(room_ids[index] for index in rooms[cells[:, 0], cells[:, 1]]),
        clearance_m=clearance[cells[:, 0], cells[:, 1]],
        spacing_m=spacing_m,
    )


def _rooms(scene: Scene) -> tuple[_Grid, np.ndarray]:
    """The grid and the index of the room of each cell, -1 outside."""
    polygons = [np.array(room.floor_polygon) for room in scene.house.rooms]
    corners = np.concatenate(polygons)
    origin = corners.min(axis=0) - 2 * CELL_M
    shape = np.ceil((corners.max(axis=0) - origin) / CELL_M).astype(int) + 2
    grid = _Grid(origin, (int(shape[0]), int(shape[1])))
    rooms = np.full(grid.shape, -1)
    z = grid.origin[1] + (np.arange(grid.shape[1]) + 0.5) * CELL_M
    for index, polygon in enumerate(polygons):
        rooms[_inside(polygon, grid, z)] = index
    return grid, rooms


def _inside(polygon: np.ndarray, grid: _Grid, z: np.ndarray) -> np.ndarray:
    """Cells whose centre is inside a polygon: those with an odd number of edges at their left."""
    crossings = np.zeros((grid.shape[0] + 1, grid.shape[1]), np.int64)
    for (x0, z0), (x1, z1) in zip(polygon, np.roll(polygon, -1, axis=0)):
        rows = np.flatnonzero((z0 <= z) != (z1 <= z))
        if len(rows):
            x = x0 + (z[rows] - z0) / (z1 - z0) * (x1 - x0)
            columns = np.clip(np.ceil((x - grid.origin[0]) / CELL_M - 0.5), 0, grid.shape[0]).astype(np.int64)
            np.add.at(crossings, (columns, rows), 1)
    return np.cumsum(crossings, axis=0)[:-1] % 2 == 1


def _walls(scene: Scene, grid: _Grid) -> np.ndarray:
    """Cells on a wall; an open door or bare frame leaves a gap."""
    blocked = np.zeros(grid.shape, bool)
    passages = _passages(scene)
    for wall in scene.house.walls:
        if wall.empty:
            continue
        frame = WallFrame.of(wall)
        along = np.linspace(0.0, frame.length, max(2, int(frame.length / CELL_M * 2)))
        points = frame.origin[[0, 2]] + along[:, None] * frame.along[[0, 2]]
        for start, end in passages.get(wall.id, []):
            points = points[(along < start) | (along > end)] if len(points) == len(along) else points
            along = along[(along < start) | (along > end)]
        cells = grid.cells(points)
        blocked[cells[:, 0], cells[:, 1]] = True
    return blocked


def _passages(scene: Scene) -> dict[str, list[tuple[float, float]]]:
    """The stretches of each wall that a doorway opens, whatever stands in it is drawn furniture."""
    walls = {wall.id: wall for wall in scene.house.walls}
    passages: dict[str, list[tuple[float, float]]] = {}
    for door in scene.house.doors:
        if not door.wall_ids:
            continue
        first = WallFrame.of(walls[door.wall_ids[0]])
        ends = [first.point(x, 0.0) for x in (door.hole_min[0], door.hole_max[0])]
        for wall_id in dict.fromkeys(door.wall_ids):
            frame = WallFrame.of(walls[wall_id])
            low, high = sorted(float((end - frame.origin) @ frame.along) for end in ends)
            passages.setdefault(wall_id, []).append((low, high))
    return passages


def _furniture(scene: Scene, grid: _Grid) -> np.ndarray:
    """Cells under the triangles of doors, windows and objects between step and head height."""
    blocked = np.zeros(grid.shape, bool)
    first = scene.first_triangle[len(scene.surfaces)]
    corners = scene.vertices[scene.triangles[first:]].astype(np.float64)
    bottom, top = corners[..., 1].min(axis=1), corners[..., 1].max(axis=1)
    tall = scene.boxes[scene.vertex_instance[scene.triangles[first:, 0]] - 1, 1, 1] > STEP_M
    corners = corners[tall & (top > STEP_M) & (bottom < AGENT_HEIGHT_M)]
    plan = _sampled(corners[..., [0, 2]], CELL_M)
    cells = grid.cells(plan)
    blocked[cells[:, 0], cells[:, 1]] = True
    return blocked


def _sampled(corners: np.ndarray, spacing: float) -> np.ndarray:
    """(n, d) points on triangles (m, 3, d), no further apart than about the spacing."""
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    steps = np.maximum(1, np.ceil(edges / spacing)).astype(int)
    points = []
    for count in np.unique(steps):
        a, b = np.meshgrid(np.arange(count + 1), np.arange(count + 1), indexing="ij")
        inside = a + b <= count
        weights = np.stack([a[inside], b[inside], count - a[inside] - b[inside]], axis=1) / count
        points.append(np.einsum("wc,mcd->mwd", weights, corners[steps == count]).reshape(-1, corners.shape[2]))
    return np.concatenate(points) if points else np.zeros((0, corners.shape[2]))


def _connected(free: np.ndarray, rooms: np.ndarray) -> np.ndarray:
    """The largest connected piece of the free cells, and of each room without a share in it the largest of its own."""
    pieces, count = ndimage.label(free)
    if count == 0:
        return free
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    kept = pieces == int(sizes.argmax())
    for room in range(int(rooms.max()) + 1):
        mine = free & (rooms == room)
        if mine.any() and not (kept & mine).any():
            kept |= mine & (pieces == int(np.bincount(pieces[mine]).argmax()))
    return kept
