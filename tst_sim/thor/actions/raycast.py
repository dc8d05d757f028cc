"""Rays, through the agent's picture or anywhere: what is there, and where.

They go to the drawn triangles where there is a `ray_caster`, and agree with the id image; else to placement boxes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tst_sim.geometry import Pose
from tst_sim.houses import House
from tst_sim.placement.boxes import concatenate
from tst_sim.placement.freespace import inside_polygon
from tst_sim.placement.walls import nearest_wall
from tst_sim.thor.actions.action_state import ActionState, point_of, xyz
from tst_sim.thor.actions.dispatch import ActionFailed
from tst_sim.thor.actions.rays import entries
from tst_sim.thor.actions.visibility import seen

Vector = Mapping[str, Any]
CEILING = "ceiling|"
MAX_RAYS = 1024
"""So many are cast at once, for the memory it takes."""


def pixel_ray(world: ActionState, x: float, y: float) -> tuple[np.ndarray, np.ndarray]:
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


def hit_at(world: ActionState, x: float, y: float) -> tuple[str, np.ndarray] | None:
    """Id and place (3,) of what is first at (x, y) of the agent's picture; None where nothing is."""
    origin, direction = pixel_ray(world, x, y)
    name, distance = _hits(world, origin, direction[None])[0]
    return (name, origin + direction * distance) if math.isfinite(distance) else None


def first_objects(world: ActionState, origin: np.ndarray, rays: np.ndarray) -> list[str]:
    """Ids of what rays (n, 3) of any length from one point hit first; empty where that is nothing."""
    chunks = (_hits(world, origin, rays[start : start + MAX_RAYS]) for start in range(0, len(rays), MAX_RAYS))
    return [name for hits in chunks for name, _ in hits]


def _hits(world: ActionState, origin: np.ndarray, rays: np.ndarray) -> list[tuple[str, float]]:
    """Id and distance in metres of what each ray hits first; an empty id and infinity for nothing."""
    if world.ray_caster is not None:
        numbers, distances = world.ray_caster.cast_rays(origin, rays)
        names = world.ray_caster.object_ids
        return [(names[int(number)], float(distance)) for number, distance in zip(numbers, distances)]
    if world.house is None:
        return [("", math.inf)] * len(rays)
    units = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    return _box_hits(world, world.house, origin, units)


def _box_hits(world: ActionState, house: House, origin: np.ndarray, rays: np.ndarray) -> list[tuple[str, float]]:
    boxes, owners = world.scene.boxes()
    others = [*world.opening_bodies, *world.held_bodies()]
    everything = concatenate([boxes, *(body.hull for body in others), world.scene.walls])
    names = [*(body.id for body in world.scene), *(body.id for body in others)]
    numbers = [*owners.tolist(), *range(len(world.scene), len(names))]
    found = []
    for ray, reached in zip(rays, entries(origin, rays, everything)):
        floor = -origin[1] / ray[1] if ray[1] < 0 < origin[1] else math.inf
        nearest = min(float(reached.min(initial=math.inf)), floor)
        if not math.isfinite(nearest):
            found.append(("", math.inf))
            continue
        place = origin + ray * nearest
        if nearest == floor:
            below = (room.id for room in house.rooms if inside_polygon(place[None, ::2], room.floor_polygon)[0])
            found.append((next(below, ""), nearest))
            continue
        index = int(reached.argmin())
        name = names[numbers[index]] if index < len(numbers) else nearest_wall(house, place[::2])
        found.append((name, nearest))
    return found


def perform_raycast(world: ActionState, origin: Vector, destination: Vector) -> dict[str, Any]:
    """Id and distance in metres of the first object on the ray from one point through the other, and beyond it.

    Floors and walls are objects, ceilings are not. ActionFailed when it hits none.
    """
    start, end = np.array(point_of(origin)), np.array(point_of(destination))
    length = float(np.linalg.norm(end - start))
    if not 0 < length < math.inf:
        raise ActionFailed(f"origin and destination must be two places, got {dict(origin)} and {dict(destination)}")
    name, distance = _hits(world, start, (end - start)[None] / length)[0]
    if not name or name.startswith(CEILING):
        raise ActionFailed(f"Raycast from {_shown(start)} to {_shown(end)} hit no sim object.")
    return {"objectId": name, "hitDistance": distance}


def _shown(point: np.ndarray) -> str:
    return "(" + ", ".join(f"{value:g}" for value in point.tolist()) + ")"


def get_object_in_frame(world: ActionState, x: float, y: float, checkVisible: bool = False) -> str:
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


def get_coordinate_from_raycast(world: ActionState, x: float, y: float) -> dict[str, float]:
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
    "PerformRaycast": perform_raycast,
}
