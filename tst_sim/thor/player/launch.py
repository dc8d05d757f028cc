"""The player's first lines, run as a script: open the client's pipe, and only then do what may fail.

A client whose player dies before it has opened the pipe waits for ever, so nothing but the standard
library is imported before that. Whatever fails later is told to the client in words.
"""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import signal
import struct
import sys
import time
from pathlib import Path
from typing import Any

GREETING_PATIENCE_S = 60.0
"""How long to wait for a client to open its pipe; it does so a second after it has started us."""
PR_SET_PDEATHSIG = 1
DEATH_OF_PARENT = signal.SIGUSR1


def main() -> int:
    """Answer the client that started this process until it leaves; the exit code."""
    die_with_parent()
    pipe = None
    try:
        pipe = open_server_pipe(os.environ.get("AI2THOR_FIFO_SERVER_PIPE_PATH"))
        find_package()
        from tst_sim.thor.player.play import play

        return play(pipe, sys.argv[1:], os.environ)
    except BrokenPipeError:
        return 0
    except Exception as fault:
        words = " ".join(f"tst-sim's player cannot go on: {type(fault).__name__}: {fault}".split())
        with contextlib.suppress(OSError):
            os.write(2, f"{words}\n".encode())  # not a terminal: the client's log, ~/.ai2thor/log/unity.log
            if pipe is not None:
                os.write(pipe, last_words(words))
        return 1


def die_with_parent() -> None:
    """Leave when the process that started this one is gone, even killed, and not before.

    The kernel's signal also comes when merely the thread that started us ends, so the handler looks first.
    A client may be gone already: whoever has inherited us since is of another process group.
    """
    parent, group = os.getppid(), os.getpgrp()
    if group not in (os.getpid(), group_of(parent)):
        os._exit(0)

    def leave_if_orphaned(number: int, frame: Any) -> None:
        if os.getppid() != parent:
            os._exit(0)

    signal.signal(DEATH_OF_PARENT, leave_if_orphaned)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the client's; when it leaves, so do we
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(DEATH_OF_PARENT), 0, 0, 0)
    leave_if_orphaned(0, None)


def group_of(pid: int) -> int | None:
    """The process group of a process; None when it is no more."""
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def open_server_pipe(path: str | None) -> int | None:
    """The pipe to the client, open for writing once the client reads it; None for the server type without pipes.

    OSError when the client does not come: its folder is gone, or nobody opens the pipe.
    """
    if path is None:
        return None
    parent, deadline = os.getppid(), time.monotonic() + GREETING_PATIENCE_S
    while True:
        try:
            pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            os.set_blocking(pipe, True)
            return pipe
        except OSError as error:
            if error.errno != errno.ENXIO or os.getppid() != parent or time.monotonic() > deadline:
                raise
        time.sleep(0.002)


def find_package() -> None:
    """Make `tst_sim` the package that this file is in, whatever else of that name the client's folders hold.

    A script's own folder comes first in the search for modules; ours has none that others should find.
    """
    here = Path(__file__).resolve()
    package = here.parents[2]
    sys.path[:] = [*(entry for entry in sys.path if entry != str(here.parent)), str(package.parent)]
    spec = importlib.util.spec_from_file_location(
        package.name, package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[package.name] = module
    spec.loader.exec_module(module)


def last_words(words: str) -> bytes:
    """A message that makes the client raise at once, with these words in its error, in place of waiting.

    The client compares the sequence id before anything else and quotes what it got. MessagePack by hand: a map
    of one string, in a metadata field, and the end marker.
    """
    text = words.encode()[:60_000]
    body = b"\x81\xaasequenceId\xda" + struct.pack("!H", len(text)) + text
    return struct.pack("!BI", 1, len(body)) + body + struct.pack("!BI", 255, 0)


if __name__ == "__main__":
    raise SystemExit(main())
