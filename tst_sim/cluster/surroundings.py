"""The environment variables that Ray reads, and what it writes to the terminal."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from typing import IO, Any, cast

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # Workers without GPUs of their own keep CUDA_VISIBLE_DEVICES as it is: they share the GPUs by their numbers.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
LISTENER = "ray_listen_error_messages"
"""The thread of Ray's that prints its servers' logs, also when it was told to be quiet."""


def private_access() -> dict[str, str]:
    """A token for a Ray of our own that exists in the memory of its processes alone.

    By itself Ray 2.59 and later write one into ~/.ray, readable by all; earlier ones let every user of the machine in.
    """
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}


@contextmanager
def environment(values: Mapping[str, str], *, without: tuple[str, ...] = ()) -> Iterator[None]:
    """Variables of the environment for the block, for Ray's processes to inherit; as before afterwards."""
    names = (*values, *without)
    before = {name: os.environ.get(name) for name in names}
    for name in without:
        os.environ.pop(name, None)
    os.environ.update(values)
    _read_again()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        _read_again()


def _read_again() -> None:
    """Ray remembers token and mode from its first start in a process; make it look again. Before 2.52 it had none."""
    try:
        from ray._raylet import AuthenticationTokenLoader, Config  # pyright: ignore[reportAttributeAccessIssue]
    except ImportError:
        return
    AuthenticationTokenLoader.instance().reset_cache()
    Config.initialize("")


class _WithoutRay:
    """A stream that drops what one thread of Ray's writes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return len(text) if threading.current_thread().name == LISTENER else self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def quiet() -> Iterator[None]:
    """Ray prints pages of its servers' logs to stdout when one of them dies; what is to be said, we say."""
    import sys

    with redirect_stdout(cast(IO[str], _WithoutRay(sys.stdout))):
        yield
