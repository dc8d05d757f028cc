"""Third-party cameras, the view from above, and rays through the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.thor.acting import engine_in_two_rooms, failure, step
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.thor.actions.cameras import color_of
from tst_sim.thor.actions.dispatch import ActionFailed
from tst_sim.thor.actions.engine import ActionEngine
from tst_sim.thor.actions.raycast import pixel_ray

PLACE, TURN = {"x": 1.2, "y": 2.3, "z": 3.4}, {"x": 30, "y": 40, "z": 50}


@pytest.fixture
def engine() -> ActionEngine:
    return engine_in_two_rooms()


def why_not(engine: ActionEngine, action: str, **arguments: Any) -> str:
    """The message of an ordinary failure."""
    event = failure(engine, action, **arguments)
    assert event["errorCode"] is None
    return event["errorMessage"]


def test_a_camera_is_where_and_as_it_was_asked_for(engine):
    event = step(engine, "AddThirdPartyCamera", position=PLACE, rotation=TURN, fieldOfView=45)
    assert event["thirdPartyCameras"] == [
        {"thirdPartyCameraId": 0, "position": PLACE, "rotation": TURN, "fieldOfView": 45.0}
    ]
    assert step(engine, "Reset")["thirdPartyCameras"] == []


def test_an_update_keeps_what_it_does_not_name(engine):
    step(engine, "AddThirdPartyCamera", position=PLACE, rotation=TURN, fieldOfView=45, skyboxColor="white")
    event = step(engine, "UpdateThirdPartyCamera", position={"x": 3.2, "z": 5}, rotation={"y": 90}, fieldOfView=55)
    camera = event["thirdPartyCameras"][0]
    assert camera["position"] == {"x": 3.2, "y": 2.3, "z": 5} and camera["rotation"] == {"x": 30, "y": 90, "z": 50}
    assert camera["fieldOfView"] == 55 and engine.world.cameras[0].sky_color == (1, 1, 1)
    assert step(engine, "UpdateThirdPartyCamera", rotation={"x": -30})["thirdPartyCameras"][0]["rotation"]["x"] == 330


@pytest.mark.parametrize("fov", [-1, 0, 180, 181])
def test_a_field_of_view_outside_0_to_180_is_refused(engine, fov):
    assert "fieldOfView" in why_not(engine, "AddThirdPartyCamera", position=PLACE, rotation=TURN, fieldOfView=fov)
    step(engine, "AddThirdPartyCamera", position=PLACE, rotation=TURN)
    assert "fieldOfView" in why_not(engine, "UpdateThirdPartyCamera", fieldOfView=fov, position={"x": 9})


def test_a_camera_that_is_not_there_cannot_be_updated(engine):
    step(engine, "AddThirdPartyCamera", position=PLACE, rotation=TURN)
    for number in (-1, 1):
        assert f"thirdPartyCameraId: {number}" in why_not(engine, "UpdateThirdPartyCamera", thirdPartyCameraId=number)


def test_an_orthographic_size_needs_an_orthographic_camera(engine):
    here = {"position": PLACE, "rotation": TURN}
    assert "orthographicSize" in why_not(engine, "AddThirdPartyCamera", orthographicSize=3, **here)
    step(engine, "AddThirdPartyCamera", orthographic=True, orthographicSize=3, **here)
    step(engine, "AddThirdPartyCamera", orthographic=True, **here)
    assert [camera.orthographic_size_m for camera in engine.world.cameras] == [3.0, 5.0]
    assert "orthographicSize" in why_not(engine, "UpdateThirdPartyCamera", orthographicSize=2)
    step(engine, "UpdateThirdPartyCamera", fieldOfView=50)
    assert engine.world.cameras[0].orthographic_size_m == 3
    step(engine, "UpdateThirdPartyCamera", orthographic=False)
    assert engine.world.cameras[0].orthographic_size_m is None
    assert "must be > 0" in why_not(engine, "AddThirdPartyCamera", orthographic=True, orthographicSize=-1, **here)


def test_clipping_planes_are_set_and_go_back_to_the_agents(engine):
    here = {"position": PLACE, "rotation": TURN}
    step(engine, "AddThirdPartyCamera", nearClippingPlane=0.5, farClippingPlane=50, **here)
    assert (engine.world.cameras[0].near_m, engine.world.cameras[0].far_m) == (0.5, 50)
    step(engine, "UpdateThirdPartyCamera", position={"x": 1})
    assert (engine.world.cameras[0].near_m, engine.world.cameras[0].far_m) == (None, None)
    assert "farClippingPlane" in why_not(engine, "UpdateThirdPartyCamera", nearClippingPlane=3, farClippingPlane=2)
    assert "nearClippingPlane" in why_not(engine, "UpdateThirdPartyCamera", nearClippingPlane=0)


def test_colors_are_read_as_unity_reads_them(engine):
    assert color_of("white") == (1, 1, 1) and color_of("Black") == (0, 0, 0) and color_of("default") is None
    assert color_of("#f00") == (1, 0, 0) and color_of("#00ff0080") == (0, 1, 0)
    assert color_of("orange") == pytest.approx((1, 165 / 255, 0))
    for nonsense in ("whitish", "#12345", "ff0000", "#gggggg", ""):
        with pytest.raises(ActionFailed, match="Invalid skyboxColor"):
            color_of(nonsense)
    here = {"position": PLACE, "rotation": TURN}
    assert "Invalid skyboxColor" in why_not(engine, "AddThirdPartyCamera", skyboxColor="whitish", **here)


def test_the_map_view_has_the_whole_house_in_it_and_fits_a_camera(engine):
    view = step(engine, "GetMapViewCameraProperties")["actionReturn"]
    assert view["position"] == {"x": 4.0, "y": 2.7, "z": 2.5} and view["rotation"] == {"x": 90, "y": 0, "z": 0}
    assert view["orthographic"] is True and view["orthographicSize"] == 4
    event = step(engine, "AddThirdPartyCamera", **view)
    assert event["thirdPartyCameras"][0]["position"] == view["position"]
    assert engine.world.cameras[0].orthographic_size_m == 4


def test_toggling_the_map_lifts_the_agents_camera_and_puts_it_back(engine):
    before = step(engine, "Pass")
    above = step(engine, "ToggleMapView")
    assert above["cameraPosition"] == {"x": 4.0, "y": 2.7, "z": 2.5} and above["cameraOrthSize"] == 4
    assert above["agent"]["position"] == before["agent"]["position"]
    back = step(engine, "ToggleMapView")
    assert back["cameraPosition"] == before["cameraPosition"] and back["cameraOrthSize"] == -1


# Rays through the picture


def test_the_middle_of_the_picture_is_what_is_straight_ahead(engine):
    step(engine, "RotateLeft")
    step(engine, "Teleport", position={"x": 3.0, "y": 0.901, "z": 2.0})
    hit = step(engine, "GetCoordinateFromRaycast", x=0.5, y=0.5)["actionReturn"]
    assert (hit["x"], hit["y"], hit["z"]) == pytest.approx((0.0, 1.576, 2.0), abs=0.01)
    higher = step(engine, "GetCoordinateFromRaycast", x=0.5, y=0.4)["actionReturn"]
    assert higher["y"] == pytest.approx(1.576 + 0.2 * 3.0, abs=0.01)
    assert step(engine, "GetObjectInFrame", x=0.5, y=0.5)["actionReturn"] == "wall|2|0.00|0.00|0.00|5.00"


@pytest.mark.parametrize(("x", "y"), [(1.5, 0.5), (1.1, 0.3), (-0.1, 0.8), (-0.5, -0.3), (0.5, 1.0001)])
def test_places_outside_the_picture_are_refused(engine, x, y):
    assert "must be in [0:1]" in why_not(engine, "GetCoordinateFromRaycast", x=x, y=y)
    assert "must be in [0:1]" in why_not(engine, "GetObjectInFrame", x=x, y=y)


def test_rays_through_boxes_find_the_bed_the_floor_and_no_ceiling(engine):
    step(engine, "Teleport", position={"x": 2.0, "y": 0.901, "z": 2.0}, horizon=30)
    assert step(engine, "GetObjectInFrame", x=0.5, y=0.5)["actionReturn"] == "2|0"
    assert step(engine, "GetObjectInFrame", x=0.5, y=0.95)["actionReturn"] == "room|2"
    assert "not currently Visible" in why_not(engine, "GetObjectInFrame", x=0.5, y=0.95, checkVisible=True)
    assert step(engine, "GetObjectInFrame", x=0.5, y=0.5, checkVisible=True)["actionReturn"] == "2|0"


def test_with_eyes_rays_agree_with_what_is_drawn(engine):
    live_scene = LiveScene()
    live_scene.load(engine.world.house)
    step(engine, "Teleport", position={"x": 2.0, "y": 0.901, "z": 2.0}, horizon=30)
    live_scene.set_objects(engine.world.placed())
    engine.world.ray_caster = live_scene
    for x, y in ((0.5, 0.5), (0.31, 0.42), (0.72, 0.6), (0.1, 0.9)):
        origin, direction = pixel_ray(engine.world, x, y)
        numbers, distances = live_scene.cast_rays(origin, direction[None])
        name = live_scene.object_ids[int(numbers[0])]
        assert step(engine, "GetObjectInFrame", x=x, y=y)["actionReturn"] == name
        hit = step(engine, "GetCoordinateFromRaycast", x=x, y=y)["actionReturn"]
        assert [hit[axis] for axis in "xyz"] == pytest.approx((origin + direction * distances[0]).tolist())
    step(engine, "Teleport", horizon=-30)
    assert "no sim objects found at (0.5,0.01)" in why_not(engine, "GetObjectInFrame", x=0.5, y=0.01)


def test_a_wide_picture_sees_farther_to_the_sides_not_up(engine):
    step(engine, "ChangeResolution", x=600, y=300)
    _, direction = pixel_ray(engine.world, 1.0, 0.0)
    assert direction / direction[2] == pytest.approx([2.0, 1.0, 1.0])
    assert np.linalg.norm(direction) == pytest.approx(1)
