"""Many poses in one draw on OpenGL: the same bytes as one draw a pose, in bounded memory, read back one batch later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.engine.test_rasterizer import VIEWS
from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.embedded.drawing.camera import Camera
from tst_sim.embedded.drawing.gl import pose_batches, raw_gl
from tst_sim.embedded.drawing.gl import renderer as renderer_module
from tst_sim.embedded.drawing.gl.context import shared_context
from tst_sim.embedded.drawing.gl.layered_targets import LayeredTargets
from tst_sim.embedded.drawing.gl.pose_batches import MAX_PIXELS, batches_of
from tst_sim.embedded.drawing.gl.renderer import GlRenderer
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.geometry import Pose
from tst_sim.houses import House
from tst_sim.modalities import RENDERED, Frame, modalities_named

ALL = tuple(RENDERED.values())
MIXED = [
    CameraSpec((2.0, 1.5, 20.0), (10.0, 0.0, 0.0), sky_color=(0.3, 0.6, 0.9)),
    *VIEWS,
    CameraSpec.of(Pose((2.0, 1.2, 3.0), 310.0, -5.0), 40.0),
    CameraSpec((3.0, 2.2, 1.0), (50.0, 20.0, 0.0), fov_deg=100.0, near_m=0.3, sky_color=(1.0, 0.5, 0.0)),
    CameraSpec((2.0, 1.5, 2.5), (0.0, 90.0, 0.0), orthographic_size_m=2.0, far_m=3.0, sky_color=(0.1, 0.1, 0.9)),
]
"""Nine views: near and far planes, three fields of view, rolled, orthographic, skies, and one of nothing but sky."""


@pytest.fixture(scope="module")
def live_scene(two_rooms: House) -> LiveScene:
    live_scene = LiveScene()
    live_scene.load(two_rooms)
    return live_scene


@pytest.fixture(params=[False, True], ids=["plain", "smooth"])
def renderers(request: pytest.FixtureRequest, live_scene: LiveScene) -> Iterator[tuple[GlRenderer, GlRenderer]]:
    """One that draws every pose by itself, and one that draws many at once."""
    pair = tuple(GlRenderer(antialias=request.param, max_poses=count) for count in (1, 64))
    for renderer in pair:
        renderer.sync(live_scene)
    yield pair
    for renderer in pair:
        renderer.release()


@pytest.fixture
def batched(live_scene: LiveScene) -> Iterator[GlRenderer]:
    renderer = GlRenderer(max_poses=4)
    renderer.sync(live_scene)
    yield renderer
    renderer.release()


def cameras_of(views: Sequence[CameraSpec], size: tuple[int, int] = (149, 83)) -> list[Camera]:
    return [Camera.of(view, *size) for view in views]


def assert_same_bytes(some: Sequence[Frame], others: Sequence[Frame]) -> None:
    assert len(some) == len(others)
    for number, (one, other) in enumerate(zip(some, others)):
        assert list(one) == list(other)
        for name in one:
            assert one[name].dtype == other[name].dtype and one[name].shape == other[name].shape
            assert one[name].tobytes() == other[name].tobytes(), (number, name)


@pytest.mark.parametrize("count", [1, 3, 9])
def test_a_batch_of_mixed_lenses_gives_the_bytes_of_single_draws(
    renderers: tuple[GlRenderer, GlRenderer], count: int
) -> None:
    alone, together = renderers
    cameras = cameras_of(MIXED[-count:])
    single = [frame for camera in cameras for frame in alone.draw([camera], ALL)]
    assert any(frame["instance"].any() for frame in single)
    assert_same_bytes(together.draw(cameras, ALL), single)
    with shared_context() as context:
        # moderngl binds again what was bound before a framebuffer was made, also when that is gone.
        assert context.error in ("GL_NO_ERROR", "GL_INVALID_OPERATION")
        assert_same_bytes(together.draw(cameras, ALL), single)
        assert context.error == "GL_NO_ERROR"


@pytest.mark.parametrize("names", [["rgb"], ["depth", "semantic"], ["semantic", "rgb"], ["instance"], ["normal"], []])
def test_a_batch_gives_the_modalities_asked_for_in_their_order(
    renderers: tuple[GlRenderer, GlRenderer], names: list[str]
) -> None:
    alone, together = renderers
    cameras, rows = cameras_of(MIXED[:3], (64, 48)), modalities_named(names) if names else ()
    assert_same_bytes(together.draw(cameras, rows), alone.draw(cameras, rows))


def test_images_of_any_size_may_be_asked_for_at_once_and_come_in_order(
    renderers: tuple[GlRenderer, GlRenderer],
) -> None:
    """Sizes whose bytes do not fill words, and two of each in turn."""
    alone, together = renderers
    sizes = [(1, 1), (33, 7), (5, 3), (2, 31)]
    cameras = [camera for view in MIXED[:4] for size in sizes for camera in cameras_of([view], size)]
    assert_same_bytes(together.draw(cameras, ALL), alone.draw(cameras, ALL))


def test_cameras_that_share_a_draw_are_alike_and_within_the_budget() -> None:
    small, large = cameras_of(MIXED, (224, 224)), cameras_of(MIXED[:3], (1500, 1200))
    batches = batches_of([*small, *large], 4)
    assert sorted(number for batch in batches for number in batch) == list(range(12))
    assert [len(batch) for batch in batches] == [4, 3, 2, 2, 1]
    assert max(len(batch) for batch in batches_of(cameras_of(VIEWS[:1] * 200, (224, 224)), 64)) == 64
    assert [len(batch) for batch in batches_of(cameras_of(VIEWS[:2], (3000, 2000)), 64)] == [1, 1]
    for batch in batches:
        chosen = [[*small, *large][number] for number in batch]
        assert len({(camera.width, camera.orthographic) for camera in chosen}) == 1
        assert sum(camera.width * camera.height for camera in chosen) <= MAX_PIXELS


def test_more_poses_than_the_budget_are_split_and_give_the_same_bytes(
    renderers: tuple[GlRenderer, GlRenderer], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, together = renderers
    monkeypatch.setattr(pose_batches, "MAX_PIXELS", 3 * 64 * 64)
    cameras = cameras_of(MIXED * 2, (64, 64))
    assert max(len(batch) for batch in batches_of(cameras, 64)) == 3
    assert_same_bytes(together.draw(cameras, ALL), alone.draw(cameras, ALL))


def test_a_batch_is_taken_only_after_the_next_one_was_sent(
    batched: GlRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []
    for name in ("send", "receive"):
        original = getattr(LayeredTargets, name)

        def noted(self: LayeredTargets, *arguments: Any, _name: str = name, _original: Any = original) -> Any:
            steps.append(_name)
            return _original(self, *arguments)

        monkeypatch.setattr(LayeredTargets, name, noted)
    batched.draw(cameras_of(VIEWS[:2] * 6, (32, 32)), ALL)
    assert steps == ["send", "send", "receive", "send", "receive", "receive"]


def test_the_next_batch_shows_what_has_changed(two_rooms: House) -> None:
    live_scene = LiveScene()
    live_scene.load(two_rooms)
    pair = [GlRenderer(max_poses=count) for count in (1, 64)]
    cameras = cameras_of(MIXED[:3])
    before = [_drawn(renderer, live_scene, cameras) for renderer in pair]
    moved = [replace(item, position=(2.0, 1.0, 2.0)) for item in live_scene.scene.placed if item.view is None]
    live_scene.set_objects([*moved, *(replace(item, object_id=f"new {item.object_id}") for item in moved)])
    after = [_drawn(renderer, live_scene, cameras) for renderer in pair]
    assert_same_bytes(*before)
    assert_same_bytes(*after)
    assert any((one["instance"] != other["instance"]).any() for one, other in zip(before[1], after[1]))
    for renderer in pair:
        renderer.release()


def _drawn(renderer: GlRenderer, live_scene: LiveScene, cameras: Sequence[Camera]) -> list[Frame]:
    renderer.sync(live_scene)
    return renderer.draw(cameras, ALL)


def test_frames_stay_as_they_were_when_others_are_drawn(batched: GlRenderer) -> None:
    cameras = cameras_of(VIEWS[:3])
    first = batched.draw(cameras, ALL)
    copies = [{name: image.copy() for name, image in frame.items()} for frame in first]
    batched.draw(cameras_of([MIXED[5], MIXED[6], MIXED[8]] * 3), ALL)
    assert_same_bytes(first, copies)


def test_layers_of_one_size_are_kept_and_all_are_freed(live_scene: LiveScene, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[int, int] = {}
    made, freed = raw_gl.depth_layers, raw_gl.delete_texture

    def noted(width: int, height: int, count: int) -> int:
        number = made(width, height, count)
        kept[number] = width * height * count
        return number

    monkeypatch.setattr(raw_gl, "depth_layers", noted)
    monkeypatch.setattr(raw_gl, "delete_texture", lambda number: (kept.pop(number), freed(number)))
    renderer = GlRenderer(max_poses=8)
    renderer.sync(live_scene)
    for side in (16, 40, 24, 500):
        for count in (2, 8, 3):
            renderer.draw(cameras_of(VIEWS[:1] * count, (side, side)), modalities_named(["depth"]))
            assert len(kept) == 1 and max(kept.values()) <= MAX_PIXELS
    renderer.release()
    renderer.release()
    assert not kept


def test_without_layers_by_vertex_every_pose_is_a_draw_of_its_own(
    live_scene: LiveScene, batched: GlRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renderer_module, "can_stack", lambda context: False)
    renderer = GlRenderer(max_poses=64)
    monkeypatch.setattr(LayeredTargets, "send", None)
    renderer.sync(live_scene)
    frames = renderer.draw(cameras_of(MIXED), ALL)
    monkeypatch.undo()
    assert_same_bytes(frames, batched.draw(cameras_of(MIXED), ALL))
    renderer.release()


def test_many_views_of_an_empty_stage_are_their_skies() -> None:
    renderer = GlRenderer(antialias=True, max_poses=64)
    frames = _drawn(renderer, LiveScene(), cameras_of(MIXED[:3], (20, 11)))
    assert (frames[0]["rgb"] == (76, 153, 230)).all() and not frames[1]["rgb"].any()
    assert not any(frame[name].any() for frame in frames for name in ("depth", "normal", "instance", "semantic"))
    renderer.release()


def test_labels_in_a_batch_are_those_of_instances_and_classes(batched: GlRenderer, live_scene: LiveScene) -> None:
    frames = batched.draw(cameras_of(VIEWS[:3]), ALL)
    for frame in frames:
        assert frame["instance"].min() > 0
        np.testing.assert_array_equal(frame["semantic"], live_scene.classes[frame["instance"]])
