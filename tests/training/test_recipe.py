"""How weights come to their last values: moving averages, and rates of their own for an encoder in transfer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tests.training.synthetic import write_synthetic_corpus
from training import load_encoder
from training.averaging import WeightAverage
from training.checkpoint import read_checkpoint
from training.config import DataConfig, ModelConfig, OptimConfig, PretrainConfig, RunConfig
from training.evaluate import evaluate
from training.loop import make_optimizer, rate_of
from training.objectives.objective import Rate
from training.pretrain import pretrain
from training.sweep.cells import cells_of
from training.sweep.config import SweepConfig
from training.sweep.steps import in_order
from training.transfer import pretrained, scratch, transfer
from training.transfer_config import TransferConfig
from tst_sim.config import as_dict, build
from tst_sim.errors import UserError

MODEL = ModelConfig(dim=32, depth=2, heads=2, decoder_dim=32, decoder_depth=1, decoder_heads=2)
RUN = RunConfig(precision="fp32", device="cpu", threads=1)
PRETRAIN = PretrainConfig(model=MODEL, data=DataConfig(size=32), run=RUN, optim=OptimConfig(steps=5, batch_size=4))
CONFIG = TransferConfig(run=RUN, data=DataConfig(size=32), optim=OptimConfig(steps=6, batch_size=4))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_synthetic_corpus(tmp_path_factory.mktemp("corpus"), houses=(0, 1), frames=8, eval_frames=2)


def averaged(config: PretrainConfig, decay: float) -> PretrainConfig:
    return replace(config, optim=replace(config.optim, average=decay))


def test_the_average_forgets_its_start_and_then_decays_as_it_was_told():
    module = nn.Linear(1, 1, bias=False)
    average, expected = WeightAverage(module, decay=0.4), 0.0
    for count in range(20):
        with torch.no_grad():
            module.weight.fill_(float(count))
        average.update()
        kept = 0.0 if count == 0 else min(0.4, (1 + count) / (10 + count))
        expected = kept * expected + (1 - kept) * count
    assert average.tensors()["weight"].item() == pytest.approx(expected, rel=1e-6)


def test_an_averaged_run_that_was_stopped_equals_an_undisturbed_one(corpus: Path, tmp_path: Path):
    config = averaged(PRETRAIN, 0.9)
    pretrain(config, corpus, tmp_path / "whole", houses=[0])
    for stop in (2, None):
        pretrain(config, corpus, tmp_path / "cut", houses=[0], stop_after=stop)
    (_, expected), (_, found) = (read_checkpoint(tmp_path / name) for name in ("whole", "cut"))
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_transfer_and_evaluation_take_the_averaged_weights(corpus: Path, tmp_path: Path):
    pretrain(averaged(PRETRAIN, 0.9), corpus, tmp_path / "run", houses=[0])
    _, tensors = read_checkpoint(tmp_path / "run")
    name = "blocks.0.attn.qkv.weight"
    weight = load_encoder(tmp_path / "run").state_dict()[name]
    assert torch.equal(weight, tensors[f"average.encoder.{name}"])
    assert not torch.equal(weight, tensors[f"model.encoder.{name}"])
    config = replace(CONFIG, optim=replace(CONFIG.optim, average=0.5))
    transfer(config, pretrained(tmp_path / "run"), corpus, tmp_path / "transferred", houses=[1])
    plain = transfer(CONFIG, pretrained(tmp_path / "run"), corpus, tmp_path / "plain", houses=[1])
    assert plain.train.finished
    scores = [evaluate(tmp_path / run, corpus, 0)["confusion"] for run in ("transferred", "plain")]
    assert scores[0] != scores[1]


def test_what_a_run_without_averages_keeps_of_itself_is_as_before(corpus: Path, tmp_path: Path):
    assert "average" not in as_dict(PRETRAIN)["optim"]
    assert {"encoder_lr", "layer_decay", "head_first"}.isdisjoint(as_dict(CONFIG))
    pretrain(PRETRAIN, corpus, tmp_path / "run", houses=[0])
    assert not any(name.startswith("average.") for name in read_checkpoint(tmp_path / "run")[1])


def test_the_longest_prefix_rules_and_others_keep_the_common_rate():
    rates = (Rate("encoder.", 0.5), Rate("encoder.blocks.1.", 0.1, start=0.2))
    assert rate_of("encoder.blocks.0.weight", rates).scale == 0.5
    assert rate_of("encoder.blocks.1.weight", rates) == rates[1]
    assert rate_of("head.weight", rates) == Rate("")
    module = nn.ModuleDict({"encoder": nn.Linear(2, 2), "head": nn.Linear(2, 2)})
    groups = make_optimizer(module, OptimConfig(), (Rate("encoder.", 0.5),)).param_groups
    assert sorted((group["scale"], group["weight_decay"]) for group in groups) == [
        (0.5, 0.0),
        (0.5, 0.05),
        (1, 0.0),
        (1, 0.05),
    ]


def moved(corpus: Path, out: Path, source: Path, config: TransferConfig) -> dict[str, float]:
    """How far each tensor of the encoder went in a transfer, as the largest step of any of its numbers."""
    transfer(config, pretrained(source), corpus, out, houses=[1])
    before, after = read_checkpoint(source)[1], read_checkpoint(out)[1]
    names = [name.removeprefix("model.encoder.") for name in after if name.startswith("model.encoder.")]
    return {
        name: (after[f"model.encoder.{name}"] - before[f"model.encoder.{name}"]).abs().max().item() for name in names
    }


@pytest.fixture(scope="module")
def source(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("source") / "run"
    pretrain(PRETRAIN, corpus, out, houses=[0])
    return out


def test_a_slow_encoder_moves_less_and_lower_blocks_least(corpus: Path, source: Path, tmp_path: Path):
    quick = moved(corpus, tmp_path / "quick", source, CONFIG)
    slow = moved(corpus, tmp_path / "slow", source, replace(CONFIG, encoder_lr=0.1, layer_decay=0.25))
    low, high = (f"blocks.{number}.attn.qkv.weight" for number in (0, 1))
    assert slow[high] == pytest.approx(0.1 * quick[high], rel=0.3)
    assert slow[low] == pytest.approx(0.1 * 0.25 * quick[low], rel=0.3)


def test_the_head_goes_first_and_the_encoder_follows_also_after_a_stop(corpus: Path, source: Path, tmp_path: Path):
    alone = moved(corpus, tmp_path / "alone", source, replace(CONFIG, head_first=1.0))
    assert set(alone.values()) == {0.0}
    config = replace(CONFIG, head_first=0.5)
    later = moved(corpus, tmp_path / "later", source, config)
    assert later["blocks.1.attn.qkv.weight"] > 0
    for stop in (2, 4, None):
        transfer(config, pretrained(source), corpus, tmp_path / "cut", houses=[1], stop_after=stop)
    (_, expected), (_, found) = (read_checkpoint(tmp_path / name) for name in ("later", "cut"))
    assert all(torch.equal(expected[name], found[name]) for name in expected)


@pytest.mark.parametrize("values", [{"encoder_lr": -1.0}, {"layer_decay": 2.0}, {"head_first": np.nan}])
def test_rates_out_of_bounds_are_refused(values):
    with pytest.raises(UserError, match=f"{next(iter(values))} must be between"):
        replace(CONFIG, **values)


def test_rates_of_a_frozen_encoder_are_refused(corpus: Path, tmp_path: Path):
    config = replace(CONFIG, frozen=True, encoder_lr=0.5)
    with pytest.raises(UserError, match="are of no use with frozen"):
        transfer(config, scratch(PRETRAIN), corpus, tmp_path / "run", houses=[1])
    assert not (tmp_path / "run").exists()


def test_a_linear_probe_learns_the_labels_and_continues_exactly(corpus: Path, source: Path, tmp_path: Path):
    config = transfer_config({"head": {"type": "linear"}, "frozen": True})
    for stop in (3, None):
        transfer(config, pretrained(source), corpus, tmp_path / "cut", houses=[1], stop_after=stop)
    whole = transfer(config, pretrained(source), corpus, tmp_path / "whole", houses=[1])
    (_, expected), (_, found) = (read_checkpoint(tmp_path / name) for name in ("whole", "cut"))
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    weights = {name for name in expected if name.startswith("model.") and not name.startswith("model.encoder.")}
    assert {name for name in weights if "norms" not in name} == {"model.classify.weight", "model.classify.bias"}
    assert whole.train.finished and evaluate(tmp_path / "whole", corpus, 0)["miou"] is not None
    longer = replace(config, optim=replace(config.optim, steps=120, lr=1e-2))
    transfer(longer, pretrained(source), corpus, tmp_path / "own", houses=[0], supervised=True)
    assert evaluate(tmp_path / "own", corpus, 0)["pixel_accuracy"] > 0.6


def transfer_config(values: dict[str, object]) -> TransferConfig:
    return build(TransferConfig, {**as_dict(CONFIG), **values})


def sweep_settings(**other: object) -> dict[str, object]:
    return {
        "test_houses": [10, 11],
        "transfer_houses": [0, 1],
        "seeds": [0],
        "supervised": False,
        "methods": [
            {"name": "scratch", "objective": "scratch"},
            {"name": "random frozen", "objective": "scratch", "transfer": {"frozen": True}},
            {"name": "mm", "objective": "mm"},
            {"name": "mm frozen", "objective": "mm", "transfer": {"frozen": True}},
            {"name": "mm linear", "objective": "mm", "transfer": {"frozen": True, "head": {"type": "linear"}}},
        ],
        **other,
    }


def test_methods_that_differ_in_transfer_alone_share_their_pretrained_runs():
    steps = in_order([cell.step for cell in cells_of(build(SweepConfig, sweep_settings()))])
    by_verb = {verb: [step for step in steps if step.verb == verb] for verb in ("pretrain", "transfer")}
    assert len(by_verb["pretrain"]) == 2  # one a house
    assert len(by_verb["transfer"]) == 2 + 3 * 2  # two of random weights, three of each pre-trained run
    assert len({step.folder(Path()) for step in steps}) == len(steps)
    needed = {step.needs["run"].name for step in by_verb["transfer"] if "run" in step.needs}
    assert needed == {step.name for step in by_verb["pretrain"]}
