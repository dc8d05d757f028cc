"""Houses whose objects move: pictures, ids, light and rays of what stands there now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.houses.bare_room import box_house, placed
from tst_sim.classes import CLASS_IDS
from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.embedded.scene.openings import SHUT, PlacedAsset
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.geometry import Intrinsics, Pose, unproject
from tst_sim.houses import House
from tst_sim.modalities import RENDERED, Frame
from tst_sim.randomness import rng_for

ALL = tuple(RENDERED.values())
SIZE = {"width": 96, "height": 64}
FRIDGE = placed("Fridge_1", 3.0, 0.9, 3.5)
LAPTOP = placed("Laptop_1", 1.0, 0.15, 1.0, openness=1.0)
POSES = [Pose((1.5, 1.5, 2.5), 130.0, 20.0), Pose((6.0, 1.5, 3.0), 200.0, 10.0), Pose((3.0, 1.5, 3.9), 80.0, 5.0)]


@pytest.fixture(scope="module", params=["cpu", "gl"])
def simulator(request: pytest.FixtureRequest) -> Iterator[EmbeddedSimulator]:
    with EmbeddedSimulator(renderer=request.param) as opened:
        yield opened


@pytest.fixture
def sharp() -> Iterator[EmbeddedSimulator]:
    """Pixels have the color of what they show alone."""
    with EmbeddedSimulator(antialias=False) as opened:
        yield opened


def look(simulator: EmbeddedSimulator, *views: CameraSpec, **size: int) -> list[Frame]:
    return simulator.render_views(views, ALL, **(size or SIZE))


def same(first: list[Frame], second: list[Frame]) -> bool:
    return all(one[name].tobytes() == two[name].tobytes() for one, two in zip(first, second) for name in RENDERED)


def views_of(poses: list[Pose]) -> list[CameraSpec]:
    return [CameraSpec.of(pose, 70.0) for pose in poses]


def item(live_scene: LiveScene, start: str) -> PlacedAsset:
    return next(each for each in live_scene.scene.placed if each.object_id.startswith(start))


def with_changed(live_scene: LiveScene, changed: PlacedAsset) -> tuple[PlacedAsset, ...]:
    return tuple(changed if each.object_id == changed.object_id else each for each in live_scene.scene.placed)


def number_of(live_scene: LiveScene, object_id: str) -> int:
    return live_scene.object_ids.index(object_id)


def test_an_unchanged_stage_looks_as_the_house_does(simulator: EmbeddedSimulator, two_rooms: House) -> None:
    simulator.load(two_rooms)
    plain = simulator.render(POSES, ALL, intrinsics=Intrinsics(96, 64, 70.0))
    simulator.live_scene.set_objects(list(simulator.live_scene.scene.placed))
    assert same(plain, look(simulator, *views_of(POSES)))
    assert simulator.instances() == simulator.scene.instances
    simulator.live_scene.set_objects([replace(each) for each in simulator.live_scene.scene.placed])
    assert same(plain, look(simulator, *views_of(POSES)))


def test_a_moved_object_is_seen_where_it_is_now(simulator: EmbeddedSimulator) -> None:
    simulator.load(box_house(FRIDGE))
    live_scene, view = simulator.live_scene, CameraSpec((2.0, 1.4, 0.5), fov_deg=70.0)
    fridge = live_scene.scene.placed[0]
    number = number_of(live_scene, "Fridge_1|1")
    for x, z in ((1.0, 3.0), (2.0, 2.5), (2.9, 3.3)):
        live_scene.set_objects([replace(fridge, position=(x, fridge.position[1], z), rotation=(0.0, 180.0, 0.0))])
        (frame,) = look(simulator, view)
        points = unproject(frame["depth"], Pose(view.position_m, 0.0, 0.0), Intrinsics(96, 64, 70.0))
        mine = points[frame["instance"] == number]
        row = next(row for row in live_scene.instances if row.id == number)
        assert len(mine) > 100
        assert (np.abs(mine - row.box_center_m) <= np.array(row.box_size_m) / 2 + 2e-3).all()
        np.testing.assert_allclose(row.box_center_m, (x, fridge.position[1], z), atol=0.02)
        np.testing.assert_allclose(mine[:, 2].min(), z - row.box_size_m[2] / 2, atol=0.06)
        assert (frame["semantic"][frame["instance"] == number] == CLASS_IDS["Fridge"]).all()


def test_what_is_put_back_looks_as_before(simulator: EmbeddedSimulator, two_rooms: House) -> None:
    simulator.load(two_rooms)
    live_scene, views = simulator.live_scene, views_of(POSES)
    before = look(simulator, *views)
    table = item(live_scene, "3|0|0")
    x, y, z = table.position
    live_scene.set_objects(
        with_changed(live_scene, replace(table, position=(x - 0.5, y, z + 0.4), color=(0.9, 0.1, 0.1)))
    )
    assert not same(before, look(simulator, *views))
    live_scene.set_objects([])
    assert not same(before, look(simulator, *views))
    live_scene.set_objects(live_scene.scene.placed)
    assert same(before, look(simulator, *views))


def test_what_is_gone_shows_what_was_behind_it_and_keeps_its_id(simulator: EmbeddedSimulator) -> None:
    view = CameraSpec((2.0, 1.4, 0.5), (10.0, 30.0, 0.0), 70.0)
    simulator.load(box_house())
    (bare,) = look(simulator, view)
    simulator.load(box_house(FRIDGE, LAPTOP))
    live_scene = simulator.live_scene
    fridge, laptop = live_scene.scene.placed
    live_scene.set_objects([laptop])
    (frame,) = look(simulator, view)
    assert [row.object_id for row in live_scene.instances][-1] == "Laptop_1|1"
    assert "Fridge_1|1" not in [row.object_id for row in live_scene.instances]
    hidden = frame["instance"] == number_of(live_scene, "Laptop_1|1")
    np.testing.assert_array_equal(frame["instance"][~hidden], bare["instance"][~hidden])
    np.testing.assert_array_equal(frame["depth"][~hidden], bare["depth"][~hidden])
    live_scene.set_objects([laptop, fridge])
    (frame,) = look(simulator, view)
    assert live_scene.instances[-2].object_id == "Fridge_1|1"
    assert (frame["instance"] == live_scene.instances[-2].id).sum() > 100


def test_a_new_object_gets_the_next_id_and_is_seen(simulator: EmbeddedSimulator) -> None:
    simulator.load(box_house(FRIDGE))
    live_scene = simulator.live_scene
    count = len(live_scene.instances)
    chair = PlacedAsset("new chair", "Chair_002_1", (2.0, 0.48, 2.0), (0.0, 90.0, 0.0), None, None)
    live_scene.set_objects([*live_scene.scene.placed, chair])
    (frame,) = look(simulator, CameraSpec((2.0, 1.4, 0.4), (20.0, 0.0, 0.0), 70.0))
    assert live_scene.instances[-1].id == count + 1 and live_scene.object_ids[count + 1] == "new chair"
    assert live_scene.instances[-1].asset_id == "Chair_002_1" and live_scene.instances[-1].class_name == "Chair"
    mine = frame["instance"] == count + 1
    assert mine.sum() > 100
    assert (frame["semantic"][mine] == CLASS_IDS["Chair"]).all()
    assert frame["rgb"][mine].mean() > 20


def test_an_empty_scene_is_background_and_takes_objects(simulator: EmbeddedSimulator) -> None:
    simulator.live_scene.load(None)
    view = CameraSpec((0.0, 1.0, -2.0), fov_deg=60.0)
    (frame,) = look(simulator, view)
    assert not frame["instance"].any() and not frame["depth"].any() and not frame["rgb"].any()
    mug = PlacedAsset("mug", "Mug_1", (0.0, 1.0, 0.0), (0.0, 0.0, 0.0), None, None)
    fridge = PlacedAsset("fridge", "Fridge_1", (0.0, 1.0, 1.0), (0.0, 0.0, 0.0), None, None)
    simulator.live_scene.set_objects([mug])
    simulator.live_scene.set_objects([fridge, mug])
    (frame,) = look(simulator, view)
    assert simulator.live_scene.object_ids == ("", "mug", "fridge")
    assert frame["instance"][32, 48] == 1
    assert {0, 1, 2} == set(np.unique(frame["instance"]).tolist())
    np.testing.assert_allclose(frame["depth"][32, 48], 2.0 - 0.05, atol=0.05)
    orthographic = CameraSpec((0.0, 5.0, 0.0), (90.0, 0.0, 0.0), orthographic_size_m=2.0)
    assert {0, 1, 2} == set(np.unique(look(simulator, orthographic)[0]["instance"]).tolist())


def test_a_door_opens_and_one_sees_through(simulator: EmbeddedSimulator, two_rooms: House) -> None:
    simulator.load(two_rooms)
    live_scene = simulator.live_scene
    door = item(live_scene, "door|2|3")
    view = CameraSpec((2.5, 1.3, 3.88), (0.0, 90.0, 0.0), 60.0)
    (opened,) = look(simulator, view)
    live_scene.set_objects(with_changed(live_scene, replace(door, openness=0.0)))
    (shut,) = look(simulator, view)
    number = number_of(live_scene, door.object_id)
    assert shut["instance"][32, 48] == number
    assert shut["depth"][32, 48] == pytest.approx(1.5, abs=0.05)
    assert opened["instance"][32, 48] != number and opened["depth"][32, 48] > 3
    live_scene.set_objects([each for each in live_scene.scene.placed if each is not door])
    assert same([opened], look(simulator, view))


def test_the_sky_is_behind_a_front_door_once_it_is_open(two_rooms: House) -> None:
    live_scene = LiveScene()
    live_scene.load(two_rooms)
    door = item(live_scene, "door|1|3")
    assert door.view is not None and door.view.time_of_day == SHUT
    built = live_scene.meshes[number_of(live_scene, door.object_id) - 1]
    live_scene.set_objects(with_changed(live_scene, replace(door, openness=1.0)))
    opened = live_scene.meshes[number_of(live_scene, door.object_id) - 1]
    assert built.emission.max() == 0 and opened.emission.max() > 0.3


def test_a_laptop_shuts(simulator: EmbeddedSimulator) -> None:
    simulator.load(box_house(LAPTOP))
    live_scene = simulator.live_scene
    number = number_of(live_scene, "Laptop_1|1")
    heights = []
    for openness in (1.0, 0.0, 1.0):
        live_scene.set_objects([replace(live_scene.scene.placed[0], openness=openness)])
        heights.append(live_scene.instances[-1].box_size_m[1])
        (frame,) = look(simulator, CameraSpec((1.0, 0.4, 0.2), (20.0, 0.0, 0.0), 60.0))
        assert (frame["instance"] == number).sum() > 50
    assert heights[1] < 0.3 * heights[0] and heights[2] == heights[0]


def test_paint_changes_colors_and_nothing_else(sharp: EmbeddedSimulator) -> None:
    sharp.load(box_house(FRIDGE))
    live_scene, view = sharp.live_scene, CameraSpec((2.0, 1.4, 0.5), (10.0, 20.0, 0.0), 80.0)
    (before,) = look(sharp, view)
    walls = [row.object_id for row in live_scene.instances if row.class_name == "Wall"]
    live_scene.set_colors({"Fridge_1|1": (0.0, 0.0, 1.0), **dict.fromkeys(walls, (1.0, 0.0, 0.0))})
    (after,) = look(sharp, view)
    for name in ("depth", "normal", "instance", "semantic"):
        np.testing.assert_array_equal(before[name], after[name])
    red = after["rgb"][after["semantic"] == CLASS_IDS["Wall"]].astype(int)
    assert (red[:, 0] > 60).all() and (red[:, 1:] < 20).all()
    blue = after["rgb"][after["semantic"] == CLASS_IDS["Fridge"]].astype(int)
    assert np.median(blue[:, 2] - blue[:, 0]) > 60
    floor = after["semantic"] == CLASS_IDS["Floor"]
    np.testing.assert_array_equal(before["rgb"][floor], after["rgb"][floor])
    live_scene.set_colors({})
    assert same([before], look(sharp, view))


def test_light_can_be_dimmed_and_tinted(simulator: EmbeddedSimulator) -> None:
    simulator.load(box_house())
    (before,) = look(simulator, CameraSpec((2.0, 1.4, 0.5), fov_deg=80.0))
    simulator.live_scene.set_light_gain((0.5, 0.5, 0.0))
    (after,) = look(simulator, CameraSpec((2.0, 1.4, 0.5), fov_deg=80.0))
    assert (after["rgb"][..., 2] <= 1).all()
    assert (after["rgb"][..., :2].astype(int) < before["rgb"][..., :2]).all()
    np.testing.assert_array_equal(before["depth"], after["depth"])
    simulator.load(box_house())
    assert same([before], look(simulator, CameraSpec((2.0, 1.4, 0.5), fov_deg=80.0)))


def test_a_moved_object_is_lit_much_as_one_that_was_always_there(simulator: EmbeddedSimulator) -> None:
    view = CameraSpec((2.0, 1.4, 0.5), fov_deg=70.0)
    simulator.load(box_house(FRIDGE))
    (always,) = look(simulator, view)
    simulator.load(box_house(placed("Fridge_1", 1.0, 0.9, 3.0)))
    fridge = simulator.live_scene.scene.placed[0]
    simulator.live_scene.set_objects([replace(fridge, position=(3.0, fridge.position[1], 3.5))])
    (moved,) = look(simulator, view)
    mine = always["semantic"] == CLASS_IDS["Fridge"]
    np.testing.assert_array_equal(always["depth"][mine], moved["depth"][mine])
    difference = moved["rgb"][mine].astype(int) - always["rgb"][mine]
    assert np.abs(difference).mean() < 25


def test_many_comings_and_goings_leave_the_right_picture(simulator: EmbeddedSimulator, two_rooms: House) -> None:
    """Buffers are grown and closed up on the way."""
    simulator.load(two_rooms)
    live_scene, views = simulator.live_scene, views_of(POSES)
    before = look(simulator, *views)
    rng = rng_for(0, "comings and goings")
    assets = ["Chair_002_1", "Mug_1", "Fridge_1", "Laptop_1", "Bed_1"]
    for step in range(60):
        new = [
            PlacedAsset(f"{step}|{k}", str(rng.choice(assets)), (2.0 + k, 1.0, 2.0), (0.0, 30.0, 0.0), None, None)
            for k in range(3)
        ]
        live_scene.set_objects([*live_scene.scene.placed[int(rng.integers(4)) :], *new])
        look(simulator, views[0])
    with EmbeddedSimulator(renderer=simulator.describe()["renderer"]) as fresh:
        fresh.load(two_rooms)
        fresh.live_scene.set_objects([*fresh.live_scene.scene.placed, *new])
        live_scene.set_objects([*live_scene.scene.placed, *new])
        for one, two in zip(look(simulator, *views), look(fresh, *views)):
            np.testing.assert_array_equal(one["rgb"], two["rgb"])
            np.testing.assert_array_equal(one["depth"], two["depth"])
    live_scene.set_objects(live_scene.scene.placed)
    assert same(before, look(simulator, *views))


def test_two_simulators_may_follow_one_stage(two_rooms: House) -> None:
    live_scene = LiveScene()
    live_scene.load(two_rooms)
    with EmbeddedSimulator(live_scene) as one, EmbeddedSimulator(live_scene) as two:
        look(one, *views_of(POSES))
        live_scene.set_objects(live_scene.scene.placed[3:])
        assert same(look(one, *views_of(POSES)), look(two, *views_of(POSES)))
    assert live_scene.house is two_rooms


def test_rays_agree_with_pictures(simulator: EmbeddedSimulator, two_rooms: House) -> None:
    simulator.load(two_rooms)
    live_scene, camera = simulator.live_scene, Intrinsics(96, 64, 70.0)
    table = item(live_scene, "3|0|0")
    live_scene.set_objects(with_changed(live_scene, replace(table, rotation=(0.0, 33.0, 0.0))))
    for pose, frame in zip(POSES, look(simulator, *views_of(POSES))):
        directions = camera.ray_slopes().reshape(-1, 3) @ pose.rotation().T
        ids, distances = live_scene.cast_rays(np.array(pose.position_m), directions)
        planar = distances / np.linalg.norm(directions, axis=1)
        agree = ids == frame["instance"].ravel()
        assert agree.mean() > 0.995
        # Where an edge runs through the pixel, the hair's breadth between two parts may decide.
        off = np.abs(planar - frame["depth"].ravel())[agree]
        assert (off < 1e-3).mean() > 0.995 and np.median(off) < 1e-4


def test_rays_measure_to_a_tenth_of_a_millimetre_and_miss_honestly() -> None:
    live_scene = LiveScene()
    live_scene.load(box_house(FRIDGE))
    fridge = next(row for row in live_scene.instances if row.class_name == "Fridge")
    origin = np.array([2.0, 1.3, 2.0])
    ids, distances = live_scene.cast_rays(origin, np.array([[0, 0, 5.0], [-1, 0, 0], [0, -2, 0], [1, 0, 1.0]]))
    names = [live_scene.object_ids[number] for number in ids]
    assert names[:3] == ["wall|2|1", "wall|2|0", "floor|room|2"]
    np.testing.assert_allclose(distances[:3], (2.0, 2.0, 1.3), atol=1e-4)
    assert ids[3] == fridge.id and 0.5 < distances[3] < 2.2
    outside, far = live_scene.cast_rays(np.array([-3.0, 1.0, 2.0]), np.array([[-1.0, 0, 0]]))
    assert outside.tolist() == [0] and far.tolist() == [np.inf]
    live_scene.load(None)
    assert live_scene.cast_rays(origin, np.array([[0, 0, 1.0]]))[0].tolist() == [0]
