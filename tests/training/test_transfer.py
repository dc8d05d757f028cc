"""Transfer and evaluation on synthetic rooms: learning, exact resume, refusals."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training.synthetic import house_name, write_synthetic_corpus
from training.checkpoint import read_checkpoint
from training.config import DataConfig, ModelConfig, OptimConfig, PretrainConfig, RunConfig
from training.evaluate import evaluate
from training.pretrain import pretrain
from training.tasks.confusion import ConfusionMatrix
from training.transfer import pretrained, scratch, transfer
from training.transfer_config import EvaluateConfig, TransferConfig
from tst_sim.errors import UserError

MODEL = ModelConfig(dim=64, depth=2, heads=2, decoder_dim=32, decoder_depth=1, decoder_heads=2)
RUN = RunConfig(precision="fp32", device="cpu", threads=1)
PRETRAIN = PretrainConfig(model=MODEL, run=RUN, optim=OptimConfig(steps=3, batch_size=4))
CONFIG = TransferConfig(
    run=RUN, data=DataConfig(size=64, crop_scale=(0.7, 1.0)), optim=OptimConfig(steps=6, batch_size=4)
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    return write_synthetic_corpus(tmp_path_factory.mktemp("corpus"), houses=(0, 1, 2), frames=12, eval_frames=4)


@pytest.fixture(scope="module")
def pretrained_run(corpus, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "pretrained"
    pretrain(PRETRAIN, corpus, out, houses=[0])
    return out


def test_labels_of_the_test_house_are_learnt_from_scratch(corpus, tmp_path):
    config = replace(CONFIG, optim=OptimConfig(steps=150, batch_size=8, lr=5e-3))
    transfer(config, scratch(PRETRAIN), corpus, tmp_path / "run", houses=[0], supervised=True)
    results = evaluate(tmp_path / "run", corpus, 0)
    assert results["pixel_accuracy"] > 0.8
    assert results["class_iou"]["Floor"] > 0.7
    assert results["oracle"] and results["supervised"]


def test_results_say_what_made_them_and_keep_the_confusion_matrix(corpus, pretrained_run, tmp_path):
    transfer(CONFIG, pretrained(pretrained_run), corpus, tmp_path / "run", houses=[1, 2])
    results = evaluate(tmp_path / "run", corpus, 0, config=EvaluateConfig(panels=2))
    assert json.loads((tmp_path / "run" / "evaluate-house-0" / "results.json").read_text()) == results
    assert (results["frames"], results["seed"], results["precision"]) == (4, 0, "fp32")
    assert results["pretrained"]["houses"] == [house_name(0)]
    assert results["transfer_houses"] == [house_name(1), house_name(2)]
    matrix = ConfusionMatrix.from_rows(results["classes"], results["confusion"])
    assert matrix.counts.sum() == 4 * 64 * 64
    assert matrix.compute(min_class_share=0.0005).miou == results["miou"]
    assert (tmp_path / "run" / "evaluate-house-0" / "panels.png").stat().st_size > 0


@pytest.mark.parametrize("frozen", [True, False])
def test_only_fine_tuning_changes_the_encoder(corpus, pretrained_run, tmp_path, frozen):
    source = pretrained(pretrained_run)
    transfer(replace(CONFIG, frozen=frozen), source, corpus, tmp_path / "run", houses=[1])
    _, before = read_checkpoint(pretrained_run)
    _, after = read_checkpoint(tmp_path / "run")
    name = "encoder.blocks.0.attn.qkv.weight"
    assert torch.equal(before[f"model.{name}"], after[f"model.{name}"]) == frozen


def test_a_stopped_transfer_continues_exactly(corpus, tmp_path):
    source = scratch(PRETRAIN)
    whole = transfer(CONFIG, source, corpus, tmp_path / "whole", houses=[1])
    first = transfer(CONFIG, source, corpus, tmp_path / "cut", houses=[1], stop_after=2)
    second = transfer(CONFIG, source, corpus, tmp_path / "cut", houses=[1])
    assert first.train.losses | second.train.losses == whole.train.losses
    (_, expected), (_, found) = (read_checkpoint(tmp_path / name) for name in ("whole", "cut"))
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_a_house_of_the_transfer_set_is_refused_at_evaluation(corpus, tmp_path):
    transfer(CONFIG, scratch(PRETRAIN), corpus, tmp_path / "run", houses=[1, 2])
    with pytest.raises(UserError, match="house synthetic-train-000001 is in the transfer set"):
        evaluate(tmp_path / "run", corpus, 1)


def test_the_same_house_under_another_name_is_refused_too(corpus, tmp_path):
    transfer(CONFIG, scratch(PRETRAIN), corpus, tmp_path / "run", houses=[1])
    renamed = write_synthetic_corpus(tmp_path / "renamed", houses=(0,), frames=1, eval_frames=1)
    manifest = json.loads((renamed / "manifest.json").read_text())
    manifest["houses"][0]["digest"] = "synthetic-1"
    (renamed / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="is in the transfer set"):
        evaluate(tmp_path / "run", renamed, 0)


def test_a_corpus_without_labels_is_refused(tmp_path):
    bare = write_synthetic_corpus(tmp_path / "bare", houses=(0,), frames=2, modalities=("rgb", "depth"))
    with pytest.raises(UserError, match="has no semantic; it has rgb, depth"):
        transfer(CONFIG, scratch(PRETRAIN), bare, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_wrong_kinds_of_runs_are_refused(corpus, pretrained_run, tmp_path):
    with pytest.raises(UserError, match="not a run folder"):
        pretrained(tmp_path)
    with pytest.raises(UserError, match="is a pretrain run; evaluate takes a transfer run"):
        evaluate(pretrained_run, corpus, 0)
    unfinished = tmp_path / "unfinished"
    pretrain(PRETRAIN, corpus, unfinished, houses=[0], stop_after=1)
    with pytest.raises(UserError, match="is not finished"):
        pretrained(unfinished)


def test_a_checkpoint_of_another_shape_is_refused_and_nothing_is_written(corpus, pretrained_run, tmp_path):
    altered = tmp_path / "altered"
    shutil.copytree(pretrained_run, altered)
    settings = json.loads((altered / "config.json").read_text())
    settings["config"]["model"]["dim"] = 32
    (altered / "config.json").write_text(json.dumps(settings))
    with pytest.raises(UserError, match=r"kind has shape \(3, 64\), not \(3, 32\)"):
        transfer(CONFIG, pretrained(altered), corpus, tmp_path / "run", houses=[1])
    assert not (tmp_path / "run").exists()


def test_the_houses_of_pretraining_and_transfer_are_recorded(corpus, pretrained_run, tmp_path):
    transfer(CONFIG, pretrained(pretrained_run), corpus, tmp_path / "run", houses=[1])
    settings = json.loads((tmp_path / "run" / "config.json").read_text())
    assert settings["pretrained"]["houses"] == [house_name(0)]
    assert settings["data"]["house_digests"] == {house_name(1): "synthetic-1"}
    assert (settings["oracle"], settings["supervised"]) == (False, False)


def test_ground_truth_in_pretraining_marks_everything_after_it(corpus, tmp_path):
    oracle = replace(PRETRAIN, modalities=("rgb", "semantic"))
    pretrain(oracle, corpus, tmp_path / "pre", houses=[0])
    transfer(CONFIG, pretrained(tmp_path / "pre"), corpus, tmp_path / "run", houses=[1])
    results = evaluate(tmp_path / "run", corpus, 0)
    assert results["oracle"] and not results["supervised"]


def test_other_settings_in_the_same_folder_are_named(corpus, tmp_path):
    transfer(CONFIG, scratch(PRETRAIN), corpus, tmp_path / "run", houses=[1])
    with pytest.raises(UserError, match=r"config\.frozen: False -> True"):
        transfer(replace(CONFIG, frozen=True), scratch(PRETRAIN), corpus, tmp_path / "run", houses=[1])
