"""Moving bodies about: what lies on a thing goes with it, and what is let go falls straight down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from tst_sim.placement.body import Body
from tst_sim.placement.boxes import footprint_overlap, overlap_depth
from tst_sim.placement.scene import CONTACT_M, PlacementScene
from tst_sim.placement.spawn import EDGE_MARGIN_M, footprint, suits, turned_rectangle

GRID_M = 0.1
"""Places on a surface are at most so far apart."""
SINKING_M = 0.02
"""What falls comes to rest on a thing that it was above, or in by no more than this."""


def contents_of(scene: PlacementScene, body_id: str) -> tuple[Body, ...]:
    """What lies on or in the body, and on or in that, containers before contents."""
    found, names = [], {body_id}
    pending = list(scene)
    while True:
        more = [body for body in pending if body.parent_id in names]
        if not more:
            return tuple(found)
        found += more
        names |= {body.id for body in more}
        pending = [body for body in pending if body.id not in names]


def carried_along(contents: Iterable[Body], before: Body, after: Body) -> Iterator[Body]:
    """The contents of a body where they are once it has moved and turned about the vertical axis."""
    for body in contents:
        x, z = after.to_world(*before.to_local(body.position[0], body.position[2]))
        y = body.position[1] - before.position[1] + after.position[1]
        yaw = (body.rotation[1] + after.yaw_deg - before.yaw_deg) % 360.0
        yield body.moved((x, y, z), (body.rotation[0], yaw, body.rotation[2]))


def dropped(scene: PlacementScene, body: Body) -> Body:
    """The body where it first touches something when it falls straight down, at the lowest the floor.

    What it touches is its parent if things can lie on that. It neither tumbles nor slides.
    """
    boxes, owners = scene.boxes()
    gap = body.boxes.bottom[:, None] - boxes.top[None]
    under = (footprint_overlap(body.boxes, boxes) > CONTACT_M) & (gap >= -SINKING_M)
    under &= boxes.bottom[None] < body.boxes.bottom[:, None]
    bodies = list(scene)
    under[:, [bodies[owner].id == body.id for owner in owners]] = False
    fall, parent = body.bottom, None
    if under.any():
        gaps = np.where(under, gap, np.inf)
        column = int(gaps.min(axis=0).argmin())
        if gaps[:, column].min() <= fall:
            fall, owner = float(gaps[:, column].min()), bodies[owners[column]]
            carries = "Receptacle" in owner.asset.secondary_properties and not _lies_on(scene, owner, body.id)
            parent = owner.id if carries else None
    x, y, z = body.position
    return body.put((x, y - fall, z), body.rotation, parent)


def _lies_on(scene: PlacementScene, body: Body, other_id: str) -> bool:
    """Whether the body lies on or in the other one, directly or not."""
    while body.parent_id is not None and body.parent_id in scene:
        if body.parent_id == other_id:
            return True
        body = scene[body.parent_id]
    return False


def places_on(body: Body, receptacle: Body, grid_m: float = GRID_M) -> Iterator[Body]:
    """Where the body can stand wholly on a surface of the receptacle, in rows, turned by quarters of a full turn.

    What else is there is not looked at; drawers are shut.
    """
    height = body.asset.size_m[1]
    for surface in (surface for surface in receptacle.surfaces if surface.kind != "drawer" and suits(body, surface)):
        low_x, low_z, high_x, high_z = surface.rectangle
        for quarter in range(4):
            inner = turned_rectangle(footprint(body), quarter)
            rotation = (0.0, (receptacle.yaw_deg + 90.0 * quarter) % 360.0, 0.0)
            for x in _grid(low_x - inner[0], high_x - inner[2], grid_m):
                for z in _grid(low_z - inner[1], high_z - inner[3], grid_m):
                    world_x, world_z = receptacle.to_world(x, z)
                    position = (world_x, receptacle.surface_height(surface) + height / 2, world_z)
                    yield body.put(position, rotation, receptacle.id)


def _grid(low: float, high: float, grid_m: float) -> list[float]:
    """Places from low to high less the edge margin, evenly and at most `grid_m` apart; none where nothing fits."""
    low, high = low + EDGE_MARGIN_M, high - EDGE_MARGIN_M
    if low > high:
        return []
    return np.linspace(low, high, max(1, int(np.ceil((high - low) / grid_m)) + 1)).tolist() if high > low else [low]


def in_the_way(scene: PlacementScene, body: Body) -> str | None:
    """Id of the body that this one would be deepest in, `Wall` for a wall, or None where it is free."""
    boxes, owners = scene.boxes()
    bodies = list(scene)
    inside = overlap_depth(body.boxes, boxes).max(axis=0, initial=-np.inf)
    inside[[bodies[owner].id == body.id for owner in owners]] = -np.inf
    if len(inside) and inside.max() > CONTACT_M:
        return bodies[owners[int(inside.argmax())]].id
    return "Wall" if scene.collides(body, walls=True) else None


def surface_below(scene: PlacementScene, point: tuple[float, float, float], without: Iterable[str] = ()) -> float:
    """Height of the first thing straight below a point, metres; 0 where that is the floor."""
    boxes, owners = scene.boxes()
    bodies, left_out = list(scene), set(without)
    x, z = point[0] - boxes.centre[:, 0], point[2] - boxes.centre[:, 2]
    cosine, sine = boxes.direction.T
    within = (np.abs(cosine * x - sine * z) <= boxes.half[:, 0]) & (np.abs(sine * x + cosine * z) <= boxes.half[:, 2])
    within &= boxes.top <= point[1] + CONTACT_M
    within &= np.array([bodies[owner].id not in left_out for owner in owners], bool)
    return max(0.0, float(boxes.top[within].max(initial=0.0)))
