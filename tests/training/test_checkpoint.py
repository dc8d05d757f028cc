"""Run folders: what is kept, what is refused."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import nn

from training.checkpoint import (
    METRICS,
    RESULT,
    STATE,
    WEIGHTS,
    RunFolder,
    check_finished,
    load_weights,
    read_checkpoint,
    saved_step,
)
from training.config import OptimConfig
from training.loop import learning_rate, make_optimizer
from training.stored import read_metrics
from tst_sim.errors import UserError
from tst_sim.owners import owned

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


def test_equal_states_are_equal_bytes_whatever_the_process(tmp_path: Path):
    """The library's own order of metadata differs from one call to the next."""
    module, optimizer = trained(2)
    for number in range(8):
        RunFolder.open(tmp_path / str(number), "pretrain", SETTINGS).save(2, module, optimizer, scale=torch.tensor(8.0))
    assert len({(tmp_path / str(number) / WEIGHTS).read_bytes() for number in range(8)}) == 1
    step, tensors = read_checkpoint(tmp_path / "0")
    assert step == 2 and torch.equal(tensors["model.0.weight"], module.state_dict()["0.weight"])
    assert int.from_bytes((tmp_path / "0" / WEIGHTS).read_bytes()[:8], "little") % 8 == 0


def test_the_readable_step_never_contradicts_the_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = RunFolder.open(tmp_path, "pretrain", SETTINGS)
    run.save(1, network(), None)
    monkeypatch.setattr(RunFolder, "_write_state", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run.save(2, network(), None)  # cut between its two files
    assert saved_step(tmp_path) == 2 and not (tmp_path / STATE).exists()
    monkeypatch.undo()
    run.go_on_from(2)
    assert json.loads((tmp_path / STATE).read_text())["step"] == 2


def test_a_stale_step_of_an_earlier_version_is_put_right(tmp_path: Path):
    run = RunFolder.open(tmp_path, "pretrain", SETTINGS)
    run.save(6, network(), None)
    (tmp_path / STATE).write_text(json.dumps({"step": 4}))
    run.go_on_from(run.restore(network())[0])
    assert json.loads((tmp_path / STATE).read_text())["step"] == 6
    (tmp_path / WEIGHTS).unlink()
    run.go_on_from(0)
    assert not (tmp_path / STATE).exists()


def test_a_run_that_a_kill_cut_in_its_first_write_is_new(tmp_path: Path):
    (tmp_path / ".config.json.0badcafe.12.89abcdef.partial").write_bytes(b'{"con')
    (tmp_path / ".lock").write_text("{}")
    assert RunFolder.exists(tmp_path) is False
    assert RunFolder.open(tmp_path, "pretrain", SETTINGS).settings["kind"] == "pretrain"


def test_a_metrics_line_that_was_cut_short_is_left_out_wherever_it_was_cut(tmp_path: Path):
    whole = "".join(json.dumps({"step": step, "loss": 1.5}) + "\n" for step in range(3))
    for length in range(len(whole)):
        (tmp_path / METRICS).write_text(whole[:length])
        rows = read_metrics(tmp_path / METRICS)
        assert len(rows) in (whole[:length].count("\n"), whole[: length + 1].count("\n"))
    assert read_metrics(tmp_path / "absent") == []


@pytest.mark.parametrize(
    "damage", [b"\xff\xfe", b"[1]", b'{"step": "x"}', b'{"loss": 1}', b"", b'{"step": 1, "loss": []}']
)
def test_metrics_damaged_in_the_middle_are_named_by_line(tmp_path: Path, damage: bytes):
    (tmp_path / METRICS).write_bytes(b'{"step": 0, "loss": 1}\n' + damage + b'\n{"step": 2, "loss": 1}\n')
    with pytest.raises(UserError, match=r"metrics\.jsonl is damaged: line 2 is no row of numbers; delete that line"):
        read_metrics(tmp_path / METRICS)


def test_a_run_finished_by_name_alone_is_refused(tmp_path: Path):
    run = RunFolder.open(tmp_path, "pretrain", {"config": {"optim": {"steps": 9}}, "data": {}})
    with pytest.raises(UserError, match="is not finished; run its pretrain command again"):
        check_finished(run, 9)
    (tmp_path / RESULT).write_text(json.dumps({"steps": 9, "images": 9, "images_per_s": 1.0, "final": {}}))
    run.save(5, network(), None)
    with pytest.raises(UserError, match="says it is finished, but its weights are of step 5 of 9; run its pretrain"):
        check_finished(run, 9)
    run.save(9, network(), None)
    check_finished(run, 9)


def test_who_lost_the_run_writes_nothing_any_more(tmp_path: Path):
    with owned(tmp_path, "pretrain") as owner:
        run = RunFolder.open(tmp_path, "pretrain", SETTINGS, owner)
        run.save(1, network(), None)
        (tmp_path / ".lock").write_text("{}")
        for write in (lambda: run.save(2, network(), None), lambda: run.go_on_from(1)):
            with pytest.raises(UserError, match="is not this process's any more"):
                write()
    assert saved_step(tmp_path) == 1
