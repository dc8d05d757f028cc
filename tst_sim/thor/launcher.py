"""Become AI2-THOR's player, to be killed by the kernel when the process that started it dies.

Run as a file by a bare interpreter: `python -I -S launcher.py <pid of the parent> <command ...>`.
The process keeps its number, so that whoever started it kills and reaps the player itself.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h; the setting survives `exec`."""


def become(parent: int, command: list[str]) -> None:
    """Replace this process by the command; end at once where the parent is gone already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == parent:
        os.execvp(command[0], command)


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])
