"""How AI2-THOR's client is told to start our player."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

LAUNCH = Path(__file__).with_name("launch.py")


def executable() -> str:
    """What `Controller(local_executable_path=...)` takes: a command line, quoted as the client splits it."""
    return shlex.join([sys.executable, str(LAUNCH)])
