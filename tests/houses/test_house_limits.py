"""How large a house may be: what is beyond is refused by name, what is within is done in seconds."""

from __future__ import annotations

import copy
import time

import numpy as np
import pytest

from generators.config import PoseConfig
from generators.poses import floors
from tests.houses.test_houses import corners, room_document
from tst_sim.embedded.scene.floor_plan import FloorPlan
from tst_sim.errors import UserError
from tst_sim.houses import House
from tst_sim.placement.freespace import inside_polygon
from tst_sim.simulator import FreeSpace


def grown(factor: float, height: float = 1.0) -> dict:
    document = room_document()
    for corner in [
        c for part in document["rooms"] + document["walls"] for c in part.get("floorPolygon", part.get("polygon"))
    ]:
        corner["x"], corner["z"], corner["y"] = corner["x"] * factor, corner["z"] * factor, corner["y"] * height
    return document


def tower(depth: int) -> dict:
    document = room_document()
    item = document["objects"][0]
    for number in range(depth):
        item["children"] = [{**document["objects"][0], "id": f"c{number}", "children": []}]
        item = item["children"][0]
    return document


def changed(path: tuple, value: object) -> dict:
    document = room_document()
    target = document
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return document


MUG = {"assetId": "Mug_1", "position": {"x": 1, "y": 1, "z": 1}}
WALL = room_document()["walls"][0]
LONG = corners((-450, 0, 0), (450, 0, 0), (-450, 2, 0), (450, 2, 0))
TOO_LARGE = {
    "a far corner": (
        changed(("rooms", 0, "floorPolygon", 2), {"x": 900, "z": -900}),
        r"h: rooms\[0\]\.floorPolygon\[2\] is 900 x 903 m of house",
    ),
    "a corner beyond a kilometre": (
        changed(("rooms", 0, "floorPolygon", 2, "x"), 1e4),
        r"floorPolygon\[2\]\.x is 10000\.0, expected a number from -1000 to 1000",
    ),
    "a wall of 1e39 m": (changed(("walls", 1, "polygon", 2, "y"), 1e39), r"walls\[1\]\.polygon\[2\]\.y is 1e\+39"),
    "a wall of 500 m": (changed(("walls", 1, "polygon", 2, "y"), 500), r"walls\[1\]\.polygon is up to 500 m high"),
    "a wall far away": (
        changed(("walls", 2, "polygon"), corners((800, 0, 800), (801, 0, 800), (800, 2, 800), (801, 2, 800))),
        r"walls\[2\]\.polygon\[0\] is 801 x 800 m of house",
    ),
    "miles of walls": (
        changed(("walls",), room_document()["walls"] + [{**WALL, "polygon": LONG, "id": str(n)} for n in range(50)]),
        r"walls is a list of \d+ m of walls, expected at most 20000 m",
    ),
    "a window a kilometre wide": (
        changed(("windows", 0, "boundingBox", "max", "x"), 999),
        r"windows\[0\]\.assetPosition is 99\d\.\d+ m from a corner of the hole, expected at most 20 m",
    ),
    "a pit": (
        changed(("walls", 1, "polygon", 0, "y"), -400),
        r"walls\[1\]\.polygon is up to 2\.5 m high, expected walls",
    ),
    "a hall": (grown(25, 30), r"is up to 75 m high over 100 x 75 m of house, expected a house of at most 100000 cubic"),
    "rooms": (changed(("rooms",), room_document()["rooms"] * 501), "rooms is a list of 501, expected at most 500"),
    "walls": (changed(("walls",), [WALL] * 5001), "walls is a list of 5001, expected at most 5000"),
    "corners": (
        changed(("rooms", 0, "floorPolygon"), corners(*[(0, 0, z / 99) for z in range(201)])),
        r"rooms\[0\]\.floorPolygon is a list of 201, expected at most 200",
    ),
    "things": (changed(("objects",), [{**MUG, "id": str(n)} for n in range(5001)]), "objects is a list of 5001"),
    "hidden things": (
        changed(("objects", 0, "children"), [{**MUG, "id": str(n)} for n in range(5001)]),
        "objects is more than 5000 with their children",
    ),
    "a tower": (tower(31), "children is nested 31 deep, expected at most 30"),
    "a spin": (changed(("objects", 0, "rotation", "y"), 1e9), r"rotation\.y is 1000000000\.0, expected a number from"),
    "a sun": (
        changed(("proceduralParameters", "lights"), [{"type": "point", "intensity": 1e30}]),
        r"lights\[0\]\.intensity is 1e\+30",
    ),
    "a color": (
        changed(("proceduralParameters", "ceilingColor", "g"), 255),
        r"ceilingColor\.g is 255, expected a number from 0 to 1",
    ),
    "a name": (changed(("objects", 0, "id"), "x" * 2000), r"objects\[0\]\.id is 'xxx"),
    "a name of two lines": (changed(("walls", 0, "id"), "a\nb"), r"walls\[0\]\.id is 'a\\nb', expected printable text"),
}


