"""Pixels against geometry: what the camera must see follows from where things stand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.houses.bare_room import box_house, placed
from tst_sim.classes import CLASS_IDS
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.errors import UserError
from tst_sim.geometry import Intrinsics, Pose, project, unproject
from tst_sim.houses import House
from tst_sim.modalities import RENDERED, modalities_named

ALL = tuple(RENDERED.values())
CAMERA = Intrinsics(96, 64, 70.0)


def look(engine: EmbeddedSimulator, pose: Pose, camera: Intrinsics = CAMERA) -> dict[str, np.ndarray]:
    (frame,) = engine.render([pose], ALL, intrinsics=camera)
    return dict(frame)


def test_depth_of_a_wall_two_metres_away_is_planar(each_engine: EmbeddedSimulator) -> None:
    each_engine.load(box_house())
    frame = look(each_engine, Pose((2.0, 1.25, 2.0), 0.0, 0.0))
    wall = frame["semantic"] == CLASS_IDS["Wall"]
    straight = wall & (np.abs(frame["normal"][..., 2] - 1) < 1e-3)
    assert straight.sum() > 3000
    np.testing.assert_allclose(frame["depth"][straight], 2.0, atol=1e-4)


def test_normals_of_a_wall_ahead_face_the_camera(each_engine: EmbeddedSimulator) -> None:
    each_engine.load(box_house())
    frame = look(each_engine, Pose((2.0, 1.25, 2.0), 90.0, 0.0))
    np.testing.assert_allclose(frame["normal"][32, 48], (0, 0, 1), atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(frame["normal"], axis=-1), 1.0, atol=1e-4)


def test_floor_is_at_the_bottom_with_its_normal_up_and_ceiling_at_the_top(each_engine: EmbeddedSimulator) -> None:
    each_engine.load(box_house())
    frame = look(each_engine, Pose((2.0, 1.25, 2.0), 0.0, 0.0), Intrinsics(64, 64, 90.0))
    assert frame["semantic"][-1, 32] == CLASS_IDS["Floor"]
    assert frame["semantic"][0, 32] == CLASS_IDS["Ceiling"]
    np.testing.assert_allclose(frame["normal"][-1, 32], (0, 1, 0), atol=1e-4)
    np.testing.assert_allclose(frame["normal"][0, 32], (0, -1, 0), atol=1e-4)


def test_looking_down_by_ninety_degrees_shows_the_floor_at_eye_height(each_engine: EmbeddedSimulator) -> None:
    each_engine.load(box_house())
    frame = look(each_engine, Pose((2.0, 1.25, 2.0), 0.0, 90.0), Intrinsics(32, 32, 60.0))
    np.testing.assert_allclose(frame["depth"], 1.25, atol=1e-4)
    np.testing.assert_allclose(frame["normal"][16, 16], (0, 0, 1), atol=1e-4)


def test_what_is_to_the_right_in_the_house_is_to_the_right_in_the_picture(each_engine: EmbeddedSimulator) -> None:
    each_engine.load(box_house(placed("Fridge_1", 3.0, 0.9, 3.5)))
    frame = look(each_engine, Pose((2.0, 1.4, 1.0), 0.0, 0.0))
    columns = np.flatnonzero((frame["semantic"] == CLASS_IDS["Fridge"]).any(axis=0))
    assert columns.min() > 48
    pixels, _ = project(np.array([[3.0, 0.9, 3.5]]), Pose((2.0, 1.4, 1.0), 0.0, 0.0), CAMERA)
    assert columns.min() < pixels[0, 0] < columns.max()


def test_unprojected_depth_lands_on_the_faces_of_the_room(each_engine: EmbeddedSimulator) -> None:
    each_engine.load(box_house())
    pose = Pose((1.1, 1.3, 0.9), 37.0, 12.0)
    points = unproject(look(each_engine, pose)["depth"], pose, CAMERA)
    faces = np.stack([points[..., 0], points[..., 2], points[..., 1]], axis=-1)
    sizes = np.array([4.0, 4.0, 2.5])
    off = np.minimum(np.abs(faces), np.abs(faces - sizes)).min(axis=-1)
    assert off.max() < 1e-3


def test_every_pixel_belongs_to_an_instance_and_has_its_class(each_engine: EmbeddedSimulator, two_rooms: House) -> None:
    each_engine.load(two_rooms)
    classes = np.array([0] + [CLASS_IDS[row.class_name] for row in each_engine.instances()])
    for yaw in range(0, 360, 60):
        frame = look(each_engine, Pose((3.0, 1.5, 1.0), float(yaw), 15.0))
        assert frame["instance"].min() >= 1
        assert frame["instance"].max() <= len(each_engine.instances())
        np.testing.assert_array_equal(frame["semantic"], classes[frame["instance"]])
        assert (frame["depth"] > 0).all()


def test_pixels_of_an_instance_lie_in_its_box(each_engine: EmbeddedSimulator, two_rooms: House) -> None:
    each_engine.load(two_rooms)
    pose = Pose((6.0, 1.5, 3.0), 180.0, 20.0)
    frame = look(each_engine, pose)
    points = unproject(frame["depth"], pose, CAMERA)
    rows = {row.id: row for row in each_engine.instances()}
    seen = np.unique(frame["instance"])
    assert len(seen) >= 5
    for number in seen:
        row = rows[int(number)]
        off = np.abs(points[frame["instance"] == number] - row.box_center_m) - np.array(row.box_size_m) / 2
        assert off.max() < 2e-3, row.object_id


@pytest.mark.parametrize(("yaw", "taller"), [(0.0, "far"), (180.0, "near"), (90.0, "left"), (270.0, "right")])
def test_the_front_of_a_chair_turns_with_it(each_engine: EmbeddedSimulator, yaw: float, taller: str) -> None:
    """A chair's back is at -z of its own frame: seen from +z looking back, the tall end is where it must be."""
    each_engine.load(box_house(placed("Chair_002_1", 2.0, 0.4828, 2.0, yaw)))
    pose = Pose((2.0, 2.4, 2.0), 180.0, 90.0)
    camera = Intrinsics(128, 128, 40.0)
    frame = look(each_engine, pose, camera)
    chair = frame["semantic"] == CLASS_IDS["Chair"]
    points = unproject(frame["depth"], pose, camera)[chair]
    back = points[points[:, 1] > points[:, 1].max() - 0.15].mean(axis=0) - (2.0, 0.0, 2.0)
    expected = {"far": (0, -1), "near": (0, 1), "left": (-1, 0), "right": (1, 0)}[taller]
    assert back[0] * expected[0] + back[2] * expected[1] > 0.1


