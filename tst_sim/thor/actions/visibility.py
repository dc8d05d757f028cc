"""Which objects the agent sees: near enough, in the picture and not behind anything, from placement boxes alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.embedded.scene.instance_meshes import rotation_matrix
from tst_sim.houses import Point3
from tst_sim.placement.body import Body
from tst_sim.placement.boxes import Boxes, concatenate
from tst_sim.thor.actions.action_state import ActionState
from tst_sim.thor.actions.drawn_boxes import openness_of
from tst_sim.thor.actions.rays import entries

_SLACK_M = 1e-3
"""A thing in the way must be nearer by more than this."""
_MAX_PARTS = 4
"""Of an object's parts, so many of the largest are looked at."""
_FIRST_POINTS = 4
"""So many points of an object are tried before all others."""
_INSIDE = 0.85
"""Points on a part lie this share of the way from its middle to its faces."""
_STEPS = (0, 1, -1)
_POINTS = _INSIDE * np.array([(x, y, z) for y in _STEPS for x in _STEPS for z in _STEPS], np.float64)
"""Where on a part one looks, in its half extents, the middle first."""


@dataclass(frozen=True)
class Seen:
    """Ids of objects: in view and near; and of these, those that could be touched (nothing transparent before them)."""

    visible: frozenset[str]
    interactable: frozenset[str]


@dataclass(frozen=True)
class Candidate:
    """An object that is near, and what does not hide it."""

    body: Body
    place: int
    """In the order of the scene; -1 for doors, windows and what is held."""
    holder: int
    """Place of the open thing in which it lies; -1 for none."""


@dataclass(frozen=True)
class Look:
    """From where one looks, how far, and by which of AI2-THOR's schemes."""

    view: CameraSpec
    position: Point3
    """Distances are, seen from above, those from here."""
    distance_m: float
    scheme: str
    """See `Settings.visibility_scheme`."""


def visible_objects(world: ActionState) -> frozenset[str]:
    """Ids of the objects that the metadata calls visible."""
    return seen(world).visible


def agents_look(world: ActionState) -> Look:
    """What decides of `visible` in the metadata."""
    settings = world.settings
    return Look(
        world.first_person_view(), world.agent.position, settings.visibility_distance_m, settings.visibility_scheme
    )


def seen(world: ActionState, only: frozenset[str] | None = None, look: Look | None = None) -> Seen:
    """What is seen by a look, by default the agent's; of the objects of these ids, if any are given."""
    look = look or agents_look(world)
    near = [found for found in candidates_near(world, look) if only is None or found.body.id in only]
    points, owners = targets_on([candidate.body for candidate in near])
    keep = in_picture(world, look.view, points)
    if look.scheme == "Distance":
        keep &= within(points, look.position, look.distance_m)
    points, owners = points[keep], owners[keep]
    touchable = _clear_candidates(world, look.view, near, points, owners, through=False)
    visible = touchable.copy()
    if any(_is_see_through(candidate.body) for candidate in near):
        visible |= _clear_candidates(world, look.view, near, points, owners, through=True)
    names = np.array([candidate.body.id for candidate in near], object)
    return Seen(frozenset(names[visible]), frozenset(names[touchable]))


def visible_points(world: ActionState, view: CameraSpec, body: Body) -> tuple[np.ndarray, np.ndarray]:
    """The points (n, 3) at which one looks on a body, and (n,) whether a camera sees each, however far away.

    Through glass one sees as well.
    """
    points, _ = targets_on([body])
    shown = in_picture(world, view, points)
    wanted = candidate(world, body)
    if wanted is None or not shown.any():
        return points, np.zeros(len(points), bool)
    chosen = points[shown]
    nearest = _occluders(world, view, chosen, through=True)
    shown[shown] = unhidden(view.position_m, [wanted], chosen, np.zeros(len(chosen), np.intp), *nearest)
    return points, shown


def candidates_near(world: ActionState, look: Look) -> list[Candidate]:
    """Objects, doors, windows and what is held, any part of which is, seen from above, within the look's distance.

    What lies in a thing that is shut is not among them.
    """
    distance_m = look.distance_m
    boxes, owners = world.scene.boxes()
    places = np.unique(owners[plan_distance(boxes, look.position) <= distance_m])
    bodies = list(world.scene)
    others = [*world.opening_bodies, *world.held_bodies()]
    reach = plan_distance(concatenate([body.hull for body in others]), look.position)
    found = [(bodies[place], int(place)) for place in places]
    found += [(body, -1) for body, away in zip(others, reach) if away <= distance_m]
    return [
        Candidate(body, place, _holder_place(world, body)) for body, place in found if not is_shut_away(world, body)
    ]


