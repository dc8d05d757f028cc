"""Settings that were mistyped, damaged or made to harm: one line that names the place, within a second."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from generators.config import GenerateConfig
from tests.cli.test_bad_input import refusal
from training.config import PretrainConfig
from training.sweep.cells import cells_of
from training.sweep.config import SweepConfig
from training.sweep.steps import in_order
from training.transfer_config import TransferConfig
from tst_sim.cli.sweep import check
from tst_sim.config import build, config_folder, load, read_yaml, with_overrides
from tst_sim.errors import UserError
from tst_sim.packs.gltf_folder import open_gltf
from tst_sim.plain_yaml import MAX_YAML_BYTES, read_plain_yaml

ROOMS = {"generate": GenerateConfig, "pretrain": PretrainConfig, "transfer": TransferConfig, "sweep": SweepConfig}
FRAGMENTS = (
    "[", "]", "{", "}", ":", ",", "\n", "- ", "? ", "&a ", "*a", "<<: *a", "!!python/object:os.system ", "!!int ",
    "!x ", "!!binary ", "!!timestamp ", "%YAML 9.9\n", "%s", "@x", "`", "|", ">", "'", '"', "#", "---\n", "...\n",
    "\t", "\0", "\x85", "9" * 5000, "1e999", "-1", ".nan", "-.inf", "0x", "0b", "1:1:1", "2026-01-01", "~", "yes",
    "[" * 3000, "é", "\ud800",
)  # fmt: skip


def said(data: bytes | str, where: str = "x.yaml") -> str:
    with pytest.raises(UserError) as error:
        read_plain_yaml(data, where)
    text = str(error.value)
    assert text.startswith(where) and "\n" not in text and len(text) < 400
    return text


def laughs(levels: int) -> str:
    """Nine aliases a level: 9 ** levels values of a few hundred bytes."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: [1, 2\n", "line 3, column 1: while parsing a flow sequence"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]", "line 2, column 4: the tag !!python/object/apply:os.system"),
        ("when: !!timestamp 2026-01-01", "the tag !!timestamp is not for settings"),
        ("a: {b: &x {c: *x}}", "line 1, column 15: *x refers to itself"),
        ("a: &x [1]\nb: &y [*x, *y]", "line 2, column 12: *y refers to itself"),
        ("a: !!float many", "line 1, column 4: 'many' is no float"),
        ("a: !!bool perhaps", "'perhaps' is no bool"),
        ("a: .nan", ".nan is not a finite number"),
        ("a: 1\nb: {c: 2, c: 3}", "line 2, column 11: 'c' is given twice"),
        ("1: a", "a key must be a name"),
        ("[a, b]: c", "a key must be a name"),
        ("a: 100%\nb: %x", "line 2, column 4: while scanning for the next token"),
        ("a: 1\nb: \x07", "line 2: U+0007 is not allowed"),
        ("a: " + "1" * 41, "a number of 41 characters, more than 40"),
        ("a: " + ":".join(["10"] * 5000), "a number of 14999 characters"),
        ("- " * 41 + "x", "nested more than 40 deep"),
        ("- " * 100_000, "nested more than 40 deep"),
        (laughs(9), "unfolds into more than 50000 values"),
    ],
)
def test_the_place_of_what_cannot_be_used_is_named(text: str, words: str) -> None:
    began = time.monotonic()
    assert words in said(text)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a: 1\nb: \xe9", "is not UTF-8 (byte 8 is 0xe9)"),
        ("a: 1".encode("utf-16"), "is not UTF-8 (byte 0 is 0xff)"),
        (b"# " + b"x" * MAX_YAML_BYTES, f"more than {MAX_YAML_BYTES}"),
    ],
)
def test_other_encodings_and_sizes_are_named(data: bytes, words: str) -> None:
    assert words in said(data)


def test_what_settings_need_is_read_as_before() -> None:
    text = "\ufeffa: &a {lr: 3.0e-4, flip: on, none: ~, list: [1, -2, 0x10]}\nb: {<<: *a, lr: 1e-3}\nc: 2026-01-01"
    shared = {"flip": True, "none": None, "list": [1, -2, 16]}
    expected = {"a": {"lr": 3e-4, **shared}, "b": {"lr": 1e-3, **shared}, "c": "2026-01-01"}
    assert read_plain_yaml(text.encode(), "x") == expected
    assert read_plain_yaml("", "x") is None
    assert load(PretrainConfig, "pretrain", "tiny", ["optim.lr=1e-3"]).optim.lr == 0.001


