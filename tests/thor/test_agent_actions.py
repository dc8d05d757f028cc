"""The agent: settings, moves, turns, teleports; the locobot; what events say of it."""

from __future__ import annotations

import json
import math

import pytest

from tests.thor.acting import BED, PLANT, POSE, START, engine_in_two_rooms, failure, place, step
from tst_sim.thor.actions.engine import ActionEngine


@pytest.fixture
def engine() -> ActionEngine:
    return engine_in_two_rooms()


# Settings


def test_settings_have_ai2thors_defaults_and_answer_the_planes(engine):
    event = step(engine, "Initialize", fieldOfView=0, anythingElse={"a": 1})
    assert event["actionReturn"] == {"cameraNearPlane": 0.1, "cameraFarPlane": 20.0} and event["fov"] == 90
    settings = engine.world.settings
    assert (settings.grid_size_m, settings.rotate_step_deg, settings.visibility_distance_m) == (0.25, 90, 1.5)
    assert settings.snap_to_grid and settings.fast_emit and settings.images == frozenset()


def test_images_are_asked_for_by_their_old_and_new_names(engine):
    step(engine, "Initialize", renderDepthImage=True, renderObjectImage=True, renderClassImage=True)
    assert engine.world.settings.images == {"depth", "instance", "semantic"}
    step(engine, "Initialize", renderNormalsImage=True, renderInstanceSegmentation=True, renderDepthImage=False)
    assert engine.world.settings.images == {"normal", "instance"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"gridSize": 5.1}, "grid size must be in the range (0,5]"),
        ({"gridSize": -0.1}, "grid size must be in the range (0,5]"),
        ({"fieldOfView": 180}, "fov must be set to (0, 180)"),
        ({"fieldOfView": -1}, "fov must be set to (0, 180)"),
        ({"rotateStepDegrees": 30}, "'snapToGrid': 'True' is not supported when 'rotateStepDegrees'"),
        ({"rotateStepDegrees": 0}, "rotateStepDegrees must be a non-zero"),
        ({"agentMode": "arm"}, "agentMode 'arm' is not supported by tst-sim; use one of default, locobot"),
        ({"agentCount": 2}, "agentCount 2 is not supported"),
        ({"timeScale": 0}, "Time scale must be > 0"),
        ({"maxUpwardLookAngle": -5}, "maxUpwardLookAngle"),
        ({"renderDepthImage": {}}, "renderDepthImage"),
    ],
)
def test_settings_out_of_bounds_are_ordinary_failures(engine, settings, words):
    event = failure(engine, "Initialize", **settings)
    assert words in event["errorMessage"] and event["errorCode"] is None


def test_a_step_of_45_degrees_needs_no_grid(engine):
    step(engine, "Initialize", rotateStepDegrees=45, snapToGrid=False)
    assert step(engine, "RotateRight")["agent"]["rotation"]["y"] == 45


def test_a_reset_takes_back_settings_cameras_and_the_house_but_not_the_resolution(engine):
    step(engine, "ChangeResolution", x=400, y=200)
    step(engine, "Initialize", gridSize=0.1, renderDepthImage=True)
    step(engine, "AddThirdPartyCamera", position=START, rotation={})
    event = step(engine, "Reset", sceneName="Procedural")
    assert (event["screenWidth"], event["screenHeight"]) == (400, 200)
    assert event["thirdPartyCameras"] == [] and event["objects"] == [] and engine.world.settings.grid_size_m == 0.25
    assert "FloorPlan1_physics" in failure(engine, "Reset", sceneName="FloorPlan1_physics")["errorMessage"]


def test_there_is_one_scene_and_resolutions_and_qualities_have_bounds(engine):
    assert step(engine, "GetScenesInBuild")["actionReturn"] == ["Procedural"]
    for size in ((0, 300), (300, -1), (4097, 300)):
        assert "1 to 4096" in failure(engine, "ChangeResolution", x=size[0], y=size[1])["errorMessage"]
    step(engine, "ChangeQuality", quality="Very Low")
    step(engine, "ChangeQuality", quality="7")
    assert engine.world.settings.quality == "Ultra"
    assert "Very High" in failure(engine, "ChangeQuality", quality="Best")["errorMessage"]


