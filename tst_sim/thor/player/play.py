"""The player's loop: greet the client, then answer each action until it leaves."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from itertools import pairwise

from tst_sim.embedded.drawing.gl.context import DEVICE_VARIABLE
from tst_sim.errors import UserError
from tst_sim.thor.player.fifo import FifoTransport
from tst_sim.thor.player.packs import drawn_from, named_in
from tst_sim.thor.player.session import Session
from tst_sim.thor.player.transport import Transport
from tst_sim.thor.player.wsgi import WsgiTransport

DEFAULT_SIZE = 300
"""Pixels a side when the client names no size, as when it runs headless."""


def play(server_pipe: int | None, arguments: Sequence[str], environment: MutableMapping[str, str]) -> int:
    """Serve the client that gave these arguments and this environment; 0 when it has left.

    The GPU that the client chose is the EGL device of that number, unless the environment names another.
    UserError when it was not a client who started us, or an asset pack cannot be opened.
    """
    line = open_transport(server_pipe, environment)
    gpu = number_after("-force-device-index", arguments)
    if gpu is not None:
        environment.setdefault(DEVICE_VARIABLE, str(gpu))
    session = Session(
        line,
        width=number_after("-screen-width", arguments) or DEFAULT_SIZE,
        height=number_after("-screen-height", arguments) or DEFAULT_SIZE,
        draws=environment.get("AI2THOR_SERVER_SIDE_SCREENSHOT", "True").lower() != "false",
        drawn=drawn_from(named_in(arguments)),
    )
    try:
        line.send(session.greet())
        while (text := line.receive()) is not None:
            line.send(session.answer(text))
    except ConnectionError:
        return 0
    return 0


def open_transport(server_pipe: int | None, environment: Mapping[str, str]) -> Transport:
    """The way to the client that the environment names; UserError when it was not a client who started us."""
    kind = environment.get("AI2THOR_SERVER_TYPE", "WSGI").upper()
    try:
        if kind == "FIFO" and server_pipe is not None:
            return FifoTransport(server_pipe, environment["AI2THOR_FIFO_CLIENT_PIPE_PATH"])
        if kind == "WSGI":
            port = int(environment["AI2THOR_PORT"])
            return WsgiTransport(environment["AI2THOR_HOST"], port, environment.get("AI2THOR_CLIENT_TOKEN", ""))
    except KeyError as error:
        missing = error.args[0]
    else:
        missing = f"AI2THOR_SERVER_TYPE={kind}"
    raise UserError(
        f"AI2-THOR's client did not start this program ({missing} is wrong or missing in the environment); "
        "give its path to ai2thor.controller.Controller(local_executable_path=...)"
    )


def number_after(option: str, arguments: Sequence[str]) -> int | None:
    """The whole number after an option of the command line; None without one."""
    for name, value in pairwise(arguments):
        if name == option and value.isdecimal():
            return int(value)
    return None
