"""Runs, evaluations and sweeps whose files are damaged: one line, or named and left out, and never a traceback."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.training.synthetic import write_synthetic_corpus
from training.checkpoint import RunFolder
from training.config import DataConfig, ModelConfig, OptimConfig, PretrainConfig, RunConfig
from training.encoders.sources import load_encoder
from training.evaluate import evaluate
from training.pretrain import pretrain
from training.report import write_report
from training.stored import read_metrics, require
from training.tasks.segmentation import HeadConfig, SegmentationConfig
from training.transfer import pretrained, transfer
from tst_sim.cli.main import main
from tst_sim.errors import UserError

MODEL = ModelConfig(dim=16, depth=1, heads=2, decoder_dim=16, decoder_depth=1, decoder_heads=2)
RUN = RunConfig(device="cpu", precision="fp32", threads=1)
OPTIM = OptimConfig(steps=3, batch_size=2)
PRETRAIN = PretrainConfig(model=MODEL, data=DataConfig(size=16), optim=OPTIM, run=RUN)
HEAD = HeadConfig(levels=1, dim=4, blocks=0)
TRANSFER = SegmentationConfig(head=HEAD, data=DataConfig(size=16), optim=OPTIM, run=RUN)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus and, in `runs`, a pre-trained run, a transferred one and its evaluation; not to be changed."""
    root = tmp_path_factory.mktemp("whole")
    corpus = write_synthetic_corpus(root / "corpus", houses=(0, 1), frames=4, eval_frames=2)
    pretrain(PRETRAIN, corpus, root / "runs" / "pre", houses=[0])
    transfer(TRANSFER, pretrained(root / "runs" / "pre"), corpus, root / "runs" / "tra", houses=[1])
    evaluate(root / "runs" / "tra", corpus, 0)
    return root


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole / "runs", tmp_path / "runs")
    return tmp_path / "runs"


def edited(path: Path, change: Callable[[Any], Any]) -> None:
    value = json.loads(path.read_text())
    replaced = change(value)
    path.write_text(json.dumps(value if replaced is None else replaced))


CONFIG_DAMAGE = {
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:50]), "cannot be read as JSON"),
    "not UTF-8": (lambda path: path.write_bytes(b"\xff" * 9), "cannot be read as JSON"),
    "deep": (lambda path: path.write_text("[" * 100_000), "cannot be read as JSON"),
    "endless": (lambda path: path.write_text('{"format": ' + "9" * 5000 + "}"), "cannot be read as JSON"),
    "a list": (lambda path: path.write_text("[]"), "is not a run of format 1"),
    "no houses": (lambda path: edited(path, lambda d: d["data"].pop("houses") and d), "data.houses is missing"),
    "a number": (lambda path: edited(path, lambda d: {**d, "corpus": 3}), "corpus is 3, expected a text"),
    "no commit": (lambda path: edited(path, lambda d: {**d, "code": {}}), "code.version is missing"),
    "other kind": (lambda path: edited(path, lambda d: {**d, "kind": "x"}), "kind is 'x'|is a x run"),
    "infinite": (
        lambda path: path.write_text(path.read_text().replace('"lr": 0.001', '"lr": Infinity')),
        "config: optim.lr must be a finite number, got inf",
    ),
}


@pytest.mark.parametrize("damage", CONFIG_DAMAGE)
def test_a_damaged_config_is_one_line_for_all_that_read_it(damage: str, copy: Path, whole: Path) -> None:
    change, words = CONFIG_DAMAGE[damage]
    change(copy / "pre" / "config.json")
    for read in (lambda: pretrained(copy / "pre"), lambda: load_encoder(copy / "pre")):
        with pytest.raises(UserError, match=words) as error:
            read()
        assert "\n" not in str(error.value) and len(str(error.value)) < 500
    said: list[str] = []
    page = write_report(copy, copy / "report.html", on_left_out=lambda item: said.append(item.reason)).read_text()
    assert len(said) == 1 and "pre" in said[0] and "Left out, as damaged:" in page and "tra" in page


def test_a_damaged_transfer_run_is_refused_by_evaluate(copy: Path, whole: Path) -> None:
    edited(copy / "tra" / "config.json", lambda d: d["data"]["encoder"].update(signals=["rgb", "smell"]))
    with pytest.raises(UserError, match=r"data\.encoder: unknown modality 'smell'"):
        evaluate(copy / "tra", whole / "corpus", 0, copy / "out")
    edited(copy / "tra" / "config.json", lambda d: d["data"].update(house_digests=[1]))
    with pytest.raises(UserError, match=r"data.house_digests is \[1\], expected a group"):
        evaluate(copy / "tra", whole / "corpus", 0, copy / "out")
    assert not (copy / "out").exists()