def test_a_filter_hides_objects_until_it_is_reset(engine):
    everything = len(step(engine, "Pass")["objects"])
    event = step(engine, "SetObjectFilter", objectIds=[BED, "nobody"])
    assert [item["objectId"] for item in event["objects"]] == [BED]
    assert step(engine, "SetObjectFilter", objectIds=[])["objects"] == []
    assert len(step(engine, "ResetObjectFilter")["objects"]) == everything


# Moving


@pytest.mark.parametrize(
    ("action", "dx", "dz"),
    [("MoveAhead", 0, 0.25), ("MoveBack", 0, -0.25), ("MoveLeft", -0.25, 0), ("MoveRight", 0.25, 0)],
)
def test_a_step_is_one_grid_size_in_the_agents_own_frame(engine, action, dx, dz):
    step(engine, "Teleport", position={"x": 2.25, "y": 0.901, "z": 1.5})
    assert place(step(engine, action)) == pytest.approx((2.25 + dx, 0.901, 1.5 + dz), abs=1e-9)
    step(engine, "TeleportFull", **{**POSE, "rotation": {"y": 90}})
    assert place(step(engine, action)) == pytest.approx((2.25 + dz, 0.901, 2.0 - dx), abs=1e-9)


def test_a_step_may_be_longer_and_lands_on_the_grid(engine):
    assert place(step(engine, "MoveBack", moveMagnitude=0.5)) == pytest.approx((2.25, 0.901, 1.5))
    assert place(step(engine, "MoveBack", moveMagnitude=0.1)) == pytest.approx((2.25, 0.901, 1.5))
    step(engine, "Initialize", snapToGrid=False)
    assert place(step(engine, "MoveBack", moveMagnitude=0.1)) == pytest.approx((2.25, 0.901, 1.4))
    step(engine, "RotateRight", degrees=45)
    reached = place(step(engine, "MoveAhead", moveMagnitude=0.2))
    assert reached == pytest.approx((2.25 + 0.2 * math.sqrt(0.5), 0.901, 1.4 + 0.2 * math.sqrt(0.5)), abs=1e-9)


def test_what_stands_in_the_way_is_named_and_nothing_moves(engine):
    step(engine, "MoveAhead")
    event = failure(engine, "MoveAhead", moveMagnitude=0.5)
    assert event["errorMessage"] == f"{BED} is blocking Agent 0 from moving by (0.0000, 0.0000, 0.5000)."
    assert event["errorCode"] is None and event["collided"] and event["collidedObjects"] == [BED]
    assert not step(engine, "Pass")["collided"]
    step(engine, "RotateLeft")
    assert "wall|2|0.00|0.00|0.00|5.00 is blocking" in failure(engine, "MoveAhead", moveMagnitude=2.2)["errorMessage"]


def test_a_step_out_of_the_scene_or_of_no_length_is_refused(engine):
    assert "Scene bounds do not contain" in failure(engine, "MoveBack", moveMagnitude=5)["errorMessage"]
    assert "Scene bounds do not contain" in failure(engine, "MoveBack", moveMagnitude=1e30)["errorMessage"]
    for length in (0, -1):
        assert failure(engine, "MoveAhead", moveMagnitude=length)["errorMessage"] == "moveMagnitude must be > 0"


def test_a_step_away_from_an_object_may_be_bounded(engine):
    step(engine, "MoveBack", objectId=BED, maxAgentsDistance=1.2)
    event = failure(engine, "MoveBack", objectId=BED, maxAgentsDistance=1.2)
    assert event["errorMessage"] == f"Agent movement would bring it beyond the max distance of {BED}"


