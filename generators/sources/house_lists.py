"""Houses in one JSON: a list of them, or splits of lists (`{"train": [...], "val": [...]}`), plain or gzipped.

Such files unpack to more than fits into memory as Python objects (10,000 houses: 0.7 GB of text). One pass counts
quotes and brackets, a piece at a time, and notes where each house begins and ends; then a house is read by itself.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from generators.sources.packed import PackedFile, Unpacker, opened, unpacked_pieces
from tst_sim.errors import UserError
from tst_sim.json_text import check_size, decoded

SPLIT_NAMES = ("train", "val", "test")
HEAD_BYTES = 4096
_SPLITS_BEGIN = re.compile(rb'\s*\{\s*"(?:train|val|test)"\s*:\s*\[')
_LIST_BEGINS = re.compile(rb"\s*\[")
_LAST_KEY = re.compile(rb'"([^"\\]*)"\s*:\s*$')
_KEY_BYTES = 200
_BLANKS_AND_COMMA = np.zeros(256, bool)
_BLANKS_AND_COMMA[list(b" \t\r\n,")] = True
_STEP = np.zeros(256, np.int8)
_STEP[list(b"[{")] = 1
_STEP[list(b"]}")] = -1


def holds_many(file: Path) -> bool:
    """Whether a JSON file begins as a list or as splits; False also for what cannot be read, which reading will say."""
    try:
        with opened(file) as stream:
            head = next(unpacked_pieces(stream, Unpacker(file.suffix == ".gz")), b"")[:HEAD_BYTES]
    except UserError:
        return False
    head = head.removeprefix(b"\xef\xbb\xbf")
    return bool(_LIST_BEGINS.match(head) or _SPLITS_BEGIN.match(head))


class HouseList:
    """The houses of a list, or of one split, by number. UserError for a file without the split; and for others."""

    def __init__(self, file: Path, split: str) -> None:
        self.file, self.split = file, split
        self._packed = PackedFile(file)
        scan = _Scan(file)
        for piece in self._packed.scan():
            scan.read(piece)
        self._spans = scan.houses(split)

    def __len__(self) -> int:
        return len(self._spans)

    def text(self, number: int) -> tuple[str, str]:
        """(the house's JSON, its place as errors name it)."""
        start, end = self._spans[number]
        place = f"{self.file}, house {number} of the list"
        check_size(end - start, place)
        return decoded(self._packed.read(start, end), place), place


class _Scan:
    """Where the objects of the lists stand in a JSON text that comes in pieces."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._offset = 0
        self._depth = 0
        self._in_text = False
        self._held = b""
        """A backslash whose character is in the next piece."""
        self._tail = b""
        """What came right before, for the key of a list."""
        self._level: int | None = None
        """Depth inside the lists of houses: 1 in a list, 2 in splits."""
        self._lists: dict[str, list[list[int]]] = {}
        self._name = ""
        self._last = 0
        """Where the last bracket of a house or list stood."""

    def houses(self, split: str) -> list[tuple[int, int]]:
        """Where each house of the list, or of a split, begins and ends, after the last piece."""
        if self._depth or self._in_text:
            raise UserError(f"{self.file}: not JSON: it ends in the middle")
        name = split if self._level == 2 else ""
        if name not in self._lists:
            raise UserError(f"{self.file} holds no split {split!r}; it holds {', '.join(self._lists) or 'no list'}")
        spans = self._lists[name]
        if not spans:
            raise UserError(f"{self.file} holds an empty list; a list of houses holds one JSON object a house")
        return [(start, end) for start, end in spans]

    def read(self, piece: bytes) -> None:
        data = self._held + piece
        self._held = b""
        if (len(data) - len(data.rstrip(b"\\"))) % 2:
            data, self._held = data[:-1], data[-1:]
        if not data:
            return
        # Escaped quotes and backslashes, pair by pair from the left, so that every quote left opens or closes a text.
        marks = np.frombuffer(data.replace(b"\\\\", b"__").replace(b'\\"', b"__"), np.uint8)
        quotes = marks == ord('"')
        text = quotes | ((np.cumsum(quotes, dtype=np.int32) + self._in_text) % 2 == 1)
        steps = np.where(text, 0, _STEP[marks])
        depth = self._depth + np.cumsum(steps, dtype=np.int32)
        level = self._level or 2
        for at in np.flatnonzero((steps != 0) & (depth <= level + (steps > 0))):
            self._bracket(data, int(at), int(steps[at]), int(depth[at]))
        self._check_strays(marks, text, steps, depth)
        self._tail = (self._tail + data)[-_KEY_BYTES:]
        self._offset += len(data)
        self._in_text ^= bool(np.count_nonzero(quotes) % 2)
        self._depth = int(depth[-1])
        check_size(self._offset - self._last, f"{self.file}: entry {self._count} of the list")

    @property
    def _count(self) -> int:
        return len(self._lists.get(self._name, ()))

    def _bracket(self, data: bytes, at: int, step: int, depth: int) -> None:
        """One bracket outside houses, or of a house itself; `depth` is the one behind it."""
        opens = data[at : at + 1]
        self._last = self._offset + at
        if self._level is None:
            self._level = 1 if opens == b"[" else 2
        if step > 0 and depth == self._level:
            before = (self._tail + data[max(0, at - _KEY_BYTES) : at])[-_KEY_BYTES:]
            self._begin(opens, _LAST_KEY.search(before) if self._level == 2 else None)
        elif step > 0 and depth == self._level + 1:
            if opens != b"{":
                raise self._no_house("list", self._count)
            self._lists[self._name].append([self._offset + at, -1])
        elif step < 0 and depth == self._level:
            self._lists[self._name][-1][1] = self._offset + at + 1

    def _begin(self, opens: bytes, key: re.Match[bytes] | None) -> None:
        """A list, or a split under its key."""
        self._name = key[1].decode(errors="replace") if key else ""
        if opens != b"[" or self._name in self._lists or (self._level == 2 and self._name not in SPLIT_NAMES):
            splits = ", ".join(SPLIT_NAMES)
            raise UserError(f"{self.file}: {self._name!r} stands among lists of houses; they are one, or {splits}")
        self._lists[self._name] = []

    def _check_strays(self, marks: np.ndarray, text: np.ndarray, steps: np.ndarray, depth: np.ndarray) -> None:
        """UserError for what is no object among the houses."""
        strays = np.flatnonzero((depth == self._level) & (text | ~_BLANKS_AND_COMMA[marks]) & (steps == 0))
        if len(strays):
            at = int(strays[0])
            before = sum(start < self._offset + at for start, _ in self._lists.get(self._name, ()))
            raise self._no_house("text" if text[at] else "number", before)

    def _no_house(self, kind: str, number: int) -> UserError:
        return UserError(f"{self.file}: a house is a JSON object, not list entry {number}, a {kind}")
