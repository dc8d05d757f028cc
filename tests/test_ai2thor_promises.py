"""What AI2-THOR's documentation and public tests promise, asked of our player through the real, unmodified client.

The house is the one of two rooms: free floor around (2.25, 2.0), a bed, a set table, a television.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

HOUSE = json.loads((Path(__file__).parent / "data" / "two_rooms_1.0.0.json").read_text())
HERE = {"position": {"x": 2.25, "y": 0.901, "z": 2.0}, "rotation": {"x": 0, "y": 0, "z": 0}}
POSE = {**HERE, "horizon": 0, "standing": True}
CAMERA = {"position": {"x": 1.2, "y": 2.3, "z": 3.4}, "rotation": {"x": 30, "y": 40, "z": 50}}
TABLE, BOWL, VASE, BAT, TELEVISION, BED = "3|0|0", "small|3|1", "small|3|0", "2|2", "3|1|1", "2|0"
OPEN_DOOR = "door|2|3"
AT_TABLE = {"position": {"x": 4.75, "y": 0.901, "z": 1.5}, "rotation": {"x": 0, "y": 90, "z": 0}, "horizon": 30}


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """A real controller on our player, with a home of its own."""
    from ai2thor.controller import Controller

    from tst_sim.thor import executable

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        controller = Controller(
            local_executable_path=executable(), x_display=":0", scene=HOUSE, width=300, height=300, server_timeout=60
        )
        try:
            yield controller
        finally:
            controller.stop()


@pytest.fixture
def controller(player):
    """The controller in a house as it was made, the agent on free floor looking along +z."""
    player.reset(scene=HOUSE, width=300, height=300, **_defaults())
    player.step("TeleportFull", **POSE, raise_for_failure=True)
    return player


def _defaults() -> dict:
    """Settings of earlier tests, taken back: the client remembers what it was given."""
    return {
        "gridSize": 0.25,
        "snapToGrid": True,
        "agentMode": "default",
        "fastActionEmit": True,
        "fieldOfView": 90,
        "visibilityDistance": 1.5,
        "rotateStepDegrees": 90,
        "renderDepthImage": False,
        "renderNormalsImage": False,
        "renderInstanceSegmentation": False,
        "renderSemanticSegmentation": False,
    }


def agent(event) -> dict:
    return event.metadata["agent"]


def place(event) -> tuple[float, float, float]:
    return tuple(agent(event)["position"][axis] for axis in "xyz")


def thing(event, object_id: str) -> dict:
    return next(item for item in event.metadata["objects"] if item["objectId"] == object_id)


def vector(x: float, y: float, z: float) -> dict[str, float]:
    return {"x": x, "y": y, "z": z}


# Images: shapes, flags, resolutions


@pytest.mark.parametrize(("width", "height"), [(600, 300), (128, 64), (64, 200), (520, 310)])
def test_a_reset_with_another_size_gives_frames_of_that_aspect(controller, width, height):
    event = controller.reset(scene=HOUSE, width=width, height=height, renderDepthImage=True)
    assert event.frame.shape == (height, width, 3) and event.depth_frame.shape == (height, width)
    assert (event.screen_width, event.screen_height) == (width, height)


def test_depth_comes_only_when_asked_for(controller):
    assert controller.last_event.depth_frame is None
    assert controller.reset(scene=HOUSE, renderDepthImage=True).depth_frame.dtype == np.float32
    assert controller.reset(scene=HOUSE, renderDepthImage=False).depth_frame is None


def test_the_resolution_changes_there_and_back_with_the_same_picture(controller):
    controller.reset(scene=HOUSE, renderDepthImage=True, renderInstanceSegmentation=True)
    before = controller.step("TeleportFull", **POSE)
    larger = controller.step("ChangeResolution", x=400, y=200, raise_for_failure=True)
    assert larger.frame.shape == (200, 400, 3) and larger.screen_width == 400 and larger.screen_height == 200
    assert larger.instance_segmentation_frame.shape == (200, 400, 3)
    after = controller.step("ChangeResolution", x=300, y=300, raise_for_failure=True)
    np.testing.assert_array_equal(after.frame, before.frame)
    np.testing.assert_array_equal(after.depth_frame, before.depth_frame)
    assert after.color_to_object_id == before.color_to_object_id


def test_instances_for_one_step_only(controller):
    assert controller.step("Pass").instance_segmentation_frame is None
    assert controller.step("Pass", renderInstanceSegmentation=True).instance_segmentation_frame.shape == (300, 300, 3)
    assert controller.step("Pass").instance_segmentation_frame is None


def test_a_step_without_images_keeps_the_metadata(controller):
    event = controller.step("RotateRight", renderImage=False)
    assert agent(event)["rotation"]["y"] == 90 and len(event.metadata["objects"]) > 10


def test_the_old_names_of_the_segmentations_still_work(controller):
    event = controller.reset(scene=HOUSE, renderObjectImage=True, renderClassImage=True)
    assert event.instance_segmentation_frame is not None and event.semantic_segmentation_frame is not None


def test_every_modality_at_once_is_aligned(controller):
    controller.reset(
        scene=HOUSE, renderDepthImage=True, renderNormalsImage=True, renderInstanceSegmentation=True,
        renderSemanticSegmentation=True,
    )  # fmt: skip
    event = controller.step("TeleportFull", **{**POSE, "horizon": 30})
    bed = event.instance_masks[BED]
    assert bed.sum() > 500 and (event.depth_frame[bed] < 3.5).all()
    assert event.class_masks["Bed"][bed].all()
    assert event.normals_frame.shape[:2] == (300, 300)
    assert not np.array_equal(event.frame, event.instance_segmentation_frame)


# Colours


def test_colours_are_the_first_bytes_of_md5(controller):
    event = controller.reset(scene=HOUSE, renderInstanceSegmentation=True, renderSemanticSegmentation=True)
    for name in (BED, "Bed", TABLE, "Television"):
        assert tuple(event.object_id_to_color[name]) == tuple(hashlib.md5(name.encode()).digest()[:3])
        assert event.color_to_object_id[event.object_id_to_color[name]] == name


@pytest.mark.parametrize("flag", ["renderSemanticSegmentation", "renderInstanceSegmentation"])
def test_a_class_has_its_colour_with_either_segmentation(controller, flag):
    event = controller.reset(scene=HOUSE, **{flag: True})
    assert event.color_to_object_id[event.object_id_to_color["Bed"]] == "Bed"


def test_masks_and_boxes_of_what_is_seen(controller):
    controller.reset(scene=HOUSE, renderInstanceSegmentation=True)
    event = controller.step("TeleportFull", **{**POSE, "horizon": 30})
    left, top, right, bottom = event.instance_detections2D[BED]
    rows, columns = np.nonzero(event.instance_masks[BED])
    assert (left, top, right, bottom) == (columns.min(), rows.min(), columns.max(), rows.max())


# Third-party cameras


def test_a_camera_is_added_with_its_pose_and_field_of_view(controller):
    assert controller.last_event.metadata["thirdPartyCameras"] == []
    event = controller.step("AddThirdPartyCamera", **CAMERA, fieldOfView=45)
    (camera,) = event.metadata["thirdPartyCameras"]
    assert camera["position"] == pytest.approx(CAMERA["position"], abs=1e-3)
    assert camera["rotation"] == pytest.approx(CAMERA["rotation"], abs=1e-3) and camera["fieldOfView"] == 45
    assert event.third_party_camera_frames[0].shape == (300, 300, 3)


def test_a_camera_sends_every_modality_that_is_on(controller):
    controller.reset(
        scene=HOUSE, renderInstanceSegmentation=True, renderDepthImage=True, renderSemanticSegmentation=True
    )
    for count in (1, 2):
        event = controller.step("AddThirdPartyCamera", **CAMERA)
        assert len(event.third_party_camera_frames) == len(event.third_party_depth_frames) == count
        assert len(event.third_party_instance_segmentation_frames) == count
        assert len(event.third_party_semantic_segmentation_frames) == count


def test_a_camera_without_a_vector_for_its_position_is_refused(controller):
    event = controller.step("AddThirdPartyCamera", position=5, rotation=vector(0, 0, 0))
    assert not event and event.metadata["thirdPartyCameras"] == []


def test_a_vector_for_a_number_is_an_invalid_argument(controller):
    with pytest.raises(ValueError, match=r"^action: AddThirdPartyCamera has an invalid argument: orthographicSize"):
        controller.step("AddThirdPartyCamera", **HERE, orthographic=True, orthographicSize=vector(0, 0, 0))
    assert controller.last_event.metadata["errorCode"] == "InvalidArgument"


def test_a_camera_is_updated_in_part(controller):
    controller.step("AddThirdPartyCamera", **CAMERA, fieldOfView=45)
    whole = {"position": vector(2.2, 3.3, 4.4), "rotation": vector(10, 20, 30)}
    (camera,) = controller.step("UpdateThirdPartyCamera", thirdPartyCameraId=0, **whole).metadata["thirdPartyCameras"]
    assert camera["position"] == pytest.approx(whole["position"]) and camera["fieldOfView"] == 45
    event = controller.step(
        "UpdateThirdPartyCamera", thirdPartyCameraId=0, fieldOfView=55, position={"x": 3.2, "z": 5}, rotation={"y": 90}
    )
    (camera,) = event.metadata["thirdPartyCameras"]
    assert camera["position"] == pytest.approx(vector(3.2, 3.3, 5)) and camera["fieldOfView"] == 55
    assert camera["rotation"] == pytest.approx(vector(10, 90, 30))


@pytest.mark.parametrize("field_of_view", [-1, 0, 180, 181])
def test_a_field_of_view_out_of_bounds_is_refused_and_changes_nothing(controller, field_of_view):
    before = controller.step("AddThirdPartyCamera", **CAMERA, fieldOfView=45).metadata["thirdPartyCameras"]
    event = controller.step("UpdateThirdPartyCamera", thirdPartyCameraId=0, fieldOfView=field_of_view)
    assert not event and event.metadata["errorMessage"] and event.metadata["thirdPartyCameras"] == before
    assert not controller.step("AddThirdPartyCamera", **CAMERA, fieldOfView=field_of_view)
    assert len(controller.last_event.metadata["thirdPartyCameras"]) == 1


@pytest.mark.parametrize("number", [-1, 1, 99])
def test_a_camera_that_is_not_there_cannot_be_updated(controller, number):
    controller.step("AddThirdPartyCamera", **CAMERA)
    assert not controller.step("UpdateThirdPartyCamera", thirdPartyCameraId=number, fieldOfView=60)


def test_a_size_without_orthographic_and_a_colour_that_is_none_are_refused(controller):
    assert not controller.step("AddThirdPartyCamera", **CAMERA, orthographicSize=2.0)
    assert not controller.step("AddThirdPartyCamera", **CAMERA, skyboxColor="no colour")
    assert controller.step("AddThirdPartyCamera", **CAMERA, skyboxColor="#ff8800")


def test_a_camera_in_the_agents_place_sees_what_the_agent_sees(controller):
    controller.reset(scene=HOUSE, renderDepthImage=True)
    event = controller.step("TeleportFull", **POSE)
    eye = {**agent(event)["position"], "y": agent(event)["position"]["y"] + 0.675}
    event = controller.step("AddThirdPartyCamera", position=eye, rotation=vector(0, 0, 0), fieldOfView=90)
    np.testing.assert_allclose(event.third_party_depth_frames[0], event.depth_frame, atol=1e-3)


def test_a_reset_takes_the_cameras_away(controller):
    controller.step("AddThirdPartyCamera", **CAMERA)
    assert controller.reset(scene=HOUSE).metadata["thirdPartyCameras"] == []


def test_the_map_view_recipe_shows_the_house_from_above(controller):
    controller.reset(scene=HOUSE, renderInstanceSegmentation=True)
    camera = controller.step("GetMapViewCameraProperties", raise_for_failure=True).metadata["actionReturn"]
    assert camera["rotation"] == vector(90, 0, 0) and camera["orthographic"]
    event = controller.step("AddThirdPartyCamera", skyboxColor="white", **camera, raise_for_failure=True)
    shown = {event.color_to_object_id.get(tuple(color)) for color in _colors(event)}
    assert {BED, TABLE} <= shown


def _colors(event) -> set[tuple[int, int, int]]:
    frame = event.third_party_instance_segmentation_frames[0]
    return {tuple(row) for row in np.unique(frame.reshape(-1, 3), axis=0).tolist()}


# Moving


@pytest.mark.parametrize(
    ("action", "dx", "dz"), [("MoveAhead", 0, 1), ("MoveBack", 0, -1), ("MoveLeft", -1, 0), ("MoveRight", 1, 0)]
)
def test_a_step_is_one_grid_cell_to_the_millimetre(controller, action, dx, dz):
    event = controller.step(action, raise_for_failure=True)
    assert place(event) == pytest.approx((2.25 + 0.25 * dx, 0.901, 2.0 + 0.25 * dz), abs=1e-3)


def test_a_step_goes_where_the_agent_looks(controller):
    controller.step("RotateRight")
    assert place(controller.step("MoveAhead")) == pytest.approx((2.5, 0.901, 2.0), abs=1e-3)


def test_a_step_can_be_longer(controller):
    event = controller.step("MoveBack", moveMagnitude=0.5, raise_for_failure=True)
    assert place(event) == pytest.approx((2.25, 0.901, 1.5), abs=1e-3)


def test_a_step_into_the_bed_fails_and_the_agent_stays(controller):
    event = controller.step("MoveAhead", moveMagnitude=5.0)
    assert not event and event.metadata["errorMessage"] and place(event) == pytest.approx((2.25, 0.901, 2.0))


def test_turning_leaves_place_and_horizon(controller):
    for action, yaw in (("RotateLeft", 270), ("RotateRight", 0), ("RotateRight", 90)):
        event = controller.step(action)
        assert agent(event)["rotation"] == vector(0, yaw, 0) and agent(event)["cameraHorizon"] == 0
        assert place(event) == pytest.approx((2.25, 0.901, 2.0))
    controller.reset(scene=HOUSE, snapToGrid=False)
    controller.step("TeleportFull", **POSE)
    assert agent(controller.step("RotateRight", degrees=30))["rotation"]["y"] == pytest.approx(30)


def test_looking_down_stops_at_sixty_degrees_and_up_at_thirty(controller):
    assert [round(agent(controller.step("LookDown"))["cameraHorizon"]) for _ in range(3)] == [30, 60, 60]
    assert not controller.last_event
    controller.step("Teleport", horizon=0)
    assert [round(agent(controller.step("LookUp"))["cameraHorizon"]) for _ in range(2)] == [-30, -30]
    assert not controller.last_event


def test_crouching_lowers_the_camera_and_standing_raises_it(controller):
    standing = controller.last_event.metadata["cameraPosition"]["y"]
    event = controller.step("Crouch", raise_for_failure=True)
    assert agent(event)["isStanding"] is False and event.metadata["cameraPosition"]["y"] < standing - 0.3
    assert not controller.step("Crouch")
    event = controller.step("Stand", raise_for_failure=True)
    assert agent(event)["isStanding"] and event.metadata["cameraPosition"]["y"] == pytest.approx(standing)


# Teleporting


def test_a_teleport_settles_onto_the_floor(controller):
    event = controller.step("TeleportFull", **{**POSE, "position": vector(1.0, 0.95, 2.0)}, raise_for_failure=True)
    assert place(event) == pytest.approx((1.0, 0.901, 2.0), abs=1e-3)


@pytest.mark.parametrize(
    "target",
    [vector(2.25, 1.0, 2.0), vector(2.0, 0.901, 4.0), vector(0.05, 0.901, 2.0), vector(2000, 0, 9000)],
    ids=["too high", "into the bed", "into the wall", "out of the house"],
)
def test_a_refused_teleport_leaves_the_pose(controller, target):
    before = agent(controller.last_event)
    for action in ("Teleport", "TeleportFull"):
        event = controller.step(action, position=target, rotation=vector(0, 90, 0), horizon=30, standing=True)
        assert not event and event.metadata["errorMessage"] and agent(event) == before
    with pytest.raises(RuntimeError):
        controller.step("Teleport", position=target, raise_for_failure=True)


def test_a_horizon_out_of_bounds_is_refused(controller):
    for horizon in (-31, 61):
        assert not controller.step("Teleport", horizon=horizon)
        assert agent(controller.last_event)["cameraHorizon"] == 0


def test_what_a_teleport_is_not_told_stays(controller):
    before = agent(controller.last_event)
    after = agent(controller.step("Teleport", horizon=10))
    assert after["cameraHorizon"] == pytest.approx(10)
    assert all(after[key] == before[key] for key in ("position", "rotation", "isStanding"))


def test_a_full_teleport_must_be_told_everything(controller):
    with pytest.raises(ValueError, match="missing the following arguments"):
        controller.step("TeleportFull", position=HERE["position"])
    assert controller.last_event.metadata["errorCode"] == "MissingArguments"


def test_a_locobot_cannot_stand(controller):
    event = controller.reset(scene=HOUSE, agentMode="locobot")
    assert agent(event)["isStanding"] is None
    for action in ("Teleport", "TeleportFull"):
        assert controller.step(action, **HERE, horizon=30)
        with pytest.raises(ValueError):
            controller.step(action, **HERE, horizon=30, standing=True)


# Questions about the scene


def test_reachable_positions_have_their_old_name_for_one_event(controller):
    event = controller.step("GetReachablePositions")
    assert len(event.metadata["actionReturn"]) > 100
    assert event.metadata["reachablePositions"] == event.metadata["actionReturn"]
    with pytest.raises((KeyError, IndexError)):
        controller.step("Pass").metadata["reachablePositions"]


def test_every_reachable_position_can_be_teleported_to(controller):
    for position in controller.step("GetReachablePositions").metadata["actionReturn"][::17]:
        assert controller.step("Teleport", position=position, renderImage=False), position


def test_reachable_positions_do_not_depend_on_the_yaw_unless_asked(controller):
    controller.reset(scene=HOUSE, snapToGrid=False)
    controller.step("TeleportFull", **POSE)
    straight = len(controller.step("GetReachablePositions").metadata["actionReturn"])
    controller.step("TeleportFull", **{**POSE, "rotation": vector(0, 49.1, 0)}, raise_for_failure=True)
    assert len(controller.step("GetReachablePositions").metadata["actionReturn"]) == straight
    turned = controller.step("GetReachablePositions", directionsRelativeAgent=True).metadata["actionReturn"]
    assert len(turned) > 100 and any(abs(point["x"] * 4 - round(point["x"] * 4)) > 0.05 for point in turned)


def test_too_many_steps_is_a_failure(controller):
    assert not controller.step("GetReachablePositions", maxStepCount=3)


@pytest.mark.parametrize("point", [(1.5, 0.5), (1.1, 0.3), (-0.1, 0.8), (-0.5, -0.3)])
def test_a_ray_through_a_point_outside_the_frame_is_refused(controller, point):
    assert not controller.step("GetCoordinateFromRaycast", x=point[0], y=point[1])
    assert not controller.step("GetObjectInFrame", x=point[0], y=point[1])


def test_a_ray_through_the_middle_hits_the_wall_ahead(controller):
    controller.step("TeleportFull", **{**POSE, "rotation": vector(0, 270, 0)})
    hit = controller.step("GetCoordinateFromRaycast", x=0.5, y=0.5).metadata["actionReturn"]
    assert hit == pytest.approx(vector(0.0, 0.901 + 0.675, 2.0), abs=2e-3)


def test_the_object_in_the_frame_is_the_one_of_the_mask(controller):
    controller.reset(scene=HOUSE, renderInstanceSegmentation=True)
    event = controller.step("TeleportFull", **{**POSE, "horizon": 30})
    rows, columns = np.nonzero(event.instance_masks[BED])
    x, y = (float(np.median(columns)) + 0.5) / 300, (float(np.median(rows)) + 0.5) / 300
    assert event.instance_masks[BED][int(y * 300), int(x * 300)]
    assert controller.step("GetObjectInFrame", x=x, y=y).metadata["actionReturn"] == BED


def test_interactable_poses_see_their_object(controller):
    poses = controller.step("GetInteractablePoses", objectId=TABLE).metadata["actionReturn"]
    assert len(poses) > 20
    for pose in poses[:: len(poses) // 5]:
        event = controller.step("TeleportFull", **pose)
        assert event and thing(event, TABLE)["visible"]
        assert agent(event)["position"]["x"] == pytest.approx(pose["x"], abs=1e-3)
        assert agent(event)["rotation"]["y"] == pytest.approx(pose["rotation"], abs=1e-3)
    few = controller.step("GetInteractablePoses", objectId=TABLE, maxPoses=5).metadata["actionReturn"]
    assert len(few) == 5
    some = controller.step("GetInteractablePoses", objectId=TABLE, horizons=[30], rotations=[90])
    assert {(pose["horizon"], pose["rotation"]) for pose in some.metadata["actionReturn"]} == {(30, 90)}


def test_the_shortest_path_goes_through_the_door(controller):
    event = controller.step("GetShortestPath", objectId=TABLE, raise_for_failure=True)
    corners = event.metadata["actionReturn"]["corners"]
    assert corners[0]["x"] == pytest.approx(2.25, abs=0.1) and corners[0]["z"] == pytest.approx(2.0, abs=0.1)
    assert corners[-1]["x"] > 4.1  # in the other room, where the table is in reach
    length = sum(math.hypot(b["x"] - a["x"], b["z"] - a["z"]) for a, b in itertools.pairwise(corners))
    assert 2.0 < length < 8.0


def test_the_filter_filters_metadata_and_is_lifted(controller):
    everything = sorted(item["objectId"] for item in controller.last_event.metadata["objects"])
    event = controller.step("SetObjectFilter", objectIds=everything[:3])
    assert sorted(item["objectId"] for item in event.metadata["objects"]) == everything[:3]
    assert controller.step("SetObjectFilter", objectIds=[]).metadata["objects"] == []
    event = controller.step("ResetObjectFilter")
    assert sorted(item["objectId"] for item in event.metadata["objects"]) == everything


def test_an_object_can_be_used_while_it_is_filtered_away(controller):
    controller.step("SetObjectFilter", objectIds=[])
    controller.step("ToggleObjectOn", objectId=TELEVISION, forceAction=True, raise_for_failure=True)
    assert thing(controller.step("ResetObjectFilter"), TELEVISION)["isToggled"]


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
