"""AI2-THOR's house templates: a house JSON from a layout of characters.

`layout` has a room's number in every cell of 1 x 1 m, 0 outside; row r lies at x from r - 1 to r, column c
at z from c - 1 to c. `objectsLayouts` are layers of the same size; in them a symbol of `objects` puts an
object into its cell, and one of `doors`, `windows` or `holes` in two cells of different rooms a hole
into the wall between them. Ids are AI2-THOR's: rooms by number, `<room>_<n>` for walls, the symbol (or the
template's `id`), then `_1`, `_2`, ... for more of the same.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tst_sim.assets import asset_table, procthor_data_file
from tst_sim.thor.actions.dispatch import ActionFailed
from tst_sim.thor.actions.layouts import (
    OUTSIDE,
    SIDES,
    Cell,
    Side,
    at,
    corner_of,
    outline_of,
    room_number,
    rows_of,
    wall_at,
)

DEFAULT_MATERIAL = "PureWhite"
DEFAULT_WALL_HEIGHT_M = 2.0


def house_from_template(template: Mapping[str, Any]) -> dict[str, Any]:
    """The house JSON (schema 1.0.0). ActionFailed for a layout that is none and for unknown assets."""
    layout = [[room_number(name) for name in row] for row in rows_of(template.get("layout"), "layout")]
    layers = [rows_of(layer, "objectsLayouts") for layer in template.get("objectsLayouts") or ()]
    for grid in (layout, *layers):
        if any(len(row) != len(layout[0]) for row in grid) or len(grid) != len(layout):
            raise ActionFailed("Invalid layout all rows must be the same size")
    numbers = [number for number in dict.fromkeys(cell for row in layout for cell in row) if number != OUTSIDE]
    if not numbers:
        raise ActionFailed("Invalid layout: no cell has the number of a room")
    outlines = {number: outline_of(layout, number) for number in numbers}
    rooms = _mapping(template, "rooms")
    templates = {number: _mapping(rooms, str(number)) for number in numbers}
    parameters = copy.deepcopy(dict(_mapping(template, "proceduralParameters")))
    parameters["ceilingMaterial"] = _material(parameters.get("ceilingMaterial"))
    doors, windows = _holes(template, layout, layers, outlines, templates)
    return {
        "id": template.get("id") or "house",
        "metadata": {"schema": _mapping(template, "metadata").get("schema", "1.0.0")},
        "proceduralParameters": parameters,
        "rooms": [_room(number, templates[number], outlines[number], parameters) for number in numbers],
        "walls": [wall for number in numbers for wall in _walls(number, templates[number], outlines[number])],
        "doors": doors,
        "windows": windows,
        "objects": list(_objects(template, layout, layers, templates)),
    }


def _mapping(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key) or {}
    if not isinstance(found, Mapping):
        raise ActionFailed(f"Invalid template: {key} is {found!r}, expected an object")
    return found


def _room_id(number: int, template: Mapping[str, Any]) -> str:
    return f"{_mapping(template, 'floorTemplate').get('id') or ''}{number}"


def _floor_y(template: Mapping[str, Any]) -> float:
    return float(template.get("floorYPosition") or 0.0)


def _height(template: Mapping[str, Any]) -> float:
    return float(template.get("wallHeight") or DEFAULT_WALL_HEIGHT_M)


def _material(value: Any) -> dict[str, Any]:
    """A material as the schema has it; one without a name is plain."""
    if isinstance(value, Mapping):
        return {**value, "name": value.get("name") or DEFAULT_MATERIAL}
    return {"name": value if isinstance(value, str) and value else DEFAULT_MATERIAL}


def _room(
    number: int, template: Mapping[str, Any], outline: list[Side], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    floor, y = copy.deepcopy(dict(_mapping(template, "floorTemplate"))), _floor_y(template)
    ceilings = floor.get("ceilings") or [{}]
    polygon = [{"x": side.start[0], "y": y, "z": side.start[1]} for side in outline]
    above = [{**corner, "y": y + _height(template)} for corner in polygon]
    material = ceilings[0].get("material") or parameters["ceilingMaterial"]
    return {
        "children": [],
        **floor,
        "id": _room_id(number, template),
        "roomType": floor.get("roomType") or "",
        "floorMaterial": _material(floor.get("floorMaterial")),
        "floorPolygon": polygon,
        "ceilings": [{**ceilings[0], "material": _material(material), "polygon": above}, *ceilings[1:]],
    }


def _walls(number: int, template: Mapping[str, Any], outline: list[Side]) -> Iterator[dict[str, Any]]:
    wall, y = _mapping(template, "wallTemplate"), _floor_y(template)
    top = y + _height(template)
    for index, side in enumerate(outline):
        ends = [side.start, side.end]
        yield {
            **copy.deepcopy(dict(wall)),
            "id": _wall_id(number, template, index),
            "roomId": _room_id(number, template),
            "material": _material(wall.get("material")),
            "polygon": [{"x": x, "y": height, "z": z} for height in (y, top) for x, z in ends],
        }


def _wall_id(number: int, template: Mapping[str, Any], index: int) -> str:
    return f"{_room_id(number, template)}_{_mapping(template, 'wallTemplate').get('id') or ''}{index}"


def _holes(
    template: Mapping[str, Any],
    layout: Sequence[Sequence[int]],
    layers: Sequence[Sequence[Sequence[str]]],
    outlines: Mapping[int, list[Side]],
    rooms: Mapping[int, Mapping[str, Any]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Doors and windows; each is where a symbol stands in two neighbouring cells of different rooms."""
    doors: list[dict[str, Any]] = []
    windows: list[dict[str, Any]] = []
    for kind in ("doors", "windows", "holes"):
        for symbol, hole in _mapping(template, kind).items():
            places = [place for layer in layers for place in _crossings(layer, layout, symbol)]
            for count, (cell, other) in enumerate(places):
                is_window = _asset(hole, symbol) == "Window"
                made = _hole(hole, _named(symbol, hole, count), cell, other, layout, outlines, rooms)
                (windows if is_window else doors).append(made)
    return doors, windows


