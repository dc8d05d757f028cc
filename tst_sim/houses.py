"""Houses: house JSON of schema 0.0.1 (made by `procthor`) or 1.0.0 (ProcTHOR-10K, Holodeck), read as AI2-THOR does.

A `House` is frozen and remembers its JSON, so that it can be hashed, stored and handed on exactly
as it came. Reading errors are `UserError`s that name the place in the JSON.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from tst_sim.errors import UserError
from tst_sim.house_json import MAX_LIGHT, SCHEMAS, Node
from tst_sim.house_limits import MAX_CORNERS, check_counts, check_extent, check_hole
from tst_sim.house_names import check_names
from tst_sim.json_text import check_plain

Point3 = tuple[float, float, float]
Point2 = tuple[float, float]
Color = tuple[float, float, float]

EXTERIOR = "exterior"
"""The room of walls that are seen from outside; ProcTHOR's ids begin with `wall|exterior`, Holodeck's end so."""


@dataclass(frozen=True)
class SurfaceMaterial:
    """A named material of procthor's database, with the sRGB color that overrides it, if any."""

    name: str
    color: Color | None = None


@dataclass(frozen=True)
class Room:
    """A room: its kind and its floor."""

    id: str
    room_type: str
    floor_polygon: tuple[Point2, ...]
    """(x, z) corners in metres; the floor lies at y = 0."""
    floor_material: SurfaceMaterial


@dataclass(frozen=True)
class Wall:
    """A one-sided wall: visible from the room its polygon belongs to."""

    id: str
    room_id: str
    polygon: tuple[Point3, ...]
    """Four corners: bottom start, bottom end, top start, top end. Exterior walls may come top first,
    as ProcTHOR has them: their twin's corners reversed."""
    material: SurfaceMaterial
    empty: bool
    """True where two rooms are open to each other: nothing is drawn."""

    @property
    def exterior(self) -> bool:
        """Whether it is the outer side of an outer wall."""
        return _is_exterior(self.id, self.room_id)


@dataclass(frozen=True)
class Opening:
    """A door or window cut into one wall or two back to back."""

    id: str
    asset_id: str
    wall_ids: tuple[str, ...]
    """The walls it is cut from; the first one states the coordinates."""
    room_ids: tuple[str, ...]
    hole_min: Point2
    hole_max: Point2
    """The hole in wall coordinates: metres along the wall from its start, metres up from its foot."""
    asset_position: Point3
    """Centre of the asset in wall coordinates, z along the wall's normal."""
    openness: float
    openable: bool


@dataclass(frozen=True)
class HouseObject:
    """A piece of furniture or a thing on one, with what stands on or in it."""

    id: str
    asset_id: str
    position: Point3
    """Centre of the object's bounding box, world metres."""
    rotation: Point3
    """Euler angles in degrees, applied z, x, y as Unity does."""
    kinematic: bool
    color: Color | None
    openness: float | None
    is_on: bool | None
    children: tuple[HouseObject, ...]


@dataclass(frozen=True)
class Light:
    """A light of the house, as Unity has it."""

    id: str
    kind: str
    """`directional` or `point` (or `spot`)."""
    position: Point3
    rotation: Point3 | None
    color: Color
    intensity: float
    range_m: float | None