def test_walls_are_seen_from_their_room_only(each_engine: EmbeddedSimulator) -> None:
    each_engine.load(box_house())
    frame = look(each_engine, Pose((2.0, 1.25, -1.0), 0.0, 0.0))
    assert frame["depth"][32, 48] == pytest.approx(5.0, abs=1e-3)


def test_a_view_out_of_the_house_is_background_with_no_depth_and_no_normal(each_engine: EmbeddedSimulator) -> None:
    each_engine.load(box_house())
    frame = look(each_engine, Pose((2.0, 1.25, 10.0), 0.0, 0.0))
    assert not frame["depth"].any() and not frame["instance"].any() and not frame["semantic"].any()
    assert not frame["normal"].any()


def test_the_open_door_shows_the_other_room(each_engine: EmbeddedSimulator, two_rooms: House) -> None:
    each_engine.load(two_rooms)
    frame = look(each_engine, Pose((3.0, 1.2, 3.88), 90.0, 0.0))
    assert frame["depth"][32, 48] == pytest.approx(5.0, abs=0.2)
    door = frame["semantic"] == CLASS_IDS["Door"]
    assert door.any()


def test_rooms_are_lit_neither_dark_nor_burnt(each_engine: EmbeddedSimulator, two_rooms: House) -> None:
    each_engine.load(two_rooms)
    poses = [Pose((x, 1.5, 2.5), float(yaw), 10.0) for x in (1.5, 6.5) for yaw in range(0, 360, 45)]
    frames = each_engine.render(poses, modalities_named(["rgb"]), intrinsics=CAMERA)
    rgb = np.stack([frame["rgb"] for frame in frames]).astype(float)
    assert 80 < rgb.mean() < 190
    assert (rgb >= 254).all(axis=-1).mean() < 0.02
    assert (rgb <= 3).all(axis=-1).mean() < 0.02


def test_corners_are_darker_than_the_middle_of_a_wall(each_engine: EmbeddedSimulator) -> None:
    each_engine.load(box_house())
    rgb = look(each_engine, Pose((2.0, 1.25, 0.5), 0.0, 0.0))["rgb"].astype(float).mean(axis=-1)
    frame = look(each_engine, Pose((2.0, 1.25, 0.5), 0.0, 0.0))
    ahead = (frame["normal"][..., 2] > 0.999) & (frame["semantic"] == CLASS_IDS["Wall"])
    columns = np.flatnonzero(ahead[32])
    assert rgb[32, columns[0]] < rgb[32, 48] - 5


def test_only_the_modalities_asked_for_come_back(each_engine: EmbeddedSimulator) -> None:
    each_engine.load(box_house())
    names = ["depth", "semantic"]
    (frame,) = each_engine.render([Pose((2, 1.25, 2), 0, 0)], modalities_named(names), intrinsics=CAMERA)
    assert list(frame) == names
    assert frame["depth"].dtype == np.float32 and frame["semantic"].dtype == np.uint8


