"""Free space: floor points clear of walls and furniture, from the drawn triangles."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tst_sim.embedded.scene.floor_plan import FloorPlan, points_on, wall_segments
from tst_sim.embedded.scene.scene import Scene
from tst_sim.errors import UserError
from tst_sim.simulator import AGENT_HEIGHT_M, AGENT_RADIUS_M, FreeSpace

CELL_M = 0.025
STEP_M = 0.03
"""What ends below this height is stepped on, not walked round: rugs, thresholds."""
SPACING_BOUNDS_M = (CELL_M, 2.0)


def free_space(scene: Scene, spacing_m: float) -> FreeSpace:
    """Points of a grid of `spacing_m` over the house at least the agent's radius from any obstacle.

    Points lie on world coordinates that are multiples of the spacing, in rising x, then z. Of the
    free floor, a room keeps what is connected with most of the house and, where that is less,
    its own largest piece. UserError for a spacing outside 0.025 to 2 m.
    """
    low, high = SPACING_BOUNDS_M
    if not low <= spacing_m <= high:
        raise UserError(f"free space spacing {spacing_m} m is out of bounds; give {low} to {high} m")
    plan = FloorPlan.of(scene.house, CELL_M)
    blocked = (plan.rooms < 0) | plan.covered(_wall_points(scene)) | plan.covered(_furniture_points(scene))
    clearance = np.asarray(ndimage.distance_transform_edt(~blocked)) * CELL_M
    kept = _connected(clearance >= AGENT_RADIUS_M, plan.rooms)
    points = _grid_points(plan, spacing_m)
    points = points[kept[plan.cells(points)]]
    cells = plan.cells(points)
    return FreeSpace(
        positions_m=np.column_stack([points[:, 0], np.zeros(len(points)), points[:, 1]]),
        room_ids=tuple(scene.house.rooms[index].id for index in plan.rooms[cells]),
        clearance_m=clearance[cells],
        spacing_m=spacing_m,
    )


def _grid_points(plan: FloorPlan, spacing_m: float) -> np.ndarray:
    """(n, 2) multiples of the spacing within the plan."""
    end = plan.origin + np.array(plan.rooms.shape) * plan.cell_m
    x, z = (
        np.arange(np.ceil(low / spacing_m), np.floor(high / spacing_m) + 1) * spacing_m
        for low, high in zip(plan.origin, end)
    )
    return np.stack(np.meshgrid(x, z, indexing="ij"), axis=-1).reshape(-1, 2)


def _wall_points(scene: Scene) -> np.ndarray:
    points = []
    for start, end in wall_segments(scene.house):
        count = max(2, int(2 * np.linalg.norm(end - start) / CELL_M))
        points.append(start + np.linspace(0, 1, count)[:, None] * (end - start))
    return np.concatenate(points) if points else np.zeros((0, 2))


def _furniture_points(scene: Scene) -> np.ndarray:
    """Plan points under the triangles of doors, windows and objects between step and head height."""
    triangles = scene.triangles[scene.first_triangle[len(scene.surfaces)] :]
    corners = scene.vertices[triangles]
    bottom, top = corners[..., 1].min(axis=1), corners[..., 1].max(axis=1)
    return points_on(corners[(top > STEP_M) & (bottom < AGENT_HEIGHT_M)][..., [0, 2]], 2 * CELL_M)


def _connected(free: np.ndarray, rooms: np.ndarray) -> np.ndarray:
    """The largest connected piece of the free cells, and each room's own largest where that is larger than its share.

    An open door's leaf can cut a room off but for the sliver beside it.
    """
    pieces, count = ndimage.label(free)  # type: ignore[misc]
    if count == 0:
        return free
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    kept = pieces == int(sizes.argmax())
    for room, part in enumerate(ndimage.find_objects(rooms + 1)):
        if part is None:
            continue
        mine = free[part] & (rooms[part] == room)
        if not mine.any():
            continue
        own = mine & (pieces[part] == int(np.bincount(pieces[part][mine]).argmax()))
        if np.count_nonzero(kept[part] & mine) < np.count_nonzero(own):
            kept[part] |= own
    return kept
