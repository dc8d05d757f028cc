"""Where errors end: one line each, and an exit code that says whose fault it is."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tst_sim.cli import boundary
from tst_sim.cli import main as front_door
from tst_sim.cli.boundary import EX_SOFTWARE
from tst_sim.cli.main import main
from tst_sim.errors import UserError

Ending = Callable[[BaseException], tuple[int, str]]


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Ending:
    """(exit code, the one line said) of a verb that raises something."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def end(error: BaseException) -> tuple[int, str]:
        class Verb:
            @staticmethod
            def add_arguments(parser: object) -> None: ...

            @staticmethod
            def run(options: object) -> int:
                raise error

        monkeypatch.setattr(front_door, "_verb_module", lambda verb: Verb)
        code = main(["doctor"])
        (line,) = capsys.readouterr().err.splitlines()
        return code, line

    return end


def test_an_unexpected_error_is_saved_with_its_traceback_and_has_a_code_of_its_own(ending: Ending, tmp_path: Path):
    code, line = ending(KeyError("poses"))
    assert code == EX_SOFTWARE == 70
    assert line.startswith("tst-sim: error: internal error (KeyError: 'poses'); the traceback is in ")
    (path,) = (tmp_path / "state" / "tst-sim").iterdir()
    assert str(path) in line and path.stat().st_mode & 0o077 == 0
    text = path.read_text()
    assert "arguments: ['doctor']" in text and "Traceback (most recent call last)" in text
    assert text.rstrip().endswith("KeyError: 'poses'")


def test_two_unexpected_errors_have_two_files(ending: Ending, tmp_path: Path):
    lines = {ending(ValueError(name))[1] for name in ("a", "b")}
    assert len(lines) == len(list((tmp_path / "state" / "tst-sim").iterdir())) == 2


def test_where_the_state_folder_cannot_be_written_the_temporary_one_takes_it(
    ending: Ending, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "state").write_text("a file")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    code, line = ending(RecursionError("too deep"))
    (path,) = (tmp_path / "tmp").iterdir()
    assert code == EX_SOFTWARE and str(path) in line


def test_where_nothing_can_be_written_the_line_says_the_place_and_what_to_do(
    ending: Ending, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "state").write_text("a file")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "state" / "tmp"))
    code, line = ending(TypeError("x"))
    assert code == EX_SOFTWARE
    assert "(TypeError: x); no folder can be written for its traceback (at test_boundary.py, line " in line
    assert line.endswith("set TMPDIR to one and do it again")


def test_no_temporary_folder_at_all_and_no_home(ending: Ending, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setenv("XDG_STATE_HOME", "")
    monkeypatch.setattr(boundary.Path, "home", staticmethod(homeless))
    monkeypatch.setattr("tempfile.gettempdir", none)
    assert "no folder can be written" in ending(TypeError("x"))[1]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "/data/x"),
            "/data/x: No space left on device; free some space",
        ),
        (
            OSError(errno.EMFILE, "Too many open files"),
            "Too many open files; raise the number of open files: ulimit -n",
        ),
        (PermissionError(errno.EACCES, "Permission denied", "/root/x"), "/root/x: Permission denied; choose a place"),
        (
            OSError(errno.EROFS, "Read-only file system", "/cd"),
            "/cd: Read-only file system; choose a place that can be",
        ),
        (MemoryError(), "out of memory (MemoryError); close other programs, or ask for less"),
        (RuntimeError("[enforce fail] . DefaultCPUAllocator: can't allocate memory: you tried"), "out of memory ("),
        (ImportError("libEGL.so.1: cannot open shared object file"), "`tst-sim doctor` says what is missing"),
        (UserError("two\nlines"), "two lines"),
    ],
)
def test_what_the_machine_refuses_is_for_the_user_to_mend(ending: Ending, error: Exception, words: str, tmp_path: Path):
    code, line = ending(error)
    assert (code, words in line) == (2, True), line
    assert not (tmp_path / "state").exists()


def test_errors_of_other_kinds_do_not_pass_for_a_fault_that_was_found(ending: Ending):
    class PanicError(BaseException):
        """As Rust's panics come through to Python."""

    class UnspeakableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    assert ending(PanicError("index out of bounds"))[0] == EX_SOFTWARE
    assert ending(UnspeakableError())[1].startswith("tst-sim: error: internal error (UnspeakableError); ")
    assert ending(FileNotFoundError(errno.ENOENT, "No such file", "git"))[0] == EX_SOFTWARE
    code, line = ending(ValueError("long\n" * 10_000))
    assert code == EX_SOFTWARE and len(line) < 600


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"} | environment
    command = line.replace("tst-sim", f"{sys.executable} -m tst_sim")
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=clean, timeout=120, check=False)


def test_the_help_says_what_the_exit_codes_mean():
    text = shell("tst-sim --help").stdout
    assert re.search(r"\n  70 +a fault of tst-sim itself; one line says where its traceback was saved\n", text)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_an_output_that_is_full_closed_or_unread_is_no_traceback():
    full = shell("tst-sim --version >/dev/full")
    assert (full.returncode, full.stderr.count("\n")) == (2, 1)
    assert "cannot write to the standard output: No space left on device" in full.stderr
    assert shell("tst-sim --version >&-").stderr == ""
    silent = shell("tst-sim nowhere 2>&-")
    assert (silent.returncode, silent.stdout) == (2, "")