@dataclass(frozen=True)
class House:
    """One house, as the simulators see it."""

    name: str
    """Identity through source, split and index: `procthor-train-000017`; sample keys start with it."""
    schema: str
    rooms: tuple[Room, ...]
    walls: tuple[Wall, ...]
    doors: tuple[Opening, ...]
    windows: tuple[Opening, ...]
    objects: tuple[HouseObject, ...]
    lights: tuple[Light, ...]
    ceiling_material: SurfaceMaterial
    skybox_id: str
    document: Mapping[str, Any] = field(repr=False, compare=False)
    """The JSON it was read from; not to be changed."""

    @cached_property
    def digest(self) -> str:
        """sha256 of the canonical JSON: the content's identity, whatever file it came from."""
        canonical = json.dumps(self.document, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @cached_property
    def content_digest(self) -> str:
        """sha256 of what is in the house: the same under any name and in either schema, unlike `digest`."""
        return hashlib.sha256(repr(replace(self, name="", schema="")).encode()).hexdigest()

    @property
    def ceiling_height_m(self) -> float:
        """Height of the highest wall."""
        return max(corner[1] for wall in self.walls for corner in wall.polygon)

    def all_objects(self) -> Iterator[tuple[HouseObject, HouseObject | None]]:
        """Every object with its parent, parents before children, in the order of the JSON."""
        pending: list[tuple[HouseObject, HouseObject | None]] = [(item, None) for item in reversed(self.objects)]
        while pending:
            item, parent = pending.pop()
            yield item, parent
            pending.extend((child, item) for child in reversed(item.children))

    @classmethod
    def from_json(cls, document: Mapping[str, Any], *, name: str) -> House:
        """Read and validate; errors name the house and the place in the JSON. The document is kept as it is."""
        place = f"house {name}"
        if not isinstance(document, Mapping):
            raise UserError(f"{place}: a house is a JSON object, not {type(document).__name__}")
        check_plain(document, place)
        root = Node(document, place)
        schema = root.get("metadata", {}).text("schema", "0.0.1")
        if schema not in SCHEMAS:
            raise root.get("metadata").error("schema", schema, f"one of {', '.join(SCHEMAS)}")
        parameters = root.get("proceduralParameters")
        check_counts(root)
        check_names(root)
        house = cls(
            name=name,
            schema=schema,
            rooms=tuple(_room(node) for node in root.items("rooms", at_least=1)),
            walls=tuple(_wall(node) for node in root.items("walls", at_least=3)),
            doors=tuple(_opening(node) for node in root.items("doors")),
            windows=tuple(_opening(node) for node in root.items("windows")),
            objects=tuple(_object(node) for node in root.items("objects")),
            lights=tuple(_light(node) for node in parameters.items("lights")),
            ceiling_material=_material(parameters, "ceilingMaterial", "ceilingColor"),
            skybox_id=parameters.text("skyboxId", ""),
            document=document,
        )
        check_extent(root, [room.floor_polygon for room in house.rooms], [wall.polygon for wall in house.walls])
        _check_references(house, root)
        return house


def _material(node: Node, key: str, color_key: str = "color") -> SurfaceMaterial:
    """A material by name (schema 0.0.1) or as an object (1.0.0); one that is not stated, or has no name, is plain."""
    value = node.value.get(key)
    if value is None or isinstance(value, str):
        return SurfaceMaterial(node.text(key, ""), node.color(color_key))
    inner = node.get(key)
    return SurfaceMaterial(inner.text("name", ""), inner.color("color"))


def _room(node: Node) -> Room:
    corners = node.items("floorPolygon", at_least=3, at_most=MAX_CORNERS)
    plan = tuple((x, z) for x, _, z in (corner.point3() for corner in corners))
    return Room(node.text("id"), node.text("roomType", ""), plan, _material(node, "floorMaterial", "floorColor"))


def _wall(node: Node) -> Wall:
    wall_id, room_id = node.text("id"), node.text("roomId")
    corners = [corner.point3() for corner in node.items("polygon", at_least=3, at_most=MAX_CORNERS)]
    return Wall(
        id=wall_id,
        room_id=room_id,
        polygon=_wall_polygon(corners, top_first=_is_exterior(wall_id, room_id)),
        material=_material(node, "material"),
        empty=node.flag("empty", False),
    )


def _is_exterior(wall_id: str, room_id: str) -> bool:
    return room_id == EXTERIOR or wall_id.startswith(f"wall|{EXTERIOR}") or wall_id.endswith(f"|{EXTERIOR}")


def _wall_polygon(corners: list[Point3], *, top_first: bool) -> tuple[Point3, ...]:
    """Foot, then top of a wall whose corners come in any order.

    As AI2-THOR has it (`polygonWallToSimpleWall`): the two lowest corners, in the order of the list, are the foot, and
    the highest one gives the height. Four corners that begin with the foot stay as they are and, with `top_first`,
    those that begin with what is right above it.
    """
    start, end = sorted(corners, key=lambda corner: corner[1])[:2]
    plan = [(corner[0], corner[2]) for corner in (start, end)]
    above = top_first and [(corner[0], corner[2]) for corner in corners[:2]] == plan
    if len(corners) == 4 and (above or corners[:2] == [start, end]):
        return tuple(corners)
    top = max(corner[1] for corner in corners)
    return (start, end, (start[0], top, start[2]), (end[0], top, end[2]))


def _opening(node: Node) -> Opening:
    """Doors and windows of both schemas: 0.0.1 gives `boundingBox` and `assetOffset`, 1.0.0 gives
    `holePolygon` and `assetPosition`; asset position = hole minimum + offset + half the asset's size."""
    if node.has("holePolygon"):
        corners = node.items("holePolygon", at_least=2, at_most=MAX_CORNERS)
        low, high = (corner.point3() for corner in corners[:2])
    else:
        box = node.get("boundingBox")
        low, high = box.get("min").point3(), box.get("max").point3()
    asset = node.asset("assetId")
    if node.has("assetPosition"):
        position = node.get("assetPosition").point3()
    else:
        offset = node.get("assetOffset").point3() if node.has("assetOffset") else (0.0, 0.0, 0.0)
        position = (
            low[0] + offset[0] + asset.size_m[0] / 2,
            low[1] + offset[1] + asset.size_m[1] / 2,
            0.0,
        )
    check_hole(node, (low, high), position)
    named = [node.text(key, "") for key in ("wall0", "wall1")]
    rooms = [node.text(key, "") for key in ("room0", "room1")]
    return Opening(
        id=node.text("id"),
        asset_id=asset.asset_id,
        wall_ids=tuple(wall for wall in named if wall),
        room_ids=tuple(room for room in rooms if room not in ("", EXTERIOR)),
        hole_min=low[:2],
        hole_max=high[:2],
        asset_position=position,
        openness=node.fraction("openness", 0.0),
        openable=node.flag("openable", False),
    )


def _object(node: Node) -> HouseObject:
    return HouseObject(
        id=node.text("id"),
        asset_id=node.asset("assetId").asset_id,
        position=node.get("position").point3(),
        rotation=node.rotation("rotation"),
        kinematic=node.flag("kinematic", False),
        color=node.color("color"),
        openness=node.fraction("openness") if node.has("openness") else None,
        is_on=node.flag("isOn", False) if node.has("isOn") else None,
        children=tuple(_object(child) for child in node.items("children")),
    )


def _light(node: Node) -> Light:
    return Light(
        id=node.text("id", ""),
        kind=node.text("type"),
        position=node.get("position", {"x": 0}).point3(),
        rotation=node.rotation("rotation") if node.has("rotation") else None,
        color=node.color("rgb") or (1.0, 1.0, 1.0),
        intensity=node.number("intensity", 1.0, low=0.0, high=MAX_LIGHT),
        range_m=node.number("range", low=0.0, high=MAX_LIGHT) if node.has("range") else None,
    )


def _check_references(house: House, root: Node) -> None:
    """Walls name rooms, openings name walls, ids are unique."""
    rooms, walls = {room.id for room in house.rooms}, {wall.id for wall in house.walls}
    for wall in house.walls:
        if wall.room_id not in rooms and wall.room_id != EXTERIOR:
            raise root.error("walls", f"{wall.id} with roomId {wall.room_id}", "the id of a room in rooms")
    for opening in house.doors + house.windows:
        for wall_id in opening.wall_ids:
            if wall_id not in walls:
                raise root.error("doors and windows", f"{opening.id} in wall {wall_id}", "the id of a wall in walls")
    for key, ids in {
        "rooms": [room.id for room in house.rooms],
        "walls": [wall.id for wall in house.walls],
        "doors and windows": [opening.id for opening in house.doors + house.windows],
        "objects": [item.id for item, _ in house.all_objects()],
    }.items():
        twice = next((name for name, count in Counter(ids).items() if count > 1), None)
        if twice is not None:
            raise root.error(key, f"id {twice} twice", "unique ids")
