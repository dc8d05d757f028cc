"""Where results live, and how files come into being whole.

One data root with `corpora/` and `runs/`: `--data-dir`, else `TST_SIM_DATA`, else `./tst-sim-data`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from tst_sim import partial_files
from tst_sim.errors import StorageError, UserError, shortened

DATA_DIR_VARIABLE = "TST_SIM_DATA"


def data_root(given: str | os.PathLike[str] | None = None) -> Path:
    """The folder that holds `corpora/` and `runs/`; it need not exist yet."""
    return Path(os.path.expanduser(given or os.environ.get(DATA_DIR_VARIABLE) or "tst-sim-data"))


@contextmanager
def atomic_write(path: Path, *, tidy: bool = True) -> Iterator[IO[bytes]]:
    """A binary file that appears under its name only when it is complete and on disk.

    A full disk or a missing permission is a StorageError; nothing half-written is left under `path`, and what killed
    processes left of the same file goes (`tidy=False`: not looked for; of folders with very many files, which their
    owner sweeps). Another process may write the same file at the same time: the last to finish wins.
    """
    file = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if tidy:
            partial_files.sweep(path.parent, name=path.name)
        file = partial_files.create(path)
        yield file
        file.flush()
        os.fsync(file.fileno())
        os.replace(file.name, path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        if file is not None:
            with suppress(OSError):  # what was written is gone anyway, and the error that ended it says more
                os.unlink(file.name)
            with suppress(OSError):
                file.close()


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """As `atomic_write`, for programs that want a name: where to write what will then appear as `path`."""
    with atomic_write(path) as file:
        yield Path(file.name)


class LineLog:
    """A text file that grows line by line. A line that does not fit on the disk is taken back; StorageError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = open(path, "ab", buffering=0)  # noqa: SIM115  (held until close)
        except OSError as error:
            raise cannot_write(path, error) from error

    def write(self, line: str) -> None:
        """Append a line; it has left the process when this returns."""
        data = f"{line}\n".encode()
        try:
            before = os.fstat(self._file.fileno()).st_size
            try:
                while data:
                    data = data[self._file.write(data) :]
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._file.fileno(), before)
                raise
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def close(self) -> None:
        """Safe to call twice."""
        with suppress(OSError):
            self._file.close()


def make_folder(path: Path) -> list[Path]:
    """Make a folder and its parents; those that were not there, the innermost first. StorageError when it cannot be."""
    missing = [place for place in (path, *path.parents) if not os.path.lexists(place)]
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error, into=True) from error
    return missing


def remove(path: Path) -> None:
    """Remove a file, if it is there. StorageError when it cannot be removed."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"cannot remove {path}: {error.strerror or error}") from error


def cannot_write(path: Path, error: OSError, *, into: bool = False) -> StorageError:
    """The one line for a file, or a folder (`into`), that cannot be written: why, and how much room there is."""
    free = ""
    with suppress(OSError):
        free = f" ({size_text(shutil.disk_usage(existing_folder(path)).free)} free on that disk)"
    return StorageError(f"cannot write {'into ' if into else ''}{path}: {error.strerror or error}{free}")


def existing_folder(path: Path) -> Path:
    """The path itself or the nearest of its parents that exists."""
    while not os.path.exists(path) and path != path.parent:  # Path.exists raises for names that are too long
        path = path.parent
    return path


def size_text(count: int) -> str:
    """`16.5 GB`, `340.0 MB`, `0.3 MB`."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def write_json(path: Path, value: Any, *, tidy: bool = True) -> None:
    """Sorted, indented, newline at the end: the same value always gives the same bytes. `tidy` is `atomic_write`'s."""
    with atomic_write(path, tidy=tidy) as file:
        file.write((json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n").encode())


def read_json(path: Path, *, what: str) -> Any:
    """The JSON of a file; UserError naming `what` it should have been when it is missing or broken."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist: not {what}") from error
    except (OSError, ValueError, RecursionError) as error:  # no JSON, no UTF-8, numbers without end, nested without end
        raise UserError(f"{path} cannot be read as JSON ({shortened(str(error))}): not {what}") from error


def file_sha256(path: Path) -> str:
    """Hex digest of a whole file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
