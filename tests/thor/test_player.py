"""Our player under AI2-THOR's own client: events, pictures and both ways to carry them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai2thor.controller import Controller
from ai2thor.fifo_server import FifoServer
from ai2thor.wsgi_server import WsgiServer

import tst_sim.thor
from tst_sim import __version__
from tst_sim.embedded.simulator import ENGINE_VERSION, EmbeddedSimulator
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import RENDERED
from tst_sim.thor.actions.structure_metadata import thor_object_id

HOUSE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "two_rooms_1.0.0.json").read_text())
WIDTH, HEIGHT = 120, 80
ALL_IMAGES = {
    "renderDepthImage": True,
    "renderNormalsImage": True,
    "renderInstanceSegmentation": True,
    "renderSemanticSegmentation": True,
}
SERVERS = {"FIFO": FifoServer, "WSGI": WsgiServer}
TWENTY = (
    *("MoveAhead", "RotateRight", "MoveBack", "LookDown", "LookUp", "RotateLeft", "MoveLeft", "MoveRight", "Pass"),
    *("Done", "Crouch", "Stand", "GetReachablePositions", "RotateRight", "MoveAhead", "RotateRight", "MoveAhead"),
    *("GetMapViewCameraProperties", "ResetObjectFilter", "Pass"),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pytest.MonkeyPatch]:
    """A home folder of its own for the client's files, and an environment that it starts players in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("DISPLAY", "")
        patch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        yield patch


def start(**settings: Any) -> Controller:
    sized = {"width": WIDTH, "height": HEIGHT, "scene": HOUSE, **settings}
    player = tst_sim.thor.executable()
    return Controller(local_executable_path=player, x_display=":0", server_timeout=60, server_start_timeout=60, **sized)


@pytest.fixture(scope="module", params=sorted(SERVERS))
def either(request: pytest.FixtureRequest, home: pytest.MonkeyPatch) -> Iterator[Controller]:
    """A client by pipes and one by HTTP, all images on."""
    with start(server_class=SERVERS[request.param], **ALL_IMAGES) as controller:
        yield controller


@pytest.fixture(scope="module")
def by_pipes(home: pytest.MonkeyPatch) -> Iterator[Controller]:
    """A client by pipes whose settings and cameras a test may change: it resets first."""
    with start() as controller:
        yield controller


def enter(controller: Controller, **settings: Any) -> Any:
    """The house anew, with the agent in the middle of its first room, facing along z."""
    controller.reset(scene=HOUSE, **settings)
    place = {"position": {"x": 2, "y": 0.9, "z": 2.5}, "rotation": {"x": 0, "y": 0, "z": 0}, "horizon": 0}
    return controller.step(action="TeleportFull", standing=True, raise_for_failure=True, **place)


def md5_color(tag: str) -> list[int]:
    return list(hashlib.md5(tag.encode()).digest()[:3])


def pose_of(event: Any) -> Pose:
    metadata = event.metadata
    eye = metadata["cameraPosition"]
    return Pose((eye["x"], eye["y"], eye["z"]), metadata["agent"]["rotation"]["y"], metadata["agent"]["cameraHorizon"])


def test_constructor_reset_and_twenty_actions_with_five_modalities(either: Controller) -> None:
    enter(either)
    for action in TWENTY:
        event = either.step(action)
        assert event.metadata["lastAction"] == action
        assert event.metadata["lastActionSuccess"] or event.metadata["errorMessage"]
        assert event.frame.shape == (HEIGHT, WIDTH, 3)
        assert event.depth_frame.shape == (HEIGHT, WIDTH)
        assert event.depth_frame.dtype == np.float32
        assert event.normals_frame.shape == (HEIGHT, WIDTH, 4)
        assert event.instance_segmentation_frame.shape == (HEIGHT, WIDTH, 3)
        assert event.semantic_segmentation_frame.shape == (HEIGHT, WIDTH, 3)
        assert event.instance_masks


