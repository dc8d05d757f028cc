"""Lenses beyond a pose's: orthographic, rolled, clipped, with a sky, of any shape."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests.houses.bare_room import box_house, placed
from tst_sim.classes import CLASS_IDS
from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.embedded.drawing.gl.visibility import Visibility
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.errors import UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import RENDERED, Frame, modalities_named
from tst_sim.randomness import rng_for

ALL = tuple(RENDERED.values())
FRIDGE = placed("Fridge_1", 3.0, 0.9, 3.0)


def look(engine: EmbeddedSimulator, view: CameraSpec, width: int = 96, height: int = 64) -> Frame:
    return engine.render_views([view], ALL, width=width, height=height)[0]


@pytest.mark.parametrize(("width", "height"), [(96, 64), (40, 100), (31, 17)])
def test_a_view_of_a_pose_is_that_pose(engine: EmbeddedSimulator, two_rooms: House, width: int, height: int) -> None:
    engine.load(two_rooms)
    pose = Pose((1.5, 1.5, 2.5), 130.0, 20.0)
    (posed,) = engine.render([pose], ALL, intrinsics=Intrinsics(width, height, 70.0))
    viewed = look(engine, CameraSpec.of(pose, 70.0), width, height)
    for name in RENDERED:
        np.testing.assert_array_equal(posed[name], viewed[name])


def test_an_orthographic_pixel_is_as_wide_everywhere(engine: EmbeddedSimulator) -> None:
    """From above, 4 m of room are 80 of 120 pixels at 3 m half height, whatever is how far away."""
    engine.load(box_house(FRIDGE))
    view = CameraSpec((2.0, 2.4, 2.0), (90.0, 0.0, 0.0), orthographic_size_m=3.0)
    frame = look(engine, view, 160, 120)
    rows, columns = np.nonzero(frame["instance"])
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (20, 100, 40, 120)
    row = next(row for row in engine.instances() if row.class_name == "Fridge")
    mine = frame["semantic"] == CLASS_IDS["Fridge"]
    rows, columns = np.nonzero(mine)
    assert columns.mean() / 20 - 80 / 20 + 2.0 == pytest.approx(row.box_center_m[0], abs=0.05)
    assert 60 / 20 - rows.mean() / 20 + 2.0 == pytest.approx(row.box_center_m[2], abs=0.05)
    assert np.ptp(columns) + 1 == pytest.approx(20 * row.box_size_m[0], abs=1.5)
    floor = frame["depth"][frame["semantic"] == CLASS_IDS["Floor"]]
    np.testing.assert_allclose(floor, 2.4, atol=1e-4)
    top = row.box_center_m[1] + row.box_size_m[1] / 2
    assert frame["depth"][mine].min() == pytest.approx(2.4 - top, abs=1e-3)


def test_from_above_the_roof_an_orthographic_camera_sees_in(engine: EmbeddedSimulator) -> None:
    """Ceilings turn their back on what is above them."""
    engine.load(box_house(FRIDGE))
    frame = look(engine, CameraSpec((2.0, 8.0, 2.0), (90.0, 0.0, 0.0), orthographic_size_m=2.2))
    assert CLASS_IDS["Ceiling"] not in frame["semantic"]
    assert {CLASS_IDS["Floor"], CLASS_IDS["Fridge"]} <= set(np.unique(frame["semantic"]).tolist())


@pytest.mark.parametrize("orthographic", [None, 2.5])
def test_clipping_planes_cut_at_their_depth(engine: EmbeddedSimulator, orthographic: float | None) -> None:
    engine.load(box_house(FRIDGE))
    here = (2.0, 1.25, 0.5)
    whole = look(engine, CameraSpec(here, orthographic_size_m=orthographic))
    cut = look(engine, CameraSpec(here, orthographic_size_m=orthographic, near_m=1.0, far_m=3.0))
    inside = (whole["depth"] > 1.01) & (whole["depth"] < 2.99)
    beyond = whole["depth"] > 3.01
    assert inside.sum() > 300 and beyond.sum() > 300
    assert not cut["instance"][beyond].any() and not cut["depth"][beyond].any()
    np.testing.assert_array_equal(cut["instance"][inside], whole["instance"][inside])
    np.testing.assert_allclose(cut["depth"][inside], whole["depth"][inside], atol=1e-4)
    seen = cut["depth"][cut["instance"] > 0]
    assert seen.min() >= 1.0 - 1e-4 and seen.max() <= 3.0 + 1e-4


def test_a_near_plane_behind_the_wall_shows_the_next_room(engine: EmbeddedSimulator, two_rooms: House) -> None:
    engine.load(two_rooms)
    wall = look(engine, CameraSpec((3.0, 1.5, 2.5), (0.0, 90.0, 0.0), 60.0))
    through = look(engine, CameraSpec((3.0, 1.5, 2.5), (0.0, 90.0, 0.0), 60.0, near_m=1.5))
    assert wall["depth"].max() < 1.01
    assert through["instance"].all() and through["depth"].min() >= 1.5
    names = {row.id: row.object_id for row in engine.instances()}
    assert names[int(through["instance"][60, 48])] in ("floor|room|3", "3|0|0", "3|0|1")


def test_the_sky_has_the_color_asked_for_and_only_the_sky(engine: EmbeddedSimulator) -> None:
    engine.load(box_house())
    view = CameraSpec((2.0, 1.25, -2.0), (0.0, 180.0, 0.0), sky_color=(1.0, 0.5, 0.0))
    frame = look(engine, view)
    assert (frame["rgb"] == (255, 128, 0)).all() or (frame["rgb"] == (255, 127, 0)).all()
    for name in ("depth", "normal", "instance", "semantic"):
        assert not frame[name].any()
    inside = CameraSpec((2.0, 1.25, 1.0), sky_color=(1.0, 0.5, 0.0))
    np.testing.assert_array_equal(look(engine, inside)["rgb"], look(engine, CameraSpec(inside.position_m))["rgb"])
    assert not look(engine, CameraSpec(view.position_m, view.rotation_deg))["rgb"].any()


def test_a_quarter_roll_turns_the_picture(engine: EmbeddedSimulator, two_rooms: House) -> None:
    """A camera rolled by 90 degrees (its right is now up) sees the upright picture turned clockwise."""
    engine.load(two_rooms)
    for yaw in (20.0, 130.0, 250.0):
        upright = look(engine, CameraSpec((2.0, 1.5, 2.5), (15.0, yaw, 0.0)), 64, 64)
        rolled = look(engine, CameraSpec((2.0, 1.5, 2.5), (15.0, yaw, 90.0)), 64, 64)
        turned = np.rot90(upright["depth"], -1)
        assert (np.abs(turned - rolled["depth"]) < 1e-3).mean() > 0.99
        assert (np.rot90(upright["instance"], -1) == rolled["instance"]).mean() > 0.99


@pytest.mark.parametrize(
    "lens",
    [{}, {"roll": 35.0}, {"roll": 180.0}, {"orthographic_size_m": 1.5}, {"near_m": 0.8}, {"far_m": 3.0}],
    ids=str,
)
def test_leaving_out_the_unseen_changes_no_view(
    engine: EmbeddedSimulator, two_rooms: House, lens: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.load(two_rooms)
    lens = dict(lens)
    roll, rng = lens.pop("roll", 0.0), rng_for(0, "views", str(lens))
    views = [
        CameraSpec(
            tuple(rng.uniform((0.3, 0.3, 0.3), (7.7, 2.2, 4.7)).tolist()),
            (float(rng.uniform(-89, 89)), float(rng.uniform(0, 360)), roll),
            75.0,
            **lens,
        )
        for _ in range(30)
    ]
    few = engine.render_views(views, ALL, width=64, height=48)
    monkeypatch.setattr(Visibility, "visible", lambda self, camera: np.ones(len(self._boxes), bool))
    many = engine.render_views(views, ALL, width=64, height=48)
    for view, some, everything in zip(views, few, many):
        assert (some["instance"] != everything["instance"]).sum() <= 1, view
        assert (some["depth"] != everything["depth"]).sum() <= 1, view


def test_sizes_there_and_back_again_give_the_same_pictures(engine: EmbeddedSimulator, two_rooms: House) -> None:
    engine.load(two_rooms)
    view = CameraSpec((1.5, 1.5, 2.5), (20.0, 130.0, 0.0), 70.0)
    sizes = [(64, 48), (48, 64), (300, 300), (65, 47), (128, 32), (1, 1)]
    first = [look(engine, view, *size) for size in sizes]
    for _ in range(3):
        for size, before in zip(sizes, first):
            after = look(engine, view, *size)
            assert after["rgb"].shape == (size[1], size[0], 3)
            assert all(before[name].tobytes() == after[name].tobytes() for name in RENDERED)


def test_changes_of_size_leave_no_memory_behind(engine: EmbeddedSimulator, two_rooms: House) -> None:
    """A size that is kept costs 32 bytes a pixel: 200 lost ones of these would be half a gigabyte."""
    engine.load(two_rooms)
    view = CameraSpec((1.5, 1.5, 2.5), (20.0, 130.0, 0.0), 70.0)
    rows = modalities_named(["depth"])

    def all_sizes() -> None:
        for side in range(260, 310):
            engine.render_views([view], rows, width=side, height=300)
            engine.render_views([view], rows, width=300, height=side)

    all_sizes()
    before = _resident_bytes()
    for _ in range(2):
        all_sizes()
    assert _resident_bytes() - before < 100e6


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    ("view", "size", "said"),
    [
        (CameraSpec((0, 0, 0), fov_deg=180.0), (64, 64), "field of view 180 degrees"),
        (CameraSpec((0, 0, 0), fov_deg=float("nan")), (64, 64), "field of view"),
        (CameraSpec((0, 0, 0), orthographic_size_m=0.0), (64, 64), "orthographic size 0 m"),
        (CameraSpec((0, 0, 0), near_m=2.0, far_m=1.0), (64, 64), "clipping planes 2 to 1"),
        (CameraSpec((0, 0, 0)), (0, 64), "image size 0 x 64"),
        (CameraSpec((0, 0, 0)), (64, 100_000), "1 to 8192 pixels"),
    ],
)
def test_lenses_that_cannot_be_are_refused(
    engine: EmbeddedSimulator, two_rooms: House, view: CameraSpec, size: tuple[int, int], said: str
) -> None:
    engine.load(two_rooms)
    with pytest.raises(UserError, match=said):
        look(engine, view, *size)
