"""The whole way, from a generated house to the report, by the one command that a newcomer types."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tst_sim.cli.main import main

SMALL = (
    "test_houses=[17]",
    "transfer_houses=[1]",
    "corpus={frames: 8, eval_frames: 4, size: 64}",
    "transfer_corpus={frames: 8, eval_frames: 0, size: 64}",
    "pretrain={optim: {steps: 3, batch_size: 4}, run: {precision: fp32}}",
    "transfer={optim: {steps: 3, batch_size: 4}, run: {precision: fp32}}",
)


def _demo(out: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    overrides = [part for text in SMALL for part in ("--set", text)]
    code = main(["demo", "--out", str(out), "--workers", "0", *overrides])
    captured = capsys.readouterr()
    return code, captured.out.strip(), captured.err


def test_from_a_house_to_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, talk = _demo(tmp_path / "demo", capsys)
    assert (code, said) == (0, str(tmp_path / "demo" / "report.html")), talk

    page = Path(said).read_text()
    assert not re.search(r'(src|href)="(?!data:|#)', page), "the report loads something from outside"
    for method in ("scratch", "mae", "mm", "supervised"):
        assert method in page

    results = [json.loads(path.read_text()) for path in (tmp_path / "demo" / "sweep").rglob("steps/*/results.json")]
    assert len(results) == 4
    assert all(0 <= result["miou"] <= 1 and result["frames"] == 4 for result in results)

    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "demo").rglob("*.safetensors")}
    code, _, talk = _demo(tmp_path / "demo", capsys)
    assert code == 0 and "done in" not in talk and "kept" in talk
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "demo").rglob("*.safetensors")} == before
