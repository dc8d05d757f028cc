"""Half-written files: names that no other process has, and which of them nobody writes any more.

A file that is being written is called `.<name>.<machine>.<process>.<random>.partial`, beside the place where it
will appear. Its writer holds a lock on it (flock), which the kernel lets go when the process ends in whatever way,
and keeps while it is suspended. So a file whose lock can be had is abandoned, with two exceptions, where only its
age can tell: it belongs to another machine (shared disks do not always share locks), or the disk knows no locks.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

ENDING = ".partial"
MAX_STEM_BYTES = 200
"""Of the file's own name in that of its half-written one: names have 255 bytes at most."""
MAX_SILENCE_S = 3600.0
"""A half-written file that no lock protects is left alone until nothing was written to it for so long."""
_NAME = re.compile(r"\.(?P<stem>.+)\.(?P<machine>[0-9a-f]{8})\.\d+\.[0-9a-f]{8}\.partial", re.DOTALL)


def machine() -> str:
    """Eight hexadecimal digits of the running kernel: the same in all its containers, another after a restart."""
    try:
        name = Path("/proc/sys/kernel/random/boot_id").read_text()
    except OSError:
        name = socket.gethostname()
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def create(path: Path) -> IO[bytes]:
    """A new half-written file for `path`, locked while it is open; its name is that of the file object."""
    while True:
        name = f".{_stem(path.name)}.{machine()}.{os.getpid()}.{secrets.token_hex(4)}{ENDING}"
        file = open(path.with_name(name), "xb")  # noqa: SIM115  (the caller closes it)
        with suppress(OSError):  # a disk without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()  # taken for abandoned in the moment before it was locked


def sweep(folder: Path, *, name: str | None = None, below: bool = False) -> None:
    """Remove what killed writers left half-written in a folder (`below`: and in those below it); never a living one's.

    `name`: only what was to become a file of that name. What cannot be looked at or removed stays.
    """
    for path in _partials(folder, below):
        match = _NAME.fullmatch(path.name)
        if name is not None and (match is None or match["stem"] != _stem(name)):
            continue
        with suppress(OSError):
            _remove_abandoned(path, match["machine"] if match else None)


def _stem(name: str) -> str:
    return os.fsdecode(os.fsencode(name)[:MAX_STEM_BYTES])


def _partials(folder: Path, below: bool) -> Iterable[Path]:
    with suppress(OSError):
        if not below:
            names = [entry.name for entry in os.scandir(folder)]
            return [folder / name for name in names if is_partial(name)]
        return [Path(root) / name for root, _, names in os.walk(folder) for name in names if is_partial(name)]
    return []


def is_partial(name: str) -> bool:
    """True for the name of a half-written file, of earlier versions too."""
    return name.startswith(".") and name.endswith(ENDING)


def _remove_abandoned(path: Path, writer: str | None) -> None:
    """Unlink while holding the lock: a writer that has opened the file but not yet locked it will see that it is gone.

    `writer`: its machine; earlier versions, whose names say none, wrote without locks and left their files for good.
    """
    descriptor = os.open(path, os.O_RDWR)
    try:
        locked = True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        except OSError:
            locked = False
        silent = time.time() - os.fstat(descriptor).st_mtime > MAX_SILENCE_S
        if silent or (locked and writer in (None, machine())):
            path.unlink()
    finally:
        os.close(descriptor)
