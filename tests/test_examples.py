"""The examples run as their users run them, and leave what they promise."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tests.training.sweeping import run_sweep
from tests.training.synthetic import write_synthetic_corpus
from training.report.document import report_document
from tst_sim.cli.main import main
from tst_sim.corpus import Corpus
from tst_sim.corpus.layer_makers import add_layer
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import RENDERED
from tst_sim.plugins import load_plugins

EXAMPLES = Path(__file__).parents[1] / "examples"
HOUSES = Path(__file__).parent / "data"


def example(name: str, *arguments: str | Path, folder: Path) -> str:
    """The output of an example, run in a folder of its own."""
    command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    environment = {"PYTHONPATH": str(EXAMPLES.parent)}
    done = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_house_is_looked_at_in_every_modality(tmp_path: Path) -> None:
    said = example("look_at_a_house.py", "--source", HOUSES, "--house", "0", "--size", "48", folder=tmp_path)
    assert said.startswith("house 0: 2 rooms")
    pixels = np.asarray(Image.open(tmp_path / "house.png"))
    assert pixels.shape == (5 * 48, 2 * 48, 3)  # a row for each modality, a column for each room
    assert all(len(np.unique(row.reshape(-1, 3), axis=0)) > 3 for row in np.split(pixels, 5))


def test_a_specialist_is_trained_and_its_features_are_shown(tmp_path: Path) -> None:
    arguments = ("--source", HOUSES, "--house", "0", "--frames", "12", "--steps", "4", "--out", "it")
    example("train_a_specialist.py", *arguments, folder=tmp_path)
    pixels = np.asarray(Image.open(tmp_path / "it" / "features.png"))
    assert pixels.shape == (2 * 64, 8 * 64, 3)
    assert (tmp_path / "it" / "run" / "reconstructions.png").exists()


def test_images_with_poses_become_a_corpus(tmp_path: Path, engine: EmbeddedSimulator, two_rooms: House) -> None:
    """Rendered with a hand-held, calibrated camera, written as nerfstudio does, and read back where they were taken."""
    matrix = np.array([[40.0, 0, 30], [0, 42, 25], [0, 0, 1]])
    lens = Intrinsics.of_matrix(64, 48, matrix)
    poses = [Pose((1.0 + 0.2 * number, 1.5, 2.0), 20.0 * number, 5.0) for number in range(10)]
    engine.load(two_rooms)
    frames = engine.render(poses, (RENDERED["rgb"],), intrinsics=lens)
    capture, mirrored = tmp_path / "flat", np.diag([1.0, 1.0, -1.0, 1.0])
    capture.mkdir()
    rows = []
    for number, (pose, frame) in enumerate(zip(poses, frames)):
        Image.fromarray(frame["rgb"]).save(capture / f"{number:03d}.png")
        opengl = mirrored @ pose.camera_to_world() @ mirrored
        rows.append({"file_path": f"{number:03d}.png", "transform_matrix": opengl.tolist()})
    of_all = {"fl_x": 40.0, "fl_y": 42.0, "cx": 30.0, "cy": 25.0, "w": 64, "h": 48}
    (capture / "transforms.json").write_text(json.dumps({**of_all, "frames": rows}))
    said = example("bring_your_own_images.py", capture, tmp_path / "corpus", folder=tmp_path)
    assert said.startswith("8 frames to learn from, 2 to evaluate on")
    assert main(["verify", str(tmp_path / "corpus")]) == 0
    corpus = Corpus(tmp_path / "corpus")
    keys = [key for _, key in corpus.keys("pretrain")]
    np.testing.assert_array_equal(corpus.frame(keys[0])["rgb"], frames[1]["rgb"])
    np.testing.assert_allclose(corpus.metadata(keys[0])["camera_to_world"], poses[1].camera_to_world(), atol=1e-9)
    np.testing.assert_allclose(corpus.metadata(keys[0])["intrinsics"], matrix)
    out = tmp_path / "run"
    small = ["--steps", "2", "--set", "data.size=48", "--precision", "fp32"]
    assert main(["pretrain", "--corpus", str(corpus.folder), "--objective", "mae", "--out", str(out), *small]) == 0
    assert (out / "result.json").exists()


def test_a_plug_in_s_layer_is_part_of_the_corpus(tmp_path: Path, small_corpus: Path) -> None:
    folder = Path(shutil.copytree(small_corpus, tmp_path / "corpus"))
    label = ["label", str(folder), "--with", "luma", "--plugin", str(EXAMPLES / "my_plugs.py")]
    assert main(label) == 0
    assert main(["verify", str(folder)]) == 0
    before = {path: path.read_bytes() for path in (folder / "layers").rglob("*") if path.is_file()}
    assert main(label) == 0
    assert before == {path: path.read_bytes() for path in (folder / "layers").rglob("*") if path.is_file()}
    record = json.loads((folder / "layers" / "luma" / "layer.json").read_text())
    assert [plugin["name"] for plugin in record["maker"]["plugins"]] == ["my_plugs"]
    corpus = Corpus(folder)
    _, key = next(corpus.keys("pretrain"))
    frame = corpus.frame(key)
    np.testing.assert_allclose(frame["luma"], frame["rgb"] @ np.array([0.299, 0.587, 0.114]) / 255, atol=0.5 / 255)


def test_a_plug_in_file_goes_from_its_layer_to_a_report(tmp_path: Path) -> None:
    plugs = str(EXAMPLES / "my_plugs.py")
    corpus = write_synthetic_corpus(tmp_path / "corpus", houses=(0, 2), frames=8, eval_frames=3)
    load_plugins([plugs])
    add_layer(Corpus(corpus), "luma")
    assert Corpus(corpus).modalities[-1] == "luma"
    settings = {
        "experiment": "patch_sizes", "test_houses": [0], "transfer_houses": [2], "seeds": [0], "supervised": False,
        "methods": [{"name": "luma", "objective": "luma"}],
        "pretrain": {"model": {"type": "one_convolution", "dim": 16}, "optim": {"steps": 3, "batch_size": 4}},
        "transfer": {"task": "brightness", "optim": {"steps": 3, "batch_size": 4}},
    }  # fmt: skip
    out = run_sweep(settings, corpus, tmp_path / "sweep")
    rows = report_document(out)["rows"]
    assert [(row["axes"], row["score"], row["higher_is_better"]) for row in rows] == [
        ({"patch": 8}, "brightness_error", False), ({"patch": 16}, "brightness_error", False)
    ]  # fmt: skip
    assert all(0 < row["value"] < 1 and row["modalities"] == ["rgb", "luma"] for row in rows)
    assert main(["report", str(out), "--plugin", plugs]) == 0
    page = (out / "report.html").read_text()
    assert "Patch sizes" in page and "lower is better" in page
