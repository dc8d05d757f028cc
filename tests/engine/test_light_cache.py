"""Files of baked light: right, or made anew; never the reason why a house is lost."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tst_sim.embedded.light import bake_cache
from tst_sim.partial_files import machine

SHAPES = {"light": (np.dtype(np.float32), 2), "chart": (np.dtype(np.int32), 1)}
ARRAYS = {"light": np.arange(12, dtype=np.float32).reshape(4, 3), "chart": np.arange(5, dtype=np.int32)}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "tst-sim" / "light"


def test_every_flipped_bit_of_a_file_is_seen_and_the_file_made_anew(cache: Path):
    bake_cache.cached("k", lambda: ARRAYS, SHAPES)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    for bit in range(0, len(whole) * 8, 3):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        made: list[int] = []
        found = bake_cache.cached("k", lambda made=made: made.append(1) or ARRAYS, SHAPES)
        assert made == [1] and found["light"][3, 2] == 11, bit
    assert path.read_bytes() == whole


def test_a_sound_file_that_may_not_be_touched_is_still_used(cache: Path, monkeypatch: pytest.MonkeyPatch):
    bake_cache.cached("k", lambda: ARRAYS, SHAPES)

    def read_only(*_: object) -> None:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(os, "utime", read_only)
    found = bake_cache.cached("k", lambda: pytest.fail("baked again"), SHAPES)
    np.testing.assert_array_equal(found["light"], ARRAYS["light"])


def test_a_user_without_a_home_bakes_and_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.chdir(tmp_path)
    assert bake_cache.cached("k", lambda: ARRAYS, SHAPES) is ARRAYS
    assert list(tmp_path.iterdir()) == []


def test_what_killed_bakes_left_goes_with_the_next_file(cache: Path):
    cache.mkdir(parents=True)
    (cache / f".dead.npz.{machine()}.7.01234567.partial").write_bytes(b"half")
    bake_cache.cached("k", lambda: ARRAYS, SHAPES)
    assert [path.name for path in cache.iterdir()] == ["k.npz"]