def test_pictures_are_those_of_the_embedded_engine(either: Controller, engine: EmbeddedSimulator) -> None:
    event = enter(either)
    engine.load(House.from_json(HOUSE, name="two-rooms-000000"))
    pose, camera = pose_of(event), Intrinsics(WIDTH, HEIGHT, event.metadata["fov"])
    (frame,) = engine.render([pose], list(RENDERED.values()), intrinsics=camera)
    hit = frame["depth"] > 0
    assert np.array_equal(event.frame, frame["rgb"])
    assert np.array_equal(event.depth_frame[hit], frame["depth"][hit])
    assert np.allclose(event.normals_frame[..., :3][hit] / 127.5 - 1, frame["normal"][hit], atol=0.5 / 127.5 + 1e-6)
    names = {row.id: thor_object_id(row.object_id) for row in engine.instances()}
    for number in np.unique(frame["instance"][hit]):
        assert np.array_equal(event.instance_masks[names[number]], frame["instance"] == number)


def test_every_color_is_the_md5_of_its_name_and_every_pixel_has_one(either: Controller) -> None:
    event = enter(either)
    assert all(entry["color"] == md5_color(entry["name"]) for entry in event.metadata["colors"] if "|" in entry["name"])
    seen = {tuple(color) for color in event.instance_segmentation_frame.reshape(-1, 3).tolist()}
    assert seen - {(0, 0, 255)} <= set(event.color_to_object_id)
    types = {row["objectType"] for row in event.metadata["objects"]} | {"Wall", "Floor", "Ceiling"}
    classes = {tuple(color) for color in event.semantic_segmentation_frame.reshape(-1, 3).tolist()}
    assert classes - {(0, 0, 255)} <= {tuple(md5_color(name)) for name in types | {"Window", "Doorway", "Doorframe"}}


def test_class_masks_know_types_whatever_the_ids_begin_with(either: Controller) -> None:
    event = enter(either)
    wall_ids = [name for name in event.instance_masks if name.startswith("wall|")]
    assert wall_ids
    assert np.array_equal(event.class_masks["Wall"], np.any([event.instance_masks[name] for name in wall_ids], axis=0))
    assert event.object_id_to_color["Wall"] == tuple(md5_color("Wall"))


def test_every_event_says_whose_it_is(either: Controller) -> None:
    mark = either.step("Pass").metadata["tstSim"]
    assert (mark["version"], mark["engine"], mark["light"]) == (__version__, ENGINE_VERSION, "fast")
    assert mark["renderer"] in ("cpu", "gl")
    assert either.step("Pass").metadata["depthFormat"] == "Meters"


def test_wrong_actions_and_arguments_raise_in_the_client_and_the_player_goes_on(either: Controller) -> None:
    with pytest.raises(ValueError, match="Invalid action: Fly"):
        either.step("Fly")
    with pytest.raises(ValueError, match="invalid argument"):
        either.step("MoveAhead", sideways=True)
    with pytest.raises(ValueError, match="missing the following arguments"):
        either.step("TeleportFull", x=1.0, y=0.9, z=1.0)
    assert either.step("Pass")


def test_third_party_cameras_come_with_all_modalities(either: Controller) -> None:
    either.reset(scene=HOUSE)
    for yaw in (0, 90):
        event = either.step(
            action="AddThirdPartyCamera", position={"x": 2, "y": 1.5, "z": 2.5}, rotation={"x": 10, "y": yaw, "z": 0}
        )
    assert [camera["rotation"]["y"] for camera in event.metadata["thirdPartyCameras"]] == [0, 90]
    assert [frame.shape for frame in event.third_party_camera_frames] == [(HEIGHT, WIDTH, 3)] * 2
    assert [frame.shape for frame in event.third_party_depth_frames] == [(HEIGHT, WIDTH)] * 2
    assert [frame.shape for frame in event.third_party_normals_frames] == [(HEIGHT, WIDTH, 4)] * 2
    assert len(event.third_party_instance_masks) == len(event.third_party_semantic_segmentation_frames) == 2
    assert not np.array_equal(event.third_party_camera_frames[0], event.third_party_camera_frames[1])


def test_only_what_was_asked_for_is_sent(by_pipes: Controller) -> None:
    event = by_pipes.reset(scene=HOUSE)
    assert event.frame.shape == (HEIGHT, WIDTH, 3)
    assert event.depth_frame is event.normals_frame is event.instance_segmentation_frame is None
    assert event.metadata["colors"] is None
    blind = by_pipes.step("Pass", renderImage=False)
    assert blind and blind.frame is None


def test_ids_on_one_step_are_for_that_step(by_pipes: Controller) -> None:
    by_pipes.reset(scene=HOUSE)
    event = by_pipes.step("Pass", renderInstanceSegmentation=True)
    assert event.instance_segmentation_frame.shape == (HEIGHT, WIDTH, 3)
    assert event.metadata["colors"]
    assert by_pipes.step("Pass").instance_segmentation_frame is None


