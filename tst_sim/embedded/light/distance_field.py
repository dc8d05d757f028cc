"""A distance field of a house (exact for the structure, a grid for furniture), for estimated occlusion and soft
shadows.

The structure's distances are exact; furniture is a grid of cells. Occlusion and soft shadow from a
distance field follow I. Quilez's "distance fields" (cones whose opening is compared with the
distance), with a hemisphere of cones in place of one ray.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from tst_sim.embedded.scene.floor_plan import FloorPlan, points_on, wall_segments
from tst_sim.embedded.scene.scene import Scene

CELL_M = 0.1
CONE_REACH_M = (0.08, 0.2, 0.42, 0.8)
"""Distances along a cone at which its openness is measured; what is further away does not darken."""
SHADOW_SOFTNESS = 7.0
"""Inverse of a light's apparent size: large is hard."""


@dataclass(frozen=True)
class DistanceField:
    """Distance in metres at the centres of cubic cells of `CELL_M`; `at` interpolates."""

    origin: np.ndarray
    everything: np.ndarray
    """(x, y, z) float32: to floors, ceilings, walls and furniture."""
    standing: np.ndarray
    """The same, to walls and furniture."""
    furniture: np.ndarray
    """The same, to furniture alone."""

    @classmethod
    def of(cls, scene: Scene) -> DistanceField:
        """The field of a scene: floors, ceilings, walls and everything in the rooms."""
        plan = FloorPlan.of(scene.house, CELL_M)
        height = scene.house.ceiling_height_m
        levels = int(np.ceil(height / CELL_M)) + 2
        origin = np.array([plan.origin[0], -CELL_M, plan.origin[1]], np.float32)
        y = origin[1] + (np.arange(levels) + 0.5) * CELL_M
        level = np.minimum(y, height - y).astype(np.float32)
        walls = _wall_distance(plan, scene)
        shape = (plan.rooms.shape[0], levels, plan.rooms.shape[1])
        furniture = _furniture_distance(scene, origin, shape)
        standing = np.minimum(walls[:, None, :], furniture)
        return cls(origin, np.minimum(standing, level[None, :, None]), standing, furniture)

    def _at(self, points: np.ndarray, field: np.ndarray) -> np.ndarray:
        """(n,) distances at points (n, 3)."""
        cells = (points - self.origin).T * np.float32(1 / CELL_M) - np.float32(0.5)
        return ndimage.map_coordinates(field, cells, order=1, mode="nearest", prefilter=False)

    def openness(self, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(n,) share in [0, 1] of the near hemisphere that is open: ambient occlusion, 1 is free."""
        total = np.zeros(len(points), np.float32)
        for direction, weight in zip(_cone_directions(normals), _CONE_WEIGHTS):
            open_fraction = np.ones(len(points), np.float32)
            for reach in CONE_REACH_M:
                free = self._at(points + direction * reach, self.everything) + 0.25 * CELL_M
                open_fraction = np.minimum(open_fraction, free / (_CONE_SINE * reach + 0.25 * CELL_M) + 0.9 * reach)
            total += weight * np.clip(open_fraction, 0, 1)
        return total

    def light_reaching(self, points: np.ndarray, light: np.ndarray, *, past_walls: bool, clear_m: float) -> np.ndarray:
        """(n,) share in [0, 1] of a small lamp at `light` (3,) that is seen from points (n, 3).

        `past_walls` leaves the walls out, for points in the lamp's own room. What is within `clear_m`
        of the lamp (its own shade, a window's frame) casts no shadow.
        """
        field = self.furniture if past_walls else self.standing
        ray = light - points
        length = np.linalg.norm(ray, axis=1)
        ray /= np.maximum(length, 1e-6)[:, None]
        seen = np.ones(len(points), np.float32)
        active = np.arange(len(points))
        along = np.full(len(points), 0.12, np.float32)
        for _ in range(_MAX_STEPS):
            active = active[along[active] < length[active] - clear_m]
            if not len(active):
                break
            reached = along[active]
            free = self._at(points[active] + ray[active] * reached[:, None], field)
            seen[active] = np.minimum(seen[active], SHADOW_SOFTNESS * (free + 0.01) / reached)
            along[active] = reached + np.maximum(0.8 * free, 0.6 * CELL_M)
            active = active[seen[active] > 0.02]
        seen = np.clip(seen, 0, 1)
        return seen * seen * (3 - 2 * seen)


_MAX_STEPS = 40
_CONE_SINE = 0.5
_CONE_WEIGHTS = (0.28, 0.18, 0.18, 0.18, 0.18)


def _cone_directions(normals: np.ndarray) -> list[np.ndarray]:
    """The normal and four directions 55 degrees off it."""
    helper = np.where(np.abs(normals[:, 1:2]) > 0.7, np.array([[1.0, 0, 0]]), np.array([[0, 1.0, 0]]))
    first = np.cross(normals, helper)
    first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-6)
    second = np.cross(normals, first)
    high, flat = np.cos(np.radians(55)), np.sin(np.radians(55))
    around = [(a * first + b * second) * flat + normals * high for a, b in _DIAGONALS]
    return [direction.astype(np.float32) for direction in [normals, *around]]


_HALF = 2**-0.5
_DIAGONALS = ((_HALF, _HALF), (_HALF, -_HALF), (-_HALF, _HALF), (-_HALF, -_HALF))


def _wall_distance(plan: FloorPlan, scene: Scene) -> np.ndarray:
    """(x cells, z cells) distance to the nearest wall."""
    centres = plan.centres()
    nearest = np.full(plan.rooms.shape, 10.0)
    seen: set[frozenset[tuple[float, ...]]] = set()
    for start, end in wall_segments(scene.house):
        key = frozenset(tuple(np.round(point, 3).tolist()) for point in (start, end))
        if key in seen:
            continue
        seen.add(key)
        edge = end - start
        fraction = np.clip((centres - start) @ edge / max(float(edge @ edge), 1e-9), 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(centres - start - fraction[..., None] * edge, axis=-1))
    return nearest.astype(np.float32)


def _furniture_distance(scene: Scene, origin: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    triangles = scene.triangles[scene.first_triangle[len(scene.surfaces)] :]
    free = np.ones(shape, bool)
    points = points_on(scene.vertices[triangles], CELL_M)
    cells = np.floor((points - origin) / np.float32(CELL_M)).astype(np.int32)
    cells = cells[np.all((cells >= 0) & (cells < shape), axis=1)]
    free[tuple(cells.T)] = False
    if free.all():
        return np.full(shape, 10.0, np.float32)
    distance = ndimage.distance_transform_edt(free)
    return np.maximum((distance - 0.5) * CELL_M, 0).astype(np.float32)  # type: ignore[operator]
