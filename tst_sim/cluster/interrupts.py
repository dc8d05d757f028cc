"""Ctrl-C and SIGTERM held back while something must not be cut in half."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait until the block is done: a Ray that is cut in half leaves processes behind.

    It also keeps our own handlers: Ray puts its own in the place of SIGTERM's. What arrived is a KeyboardInterrupt
    afterwards, unless the block ends in an error of its own.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda number, _: arrived.append(number)) for number in signals}
    try:
        yield
    except SystemExit:  # Ray's own handler of SIGTERM
        arrived.append(signal.SIGTERM)
    finally:
        for number, handler in before.items():
            # None is a handler that was not set from Python and cannot be put back from here.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
    if arrived:
        raise KeyboardInterrupt
