"""What cannot be used: exit code 2, one line that names the value and what would be right, nothing half-written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tst_sim.cli.main import main

HOUSE = json.loads((Path(__file__).parents[1] / "data" / "two_rooms_1.0.0.json").read_text())


def refusal(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of error a command ends with."""
    code = main(arguments)
    said = capsys.readouterr().err
    errors = [line for line in said.splitlines() if line.startswith("tst-sim: error: ")]
    assert (code, len(errors)) == (2, 1), said
    assert said.strip().splitlines()[-1] == errors[0] and "Traceback" not in said
    return errors[0]


COMMAND_LINES = {
    "generate --houses banana": "'banana' is not a house; give a count such as 1000, or indices such as 3,17,40-49",
    "generate --houses -3": "'-3' is not a house",
    "generate --houses 9-3": "must rise",
    "generate --houses 0": "the count must be between 1 and 1000000",
    "generate --house 1.5": "'1.5' must be a whole number",
    "generate": "no house given; say --houses 1000",
    "generate --house 0 --frames 0": "'0' must be a whole number between 1 and",
    "generate --house 0 --eval-frames -1": "'-1' must be a whole number between 0 and",
    "generate --house 0 --size 3": "width and height must be between 16 and 4096 pixels",
    "generate --house 0 --size 64x": "is not a size; give one number (224) or WxH (320x240)",
    "generate --house 0 --fov 500": "must be between 10.0 and 150.0",
    "generate --house 0 --split tset": "split must be one of train, val, test, got 'tset'",
    "generate --house 0 --modalities rgb,dept": "unknown modality 'dept'; did you mean 'depth'?",
    "generate --house 0 --preset tinny": "unknown preset 'tinny'; did you mean 'tiny'?",
    "generate --house 0 --set frames": "is not of the form key.subkey=value",
    "generate --house 0 --set poses.pitch=3": "poses.pitch is not a setting; did you mean 'pitch_deg'?",
    "generate --house 0 --set poses.pitch_deg=3": "poses.pitch_deg must be a list, got 3",
    "generate --house 0 --source nowhere": "neither an existing file or folder nor one of procthor, procthor-10k",
    "generate --house 0 --out /proc/nowhere": "cannot write into /proc/nowhere",
    "generate --house 0 --wrokers 2": "--wrokers",
    "pretrain --house 0 --objective mea": "unknown objective 'mea'; did you mean 'mae'?",
    "pretrain --house 0 --preset tinny": "unknown preset 'tinny'; did you mean 'tiny'?",
    "pretrain --house 0 --steps 0": "'0' must be a whole number between 1 and",
    "pretrain --house 0 --set optim.stepz=3": "optim.stepz is not a setting; did you mean 'steps'?",
    "pretrain --house 0 --no-generate --data-dir {tmp}": "--no-generate forbids making it",
    "pretrain --corpus {tmp}": "not a finished corpus; make one with: tst-sim generate --out",
    "transfer scratch --task segmantation --transfer-corpus {tmp}": "did you mean 'segmentation'?",
    "transfer {tmp} --task segmentation --transfer-corpus {tmp}": "not a run folder",
    "evaluate {tmp} --house 0 --no-generate": "not a run folder",
    "sweep nowhere": "unknown preset 'nowhere'; choose from cross_house",
    "sweep configs/sweep/nowhere.yaml": "configs/sweep/nowhere.yaml does not exist",
    "verify {tmp}": "has no manifest.json; make one with: tst-sim generate --out",
    "report {tmp}": "{tmp}",
    "doctor --data-dri .": "--data-dri",
}


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_a_command_line_that_cannot_be_used(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert COMMAND_LINES[line].format(tmp=empty) in refusal(line.format(tmp=empty).split(), capsys)
    assert list(empty.iterdir()) == []


def _broken(kind: str) -> str:
    house = json.loads(json.dumps(HOUSE))
    if kind == "no rooms":
        house["rooms"] = []
    elif kind == "unknown asset":
        house["objects"][0]["assetId"] = "Dragon_1"
    elif kind == "NaN":
        house["walls"][0]["polygon"][0]["x"] = float("nan")
    elif kind == "no JSON":
        return json.dumps(house)[:-40]
    elif kind == "other schema":
        house["metadata"]["schema"] = "9.0.0"
    return json.dumps(house)


HOUSES = {
    "no rooms": "rooms is a list of 0, expected at least 1",
    "unknown asset": "objects[0].assetId is 'Dragon_1', expected an asset id of procthor's asset database",
    "NaN": "walls[0].polygon[0].x is nan, expected a finite number",
    "no JSON": "broken.json",
    "other schema": "metadata.schema is 9.0.0, expected one of 0.0.1, 1.0.0",
}


@pytest.mark.parametrize("kind", HOUSES)
def test_a_house_that_cannot_be_used_is_named_with_the_place(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.json").write_text(_broken(kind))
    out = tmp_path / "corpus"
    command = ["generate", "--house", "0", "--frames", "2", "--workers", "0", "--out", str(out)]
    assert HOUSES[kind] in refusal([*command, "--source", str(tmp_path / "broken.json")], capsys)
    assert not list(out.rglob("*.tar"))


def test_a_foreign_folder_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    said = refusal(["generate", "--house", "0", "--workers", "0", "--out", str(tmp_path)], capsys)
    assert "is not empty and holds no corpus of ours; choose an empty or new folder" in said
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
