"""Ending waits that AI2-THOR's client would never end: for a player that is dead or does not answer.

The client waits in three places: opening the player's pipe, reading it (a closed pipe makes it spin until its own
timeout), and opening or filling its own pipe. A thread looks after the process meanwhile. In trouble it kills the
player and takes its place at both pipes: it drains the one and fills the other with zeros. The client takes the
zeros for a message of a kind that does not exist and gives up.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress

POLL_S = 0.05
ZEROS = bytes(1 << 16)


class Watchdog:
    """Watches one player from a thread of its own while calls to the client are `begin`-ed and not `end`-ed."""

    def __init__(self, process: Callable[[], subprocess.Popen[bytes] | None], pipes: Callable[[], tuple[str, ...]]):
        """`pipes()`: paths of the player's pipe to the client and of the client's to the player, once they exist."""
        self._process, self._pipes = process, pipes
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._deadline: float | None = None
        self._seconds = 0.0
        self._reason: str | None = None
        self._open: dict[str, int] = {}
        self._thread = threading.Thread(target=self._watch, name="player watchdog", daemon=True)
        self._thread.start()

    def begin(self, seconds: float) -> None:
        """A call to the client starts; it may take so long."""
        with self._lock:
            self._deadline, self._seconds = time.monotonic() + seconds, seconds

    def end(self) -> str | None:
        """The call is over; what went wrong with the player, in words, or None."""
        with self._lock:
            self._deadline = None
            for descriptor in self._open.values():
                os.close(descriptor)
            self._open.clear()
            return self._reason

    def close(self) -> None:
        """End the thread; safe to call twice."""
        self._closed.set()
        self._thread.join(10 * POLL_S)

    def _watch(self) -> None:
        while not self._closed.wait(POLL_S):
            with self._lock:
                if self._deadline is not None:
                    self._reason = self._reason or self._trouble()
                    if self._reason:
                        self._stand_in()

    def _trouble(self) -> str | None:
        process = self._process()
        if process is None:  # a build may be downloaded first: the time counts from the start of the player
            self._deadline = time.monotonic() + self._seconds
            return None
        if process.poll() is not None:
            return ending(process.returncode)
        if self._deadline and time.monotonic() > self._deadline:
            process.kill()
            return f"did not answer for {self._seconds:g} s"
        return None

    def _stand_in(self) -> None:
        """Be at the far end of both pipes for a moment: whatever the client waits for there happens."""
        paths = self._pipes()
        for path, mode in zip(paths, (os.O_WRONLY, os.O_RDONLY)):
            if path not in self._open:
                with suppress(OSError):  # nobody reads it yet, or it is gone
                    self._open[path] = os.open(path, mode | os.O_NONBLOCK)
        for path, move in zip(paths, (lambda pipe: os.write(pipe, ZEROS), lambda pipe: len(os.read(pipe, len(ZEROS))))):
            try:
                while path in self._open and move(self._open[path]):
                    pass
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EPIPE):
                    raise


def ending(returncode: int) -> str:
    """`was killed by SIGKILL`, `ended with exit code 1`."""
    if returncode >= 0:
        return f"ended with exit code {returncode}"
    with suppress(ValueError):
        return f"was killed by {signal.Signals(-returncode).name}"
    return f"was killed by signal {-returncode}"
