"""A folder for one player's pipes and log, which is swept up later if its process was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "tst-sim-thor-"
LOCK = "lock"


class Scratch:
    """A temporary folder that is held by a lock as long as its process lives; making one sweeps up the unheld."""

    def __init__(self) -> None:
        sweep()
        self.path = tempfile.mkdtemp(prefix=PREFIX)
        fresh = Path(self.path) / f"{LOCK}.new"
        self._lock = open(fresh, "w")  # noqa: SIM115  (held until close)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        fresh.rename(fresh.with_name(LOCK))  # never seen unheld

    def close(self) -> None:
        """Take the folder away; safe to call twice."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def sweep() -> None:
    """Remove the folders whose processes were killed: nobody holds their lock."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        with suppress(OSError):  # held, another user's, or swept by someone else in this moment
            descriptor = os.open(lock, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
            finally:
                os.close(descriptor)