@pytest.mark.parametrize(
    ("override", "words"),
    [
        (
            "optim.lr=.inf",
            "--set optim.lr: the value '.inf' is not usable YAML: line 1, column 1: .inf is not a finite",
        ),
        ("optim..lr=1", "is not of the form key.subkey=value"),
        ("=1", "is not of the form key.subkey=value"),
        ("optim=5", "optim must be a group of settings, got 5"),
        ("optim.steps=2026-01-01", "optim.steps must be int, got '2026-01-01'"),
        ("optim.lr=" + "9" * 40, "optim.lr must be between 0 and 10"),
        ("optim.steps.x=1", "optim.steps must be int, got {'x': 1}"),
        ("modalities={a: 1}", "modalities must be a list, got {'a': 1}"),
        ("run.device=[" + "x, " * 1000 + "]", "run.device must be str, got ['x', 'x'"),
        ("x" * 5000 + "=1", "is not a setting"),
    ],
)
def test_an_override_that_cannot_be_used_names_its_key(
    override: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = refusal(["pretrain", "--corpus", "nowhere", "--set", override], capsys)
    assert words in text and len(text) < 600


def test_a_preset_that_holds_a_value_for_a_group_is_refused_whatever_options_are_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.yaml").write_text("optim: 5\n")
    for options in ([], ["--steps", "3"]):
        for verb in (["pretrain", "--corpus", "x"], ["transfer", "scratch", "--transfer-corpus", "x"]):
            said = refusal([*verb, "--preset", str(tmp_path / "p.yaml"), *options], capsys)
            assert "optim must be a group of settings, got 5" in said


def test_a_preset_that_cannot_be_opened_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("x" * 300 + ".yaml", "x" * 5000, f"{tmp_path}/a.yaml/b.yaml"):
        text = refusal(["generate", "--house", "0", "--preset", name], capsys)
        assert "unknown preset" in text or "does not exist" in text


@pytest.mark.parametrize(
    "line",
    [
        f"generate --houses {'9' * 5000}",
        f"generate --house {'9' * 5000}",
        f"generate --house 0 --size {'9' * 5000}",
        f"generate --houses 0-{'9' * 5000}",
    ],
)
def test_absurd_digits_on_the_command_line_are_one_short_line(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(refusal(line.split(), capsys)) < 400


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pretrain: 5", "pretrain must be a group of settings, got 5"),
        ("test_houses: [-1]", "test_houses -1 must be between 0 and"),
        ("added_counts: [-2]", "added_counts -2 must be between 0"),
        (f"test_houses: {list(range(2000))}\ntransfer_houses: [5000]", "a sweep of up to 36000000 numbers"),
        ("pretrain: {optim: {steps: [1]}}", "settings of pretrain: optim.steps must be int, got [1]"),
        ("generate: {poses: 3}", "settings of generate: poses must be a group of settings, got 3"),
        ("methods: [{name: a, objective: mm, pretrain: {model: 1}}]", "model must be a group of settings, got 1"),
    ],
)
def test_a_sweep_that_cannot_be_used_names_the_key(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "s.yaml").write_text(text)
    assert words in refusal(["sweep", str(tmp_path / "s.yaml"), "--out", str(tmp_path / "out")], capsys)
    assert not (tmp_path / "out").exists()


def test_a_table_of_models_is_read_with_the_same_care(tmp_path: Path) -> None:
    (tmp_path / "assets.yaml").write_text("- {file: &a [*a]}")
    with pytest.raises(UserError, match=r"assets\.yaml is not usable YAML: line 1, column 14: \*a refers to itself"):
        open_gltf(str(tmp_path))


def mutated(text: str, rng: random.Random) -> str:
    """A text with one to four slips: letters lost, doubled, replaced, or something foreign put in."""
    for _ in range(rng.randint(1, 4)):
        at, until = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        until = min(until, at + 12)
        choice = rng.randrange(4)
        if choice == 0:
            text = text[:at] + text[until:]
        elif choice == 1:
            text = text[:at] + text[at:until] * 2 + text[until:]
        else:
            text = text[:at] + rng.choice(FRAGMENTS) + text[until if choice == 2 else at :]
    return text


def test_mutants_of_all_presets_are_settings_or_one_line(tmp_path: Path) -> None:
    rng = random.Random(8)
    files = sorted(path for room in ROOMS for path in (config_folder() / room).glob("*.yaml"))
    refused = 0
    for number in range(600):
        original = files[number % len(files)]
        path = tmp_path / original.name
        path.write_bytes(mutated(original.read_text(), rng).encode("utf-8", "surrogatepass"))
        try:
            config = build(ROOMS[original.parent.name], with_overrides(read_yaml(path), []))
            if isinstance(config, SweepConfig):
                for step in in_order([cell.step for cell in cells_of(config)]):
                    check(step.verb, step.settings)
        except UserError as error:
            refused += 1
            assert "\n" not in str(error) and len(str(error)) < 600
    assert 200 < refused < 600


def test_mutants_of_overrides_are_settings_or_one_line() -> None:
    rng = random.Random(9)
    overrides = (
        "poses.pitch_deg=[-10, 40]",
        "modalities=[rgb, depth]",
        "frames=8",
        "source=procthor",
        "poses={tries: 3}",
    )
    refused = 0
    for number in range(600):
        try:
            build(GenerateConfig, with_overrides({"frames": 3}, [mutated(overrides[number % len(overrides)], rng)]))
        except UserError as error:
            refused += 1
            assert "\n" not in str(error) and len(str(error)) < 600
    assert 200 < refused < 600