def test_a_run_whose_corpus_is_gone_has_a_report_and_cannot_be_gone_on_with(copy: Path, tmp_path: Path) -> None:
    edited(copy / "pre" / "config.json", lambda d: d.update(corpus="/nowhere/" + "x" * 5000))
    assert "pre" in write_report(copy, copy / "report.html").read_text()
    with pytest.raises(UserError, match=r"no corpus|not a finished corpus|manifest"):
        pretrain(PRETRAIN, tmp_path / "nowhere", copy / "pre")


def tensors_changed(run: Path, change: Callable[[dict[str, torch.Tensor]], None], step: str = "3") -> None:
    tensors = load_file(run / "checkpoint.safetensors")
    change(tensors)
    save_file(tensors, run / "checkpoint.safetensors", metadata={"format": "1", "step": step})


def first(tensors: dict[str, torch.Tensor], start: str) -> str:
    return next(name for name in sorted(tensors) if name.startswith(start))


TENSOR_DAMAGE = {
    "NaN": (lambda t: t[first(t, "model.encoder")].view(-1)[0].fill_(float("nan")), "numbers that are not finite"),
    "whole numbers": (
        lambda t: t.update({first(t, "model.encoder"): t[first(t, "model.encoder")].long()}),
        "torch.int64, not torch.float32",
    ),
    "another shape": (lambda t: t.update({first(t, "model.encoder"): torch.zeros(3, 5)}), r"has shape \(3, 5\), not"),
    "missing": (lambda t: t.pop(first(t, "model.encoder")), "it is of another model"),
}


@pytest.mark.parametrize("damage", TENSOR_DAMAGE)
def test_a_damaged_checkpoint_is_refused_when_gone_on_with_and_when_used(damage: str, copy: Path, whole: Path) -> None:
    change, words = TENSOR_DAMAGE[damage]
    tensors_changed(copy / "pre", change)
    with pytest.raises(UserError, match=words):
        load_encoder(copy / "pre")
    (copy / "pre" / "result.json").unlink()
    with pytest.raises(UserError, match=words):
        pretrain(PRETRAIN, whole / "corpus", copy / "pre", houses=[0])


@pytest.mark.parametrize("damage", ["shape", "NaN", "part", "step"])
def test_a_damaged_state_of_the_optimiser_is_refused(damage: str, copy: Path, whole: Path) -> None:
    def change(tensors: dict[str, torch.Tensor]) -> None:
        name = first(tensors, "optimizer.")
        if damage == "shape":
            tensors[name] = torch.zeros(2, 2, 2)
        elif damage == "NaN":
            tensors[name] = tensors[name] * float("nan")
        elif damage == "part":
            tensors.pop(name)

    tensors_changed(copy / "pre", change, step="7" if damage == "step" else "2")
    with pytest.raises(UserError, match="of step 7 of 3" if damage == "step" else "the optimiser's state of"):
        pretrain(PRETRAIN, whole / "corpus", copy / "pre", houses=[0])


def test_a_damaged_result_is_made_anew_by_the_same_command(copy: Path, whole: Path) -> None:
    path = copy / "pre" / "result.json"
    right = path.read_bytes()
    for damaged in (right[:20], b"[]", b""):
        path.write_bytes(damaged)
        assert not RunFolder.load(copy / "pre").finished
        with pytest.raises(UserError, match="is not finished; run its pretrain command again"):
            pretrained(copy / "pre")
        pretrain(PRETRAIN, whole / "corpus", copy / "pre", houses=[0])
        assert path.read_bytes() == right


