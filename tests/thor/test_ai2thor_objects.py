"""What AI2-THOR promises of objects and errors, asked of our player through the real, unmodified client."""

from __future__ import annotations

import numpy as np
import pytest

from tests.thor.two_rooms_client import BAT, BED, BOWL, HOUSE, OPEN_DOOR, POSE, TABLE, TELEVISION, VASE, thing

AT_TABLE = {"position": {"x": 4.75, "y": 0.901, "z": 1.5}, "rotation": {"x": 0, "y": 90, "z": 0}, "horizon": 30}

# Objects


def test_opening_takes_any_share_and_refuses_more(controller):
    for openness in (0.5, 0.7, 0):
        event = controller.step("OpenObject", objectId=OPEN_DOOR, openness=openness, forceAction=True)
        door = thing(event, OPEN_DOOR)
        assert door["openness"] == pytest.approx(openness, abs=1e-3) and door["isOpen"] == (openness != 0)
    for openness in (-0.5, 1.5):
        assert not controller.step("OpenObject", objectId=OPEN_DOOR, openness=openness, forceAction=True)
    controller.step("OpenObject", objectId=OPEN_DOOR, forceAction=True, raise_for_failure=True)
    door = thing(controller.step("CloseObject", objectId=OPEN_DOOR, forceAction=True), OPEN_DOOR)
    assert door["openness"] == 0 and not door["isOpen"]


def test_what_was_picked_up_is_in_the_inventory_until_it_is_dropped(controller):
    assert controller.last_event.metadata["inventoryObjects"] == []
    event = controller.step("PickupObject", objectId=BAT, forceAction=True, raise_for_failure=True)
    assert [item["objectId"] for item in event.metadata["inventoryObjects"]] == [BAT]
    assert thing(event, BAT)["isPickedUp"]
    assert not controller.step("PickupObject", objectId=BOWL, forceAction=True)
    event = controller.step("DropHandObject", forceAction=True, raise_for_failure=True)
    assert event.metadata["inventoryObjects"] == [] and not thing(event, BAT)["isPickedUp"]


def test_a_bowl_is_picked_up_within_reach_and_put_back(controller):
    assert not controller.step("PickupObject", objectId=VASE)  # in the other room
    controller.step("TeleportFull", **AT_TABLE, standing=True, raise_for_failure=True)
    controller.step("PickupObject", objectId=VASE, raise_for_failure=True)
    event = controller.step("PutObject", objectId=TABLE, raise_for_failure=True)
    assert VASE in thing(event, TABLE)["receptacleObjectIds"] and thing(event, VASE)["parentReceptacles"] == [TABLE]


def test_what_cannot_be_picked_up_stays(controller):
    event = controller.step("PickupObject", objectId=BED, forceAction=True)
    assert not event and event.metadata["inventoryObjects"] == []


def test_a_removed_object_is_neither_in_the_metadata_nor_in_the_picture(controller):
    controller.reset(scene=HOUSE, renderInstanceSegmentation=True)
    event = controller.step("TeleportFull", **{**POSE, "horizon": 30})
    assert BED in event.instance_masks
    event = controller.step("DisableObject", objectId=BED, raise_for_failure=True)
    assert BED not in event.instance_masks and all(item["objectId"] != BED for item in event.metadata["objects"])
    event = controller.step("EnableObject", objectId=BED, raise_for_failure=True)
    assert BED in event.instance_masks and thing(event, BED)
    event = controller.step("RemoveFromScene", objectId=BED, raise_for_failure=True)
    assert BED not in event.instance_masks


def test_toggling_twice_is_refused(controller):
    assert controller.step("ToggleObjectOn", objectId=TELEVISION, forceAction=True)
    assert thing(controller.last_event, TELEVISION)["isToggled"]
    assert not controller.step("ToggleObjectOn", objectId=TELEVISION, forceAction=True)
    assert controller.step("ToggleObjectOff", objectId=TELEVISION, forceAction=True)
    assert not controller.step("ToggleObjectOn", objectId=BED, forceAction=True)


def test_receptacles_are_told_both_ways(controller):
    objects = {item["objectId"]: item for item in controller.last_event.metadata["objects"]}
    assert {BOWL, VASE} <= set(objects[TABLE]["receptacleObjectIds"])
    for name, item in objects.items():
        for child in item["receptacleObjectIds"] or []:
            assert name in objects[child]["parentReceptacles"]
        for parent in item["parentReceptacles"] or []:
            assert parent not in objects or name in objects[parent]["receptacleObjectIds"]


