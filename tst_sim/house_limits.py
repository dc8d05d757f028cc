"""How large a house may be: what is beyond is refused by name, before anything is built from it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TypeVar

from tst_sim.house_json import Node

MAX_ROOMS = 500
MAX_WALLS = 5000
MAX_OPENINGS = 1000
"""Doors, and windows."""
MAX_OBJECTS = 5000
"""With what stands on and in them."""
MAX_DEPTH = 30
"""Things on things."""
MAX_LIGHTS = 1000
MAX_CORNERS = 200
"""Of a floor. Cutting a polygon into triangles takes the square of its corners, at the worst the cube."""
MAX_PLAN_M2 = 10_000.0
"""The rectangle around all rooms: 100 x 100 m. A plan of it in cells of 25 mm takes 128 MB."""
MAX_HEIGHT_M = 100.0
MAX_WALLS_M = 20_000.0
"""Lengths of all walls together."""
MAX_OPENING_M = 20.0
"""From the middle of a door or window to the corners of its hole, along each axis."""
MAX_VOLUME_M3 = 100_000.0
"""The box around all rooms and walls: estimated light needs 1,000 cells a cubic metre."""

Plan = Sequence[tuple[float, float]]
Corner = TypeVar("Corner")


def check_counts(root: Node) -> None:
    """UserError for more rooms, walls, openings, lights or objects, or deeper ones, than the engine is made for."""
    limits = {"rooms": MAX_ROOMS, "walls": MAX_WALLS, "doors": MAX_OPENINGS, "windows": MAX_OPENINGS}
    for key, most in limits.items():
        root.items(key, at_most=most)
    root.get("proceduralParameters").items("lights", at_most=MAX_LIGHTS)
    pending = [(node, 1) for node in root.items("objects", at_most=MAX_OBJECTS)]
    count = len(pending)
    while pending:
        node, depth = pending.pop()
        children = node.items("children")
        count += len(children)
        if count > MAX_OBJECTS:
            raise root.error("objects", f"more than {MAX_OBJECTS} with their children", f"at most {MAX_OBJECTS}")
        if children and depth >= MAX_DEPTH:
            raise node.error("children", f"nested {depth + 1} deep", f"at most {MAX_DEPTH}")
        pending += [(child, depth + 1) for child in children]


def check_extent(root: Node, floors: Sequence[Plan], walls: Sequence[Sequence[tuple[float, float, float]]]) -> None:
    """UserError for a house whose floors or walls reach farther than the engine is made for; it names the corner
    that is farthest out."""
    plan = {f"rooms[{room}].floorPolygon[{number}]": corner for room, number, corner in _numbered(floors)}
    plan |= {f"walls[{wall}].polygon[{number}]": (x, z) for wall, number, (x, _, z) in _numbered(walls)}
    along = [[point[axis] for point in plan.values()] for axis in (0, 1)]
    widths = [max(values) - min(values) for values in along]
    if widths[0] * widths[1] > MAX_PLAN_M2:
        raise root.error(_farthest(plan), _extent(widths), f"all rooms and walls within {MAX_PLAN_M2:g} square metres")
    lengths = sum(math.dist(polygon[0][::2], polygon[1][::2]) for polygon in walls)
    if lengths > MAX_WALLS_M:
        raise root.error("walls", f"a list of {lengths:g} m of walls", f"at most {MAX_WALLS_M:g} m")
    heights = {f"walls[{wall}].polygon": [corner[1] for corner in polygon] for wall, polygon in enumerate(walls)}
    low, high = min(map(min, heights.values())), max(map(max, heights.values()))
    tallest = max(heights, key=lambda place: max(abs(value) for value in heights[place]))
    if high - low > MAX_HEIGHT_M or high > MAX_HEIGHT_M:
        raise root.error(tallest, f"up to {high:g} m high", f"walls within {MAX_HEIGHT_M:g} m above the floor")
    if widths[0] * widths[1] * (high - min(low, 0.0)) > MAX_VOLUME_M3:
        found = f"up to {high:g} m high over {_extent(widths)}"
        raise root.error(tallest, found, f"a house of at most {MAX_VOLUME_M3:g} cubic metres")


def check_hole(node: Node, hole: Sequence[Sequence[float]], position: Sequence[float]) -> None:
    """UserError for a door or window that is not where its hole is."""
    farthest = max(abs(value - middle) for corner in hole for value, middle in zip(corner, position))
    if farthest > MAX_OPENING_M:
        raise node.error("assetPosition", f"{farthest:g} m from a corner of the hole", f"at most {MAX_OPENING_M:g} m")


def _numbered(polygons: Sequence[Sequence[Corner]]) -> Iterator[tuple[int, int, Corner]]:
    """(polygon, corner, its coordinates) of each corner."""
    for polygon, corners in enumerate(polygons):
        for number, corner in enumerate(corners):
            yield polygon, number, corner


def _farthest(plan: dict[str, tuple[float, float]]) -> str:
    """The corner that is farthest from the middle corner along an axis."""
    middle = [sorted(point[axis] for point in plan.values())[len(plan) // 2] for axis in (0, 1)]
    return max(plan, key=lambda place: max(abs(plan[place][axis] - middle[axis]) for axis in (0, 1)))


def _extent(widths: Sequence[float]) -> str:
    return f"{widths[0]:g} x {widths[1]:g} m of house"
