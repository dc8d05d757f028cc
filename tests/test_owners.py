"""Owners of folders: the living are left alone, the dead are not waited for."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tst_sim import owners
from tst_sim.errors import StorageError, UserError
from tst_sim.owners import LOCK, holder_of, is_held, is_vacant, owned, refuse_if_held, refuse_torchrun

HOLD = """
import sys, time
from pathlib import Path
from tst_sim.owners import owned
with owned(Path(sys.argv[1]), "pretrain"):
    print("held", flush=True)
    sys.stdin.readline()
"""
TAKE_TURNS = """
import os, sys
from pathlib import Path
from tst_sim.owners import owned
folder = Path(sys.argv[1])
for turn in range(40):
    with owned(folder, "sweep", on_wait=lambda holder: None):
        mark = os.open(folder / "inside", os.O_CREAT | os.O_EXCL)
        os.close(mark)
        os.unlink(folder / "inside")
"""


@contextmanager
def holding(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds a folder until it is told to end, or killed."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.kill()


def test_a_folder_in_use_is_refused_in_one_line_that_says_by_whom(tmp_path: Path):
    with holding(tmp_path) as process:
        with pytest.raises(UserError) as error, owned(tmp_path, "pretrain"):
            pass
        line = rf"is in use by another pretrain (process {process.pid} on "
        assert line in str(error.value) and "\n" not in str(error.value) and "choose another --out" in str(error.value)
        with pytest.raises(UserError, match=rf"in use by pretrain \(process {process.pid} on"):
            refuse_if_held(tmp_path, "transfer")
        assert process.poll() is None and is_held(tmp_path)


def test_a_suspended_owner_keeps_its_folder_and_is_called_suspended(tmp_path: Path):
    with holding(tmp_path) as process:
        os.kill(process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        with pytest.raises(UserError, match=r"since .*, suspended\)"), owned(tmp_path, "pretrain"):
            pass
        os.kill(process.pid, signal.SIGCONT)


def test_a_killed_owner_blocks_nobody(tmp_path: Path):
    with holding(tmp_path) as process:
        process.kill()
        process.wait()
        assert (tmp_path / LOCK).exists(), "it could not clear up"
        began = time.monotonic()
        with owned(tmp_path, "transfer") as owner:
            assert holder_of(tmp_path) == owner.holder and owner.holder.pid == os.getpid()
        assert time.monotonic() - began < 5
    assert not (tmp_path / LOCK).exists()


def test_who_waits_is_told_once_for_whom_and_gets_the_folder(tmp_path: Path):
    told = []
    with holding(tmp_path) as process:
        assert process.stdin
        ending = threading.Timer(1.0, process.stdin.close)
        ending.start()
        with owned(tmp_path, "generate", on_wait=told.append):
            assert process.wait(10) == 0
    (holder,) = told
    assert holder.pid == process.pid and holder.verb == "pretrain"


def test_no_two_hold_a_folder_whose_lock_is_removed_while_others_wait(tmp_path: Path):
    folder = tmp_path / "turns"
    crowd = [subprocess.Popen([sys.executable, "-c", TAKE_TURNS, str(folder)]) for _ in range(3)]
    assert [process.wait(120) for process in crowd] == [0, 0, 0]
    assert not folder.exists() or not any(folder.iterdir())


def test_a_lock_that_was_opened_before_its_holder_removed_it_holds_nothing(tmp_path: Path):
    with owned(tmp_path, "sweep"):
        stale = os.open(tmp_path / LOCK, os.O_RDWR)
    fcntl.flock(stale, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the removed file's lock can be had, and means nothing
    refused = pytest.raises(UserError, match="in use by another sweep")
    with owned(tmp_path, "sweep"), refused, owned(tmp_path, "sweep"):
        pass
    os.close(stale)


def left_by_another_machine(folder: Path, *, age_s: float) -> dict[str, str | int]:
    record = {"verb": "pretrain", "host": "node7", "machine": "0badcafe", "pid": 1, "since": "2026-01-01 00:00:00"}
    (folder / LOCK).write_text(json.dumps(record))
    then = time.time() - age_s
    os.utime(folder / LOCK, (then, then))
    return record


def test_another_machine_that_beats_keeps_its_folder_where_locks_are_not_shared(tmp_path: Path):
    left_by_another_machine(tmp_path, age_s=2)
    beat = threading.Timer(0.6, lambda: os.utime(tmp_path / LOCK))
    beat.start()
    refused = pytest.raises(UserError, match=r"another pretrain \(process 1 on node7, since 2026")
    with refused, owned(tmp_path, "pretrain"):
        pass


@pytest.mark.parametrize("age_s", [1, 7200])
def test_another_machine_that_is_silent_is_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age_s: float):
    monkeypatch.setattr(owners, "SILENCE_S", 0.5)
    left_by_another_machine(tmp_path, age_s=age_s)
    with owned(tmp_path, "pretrain"):
        assert (holder := holder_of(tmp_path)) and holder.pid == os.getpid()


def test_an_owner_beats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(owners, "HEARTBEAT_S", 0.05)
    with owned(tmp_path, "pretrain"):
        before = (tmp_path / LOCK).stat().st_mtime_ns
        time.sleep(0.5)
        assert (tmp_path / LOCK).stat().st_mtime_ns > before


def test_who_lost_its_folder_finds_out_before_it_writes_and_leaves_the_new_owner_its_lock(tmp_path: Path):
    with owned(tmp_path, "pretrain") as owner:
        owner.confirm()
        record = left_by_another_machine(tmp_path, age_s=0)
        with pytest.raises(UserError, match=r"process 1 on node7.*took it over"):
            owner.confirm()
    assert json.loads((tmp_path / LOCK).read_text()) == record


@pytest.mark.parametrize("errno_name", ["ENOLCK", "ENOSYS", "EOPNOTSUPP"])
def test_on_a_disk_without_locks_the_heartbeat_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, errno_name: str
):
    def no_locks(*_: object) -> None:
        raise OSError(getattr(errno, errno_name), "no locks")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    monkeypatch.setattr(owners, "HEARTBEAT_S", 0.2)
    monkeypatch.setattr(owners, "SILENCE_S", 2.0)
    refused = pytest.raises(UserError, match="is in use by another pretrain")
    with owned(tmp_path, "pretrain"), refused, owned(tmp_path, "pretrain"):
        pass
    with owned(tmp_path, "pretrain"):
        pass


def test_a_folder_made_for_nothing_goes_again_and_one_with_files_stays(tmp_path: Path):
    with pytest.raises(KeyError), owned(tmp_path / "a" / "b", "pretrain"):
        raise KeyError
    assert list(tmp_path.iterdir()) == []
    with owned(tmp_path / "a", "pretrain"):
        (tmp_path / "a" / "kept").touch()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["kept"]


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path):
    (tmp_path / "file").touch()
    for place, why in (("file/run", "Not a directory"), ("x" * 300, "File name too long"), ("file", "File exists")):
        with pytest.raises(StorageError, match=f"cannot write into .*{why}") as error, owned(tmp_path / place, "sweep"):
            pass
        assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_a_kill_leaves_in_a_new_folder_does_not_make_it_foreign(tmp_path: Path):
    assert is_vacant(tmp_path / "absent") and is_vacant(tmp_path)
    (tmp_path / LOCK).touch()
    (tmp_path / ".config.json.0badcafe.17.0123abcd.partial").touch()
    assert is_vacant(tmp_path)
    (tmp_path / "thesis.tex").touch()
    assert not is_vacant(tmp_path)


def test_torchrun_is_refused_and_one_process_is_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UserError, match=r"pretrain runs in one process, and torchrun started 2 \(WORLD_SIZE=2\)"):
        refuse_torchrun("pretrain")
    for harmless in ("1", "", "many"):
        monkeypatch.setenv("WORLD_SIZE", harmless)
        refuse_torchrun("pretrain")
