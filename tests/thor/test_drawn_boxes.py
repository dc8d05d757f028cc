"""Boxes of what opens: those of the metadata are those of what is drawn, however far it stands open and is turned."""

from __future__ import annotations

import numpy as np
import pytest

from tests.houses.bare_room import box_house, placed
from tst_sim.assets import asset_table
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.embedded.scene.instance_meshes import rotation_matrix
from tst_sim.placement.body import Body
from tst_sim.thor.actions.drawn_boxes import aligned_box, openness_of, oriented_corners
from tst_sim.thor.actions.engine import ActionEngine

OPENABLE = sorted({asset.object_type for asset in asset_table().values() if "CanOpen" in asset.secondary_properties})
IN_A_ROOM = [kind for kind in OPENABLE if kind != "Doorway"]
REACHES_OUT = ("Fridge", "Microwave", "Safe", "ClothesDryer", "WashingMachine", "LaundryHamper", "Doorway")


def some_asset(object_type: str) -> str:
    return next(
        asset.asset_id
        for asset in asset_table().values()
        if asset.object_type == object_type and "CanOpen" in asset.secondary_properties
    )


def low_and_high(box: dict) -> np.ndarray:
    center, size = (np.array([box[key][axis] for axis in "xyz"]) for key in ("center", "size"))
    return np.stack([center - size / 2, center + size / 2])


@pytest.mark.parametrize("object_type", IN_A_ROOM)
def test_the_metadatas_box_is_that_of_the_picture_for_every_openness(object_type):
    asset_id = some_asset(object_type)
    height = asset_table()[asset_id].size_m[1]
    house = box_house(placed(asset_id, 2.0, height / 2, 2.0, yaw=90))
    engine, live_scene = ActionEngine(), LiveScene(light="none")
    engine.run("Initialize", {})
    assert engine.run("CreateHouse", {"house": house.document})["lastActionSuccess"]
    live_scene.load(engine.world.house)
    name = f"{asset_id}|1"
    for openness in (0.0, 0.3, 1.0, 0.0):
        event = engine.run("OpenObject", {"objectId": name, "openness": openness, "forceAction": True})
        assert event["lastActionSuccess"], event["errorMessage"]
        live_scene.set_objects(engine.world.placed())
        drawn = next(row for row in live_scene.instances if row.object_id == name)
        told = next(item for item in event["objects"] if item["objectId"] == name)
        assert told["openness"] == pytest.approx(openness) and told["isOpen"] == (openness > 0)
        middle, half = np.array(drawn.box_center_m), np.array(drawn.box_size_m) / 2
        want = np.stack([middle - half, middle + half])
        np.testing.assert_allclose(low_and_high(told["axisAlignedBoundingBox"]), want, atol=2e-3)
        corners = np.array(told["axisAlignedBoundingBox"]["cornerPoints"])
        np.testing.assert_allclose([corners.min(axis=0), corners.max(axis=0)], want, atol=2e-3)


@pytest.mark.parametrize("object_type", REACHES_OUT)
def test_an_open_door_or_lid_reaches_beyond_the_box_of_what_is_shut(object_type):
    body = Body("a", some_asset(object_type), (0.0, 1.0, 0.0))
    shut, wide = (low_and_high(aligned_box(body, openness)) for openness in (0.0, 1.0))
    np.testing.assert_allclose(shut[1] - shut[0], body.asset.size_m, atol=1e-3)
    assert max((shut[0] - wide[0]).max(), (wide[1] - shut[1]).max()) > 0.15


def test_the_house_s_own_doors_have_boxes_with_their_leaves(two_rooms):
    engine = ActionEngine()
    engine.run("Initialize", {})
    event = engine.run("CreateHouse", {"house": two_rooms.document})
    door = next(item for item in event["objects"] if item["objectId"] == "door|2|3")
    assert door["isOpen"] and door["axisAlignedBoundingBox"]["size"]["x"] > 0.5  # its wall is along z
    event = engine.run("CloseObject", {"objectId": "door|2|3", "forceAction": True})
    door = next(item for item in event["objects"] if item["objectId"] == "door|2|3")
    assert door["axisAlignedBoundingBox"]["size"]["x"] < 0.3


@pytest.mark.parametrize("rotation", [(0.0, 37.0, 0.0), (0.0, 200.0, 0.0), (20.0, 75.0, -40.0)])
def test_the_box_that_turns_with_a_thing_is_the_tightest_along_its_own_axes(rotation):
    turned = Body("a", some_asset("Microwave"), (1.0, 2.0, 3.0), rotation)
    upright = Body("a", turned.asset_id, (0.0, 0.0, 0.0))
    local = (oriented_corners(turned, 0.6) - turned.position) @ rotation_matrix(rotation)
    plain = oriented_corners(upright, 0.6)
    np.testing.assert_allclose(
        [local.min(axis=0), local.max(axis=0)], [plain.min(axis=0), plain.max(axis=0)], atol=1e-6
    )
    box = low_and_high(aligned_box(upright, 0.6))
    np.testing.assert_allclose([plain.min(axis=0), plain.max(axis=0)], box, atol=1e-6)


def test_things_are_as_open_as_their_assets_come():
    comes_open = {kind for kind in OPENABLE if openness_of(asset_table()[some_asset(kind)], None) == 1}
    assert comes_open - {"Book"} == {"Blinds", "Box", "Laptop", "ShowerCurtain"}
    assert openness_of(asset_table()[some_asset("Fridge")], None) == 0
    assert openness_of(asset_table()[some_asset("Laptop")], 0.0) == 0


def test_what_lies_in_a_carton_that_is_drawn_open_can_be_seen_and_in_a_shut_one_not():
    height = asset_table()["Box_1"].size_m[1]
    carton = placed("Box_1", 2.0, height / 2, 2.0)
    carton["children"] = [{**placed("Potato_1", 2.0, 0.06, 2.0), "id": "Potato|1"}]
    engine = ActionEngine()
    engine.run("Initialize", {})
    assert engine.run("CreateHouse", {"house": box_house(carton).document})["lastActionSuccess"]
    pose = {"position": {"x": 2, "y": 0.901, "z": 1.25}, "rotation": {"x": 0, "y": 0, "z": 0}, "horizon": 60}
    event = engine.run("TeleportFull", {**pose, "standing": True})
    assert event["lastActionSuccess"], event["errorMessage"]
    assert next(item for item in event["objects"] if item["objectId"] == "Potato|1")["visible"]
    event = engine.run("CloseObject", {"objectId": "Box_1|1", "forceAction": True})
    potato = next(item for item in event["objects"] if item["objectId"] == "Potato|1")
    assert not potato["visible"] and potato["parentReceptacles"] == ["Box_1|1"]
