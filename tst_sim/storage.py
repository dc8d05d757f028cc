"""Where results live, and how files come into being whole.

One data root with `corpora/` and `runs/`: `--data-dir`, else `TST_SIM_DATA`, else `./tst-sim-data`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tst_sim.errors import StorageError, UserError, shortened

DATA_DIR_VARIABLE = "TST_SIM_DATA"


def data_root(given: str | os.PathLike[str] | None = None) -> Path:
    """The folder that holds `corpora/` and `runs/`; it need not exist yet."""
    return Path(given or os.environ.get(DATA_DIR_VARIABLE) or "tst-sim-data").expanduser()


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that appears under its name only when it is complete and on disk.

    A full disk or a missing permission is a StorageError; nothing half-written is left under `path`.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        free = size_text(shutil.disk_usage(existing_folder(path)).free)
        raise StorageError(f"cannot write {path}: {error.strerror or error} ({free} free on that disk)") from error
    finally:
        partial.unlink(missing_ok=True)


def existing_folder(path: Path) -> Path:
    """The path itself or the nearest of its parents that exists."""
    while not path.exists():
        path = path.parent
    return path


def size_text(count: int) -> str:
    """`16.5 GB`, `340.0 MB`, `0.3 MB`."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def write_json(path: Path, value: Any) -> None:
    """Sorted, indented, newline at the end: the same value always gives the same bytes."""
    with atomic_write(path) as file:
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