def _holder_place(world: ActionState, body: Body) -> int:
    holder = _openable_holder(world, body)
    if holder is None:
        return -1
    return next(place for place, other in enumerate(world.scene) if other.id == holder.id)


def plan_distance(boxes: Boxes, position: Point3) -> np.ndarray:
    """(n,) distance from a point to each box seen from above; 0 inside."""
    x, z = position[0] - boxes.centre[:, 0], position[2] - boxes.centre[:, 2]
    cosine, sine = boxes.direction.T
    out_x = np.maximum(np.abs(cosine * x - sine * z) - boxes.half[:, 0], 0)
    out_z = np.maximum(np.abs(sine * x + cosine * z) - boxes.half[:, 2], 0)
    return np.hypot(out_x, out_z)


def targets_on(bodies: list[Body]) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 3) on the largest parts of bodies at which one looks, and the number of each point's body (n,).

    A body's points are consecutive.
    """
    chosen = [_largest(body.boxes) for body in bodies]
    counts = [len(parts) * len(_POINTS) for parts in chosen]
    parts = concatenate(chosen)
    local = _POINTS[None] * parts.half[:, None]
    cosine, sine = parts.direction[:, :1], parts.direction[:, 1:]
    x = local[..., 0] * cosine + local[..., 2] * sine
    z = -local[..., 0] * sine + local[..., 2] * cosine
    points = np.stack([x, local[..., 1], z], axis=2) + parts.centre[:, None]
    return points.reshape(-1, 3), np.repeat(np.arange(len(bodies)), counts)


def _largest(parts: Boxes) -> Boxes:
    if len(parts) <= _MAX_PARTS:
        return parts
    return parts.select(np.argsort(-parts.half.prod(axis=1), kind="stable")[:_MAX_PARTS])


def within(points: np.ndarray, position: Point3, distance_m: float) -> np.ndarray:
    """(n,) whether points are, seen from above, within the distance of a position."""
    return np.hypot(points[:, 0] - position[0], points[:, 2] - position[2]) <= distance_m


def in_picture(world: ActionState, view: CameraSpec, points: np.ndarray) -> np.ndarray:
    """(n,) whether points (n, 3) are in front of a perspective camera and within its picture."""
    right, up = picture_slopes(world, view)
    local = camera_coordinates(view, points)
    depth = local[:, 2]
    return (depth > 0) & (np.abs(local[:, 0]) < right * depth) & (np.abs(local[:, 1]) < up * depth)


def picture_slopes(world: ActionState, view: CameraSpec) -> tuple[float, float]:
    """How far right and up the edges of a perspective picture lie, a metre before the camera."""
    up = math.tan(math.radians(view.fov_deg) / 2)
    return up * world.settings.width / world.settings.height, up


def camera_coordinates(view: CameraSpec, points: np.ndarray) -> np.ndarray:
    """(..., 3) points right, above and ahead of a camera, metres."""
    return (points - np.asarray(view.position_m)) @ rotation_matrix(view.rotation_deg)


def _clear_candidates(
    world: ActionState,
    view: CameraSpec,
    near: list[Candidate],
    points: np.ndarray,
    owners: np.ndarray,
    *,
    through: bool,
) -> np.ndarray:
    """(candidates,) whether any of its points is not hidden. A few points first; the others where none of them is."""
    clear = np.zeros(len(near), bool)
    if not len(points):
        return clear
    boxes, box_owners = _occluders(world, view, points, through=through)
    first = np.searchsorted(owners, owners)
    early = np.arange(len(owners)) - first < _FIRST_POINTS
    for chosen in (early, ~early):
        rows = np.flatnonzero(chosen & ~clear[owners])
        for start in range(0, len(rows), 512):
            block = rows[start : start + 512]
            hit = unhidden(view.position_m, near, points[block], owners[block], boxes, box_owners)
            clear[owners[block][hit]] = True
    return clear


def unhidden(
    camera: Point3, near: list[Candidate], points: np.ndarray, owners: np.ndarray, boxes: Boxes, box_owners: np.ndarray
) -> np.ndarray:
    """(n,) whether a ray from a camera to each point (n, 3) meets the point's candidate before any of the boxes.

    What stands in or on an open thing is not hidden by it.
    """
    eye = np.asarray(camera)
    rays = points - eye
    met = entries(eye, rays, boxes)
    place = np.array([candidate.place for candidate in near])[owners]
    holder = np.array([candidate.holder for candidate in near])[owners]
    mine = (box_owners[None] == place[:, None]) & (place[:, None] >= 0)
    own = np.where(mine, met, np.inf).min(axis=1, initial=np.inf)
    for number in np.unique(owners[place < 0]):  # doors, windows and what is held are nobody's obstacle
        rows = owners == number
        own[rows] = entries(eye, rays[rows], near[number].body.boxes).min(axis=1)
    ignored = mine | ((box_owners[None] == holder[:, None]) & (holder[:, None] >= 0))
    others = np.where(ignored, np.inf, met).min(axis=1, initial=np.inf)
    slack = _SLACK_M / np.maximum(np.linalg.norm(rays, axis=1), 1e-9)
    return np.isfinite(own) & (others > own - slack)


def _occluders(world: ActionState, view: CameraSpec, points: np.ndarray, *, through: bool) -> tuple[Boxes, np.ndarray]:
    """Parts and walls that can be between the camera and points in its picture, and their owners; walls have -2.

    A ray within the picture stays within the pyramid that the picture's edges span, so what is outside is left out.
    """
    parts, owners = world.scene.boxes()
    boxes = concatenate([parts, world.scene.walls])
    owners = np.concatenate([owners, np.full(len(world.scene.walls), -2)])
    right, up = picture_slopes(world, view)
    local = camera_coordinates(view, boxes.corners())
    x, y, depth = local[..., 0], local[..., 1], local[..., 2]
    farthest = camera_coordinates(view, points)[:, 2].max()
    beside = (x > right * depth).all(axis=1) | (x < -right * depth).all(axis=1)
    above = (y > up * depth).all(axis=1) | (y < -up * depth).all(axis=1)
    keep = ~(beside | above | (depth <= 0).all(axis=1) | (depth > farthest).all(axis=1))
    if through:
        clear = [place for place, body in enumerate(world.scene) if _is_see_through(body)]
        keep &= ~np.isin(owners, clear)
    return boxes.select(keep), owners[keep]


def around(world: ActionState, points: np.ndarray) -> tuple[Boxes, np.ndarray]:
    """Parts and walls, with owners (n,) as in the scene, that meet the box around the camera and all points (m, 3)."""
    corners = np.vstack([points, world.first_person_view().position_m])
    low, high = corners.min(axis=0), corners.max(axis=0)
    parts, owners = world.scene.boxes()
    boxes = concatenate([parts, world.scene.walls])
    owners = np.concatenate([owners, np.full(len(world.scene.walls), -2)])
    reach = boxes.reach()
    beside = (boxes.centre[:, ::2] + reach >= low[::2]) & (boxes.centre[:, ::2] - reach <= high[::2])
    keep = beside.all(axis=1) & (boxes.top >= low[1]) & (boxes.bottom <= high[1])
    return boxes.select(keep), owners[keep]


def candidate(world: ActionState, body: Body) -> Candidate | None:
    """The body as something to look for, or None if it is shut away."""
    if is_shut_away(world, body):
        return None
    place = next((place for place, other in enumerate(world.scene) if other.id == body.id), -1)
    return Candidate(body, place, _holder_place(world, body))


def is_shut_away(world: ActionState, body: Body) -> bool:
    """Whether it lies wholly inside a thing that can be opened and is shut."""
    holder = _openable_holder(world, body)
    if holder is None or openness_of(holder.asset, world.condition(holder.id).openness):
        return False
    inside = body.bottom > holder.bottom + _SLACK_M and body.top < holder.top - _SLACK_M
    return inside and bool(plan_distance(holder.hull, body.position)[0] == 0)


def _openable_holder(world: ActionState, body: Body) -> Body | None:
    """The thing it lies on or in, if that can be opened."""
    if body.parent_id is None or body.parent_id not in world.scene:
        return None
    holder = world.scene[body.parent_id]
    return holder if "CanOpen" in holder.asset.secondary_properties else None


def _is_see_through(body: Body) -> bool:
    return "CanSeeThrough" in body.asset.secondary_properties
