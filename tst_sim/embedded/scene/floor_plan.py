"""A house's plan on a grid: the room of each cell, wall segments, and cells covered by triangles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tst_sim.embedded.scene.structure import WallFrame
from tst_sim.houses import House

Segment = tuple[np.ndarray, np.ndarray]
"""Two plan points (x, z), metres."""


@dataclass(frozen=True)
class FloorPlan:
    """Square cells over the house; cell (i, k) has its centre at origin + (i + .5, k + .5) cells."""

    origin: np.ndarray
    cell_m: float
    rooms: np.ndarray
    """(x cells, z cells) index of the room at each cell's centre, -1 outside."""

    @classmethod
    def of(cls, house: House, cell_m: float) -> FloorPlan:
        """The plan of all rooms with a margin of two cells."""
        polygons = [np.array(room.floor_polygon) for room in house.rooms]
        corners = np.concatenate(polygons)
        origin = corners.min(axis=0) - 2 * cell_m
        shape = np.ceil((corners.max(axis=0) - origin) / cell_m).astype(int) + 2
        plan = cls(origin, cell_m, np.full(shape, -1))
        for index, polygon in enumerate(polygons):
            part, inside = plan._inside(polygon)
            plan.rooms[part][inside] = index
        return plan

    def cells(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cell indices of plan points (n, 2); points off the plan go to its border."""
        cells = ((points - self.origin) / self.cell_m).astype(np.int64)
        return tuple(np.clip(cells, 0, np.array(self.rooms.shape) - 1).T)  # type: ignore[return-value]

    def centres(self) -> np.ndarray:
        """(x cells, z cells, 2) plan points."""
        i, k = np.indices(self.rooms.shape)
        return self.origin + (np.stack([i, k], axis=-1) + 0.5) * self.cell_m

    def room_at(self, points: np.ndarray) -> np.ndarray:
        """(n,) room index, or -1, of plan points (n, 2)."""
        return self.rooms[self.cells(points)]

    def covered(self, points: np.ndarray) -> np.ndarray:
        """Boolean cells that hold any of the plan points (n, 2)."""
        mask = np.zeros(self.rooms.shape, bool)
        mask[self.cells(points)] = True
        return mask

    def _inside(self, polygon: np.ndarray) -> tuple[tuple[slice, slice], np.ndarray]:
        """(part of the plan, its cells whose centre is inside a polygon): an odd number of edges before them in x."""
        width, depth = self.rooms.shape
        low, high = np.floor((polygon[:, 1].min() - self.origin[1]) / self.cell_m), polygon[:, 1].max()
        first, last = max(0, int(low) - 1), min(depth, int((high - self.origin[1]) / self.cell_m) + 2)
        z = self.origin[1] + (np.arange(first, last) + 0.5) * self.cell_m
        places = [np.zeros((2, 0), np.int64)]
        for (x0, z0), (x1, z1) in zip(polygon, np.roll(polygon, -1, axis=0)):
            rows = np.flatnonzero((z0 <= z) != (z1 <= z))
            if len(rows):
                x = x0 + (z[rows] - z0) / (z1 - z0) * (x1 - x0)
                columns = np.clip(np.ceil((x - self.origin[0]) / self.cell_m - 0.5), 0, width).astype(np.int64)
                places.append(np.stack([columns, rows]))
        columns, rows = np.concatenate(places, axis=1)
        left, right = (int(columns.min()), int(columns.max())) if len(columns) else (0, 0)
        crossings = np.zeros((right - left, last - first), np.int32)
        before = columns < right  # what crosses in the last column is behind every cell
        np.add.at(crossings, (columns[before] - left, rows[before]), 1)
        return (slice(left, right), slice(first, last)), np.cumsum(crossings, axis=0) % 2 == 1


def wall_segments(house: House) -> list[Segment]:
    """The stretches of drawn walls, less where a doorway opens them; what stands in it is furniture."""
    passages = _passages(house)
    segments: list[Segment] = []
    for wall in house.walls:
        if wall.empty:
            continue
        frame, at = WallFrame.of(wall), 0.0
        for low, high in [*sorted(passages.get(wall.id, [])), (frame.length, frame.length)]:
            if low > at:
                segments.append((frame.point(at, 0.0)[[0, 2]], frame.point(min(low, frame.length), 0.0)[[0, 2]]))
            at = max(at, high)
    return segments


def _passages(house: House) -> Mapping[str, list[tuple[float, float]]]:
    walls = {wall.id: wall for wall in house.walls}
    passages: dict[str, list[tuple[float, float]]] = {}
    for door in house.doors:
        for wall_id in dict.fromkeys(door.wall_ids):
            first, frame = WallFrame.of(walls[door.wall_ids[0]]), WallFrame.of(walls[wall_id])
            ends = [first.point(x, 0.0) - frame.origin for x in (door.hole_min[0], door.hole_max[0])]
            low, high = sorted(float(end @ frame.along) for end in ends)
            passages.setdefault(wall_id, []).append((low, high))
    return passages


def connected_rooms(house: House) -> set[tuple[int, int]]:
    """Pairs of room indices, both ways and each with itself, joined by a doorway or an empty wall."""
    index = {room.id: number for number, room in enumerate(house.rooms)}
    pairs = {(number, number) for number in index.values()}
    joints = [door.room_ids for door in house.doors]
    empty: dict[frozenset[tuple[float, ...]], list[str]] = {}
    for wall in house.walls:
        if wall.empty:
            ends = frozenset(tuple(round(value, 2) for value in corner) for corner in wall.polygon)
            empty.setdefault(ends, []).append(wall.room_id)
    for rooms in [*joints, *(tuple(names) for names in empty.values())]:
        known = [index[room] for room in rooms if room in index]
        pairs |= {(a, b) for a in known for b in known}
    return pairs


def points_on(corners: np.ndarray, spacing_m: float) -> np.ndarray:
    """(n, d) points on triangles (m, 3, d), corners among them, no further apart than about the spacing."""
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    steps = np.maximum(1, np.ceil(edges / spacing_m)).astype(int)
    points = []
    for count in np.unique(steps):
        a, b = np.meshgrid(np.arange(count + 1), np.arange(count + 1), indexing="ij")
        inside = a + b <= count
        weights = np.stack([a[inside], b[inside], count - a[inside] - b[inside]], axis=1) / count
        spread = np.matmul(weights.astype(np.float32), corners[steps == count].astype(np.float32))
        points.append(spread.reshape(-1, corners.shape[2]))
    return np.concatenate(points) if points else np.zeros((0, corners.shape[2]), np.float32)
