"""What AI2-THOR's questions about sight, ways and states promise, asked of our player through the real client."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.houses.bare_room import box_house, placed
from tests.thor.two_rooms_client import SETTINGS, agent, thing, vector

SIZE = 128
FRIDGE, MUG, POTATO, LAPTOP, CARTON = "Fridge_5|1", "Mug_1|1", "Potato_1|1", "Laptop_1|1", "Box_1|1"
ROOM = box_house(
    placed("Fridge_5", 2.0, 0.8463, 3.5, yaw=180),
    placed("Mug_1", 0.7, 0.06, 1.5),
    placed("Potato_1", 0.7, 0.05, 2.0),
    placed("Laptop_1", 3.4, 0.15, 1.5, yaw=270),
    placed("Box_1", 3.4, 0.15, 2.5),
).document
BEFORE_FRIDGE = {"position": vector(2, 0.901, 2), "rotation": vector(0, 0, 0), "horizon": 0, "standing": True}
EYE = vector(2, 0.9, 2)


@pytest.fixture
def room(thor_client):
    """The client in a bare room of 4 x 4 m, the agent 1.2 m before a fridge at the wall z = 4."""
    thor_client.reset(scene=ROOM, width=SIZE, height=SIZE, **SETTINGS)
    thor_client.step("TeleportFull", **BEFORE_FRIDGE, raise_for_failure=True)
    return thor_client


def answer(controller, action: str, **arguments):
    """What an action that must succeed returns."""
    return controller.step(action, **arguments, raise_for_failure=True).metadata["actionReturn"]


def refusal(controller, action: str, **arguments) -> str:
    """What an action that must fail says; it returns nothing."""
    event = controller.step(action, **arguments)
    assert not event and event.metadata["actionReturn"] is None
    return event.metadata["errorMessage"]


# Visibility points and rays


def test_visibility_points_lie_within_the_objects_box(room):
    for name in (FRIDGE, MUG, LAPTOP):
        box = thing(room.last_event, name)["axisAlignedBoundingBox"]
        points = answer(room, "GetVisibilityPoints", objectId=name)
        assert len(points) >= 27 and len({tuple(point.values()) for point in points}) > 20
        for axis in "xyz":
            assert all(abs(p[axis] - box["center"][axis]) <= box["size"][axis] / 2 + 1e-6 for p in points)


def test_objects_that_are_not_there_have_no_points_and_walls_and_floors_none(room):
    assert "nobody|1" in refusal(room, "GetVisibilityPoints", objectId="nobody|1")
    assert answer(room, "GetVisibilityPoints", objectId="wall|2|0") == []
    assert answer(room, "GetVisibilityPoints", objectId="room|2") == []


def test_the_sampler_of_objectnav_hits_the_fridge_from_before_it_and_a_carton_hides_what_is_behind_it(room):
    for point in answer(room, "GetVisibilityPoints", objectId=FRIDGE)[::5]:
        hit = answer(room, "PerformRaycast", origin=EYE, destination=point)
        assert hit["objectId"] == FRIDGE
        # Points lie in the box, the door's face up to a handle's depth behind its front.
        assert 1.0 < hit["hitDistance"] <= math.dist(EYE.values(), point.values()) + 0.15
    low = vector(3.4, 0.15, 3.9)
    assert answer(room, "PerformRaycast", origin=low, destination=vector(3.4, 0.15, 0.1))["objectId"] == CARTON


def test_rays_go_on_beyond_their_destination_to_walls_and_floors_and_hit_no_ceiling(room):
    for destination in (vector(2, 1, 1.9), vector(2, 1, -5)):
        hit = answer(room, "PerformRaycast", origin=vector(2, 1, 2), destination=destination)
        assert hit == {"objectId": "wall|2|3", "hitDistance": pytest.approx(2.0, abs=1e-3)}
    hit = answer(room, "PerformRaycast", origin=vector(1, 1.5, 1), destination=vector(1, 1, 1))
    assert hit == {"objectId": "room|2", "hitDistance": pytest.approx(1.5, abs=1e-3)}
    assert "hit no sim object" in refusal(room, "PerformRaycast", origin=EYE, destination=vector(2, 5, 2))
    assert "two places" in refusal(room, "PerformRaycast", origin=EYE, destination=EYE)


def test_a_ray_that_meets_an_open_door_of_a_fridge_hits_it_where_it_is_drawn(room):
    box = thing(room.last_event, FRIDGE)["axisAlignedBoundingBox"]
    front = box["center"]["z"] - box["size"]["z"] / 2
    beside = front - 0.15  # 15 cm before the shut fridge, along its front
    ray = {"origin": vector(0.1, 1.2, beside), "destination": vector(3.9, 1.2, beside)}
    assert answer(room, "PerformRaycast", **ray)["objectId"].startswith("wall|")
    room.step("OpenObject", objectId=FRIDGE, openness=1.0, forceAction=True, raise_for_failure=True)
    hit = answer(room, "PerformRaycast", **ray)
    assert hit["objectId"] == FRIDGE and 0 < hit["hitDistance"] < 3.8


# What is seen, by whom


def test_the_share_of_an_object_that_is_visible_follows_the_camera(room):
    ahead = answer(room, "ProportionOfObjectVisible", objectId=FRIDGE)
    assert 0.2 < ahead <= 1
    assert answer(room, "ProportionOfObjectVisible", objectId=MUG) == 0
    room.step("RotateLeft", degrees=180, raise_for_failure=True)
    assert answer(room, "ProportionOfObjectVisible", objectId=FRIDGE) == 0
    back = {"position": vector(2, 0.9 + 0.675, 2), "rotation": vector(0, 0, 0), "fieldOfView": 90}
    room.step("AddThirdPartyCamera", **back, raise_for_failure=True)
    shown = answer(room, "ProportionOfObjectVisible", objectId=FRIDGE, thirdPartyCameraIndex=0)
    assert shown == pytest.approx(ahead, abs=0.05)
    words = refusal(room, "ProportionOfObjectVisible", objectId=FRIDGE, thirdPartyCameraIndex=1)
    assert "len(thirdPartyCameras)=1" in words
    assert "Cannot find object" in refusal(room, "ProportionOfObjectVisible", objectId="nobody|1")


def test_the_mask_of_an_object_lies_on_its_pixels(room):
    masks = room.step("Pass", renderInstanceSegmentation=True).instance_masks
    points = answer(room, "GetApproxObjectMask", objectId=FRIDGE, divisions=12)
    assert len(points) > 70
    on_it = [masks[FRIDGE][min(int((1 - p["y"]) * SIZE), SIZE - 1), min(int(p["x"] * SIZE), SIZE - 1)] for p in points]
    assert np.mean(on_it) > 0.95
    assert answer(room, "GetApproxObjectMask", objectId=MUG) == []
    assert "divisions must be >=3" in refusal(room, "GetApproxObjectMask", objectId=FRIDGE, divisions=2)
    assert "divisions" in refusal(room, "GetApproxObjectMask", objectId=FRIDGE, divisions=10**6)


def test_a_tilted_third_party_cameras_mask_lies_on_its_pixels(room):
    room.reset(scene=ROOM, width=SIZE, height=SIZE, **{**SETTINGS, "renderInstanceSegmentation": True})
    camera = {"position": vector(1.0, 1.6, 1.0), "rotation": vector(20, 25, 35), "fieldOfView": 70}
    event = room.step("AddThirdPartyCamera", **camera, raise_for_failure=True)
    frame, color = event.third_party_instance_segmentation_frames[0], event.object_id_to_color[FRIDGE]
    points = answer(room, "GetApproxObjectMask", objectId=FRIDGE, divisions=12, thirdPartyCameraIndex=0)
    assert len(points) > 20
    pixels = [frame[min(int((1 - p["y"]) * SIZE), SIZE - 1), min(int(p["x"] * SIZE), SIZE - 1)] for p in points]
    assert np.mean([tuple(pixel) == tuple(color) for pixel in pixels]) > 0.9


def test_visible_objects_are_those_of_the_metadata_by_any_distance_and_camera(room):
    seen = {item["objectId"] for item in room.last_event.metadata["objects"] if item["visible"]}
    assert set(answer(room, "GetVisibleObjects")) == seen == {FRIDGE}
    assert answer(room, "GetVisibleObjects", maxDistance=0.5) == []
    room.step("Teleport", rotation=vector(0, 270, 0), horizon=30, raise_for_failure=True)
    assert answer(room, "GetVisibleObjects", maxDistance=3)[0] in (MUG, POTATO)
    assert answer(room, "GetVisibleObjects", maxDistance=3, objectIds=[POTATO, FRIDGE]) == [POTATO]
    camera = {"position": vector(2, 1.5, 1), "rotation": vector(0, 0, 0)}
    room.step("AddThirdPartyCamera", **camera, raise_for_failure=True)
    assert "Must be 'distance'" in refusal(room, "GetVisibleObjects", thirdPartyCameraIndex=0)
    by_distance = {"thirdPartyCameraIndex": 0, "maxDistance": 4, "visibilityScheme": "Distance"}
    assert FRIDGE in answer(room, "GetVisibleObjects", **by_distance)
    assert FRIDGE in answer(room, "ObjectsVisibleFromThirdPartyCamera", **by_distance)
    assert "nobody|1" in refusal(room, "GetVisibleObjects", objectIds=["nobody|1"])


def test_poses_in_the_old_form_are_the_poses(room):
    wanted = {"objectId": MUG, "positions": [vector(1, 0.901, 1.5), vector(2, 0.901, 1.5)]}
    poses = answer(room, "GetInteractablePoses", **wanted)
    old = answer(room, "PositionsFromWhichItemIsInteractable", **wanted)
    assert len(poses) > 2 and set(old) == {"x", "y", "z", "rotation", "standing", "horizon"}
    assert [dict(zip(old, row)) for row in zip(*old.values())] == [
        {**{key: pose[key] for key in old}, "standing": float(pose["standing"])} for pose in poses
    ]
    level = answer(room, "PositionsFromWhichItemIsInteractable", **wanted, horizon=30)
    assert set(level["horizon"]) == {30.0} and len(level["x"]) == old["horizon"].count(30.0)


def test_ids_are_found_by_type_and_assets_by_id(room):
    assert answer(room, "ObjectTypeToObjectIds", objectType="fridge") == [FRIDGE]
    assert answer(room, "ObjectTypeToObjectIds", objectType="Wall") == [f"wall|2|{number}" for number in range(4)]
    assert answer(room, "ObjectTypeToObjectIds", objectType="Sofa") == []
    assert answer(room, "AssetsInDatabase", assetIds=["Fridge_5", "Throne"]) == {"Fridge_5": True, "Throne": False}
    assert answer(room, "AssetInDatabase", assetId="Fridge_5") is True


# The expert


@pytest.mark.parametrize("name", [FRIDGE, MUG, LAPTOP, CARTON])
def test_the_expert_walks_to_an_object_and_looks_at_it(room, name):
    room.step("Teleport", position=vector(0.75, 0.901, 3.0), rotation=vector(0, 90, 0), raise_for_failure=True)
    for _ in range(40):
        event = room.step("ObjectNavExpertAction", objectId=name)
        if not event:
            break
        room.step(event.metadata["actionReturn"], raise_for_failure=True)
    assert "reached and in view" in event.metadata["errorMessage"] and event.metadata["actionReturn"] is None
    assert thing(event, name)["visible"]


def test_the_expert_walks_to_a_point_the_shortest_way(room):
    room.step("Teleport", position=vector(1, 0.901, 1), rotation=vector(0, 0, 0), raise_for_failure=True)
    actions = []
    while len(actions) < 30 and (event := room.step("ObjectNavExpertAction", position=vector(2, 0.901, 1.5))):
        actions.append(event.metadata["actionReturn"])
        room.step(actions[-1], raise_for_failure=True)
    assert agent(event)["position"] == pytest.approx(vector(2, 0.901, 1.5))
    assert actions.count("MoveAhead") == 6 and len(actions) <= 9  # 1.5 m on a grid of 0.25 m, and a few turns


def test_the_expert_says_what_it_lacks(room):
    with pytest.raises(ValueError, match="missing the following arguments: objectId"):
        room.step("ObjectNavExpertAction")
    assert "No object of type 'Sofa'" in refusal(room, "ObjectNavExpertAction", objectType="Sofa")


# States


@pytest.mark.parametrize(
    ("name", "action", "key", "back"),
    [
        (MUG, "DirtyObject", "isDirty", "CleanObject"),
        (MUG, "FillObjectWithLiquid", "isFilledWithLiquid", "EmptyLiquidFromObject"),
        (MUG, "BreakObject", "isBroken", None),
        (POTATO, "CookObject", "isCooked", None),
    ],
)
def test_a_state_is_entered_once_and_left_where_there_is_a_way_back(room, name, action, key, back):
    wanted = {"objectId": name, "forceAction": True}
    assert not thing(room.last_event, name)[key]
    assert thing(room.step(action, **wanted, raise_for_failure=True), name)[key]
    assert "already" in refusal(room, action, **wanted)
    if back:
        assert not thing(room.step(back, **wanted, raise_for_failure=True), name)[key]
        assert "already" in refusal(room, back, **wanted)
    assert "does not have the property" in refusal(room, action, **{**wanted, "objectId": FRIDGE})
    assert "not found within the specified visibility" in refusal(room, action, objectId=name)


def test_a_vessel_is_filled_with_one_of_three_liquids(room):
    event = room.step("FillObjectWithLiquid", objectId=MUG, fillLiquid="coffee", forceAction=True)
    assert thing(event, MUG)["fillLiquid"] == "coffee"
    words = refusal(room, "FillObjectWithLiquid", objectId=MUG, fillLiquid="tea", forceAction=True)
    assert words == "Invalid Liquid: tea. Must be one of coffee, water, wine"


def test_states_of_many_things_at_once(room):
    change = {"objectType": "Fridge", "stateChange": "openable", "isOpen": True}
    assert thing(room.step("SetObjectStates", SetObjectStates=change, raise_for_failure=True), FRIDGE)["isOpen"]
    event = room.step("SetStateOfAllObjects", StateChange="CanBeDirty", forceAction=True, raise_for_failure=True)
    assert all(item["isDirty"] == item["dirtyable"] for item in event.metadata["objects"])
    event = room.step("SetStateOfAllObjects", StateChange="CanBeDirty", forceAction=False, raise_for_failure=True)
    assert not any(item["isDirty"] for item in event.metadata["objects"])
    event = room.step("SetObjectToggles", objectToggles=[{"objectType": "Laptop", "isOn": True}])
    assert thing(event, LAPTOP)["isToggled"] == thing(event, LAPTOP)["toggleable"]
    assert "stateChange must be one of" in refusal(room, "SetObjectStates", SetObjectStates={"stateChange": "flying"})
    assert "needs isOpen" in refusal(room, "SetObjectStates", SetObjectStates={"stateChange": "openable"})


def test_what_is_drawn_open_says_so_and_takes_things(room):
    """Laptops and cardboard boxes come open; shut, they are so in the picture and in the metadata."""
    for name in (LAPTOP, CARTON):
        assert thing(room.last_event, name)["isOpen"] and thing(room.last_event, name)["openness"] == 1
        tall = thing(room.last_event, name)["axisAlignedBoundingBox"]["size"]["y"]
        event = room.step("CloseObject", objectId=name, forceAction=True, raise_for_failure=True)
        assert not thing(event, name)["isOpen"]
        assert thing(event, name)["axisAlignedBoundingBox"]["size"]["y"] < tall - 0.02


def test_nothing_moves_by_itself_so_pausing_changes_nothing(room):
    before = room.last_event.metadata["objects"]
    for action in ("PausePhysicsAutoSim", "MakeAllObjectsMoveable", "UnpausePhysicsAutoSim"):
        assert room.step(action, raise_for_failure=True).metadata["objects"] == before


def test_what_is_held_moves_along_the_cameras_axes_within_reach(room):
    assert "holding an item" in refusal(room, "MoveHeldObjectAhead", moveMagnitude=0.1)
    event = room.step("PickupObject", objectId=POTATO, forceAction=True, raise_for_failure=True)
    first = thing(event, POTATO)["position"]
    event = room.step("MoveHeldObject", ahead=0.2, right=0.1, up=0.05, raise_for_failure=True)
    want = {"x": first["x"] + 0.1, "y": first["y"] + 0.05, "z": first["z"] + 0.2}
    assert thing(event, POTATO)["position"] == pytest.approx(want)
    assert event.metadata["heldObjectPose"]["position"] == pytest.approx(want)
    assert event.metadata["heldObjectPose"]["localPosition"] == pytest.approx({"x": 0.1, "y": -0.11, "z": 0.58})
    assert "out of range" in refusal(room, "MoveHeldObjectAhead", moveMagnitude=1.5)
    assert "moveMagnitude must be > 0" in refusal(room, "MoveHeldObjectUp", moveMagnitude=-0.1)
    event = room.step("LookDown", degrees=30, raise_for_failure=True)
    before = thing(event, POTATO)["position"]
    event = room.step("MoveHeldObjectBack", moveMagnitude=0.2, raise_for_failure=True)
    moved = [thing(event, POTATO)["position"][axis] - before[axis] for axis in "xyz"]
    assert moved == pytest.approx([0, 0.2 * math.sin(math.radians(30)), -0.2 * math.cos(math.radians(30))])
    assert "in something else" in refusal(room, "MoveHeldObject", ahead=0.9, up=0.5)