def test_the_same_pose_gives_the_same_bytes_after_another_house(
    each_engine: EmbeddedSimulator, two_rooms: House
) -> None:
    pose = Pose((1.5, 1.5, 2.5), 130.0, 20.0)
    each_engine.load(two_rooms)
    before = look(each_engine, pose)
    each_engine.load(box_house())
    look(each_engine, pose, Intrinsics(64, 64, 90.0))
    each_engine.load(two_rooms)
    after = look(each_engine, pose)
    assert all(before[name].tobytes() == after[name].tobytes() for name in before)


def test_field_of_view_is_vertical(each_engine: EmbeddedSimulator) -> None:
    """At 2 m, a view of 2 atan(1.2 / 2) degrees just misses the floor 1.25 m below the eye."""
    each_engine.load(box_house())
    below = Intrinsics(64, 64, math.degrees(2 * math.atan(1.2 / 2)))
    above = Intrinsics(64, 64, math.degrees(2 * math.atan(1.35 / 2)))
    pose = Pose((2.0, 1.25, 2.0), 0.0, 0.0)
    assert look(each_engine, pose, below)["semantic"][-1, 32] == CLASS_IDS["Wall"]
    assert look(each_engine, pose, above)["semantic"][-1, 32] == CLASS_IDS["Floor"]


def test_a_closed_simulator_says_so_and_closes_twice() -> None:
    simulator = EmbeddedSimulator()
    with pytest.raises(UserError, match=r"no house is loaded.*call load"):
        simulator.instances()
    simulator.close()
    simulator.close()
    with pytest.raises(UserError, match="closed"):
        simulator.load(box_house())


def test_it_says_what_frames_depend_on(each_engine: EmbeddedSimulator) -> None:
    facts = each_engine.describe()
    driver = {"gl_vendor", "gl_renderer", "gl_version"} if facts["renderer"] == "gl" else set()
    assert {"engine_version", "renderer"} | driver <= set(facts)
    assert all(facts.values())


def test_a_camera_off_its_middle_sees_a_part_of_what_a_larger_one_sees(
    each_engine: EmbeddedSimulator, two_rooms: House
) -> None:
    each_engine.load(two_rooms)
    pose = Pose((3.0, 1.5, 1.0), 60.0, 15.0)
    large = Intrinsics.of_matrix(200, 160, np.array([[90.0, 0, 100], [0, 110.0, 80], [0, 0, 1]]))
    part = Intrinsics.of_matrix(96, 70, np.array([[90.0, 0, 30], [0, 110.0, 58], [0, 0, 1]]))
    whole, seen = look(each_engine, pose, large), look(each_engine, pose, part)
    same = whole["instance"][22:92, 70:166] == seen["instance"]
    assert same.mean() > 0.999
    assert np.abs(whole["depth"][22:92, 70:166] - seen["depth"])[same].max() < 1e-2
    assert np.abs(whole["normal"][22:92, 70:166] - seen["normal"])[same].mean() < 1e-3
    colors = np.abs(whole["rgb"][22:92, 70:166].astype(float) - seen["rgb"])[4:-4, 4:-4]
    assert colors.mean() < 0.5


def test_pixels_of_any_pinhole_lie_where_its_matrix_says(each_engine: EmbeddedSimulator) -> None:
    each_engine.load(box_house())
    pose = Pose((1.1, 1.3, 0.9), 37.0, 12.0)
    camera = Intrinsics.of_matrix(80, 60, np.array([[55.0, 0, 12.5], [0, 35.0, 47.0], [0, 0, 1]]))
    points = unproject(look(each_engine, pose, camera)["depth"], pose, camera)
    sizes = np.array([4.0, 2.5, 4.0])
    assert np.minimum(np.abs(points), np.abs(points - sizes)).min(axis=-1).max() < 1e-3
    pixels, _ = project(points.reshape(-1, 3), pose, camera)
    rows, columns = np.indices((60, 80))
    np.testing.assert_allclose(pixels, np.stack([columns.ravel() + 0.5, rows.ravel() + 0.5], axis=1), atol=1e-3)


def test_a_camera_that_no_pinhole_is_is_refused(each_engine: EmbeddedSimulator) -> None:
    each_engine.load(box_house())
    with pytest.raises(UserError, match=r"positive fx and fy; undistort"):
        Intrinsics.of_matrix(80, 60, np.array([[55.0, 0.2, 40], [0, 55, 30], [0, 0, 1]]))
    with pytest.raises(UserError, match="3 x 3 finite numbers"):
        Intrinsics.of_matrix(80, 60, np.eye(4))
    with pytest.raises(UserError, match=r"principal point 90, 30 px is out of bounds.*80 x 60"):
        look(each_engine, Pose((2, 1.2, 2), 0, 0), Intrinsics(80, 60, principal_px=(90.0, 30.0)))
