"""Files of houses, plain or gzipped, as bytes: what goes wrong is one line, and what unpacks to no end is refused.

Gzip has no index of its own. One pass over a file notes, at every `CHUNK` bytes of it, the state of the decompressor (a
window of 32 KiB); from there, any place is one chunk away.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from tst_sim.errors import UserError
from tst_sim.storage import size_text

CHUNK = 1 << 18
PIECE = 1 << 20
"""Bytes unpacked at a time."""
MAX_UNPACKED_BYTES = 1 << 30
MAX_RATIO = 200
"""Files that unpack to more than `MAX_UNPACKED_BYTES` may have so many times their size: houses have ten to thirty."""
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


def check_unpacked(unpacked: int, packed: int, file: Path) -> None:
    """UserError for a file that unpacks as nothing does but what was made to fill a memory."""
    if unpacked > MAX_UNPACKED_BYTES and unpacked > MAX_RATIO * packed:
        raise UserError(f"{file} unpacks to more than {size_text(unpacked)}, {MAX_RATIO} times its size: no houses do")


def stamp(stream: IO[bytes]) -> tuple[int, int, int]:
    """What changes when a file is written anew."""
    status = os.fstat(stream.fileno())
    return status.st_ino, status.st_size, status.st_mtime_ns


def _pointer_message(file: Path, rest: bytes) -> str:
    sizes = [line[5:].decode() for line in rest.splitlines() if line.startswith(b"size ") and line[5:].isdigit()]
    size = f" of {sizes[0]} bytes" if sizes else ""
    return (
        f"{file} is a Git LFS pointer, not the file{size} it stands for; "
        "install git-lfs and run `git lfs pull` in its folder, or download the file itself"
    )


class Unpacker:
    """Bytes in, bytes out: of a gzip file's members one after another, or of a plain file as they are."""

    def __init__(self, packed: bool) -> None:
        self._member: Any = zlib.decompressobj(GZIP_FORMAT) if packed else None

    def __call__(self, data: bytes) -> bytes:
        return b"".join(self.pieces(data))

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What the data unpack to, at most `PIECE` bytes at a time."""
        if self._member is None:
            yield data
            return
        while data:
            if self._member.eof:
                data = data.lstrip(b"\0")  # padding between and after members is allowed
                if not data:
                    return
                self._member = zlib.decompressobj(GZIP_FORMAT)
            yield self._member.decompress(data, PIECE)
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        while self._member is not None and not self._member.eof:
            rest = self._member.decompress(b"", PIECE)  # what is complete but did not fit into the last piece
            if not rest:
                return
            yield rest

    @property
    def complete(self) -> bool:
        """Whether the last member has ended: the file is whole."""
        return self._member is None or self._member.eof

    def copy(self) -> Unpacker:
        """The same state of unpacking, to go on from later."""
        other = Unpacker(False)
        other._member = self._member and self._member.copy()
        return other


class PackedFile:
    """Any stretch of a file's unpacked bytes, after one pass over them."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._blocks: list[tuple[int, Unpacker]] = []
        """(place in the file, state before it) of each chunk."""
        self._starts: list[int] = []
        """Unpacked bytes before each chunk."""

    def scan(self) -> Iterator[bytes]:
        """All bytes, a piece at a time; needed once, before `read`."""
        unpack, offset, unpacked = Unpacker(self.file.suffix == ".gz"), 0, 0
        with opened(self.file) as stream:
            self._stamp = stamp(stream)
            while chunk := stream.read(CHUNK):
                self._blocks.append((offset, unpack.copy()))
                self._starts.append(unpacked)
                offset += len(chunk)
                for piece in unpack.pieces(chunk):
                    unpacked += len(piece)
                    check_unpacked(unpacked, offset, self.file)
                    yield piece
            if not unpack.complete:
                raise EOFError("it ends in the middle")

    def read(self, start: int, end: int) -> bytes:
        """Unpacked bytes from `start` up to `end`. UserError when the file has changed since the pass over it."""
        block = bisect_right(self._starts, start) - 1
        (offset, state), at = self._blocks[block], self._starts[block]
        parts = []
        with opened(self.file) as stream:
            if stamp(stream) != self._stamp:
                raise UserError(f"{self.file} was changed while it was in use; start again")
            stream.seek(offset)
            for piece in unpacked_pieces(stream, state.copy()):
                parts.append(piece[max(0, start - at) : max(0, end - at)])
                at += len(piece)
                if at >= end:
                    break
        return b"".join(parts)


def unpacked_pieces(stream: IO[bytes], unpack: Unpacker) -> Iterator[bytes]:
    """What the rest of a stream unpacks to, a piece at a time; EOFError where it ends too early."""
    while chunk := stream.read(CHUNK):
        yield from unpack.pieces(chunk)
    if not unpack.complete:
        raise EOFError("it ends in the middle")
