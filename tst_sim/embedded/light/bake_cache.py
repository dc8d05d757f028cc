"""The cache of baked light: one file a scene, in the user's cache folder.

`$XDG_CACHE_HOME/tst-sim/light`, else `~/.cache/tst-sim/light`. A file's name is a hash of everything the
light follows from, and it ends in a checksum (`tst_sim.sealed`): it is either right or not looked at. The folder may
be deleted at any time.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from tst_sim.errors import StorageError
from tst_sim.partial_files import sweep
from tst_sim.sealed import read_sealed, write_sealed

MAX_BYTES = 2_000_000_000
"""Of the oldest files, as many are deleted as bring the folder below this."""
Arrays = Mapping[str, np.ndarray]


def folder() -> Path:
    """Where light is kept; it need not exist, and may be impossible to make (a user without a home)."""
    root = os.environ.get("XDG_CACHE_HOME")
    return Path(root if root and os.path.isabs(root) else os.path.expanduser("~/.cache")) / "tst-sim" / "light"


def cache_key(parts: Sequence[str | np.ndarray]) -> str:
    """Hexadecimal hash of texts and of arrays (their type, shape and bytes)."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            head, body = "text", part.encode()
        else:
            part = np.ascontiguousarray(part)
            head, body = f"{part.dtype.str}{part.shape}", part.tobytes()
        digest.update(f"{head}:{len(body)}:".encode())
        digest.update(body)
    return digest.hexdigest()


def cached(key: str, make: Callable[[], Arrays], shapes: Mapping[str, tuple[np.dtype, int]]) -> Arrays:
    """The arrays kept under a key, else what `make` gives, kept from now on where the disk allows it.

    `shapes`: data type and number of dimensions by name; a file with anything else in it is made again.
    """
    path = folder() / f"{key}.npz"
    if not path.is_absolute():  # no home
        return make()
    found = _read(path, shapes)
    if found is None:
        found = make()
        # A cache that cannot be written costs the next process its time, and no one anything else.
        with suppress(StorageError, OSError):
            _write(path, found)
            _shrink(path.parent)
    return found


def _write(path: Path, arrays: Arrays) -> None:
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    with write_sealed(path) as file:
        file.write(content.getbuffer())


def _read(path: Path, shapes: Mapping[str, tuple[np.dtype, int]]) -> Arrays | None:
    content = read_sealed(path)
    if content is None:
        return None
    with suppress(OSError):  # a folder that others fill
        os.utime(path)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            found = {name: file[name] for name in shapes}
    except (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error):
        return None
    fits = all((found[name].dtype, found[name].ndim) == shape for name, shape in shapes.items())
    return found if fits else None


def _shrink(place: Path) -> None:
    """Remove what killed processes left half-written, and the oldest files of a folder that is too large."""
    sweep(place)
    files = []
    for path in place.glob("*.npz"):
        with suppress(OSError):
            about = path.stat()
            files.append((about.st_mtime, about.st_size, path))
    excess = sum(size for _, size, _ in files) - MAX_BYTES
    for _, size, path in sorted(files):
        if excess <= 0:
            break
        path.unlink(missing_ok=True)
        excess -= size
