"""The one door for files: whole or not at all, whoever is killed, whatever is full."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tst_sim import partial_files
from tst_sim.errors import StorageError
from tst_sim.partial_files import machine, sweep
from tst_sim.sealed import SEAL_BYTES, is_sound, read_sealed, write_sealed
from tst_sim.storage import LineLog, atomic_path, atomic_write, data_root, make_folder, remove, write_json

WRITE_HALF = """
import sys
from pathlib import Path
from tst_sim.storage import atomic_write
with atomic_write(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    print("half", flush=True)
    sys.stdin.readline()
    file.write(b" and half")
"""


@contextmanager
def half_written(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process in the middle of writing a file."""
    command = [sys.executable, "-c", WRITE_HALF, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "half\n"
        yield process


def partials(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".*.partial")]


@contextmanager
def disk_of(count: int) -> Iterator[None]:
    """No file may get longer: the nearest thing to a full disk that needs no privileges."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGABRT])
def test_what_a_killed_writer_left_goes_with_the_next_write_of_the_same_file(tmp_path: Path, how: signal.Signals):
    with half_written(tmp_path / "a.json") as process:
        process.send_signal(how)
        process.wait()
        assert len(partials(tmp_path)) == 1 and not (tmp_path / "a.json").exists()
        write_json(tmp_path / "b.json", 1)
        assert len(partials(tmp_path)) == 1, "another file's are not looked for"
        write_json(tmp_path / "a.json", 1)
    assert partials(tmp_path) == []


@pytest.mark.parametrize("suspended", [False, True])
def test_a_living_writer_keeps_its_half_written_file(tmp_path: Path, suspended: bool):
    with half_written(tmp_path / "deep.bin") as process:
        if suspended:
            process.send_signal(signal.SIGSTOP)
        sweep(tmp_path.parent, below=True)
        write_json(tmp_path / "deep.bin", "written by another one meanwhile")
        assert len(partials(tmp_path)) == 1
        process.send_signal(signal.SIGCONT)
        process.communicate("go on\n")
        assert process.returncode == 0
    assert (tmp_path / "deep.bin").read_bytes() == b"half and half", "the last to finish wins, whole"
    assert partials(tmp_path) == []


def test_two_writers_with_one_process_number_do_not_share_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "getpid", lambda: 7)  # as in two containers
    with atomic_write(tmp_path / "x") as first, atomic_write(tmp_path / "x") as second:
        assert first.name != second.name
        first.write(b"1" * 9)
        second.write(b"2")
    assert (tmp_path / "x").read_bytes() == b"1" * 9


@pytest.mark.parametrize(
    ("writer", "age_s", "stays"), [("ours", 0, False), ("0badcafe", 0, True), ("0badcafe", 7200, False)]
)
def test_files_of_another_machine_are_given_an_hour(tmp_path: Path, writer: str, age_s: float, stays: bool):
    name = f".a.npy.{machine() if writer == 'ours' else writer}.12.00c0ffee.partial"
    (tmp_path / name).touch()
    then = time.time() - age_s
    os.utime(tmp_path / name, (then, then))
    sweep(tmp_path)
    assert (tmp_path / name).exists() == stays


def test_half_written_files_of_earlier_versions_go(tmp_path: Path):
    (tmp_path / ".shard.tar.99.partial").write_bytes(b"left over")
    sweep(tmp_path)
    assert partials(tmp_path) == []


def test_names_as_long_as_they_may_be_can_be_written(tmp_path: Path):
    for name in ("n" * 255, "ü" * 127):
        write_json(tmp_path / name, [name])
        assert (tmp_path / name).is_file()
    assert partials(tmp_path) == []


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("file/run/a.json", "Not a directory"),
        ("n" * 256, "File name too long"),
        ("n" * 300 + "/a", "File name too long"),
    ],
)
def test_what_cannot_be_written_is_one_line_and_cleaning_up_does_not_speak_over_it(
    tmp_path: Path, place: str, why: str
):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=f"cannot write .*: {why} .*free on that disk") as error:
        write_json(tmp_path / place, 1)
    assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_leaves_the_old_file_and_nothing_half_written(tmp_path: Path):
    write_json(tmp_path / "a.json", "old")
    with disk_of(4096), pytest.raises(StorageError, match=r"cannot write .*a\.json: File too large"):
        write_json(tmp_path / "a.json", "new" * 10_000)
    assert (tmp_path / "a.json").read_text() == '"old"\n' and partials(tmp_path) == []


def test_an_interrupt_on_a_full_disk_stays_an_interrupt(tmp_path: Path):
    with disk_of(4096), pytest.raises(KeyboardInterrupt), atomic_write(tmp_path / "a.bin") as file:
        file.write(b"x" * 5000)  # still in the buffer: closing it would fail
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_does_not_fit_is_taken_back(tmp_path: Path):
    log = LineLog(tmp_path / "metrics.jsonl")
    with disk_of(30), pytest.raises(StorageError, match=r"cannot write .*metrics\.jsonl: File too large"):
        for number in range(9):
            log.write(f"line {number} of 9")
    log.write("after room was made")
    log.close()
    log.close()
    assert (tmp_path / "metrics.jsonl").read_text() == "line 0 of 9\nline 1 of 9\nafter room was made\n"


def test_programs_get_a_name_that_becomes_the_file(tmp_path: Path):
    with atomic_path(tmp_path / "film.mp4") as partial:
        assert partial.parent == tmp_path
        subprocess.run(["sh", "-c", 'printf film >"$0"', str(partial)], check=True)
        assert not (tmp_path / "film.mp4").exists()
    assert (tmp_path / "film.mp4").read_bytes() == b"film"


def test_folders_and_removals_that_fail_are_one_line_too(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"cannot write into .*file/a: Not a directory"):
        make_folder(tmp_path / "file" / "a")
    with pytest.raises(StorageError, match=r"cannot remove .*Not a directory"):
        remove(tmp_path / "file" / "a")
    remove(tmp_path / "absent")
    assert make_folder(tmp_path / "b" / "c") == [tmp_path / "b" / "c", tmp_path / "b"]


def test_a_data_root_of_an_unknown_user_is_a_folder_of_that_name():
    assert data_root("~nobody-of-this-name/x") == Path("~nobody-of-this-name/x")


def test_a_seal_finds_every_flipped_bit_and_every_cut(tmp_path: Path):
    path, content = tmp_path / "a", bytes(range(90))
    with write_sealed(path) as file:
        file.write(content[:50])
        file.write(memoryview(content)[50:])
    sound = path.read_bytes()
    assert len(sound) == len(content) + SEAL_BYTES and is_sound(path) and read_sealed(path) == content
    for bit in range(len(sound) * 8):
        damaged = bytearray(sound)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        assert not is_sound(path) and read_sealed(path) is None, bit
    for length in range(len(sound)):
        path.write_bytes(sound[:length])
        assert not is_sound(path) and read_sealed(path) is None, length
    assert not is_sound(tmp_path / "absent") and not is_sound(tmp_path) and read_sealed(tmp_path) is None


@pytest.mark.parametrize("size", [0, 1, 32, 63, 64, 65, 100])
def test_seals_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int):
    monkeypatch.setattr("tst_sim.sealed.BLOCK_BYTES", 33)
    with write_sealed(tmp_path / "a") as file:
        file.write(bytes(size))
    assert is_sound(tmp_path / "a") and read_sealed(tmp_path / "a") == bytes(size)


def test_a_disk_without_locks_lets_age_alone_decide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def no_locks(*_: object) -> None:
        raise OSError("no locks")

    monkeypatch.setattr(partial_files.fcntl, "flock", no_locks)
    with atomic_write(tmp_path / "a") as file:
        file.write(b"new")
        file.flush()
        sweep(tmp_path)
        assert len(partials(tmp_path)) == 1
    old = tmp_path / f".b.{machine()}.1.00000000.partial"
    old.touch()
    os.utime(old, (0, 0))
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
