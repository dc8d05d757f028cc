"""House JSON: both schemas read alike, and every fault is named with its place."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from tst_sim.errors import UserError
from tst_sim.houses import House

SHARED_HOUSE = Path(__file__).parents[3] / "shared" / "houses" / "procthor-schema-1.0.0-studio.json"


def corners(*points: tuple[float, float, float]) -> list[dict]:
    return [{"x": x, "y": y, "z": z} for x, y, z in points]


def room_document() -> dict:
    """One 4 x 3 m room with a table, a mug on it and a window, schema 0.0.1."""
    floor = [(0, 0, 0), (0, 0, 3), (4, 0, 3), (4, 0, 0)]
    walls = []
    for number, (start, end) in enumerate(zip(floor, [*floor[1:], floor[0]])):
        top = [(start[0], 2.5, start[2]), (end[0], 2.5, end[2])]
        walls.append(
            {
                "id": f"wall|2|{number}",
                "roomId": "room|2",
                "material": "PureWhite",
                "polygon": corners(start, end, *top),
            }
        )
    table = {
        "id": "2|0",
        "assetId": "Dining_Table_16_1",
        "kinematic": True,
        "position": {"x": 2, "y": 0.4, "z": 1.5},
        "rotation": {"x": 0, "y": 90, "z": 0},
        "children": [
            {
                "id": "small|2|0",
                "assetId": "Mug_1",
                "kinematic": False,
                "position": {"x": 2, "y": 0.85, "z": 1.5},
                "rotation": {"x": 0, "y": 0, "z": 0},
            }
        ],
    }
    window = {
        "id": "window|1|2",
        "assetId": "Window_Hung_36x32",
        "room0": "room|2",
        "room1": "room|2",
        "wall0": "wall|2|0",
        "wall1": None,
        "openable": False,
        "openness": 0,
        "boundingBox": {"min": {"x": 1, "y": 1, "z": 0}, "max": {"x": 1.9, "y": 1.9, "z": 0}},
        "assetOffset": {"x": 0, "y": 0, "z": 0},
    }
    return {
        "metadata": {"schema": "0.0.1"},
        "rooms": [
            {"id": "room|2", "roomType": "Kitchen", "floorMaterial": "DarkWoodFloors", "floorPolygon": corners(*floor)}
        ],
        "walls": walls,
        "doors": [],
        "windows": [window],
        "objects": [table],
        "proceduralParameters": {
            "ceilingMaterial": "PureWhite",
            "ceilingColor": {"r": 1, "g": 1, "b": 1},
            "skyboxId": "Sky1",
            "lights": [],
        },
    }


def test_schema_0_0_1_is_read_with_children_and_overall_height():
    house = House.from_json(room_document(), name="files-000000")
    assert [(item.id, parent and parent.id) for item, parent in house.all_objects()] == [
        ("2|0", None),
        ("small|2|0", "2|0"),
    ]
    assert house.ceiling_height_m == 2.5
    assert house.rooms[0].floor_polygon == ((0, 0), (0, 3), (4, 3), (4, 0))
    assert house.windows[0].hole_max == (1.9, 1.9)
    assert house.ceiling_material.color == (1.0, 1.0, 1.0)


@pytest.mark.skipif(not SHARED_HOUSE.exists(), reason="the real ProcTHOR-10K house is not beside this checkout")
def test_a_real_house_of_schema_1_0_0_is_read():
    house = House.from_json(json.loads(SHARED_HOUSE.read_text()), name="files-000000")
    assert (len(house.rooms), len(house.walls), len(house.objects), len(list(house.all_objects()))) == (1, 12, 10, 17)
    assert house.doors[0].hole_max == pytest.approx((5.854176890407545, 2.103588104248047))


def test_the_digest_is_the_contents_alone():
    document = room_document()
    reordered = json.loads(json.dumps(dict(reversed(document.items()))))
    assert House.from_json(document, name="a").digest == House.from_json(reordered, name="b").digest
    moved = copy.deepcopy(document)
    moved["objects"][0]["position"]["x"] = 2.01
    assert House.from_json(moved, name="a").digest != House.from_json(document, name="a").digest


@pytest.mark.parametrize(
    "path,value,words",
    [
        (("rooms",), [], r"house h: rooms is a list of 0, expected at least 1"),
        (
            ("objects", 0, "assetId"),
            "Sofa_of_Theseus",
            r"objects\[0\]\.assetId is 'Sofa_of_Theseus', expected an asset id",
        ),
        (
            ("objects", 0, "children", 0, "position", "y"),
            float("nan"),
            r"objects\[0\]\.children\[0\]\.position\.y is nan",
        ),
        (("walls", 1, "polygon", 0, "x"), "left", r"walls\[1\]\.polygon\[0\]\.x is 'left', expected a number"),
        (("windows", 0, "wall0"), "wall|9", r"window\|1\|2 in wall wall\|9"),
        (("objects", 0, "children", 0, "id"), "2|0", r"id 2\|0 twice"),
        (("metadata", "schema"), "7.0", r"schema is 7\.0, expected one of 0\.0\.1, 1\.0\.0"),
        (("proceduralParameters",), None, r"proceduralParameters is None, expected an object"),
    ],
)
def test_a_fault_names_its_place_in_the_json(path: tuple, value: object, words: str):
    document = room_document()
    target = document
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    with pytest.raises(UserError, match=words):
        House.from_json(document, name="h")


def test_the_content_digest_is_of_the_house_and_not_of_its_name_or_schema(two_rooms):
    twin = House.from_json(json.loads(json.dumps(two_rooms.document)), name="twin")
    assert twin.content_digest == two_rooms.content_digest
    document = {**two_rooms.document, "windows": []}
    assert House.from_json(document, name="twin").content_digest != two_rooms.content_digest
