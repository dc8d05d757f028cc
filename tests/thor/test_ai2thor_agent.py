"""What AI2-THOR promises of moves, teleports and questions, asked of our player through the real, unmodified client."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from tests.thor.two_rooms_client import BED, HERE, HOUSE, POSE, TABLE, TELEVISION, agent, place, thing, vector

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


def test_floors_and_walls_have_one_name_in_masks_rays_and_metadata(controller):
    controller.reset(scene=HOUSE, renderInstanceSegmentation=True)
    event = controller.step("TeleportFull", **{**POSE, "horizon": 60})
    told = {item["objectId"]: item["objectType"] for item in event.metadata["objects"]}
    assert controller.step("GetObjectInFrame", x=0.5, y=0.9).metadata["actionReturn"] == "room|2"
    assert told["room|2"] == "Floor" and event.instance_masks["room|2"][270, 150]
    structure = [name for name in event.instance_masks if name.startswith(("wall|", "room|"))]
    assert len(structure) > 1 and all(told[name] in ("Wall", "Floor") for name in structure)


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
