"""Files that say whether they are whole: everything that is kept only to save time ends in a checksum of itself.

The last 32 bytes are `tst-sim seal crc32 ` with eight hexadecimal digits and line breaks. CRC-32 finds every flipped
bit and every burst of up to 32 bits, and misses one in four thousand million of other kinds of damage; it is what
this is for, being twice as fast as SHA-256 (2.3 GB/s of one core, measured with CPython's zlib). What was damaged is
made anew by whoever needs it. Readers of NumPy's files and of zip archives do not mind the seal.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tst_sim.storage import atomic_write

SEAL_BYTES = 32
BLOCK_BYTES = 1 << 20


class SealingFile:
    """A file to write to, that remembers the checksum of what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.checksum = 0

    def write(self, data: bytes | memoryview) -> int:
        """Writes and adds to the checksum; the number of bytes."""
        self.checksum = zlib.crc32(data, self.checksum)
        return self._file.write(data)


@contextmanager
def write_sealed(path: Path) -> Iterator[SealingFile]:
    """A binary file that appears under its name when it is complete, with its seal. StorageError as `atomic_write`."""
    with atomic_write(path, tidy=False) as file:
        sealing = SealingFile(file)
        yield sealing
        file.write(_seal(sealing.checksum))


def is_sound(path: Path) -> bool:
    """True for a file that is there, can be read and is what was written; it is read as a whole."""
    try:
        with open(path, "rb") as file:
            checksum, last = 0, b""
            while block := file.read(BLOCK_BYTES):
                block = last + block
                checksum = zlib.crc32(memoryview(block)[:-SEAL_BYTES], checksum)
                last = block[-SEAL_BYTES:]
    except OSError:
        return False
    return last == _seal(checksum)


def read_sealed(path: Path) -> bytes | None:
    """What was written, without its seal; None when the file is missing, cannot be read or is damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    content, seal = data[:-SEAL_BYTES], data[-SEAL_BYTES:]
    return content if seal == _seal(zlib.crc32(content)) else None


def _seal(checksum: int) -> bytes:
    return f"\n\n\n\ntst-sim seal crc32 {checksum:08x}\n".encode()
