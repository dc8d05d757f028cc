"""All bodies of a house and its walls, and questions about what is in the way."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from tst_sim.assets import asset_table
from tst_sim.houses import House, Opening, Wall
from tst_sim.placement.body import Body
from tst_sim.placement.boxes import Boxes, concatenate, overlap_depth
from tst_sim.placement.stated import stated_supports

CONTACT_M = 1e-3
"""Penetration up to this counts as touching."""
WALL_HALF_THICKNESS_M = 0.005
OPEN_FROM = 0.5
"""A door at least so far open can be walked through; procthor's are wide open or shut."""

Hole = tuple[float, float, float]
"""Where a door's hole begins and ends along a wall, and how high it is, metres."""


class PlacementScene:
    """Bodies by id, in the order in which they came. Knows no rendering and no randomness."""

    def __init__(self, bodies: Iterable[Body] = (), walls: Boxes | None = None) -> None:
        self._bodies: dict[str, Body] = {body.id: body for body in bodies}
        self.walls = walls if walls is not None else concatenate([])
        self._boxes: Boxes | None = None
        self._owners = np.zeros(0, np.intp)
        self._order: dict[str, int] = {}

    @classmethod
    def of(cls, house: House) -> PlacementScene:
        """The house exactly as its JSON says, nothing settled; furniture carries where it has things at rest."""
        bodies = []
        for item, parent in house.all_objects():
            body = Body.of(item, parent)
            bodies.append(replace(body, supports_m=stated_supports(body, [Body.of(it, item) for it in item.children])))
        return cls(bodies, wall_boxes(house))

    def copy(self) -> PlacementScene:
        """A scene that can be changed without changing this one; what was computed is kept."""
        twin = PlacementScene(self, self.walls)
        twin._boxes, twin._owners, twin._order = self._boxes, self._owners, self._order
        return twin

    def __contains__(self, body_id: str) -> bool:
        return body_id in self._bodies

    def __getitem__(self, body_id: str) -> Body:
        return self._bodies[body_id]

    def __iter__(self) -> Iterator[Body]:
        return iter(self._bodies.values())

    def __len__(self) -> int:
        return len(self._bodies)

    def put(self, body: Body) -> None:
        """Add a body, or replace the one of the same id in its place in the order."""
        self._bodies[body.id] = body
        self._boxes = None

    def remove(self, body_id: str) -> None:
        """Takes a body out of the scene."""
        del self._bodies[body_id]
        self._boxes = None

    def boxes(self) -> tuple[Boxes, np.ndarray]:
        """All parts of all bodies and, for each part, its body's place in the order (n,)."""
        if self._boxes is None:
            pieces = [body.boxes for body in self]
            self._boxes = concatenate(pieces)
            self._owners = np.repeat(np.arange(len(pieces)), [len(piece) for piece in pieces])
            self._order = {body_id: index for index, body_id in enumerate(self._bodies)}
        return self._boxes, self._owners

    def obstacles(self, near: Boxes, without: Iterable[str] = (), walls: bool = True) -> Boxes:
        """Parts and walls whose surroundings touch those of `near`, leaving out some bodies."""
        boxes, owners = self.boxes()
        left_out = [self._order[body_id] for body_id in without if body_id in self._order]
        found = boxes.select(_near(boxes, near) & ~np.isin(owners, left_out))
        if not walls:
            return found
        return concatenate([found, self.walls.select(_near(self.walls, near))])

    def collides(self, body: Body, without: Iterable[str] = (), walls: bool = False) -> bool:
        """Whether the body's parts penetrate anything's but those of itself and `without`."""
        others = self.obstacles(body.hull, (body.id, *without), walls)
        return bool((overlap_depth(body.boxes, others) > CONTACT_M).any())


def _near(boxes: Boxes, region: Boxes) -> np.ndarray:
    """(n,) whether a box's world-axis-aligned bounds meet the bounds of the whole region."""
    reach, region_reach = boxes.reach(), region.reach()
    flat, region_flat = boxes.centre[:, ::2], region.centre[:, ::2]
    low, high = (region_flat - region_reach).min(axis=0), (region_flat + region_reach).max(axis=0)
    beside = ((flat + reach) >= low).all(axis=1) & ((flat - reach) <= high).all(axis=1)
    return beside & (boxes.top >= region.bottom.min()) & (boxes.bottom <= region.top.max())


def wall_boxes(house: House) -> Boxes:
    """Thin boxes for the walls; door frames without a door and open doors leave their hole free."""
    walls = {wall.id: wall for wall in house.walls}
    holes: dict[str, list[Hole]] = {}
    for door in (door for door in house.doors if door.wall_ids):
        if asset_table()[door.asset_id].object_type == "Doorway" and door.openness < OPEN_FROM:
            continue
        stated_in = walls[door.wall_ids[0]]
        for wall_id in door.wall_ids:
            holes.setdefault(wall_id, []).append(_hole_in(walls[wall_id], stated_in, door))
    solid = [wall for wall in house.walls if not wall.empty and not wall.exterior]
    return concatenate([_wall_pieces(wall, holes.get(wall.id, [])) for wall in solid])


def _hole_in(wall: Wall, stated_in: Wall, door: Opening) -> Hole:
    """The door's hole along this wall; its coordinates count from the start of the wall it is stated in."""
    start, end = np.array(stated_in.polygon[0])[::2], np.array(stated_in.polygon[1])[::2]
    along = (end - start) / max(float(np.hypot(*(end - start))), 1e-9)
    own_start, own_end = np.array(wall.polygon[0])[::2], np.array(wall.polygon[1])[::2]
    own_along = (own_end - own_start) / max(float(np.hypot(*(own_end - own_start))), 1e-9)
    places = [float((start + along * place - own_start) @ own_along) for place in (door.hole_min[0], door.hole_max[0])]
    return (min(places), max(places), door.hole_max[1])


def _wall_pieces(wall: Wall, holes: list[Hole]) -> Boxes:
    """One box, or three around each hole: beside it on both sides and above it."""
    (x0, bottom, z0), (x1, _, z1) = wall.polygon[0], wall.polygon[1]
    length, top = math.hypot(x1 - x0, z1 - z0), max(corner[1] for corner in wall.polygon)
    spans, start = [], 0.0
    for hole_low, hole_high, lintel in sorted(holes):
        spans.append((start, hole_low, bottom, top))
        spans.append((hole_low, hole_high, bottom + lintel, top))
        start = hole_high
    spans.append((start, length, bottom, top))
    spans = [span for span in spans if span[1] > span[0] and span[3] > span[2]]
    along = np.array([x1 - x0, z1 - z0]) / max(length, 1e-9)
    middle = np.array([[(low + high) / 2, (down + up) / 2] for low, high, down, up in spans]).reshape(-1, 2)
    centre = np.stack([x0 + along[0] * middle[:, 0], middle[:, 1], z0 + along[1] * middle[:, 0]], axis=1)
    half = [[(high - low) / 2, (up - down) / 2, WALL_HALF_THICKNESS_M] for low, high, down, up in spans]
    return Boxes(centre, np.array(half).reshape(-1, 3), np.tile([along[0], -along[1]], (len(spans), 1)))
