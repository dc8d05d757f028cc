"""The real AI2-THOR client on our player, for benchmarks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ALL_IMAGES = ("renderDepthImage", "renderNormalsImage", "renderInstanceSegmentation", "renderSemanticSegmentation")


@contextmanager
def controller_on_our_player(server: str = "FIFO", **settings: Any) -> Iterator[Any]:
    """A controller with all five modalities; it has a home of its own, and its player is gone at the end."""
    from ai2thor.controller import Controller
    from ai2thor.fifo_server import FifoServer
    from ai2thor.wsgi_server import WsgiServer

    from tst_sim.thor import executable

    os.environ.pop("CUDA_VISIBLE_DEVICES", None)
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home
        controller = Controller(
            local_executable_path=executable(),
            server_class={"FIFO": FifoServer, "WSGI": WsgiServer}[server],
            **dict.fromkeys(ALL_IMAGES, True),
            **settings,
        )
        try:
            yield controller
        finally:
            controller.stop()
