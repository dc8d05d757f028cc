"""Floors and walls as objects of the metadata, with AI2-THOR's ids; ceilings are none there."""

from __future__ import annotations

from typing import Any

import numpy as np

from tst_sim.houses import House, Point3, Room, Wall
from tst_sim.thor.actions.object_schema import box_around, entry

WHOLE_FLOOR = "Floor"
"""Id of the floor of all rooms together, unless the house JSON has an `id`; what stands on the floor lies on this."""


def thor_object_id(drawn_id: str) -> str:
    """What the metadata calls a drawn instance: the floor of a room has the room's own id, all else its object id."""
    return drawn_id.removeprefix("floor|")


def floor_id(house: House) -> str:
    """Id of the one floor that is a receptacle."""
    name = house.document.get("id")
    return name if isinstance(name, str) and name else WHOLE_FLOOR


def is_structure(house: House | None, object_id: str) -> bool:
    """Whether the id is that of the whole floor, of a room's floor or of a wall."""
    if house is None:
        return False
    return object_id == floor_id(house) or any(piece.id == object_id for piece in (*house.rooms, *house.walls))


def structure_metadata(house: House) -> tuple[tuple[dict[str, Any], Point3], ...]:
    """The whole floor, the floor of each room, the walls that are drawn, each with its position.

    `distance` is left 0, and nothing lies on the floor.
    """
    corners = [corner for room in house.rooms for corner in room.floor_polygon]
    whole = {**_floor(floor_id(house), corners), "receptacle": True, "receptacleObjectIds": []}
    rows = [whole, *(_room(room) for room in house.rooms), *(_wall(wall) for wall in house.walls if not wall.empty)]
    return tuple((row, (row["position"]["x"], row["position"]["y"], row["position"]["z"])) for row in rows)


def _room(room: Room) -> dict[str, Any]:
    return _floor(room.id, list(room.floor_polygon))


def _floor(object_id: str, corners: list[tuple[float, float]]) -> dict[str, Any]:
    center, size = _extent([(x, 0.0, z) for x, z in corners])
    return {
        **entry(object_id, "Floor", "", (0.0, 0.0, 0.0)),
        "axisAlignedBoundingBox": box_around(center, size),
    }


def _wall(wall: Wall) -> dict[str, Any]:
    center, size = _extent(list(wall.polygon))
    return {
        **entry(wall.id, "Wall", "", center),
        "axisAlignedBoundingBox": box_around(center, size),
    }


def _extent(corners: list[Point3]) -> tuple[Point3, Point3]:
    """Centre and size of the box around the corners."""
    points = np.array(corners)
    low, high = points.min(axis=0), points.max(axis=0)
    (x, y, z), (width, height, depth) = ((low + high) / 2).tolist(), (high - low).tolist()
    return (x, y, z), (width, height, depth)
