"""Starting Ray for one machine and one user: on loopback, with no servers but those that work needs.

This reaches past the options of `ray.init`, which has none for it; where a version of Ray has other names for what is
replaced here, it starts as it does by itself.
"""

from __future__ import annotations

import inspect
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

UNUSED_PORTS = ("metrics_agent_port", "metrics_export_port", "dashboard_agent_listen_port")
"""Of helpers that nobody here asks; their files say -1, as Ray writes it where they are not installed."""


@contextmanager
def lean_start() -> Iterator[None]:
    """A Ray that starts in the block listens on 127.0.0.1 alone and is ready sooner, also on a crowded machine.

    It would take the machine's outer address whatever it is given, except on systems where it makes no clusters. Of
    its servers in Python the dashboard, the monitor of the autoscaler and that of the logs are left out. For two
    helpers it would wait 15 s and then give up (ray-project/ray#65983): it need not wait for them.
    """
    from ray._private import parameter, ray_constants, services

    options: dict[str, Any] = {"no_monitor": True, "include_log_monitor": False, "runtime_env_agent_port": _free_port()}
    with (
        patch.object(ray_constants, "ENABLE_RAY_CLUSTER", False),
        patch.object(parameter, "RayParams", partial(parameter.RayParams, **options)),
        patch.object(services, "start_api_server", lambda *arguments, **options: (None, None)),
        patch.object(services, "start_raylet", partial(_start_raylet, services.start_raylet)),
    ):
        yield


def _start_raylet(start: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Start the node's server; it finds the ports it would wait for."""
    given = inspect.signature(start).bind(*arguments, **options).arguments
    if "session_dir" in given and "node_id" in given:
        for name in UNUSED_PORTS:
            Path(given["session_dir"], f"{name}_{given['node_id']}").write_text("-1")
    return start(*arguments, **options)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
