"""Samples from anywhere: hand-held, calibrated, of several sizes; verified and read as any other corpus."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.corpus.test_damaged_corpora import edit
from tests.corpus.test_layers import contents, faults, toy
from tst_sim.corpus import MANIFEST, Corpus, Manifest, Sample, Scene, write_corpus, write_layer
from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.embedded.drawing.camera import rotation_matrix
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.errors import UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import MODALITIES, Kind, Modality, Origin, modalities_named

MATRIX = np.array([[50.0, 0.0, 33.5], [0.0, 52.0, 30.25], [0.0, 0.0, 1.0]])
CALIBRATED = Intrinsics.of_matrix(64, 64, MATRIX)
NAMES = ("rgb", "depth", "normal", "semantic")
CLASSES = ("Background", "Sofa", "Lamp")


def samples(engine: EmbeddedSimulator, house: House, lens: Intrinsics = CALIBRATED, count: int = 4) -> list[Sample]:
    """Frames of a hand-held camera: every one with another roll; classes of a list of their own."""
    engine.load(house)
    poses = [Pose((1.5 + 0.1 * n, 1.4, 1.5), 20.0 * n, 10.0, 7.0 * n - 9.0) for n in range(count)]
    frames = engine.render(poses, modalities_named(NAMES), intrinsics=lens)
    return [
        Sample("", {**frame, "semantic": frame["semantic"] % 3}, pose, lens, ())
        for pose, frame in zip(poses, frames, strict=True)
    ]


def rgb_sample(pose: Pose, width: int, height: int, lens: Intrinsics | None = None) -> Sample:
    image = np.full((height, width, 3), width, np.uint8)
    return Sample("", {"rgb": image}, pose, lens or Intrinsics(width, height, 60.0), ())


@pytest.fixture
def captured(engine: EmbeddedSimulator, two_rooms: House, tmp_path: Path) -> Path:
    taken = samples(engine, two_rooms)
    scenes = [Scene("scene0000_00", taken[:3], taken[3:], {"licence": "CC0"}), Scene("kitchen", taken[1:2])]
    write_corpus(tmp_path / "captured", scenes, classes=CLASSES, modalities=NAMES, maker={"importer": "toy 1"})
    return tmp_path / "captured"


@pytest.mark.parametrize("roll", [0.0, 30.0, -120.0, 180.0])
@pytest.mark.parametrize(("yaw", "pitch"), [(0.0, 0.0), (200.0, 35.0), (-70.0, -80.0), (10.0, 90.0)])
def test_a_pose_comes_back_from_its_matrix_and_is_the_engine_s(yaw, pitch, roll):
    pose = Pose((1.0, 2.0, 3.0), yaw, pitch, roll)
    matrix = pose.camera_to_world()
    np.testing.assert_allclose(Pose.of_matrix(matrix).camera_to_world(), matrix, atol=1e-12)
    np.testing.assert_allclose(rotation_matrix(CameraSpec.of(pose).rotation_deg), matrix[:3, :3], atol=1e-7)
    assert math.isclose(np.linalg.det(matrix[:3, :3]), 1.0, abs_tol=1e-12)


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (np.diag([1.0, 1.0, -1.0, 1.0]), "it mirrors"),
        (np.diag([2.0, 1.0, 1.0, 1.0]), "its columns are off by 3"),
        (np.eye(3), "4 x 4 finite numbers"),
        (np.full((4, 4), np.nan), "4 x 4 finite numbers"),
    ],
)
def test_a_matrix_that_is_no_pose_is_one_line(matrix, said):
    with pytest.raises(UserError, match=said):
        Pose.of_matrix(matrix)


def test_a_hand_held_calibrated_capture_has_no_fault_and_is_read(captured):
    assert faults(captured) == []
    corpus = Corpus(captured)
    assert corpus.house_names == ("scene0000_00", "kitchen") and corpus.classes == CLASSES
    assert (corpus.modalities, corpus.size) == (NAMES, (64, 64))
    assert [len(list(corpus.keys(name))) for name in ("pretrain", "eval")] == [4, 1]
    key = "scene0000_00_pretrain_000002"
    values = corpus.metadata(key)
    assert values["intrinsics"] == MATRIX.tolist() and "fov" not in values and values["roll"] == 5.0
    np.testing.assert_allclose(values["camera_to_world"], Pose((1.7, 1.4, 1.5), 40.0, 10.0, 5.0).camera_to_world())
    assert corpus.frame(key)["depth"].dtype == np.float32
    manifest = corpus.contents
    assert (manifest.width, manifest.fov_deg, manifest.rendering) == (64, None, None)
    assert manifest.houses[0].facts["licence"] == "CC0" and len(manifest.houses[0].facts["digest"]) == 64


def test_the_same_captures_give_the_same_bytes_and_what_was_killed_is_written_over(
    captured, engine, two_rooms, tmp_path
):
    taken = samples(engine, two_rooms)
    again = tmp_path / "again"

    class Killed(list):
        def __getitem__(self, number):
            if number == 2:
                raise KeyboardInterrupt
            return super().__getitem__(number)

    scenes = [Scene("scene0000_00", Killed(taken[:3]), taken[3:], {"licence": "CC0"}), Scene("kitchen", taken[1:2])]
    options = {"classes": CLASSES, "modalities": NAMES, "maker": {"importer": "toy 1"}}
    with pytest.raises(KeyboardInterrupt):
        write_corpus(again, scenes, **options)
    assert not (again / MANIFEST).exists()
    write_corpus(again, [replace(scenes[0], pretrain=taken[:3]), scenes[1]], **options)
    assert contents(again) == contents(captured)
    with pytest.raises(UserError, match="holds a finished corpus"):
        write_corpus(again, scenes, **options)


def test_a_layer_can_be_added_to_captures(captured):
    row = Modality("edge", Kind.SCALAR, 1, "float32", "uint8", "edge.png", "p", 1 / 255, origin=Origin.LAYER)
    make = lambda keys, frames: {"edge": toy(keys, frames)["edge"]}  # noqa: E731
    write_layer(Corpus(captured), "edges", [row], {"name": "toy"}, {}, make)
    assert faults(captured) == [] and Corpus(captured).modalities == (*NAMES, "edge")


def test_frames_may_differ_in_size_and_then_no_size_is_that_of_the_corpus(tmp_path):
    pose = Pose((0.0, 1.5, 0.0), 0.0, 0.0, -4.0)
    taken = [rgb_sample(pose, 40, 30), rgb_sample(pose, 24, 36, Intrinsics(24, 36, 75.0)), rgb_sample(pose, 40, 30)]
    manifest = write_corpus(tmp_path / "mixed", [Scene("walk", taken)], shard_frames=2)
    assert (manifest.width, manifest.height, manifest.fov_deg) == (None, None, None)
    assert faults(tmp_path / "mixed") == []
    corpus = Corpus(tmp_path / "mixed")
    assert [corpus.frame_size(key) for _, key in corpus.keys("pretrain")] == [(40, 30), (24, 36), (40, 30)]
    assert corpus.frame("walk_pretrain_000001")["rgb"].shape == (36, 24, 3)
    with pytest.raises(UserError, match="differ in size"):
        corpus.size  # noqa: B018


@pytest.mark.parametrize(
    ("scene", "options", "said"),
    [
        (Scene("a/b", [rgb_sample(Pose((0, 0, 0), 0, 0), 16, 16)]), {}, "scene name 'a/b' must be"),
        (Scene("a", []), {}, "no scene has a frame"),
        (Scene("a", [rgb_sample(Pose((0, 0, 0), 0, 0), 16, 16)]), {"modalities": ("depth",)}, "holds rgb, not depth"),
        (Scene("a", [rgb_sample(Pose((0, 0, 0), 0, 0), 16, 16)]), {"modalities": ("dpeth",)}, "did you mean 'depth'"),
        (Scene("a", [rgb_sample(Pose((0, 0, 0), 0, 0), 16, 16)]), {"classes": ("a", "a")}, "names, each once"),
        (
            Scene("a", [rgb_sample(Pose((0, 0, 0), 0, 0), 16, 16, Intrinsics(32, 16))]),
            {},
            r"rgb of a_pretrain_000000 has the shape \(16, 16, 3\); at 32x16 pixels it has \(16, 32, 3\)",
        ),
    ],
)
def test_what_cannot_be_a_corpus_is_one_line_and_leaves_no_manifest(tmp_path, scene, options, said):
    with pytest.raises(UserError, match=said):
        write_corpus(tmp_path / "out", [scene], **options)
    assert not (tmp_path / "out" / MANIFEST).exists()


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(UserError, match=r"is not empty \(thesis.tex\)"):
        write_corpus(tmp_path, [Scene("a", [rgb_sample(Pose((0, 0, 0), 0, 0), 16, 16)])])
    assert (tmp_path / "thesis.tex").read_text() == "x"


def test_a_capture_with_another_handedness_is_seen_between_frames(engine, two_rooms, tmp_path):
    taken = [replace(s, pose=replace(s.pose, yaw_deg=-s.pose.yaw_deg)) for s in samples(engine, two_rooms)]
    write_corpus(tmp_path / "odd", [Scene("walk", taken)], classes=CLASSES, modalities=NAMES)
    assert any("its depth agrees with" in fault.what for fault in faults(tmp_path / "odd"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["houses"][0].update(digest="0" * 64), "its records say otherwise (digest"),
        (lambda d: d["houses"][0]["shards"]["pretrain"].update(bytes=1), "bytes"),
        (lambda d: d["frames"].update(pretrain=9), "its totals are not those of its houses"),
        (lambda d: d.update(made_by=[]), "names a maker"),
        (lambda d: d.update(config={}), "has frames without a size"),
        (lambda d: d.update(classes=["Background"]), "semantic has the class id 2, the corpus has 1 classes"),
        (lambda d: d["modalities"].pop(), "has the files"),
        (lambda d: d.update(width=65), "its width is 64, the manifest says 65"),
        (lambda d: d.update(speed=1), "is not as it is written: speed"),
    ],
)
def test_a_contradiction_in_a_capture_s_manifest_is_found(captured, change, said):
    edit(captured / MANIFEST, change)
    found = [f"{fault.where}: {fault.what}" for fault in faults(captured)]
    assert any(said in line for line in found), found


def test_a_manifest_survives_being_written(captured, small_corpus, tmp_path):
    for folder in (captured, small_corpus):
        manifest = Manifest.read(folder)
        assert manifest.describe() == json.loads((folder / MANIFEST).read_text()) == dict(manifest.values)
        (tmp_path / folder.name).mkdir(exist_ok=True)
        manifest.write(tmp_path / folder.name)
        assert (tmp_path / folder.name / MANIFEST).read_bytes() == (folder / MANIFEST).read_bytes()
    assert MODALITIES["rgb"] in Manifest.read(captured).modalities
