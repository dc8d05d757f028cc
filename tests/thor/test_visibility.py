"""Leaving out what cannot be seen changes no picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.embedded.drawing.camera import Camera
from tst_sim.embedded.drawing.gl.visibility import Visibility
from tst_sim.embedded.light.lighting import bake
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import RENDERED
from tst_sim.randomness import rng_for

CAMERA = Intrinsics(96, 72, 75.0)
ALL = tuple(RENDERED.values())


def any_pose(engine: EmbeddedSimulator, rng: np.random.Generator) -> Pose:
    places = engine.free_space(0.1).positions_m
    x, _, z = places[rng.integers(len(places))]
    return Pose(
        (float(x), float(rng.uniform(0.3, 1.8)), float(z)), float(rng.uniform(0, 360)), float(rng.uniform(-60, 80))
    )


def camera_at(pose: Pose) -> Camera:
    return Camera.of(CameraSpec.of(pose, CAMERA.fov_deg), CAMERA.width, CAMERA.height)


@pytest.mark.parametrize("house_fixture", ["two_rooms", "shared_house"])
def test_pictures_are_the_same_with_everything_drawn(
    engine: EmbeddedSimulator, house_fixture: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    house: House = request.getfixturevalue(house_fixture)
    engine.load(house)
    rng = rng_for(0, "visibility", house.name)
    poses = [any_pose(engine, rng) for _ in range(40)]
    some = engine.render(poses, ALL, intrinsics=CAMERA)
    count = len(engine.instances())
    monkeypatch.setattr(Visibility, "visible", lambda self, camera: np.ones(count, bool))
    everything = engine.render(poses, ALL, intrinsics=CAMERA)
    for pose, few, many in zip(poses, some, everything):
        # A pixel exactly on the edge between two surfaces may take either, a hair's breadth apart.
        assert (few["instance"] != many["instance"]).sum() <= 1, pose
        assert (few["depth"] != many["depth"]).sum() <= 1, pose


def test_objects_moved_between_rooms_are_not_left_out(
    engine: EmbeddedSimulator, two_rooms: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.load(two_rooms)
    rng = rng_for(0, "moved", two_rooms.name)
    poses = [any_pose(engine, rng) for _ in range(20)]
    places = [(float(x), 1.0, float(z)) for x, z in rng.uniform((0.2, 0.2), (7.8, 4.8), (len(engine.scene.placed), 2))]
    objects = [replace(item, position=place) for item, place in zip(engine.scene.placed, places) if item.view is None]
    added = [
        replace(item, object_id=f"new {item.object_id}", position=places[-1 - i]) for i, item in enumerate(objects)
    ]
    engine.live_scene.set_objects([*objects, *added])
    some = engine.render(poses, ALL, intrinsics=CAMERA)
    count = len(engine.live_scene.meshes)
    assert any((frame["instance"] > len(engine.scene.instances)).any() for frame in some)
    monkeypatch.setattr(Visibility, "visible", lambda self, camera: np.ones(count, bool))
    everything = engine.render(poses, ALL, intrinsics=CAMERA)
    for pose, few, many in zip(poses, some, everything):
        assert (few["instance"] != many["instance"]).sum() <= 1, pose


def test_the_room_behind_a_wall_is_left_out_and_the_one_behind_the_door_is_not(
    engine: EmbeddedSimulator, two_rooms: House
) -> None:
    engine.load(two_rooms)
    visibility = Visibility(engine.scene)
    rows = engine.instances()
    television = next(row.id for row in rows if row.class_name == "Television") - 1
    other_floor = next(row.id for row in rows if row.object_id == "floor|room|3") - 1
    at_the_wall = visibility.visible(camera_at(Pose((2.0, 1.5, 1.0), 90.0, 0.0)))
    at_the_door = visibility.visible(camera_at(Pose((3.0, 1.5, 3.88), 90.0, 0.0)))
    turned_away = visibility.visible(camera_at(Pose((3.0, 1.5, 3.88), 270.0, 0.0)))
    assert not turned_away[television] and not turned_away[other_floor]
    assert at_the_door[other_floor]
    assert at_the_wall.sum() < len(rows) / 2


def test_many_cameras_at_once_see_what_each_sees_alone(engine: EmbeddedSimulator, two_rooms: House) -> None:
    engine.load(two_rooms)
    visibility, rng = Visibility(engine.scene), rng_for(0, "many", two_rooms.name)
    upright = [camera_at(any_pose(engine, rng)) for _ in range(30)]
    rolled = Camera.of(CameraSpec((3.0, 1.5, 1.0), (10.0, 60.0, 25.0)), 96, 72)
    above = camera_at(Pose((3.0, 6.0, 1.0), 60.0, 60.0))
    flat = [Camera.of(CameraSpec((x, 8.0, 2.5), (90.0, 0.0, 0.0), orthographic_size_m=1.5), 96, 72) for x in (1.0, 6.0)]
    for cameras in ([*upright, rolled, above], flat):
        alone = np.stack([visibility.visible(camera) for camera in cameras])
        np.testing.assert_array_equal(visibility.visible_from(cameras), alone)
        assert 0 < alone.sum() < alone.size and len(np.unique(alone, axis=0)) > 1


def test_no_view_leaves_the_house(engine: EmbeddedSimulator, two_rooms: House) -> None:
    engine.load(two_rooms)
    rng = rng_for(0, "leaks", two_rooms.name)
    for _ in range(60):
        (frame,) = engine.render([pose := any_pose(engine, rng)], ALL, intrinsics=CAMERA)
        assert frame["instance"].min() > 0, pose


def test_two_renderers_of_one_process_do_not_disturb_each_other(engine: EmbeddedSimulator, two_rooms: House) -> None:
    engine.load(two_rooms)
    pose = Pose((1.5, 1.5, 2.5), 130.0, 20.0)
    (before,) = engine.render([pose], ALL, intrinsics=CAMERA)
    with EmbeddedSimulator() as other:
        other.load(two_rooms)
        (theirs,) = other.render([pose], ALL, intrinsics=CAMERA)
    (after,) = engine.render([pose], ALL, intrinsics=CAMERA)
    for name in before:
        np.testing.assert_array_equal(before[name], theirs[name])
        np.testing.assert_array_equal(before[name], after[name])


def test_light_stays_within_the_range_that_is_stored(engine: EmbeddedSimulator, two_rooms: House) -> None:
    engine.load(two_rooms)
    light = bake(engine.scene)
    assert light.light_map.min() >= 0.02 and light.light_map.max() <= 2.0
    assert light.vertex_chart.min() >= 0 and light.vertex_chart.max() <= 1
