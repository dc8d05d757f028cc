"""Houses as AI2-THOR reads them: corners in any order, every form of rotation, defaults, other generators' habits."""

from __future__ import annotations

import copy
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from tests.houses.test_houses import corners, room_document
from tst_sim.embedded.scene.instance_meshes import rotation_matrix
from tst_sim.errors import UserError
from tst_sim.geometry import euler_of_axis
from tst_sim.houses import House
from tst_sim.thor.actions.controller import InProcessController

SHARED = Path(__file__).parents[3] / "shared" / "houses"


def read(document: dict) -> House:
    return House.from_json(document, name="h")


def test_a_wall_is_the_same_in_each_of_the_24_orders_that_keep_its_direction():
    document = room_document()
    start, end, *top = document["walls"][1]["polygon"]
    for order in itertools.permutations(range(4)):
        placed = [(start, end, *top)[index] for index in order]
        document["walls"][1]["polygon"] = placed
        foot = [corner for corner in placed if corner["y"] == 0]
        wall = read(document).walls[1]
        assert [corner[1] for corner in wall.polygon] == [0, 0, 2.5, 2.5]
        assert wall.polygon[0] == tuple(foot[0].values()) and wall.polygon[1] == tuple(foot[1].values())
        assert {wall.polygon[2], wall.polygon[3]} == {tuple(corner.values()) for corner in top}


def test_a_gable_of_five_corners_is_as_high_as_its_highest():
    document = room_document()
    document["walls"][0]["polygon"] = corners((0, 2.5, 0), (0, 0, 0), (0, 0, 3), (0, 2.5, 3), (0, 4, 1.5))
    assert read(document).walls[0].polygon == ((0, 0, 0), (0, 0, 3), (0, 4, 0), (0, 4, 3))


def test_a_wall_that_begins_with_its_top_is_no_obstacle_and_no_gap_to_the_agent():
    document = room_document()
    places = []
    for turn in (0, 2):
        for wall in document["walls"]:
            wall["polygon"] = wall["polygon"][turn:] + wall["polygon"][:turn]
        controller = InProcessController()
        assert controller.step("CreateHouse", house=document)
        pose = {"position": {"x": 0.5, "y": 0.9, "z": 0.5}, "rotation": {"y": 0}, "horizon": 0, "standing": True}
        controller.step("TeleportFull", **pose, raise_for_failure=True)
        places.append(controller.step("GetReachablePositions").metadata["actionReturn"])
    assert places[0] == places[1] and len(places[0]) > 20


@pytest.mark.parametrize(
    "said,euler",
    [
        ({"x": 10, "y": 20, "z": 30}, (10, 20, 30)),
        ({"y": 90}, (0, 90, 0)),
        ({"x": None, "y": 270, "z": None}, (0, 270, 0)),
        (90, (0, 90, 0)),
        (-45.5, (0, -45.5, 0)),
        (None, (0, 0, 0)),
        ({}, (0, 0, 0)),
        ({"axis": {"x": 0, "y": 1, "z": 0}, "degrees": 270}, (0, 270, 0)),
        ({"axis": {"x": 0, "y": -2, "z": 0}, "degrees": 30}, (0, -30, 0)),
        ({"axis": {"x": 1, "y": 0, "z": 0}, "degrees": 90}, (90, 0, 0)),
        ({"axis": {"x": 0, "y": 0, "z": 0}, "degrees": 50}, (0, 0, 0)),
        ({"degrees": 50}, (0, 0, 0)),
        ({"axis": {"x": 0, "y": 1, "z": 0}, "degrees": 0, "x": None, "y": None, "z": None}, (0, 0, 0)),
        ({"axis": {"x": 0, "y": 1, "z": 0}, "degrees": 45, "x": 0, "y": 90, "z": 0}, (0, 90, 0)),
    ],
)
def test_each_form_of_rotation_is_read(said: object, euler: tuple[float, float, float]):
    document = room_document()
    document["objects"][0]["rotation"] = said
    assert read(document).objects[0].rotation == pytest.approx(euler)
    document["proceduralParameters"]["lights"] = [{"type": "directional", "rotation": said}]
    assert read(document).lights[0].rotation == (pytest.approx(euler) if said is not None else None)


def test_a_turn_about_any_axis_is_the_turn_of_its_angles():
    rng = np.random.default_rng(5)
    for number in range(200):
        axis, angle = rng.normal(size=3), float(rng.uniform(-400, 400))
        if number % 10 == 0:  # straight up or down
            axis, angle = np.array([1.0, 0.0, 1e-13 * number]), 90.0 if number % 20 else -90.0
        x, y, z = axis / np.linalg.norm(axis)
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        turn = np.radians(angle)
        expected = np.eye(3) + np.sin(turn) * cross + (1 - np.cos(turn)) * cross @ cross  # Rodrigues
        found = rotation_matrix(euler_of_axis(tuple(axis.tolist()), angle))
        np.testing.assert_allclose(found, expected, atol=2e-6)


