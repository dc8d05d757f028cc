"""JSON Lines, plain or gzipped, read by line number without keeping the lines: ten thousand houses unpack to 0.7 GB.

One pass over the file notes, at every `CHUNK` bytes of it, the state of the unpacker and the unfinished line; from
there, a line is one chunk away.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from generators.sources.packed import CHUNK, Unpacker, check_unpacked, opened, stamp
from tst_sim.errors import UserError
from tst_sim.json_text import check_size, decoded

MAX_LINES = 1 << 20
"""In one chunk: more are blank or no houses."""


@dataclass(frozen=True)
class _Block:
    """Where reading can begin: before chunk `offset` of the file, in the middle of a line."""

    offset: int
    unpack: Unpacker
    begun: bytes
    """The line's part that came before."""
    line: int
    """Lines before this block, blank ones too."""


class JsonLines:
    """The lines of a file that are not blank, by number, read when asked for.

    Opening reads the file once: UserError when it is broken, cut short or empty. Memory: about 20 MB for the
    50 MB of ProcTHOR-10K's training houses.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._blocks: list[_Block] = []
        self._firsts: list[int] = []
        """The number of the first text of each block."""
        self._count = 0
        self._cached: tuple[int, list[tuple[int, bytes]]] = (-1, [])
        self.sha256 = self._scan()
        if not self._count:
            raise UserError(f"{file} is empty; a JSON Lines file holds one house a line")

    def __len__(self) -> int:
        return self._count

    def text(self, number: int) -> tuple[str, str]:
        """(line `number` of those that are not blank, its place as errors name it)."""
        assert 0 <= number < self._count, number
        block = bisect_right(self._firsts, number) - 1
        if self._cached[0] != block:
            self._cached = (block, self._read(block))
        line, data = self._cached[1][number - self._firsts[block]]
        place = f"{self.file}, line {line}"
        return decoded(data, place), place

    def _scan(self) -> str:
        """Note where the blocks begin and how many texts there are; the file's sha256."""
        digest, begun, lines, unpacked = hashlib.sha256(), b"", 0, 0
        unpack = Unpacker(self.file.suffix == ".gz")
        with opened(self.file) as stream:
            self._stamp = stamp(stream)
            offset = 0
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                block = _Block(offset, unpack.copy(), begun, lines)
                offset += len(chunk)
                data = unpack(chunk)
                unpacked += len(data)
                check_unpacked(unpacked, offset, self.file)
                begun, lines = self._counted(block, begun + data)
                check_size(len(begun), f"{self.file}, line {lines + 1}")
            if not unpack.complete:
                raise EOFError("it ends in the middle")
            if begun.strip():
                self._note(_Block(offset, unpack.copy(), begun, lines), 1)
        return digest.hexdigest()

    def _counted(self, block: _Block, data: bytes) -> tuple[bytes, int]:
        """(the line begun, lines so far) after a block's bytes; the block is noted if it holds a text."""
        whole, newline, begun = data.rpartition(b"\n")
        if not newline:
            return data, block.line
        if whole.count(b"\n") > MAX_LINES:
            raise UserError(f"{self.file}, line {block.line + 1} and after: a million lines on end are no houses")
        parts = whole.split(b"\n")
        self._note(block, sum(1 for part in parts if part.strip()))
        return begun, block.line + len(parts)

    def _note(self, block: _Block, texts: int) -> None:
        if texts:
            self._blocks.append(block)
            self._firsts.append(self._count)
            self._count += texts

    def _read(self, number: int) -> list[tuple[int, bytes]]:
        """(line number from 1, bytes) of a block's texts."""
        block = self._blocks[number]
        with opened(self.file) as stream:
            if stamp(stream) != self._stamp:
                raise UserError(f"{self.file} was changed while it was in use; start again")
            stream.seek(block.offset)
            data = block.begun + block.unpack.copy()(stream.read(CHUNK))
        whole, newline, last = data.rpartition(b"\n")
        lines = (whole if newline else last).split(b"\n")  # what follows the last newline is the next block's
        return [(block.line + row, line) for row, line in enumerate(lines, 1) if line.strip()]
