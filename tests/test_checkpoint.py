"""Run folders: what is kept, what is refused."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import nn

from training.checkpoint import METRICS, STATE, WEIGHTS, RunFolder, load_weights, read_checkpoint
from training.config import OptimConfig
from training.loop import learning_rate, make_optimizer
from tst_sim.errors import UserError

SETTINGS = {"config": {"optim": {"lr": 0.001}, "seed": 0}, "data": {"frames": 3}}


def network(width: int = 4) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, width), nn.LayerNorm(width))


def trained(steps: int) -> tuple[nn.Module, torch.optim.Optimizer]:
    module = network()
    optimizer = make_optimizer(module, OptimConfig(lr=0.1))
    advance(module, optimizer, steps)
    return module, optimizer


def advance(module: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> None:
    for step in range(steps):
        optimizer.zero_grad()
        module(torch.full((2, 3), 1.0 + step)).square().sum().backward()
        optimizer.step()


def test_weights_and_optimiser_continue_from_a_checkpoint_bit_by_bit(tmp_path: Path):
    run = RunFolder.open(tmp_path / "run", "pretrain", SETTINGS)
    module, optimizer = trained(3)
    run.save(3, module, optimizer, scale=torch.tensor(8.0))
    again, other = trained(0)
    step, extra = run.restore(again, other)
    assert step == 3 and extra["scale"].item() == 8.0
    advance(module, optimizer, 4)
    advance(again, other, 4)
    assert all(torch.equal(a, b) for a, b in zip(module.state_dict().values(), again.state_dict().values()))


def test_a_run_without_checkpoint_starts_at_zero(tmp_path: Path):
    run = RunFolder.open(tmp_path, "pretrain", SETTINGS)
    assert run.restore(network()) == (0, {})
    with pytest.raises(UserError, match=r"has no checkpoint\.safetensors"):
        read_checkpoint(tmp_path)


def test_the_step_stands_in_plain_json_beside_the_weights(tmp_path: Path):
    run = RunFolder.open(tmp_path, "transfer", SETTINGS)
    run.save(7, network(), None)
    state = json.loads((tmp_path / STATE).read_text())
    assert (state["step"], state["kind"]) == (7, "transfer")
    assert not list(tmp_path.glob(".*"))


def test_the_same_settings_find_the_run_again_and_others_are_named(tmp_path: Path):
    RunFolder.open(tmp_path, "pretrain", SETTINGS)
    assert RunFolder.open(tmp_path, "pretrain", SETTINGS).settings["data"] == {"frames": 3}
    changed = {"config": {"optim": {"lr": 0.5}, "seed": 0}, "data": {"frames": 3}}
    with pytest.raises(UserError, match=r"other settings \(config.optim.lr: 0.001 -> 0.5\); choose another --out"):
        RunFolder.open(tmp_path, "pretrain", changed)
    with pytest.raises(UserError, match="kind: 'pretrain' -> 'transfer'"):
        RunFolder.open(tmp_path, "transfer", SETTINGS)


def test_a_foreign_folder_is_left_alone(tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(UserError, match=r"is not empty and not a run \(it has no config.json\)"):
        RunFolder.open(tmp_path, "pretrain", SETTINGS)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(UserError, match="is a file; choose a folder"):
        RunFolder.open(tmp_path / "thesis.tex", "pretrain", SETTINGS)
    with pytest.raises(UserError, match="does not exist: not a run folder"):
        RunFolder.load(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_a_damaged_checkpoint_is_refused_in_one_line(tmp_path: Path, damage: str):
    run = RunFolder.open(tmp_path, "pretrain", SETTINGS)
    run.save(1, network(), None)
    data = bytearray((tmp_path / WEIGHTS).read_bytes())
    if damage == "flip":
        data[3] ^= 0xFF
    (tmp_path / WEIGHTS).write_bytes(b"" if damage == "empty" else data[:-9] if damage == "cut" else data)
    with pytest.raises(UserError, match="is damaged") as error:
        run.restore(network())
    assert "\n" not in str(error.value)


def test_a_checkpoint_of_another_shape_names_the_weight(tmp_path: Path):
    run = RunFolder.open(tmp_path, "pretrain", SETTINGS)
    run.save(1, network(4), None)
    with pytest.raises(UserError, match=r"0.weight has shape \(4, 3\), not \(6, 3\)"):
        run.restore(network(6))
    with pytest.raises(UserError, match=r"has no 2\.weight: it is of another model"):
        load_weights(nn.Sequential(*network(4), nn.Linear(1, 1)), read_checkpoint(tmp_path)[1], tmp_path)


def test_metrics_after_the_checkpoint_are_forgotten_also_a_line_cut_short(tmp_path: Path):
    run = RunFolder.open(tmp_path, "pretrain", SETTINGS)
    lines = [json.dumps({"step": step, "loss": 1.0}) for step in range(5)]
    (tmp_path / METRICS).write_text("\n".join(lines) + '\n{"step": 5, "lo')
    run.keep_metrics_until(3)
    assert [row["step"] for row in run.metrics()] == [0, 1, 2]


def test_the_learning_rate_warms_up_and_falls_to_nothing():
    config = OptimConfig(steps=100, warmup=0.1, lr=1.0)
    rates = [learning_rate(config, step) for step in range(101)]
    assert rates[0] == pytest.approx(0.1) and rates[9] == rates[10] == pytest.approx(1.0)
    assert rates[55] == pytest.approx(0.5) and rates[100] == pytest.approx(0)
    assert all(a > b for a, b in pairwise(rates[10:]))


def test_weight_decay_is_for_matrices_alone():
    module = network()
    module.register_parameter("kind", nn.Parameter(torch.zeros(2, 2)))
    decayed, plain = make_optimizer(module, OptimConfig(weight_decay=0.3)).param_groups
    assert [tuple(w.shape) for w in decayed["params"]] == [(4, 3)] and decayed["weight_decay"] == 0.3
    assert len(plain["params"]) == 4 and plain["weight_decay"] == 0
