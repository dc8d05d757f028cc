"""The objects of the metadata, against the house they describe."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tst_sim.assets import asset_table
from tst_sim.thor.actions.engine import ActionEngine
from tst_sim.thor.actions.object_metadata import ObjectDescriber

HOUSE = json.loads((Path(__file__).parents[1] / "data" / "two_rooms_1.0.0.json").read_text())
TABLE, BOWL, VASE, BED, DOOR, WINDOW = "3|0|0", "small|3|1", "small|3|0", "2|0", "door|2|3", "window|2|0"
KEYS = """
name position rotation visible isInteractable receptacle toggleable isToggled breakable isBroken canFillWithLiquid
isFilledWithLiquid fillLiquid dirtyable isDirty canBeUsedUp isUsedUp cookable isCooked temperature isHeatSource
isColdSource sliceable isSliced openable isOpen openness pickupable isPickedUp moveable mass salientMaterials
receptacleObjectIds distance objectType objectId assetId parentReceptacles controlledObjects isMoving
axisAlignedBoundingBox objectOrientedBoundingBox
"""


@pytest.fixture
def engine() -> ActionEngine:
    engine = ActionEngine()
    assert engine.run("CreateHouse", {"house": HOUSE})["lastActionSuccess"]
    return engine


def objects(metadata: dict) -> dict[str, dict]:
    return {item["objectId"]: item for item in metadata["objects"]}


def test_every_object_has_every_key_of_the_real_schema(engine):
    engine.run("SpawnAsset", {"assetId": "Laptop_2", "generatedId": "laptop"})
    for item in engine.run("Pass", {})["objects"]:
        assert set(item) == set(KEYS.split()), item["objectId"]
        assert item["temperature"] == "RoomTemp" and item["name"] == item["objectId"]


def test_doors_windows_floors_and_walls_are_objects_with_the_real_ids(engine):
    found = objects(engine.run("Pass", {}))
    assert found[DOOR]["objectType"] == "Doorway" and found[DOOR]["openable"] and found[DOOR]["openness"] == 1
    assert found["door|1|3"]["openness"] == 0 and not found["door|1|3"]["isOpen"]
    assert found[WINDOW]["objectType"] == "Window" and not found[WINDOW]["openable"]
    assert [found[name]["objectType"] for name in ("Floor", "room|2", "room|3")] == ["Floor"] * 3
    assert sorted(name for name in found if name.startswith("wall|")) == sorted(wall["id"] for wall in HOUSE["walls"])
    box = found["Floor"]["axisAlignedBoundingBox"]
    assert box["center"] == {"x": 4, "y": 0, "z": 2.5} and box["size"] == {"x": 8, "y": 0, "z": 5}


def test_an_empty_scene_has_no_objects_and_a_spawned_thing_no_floor_to_lie_on():
    engine = ActionEngine()
    assert engine.run("Pass", {})["objects"] == []
    event = engine.run("SpawnAsset", {"assetId": "Bowl_10", "generatedId": "bowl"})
    assert list(objects(event)) == ["bowl"] and event["objects"][0]["parentReceptacles"] is None


def test_receptacles_are_told_both_ways_and_standing_things_are_on_the_floor(engine):
    found = objects(engine.run("Pass", {}))
    assert found[TABLE]["receptacleObjectIds"] == [VASE, BOWL] and found[BOWL]["parentReceptacles"] == [TABLE]
    assert found[BED]["parentReceptacles"] == ["Floor"] and BED in found["Floor"]["receptacleObjectIds"]
    for name, item in found.items():
        assert item["receptacle"] or not item["receptacleObjectIds"] or name == "Floor"
        for child in item["receptacleObjectIds"] or []:
            assert name in found[child]["parentReceptacles"]
        for parent in item["parentReceptacles"] or []:
            assert name in found[parent]["receptacleObjectIds"]
    assert found[BOWL]["receptacleObjectIds"] == [] and found[VASE]["receptacleObjectIds"] is None


def test_boxes_have_the_corner_order_of_the_real_engine(engine):
    asset = "TV_Stand_204_1"
    width, height, depth = asset_table()[asset].size_m
    turned = {"x": 0, "y": 90, "z": 0}
    item = objects(engine.run("SpawnAsset", {"assetId": asset, "generatedId": "t", "rotation": turned}))["t"]
    aligned, oriented = item["axisAlignedBoundingBox"]["cornerPoints"], item["objectOrientedBoundingBox"]
    half = np.array([depth, height, width]) / 2
    signs = [(x, y, z) for x in (1, -1) for y in (1, -1) for z in (1, -1)]
    np.testing.assert_allclose(aligned, np.array(signs) * half, atol=1e-9)
    # Turned clockwise by 90 degrees, its own +x points to -z and its own +z to +x.
    own = [(x, y, z) for y in (-1, 1) for x, z in ((1, 1), (-1, 1), (-1, -1), (1, -1))]
    expected = [(z * depth / 2, y * height / 2, -x * width / 2) for x, y, z in own]
    np.testing.assert_allclose(oriented["cornerPoints"], expected, atol=1e-9)


def test_only_what_can_be_moved_has_weight_material_and_a_turned_box(engine):
    found = objects(engine.run("Pass", {}))
    assert found[BOWL]["mass"] == 0.47 and found[BOWL]["salientMaterials"] == ["Glass"]
    for name in (DOOR, WINDOW, "Floor"):
        item = found[name]
        assert item["mass"] == 0 and item["salientMaterials"] is None and item["objectOrientedBoundingBox"] is None


def test_distance_is_from_the_agent_to_the_object(engine):
    engine.run("TeleportFull", {**HOUSE["metadata"]["agent"]})
    event = engine.run("Pass", {})
    agent = event["agent"]["position"]
    for item in event["objects"]:
        expected = math.dist([agent[axis] for axis in "xyz"], [item["position"][axis] for axis in "xyz"])
        assert item["distance"] == pytest.approx(expected)


def test_an_event_keeps_what_it_said_when_the_world_goes_on(engine):
    before = engine.run("TeleportFull", {**HOUSE["metadata"]["agent"]})
    said = json.dumps(before["objects"], sort_keys=True)
    engine.run("RotateRight", {})
    engine.run("OpenObject", {"objectId": DOOR, "openness": 0.2, "forceAction": True})
    engine.run("DisableObject", {"objectId": BED})
    assert json.dumps(before["objects"], sort_keys=True) == said


def test_what_did_not_change_is_not_described_again(engine):
    describer, world = ObjectDescriber(), engine.world
    first, second = describer.describe(world), describer.describe(world)
    assert first == second
    for one, other in zip(first, second):
        assert one is not other and one["axisAlignedBoundingBox"] is other["axisAlignedBoundingBox"]


def test_the_filter_chooses_among_all_kinds_of_objects(engine):
    event = engine.run("SetObjectFilter", {"objectIds": [DOOR, "Floor", BOWL, "nobody"]})
    assert sorted(objects(event)) == sorted([DOOR, "Floor", BOWL])
    assert engine.run("SetObjectFilter", {"objectIds": []})["objects"] == []


def test_lamps_come_switched_on_and_televisions_off(engine):
    lamp = next(name for name, asset in asset_table().items() if asset.object_type == "DeskLamp")
    found = objects(engine.run("SpawnAsset", {"assetId": lamp, "generatedId": "lamp"}))
    assert found["lamp"]["isToggled"] and not found["3|1|1"]["isToggled"] and not found[BED]["isToggled"]


def test_dirt_of_the_house_is_told():
    house = json.loads(json.dumps(HOUSE))
    house["objects"][0]["isDirty"] = True
    found = objects(ActionEngine().run("CreateHouse", {"house": house}))
    assert found[BED]["dirtyable"] and found[BED]["isDirty"] and not found[BOWL]["isDirty"]