def test_nothing_is_jumped_over(engine):
    step(engine, "Teleport", position={"x": 5.0, "y": 0.901, "z": 0.5}, rotation={"y": 90})
    assert "3|0|1 is blocking" in failure(engine, "MoveAhead", moveMagnitude=2.0)["errorMessage"]


def test_walking_the_grid_goes_exactly_where_reachable_positions_say(engine):
    points = step(engine, "GetReachablePositions")["actionReturn"]
    known = {(point["x"], point["z"]) for point in points}
    for x, z in sorted(known)[::17]:
        step(engine, "TeleportFull", **{**POSE, "position": {"x": x, "y": 0.901, "z": z}})
        for action, dx, dz in (("MoveAhead", 0, 0.25), ("MoveRight", 0.25, 0)):
            moved = engine.run(action, {})["lastActionSuccess"]
            assert moved == ((x + dx, z + dz) in known), (x, z, action)
            step(engine, "TeleportFull", **{**POSE, "position": {"x": x, "y": 0.901, "z": z}})


# Turning


def test_turns_are_clockwise_and_stay_below_360(engine):
    assert [step(engine, "RotateRight")["agent"]["rotation"]["y"] for _ in range(4)] == [90, 180, 270, 0]
    assert step(engine, "RotateLeft", degrees=30)["agent"]["rotation"]["y"] == 330
    assert step(engine, "RotateRight", degrees=-90)["agent"]["rotation"]["y"] == 240
    assert "0 degrees" in failure(engine, "RotateLeft", degrees=0)["errorMessage"]


def test_the_camera_looks_30_up_and_60_down_at_most(engine):
    assert step(engine, "LookUp")["agent"]["cameraHorizon"] == -30
    event = failure(engine, "LookUp")
    assert event["errorMessage"] == "can't look up beyond 30 degrees above the forward horizon"
    assert event["agent"]["cameraHorizon"] == -30
    assert [step(engine, "LookDown")["agent"]["cameraHorizon"] for _ in range(3)] == [0, 30, 60]
    assert "can't look down beyond 60" in failure(engine, "LookDown", degrees=0.1)["errorMessage"]
    assert step(engine, "LookUp", degrees=12.5)["agent"]["cameraHorizon"] == 47.5
    assert "positive degree value" in failure(engine, "LookUp", degrees=-5)["errorMessage"]
    assert "multiple of 0.1" in failure(engine, "LookUp", degrees=0.25)["errorMessage"]


def test_crouching_lowers_the_camera_alone(engine):
    standing = step(engine, "Pass")["cameraPosition"]["y"]
    assert standing == pytest.approx(0.901 + 0.675)
    assert "Already standing" in failure(engine, "Stand")["errorMessage"]
    event = step(engine, "Crouch")
    assert event["cameraPosition"]["y"] == pytest.approx(0.901) and event["agent"]["isStanding"] is False
    assert event["agent"]["position"]["y"] == 0.901
    assert "Already crouching" in failure(engine, "Crouch")["errorMessage"]
    assert step(engine, "Stand")["cameraPosition"]["y"] == standing


# Teleporting


