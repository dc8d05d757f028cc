"""The CPU's rasteriser beside OpenGL's, beside its own other variants, and against hand-made triangles."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.embedded.drawing.cpu._native import Rasterizer, variants
from tst_sim.embedded.drawing.cpu.renderer import CpuRenderer
from tst_sim.embedded.drawing.renderer import open_renderer
from tst_sim.embedded.drawing.vertices import VERTEX
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.errors import UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import RENDERED, Frame

ALL = tuple(RENDERED.values())
NAMES = tuple(RENDERED)
VIEWS = [
    CameraSpec.of(Pose((3.0, 1.5, 1.0), 60.0, 15.0), 75.0),
    CameraSpec.of(Pose((6.0, 1.5, 3.0), 200.0, 10.0), 90.0),
    CameraSpec.of(Pose((1.0, 0.3, 1.0), 45.0, -20.0), 120.0),
    CameraSpec((4.0, 8.0, 2.5), (90.0, 0.0, 0.0), orthographic_size_m=3.0),
    CameraSpec((2.0, 1.5, 2.5), (20.0, 130.0, 30.0), near_m=0.5, far_m=2.4, sky_color=(0.2, 0.4, 0.6)),
]


def drawn(house: House, renderer: str, *, antialias: bool = False, size: tuple[int, int] = (149, 83)) -> list[Frame]:
    with EmbeddedSimulator(antialias=antialias, renderer=renderer) as simulator:
        simulator.load(house)
        return simulator.render_views(VIEWS, ALL, width=size[0], height=size[1])


def stacked(frames: Sequence[Frame], name: str) -> np.ndarray:
    return np.stack([frame[name] for frame in frames]).astype(float)


def test_both_renderers_draw_the_same_pictures(two_rooms: House) -> None:
    cpu, gl = drawn(two_rooms, "cpu"), drawn(two_rooms, "gl")
    same = stacked(cpu, "instance") == stacked(gl, "instance")
    assert same.mean() > 0.9995
    assert (stacked(cpu, "semantic") == stacked(gl, "semantic")).mean() > 0.9995
    assert np.quantile(np.abs(stacked(cpu, "depth") - stacked(gl, "depth"))[same], 0.9999) < 1e-3
    assert np.quantile(np.abs(stacked(cpu, "normal") - stacked(gl, "normal"))[same], 0.999) < 0.01
    colors = np.abs(stacked(cpu, "rgb") - stacked(gl, "rgb")).max(axis=-1)[same]
    assert colors.mean() < 1.0 and np.quantile(colors, 0.999) <= 8


def test_what_lies_outside_the_clipping_planes_is_sky_on_both(two_rooms: House) -> None:
    for renderer in ("cpu", "gl"):
        frame = drawn(two_rooms, renderer)[-1]
        nothing = frame["instance"] == 0
        assert 0.02 < nothing.mean() < 0.98
        assert (frame["rgb"][nothing] == (51, 102, 153)).all()
        assert not frame["depth"][nothing].any() and not frame["normal"][nothing].any()
        assert frame["depth"][~nothing].min() >= 0.5 and frame["depth"].max() <= 2.4


def test_every_variant_draws_the_same_bytes(two_rooms: House) -> None:
    live_scene = LiveScene()
    live_scene.load(two_rooms)
    from tst_sim.embedded.drawing.camera import Camera

    pictures = set()
    for variant in variants():
        renderer = CpuRenderer(antialias=True, variant=variant)
        renderer.sync(live_scene)
        frames = renderer.draw([Camera.of(view, 75, 64) for view in VIEWS], ALL)
        pictures.add(b"".join(np.ascontiguousarray(frame[name]).tobytes() for frame in frames for name in NAMES))
    assert "baseline" in variants() and len(pictures) == 1


def test_a_large_picture_is_the_small_one_seen_closer(two_rooms: House) -> None:
    """Beyond a million pixels edges are followed in 64 bits; depth at shared rays must not notice."""
    pose = Pose((3.0, 1.5, 1.0), 60.0, 15.0)
    with EmbeddedSimulator(renderer="cpu") as simulator:
        simulator.load(two_rooms)
        (small,) = simulator.render([pose], ALL, intrinsics=Intrinsics(245, 245, 80.0))
        (large,) = simulator.render([pose], ALL, intrinsics=Intrinsics(1225, 1225, 80.0))
    middle = large["depth"][2::5, 2::5]
    same = large["instance"][2::5, 2::5] == small["instance"]
    assert same.mean() > 0.995
    assert np.quantile(np.abs(middle - small["depth"])[same], 0.999) < 2e-3


def test_an_unknown_renderer_is_named_with_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"unknown renderer 'vulkan'; choose from auto, cpu, gl"):
        open_renderer("vulkan")
    monkeypatch.setenv("TST_SIM_RENDERER", "opengl")
    with pytest.raises(UserError, match=r"unknown renderer 'opengl'"):
        open_renderer()


def square(depth: float, half: float = 1.0, cells: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """A wall `depth` ahead of the origin that looks back at it, cut into 2 cells^2 triangles."""
    steps = np.linspace(-half, half, cells + 1)
    y, x = np.meshgrid(steps, steps, indexing="ij")
    vertices = np.zeros(x.size, VERTEX)
    vertices["position"] = np.stack([x.ravel(), y.ravel(), np.full(x.size, depth)], axis=1)
    vertices["normal"] = (0, 0, -32767)
    vertices["label"] = (7, 3)
    corner = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
    up, right = cells + 1, 1
    lower = np.stack([corner, corner + up, corner + up + right], axis=1)
    upper = np.stack([corner, corner + up + right, corner + right], axis=1)
    return vertices, np.concatenate([lower, upper]).astype(np.uint32)


def frame_of(*walls: tuple[np.ndarray, np.ndarray], size: int = 65) -> dict[str, np.ndarray]:
    """What an eye at the origin, looking along z, sees at 90 degrees."""
    rasterizer = Rasterizer(16)
    rasterizer.add_texture(0, np.full((16, 16, 4), 128, np.uint8))
    for number, (vertices, triangles) in enumerate(walls):
        rasterizer.set_instance(number, vertices.view(np.uint8).reshape(-1, 40), triangles)
    lens = np.array(
        [*np.eye(3).ravel(), 0, 0, 0, size / 2, size / 2, size / 2, size / 2, 0.02, 1e30, 1, 1, 1], np.float32
    )
    return rasterizer.draw(lens, size, size, False, (0, 0, 0), NAMES, False)


@pytest.mark.parametrize("cells", [1, 7, 40, 150])
def test_a_wall_has_no_cracks_and_no_pixel_twice(cells: int) -> None:
    """However finely it is cut, also into triangles far smaller than pixels."""
    frame = frame_of(square(2.0, 4.0, cells))
    assert (frame["instance"] == 7).all() and (frame["semantic"] == 3).all()
    np.testing.assert_allclose(frame["depth"], 2.0, atol=1e-5)
    np.testing.assert_allclose(frame["normal"], np.broadcast_to((0, 0, 1), frame["normal"].shape), atol=1e-4)


def test_a_wall_covers_the_pixels_whose_centres_it_holds() -> None:
    frame = frame_of(square(2.0, 1.0), size=64)
    covered = np.zeros((64, 64), bool)
    covered[16:48, 16:48] = True
    np.testing.assert_array_equal(frame["instance"] == 7, covered)


@pytest.mark.parametrize("size", [61, 64, 70])
@pytest.mark.parametrize("cells", [1, 30])
def test_what_leaves_the_picture_on_the_right_does_not_come_back_on_the_left(size: int, cells: int) -> None:
    vertices, triangles = square(2.0, 1.0, cells)
    vertices["position"][:, 0] += 2.8
    frame = frame_of((vertices, triangles), size=size)
    columns = np.flatnonzero((frame["instance"] == 7).any(axis=0))
    np.testing.assert_array_equal(columns, np.arange(np.ceil(size / 2 * 1.9 - 0.5), size))


def test_the_nearer_wall_hides_the_farther_one_whichever_comes_first() -> None:
    near, far = square(1.0, 0.5), square(3.0, 9.0)
    near[0]["label"] = (1, 1)
    pictures = [frame_of(near, far), frame_of(far, near)]
    assert pictures[0]["depth"].tobytes() == pictures[1]["depth"].tobytes()
    assert set(np.unique(pictures[0]["instance"])) == {1, 7}
    assert (pictures[0]["depth"][pictures[0]["instance"] == 1] == 1.0).all()


def test_a_wall_that_reaches_behind_the_eye_is_cut_not_lost() -> None:
    vertices, triangles = square(0.0, 5.0, 3)
    floor = vertices.copy()
    floor["position"] = vertices["position"][:, [0, 2, 1]] + np.array([0, -1, 0], np.float32)
    floor["normal"] = (0, 32767, 0)
    frame = frame_of((floor, triangles))
    rows = np.arange(33, 65)
    expected = 32.5 / (rows + 0.5 - 32.5)
    seen = expected < 4.9
    assert (frame["instance"][33:][seen] == 7).all() and not (frame["instance"][:32] == 7).any()
    np.testing.assert_allclose(frame["depth"][33:, 32][seen], expected[seen], rtol=1e-5)


def test_two_threads_that_draw_with_one_rasterizer_get_whole_pictures() -> None:
    rasterizer = Rasterizer(16)
    vertices, triangles = square(2.0, 4.0, 60)
    rasterizer.set_instance(0, vertices.view(np.uint8).reshape(-1, 40), triangles)

    def look(size: int) -> bytes:
        lens = np.array(
            [*np.eye(3).ravel(), 0, 0, 0, size / 2, size / 2, size / 2, size / 2, 0.02, 1e30, 1, 1, 1], np.float32
        )
        frame = rasterizer.draw(lens, size, size, False, (0, 0, 0), NAMES, True)
        return b"".join(frame[name].tobytes() for name in NAMES)

    sizes = [64, 200] * 20
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(look, sizes)) == [look(size) for size in sizes]


def test_backs_are_not_drawn() -> None:
    vertices, triangles = square(2.0)
    assert not frame_of((vertices, triangles[:, ::-1].copy()))["instance"].any()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"position": (np.nan, 0, 0)}, "positions are finite"),
        ({"layer_and_room": -1}, "layer_and_room is a layer"),
        ({"layer_and_room": 128 * 64}, "layer_and_room is a layer"),
    ],
)
def test_vertices_that_cannot_be_are_refused(damage: dict[str, object], message: str) -> None:
    vertices, triangles = square(2.0)
    for name, value in damage.items():
        vertices[name][0] = value
    with pytest.raises(ValueError, match=message):
        frame_of((vertices, triangles))


def test_triangles_of_vertices_that_are_not_there_are_refused() -> None:
    vertices, triangles = square(2.0)
    with pytest.raises(ValueError, match="triangles name vertices"):
        frame_of((vertices, triangles + 1))
    with pytest.raises(ValueError, match="no variant mmx"):
        Rasterizer(16, "mmx")