def test_materials_are_randomized_by_seed_and_come_back_with_a_reset(controller):
    original = controller.last_event.frame.astype(float)
    frames = []
    for seed in (41, 42, 42):
        controller.reset(scene=HOUSE)
        controller.step("TeleportFull", **POSE)
        controller.step("SetRandomSeed", seed=seed)
        event = controller.step("RandomizeMaterials", raise_for_failure=True)
        frames.append(event.frame.astype(float))
    assert np.abs(frames[0] - original).mean() > 5 and np.abs(frames[0] - frames[1]).mean() > 2
    np.testing.assert_array_equal(frames[1], frames[2])
    controller.reset(scene=HOUSE)
    np.testing.assert_array_equal(controller.step("TeleportFull", **POSE).frame, original)


def test_lighting_is_randomized(controller):
    before = controller.last_event.frame.astype(float)
    event = controller.step("RandomizeLighting", brightness=(0.3, 0.4), randomizeColor=False, raise_for_failure=True)
    assert event.frame.astype(float).mean() < before.mean() - 5


# Errors and fast emit


def test_an_unknown_action_is_invalid(controller):
    with pytest.raises(ValueError, match="Invalid action: Somersault"):
        controller.step("Somersault")
    assert controller.last_event.metadata["errorCode"] == "InvalidAction"


def test_an_unknown_argument_is_named(controller):
    with pytest.raises(ValueError, match="invalid argument"):
        controller.step("PutObject", x=0.0, y=0.0, z=1.0, forceAction=False, placeStationary=True)
    assert controller.last_event.metadata["errorCode"] == "InvalidArgument"


def test_an_action_far_out_of_its_frame_fails_softly(controller):
    event = controller.step("OpenObject", x=1.5, y=0.5)
    assert not event and event.metadata["errorMessage"]


def test_a_question_leaves_the_objects_of_the_event_before(controller):
    event = controller.step("RotateRight")
    question = controller.step("GetReachablePositions")
    assert question.metadata["objects"] is event.metadata["objects"]
    assert controller.step("RotateRight").metadata["objects"] is not event.metadata["objects"]


def test_without_fast_emit_a_question_brings_its_own_objects(controller):
    controller.reset(scene=HOUSE, fastActionEmit=False)
    event = controller.step("RotateRight")
    assert controller.step("GetReachablePositions").metadata["objects"] is not event.metadata["objects"]


def test_a_large_argument_arrives_whole(controller):
    names = [f"no such object {number:06d}" for number in range(8000)]
    assert controller.step("SetObjectFilter", objectIds=[*names, BED])
    assert [item["objectId"] for item in controller.last_event.metadata["objects"]] == [BED]


def test_the_house_can_be_made_from_a_template(controller):
    layout = "\n".join(["0 0 0 0 0 0", "0 2 2 2 2 0", "0 2 2 2 2 0", "0 1 1 1 1 0", "0 1 1 1 1 0", "0 0 0 0 0 0"])
    objects = "\n".join(["0 0 0 0 0 0", "0 2 2 2 2 0", "0 2 2 2 = 0", "0 1 1 1 = 0", "0 1 1 1 + 0", "0 0 0 0 0 0"])
    room = {"wallTemplate": {"material": {"name": "PureWhite"}}, "floorYPosition": 0.0, "wallHeight": 3.0}
    template = {
        "id": "house_0",
        "layout": layout,
        "objectsLayouts": [objects],
        "rooms": {
            "1": {**room, "floorTemplate": {"roomType": "Bedroom", "floorMaterial": {"name": "DarkWoodFloors"}}},
            "2": {**room, "floorTemplate": {"roomType": "LivingRoom", "floorMaterial": {"name": "RedBrick"}}},
        },
        "holes": {"=": {"room0": "1", "openness": 1.0, "assetId": "Doorway_1"}},
        "objects": {"+": {"kinematic": True, "assetId": "Chair_007_1"}},
        "proceduralParameters": {
            "floorColliderThickness": 1.0,
            "receptacleHeight": 0.7,
            "skyboxId": "Sky1",
            "ceilingMaterial": {"name": "PureWhite"},
        },
        "metadata": {"schema": "1.0.0"},
    }
    house = controller.step("GetHouseFromTemplate", template=template, raise_for_failure=True).metadata["actionReturn"]
    assert len(house["rooms"]) == 2 and len(house["walls"]) >= 8 and len(house["doors"]) == 1
    controller.reset(scene="Procedural")
    event = controller.step("CreateHouse", house=house, raise_for_failure=True)
    assert any(item["objectType"] == "Chair" for item in event.metadata["objects"])