def test_a_teleport_comes_down_to_the_floor_and_keeps_what_is_not_given(engine):
    event = step(engine, "TeleportFull", x=3.0, y=0.95, z=1.0, rotation={"y": 450}, horizon=30, standing=False)
    assert place(event) == (3.0, 0.901, 1.0) and event["agent"]["rotation"] == {"x": 0.0, "y": 90.0, "z": 0.0}
    event = step(engine, "Teleport", horizon=10)
    assert event["agent"]["cameraHorizon"] == 10 and place(event) == (3.0, 0.901, 1.0)
    assert event["agent"]["isStanding"] is False and event["agent"]["rotation"]["y"] == 90


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"position": {"x": 2.25, "y": 1.0, "z": 2.0}}, "too large a change(0.099 > 0.05) in the y component"),
        ({"position": {"x": 2000, "y": 0, "z": 9000}}, "out of scene bounds"),
        ({"position": {"x": 2.0, "y": 0.901, "z": 4.0}}, f"Collided with: {BED}."),
        ({"position": {"x": 0.0, "y": 0.901, "z": 2.0}}, "Collided with: wall|2|0.00|0.00|0.00|5.00."),
        ({"position": {"x": 2.3, "y": 0.901, "z": 2.0}}, "is not on the grid of size 0.25"),
        ({"horizon": 60.1}, "Each horizon must be in [-30:60]. You gave 60.1"),
        ({"horizon": -31}, "Each horizon must be in [-30:60]"),
        ({"rotation": {"x": 5, "y": 90, "z": 0}}, "No agents currently can change in pitch or roll"),
    ],
)
def test_a_pose_that_cannot_be_is_refused_and_the_agent_stays(engine, change, words):
    event = failure(engine, "TeleportFull", **{**POSE, **change})
    assert words in event["errorMessage"] and event["errorCode"] is None


def test_force_puts_the_agent_anywhere(engine):
    event = step(engine, "Teleport", position={"x": 2.0, "y": 1.4, "z": 4.0}, horizon=80, forceAction=True)
    assert place(event) == (2.0, 1.4, 4.0) and event["agent"]["cameraHorizon"] == 80


def test_off_the_grid_one_may_go_anywhere_when_not_snapping(engine):
    step(engine, "Initialize", snapToGrid=False)
    assert place(step(engine, "Teleport", position={"x": 2.31, "y": 0.9, "z": 1.87})) == (2.31, 0.901, 1.87)


def test_in_an_empty_scene_there_is_nowhere_to_go():
    engine = ActionEngine()
    assert "out of scene bounds" in failure(engine, "TeleportFull", **POSE)["errorMessage"]
    assert "Scene bounds" in failure(engine, "MoveAhead")["errorMessage"]
    assert "There is no house" in failure(engine, "GetReachablePositions")["errorMessage"]


# The locobot


@pytest.fixture
def locobot(engine) -> ActionEngine:
    step(engine, "Initialize", agentMode="locobot", applyActionNoise=False)
    return engine


def test_the_locobot_is_low_has_a_narrow_view_and_no_stance(locobot):
    event = step(locobot, "Pass")
    assert event["fov"] == 60 and event["agent"]["isStanding"] is None
    assert event["cameraPosition"]["y"] == pytest.approx(0.901 - 0.0312)
    pose = {key: value for key, value in POSE.items() if key != "standing"}
    assert step(locobot, "TeleportFull", **pose) and step(locobot, "Teleport", horizon=10)
    for action in ("TeleportFull", "Teleport"):
        assert failure(locobot, action, **POSE)["errorCode"] == "InvalidArgument"
    assert failure(locobot, "Crouch")["errorCode"] == "InvalidAction"


def test_the_locobot_goes_ahead_and_back_and_passes_under_nothing_taller(locobot):
    assert place(step(locobot, "MoveBack")) == pytest.approx((2.25, 0.901, 1.75))
    assert "horizontal movement" in failure(locobot, "MoveLeft")["errorMessage"]
    assert step(locobot, "RotateRight", degrees=37)["agent"]["rotation"]["y"] == 37
    assert "degrees == 0" in failure(locobot, "LookUp", degrees=10)["errorMessage"]
    points = step(locobot, "GetReachablePositions")["actionReturn"]
    assert len(points) > 401
    poses = step(locobot, "GetInteractablePoses", objectId=PLANT, maxPoses=3)["actionReturn"]
    assert all("standing" not in pose for pose in poses)


def test_the_locobots_noise_follows_from_the_seed(engine):
    def walk(seed: int) -> tuple[float, float, float]:
        step(engine, "Initialize", agentMode="locobot", movementGaussianSigma=0.02)
        step(engine, "SetRandomSeed", seed=seed)
        step(engine, "Teleport", position=START, rotation={"y": 180}, horizon=0)
        step(engine, "RotateRight")
        step(engine, "RotateLeft")
        return place(step(engine, "MoveAhead"))

    assert walk(41) == walk(41) != walk(42)
    assert walk(41) == pytest.approx((2.25, 0.901, 1.75), abs=0.1)