@pytest.mark.parametrize("what", TOO_LARGE)
def test_what_is_too_large_is_named_within_a_second(what: str):
    document, message = TOO_LARGE[what]
    start = time.process_time()
    with pytest.raises(UserError, match=message) as caught:
        House.from_json(document, name="h")
    assert "\n" not in str(caught.value) and time.process_time() - start < 2


def test_what_is_just_within_is_read():
    assert House.from_json(grown(25, 4), name="h").ceiling_height_m == 10.0
    assert len(list(House.from_json(tower(29), name="h").all_objects())) == 31 - 1


def test_the_floor_is_shared_out_in_linear_time_and_as_before():
    """The stands of a floor of 40,000 points, by the rule as it is written in `generators.poses`, point by point."""
    x, z = np.meshgrid(np.arange(200) * 0.1, np.arange(200) * 0.1, indexing="ij")
    points = np.column_stack([x.ravel(), np.zeros(x.size), z.ravel()])
    names = tuple(f"room|{int(px > 12)}" for px, _, _ in points)
    house = House.from_json(room_document(), name="h")

    def shared(count: int) -> tuple[np.ndarray, np.ndarray, float]:
        space = FreeSpace(points[:count], names[:count], np.full(count, 2.0), 0.1)
        start = time.process_time()
        kept, stands = floors(house, space, PoseConfig(), seed=3)
        return kept.points, stands.points, time.process_time() - start

    kept, stands, _ = shared(4000)
    config = PoseConfig()
    least = np.min(np.hypot(*(kept[:, None] - stands[None]).transpose(2, 0, 1)))
    assert least >= config.eval_distance_m
    assert len(kept) + round(4000 * config.eval_area_share) >= 4000
    lost = np.hypot(*(points[:4000, None, ::2] - stands[None]).transpose(2, 0, 1)).min(1) < least
    assert np.count_nonzero(~lost) == len(kept)
    assert shared(40_000)[2] < 20


def test_a_plan_of_many_rooms_is_that_of_each_point_by_itself():
    document = room_document()
    rng = np.random.default_rng(2)
    rooms = []
    for number in range(40):
        middle, angles = rng.uniform(0, 20, 2), np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 9)))
        ring = middle + rng.uniform(0.3, 3, (len(angles), 1)) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        floor = corners(*[(float(px), 0, float(pz)) for px, pz in ring])
        rooms.append({**copy.deepcopy(document["rooms"][0]), "id": f"floor|{number}", "floorPolygon": floor})
    document["rooms"] += rooms
    house = House.from_json(document, name="h")
    plan = FloorPlan.of(house, 0.1)
    expected = np.full(plan.rooms.size, -1)
    for index, room in enumerate(house.rooms):
        expected[inside_polygon(plan.centres().reshape(-1, 2), room.floor_polygon)] = index
    assert np.count_nonzero(plan.rooms.ravel() != expected) <= plan.rooms.size // 10_000  # borders, by rounding
    assert len(np.unique(plan.rooms)) > 20
