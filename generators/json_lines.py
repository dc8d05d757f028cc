"""JSON Lines, plain or gzipped, read by line number without keeping the lines: ten thousand houses unpack to 0.7 GB.

Gzip has no index of its own. One pass over the file notes, at every `CHUNK` bytes of it, the state of the
decompressor (a window of 32 KiB) and the unfinished line; from there, a line is one chunk away.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tst_sim.errors import UserError

CHUNK = 1 << 18
GZIP_MAGIC = b"\x1f\x8b"
GZIP_FORMAT = 31
"""zlib's `wbits` for a gzip member with its checksum."""
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""What a pointer of Git LFS begins with; specification: git-lfs/docs/spec.md."""


@contextlib.contextmanager
def opened(file: Path) -> Iterator[IO[bytes]]:
    """A file of houses as bytes. UserError, naming it, for what goes wrong on reading, and for a Git LFS pointer."""
    try:
        with file.open("rb") as stream:
            start = stream.read(len(LFS_POINTER))
            if start == LFS_POINTER:
                raise UserError(_pointer_message(file, stream.read(300)))
            if file.suffix == ".gz" and start[:2] != GZIP_MAGIC:
                raise UserError(f"{file} cannot be read: it is not gzip data, though its name ends in .gz")
            stream.seek(0)
            yield stream
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{file} cannot be read: {error}; is it complete?") from error


def is_pointer(file: Path) -> bool:
    """Whether a file is the pointer that Git LFS left in the place of the real one."""
    with file.open("rb") as stream:
        return stream.read(len(LFS_POINTER)) == LFS_POINTER


def decoded(data: bytes, place: str) -> str:
    """Text of UTF-8 bytes; UserError names the place."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UserError(f"{place} is not UTF-8 text at byte {error.start}; a house file is JSON") from error


def _pointer_message(file: Path, rest: bytes) -> str:
    sizes = [line[5:].decode() for line in rest.splitlines() if line.startswith(b"size ") and line[5:].isdigit()]
    size = f" of {sizes[0]} bytes" if sizes else ""
    return (
        f"{file} is a Git LFS pointer, not the file{size} it stands for; "
        "install git-lfs and run `git lfs pull` in its folder, or download the file itself"
    )


class _Unpacker:
    """Bytes in, bytes out: of a gzip file's members one after another, or of a plain file as they are."""

    def __init__(self, packed: bool) -> None:
        self._member: Any = zlib.decompressobj(GZIP_FORMAT) if packed else None
        self._begun = packed

    def __call__(self, data: bytes) -> bytes:
        if self._member is None:
            return data
        pieces = []
        while data:
            if self._member.eof:
                data = data.lstrip(b"\0")  # padding between and after members is allowed
                if not data:
                    break
                self._member = zlib.decompressobj(GZIP_FORMAT)
            pieces.append(self._member.decompress(data))
            data = self._member.unused_data
        return b"".join(pieces)

    @property
    def complete(self) -> bool:
        return self._member is None or self._member.eof

    def copy(self) -> _Unpacker:
        other = _Unpacker(False)
        other._member = self._member and self._member.copy()
        return other


@dataclass(frozen=True)
class _Block:
    """Where reading can begin: before chunk `offset` of the file, in the middle of a line."""

    offset: int
    unpack: _Unpacker
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
        digest, begun, lines = hashlib.sha256(), b"", 0
        unpack = _Unpacker(self.file.suffix == ".gz")
        with opened(self.file) as stream:
            self._stamp = _stamp(stream)
            offset = 0
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                block = _Block(offset, unpack.copy(), begun, lines)
                begun, lines = self._counted(block, begun + unpack(chunk))
                offset += len(chunk)
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
            if _stamp(stream) != self._stamp:
                raise UserError(f"{self.file} was changed while it was in use; start again")
            stream.seek(block.offset)
            data = block.begun + block.unpack.copy()(stream.read(CHUNK))
        whole, newline, last = data.rpartition(b"\n")
        lines = (whole if newline else last).split(b"\n")  # what follows the last newline is the next block's
        return [(block.line + row, line) for row, line in enumerate(lines, 1) if line.strip()]


def _stamp(stream: IO[bytes]) -> tuple[int, int, int]:
    status = os.fstat(stream.fileno())
    return status.st_ino, status.st_size, status.st_mtime_ns