def test_a_damaged_line_of_metrics_is_named_and_a_cut_last_one_dropped(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    good = [json.dumps({"step": step, "loss": 1.5, "images_per_s": 2.0}) for step in range(3)]
    path.write_text("\n".join([*good, '{"step": 3, "lo']))
    assert [row["step"] for row in read_metrics(path)] == [0, 1, 2]
    for line in (
        "",
        "7",
        '{"step": 1}',
        good[1].replace("1.5", "NaN"),
        good[1].replace("1.5", "9" * 400),
        "[" * 90_000,
    ):
        path.write_text("\n".join([good[0], line, *good[1:]]))
        with pytest.raises(UserError, match="is damaged: line 2 is no row of numbers; delete that line"):
            read_metrics(path)
    assert read_metrics(tmp_path / "none") == []


def test_a_run_with_a_damaged_line_is_left_out_of_the_report_with_the_reason(copy: Path, capsys: Any) -> None:
    path = copy / "pre" / "metrics.jsonl"
    path.write_bytes(b"\0" * 100 + b"\n" + path.read_bytes())
    assert main(["report", str(copy)]) == 0
    assert "line 1 is no row of numbers" in capsys.readouterr().err.replace("\n", "")
    assert "line 1 is no row of numbers" in (copy / "report.html").read_text()


def test_a_damaged_picture_or_evaluation_is_left_out_alone(copy: Path) -> None:
    (copy / "pre" / "reconstructions.png").write_bytes(b"\x89PNG")
    edited(copy / "tra" / "evaluate-house-0" / "results.json", lambda d: d.update(miou=7))
    said: list[str] = []
    write_report(copy, copy / "report.html", on_left_out=lambda item: said.append(f"{item.place}: {item.reason}"))
    assert len(said) == 2
    assert said[0].startswith("tra/evaluate-house-0: ") and "miou is 7, expected a share between 0 and 1" in said[0]
    assert said[1].startswith("pre/reconstructions.png: ") and "is no readable picture" in said[1]


def test_a_folder_of_nothing_but_damage_is_one_line_with_the_reason(copy: Path, capsys: Any) -> None:
    shutil.rmtree(copy / "tra")
    (copy / "pre" / "config.json").write_text("{")
    assert main(["report", str(copy)]) == 2
    said = capsys.readouterr().err
    assert "holds no run, evaluation or sweep to report on; left out: " in said and said.count("\n") == 1


@pytest.mark.parametrize(
    ("value", "shape", "words"),
    [
        ({"a": [1, "x"]}, {"a": [str]}, r"a\[0\] is 1, expected a text"),
        ({"a": {"b": True}}, {"a": {...: "a whole number"}}, "a.b is True, expected a whole number"),
        ({"a": None}, {"a": dict}, "a is None, expected a group"),
        ({}, {"a": {"b?": str}}, "a is missing"),
        (3, {"a": str}, "all of it is 3, expected a group"),
    ],
)
def test_the_place_that_has_another_shape_is_named(value: Any, shape: Any, words: str) -> None:
    with pytest.raises(UserError, match=words):
        require(value, shape, "file.json")
    require({"a": 1.5, "other": 2}, {"a": "a finite number"}, "file.json")
    require({"a": None}, {"a": (str, None), "b?": dict}, "file.json")


def mutated_bytes(data: bytes, rng: random.Random) -> bytes:
    at, until = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    until = min(until, at + 40)
    new = rng.choice(
        [b"", b"\0" * 8, b"null", b"NaN", b"1e999", b"-1", b"[]", b'"x"', b"{", b"\xff", b"9" * 400, b"true"]
    )
    return data[:at] + (new if rng.random() < 0.8 else b"") + (data[until:] if rng.random() < 0.9 else b"")


def mutated_json(data: bytes, rng: random.Random) -> bytes:
    """A value somewhere in a JSON document replaced, or a key removed."""
    document = json.loads(data)
    target = document
    for _ in range(rng.randint(0, 4)):
        inner = [
            item for item in (target.values() if isinstance(target, dict) else target) if isinstance(item, (dict, list))
        ]
        target = rng.choice(inner) if inner else target
    keys = list(target) if isinstance(target, dict) else list(range(len(target)))
    if keys and rng.random() < 0.3:
        del target[rng.choice(keys)]
    elif keys:
        target[rng.choice(keys)] = rng.choice([None, 0, -1, 10**30, 1.5, "", "x", [], {}, True, [1], {"a": 1}, 1e300])
    return json.dumps(document).encode()


def uses(runs: Path, corpus: Path) -> list[Callable[[], object]]:
    """Everything that reads a run."""
    return [
        lambda: write_report(runs, runs / "page.html"),
        lambda: pretrain(PRETRAIN, corpus, runs / "pre", houses=[0]),
        lambda: pretrained(runs / "pre"),
        lambda: evaluate(runs / "tra", corpus, 0, runs / "out"),
    ]


def test_mutants_of_the_files_of_a_run_are_used_left_out_or_one_line(whole: Path, tmp_path: Path) -> None:
    rng = random.Random(24)
    names = [
        "pre/config.json", "pre/metrics.jsonl", "pre/result.json", "pre/checkpoint.safetensors", "tra/config.json",
        "tra/evaluate-house-0/results.json", "tra/metrics.jsonl", "tra/checkpoint.safetensors",
    ]  # fmt: skip
    refused = 0
    for number in range(160):
        runs = tmp_path / str(number)
        shutil.copytree(whole / "runs", runs)
        path = runs / names[number % len(names)]
        mutate = mutated_json if path.suffix == ".json" and rng.random() < 0.7 else mutated_bytes
        path.write_bytes(mutate(path.read_bytes(), rng))
        for use in uses(runs, whole / "corpus"):
            try:
                use()
            except UserError as error:
                refused += 1
                assert "\n" not in str(error) and len(str(error)) < 700
        shutil.rmtree(runs)
    assert refused > 40
