"""Where the agent can go, on which ways, and what it sees from there."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from tests.thor.acting import BED, PLANT, POSE, START, TABLE, engine_in_two_rooms, failure, step
from tst_sim.placement.freespace import disc_clearance, obstacles_on_foot, stands_free
from tst_sim.thor.actions.engine import ActionEngine
from tst_sim.thor.actions.visibility import seen, visible_objects


@pytest.fixture
def engine() -> ActionEngine:
    return engine_in_two_rooms()


# Where it can go


def test_reachable_positions_start_with_the_agent_and_are_free(engine):
    points = step(engine, "GetReachablePositions")["actionReturn"]
    assert points[0] == START and len(points) == 401
    places = np.array([(point["x"], point["z"]) for point in points])
    assert stands_free(places, obstacles_on_foot(engine.world.scene)).all() and places[:, 0].max() > 7


def test_the_grid_may_be_finer_coarser_or_lie_as_the_agent_does(engine):
    fine = step(engine, "GetReachablePositions", gridSize=0.1)["actionReturn"]
    coarse = step(engine, "GetReachablePositions", gridSize=0.5)["actionReturn"]
    assert len(fine) > 4 * 401 and len(coarse) < 401 / 3
    step(engine, "RotateRight", degrees=30)
    turned = step(engine, "GetReachablePositions", directionsRelativeAgent=True)["actionReturn"]
    offsets = np.array([(point["x"] - 2.25, point["z"] - 2.0) for point in turned])
    along = offsets @ [math.sin(math.radians(30)), math.cos(math.radians(30))] / 0.25
    np.testing.assert_allclose(along, np.round(along), atol=1e-9)
    assert len(turned) > 200 and abs(offsets[:, 0] / 0.25 - np.round(offsets[:, 0] / 0.25)).max() > 0.1


def test_too_many_steps_and_impossible_grids_are_refused(engine):
    words = "Too many steps taken in GetReachablePositions"
    assert words in failure(engine, "GetReachablePositions", maxStepCount=5)["errorMessage"]
    assert words in failure(engine, "GetReachablePositions", gridSize=1e-4)["errorMessage"]
    for grid in (0, -1, 5.5):
        assert "grid size" in failure(engine, "GetReachablePositions", gridSize=grid)["errorMessage"]


def test_a_shortest_path_leads_through_the_door_and_touches_nothing(engine):
    target = {"x": 7.0, "y": 0.0, "z": 1.0}
    path = step(engine, "GetShortestPathToPoint", target=target)["actionReturn"]
    corners = np.array([(corner["x"], corner["z"]) for corner in path["corners"]])
    assert path["status"] == "PathComplete" and corners[0].tolist() == [2.25, 2.0] and corners[-1].tolist() == [7, 1]
    lengths = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    door, table = np.array([4.0, 3.6]), np.array([6.9, 2.5])
    straight = np.linalg.norm(door - [2.25, 2.0]) + np.linalg.norm(table - door) + np.linalg.norm([7.0, 1.0] - table)
    assert np.linalg.norm([4.75, -1.0]) < lengths.sum() < 1.15 * straight
    obstacles = obstacles_on_foot(engine.world.scene)
    for start, end in pairwise(corners):
        between = start + np.linspace(0, 1, 200)[:, None] * (end - start)
        assert disc_clearance(between, obstacles).min() > 0.199 - 0.002


def test_a_free_stretch_is_one_line_and_where_nothing_leads_there_is_no_path(engine):
    path = step(engine, "GetShortestPathToPoint", x=3.25, y=0, z=1.0)["actionReturn"]["corners"]
    assert path == [{"x": 2.25, "y": 0.0, "z": 2.0}, {"x": 3.25, "y": 0.0, "z": 1.0}]
    outside = {"x": 20, "y": 0, "z": 20}
    assert "Could not find path" in failure(engine, "GetShortestPathToPoint", target=outside)["errorMessage"]


def test_a_path_to_an_object_ends_where_it_can_be_seen(engine):
    path = step(engine, "GetShortestPath", objectType="DiningTable", position=START)["actionReturn"]["corners"]
    by_id = step(engine, "GetShortestPath", objectId=TABLE)["actionReturn"]["corners"]
    assert path == by_id
    end = path[-1]
    step(engine, "Teleport", position={**end, "y": 0.901})
    yaw = math.degrees(math.atan2(5.9 - end["x"], 1.6 - end["z"])) % 360
    step(engine, "Teleport", rotation={"y": yaw}, horizon=30)
    assert TABLE in visible_objects(engine.world)
    assert "No object of type" in failure(engine, "GetShortestPath", objectType="Fridge")["errorMessage"]
    assert "not the objectId on any object" in failure(engine, "GetShortestPath", objectId="nobody")["errorMessage"]


def test_interactable_poses_are_poses_from_which_the_object_is_visible(engine):
    poses = step(engine, "GetInteractablePoses", objectId=PLANT)["actionReturn"]
    assert len(poses) > 50 and poses[0].keys() == {"x", "y", "z", "rotation", "standing", "horizon"}
    for pose in poses[::9]:
        event = step(engine, "TeleportFull", **{**pose, "rotation": {"y": pose["rotation"]}})
        assert next(item for item in event["objects"] if item["objectId"] == PLANT)["visible"], pose


def test_interactable_poses_keep_to_what_is_asked(engine):
    few = step(engine, "GetInteractablePoses", objectId=PLANT, maxPoses=7)["actionReturn"]
    assert len(few) == 7
    chosen = {"rotations": [180, 225], "horizons": [0, 30], "standings": [True]}
    poses = step(engine, "GetInteractablePoses", objectId=PLANT, **chosen)["actionReturn"]
    assert {pose["rotation"] for pose in poses} == {180, 225} and {pose["standing"] for pose in poses} == {True}
    assert {pose["horizon"] for pose in poses} <= {0, 30}
    near = step(engine, "GetInteractablePoses", objectId=PLANT)["actionReturn"]
    far = step(engine, "GetInteractablePoses", objectId=PLANT, maxDistance=3)["actionReturn"]
    assert len(far) > 1.5 * len(near)
    assert (
        step(engine, "GetInteractablePoses", objectId=PLANT, positions=[{"x": 7, "y": 0.9, "z": 2}])["actionReturn"]
        == []
    )
    step(engine, "Initialize", snapToGrid=False, rotateStepDegrees=2**-6)
    assert "Too many poses" in failure(engine, "GetInteractablePoses", objectId=PLANT)["errorMessage"]
    for wrong in ({"maxPoses": 0}, {"maxDistance": -1}, {"horizons": [70]}, {"rotations": []}):
        failure(engine, "GetInteractablePoses", objectId=PLANT, **wrong)


@pytest.mark.parametrize("far", [1e38, -3e10, 1e5])
def test_an_agent_that_was_forced_far_away_still_gets_answers(engine, far):
    away = {"position": {"x": far, "y": far, "z": -far}, "forceAction": True}
    assert step(engine, "Teleport", **away)["agent"]["position"]["x"] == far
    for action in ("GetReachablePositions", "MoveAhead", "GetObjectInFrame", "GetCoordinateFromRaycast"):
        where = {"x": 0.5, "y": 0.5} if action.startswith(("GetObject", "GetCoord")) else {}
        assert "trace" not in engine.run(action, where)["errorMessage"]
    assert engine.run("GetInteractablePoses", {"objectId": BED})["actionReturn"] in (None, [])
    failure(engine, "GetShortestPath", objectId=BED)
    assert step(engine, "TeleportFull", **POSE)["agent"]["position"] == START


# What it sees


def test_what_is_near_in_the_picture_and_not_hidden_is_visible(engine):
    step(engine, "Teleport", horizon=30)
    assert visible_objects(engine.world) >= {BED} and TABLE not in visible_objects(engine.world)
    step(engine, "RotateRight")
    assert BED not in visible_objects(engine.world)
    step(engine, "Initialize", visibilityDistance=8)
    at_plant = {"position": {"x": 1.25, "y": 0.901, "z": 2.0}, "rotation": {"y": 180}, "horizon": 30}
    step(engine, "TeleportFull", **{**POSE, **at_plant})
    assert PLANT in visible_objects(engine.world) and TABLE not in visible_objects(engine.world)


def test_the_distance_scheme_counts_near_points_alone(engine):
    step(engine, "Teleport", position={"x": 2.0, "y": 0.901, "z": 2.5})
    step(engine, "Initialize", visibilityDistance=0.6)
    assert BED in visible_objects(engine.world)
    step(engine, "Initialize", visibilityDistance=0.6, visibilityScheme="Distance")
    assert BED not in visible_objects(engine.world)


def test_walls_hide_and_open_doors_do_not(engine):
    step(engine, "Initialize", visibilityDistance=6)
    step(engine, "TeleportFull", **{**POSE, "position": {"x": 3.5, "y": 0.901, "z": 1.5}, "rotation": {"y": 90}})
    assert TABLE not in visible_objects(engine.world)
    step(engine, "Teleport", position={"x": 3.5, "y": 0.901, "z": 3.5})
    assert seen(engine.world).interactable >= {"3|1"}
