"""Runs, sweeps, evaluations and corpora in use: refused in one line, waited for, or taken over from the dead."""

from __future__ import annotations

import json
import os
import signal
import threading

import pytest

from generators.generate import ensure_corpus
from tests.generators.test_generate import CONFIG as CORPUS
from tests.generators.test_generate import started
from tests.test_owners import holding
from tests.test_storage import disk_of
from tests.training.test_pretrain import OPTIONS, SMALL
from training.checkpoint import CONFIG, METRICS, STATE, WEIGHTS, RunFolder, read_checkpoint
from training.pretrain import pretrain
from tst_sim.cli.main import main
from tst_sim.corpus import MANIFEST
from tst_sim.errors import StorageError, UserError


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command says that ends with code 2."""
    assert main(arguments) == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_every_verb_that_writes_into_a_folder_in_use_is_refused(small_corpus, tmp_path, capsys):
    run = tmp_path / "run"
    with holding(run) as process:
        for verb in (
            ["pretrain", "--corpus", str(small_corpus), *OPTIONS],
            ["transfer", "scratch", "--transfer-corpus", str(small_corpus)],
            ["evaluate", str(tmp_path), "--house", "0"],
            ["sweep", "demo", "--workers", "0"],
        ):
            said = refusal(capsys, *verb, "--out", str(run))
            assert f"{run} is in use by" in said and f"(process {process.pid} on" in said, said
        assert [path.name for path in run.iterdir()] == [".lock"]


def test_torchrun_is_refused_before_anything_is_made(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")
    for verb in (
        ["pretrain", "--house", "0", "--data-dir", str(tmp_path)],
        ["transfer", "scratch", "--transfer-corpus", str(tmp_path)],
        ["evaluate", str(tmp_path), "--house", "0"],
        ["sweep", "demo", "--out", str(tmp_path / "sweep")],
    ):
        assert "torchrun started 4 (WORLD_SIZE=4)" in refusal(capsys, *verb)
    assert list(tmp_path.iterdir()) == []


def test_a_run_killed_in_its_first_write_goes_on_with_the_same_command(small_corpus, tmp_path):
    (tmp_path / ".config.json.0badcafe.12.89abcdef.partial").write_bytes(b'{"con')
    os.utime(tmp_path / ".config.json.0badcafe.12.89abcdef.partial", (0, 0))
    (tmp_path / ".lock").write_text('{"half of a rec')
    assert pretrain(SMALL, small_corpus, tmp_path).train.finished
    assert not list(tmp_path.glob(".*"))


def test_a_run_killed_between_the_two_files_of_its_last_checkpoint_says_the_step_of_its_weights(small_corpus, tmp_path):
    pretrain(SMALL, small_corpus, tmp_path, stop_after=5)
    (tmp_path / STATE).write_text(json.dumps({"step": 3}))
    pretrain(SMALL, small_corpus, tmp_path, stop_after=5)
    assert json.loads((tmp_path / STATE).read_text())["step"] == read_checkpoint(tmp_path)[0] == 5


def test_equal_runs_are_equal_bytes(small_corpus, tmp_path):
    for name in ("a", "b", "c"):
        pretrain(SMALL, small_corpus, tmp_path / name)
    assert len({(tmp_path / name / WEIGHTS).read_bytes() for name in ("a", "b", "c")}) == 1


def test_a_disk_that_fills_while_metrics_are_written_loses_nothing(small_corpus, tmp_path, monkeypatch):
    pretrain(SMALL, small_corpus, tmp_path / "whole")
    pretrain(SMALL, small_corpus, tmp_path / "run", stop_after=5)
    size = (tmp_path / "run" / METRICS).stat().st_size
    write = RunFolder.confirm

    def full(run: RunFolder) -> None:
        write(run)
        if full.armed:
            full.limit = disk_of(size + 30)
            full.limit.__enter__()
            full.armed = False

    full.armed = False
    monkeypatch.setattr(RunFolder, "confirm", full)

    def arm(progress: object) -> None:
        full.armed = True

    try:
        with pytest.raises(StorageError, match=r"cannot write .*(metrics|checkpoint).*: File too large"):
            pretrain(SMALL, small_corpus, tmp_path / "run", on_progress=arm)
    finally:
        full.limit.__exit__(None, None, None)
    monkeypatch.undo()
    assert pretrain(SMALL, small_corpus, tmp_path / "run").train.finished
    assert (tmp_path / "run" / WEIGHTS).read_bytes() == (tmp_path / "whole" / WEIGHTS).read_bytes()


@pytest.mark.parametrize(("place", "why"), [("file/run", "file/run"), ("x" * 300, "File name too long")])
def test_a_run_that_cannot_be_made_is_one_line_at_once(small_corpus, tmp_path, capsys, place, why):
    (tmp_path / "file").touch()
    said = refusal(capsys, "pretrain", "--corpus", str(small_corpus), *OPTIONS, "--out", str(tmp_path / place))
    assert why in said and said.startswith("tst-sim: error: cannot ")
    said = refusal(capsys, "sweep", "demo", "--workers", "0", "--out", str(tmp_path / place))
    assert said.startswith("tst-sim: error: ")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_who_needs_a_corpus_that_another_process_makes_waits_for_it(tmp_path, small_corpus):
    """The maker is suspended at first: it still owns the folder."""
    from generators.plan import make_plan

    folder = make_plan(CORPUS, None).default_folder(tmp_path)
    maker = started(folder, "--workers", "0")
    while not (folder / "plan.json").exists():
        assert maker.poll() is None
    maker.send_signal(signal.SIGSTOP)
    told = []

    def on_wait(holder: object) -> None:
        told.append(str(holder))
        threading.Timer(0.5, maker.send_signal, [signal.SIGCONT]).start()

    assert ensure_corpus([0, 1], config=CORPUS, data_dir=tmp_path, on_wait=on_wait) == folder
    assert maker.wait(60) == 0
    assert told and f"generate (process {maker.pid} on" in told[0] and "suspended" in told[0]
    assert (folder / MANIFEST).read_bytes() == (small_corpus / MANIFEST).read_bytes()


def test_a_foreign_folder_gets_no_lock(small_corpus, tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(UserError, match="is not empty and not a run"):
        pretrain(SMALL, small_corpus, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"] and not (tmp_path / CONFIG).exists()
