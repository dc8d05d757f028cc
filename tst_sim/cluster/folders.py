"""A folder for Ray's sockets and logs: short, writable, ours alone, gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tst_sim.errors import UserError

MAX_SOCKET_PATH = 107
"""Bytes of a Unix socket's path that Linux takes: unix(7), sun_path."""
INSIDE = "r"
"""Ray opens the folder it is given to everybody; so it gets one inside ours, which stays closed."""
SOCKET_IN_FOLDER = f"/{INSIDE}/session_2026-12-31_23-59-59_999999_4194304/sockets/plasma_store.1"
"""The longest that Ray puts into its folder."""
NAME = "ray-"
MAX_FOLDER = MAX_SOCKET_PATH - len(SOCKET_IN_FOLDER) - len(f"/{NAME}") - 8
"""Bytes of the path of a folder in which Ray's can be made; 8 for its random end."""
MIN_FREE_BYTES = 50_000_000
"""Ray's logs of a run take some megabytes; the store of objects is elsewhere."""
SHARED_MEMORY = Path("/dev/shm")


def private_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """A new folder that only this user can read, in the first place that will do.

    RAY_TMPDIR, TMPDIR, then the usual ones. Batch jobs have long ones, containers none that can be written;
    UserError names what was wrong with each.
    """
    given = [environment[name] for name in ("RAY_TMPDIR", "TMPDIR") if environment.get(name)]
    tried = []
    for place in dict.fromkeys([*given, "/tmp", "/var/tmp", environment.get("XDG_RUNTIME_DIR", "/run"), "/dev/shm"]):
        try:
            return _made_in(place)
        except OSError as error:
            tried.append(f"{place} ({error.strerror or error})")
    raise UserError(
        f"Ray finds no folder for its sockets: {', '.join(tried)}; name a short one that can be written by RAY_TMPDIR, "
        "or work without Ray: --workers 0"
    )


def _made_in(place: str) -> Path:
    """OSError when Ray could not live there."""
    if not os.path.isabs(place):
        raise OSError(None, "no absolute path")
    if len(os.fsencode(place)) > MAX_FOLDER:
        raise OSError(None, f"longer than {MAX_FOLDER} bytes")
    if shutil.disk_usage(place).free < MIN_FREE_BYTES:
        raise OSError(None, f"less than {MIN_FREE_BYTES // 1_000_000} MB free")
    folder = Path(tempfile.mkdtemp(prefix=NAME, dir=place))
    try:
        trial = folder / "trial"
        with socket.socket(socket.AF_UNIX) as server:  # some file systems hold files but no sockets
            server.bind(str(trial))
        trial.unlink()
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def object_folder(size: int, folder: Path, shared: Path = SHARED_MEMORY) -> str | None:
    """Where Ray's objects go if not into shared memory, which containers often have too little of; None: there."""
    try:
        usable = os.access(shared, os.W_OK | os.X_OK) and shutil.disk_usage(shared).free > size
    except OSError:
        usable = False
    return None if usable else str(folder)


def processes_of(folder: Path) -> Iterator[int]:
    """The living processes that were started with this folder on their command line."""
    mark = os.fsencode(folder)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "cmdline").read_bytes() and int(process.name) != os.getpid():
                yield int(process.name)
        except OSError:
            continue


def reason_in_logs(folder: Path) -> str:
    """What Ray's servers last complained of, in one line; empty when they did not."""
    for name in ("raylet.out", "gcs_server.out"):
        for log in folder.glob(f"{INSIDE}/session_2*/logs/{name}"):
            lines = log.read_text(errors="replace").splitlines()
            complaints = [line for line in lines if " C " in line[:45] or " E " in line[:45]]
            if complaints:
                return complaints[-1].partition(") ")[2].partition("Check failed: ")[2] or complaints[-1]
    return ""
