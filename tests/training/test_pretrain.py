"""Pre-training from a corpus to an encoder: learning, exact resume, bad input."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from tests.training.synthetic import house_name, write_synthetic_corpus
from training import load_encoder
from training.checkpoint import METRICS, RESULT, WEIGHTS, RunFolder
from training.config import DataConfig, ModelConfig, OptimConfig, PretrainConfig, RunConfig
from training.loop import train
from training.objectives.objective import Trainable
from training.precision import Compute
from training.pretrain import default_folder, pretrain
from training.run import RunResult
from tst_sim.cli.main import main
from tst_sim.corpus import Corpus
from tst_sim.errors import UserError

MODEL = ModelConfig(patch=8, dim=32, depth=2, heads=2, decoder_dim=32, decoder_depth=1, decoder_heads=2)
SMALL = PretrainConfig(
    model=MODEL,
    data=DataConfig(size=32),
    optim=OptimConfig(steps=12, batch_size=8, checkpoint_every=5),
    run=RunConfig(precision="fp32", threads=1),
)
OPTIONS = [
    *("--set", "model={patch: 8, dim: 32, depth: 2, heads: 2, decoder_dim: 32, decoder_depth: 1, decoder_heads: 2}"),
    *("--set", "data.size=32", "--set", "optim.batch_size=8", "--set", "run.threads=1", "--precision", "fp32"),
]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_synthetic_corpus(tmp_path_factory.mktemp("corpus"), houses=(0, 17), frames=20, size=(32, 32))


@pytest.fixture(scope="module")
def undisturbed(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return pretrain(SMALL, corpus, tmp_path_factory.mktemp("run"))


def logged(folder: Path) -> list[dict[str, float]]:
    """Metrics without speed, which is the one thing that differs between equal runs."""
    return [{k: v for k, v in row.items() if k != "images_per_s"} for row in RunFolder.load(folder).metrics()]


def assert_equal_runs(one: Path, two: Path) -> None:
    assert logged(one) == logged(two)
    first, second = load_file(one / WEIGHTS), load_file(two / WEIGHTS)
    assert first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_a_run_that_was_stopped_three_times_equals_an_undisturbed_one(
    corpus: Path, undisturbed: RunResult, tmp_path: Path
):
    for stop in (1, 5, 9, None):
        result = pretrain(SMALL, corpus, tmp_path / "run", stop_after=stop)
    assert result.train.finished and result.train.step == 12
    assert_equal_runs(tmp_path / "run", undisturbed.folder)


def test_a_run_killed_three_times_equals_an_undisturbed_one(corpus: Path, tmp_path: Path):
    optim = replace(SMALL.optim, steps=90, checkpoint_every=4)
    config = replace(SMALL, optim=optim)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["training.pretrain"])
    kills = []
    for wanted in (6, 31, 63):
        process = context.Process(target=pretrain, args=(config, corpus, tmp_path / "killed"))
        process.start()
        wait_for_lines(tmp_path / "killed" / METRICS, wanted, process)
        process.kill()
        process.join()
        kills.append(process.exitcode)
    assert kills == [-signal.SIGKILL] * 3
    assert pretrain(config, corpus, tmp_path / "killed").train.finished
    pretrain(config, corpus, tmp_path / "whole")
    assert_equal_runs(tmp_path / "killed", tmp_path / "whole")


def wait_for_lines(path: Path, count: int, process: BaseProcess) -> None:
    deadline = time.monotonic() + 120
    while not path.is_file() or path.read_bytes().count(b"\n") < count:
        assert process.is_alive() and time.monotonic() < deadline, "ended before it could be killed"
        time.sleep(0.002)


def test_ctrl_c_leaves_a_checkpoint_of_the_step_at_hand(corpus: Path, undisturbed: RunResult, tmp_path: Path):
    def interrupt(progress: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        pretrain(SMALL, corpus, tmp_path / "run", on_progress=interrupt)
    assert json.loads((tmp_path / "run" / "checkpoint.json").read_text())["step"] == 1
    pretrain(SMALL, corpus, tmp_path / "run")
    assert_equal_runs(tmp_path / "run", undisturbed.folder)


def test_another_seed_gives_other_losses(corpus: Path, undisturbed: RunResult, tmp_path: Path):
    config = PretrainConfig(
        model=MODEL, data=SMALL.data, optim=SMALL.optim, run=RunConfig(precision="fp32", threads=1, seed=1)
    )
    pretrain(config, corpus, tmp_path / "run")
    assert logged(tmp_path / "run")[0]["loss"] != logged(undisturbed.folder)[0]["loss"]


def test_losses_fall_and_predictions_beat_the_mean(corpus: Path, tmp_path: Path):
    config = PretrainConfig(
        model=MODEL,
        data=DataConfig(size=32),
        optim=OptimConfig(steps=150, batch_size=32, lr=3e-3),
        run=RunConfig(precision="fp32", threads=1),
    )
    result = pretrain(config, corpus, tmp_path / "run")
    rows = logged(result.folder)
    final = json.loads((result.folder / RESULT).read_text())["final"]
    assert final["loss/rgb"] < 0.75  # a patch's own mean scores 1
    assert final["loss/depth"] < 0.75 * rows[0]["loss/depth"]
    assert final["loss/normal"] < 0.75 * rows[0]["loss/normal"]


def test_a_finished_run_has_everything_the_report_needs(undisturbed: RunResult, corpus: Path):
    folder = undisturbed.folder
    settings = RunFolder.load(folder).settings
    assert settings["config"]["run"] == {"seed": 0, "device": "cpu", "precision": "fp32", "threads": 1}
    assert settings["data"]["frames"] == 40 and set(settings["data"]["houses"]) == {house_name(0), house_name(17)}
    assert settings["oracle"] is False and settings["code"]["version"]
    assert [row["step"] for row in logged(folder)] == list(range(12))
    first = logged(folder)[0]
    assert first["loss"] == pytest.approx(first["loss/rgb"] + first["loss/depth"] + first["loss/normal"], rel=1e-5)
    with Image.open(folder / "reconstructions.png") as picture:
        assert picture.size == (6 * 32, 9 * 32)
        truth = np.asarray(picture)[2 * 32 : 3 * 32]
    assert truth.std() > 20


def test_a_finished_run_is_found_again_without_training(undisturbed: RunResult, corpus: Path):
    before = (undisturbed.folder / WEIGHTS).stat().st_mtime_ns
    again = pretrain(SMALL, corpus, undisturbed.folder)
    assert again.train.finished and again.train.losses == {}
    assert (undisturbed.folder / WEIGHTS).stat().st_mtime_ns == before


def test_the_encoder_is_loaded_with_its_normalisation(undisturbed: RunResult):
    encoder = load_encoder(undisturbed.folder)
    image = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        features = encoder(image)
    assert features.shape == (2, 32, 4, 4) and not encoder.training
    weights = load_file(undisturbed.folder / WEIGHTS)
    assert torch.equal(encoder.state_dict()["embed.rgb.weight"], weights["model.encoder.embed.rgb.weight"])
    torch.testing.assert_close(features.permute(0, 2, 3, 1).mean(-1).abs().max(), torch.tensor(0.0), atol=0.2, rtol=0)


def test_what_the_probe_chose_is_stored_and_kept(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    config = PretrainConfig(model=MODEL, data=SMALL.data, optim=SMALL.optim)
    pretrain(config, corpus, tmp_path / "run", stop_after=1)
    stored = RunFolder.load(tmp_path / "run").settings["config"]["run"]
    assert stored["precision"] in ("fp32", "bf16") and stored["threads"] == len(os.sched_getaffinity(0))
    monkeypatch.setattr("training.precision._seconds", lambda *_: pytest.fail("probed again"))
    assert pretrain(config, corpus, tmp_path / "run", stop_after=2).train.step == 2


def test_ground_truth_marks_the_run_as_an_oracle(corpus: Path, tmp_path: Path):
    config = PretrainConfig(model=MODEL, data=SMALL.data, optim=SMALL.optim, modalities=("rgb", "semantic"))
    pretrain(config, corpus, tmp_path / "run", stop_after=1)
    assert RunFolder.load(tmp_path / "run").settings["oracle"] is True


def test_the_default_folder_follows_settings_and_frames(corpus: Path, tmp_path: Path):
    opened = Corpus(corpus)
    names = {
        default_folder(SMALL, opened, None, "tiny", tmp_path),
        default_folder(SMALL, opened, [17], "tiny", tmp_path),
        default_folder(PretrainConfig(), opened, None, "tiny", tmp_path),
    }
    assert len(names) == 3 and default_folder(SMALL, opened, None, "tiny", tmp_path) in names
    assert all(name.parent == tmp_path / "runs" and name.name.startswith("mm-tiny-") for name in names)


def test_a_loss_that_is_no_number_ends_the_run_in_one_line(tmp_path: Path):
    class Hopeless(Trainable):
        inputs, module = (), torch.nn.Linear(1, 1)

        def loss(self, batch: object, *, step: int, rng: np.random.Generator) -> dict[str, torch.Tensor]:
            return {"rgb": self.module.weight.sum() * float("nan")}

    class Nothing:
        batch_size = 1

        def batch(self, step: int) -> dict[str, torch.Tensor]:
            return {}

    run = RunFolder.open(tmp_path, "pretrain", {"config": {}, "data": {}})
    with pytest.raises(UserError, match=r"the loss at step 0 is nan; lower optim\.lr or use --precision fp32"):
        train(Hopeless(), Nothing(), run, OptimConfig(), Compute(torch.device("cpu"), "fp32", 1), seed=0)
    assert not (tmp_path / WEIGHTS).exists()


BAD = [
    (["--house", "4"], "has no house 4; it has 0, 17"),
    (["--houses", "banana"], "'banana' is not a house"),
    (["--houses", "-3"], "'-3' is not a house"),
    (["--objective", "maee"], "unknown objective 'maee'; did you mean 'mae'?"),
    (["--preset", "tinny"], "unknown preset 'tinny'; did you mean 'tiny'?"),
    (["--modalities", "rgb,deepth"], "unknown modality 'deepth'"),
    (["--set", "optim.stepz=3"], "optim.stepz is not a setting; did you mean 'steps'?"),
    (["--steps", "0"], "--steps"),
    (["--device", "tpu7"], "--device 'tpu7'"),
    (["--precision", "fp16"], "--precision fp16 needs a GPU"),
    (["--set", "data.size=30"], "data.size 30 must be a multiple of model.patch 8"),
    (["--set", "masking.visible=2"], "masking.visible must be between 0.01 and 0.95, got 2.0"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=lambda value: " ".join(value) if value is BAD else None)
def test_bad_input_is_one_line_and_leaves_nothing(
    arguments: list[str], message: str, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "run"
    assert main(["pretrain", "--corpus", str(corpus), *OPTIONS, "--out", str(out), *arguments]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert message in lines[-1] and "Traceback" not in "".join(lines)
    assert not out.exists()


def test_a_folder_that_is_no_corpus_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["pretrain", "--corpus", str(tmp_path), "--out", str(tmp_path / "run")]) == 2
    assert "not a finished corpus" in capsys.readouterr().err
    assert main(["pretrain"]) == 2
    assert "which houses?" in capsys.readouterr().err


def test_no_generate_forbids_making_a_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["pretrain", "--house", "17", "--no-generate", "--data-dir", str(tmp_path / "data")]) == 2
    assert "--no-generate forbids" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("missing", "has no pretrain shard of synthetic-train-000000"),
        ("cut", "bytes long, its record says"),
        ("flip", "is damaged"),
    ],
)
def test_a_damaged_shard_is_named(tmp_path: Path, damage: str, message: str):
    folder = write_synthetic_corpus(tmp_path / "corpus", houses=(0,), frames=2, eval_frames=0, size=(32, 32))
    shard = folder / "pretrain" / f"{house_name(0)}.tar"
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data[:-600] if damage == "cut" else data)
    if damage == "missing":
        shard.unlink()
    with pytest.raises(UserError, match=message) as error:
        pretrain(SMALL, folder, tmp_path / "run")
    assert "\n" not in str(error.value) and not (tmp_path / "run").exists()
