"""The second plug-in file goes all the way, without an edit elsewhere: layer, verify, load, crop, mirror, training,
transfer, evaluation, sweep and report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.sweeping import run_sweep
from training.config import DataConfig
from training.data.dataset import BatchLoader
from training.encoders.sources import load_encoder
from training.report.document import report_document
from tst_sim.cli.main import main
from tst_sim.corpus import Corpus
from tst_sim.plugins import load_plugins

PLUGS = Path(__file__).with_name("other_plugs.py")
LAYER = ("contrast", "means", "sentence")
MODEL = {"dim": 16, "depth": 1, "heads": 2, "patch": 16}
OPTIM = {"steps": 2, "batch_size": 4}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, small_corpus: Path) -> Corpus:
    load_plugins([str(PLUGS)])
    folder = Path(shutil.copytree(small_corpus, tmp_path_factory.mktemp("corpus") / "corpus"))
    assert main(["label", str(folder), "--with", "described", "--plugin", str(PLUGS)]) == 0
    return Corpus(folder)


def test_the_layer_is_verified_and_read_as_if_it_had_always_been_there(corpus: Corpus) -> None:
    assert main(["verify", str(corpus.folder)]) == 0
    assert corpus.modalities[-3:] == LAYER
    _, key = next(corpus.keys("pretrain"))
    frame = corpus.frame(key)
    grey = frame["rgb"].astype(np.float32).mean(-1) / 255
    np.testing.assert_allclose(frame["contrast"], np.abs(grey - grey.mean()), atol=0.5 / 255 + 1e-6)
    assert frame["means"].shape == (frame["rgb"].shape[0] // 16, frame["rgb"].shape[1] // 16, 3)
    assert str(frame["sentence"]) in ("a bright room", "a dark room")


def test_crops_and_mirrors_keep_map_and_features_in_step_with_the_image(corpus: Corpus) -> None:
    data = DataConfig(size=64, crop_scale=(0.5, 0.8))
    loader = BatchLoader(
        corpus, "pretrain", None, ("rgb", *LAYER), data, batch_size=8, seed=1, device=torch.device("cpu")
    )
    batch = loader.batch(0)
    means = torch.nn.functional.avg_pool2d(batch["rgb"], 16)
    turned = (batch["means"].flip(-1) - means).abs().mean()
    assert (batch["means"] - means).abs().mean() < 0.5 * turned
    assert batch["contrast"].shape == (8, 1, 64, 64) and len(batch["sentence"]) == 8


def test_it_is_learnt_from_transferred_evaluated_swept_and_reported(corpus: Corpus, tmp_path: Path) -> None:
    settings = {
        "test_houses": [0], "transfer_houses": [1], "seeds": [0, 1], "supervised": False,
        "methods": [{"name": "scratch", "objective": "scratch"}, {"name": "latent", "objective": "latent"}],
        "pretrain": {"model": MODEL, "optim": OPTIM, "run": {"precision": "fp32"}},
        "transfer": {"task": "sameness", "optim": OPTIM},
    }  # fmt: skip
    out = run_sweep(settings, corpus.folder, tmp_path / "sweep")
    rows = report_document(out)["rows"]
    assert [(row["method"], row["seed"], row["score"], row["higher_is_better"]) for row in rows] == [
        (method, seed, "contrast_error", False) for seed in (0, 1) for method in ("scratch", "latent")
    ]
    assert all(0 < row["value"] < 2 for row in rows)
    assert main(["report", str(out), "--plugin", str(PLUGS)]) == 0
    assert "contrast error" in (out / "report.html").read_text()
    (run,) = (out / "steps").glob("pretrain-latent-house0-seed0-*")
    losses = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert set(losses[0]) >= {"loss/latent", "loss/contrast", "loss/means", "loss/sentence"}
    assert load_encoder(run).modalities == ("rgb",)
