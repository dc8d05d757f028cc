"""What the agent sees: objects near enough, in the picture and not behind anything; and rays through pixels.

Visibility is answered from placement boxes, so that it needs no rendering. A ray through a pixel goes
to the drawn triangles where there are `eyes`, and agrees with the id image; else to the boxes too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tst_sim.embedded.actions.dispatch import ActionFailed
from tst_sim.embedded.actions.rays import entries, first_entries
from tst_sim.embedded.actions.world import World, xyz
from tst_sim.embedded.view import View
from tst_sim.geometry import Pose
from tst_sim.houses import House
from tst_sim.placement.body import Body
from tst_sim.placement.boxes import Boxes, concatenate
from tst_sim.placement.freespace import inside_polygon
from tst_sim.placement.walls import nearest_wall

_SLACK_M = 1e-3
"""A thing in the way must be nearer by more than this."""
CEILING = "ceiling|"
_MOST_PARTS = 4
"""Of an object's parts, so many of the largest are looked at."""
_INSIDE = 0.85
"""Points on a part lie this share of the way from its middle to its faces."""
_POINTS = np.array(
    [(0, 0, 0), (0, 1, 0), (1, 0, 0), (-1, 0, 0), (0, 0, 1), (0, 0, -1), (0, -1, 0)]
    + [(x, 1, z) for x in (-1, 1) for z in (-1, 1)],
    np.float64,
)
"""Where on a part one looks, in its half extents."""


@dataclass(frozen=True)
class Seen:
    """Ids of objects: in view and near; and of these, those that could be touched (nothing transparent before them)."""

    visible: frozenset[str]
    interactable: frozenset[str]


def visible_objects(world: World) -> frozenset[str]:
    """Ids of the objects that the metadata calls visible."""
    return seen(world).visible


def seen(world: World, only: frozenset[str] | None = None) -> Seen:
    """What the agent's camera sees within the visibility distance; of the objects of these ids, if any are given."""
    distance = world.settings.visibility_distance_m
    visible, interactable = set(), set()
    for body in bodies_near(world, distance):
        if only is not None and body.id not in only:
            continue
        targets = targets_on(world, body, distance)
        targets = targets[in_picture(world, world.first_person_view(), targets)]
        if not len(targets):
            continue
        clear = unhidden(world, body, targets)
        if clear.any():
            visible.add(body.id)
            interactable.add(body.id)
        elif unhidden(world, body, targets, see_through=True).any():
            visible.add(body.id)
    return Seen(frozenset(visible), frozenset(interactable))


def bodies_near(world: World, distance_m: float) -> list[Body]:
    """Objects, doors, windows and what is held, any part of which is, seen from above, within the distance."""
    others = [*world.opening_bodies, *world.held_bodies()]
    found = [body for body in others if (plan_distance(body.hull, world.agent.position) <= distance_m).any()]
    boxes, owners = world.scene.boxes()
    near = np.unique(owners[plan_distance(boxes, world.agent.position) <= distance_m])
    bodies = list(world.scene)
    return [bodies[index] for index in near] + found


def plan_distance(boxes: Boxes, position: tuple[float, float, float]) -> np.ndarray:
    """(n,) distance from a point to each box seen from above; 0 inside."""
    x, z = position[0] - boxes.centre[:, 0], position[2] - boxes.centre[:, 2]
    cosine, sine = boxes.direction.T
    out_x = np.maximum(np.abs(cosine * x - sine * z) - boxes.half[:, 0], 0)
    out_z = np.maximum(np.abs(sine * x + cosine * z) - boxes.half[:, 2], 0)
    return np.hypot(out_x, out_z)


def targets_on(world: World, body: Body, distance_m: float) -> np.ndarray:
    """(n, 3) points of the body at which the agent looks; with the scheme `Distance`, near ones only."""
    parts = body.boxes
    if len(parts) > _MOST_PARTS:
        largest = np.argsort(-parts.half.prod(axis=1), kind="stable")[:_MOST_PARTS]
        parts = parts.select(largest)
    local = (_POINTS * _INSIDE)[None] * parts.half[:, None]
    cosine, sine = parts.direction[:, :1], parts.direction[:, 1:]
    x = local[..., 0] * cosine + local[..., 2] * sine
    z = -local[..., 0] * sine + local[..., 2] * cosine
    points = (np.stack([x, local[..., 1], z], axis=2) + parts.centre[:, None]).reshape(-1, 3)
    if world.settings.visibility_scheme == "Distance":
        points = points[within(points, world.agent.position, distance_m)]
    return points


