"""Pictures of a house from the command line: sheets, poses, from above, films, plans, and what cannot be used."""

from __future__ import annotations

from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image
from scipy.spatial import KDTree

from generators.views.house_pictures import GAP_PX, best_views, panels, sheet, top_size, top_view
from generators.views.tour import KEPT_CLEARANCE_M, SPACING_M, SPEED_M_S, Tour, plan_tour
from generators.views.video import write_mp4
from tests.conftest import DATA
from tst_sim.cli.main import main
from tst_sim.corpus.colorize import as_picture
from tst_sim.embedded.drawing.gl.visibility import Visibility
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.errors import StorageError, UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import RENDERED, modalities_named, to_stored
from tst_sim.simulator import FreeSpace

HOUSE = ["--house", "0", "--source", str(DATA / "two_rooms_1.0.0.json")]
INSTANCE = modalities_named(["instance"])


def picture(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def test_a_pose_gives_its_frame_with_modalities_side_by_side(
    engine: EmbeddedSimulator, two_rooms: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "view.png"
    view = ["--pose", "2,1.5,1,20,10", "--size", "96x64", "--fov", "80", "--modalities", "depth,rgb,semantic"]
    assert main(["render", *HOUSE, *view, "--light", "fast", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    engine.load(two_rooms)
    rows = modalities_named(["rgb", "depth", "semantic"])
    frame = engine.render([Pose((2, 1.5, 1), 20, 10)], rows, intrinsics=Intrinsics(96, 64, 80))[0]
    shown = picture(out)
    assert shown.shape == (64, 3 * 96 + 2 * GAP_PX, 3)
    left = 96 + GAP_PX
    assert np.array_equal(shown[:, left : left + 96], as_picture(rows[1], to_stored(rows[1], frame["depth"])))
    assert np.array_equal(shown[:, 2 * left :], as_picture(rows[2], frame["semantic"]))
    smooth = shown[:, :96].astype(int) - frame["rgb"]
    assert np.abs(smooth).mean() < 2 and np.any(smooth)


def test_the_sheet_shows_the_house_from_above_and_both_rooms(tmp_path: Path) -> None:
    out = tmp_path / "house.jpg"
    assert main(["render", *HOUSE, "--size", "80x60", "--views", "5", "--out", str(out)]) == 0
    assert picture(out).shape == (2 * 60 + GAP_PX, 3 * 80 + 2 * GAP_PX, 3)


def test_the_best_views_see_most_of_the_house(engine: EmbeddedSimulator, two_rooms: House) -> None:
    engine.load(two_rooms)
    views = best_views(engine, 4, fov_deg=75, aspect=4 / 3)
    assert {view.position_m[0] < 4 for view in views[:2]} == {True, False}
    frames = engine.render_views(views, INSTANCE, width=128, height=96)
    seen = {number for frame in frames for number in np.unique(frame["instance"]).tolist()}
    furniture = {row.id for row in engine.instances() if row.asset_id and row.class_name not in ("Door", "Window")}
    assert len(furniture & seen) >= len(furniture) - 1
    assert best_views(engine, 4, fov_deg=75, aspect=4 / 3) == views


def test_from_above_every_floor_and_no_ceiling_is_seen(engine: EmbeddedSimulator, two_rooms: House) -> None:
    engine.load(two_rooms)
    width, height = top_size(engine, 320)
    assert width == 320 and height == pytest.approx(320 * 5 / 8, abs=20)
    view = top_view(engine, aspect=width / height)
    ids = engine.render_views([view], INSTANCE, width=width, height=height)[0]["instance"]
    classes = {row.id: row.class_name for row in engine.instances()}
    seen = [classes[number] for number in np.unique(ids).tolist() if number]
    assert seen.count("Floor") == 2 and "Ceiling" not in seen and "Bed" in seen and "TVStand" in seen
    border = np.concatenate([ids[0], ids[-1], ids[:, 0], ids[:, -1]])
    assert not border.any()
    rows, columns = np.flatnonzero(ids.any(axis=1)), np.flatnonzero(ids.any(axis=0))
    assert max(len(rows) / height, len(columns) / width) > 0.9


def test_nothing_is_left_out_of_the_picture_from_above(
    engine: EmbeddedSimulator, shared_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.load(shared_house)
    view = top_view(engine, aspect=1.0)
    some = engine.render_views([view], INSTANCE, width=200, height=200)[0]["instance"]
    count = len(engine.live_scene.boxes)
    monkeypatch.setattr(Visibility, "visible", lambda self, camera: np.ones(count, bool))
    everything = engine.render_views([view], INSTANCE, width=200, height=200)[0]["instance"]
    assert (some != everything).sum() <= 2


def test_a_sheet_puts_tiles_in_rows() -> None:
    tiles = [np.full((4, 5, 3), shade, np.uint8) for shade in (10, 20, 30)]
    page = sheet(tiles, columns=2)
    assert page.shape == (8 + GAP_PX, 10 + GAP_PX, 3)
    assert (page[4 + GAP_PX :, :5] == 30).all() and (page[4 + GAP_PX :, 5 + GAP_PX :] > 200).all()


@pytest.fixture(scope="module")
def space(engine: EmbeddedSimulator, two_rooms: House) -> FreeSpace:
    engine.load(two_rooms)
    return engine.free_space(SPACING_M)


@pytest.fixture(scope="module")
def tour(space: FreeSpace) -> Tour:
    return plan_tour(space, fps=24)


def test_a_tour_walks_through_every_room_on_free_floor(tour: Tour, space: FreeSpace) -> None:
    assert sorted(tour.rooms) == ["room|2", "room|3"] and tour.cuts == 0
    eyes = np.array([pose.position_m for pose in tour.poses])
    assert (eyes[:, 0] < 3.5).any() and (eyes[:, 0] > 4.5).any()
    far, nearest = KDTree(space.positions_m[:, [0, 2]]).query(eyes[:, [0, 2]])
    assert far.max() <= SPACING_M * 2**-0.5 + 1e-6
    assert (space.clearance_m[nearest] >= KEPT_CLEARANCE_M).all()


def test_a_tour_neither_jumps_nor_runs_nor_spins(tour: Tour) -> None:
    eyes = np.array([pose.position_m for pose in tour.poses])[:, [0, 2]]
    steps = np.linalg.norm(np.diff(eyes, axis=0), axis=1)
    yaw = np.array([pose.yaw_deg for pose in tour.poses])
    turns = np.abs((np.diff(yaw) + 180) % 360 - 180)
    assert steps.max() * 24 <= SPEED_M_S * 1.01
    assert turns.max() * 24 < 100
    assert steps.sum() == pytest.approx(tour.length_m, rel=0.02)
    looked = np.histogram(yaw, bins=12, range=(0, 360))[0]
    assert (looked > 0).all()


def test_rooms_that_no_way_joins_are_shown_with_a_cut(space: FreeSpace) -> None:
    apart = np.abs(space.positions_m[:, 0] - 4.0) > 0.5
    rooms = tuple(room for room, kept in zip(space.room_ids, apart) if kept)
    cut = plan_tour(FreeSpace(space.positions_m[apart], rooms, space.clearance_m[apart], SPACING_M), fps=5)
    assert cut.cuts == 1 and sorted(cut.rooms) == ["room|2", "room|3"]
    steps = np.linalg.norm(np.diff([pose.position_m for pose in cut.poses], axis=0), axis=1)
    assert (steps > 1.0).sum() == 1


def test_a_house_without_free_floor_has_no_tour() -> None:
    nowhere = FreeSpace(np.zeros((0, 3)), (), np.zeros(0), SPACING_M)
    with pytest.raises(UserError, match="no free floor to walk on"):
        plan_tour(nowhere, fps=24)


def test_a_film_has_a_picture_for_every_pose(tmp_path: Path, tour: Tour, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "walk.mp4"
    assert main(["render", *HOUSE, "--tour", str(out), "--size", "65x48", "--fps", "2"]) == 0
    said = capsys.readouterr()
    frames = imageio_ffmpeg.read_frames(str(out))
    facts = next(frames)
    assert facts["size"] == (66, 48) and facts["codec"] == "h264" and facts["fps"] == 2
    count = sum(1 for _ in frames)
    assert count == pytest.approx(len(tour.poses) / 12, abs=8)
    assert f"2 of 2 rooms, {tour.length_m:.1f} m" in said.err and f"{count} pictures" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["walk.mp4"]


def test_a_film_shows_what_is_drawn(engine: EmbeddedSimulator, two_rooms: House, tmp_path: Path) -> None:
    engine.load(two_rooms)
    view = top_view(engine, aspect=4 / 3)
    drawn = panels(engine, [view], (RENDERED["rgb"],), width=128, height=96)[0]
    write_mp4(tmp_path / "still.mp4", [drawn] * 4, fps=4)
    frames = imageio_ffmpeg.read_frames(str(tmp_path / "still.mp4"))
    next(frames)
    shown = np.frombuffer(list(frames)[-1], np.uint8).reshape(96, 128, 3)
    assert np.abs(shown.astype(int) - drawn).mean() < 6


def test_a_film_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").mkdir()
    with pytest.raises(StorageError, match="cannot write"):
        write_mp4(tmp_path / "film.mp4", [np.zeros((16, 16, 3), np.uint8)], fps=1)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize("name", ["plan.svg", "plan.png"])
def test_a_floor_plan_is_drawn(name: str, tmp_path: Path) -> None:
    assert main(["render", *HOUSE, "--floor-plan", "--free-space", "--out", str(tmp_path / name)]) == 0
    start = (tmp_path / name).read_bytes()[:8]
    assert start == (b"\x89PNG\r\n\x1a\n" if name.endswith("png") else b"<svg xml")


def test_export_house_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("house.glb", "house.obj"):
        assert main(["export-house", *HOUSE, "--out", str(tmp_path / name), "--no-ceiling"]) == 0
        said = capsys.readouterr()
        assert said.out == f"{tmp_path / name}\n" and "30 objects" in said.err
    beside = ["house.glb", "house.mtl", "house.obj", "house_textures"]
    assert sorted(path.name for path in tmp_path.iterdir()) == beside


BAD = {
    "render --out x.png": "--house",
    "render HOUSE": "where to? give --out FILE.png",
    "render HOUSE --out x.gif": "--out 'x.gif' must end in .png or .jpg or .jpeg, not '.gif'",
    "render HOUSE --out x": "must end in .png or .jpg or .jpeg, not 'nothing'",
    "render HOUSE --out .": "--out '.' must end in",
    "render HOUSE --out /proc/nowhere/x.png": "--out '/proc/nowhere/x.png' cannot be written",
    "render HOUSE --out notes.txt/x.png": "cannot be written into",
    "render HOUSE --out x.png --assets sweethom3d": "unknown asset pack 'sweethom3d'; did you mean 'sweethome3d'?",
    "export-house HOUSE --out x.glb --assets gltf:nowhere": "nowhere",
    "render HOUSE --out x.png --pose 1,2,3": "must be five numbers X,Y,Z,YAW,PITCH",
    "render HOUSE --out x.png --pose 1,2,3,east,0": "--pose '1,2,3,east,0': 'east' must be a number",
    "render HOUSE --out x.png --pose 1,2,3,nan,0": "'nan' must be a number",
    "render HOUSE --out x.png --pose 1,2,3,0,100": "the pitch 100 must be between -90 (up) and 90 (down) degrees",
    "render HOUSE --out x.png --pose 1,2,3,0,0 --top": "not allowed with",
    "render HOUSE --out x.png --size 9": "width and height must be between 16 and 4096 pixels",
    "render HOUSE --out x.png --fov 200": "--fov '200' must be a number between 10 and 150",
    "render HOUSE --out x.png --modalities rgb,dept": "unknown modality 'dept'; did you mean 'depth'?",
    "render HOUSE --out x.png --views 0": "'0' must be a whole number between 1 and 100",
    "render HOUSE --tour x.avi": "--tour 'x.avi' must end in .mp4",
    "render HOUSE --tour x.mp4 --out y.mp4": "does not go with --tour",
    "render HOUSE --tour x.mp4 --fps 0": "'0' must be a whole number between 1 and 120",
    "render HOUSE --floor-plan --out x.jpg": "must end in .png or .svg",
    "render HOUSE --floor-plan --out x.png --fov 60": "--fov changes nothing with --floor-plan",
    "render HOUSE --top --out x.png --views 3": "--views changes nothing with --top",
    "render HOUSE --out x.png --free-space": "--free-space changes nothing on a sheet of views",
    "render --house 3 --source SOURCE --out x.png": "house 3 is not in",
    "render --house 0 --source nowhere --out x.png": "house source 'nowhere' is neither",
    "render --house 0 --split tset --out x.png": "asset split 'tset' is not known",
    "export-house HOUSE": "--out",
    "export-house HOUSE --out x.stl": "must end in .glb or .obj, not '.stl'",
    "export-house HOUSE --out x.glb --format obj": "--out 'x.glb' must end in .obj",
    "export-house HOUSE --out x.glb --format gltf": "--format 'gltf' is not known",
    "export-house HOUSE --out folder.glb": "'folder.glb' is a folder; give the name of a file",
    "export-hose HOUSE --out x.glb": "did you mean 'export-house'?",
}


@pytest.mark.parametrize("line", BAD)
def test_what_cannot_be_used_is_one_line_and_nothing_is_written(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.glb").mkdir()
    (tmp_path / "notes.txt").touch()
    words = line.replace("HOUSE", " ".join(HOUSE)).replace("SOURCE", HOUSE[-1]).split()
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.startswith("tst-sim: error: ") and said.count("\n") == 1, said
    assert BAD[line] in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.glb", "notes.txt"]


def test_a_pose_may_stand_anywhere(tmp_path: Path) -> None:
    out = tmp_path / "outside.png"
    assert main(["render", *HOUSE, "--pose=-3,40,-2,725,90", "--size", "32", "--out", str(out)]) == 0
    assert picture(out).shape == (32, 32, 3)