# The metadata


def test_an_event_has_every_key_of_the_real_schema(engine):
    event = step(engine, "Pass")
    assert event["actionFloatReturn"] == 0.0 and event["actionIntReturn"] == 0 and event["agentId"] == 0
    for name in ("actionFloatsReturn", "distances", "isOpenableGrid", "objectIdsInBox", "inventoryObjects", "normals"):
        assert event[name] == []
    assert event["arm"] is None and event["colors"] is None and event["visibleRange"] is None
    assert event["isSceneAtRest"] is True and event["sceneName"] == "Procedural" and event["depthFormat"] == "Meters"
    assert "reachablePositions" not in event and "hand" not in event
    assert event["agent"].keys() == {
        "name", "position", "rotation", "cameraHorizon", "isStanding", "inHighFrictionArea",
    }  # fmt: skip
    assert event["heldObjectPose"].keys() == {"position", "rotation", "localPosition", "localRotation"}
    assert json.loads(json.dumps(event)) == event


def test_the_bounds_of_the_scene_contain_it(engine):
    bounds = step(engine, "Pass")["sceneBounds"]
    assert bounds["center"] == {"x": 4.0, "y": 1.35, "z": 2.5} and bounds["size"] == {"x": 8.0, "y": 2.7, "z": 5.0}
    assert bounds["cornerPoints"][0] == [8.0, 2.7, 5.0] and bounds["cornerPoints"][-1] == [0.0, 0.0, 0.0]
    assert len(bounds["cornerPoints"]) == 8
    assert step(engine, "GetSceneBounds")["actionReturn"] == bounds


def test_time_goes_on_with_every_action_that_is_done_or_refused(engine):
    times = [step(engine, "Pass")["currentTime"], failure(engine, "LookUp", degrees=90)["currentTime"]]
    assert times[1] > times[0]


# With something in its hand


@pytest.fixture
def carrying(engine) -> ActionEngine:
    """At the table, with the vase that was on it."""
    at_table = {"position": {"x": 4.75, "y": 0.901, "z": 1.5}, "rotation": {"y": 90}, "horizon": 30}
    step(engine, "TeleportFull", **{**POSE, **at_table})
    step(engine, "PickupObject", objectId="small|3|0")
    return engine


def test_what_is_held_goes_and_turns_with_the_agent(carrying):
    before = step(carrying, "Pass")["heldObjectPose"]["position"]
    after = step(carrying, "MoveBack")["heldObjectPose"]["position"]
    assert after["x"] == pytest.approx(before["x"] - 0.25) and after["y"] == before["y"]
    assert step(carrying, "Pass")["inventoryObjects"] == [{"objectId": "small|3|0", "objectType": "Vase"}]
    held = next(item for item in step(carrying, "RotateRight")["objects"] if item["objectId"] == "small|3|0")
    assert held["isPickedUp"] and held["position"]["z"] < 1.5


def test_what_is_held_can_be_in_the_way_unless_forced(carrying):
    step(carrying, "Teleport", position={"x": 3.75, "y": 0.901, "z": 1.0}, rotation={"y": 0})
    event = failure(carrying, "RotateRight")
    assert event["errorMessage"].startswith("a held item: small|3|0 with something if agent rotates Right 90")
    assert (
        "Cannot teleport due to hand object collision"
        in failure(carrying, "Teleport", rotation={"y": 90})["errorMessage"]
    )
    assert step(carrying, "RotateRight", forceAction=True)["agent"]["rotation"]["y"] == 90
    step(carrying, "Teleport", rotation={"y": 0})
    step(carrying, "RotateLeft")
    assert len(step(carrying, "GetReachablePositions")["actionReturn"]) > 100