def _crossings(layer: Sequence[Sequence[str]], layout: Sequence[Sequence[int]], symbol: str) -> list[tuple[Cell, Cell]]:
    """Neighbouring cells of different rooms that both have the symbol; of several side by side, the first."""
    found: list[tuple[Cell, Cell]] = []
    for row, cells in enumerate(layer):
        for column, name in enumerate(cells):
            for step in ((1, 0), (0, 1)):
                other, beside = (row + step[0], column + step[1]), (row - step[1], column - step[0])
                if name != symbol or at(layer, other, "") != symbol:
                    continue
                if layout[row][column] == at(layout, other):
                    continue
                if not any(pair[0] == beside and pair[1] == _plus(beside, step) for pair in found):
                    found.append(((row, column), other))
    return found


def _plus(cell: Cell, step: Cell) -> Cell:
    return (cell[0] + step[0], cell[1] + step[1])


def _hole(
    template: Mapping[str, Any],
    name: str,
    cell: Cell,
    other: Cell,
    layout: Sequence[Sequence[int]],
    outlines: Mapping[int, list[Side]],
    rooms: Mapping[int, Mapping[str, Any]],
) -> dict[str, Any]:
    number, beyond = layout[cell[0]][cell[1]], layout[other[0]][other[1]]
    if number == OUTSIDE or str(template.get("room0")) == str(beyond):
        cell, other, number, beyond = other, cell, beyond, number
    step = (other[0] - cell[0], other[1] - cell[1])
    start, end = next((corner_of(*cell, side[1]), corner_of(*cell, side[2])) for side in SIDES if side[0] == step)
    index, wall = wall_at(outlines[number], start, end)
    size, offset = _hole_size(str(template.get("assetId")))
    floor_y = _floor_y(rooms[number])
    along = max(0.0, min(float(wall.offset(start)), wall.length - size["x"]))
    made = {
        **copy.deepcopy(dict(template)),
        "id": name,
        "room0": _room_id(number, rooms[number]),
        "room1": _room_id(number, rooms[number]),
        "wall0": _wall_id(number, rooms[number], index),
        "holePolygon": [
            {"x": along, "y": floor_y, "z": 0.0},
            {"x": along + size["x"], "y": floor_y + size["y"], "z": 0.0},
        ],
        "assetPosition": {
            "x": along + offset["x"] + size["x"] / 2,
            "y": floor_y + offset["y"] + size["y"] / 2,
            "z": 0.0,
        },
    }
    if beyond != OUTSIDE:
        made["room1"] = _room_id(beyond, rooms[beyond])
        made["wall1"] = _wall_id(beyond, rooms[beyond], wall_at(outlines[beyond], end, start)[0])
    return made


def _hole_size(asset_id: str) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Size of the hole that a door or window needs, and where its asset is in it, metres."""
    holes = json.loads(procthor_data_file("wall-holes.json").read_text())
    if asset_id not in holes:
        raise ActionFailed(f"Invalid assets: '{asset_id}'. No hole in a wall is known for it.")
    return holes[asset_id]["max"], holes[asset_id]["offset"]


def _asset(template: Any, symbol: str) -> str:
    """The object type of a template's asset."""
    asset_id = template.get("assetId") if isinstance(template, Mapping) else None
    if asset_id not in asset_table():
        raise ActionFailed(f"Invalid assets: '{asset_id}' of '{symbol}'. Not in the asset database of procthor.")
    return asset_table()[str(asset_id)].object_type


def _named(symbol: str, template: Mapping[str, Any], count: int) -> str:
    name = template.get("id") or symbol
    return f"{name}_{count}" if count else str(name)


def _objects(
    template: Mapping[str, Any],
    layout: Sequence[Sequence[int]],
    layers: Sequence[Sequence[Sequence[str]]],
    rooms: Mapping[int, Mapping[str, Any]],
) -> Iterator[dict[str, Any]]:
    """Each with the lowest corner of its box in the lowest corner of its cell, plus the template's position."""
    objects, counts = _mapping(template, "objects"), Counter[str]()
    for layer in layers:
        for row, cells in enumerate(layer):
            for column, symbol in enumerate(cells):
                number = layout[row][column]
                if symbol not in objects or number == OUTSIDE:
                    continue
                _asset(objects[symbol], symbol)
                made = _object(objects[symbol], (row, column), _floor_y(rooms[number]))
                made |= {"id": _named(symbol, objects[symbol], counts[symbol]), "room": _room_id(number, rooms[number])}
                counts[symbol] += 1
                yield made


def _object(template: Mapping[str, Any], cell: Cell, floor_y: float) -> dict[str, Any]:
    size, shift = asset_table()[template["assetId"]].size_m, _mapping(template, "position")
    x, y, z = (float(shift.get(axis, 0.0)) for axis in "xyz")
    rotation = _mapping(template, "rotation")
    if "degrees" in rotation:
        axis = _mapping(rotation, "axis")
        rotation = {name: float(axis.get(name, 0.0)) * float(rotation["degrees"]) for name in "xyz"}
    return {
        **copy.deepcopy(dict(template)),
        "position": {
            "x": cell[0] - 1 + x + size[0] / 2,
            "y": floor_y + y + size[1] / 2,
            "z": cell[1] - 1 + z + size[2] / 2,
        },
        "rotation": {axis: float(rotation.get(axis, 0.0)) for axis in "xyz"},
    }
