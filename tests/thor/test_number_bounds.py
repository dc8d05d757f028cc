"""Numbers beyond their bounds: refused in one line that says the bound, and nothing has changed."""

from __future__ import annotations

import math

import pytest

from tests.thor.acting import BED, POSE, START, TABLE, engine_in_two_rooms, failure, step
from tests.thor.two_rooms_client import HOUSE, SETTINGS, vector

NAN, INFINITE = math.nan, math.inf
REFUSED = [
    ("Initialize", {"gridSize": 0}, "(0,5]"),
    ("Initialize", {"gridSize": -0.25}, "(0,5]"),
    ("Initialize", {"gridSize": 5.01}, "(0,5]"),
    ("Initialize", {"gridSize": 1e30}, "(0,5]"),
    ("Initialize", {"gridSize": 0, "agentMode": "locobot"}, "(0,5]"),
    ("Initialize", {"gridSize": NAN}, "finite"),
    ("Initialize", {"gridSize": INFINITE}, "finite"),
    ("Initialize", {"gridSize": "wide"}, "gridSize"),
    ("GetReachablePositions", {"gridSize": 0}, "(0,5]"),
    ("GetReachablePositions", {"gridSize": 6}, "(0,5]"),
    ("GetReachablePositions", {"gridSize": NAN}, "finite"),
    ("Initialize", {"fieldOfView": -1}, "(0, 180)"),
    ("Initialize", {"fieldOfView": 180}, "(0, 180)"),
    ("Initialize", {"fieldOfView": INFINITE}, "finite"),
    ("Initialize", {"visibilityDistance": -1}, "visibilityDistance must be > 0"),
    ("Initialize", {"visibilityDistance": NAN}, "finite"),
    ("Initialize", {"cameraNearPlane": -0.1}, "cameraNearPlane must be > 0"),
    ("Initialize", {"cameraNearPlane": 2, "cameraFarPlane": 1}, "near < far"),
    ("Initialize", {"cameraFarPlane": 0.05}, "near < far"),
    ("Initialize", {"rotateStepDegrees": 0}, "rotateStepDegrees"),
    ("Initialize", {"rotateStepDegrees": -90}, "rotateStepDegrees"),
    ("Initialize", {"maxUpwardLookAngle": -1}, "maxUpwardLookAngle"),
    ("Initialize", {"maxDownwardLookAngle": 1e9}, "at most 90"),
    ("ChangeResolution", {"x": 0, "y": 100}, "1 to 4096"),
    ("ChangeResolution", {"x": 100, "y": 10**6}, "1 to 4096"),
    ("ChangeResolution", {"x": "wide", "y": 100}, "invalid argument"),
    ("ChangeResolution", {"x": NAN, "y": 100}, "x"),
    ("RotateLook", {"horizon": 1000}, "[-90:90]"),
    ("TeleportFull", {**POSE, "horizon": 1e9, "forceAction": True}, "[-90:90]"),
    ("Teleport", {"horizon": -91, "forceAction": True}, "[-90:90]"),
    ("Teleport", {"horizon": NAN}, "finite"),
    ("Teleport", {"position": {**START, "x": NAN}}, "finite"),
    ("Teleport", {"position": {**START, "z": "there"}}, "finite"),
    ("LookUp", {"degrees": -30}, "positive degree"),
    ("LookDown", {"degrees": INFINITE}, "finite"),
    ("RotateRight", {"degrees": NAN}, "finite"),
    ("RotateRight", {"degrees": "far"}, "invalid argument"),
    ("MoveAhead", {"moveMagnitude": 0}, "must be > 0"),
    ("MoveAhead", {"moveMagnitude": 1e30}, "Scene bounds"),
    ("GetInteractablePoses", {"objectId": BED, "maxDistance": 0}, "maxDistance"),
    ("GetInteractablePoses", {"objectId": BED, "horizons": [61]}, "[-30:60]"),
    ("PositionsFromWhichItemIsInteractable", {"objectId": BED, "horizon": 90}, "[-30:60]"),
    ("GetVisibleObjects", {"maxDistance": -2}, "maxDistance must be > 0"),
    ("GetVisibleObjects", {"maxDistance": NAN}, "finite"),
    ("GetVisibleObjects", {"thirdPartyCameraIndex": -1}, "thirdPartyCameraIndex"),
    ("ProportionOfObjectVisible", {"objectId": BED, "thirdPartyCameraIndex": 10**12}, "whole number"),
    ("GetApproxObjectMask", {"objectId": BED, "divisions": -3}, "divisions"),
    ("GetApproxObjectMask", {"objectId": BED, "divisions": 101}, "at most 100"),
    ("PerformRaycast", {"origin": START, "destination": {**START, "x": INFINITE}}, "finite"),
    ("PerformRaycast", {"origin": {**START, "x": -3e38}, "destination": {**START, "x": 3e38}}, "hit no sim object"),
    ("ObjectNavExpertAction", {"position": {**START, "x": NAN}}, "finite"),
    ("ObjectNavExpertAction", {"position": {**START, "x": 1e30}}, "Could not find path"),
    ("OpenObject", {"objectId": "door|2|3", "openness": 1.01, "forceAction": True}, "[0:1]"),
    ("OpenObject", {"objectId": "door|2|3", "openness": NAN, "forceAction": True}, "finite"),
    ("AddThirdPartyCamera", {"position": START, "rotation": START, "fieldOfView": 0}, "0 < fieldOfView < 180"),
    ("GetObjectInFrame", {"x": 1.01, "y": 0}, "[0:1]"),
    ("GetCoordinateFromRaycast", {"x": 0, "y": -0.01}, "[0:1]"),
    ("AdvancePhysicsStep", {"timeStep": 1}, "0.05"),
    ("PlaceObjectAtPoint", {"objectId": TABLE, "position": {**START, "x": 1e30}}, "scene bounds"),
]


@pytest.fixture(scope="module")
def engine():
    return engine_in_two_rooms()


@pytest.mark.parametrize(("action", "arguments", "words"), REFUSED)
def test_a_number_beyond_its_bounds_is_refused_in_one_line(engine, action, arguments, words):
    message = failure(engine, action, **arguments)["errorMessage"]
    assert words in message and "trace:" not in message and "\n" not in message


@pytest.mark.parametrize("step_deg", [2.0**-60, 2.0**-20])
def test_tiny_turns_neither_hang_nor_fill_the_memory(step_deg):
    engine = engine_in_two_rooms()
    step(engine, "Initialize", rotateStepDegrees=step_deg, snapToGrid=False)
    for action in ("GetInteractablePoses", "ObjectNavExpertAction"):
        event = engine.run(action, {"objectId": BED})
        assert not event["lastActionSuccess"] and "Too many" in event["errorMessage"]


@pytest.mark.parametrize("grid_m", [0, -1, 7, NAN, INFINITE, "wide"])
def test_the_client_is_told_of_a_bad_grid_and_goes_on_with_a_good_one(thor_client, grid_m):
    with pytest.raises((RuntimeError, ValueError), match="grid"):
        thor_client.reset(scene=HOUSE, **{**SETTINGS, "gridSize": grid_m})
    event = thor_client.reset(scene=HOUSE, **{**SETTINGS, "gridSize": 0.5})
    place = {"position": vector(2.5, 0.901, 2.0), "rotation": vector(0, 0, 0)}
    assert event and thor_client.step("TeleportFull", **place, horizon=0, standing=True)
    assert len(thor_client.step("GetReachablePositions").metadata["actionReturn"]) > 10
