"""Programs of the system that are not there, or do not answer: what needs them says so, everything else goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

import tst_sim
from training import checkpoint
from training.checkpoint import RunFolder, code_version


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package as if it stood in a checkout, with an empty folder as PATH; its `bin` is that folder."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(tst_sim, "__file__", str(tmp_path / "tst_sim" / "__init__.py"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def program(checkout: Path, script: str) -> None:
    path = checkout / "bin" / "git"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_checkout_without_git_records_its_commit_as_unknown(checkout: Path) -> None:
    assert code_version()["commit"] == "unknown"
    run = RunFolder.open(checkout / "run", "pretrain", {"config": {}, "data": {}})
    assert run.settings["code"]["commit"] == "unknown"


def test_git_that_does_not_trust_the_folder_is_no_commit(checkout: Path) -> None:
    program(checkout, "echo HEAD; echo fatal: detected dubious ownership >&2; exit 128")
    assert code_version()["commit"] == "unknown"


def test_git_that_hangs_is_not_waited_for(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "GIT_PATIENCE_S", 0.2)
    program(checkout, "exec /bin/sleep 30")
    assert code_version()["commit"] == "unknown"


def test_git_that_answers_is_believed(checkout: Path) -> None:
    program(checkout, "echo 0123456789abcdef")
    assert code_version()["commit"] == "0123456789abcdef"


def test_a_file_called_git_that_is_no_program(checkout: Path) -> None:
    (checkout / "bin" / "git").mkdir()
    assert code_version()["commit"] == "unknown"
