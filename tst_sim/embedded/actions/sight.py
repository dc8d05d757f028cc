"""Rays through the agent's picture: what is there, and where.

They go to the drawn triangles where there are `eyes`, and agree with the id image; else to placement boxes.
"""

from __future__ import annotations

import math

import numpy as np

from tst_sim.embedded.actions.dispatch import ActionFailed
from tst_sim.embedded.actions.rays import entries
from tst_sim.embedded.actions.visibility import seen
from tst_sim.embedded.actions.world import World, xyz
from tst_sim.geometry import Pose
from tst_sim.houses import House
from tst_sim.placement.boxes import concatenate
from tst_sim.placement.freespace import inside_polygon
from tst_sim.placement.walls import nearest_wall

CEILING = "ceiling|"


def pixel_ray(world: World, x: float, y: float) -> tuple[np.ndarray, np.ndarray]:
    """Origin and unit direction (3,) of the ray through a place in the agent's picture, (0, 0) at the top left."""
    view = world.agent_view()
    pose = Pose(view.position_m, view.rotation_deg[1], view.rotation_deg[0])
    aspect = world.settings.width / world.settings.height
    right, up, forward = pose.rotation().T
    across, upwards = (2 * x - 1) * aspect, 1 - 2 * y
    if view.orthographic_size_m is not None:
        return np.asarray(view.position_m) + view.orthographic_size_m * (across * right + upwards * up), forward
    slope = math.tan(math.radians(view.fov_deg) / 2)
    direction = forward + slope * (across * right + upwards * up)
    return np.asarray(view.position_m), direction / np.linalg.norm(direction)


def hit_at(world: World, x: float, y: float) -> tuple[str, np.ndarray] | None:
    """Id and place (3,) of what is first at (x, y) of the agent's picture; None where nothing is."""
    origin, direction = pixel_ray(world, x, y)
    if world.eyes is not None:
        numbers, distances = world.eyes.cast_rays(origin, direction[None])
        if not math.isfinite(distances[0]):
            return None
        return world.eyes.object_ids[int(numbers[0])], origin + direction * float(distances[0])
    return None if world.house is None else _box_hit(world, world.house, origin, direction)


def _box_hit(world: World, house: House, origin: np.ndarray, direction: np.ndarray) -> tuple[str, np.ndarray] | None:
    boxes, owners = world.scene.boxes()
    others = [*world.opening_bodies, *world.held_bodies()]
    everything = concatenate([boxes, *(body.hull for body in others), world.scene.walls])
    names = [*(body.id for body in world.scene), *(body.id for body in others)]
    numbers = [*owners.tolist(), *range(len(world.scene), len(names))]
    reached = entries(origin, direction[None], everything)[0]
    floor = -origin[1] / direction[1] if direction[1] < 0 else math.inf
    nearest = min(float(reached.min(initial=math.inf)), floor)
    if not math.isfinite(nearest):
        return None
    place = origin + direction * nearest
    if nearest == floor:
        below = (room.id for room in house.rooms if inside_polygon(place[None, ::2], room.floor_polygon)[0])
        return next(below, ""), place
    index = int(reached.argmin())
    return names[numbers[index]] if index < len(numbers) else nearest_wall(house, place[::2]), place


def get_object_in_frame(world: World, x: float, y: float, checkVisible: bool = False) -> str:
    """Id of the object at (x, y) of the picture, (0, 0) at the top left, (1, 1) at the bottom right.

    It is the name that the id image has for it. Floors and walls are objects, ceilings are not.
    """
    _check_in_picture(x, y)
    hit = hit_at(world, x, y)
    if hit is None or hit[0].startswith(CEILING):
        raise ActionFailed(f"no sim objects found at ({x:g},{y:g})")
    if checkVisible and hit[0] not in seen(world).interactable:
        raise ActionFailed(f"target hit ({hit[0]}) at ({x:g}, {y:g}) is not currently Visible to Agent")
    return hit[0]


def get_coordinate_from_raycast(world: World, x: float, y: float) -> dict[str, float]:
    """World coordinates of what is at (x, y) of the picture; the origin where nothing is."""
    _check_in_picture(x, y)
    hit = hit_at(world, x, y)
    return xyz((0.0, 0.0, 0.0) if hit is None else (float(hit[1][0]), float(hit[1][1]), float(hit[1][2])))


def _check_in_picture(x: float, y: float) -> None:
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise ActionFailed(f"x and y must be in [0:1] not (x={x:g}, y={y:g}).")


ACTIONS = {
    "GetCoordinateFromRaycast": get_coordinate_from_raycast,
    "GetObjectInFrame": get_object_in_frame,
}