def test_what_ai2thor_has_defaults_for_may_be_absent_or_null():
    document = room_document()
    for holder, key in (
        (document["rooms"][0], "floorMaterial"),
        (document["walls"][0], "material"),
        (document["proceduralParameters"], "ceilingMaterial"),
        (document["proceduralParameters"], "ceilingColor"),
        (document["proceduralParameters"], "skyboxId"),
        (document["objects"][0], "kinematic"),
        (document["objects"][0]["children"][0], "rotation"),
        (document["windows"][0], "openness"),
        (document["windows"][0], "assetOffset"),
    ):
        holder[key] = None
    document["walls"][1]["material"] = {"name": None, "color": {"r": 0.5}}
    document["walls"][2] |= {"material": {"color": None}, "empty": None, "thickness": None}
    document |= {"doors": None, "metadata": None}
    del document["rooms"][0]["roomType"]
    house = read(document)
    assert house.walls[1].material.color == (0.5, 0.0, 0.0)
    assert {house.rooms[0].floor_material.name, house.walls[2].material.name, house.ceiling_material.name} == {""}
    assert house.objects[0].kinematic is False and house.doors == () and house.rooms[0].room_type == ""
    for path in ("rooms", "walls", "windows"):
        del document[path][0]["floorMaterial" if path == "rooms" else "material" if path == "walls" else "openness"]
    assert read(document).rooms == house.rooms


def test_unknown_keys_are_kept_and_change_nothing():
    document = room_document()
    plain = read(copy.deepcopy(document))
    document["query"] = "a kitchen of Ann's"
    document["rooms"][0]["vertices"] = [[0, 0], [0, 3]]
    document["objects"][0] |= {"object_name": "table-0", "layer": "Procedural0", "assetIds": [1, {"deep": None}]}
    house = read(document)
    assert house.document["objects"][0]["object_name"] == "table-0"
    assert house.content_digest == plain.content_digest and house.digest != plain.digest


def test_a_house_by_holodeck_is_read_with_walls_up_and_over_and_the_exterior_behind_them():
    """Its habits: room ids that are names, corners up and over, exterior walls `<wall>|exterior` of the same room,
    doors to the room `exterior` stated in the exterior wall, colors null, things side by side without children."""
    document = room_document()
    document["rooms"][0] |= {"id": "kitchen", "roomType": "kitchen", "vertices": [[0, 0]], "floor_design": "oak"}
    inner = []
    for number, wall in enumerate(document["walls"]):
        start, end, *_ = wall["polygon"]
        up_and_over = [start, {**start, "y": 2.5}, {**end, "y": 2.5}, end]
        material = {"name": "PureWhite", "color": None}
        name = f"wall|kitchen|west|{number}"
        inner.append({"id": name, "roomId": "kitchen", "material": material, "polygon": up_and_over, "height": 2.5})
        outer = {**inner[-1], "id": f"{name}|exterior", "material": {"name": "Walldrywall4Tiled"}}
        inner.append({**outer, "polygon": up_and_over[::-1]})
    mug = document["objects"][0].pop("children")[0]
    document["objects"].append({**mug, "roomId": "kitchen", "material": None, "kinematic": False})
    document |= {"walls": inner, "windows": [], "wall_height": 2.5}
    document["doors"] = [
        {
            "id": "door|0|exterior|kitchen",
            "assetId": "Doorway_4",
            "room0": "exterior",
            "room1": "kitchen",
            "wall0": "wall|kitchen|west|2|exterior",
            "wall1": "wall|kitchen|west|2",
            "openable": False,
            "openness": 0,
            "holePolygon": corners((1, 0, 0), (2, 2.1, 0)),
            "assetPosition": {"x": 1.5, "y": 1.05, "z": 0},
            "doorBoxes": [[[0, 0], [1, 0]]],
        }
    ]
    house = read(document)
    assert [wall.exterior for wall in house.walls] == [False, True] * 4
    assert house.walls[0].polygon[:2] == house.walls[1].polygon[:2][::-1] == ((0, 0, 0), (0, 0, 3))
    assert house.doors[0].room_ids == ("kitchen",)
    controller = InProcessController()
    assert controller.step("CreateHouse", house=document), controller.last_event.metadata["errorMessage"]


def test_all_unknown_assets_and_materials_are_named_at_once_with_what_to_do():
    document = room_document()
    document["objects"][0]["assetId"] = "b4a5f1e0c3"
    document["objects"][0]["children"][0]["assetId"] = "Dragon_1"
    document["windows"][0]["assetId"] = "Rose_Window"
    document["walls"][3]["material"] = {"name": "Moonstone"}
    document["rooms"][0]["floorMaterial"] = "Lava"
    with pytest.raises(UserError) as caught:
        read(document)
    said = str(caught.value)
    assert "house h: objects[0].assetId is 'b4a5f1e0c3', expected an asset id" in said
    assert "assets 'b4a5f1e0c3', 'Dragon_1', 'Rose_Window'; materials 'Lava', 'Moonstone'" in said
    assert "--assets gltf:FOLDER" in said and "\n" not in said


def test_unknown_materials_alone_are_named_with_their_place():
    document = room_document()
    document["walls"][2]["material"] = {"name": "Moonstone"}
    with pytest.raises(
        UserError, match=r"walls\[2\]\.material\.name is 'Moonstone', expected a name in procthor's mat"
    ):
        read(document)


def test_a_house_that_the_player_refuses_leaves_the_one_before():
    controller = InProcessController()
    assert controller.step("CreateHouse", house=room_document())
    wrong = room_document()
    wrong["objects"] = []
    wrong["metadata"]["agentPoses"] = {"default": {"position": {"x": "left"}, "horizon": 0}}
    assert not controller.step("CreateHouse", house=wrong)
    objects = controller.step("Pass").metadata["objects"]
    assert [item["assetId"] for item in objects if item["assetId"] == "Mug_1"] == ["Mug_1"]


@pytest.mark.skipif(not SHARED.exists(), reason="the public houses are not beside this checkout")
def test_the_public_houses_are_read():
    for file in sorted(SHARED.glob("*.json")):
        house = read(json.loads(file.read_text()))
        assert all(wall.polygon[0][1] in (0, house.ceiling_height_m) for wall in house.walls), file.name