def within(points: np.ndarray, position: tuple[float, float, float], distance_m: float) -> np.ndarray:
    """(n,) whether points are, seen from above, within the distance of a position."""
    return np.hypot(points[:, 0] - position[0], points[:, 2] - position[2]) <= distance_m


def in_picture(world: World, view: View, points: np.ndarray) -> np.ndarray:
    """(n,) whether points (n, 3) are in front of a perspective camera and within its picture."""
    pose = Pose(view.position_m, view.rotation_deg[1], view.rotation_deg[0])
    local = (points - np.asarray(view.position_m)) @ pose.rotation()
    up = math.tan(math.radians(view.fov_deg) / 2)
    right = up * world.settings.width / world.settings.height
    depth = local[:, 2]
    return (depth > 0) & (np.abs(local[:, 0]) < right * depth) & (np.abs(local[:, 1]) < up * depth)


def unhidden(world: World, body: Body, targets: np.ndarray, *, see_through: bool = False) -> np.ndarray:
    """(n,) whether a ray from the camera towards each target meets the body before anything else.

    `see_through` leaves out what is transparent. What stands in or on an open thing is not hidden by it.
    """
    if _is_shut_away(world, body):
        return np.zeros(len(targets), bool)
    eye = np.asarray(world.first_person_view().position_m)
    rays = targets - eye
    own = first_entries(eye, rays, body.boxes)
    others = obstacles_between(world, eye, targets, _ignored(world, body, see_through))
    slack = _SLACK_M / np.maximum(np.linalg.norm(rays, axis=1), 1e-9)
    return np.isfinite(own) & (first_entries(eye, rays, others) > own - slack)


def obstacles_between(world: World, eye: np.ndarray, targets: np.ndarray, without: set[str]) -> Boxes:
    """Parts and walls whose surroundings meet the box around the eye and all targets."""
    corners = np.vstack([targets, eye])
    low, high = corners.min(axis=0), corners.max(axis=0)
    boxes, owners = world.scene.boxes()
    left_out = [index for index, other in enumerate(world.scene) if other.id in without]
    keep = _meets(boxes, low, high) & ~np.isin(owners, left_out)
    return concatenate([boxes.select(keep), world.scene.walls.select(_meets(world.scene.walls, low, high))])


def _meets(boxes: Boxes, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    reach = boxes.reach()
    beside = (boxes.centre[:, ::2] + reach >= low[::2]) & (boxes.centre[:, ::2] - reach <= high[::2])
    return beside.all(axis=1) & (boxes.top >= low[1]) & (boxes.bottom <= high[1])


def _ignored(world: World, body: Body, see_through: bool) -> set[str]:
    ignored = {body.id}
    if (holder := _openable_holder(world, body)) is not None:
        ignored.add(holder.id)
    if see_through:
        ignored |= {other.id for other in world.scene if "CanSeeThrough" in other.asset.secondary_properties}
    return ignored


def _is_shut_away(world: World, body: Body) -> bool:
    """Whether it lies wholly inside a thing that can be opened and is shut."""
    holder = _openable_holder(world, body)
    if holder is None or world.condition(holder.id).openness:
        return False
    inside = body.bottom > holder.bottom + _SLACK_M and body.top < holder.top - _SLACK_M
    return inside and bool(plan_distance(holder.hull, body.position)[0] == 0)


def _openable_holder(world: World, body: Body) -> Body | None:
    """The thing it lies on or in, if that can be opened."""
    if body.parent_id is None or body.parent_id not in world.scene:
        return None
    holder = world.scene[body.parent_id]
    return holder if "CanOpen" in holder.asset.secondary_properties else None


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
    place = origin + direction * nearest
    if not math.isfinite(nearest):
        return None
    if nearest == floor:
        below = (room.id for room in house.rooms if inside_polygon(place[None, ::2], room.floor_polygon)[0])
        return f"floor|{next(below, '')}", place
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