def test_classes_bring_the_agents_ids_and_no_cameras_ids(by_pipes: Controller) -> None:
    by_pipes.reset(scene=HOUSE, renderSemanticSegmentation=True)
    event = by_pipes.step(
        action="AddThirdPartyCamera", position={"x": 2, "y": 1.5, "z": 2}, rotation={"x": 0, "y": 0, "z": 0}
    )
    assert event.instance_segmentation_frame is not None
    assert len(event.third_party_semantic_segmentation_frames) == 1
    assert event.third_party_instance_segmentation_frames == []
    by_pipes.reset(scene=HOUSE, renderSemanticSegmentation=False)


def test_a_question_is_answered_by_a_patch_and_leaves_pictures_and_objects(by_pipes: Controller) -> None:
    before = enter(by_pipes)
    raw = by_pipes.server.raw_files
    event = by_pipes.step("GetReachablePositions")
    assert by_pipes.server.raw_files is raw
    assert len(event.metadata["actionReturn"]) > 10
    assert event.metadata["objects"] is before.metadata["objects"]
    assert np.array_equal(event.frame, before.frame)


def test_no_patch_when_the_pictures_wanted_are_not_those_that_were_sent(by_pipes: Controller) -> None:
    by_pipes.reset(scene=HOUSE)
    by_pipes.step("Pass", renderImage=False)
    assert by_pipes.step("GetReachablePositions").frame.shape == (HEIGHT, WIDTH, 3)
    by_pipes.reset(scene=HOUSE, fastActionEmit=False)
    raw = by_pipes.server.raw_files
    by_pipes.step("GetReachablePositions")
    assert by_pipes.server.raw_files is not raw
    by_pipes.reset(scene=HOUSE, fastActionEmit=True)


def test_resolution_there_and_back(by_pipes: Controller) -> None:
    first = by_pipes.reset(scene=HOUSE).frame
    assert by_pipes.step("ChangeResolution", x=200, y=50).frame.shape == (50, 200, 3)
    assert np.array_equal(by_pipes.step("ChangeResolution", x=WIDTH, y=HEIGHT).frame, first)


def test_an_object_that_is_taken_away_is_seen_no_more_until_it_is_back(by_pipes: Controller) -> None:
    enter(by_pipes, renderInstanceSegmentation=True)
    camera = {"position": {"x": 2, "y": 2.4, "z": 2.5}, "rotation": {"x": 90, "y": 0, "z": 0}}
    event = by_pipes.step(action="AddThirdPartyCamera", **camera)
    (mask,) = event.third_party_instance_masks
    movable = {row["objectId"] for row in event.metadata["objects"] if row["moveable"] or row["pickupable"]}
    seen = next(name for name in mask if name in movable)
    event = by_pipes.step("DisableObject", objectId=seen)
    assert seen not in event.third_party_instance_masks[0]
    assert seen not in {entry["name"] for entry in event.metadata["colors"]}
    assert by_pipes.step("EnableObject", objectId=seen).third_party_instance_masks[0][seen].sum() == mask[seen].sum()
    by_pipes.reset(scene=HOUSE, renderInstanceSegmentation=False)


def test_a_camera_that_stands_still_sees_what_changes_and_nothing_else(by_pipes: Controller) -> None:
    enter(by_pipes)
    camera = {"position": {"x": 2, "y": 1.5, "z": 2.5}, "rotation": {"x": 10, "y": 90, "z": 0}}
    first = by_pipes.step(action="AddThirdPartyCamera", **camera).third_party_camera_frames[0]
    turned = by_pipes.step("RotateRight")
    assert np.array_equal(turned.third_party_camera_frames[0], first)
    lit = by_pipes.step(action="RandomizeLighting", brightness=(0.5, 0.6), randomizeColor=False)
    assert lit.third_party_camera_frames[0].mean() < first.mean() - 10
    moved = by_pipes.step(action="UpdateThirdPartyCamera", thirdPartyCameraId=0, rotation={"x": 10, "y": 0, "z": 0})
    assert not np.array_equal(moved.third_party_camera_frames[0], lit.third_party_camera_frames[0])
    by_pipes.reset(scene=HOUSE)
