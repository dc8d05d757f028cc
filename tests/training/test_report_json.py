"""The numbers of a report as JSON: the documented schema, of a sweep, of runs, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.training.sweeping import run_sweep
from tests.training.synthetic import write_synthetic_corpus
from training.report.document import FORMAT_VERSION, report_document
from tst_sim.cli.main import main

SETTINGS = {
    "experiment": "drop_one",
    "test_houses": [0],
    "transfer_houses": [2],
    "seeds": [0],
    "methods": [
        {"name": "scratch", "objective": "scratch"},
        {"name": "mm", "objective": "mm", "modalities": ["rgb", "depth"]},
    ],
    "pretrain": {
        "model": {"dim": 32, "depth": 1, "heads": 2, "decoder_dim": 32, "decoder_depth": 1, "decoder_heads": 2},
        "optim": {"steps": 2, "batch_size": 4},
        "run": {"precision": "fp32", "device": "cpu"},
    },
    "transfer": {"head": {"dim": 16, "blocks": 0}, "optim": {"steps": 2, "batch_size": 4}},
}
TYPES = {
    "text": (str,),
    "list of text": (list,),
    "object": (dict,),
    "whole number": (int,),
    "number or null": (int, float, type(None)),
    "true or false": (bool,),
    "whole number or null": (int, type(None)),
}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sweep")
    corpus = write_synthetic_corpus(root / "corpus", houses=(0, 2), frames=8, eval_frames=3)
    return run_sweep(SETTINGS, corpus, root / "out")


def documented_fields() -> dict[str, str]:
    """{field: type} of the table in docs/report-json.md."""
    text = (Path(__file__).parents[2] / "docs" / "report-json.md").read_text()
    return dict(re.findall(r"^\| `(\w+)` \| ([a-z ]+) \|", text, flags=re.M))


def test_every_row_has_the_documented_fields_of_the_documented_types(sweep: Path):
    document, fields = report_document(sweep), documented_fields()
    assert document["format_version"] == FORMAT_VERSION and document["left_out"] == []
    assert len(fields) == 16 and len(document["rows"]) == 2 * 4
    for row in document["rows"]:
        assert list(row) == list(fields)
        for name, kind in fields.items():
            assert type(row[name]) in TYPES[kind], (name, row[name])


def test_the_numbers_are_those_of_the_evaluations(sweep: Path):
    rows = [row for row in report_document(sweep)["rows"] if row["primary"]]
    places = {(row["method"], row["axes"]["left_out"], row["oracle"]) for row in rows}
    assert places == {
        ("scratch", "nothing", False), ("mm", "nothing", False), ("mm", "depth", False), ("supervised", "nothing", True)
    }  # fmt: skip
    without_depth = next(row for row in rows if row["axes"]["left_out"] == "depth")
    assert without_depth["modalities"] == ["rgb"] and without_depth["images"] == 8
    results = [json.loads(path.read_text()) for path in sweep.glob("steps/evaluate-*/results.json")]
    assert sorted(row["value"] for row in rows) == sorted(item["miou"] for item in results)
    assert all(row["score"] == "miou" and row["tested_in"].endswith("000000") for row in rows)


def test_the_command_prints_the_document_or_writes_it(sweep: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["report", str(sweep), "--json"]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed) == report_document(sweep)
    assert main(["report", str(sweep), "--json", "--out", str(sweep / "numbers.json")]) == 0
    assert capsys.readouterr().out == f"{sweep / 'numbers.json'}\n"
    assert (sweep / "numbers.json").read_text() == printed


def test_the_page_of_a_drop_one_sweep_shows_its_bars(sweep: Path):
    assert main(["report", str(sweep), "--out", str(sweep / "page.html")]) == 0
    page = (sweep / "page.html").read_text()
    assert "Modalities left out of pre-training" in page and "left out: depth" in page


def test_an_evaluation_outside_of_a_sweep_is_a_row_too(sweep: Path):
    folder = next(sweep.glob("steps/evaluate-mm*"))
    document = report_document(folder)
    assert document["sweep"] is None and {row["method"] for row in document["rows"]} <= {"mm (rgb+depth)", "mm (rgb)"}


def test_a_folder_without_numbers_is_refused_in_one_line(
    sweep: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    run = next(sweep.glob("steps/pretrain-*"))
    assert main(["report", str(run), "--json"]) == 2
    assert "holds no evaluation; make one with: tst-sim evaluate" in capsys.readouterr().err
    assert main(["report", str(tmp_path), "--json"]) == 2
    assert "holds no run, evaluation or sweep" in capsys.readouterr().err


def test_comparisons_stand_in_the_results_the_document_and_on_the_page(sweep: Path):
    found = report_document(sweep)["comparisons"]
    assert found == json.loads((sweep / "results.json").read_text())["comparisons"]
    assert {(row["question"], row["where"], row["pairs"], row["low"]) for row in found} == {
        ("over scratch", "own house", 1, None)
    }
    text = (Path(__file__).parents[2] / "docs" / "report-json.md").read_text()
    assert all(f'"{name}": ' in text for name in found[0])
    assert main(["report", str(sweep)]) == 0
    page = (sweep / "report.html").read_text()
    assert "95 % interval" in page and "over scratch" in page
