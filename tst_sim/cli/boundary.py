"""The boundary of every verb: errors become one line and an exit code that says whose they are.

What the machine refuses (memory, disk, files, processes) is for the user to mend and gets exit code 2. Anything else is
a fault of tst-sim: its traceback goes into a file, the line says which, and the code is `EX_SOFTWARE`.
"""

from __future__ import annotations

import errno
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from tst_sim import __version__
from tst_sim.errors import shortened

EX_SOFTWARE = 70
"""As in BSD's sysexits.h: an internal software error."""

_FEWER = "close other programs, or ask for less at a time (--workers, --size, optim.batch_size)"
_REMEDIES = {
    errno.ENOSPC: "free some space or choose another disk",
    errno.EDQUOT: "free some of your quota or choose another disk",
    errno.EMFILE: "raise the number of open files: ulimit -n 4096",
    errno.ENFILE: "too many files are open on this machine; close other programs",
    errno.ENOMEM: _FEWER,
    errno.EAGAIN: "raise the number of processes: ulimit -u, or ask for fewer --workers",
    errno.EACCES: "choose a place that you may use, or change its permissions",
    errno.EPERM: "choose a place that you may use, or change its permissions",
    errno.EROFS: "choose a place that can be written",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "a link there leads to itself; remove it",
    errno.ENOTDIR: "a file stands where a folder is needed; choose another place",
    errno.EISDIR: "a folder stands where a file is needed; choose another place",
    errno.EFBIG: "the file system takes no file of that size; choose another disk",
    errno.EIO: "the disk fails; choose another one",
    errno.ESTALE: "the disk of another machine has gone away; mount it again",
}
"""Faults of the machine that users can mend. A missing file is not among them: verbs name those they need."""


def machine_fault(error: BaseException) -> str | None:
    """What the machine refuses, in one line with the remedy; None for any other error."""
    if isinstance(error, OSError) and error.errno in _REMEDIES:
        place = f"{shortened(str(error.filename))}: " if error.filename is not None else ""
        return f"{place}{error.strerror}; {_REMEDIES[error.errno]}"
    if isinstance(error, MemoryError) or _is_torchs_memory_error(error):
        return f"out of memory ({shortened(str(error) or type(error).__name__, 120)}); {_FEWER}"
    if isinstance(error, ImportError):
        return f"a part of tst-sim cannot be loaded ({shortened(str(error))}); `tst-sim doctor` says what is missing"
    return None


def _is_torchs_memory_error(error: BaseException) -> bool:
    """By name and words: torch itself is not loaded for it, and has no type for CPU memory."""
    if not isinstance(error, RuntimeError):
        return False
    return type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in str(error)


def internal_error(error: BaseException, arguments: Sequence[str]) -> str:
    """One line about a fault of tst-sim that says where its traceback was saved."""
    what = f"{type(error).__name__}: {shortened(_message(error))}" if _message(error) else type(error).__name__
    saved = _saved("".join([*_circumstances(arguments), *traceback.format_exception(error)]))
    where = (
        f"the traceback is in {saved}; please report it"
        if saved
        else f"no folder can be written for its traceback (at {_place(error)}); set TMPDIR to one and do it again"
    )
    return f"internal error ({what}); {where}"


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # an exception whose own text fails
        return ""


def _circumstances(arguments: Sequence[str]) -> list[str]:
    return [
        f"tst-sim {__version__}, Python {platform.python_version()}, {platform.platform()}\n",
        f"arguments: {list(arguments)!r}\n\n",
    ]


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else "an unknown place"


def _saved(text: str) -> str | None:
    """The path of a new file, readable by its owner alone, in the first folder that takes it; None where none does."""
    for folder in (_state_folder, tempfile.gettempdir):
        try:
            place = folder()
            os.makedirs(place, exist_ok=True)
            descriptor, path = tempfile.mkstemp(prefix="traceback-", suffix=".txt", dir=place)
            with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except (OSError, RuntimeError):  # RuntimeError: there is no home
            continue
        return path
    return None


def _state_folder() -> str:
    """Where the XDG base directory specification has what programs keep about themselves."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return str((Path(base) if os.path.isabs(base) else Path.home() / ".local" / "state") / "tst-sim")


def say(line: str) -> None:
    """A line on stderr, if there is one."""
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):  # full, closed, or none at all
        pass
