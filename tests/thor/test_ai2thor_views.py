"""What AI2-THOR promises of images, colors and cameras, asked of our player through the real, unmodified client."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from tests.thor.two_rooms_client import BED, HERE, HOUSE, POSE, TABLE, agent, vector

CAMERA = {"position": {"x": 1.2, "y": 2.3, "z": 3.4}, "rotation": {"x": 30, "y": 40, "z": 50}}

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


# Colors


def test_colors_are_the_first_bytes_of_md5(controller):
    event = controller.reset(scene=HOUSE, renderInstanceSegmentation=True, renderSemanticSegmentation=True)
    for name in (BED, "Bed", TABLE, "Television"):
        assert tuple(event.object_id_to_color[name]) == tuple(hashlib.md5(name.encode()).digest()[:3])
        assert event.color_to_object_id[event.object_id_to_color[name]] == name


@pytest.mark.parametrize("flag", ["renderSemanticSegmentation", "renderInstanceSegmentation"])
def test_a_class_has_its_color_with_either_segmentation(controller, flag):
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


def test_a_size_without_orthographic_and_a_color_that_is_none_are_refused(controller):
    assert not controller.step("AddThirdPartyCamera", **CAMERA, orthographicSize=2.0)
    assert not controller.step("AddThirdPartyCamera", **CAMERA, skyboxColor="no color")
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
