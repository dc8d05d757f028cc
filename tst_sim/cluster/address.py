"""RAY_ADDRESS: which cluster is asked for, and whether it can be joined."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys

from tst_sim.cluster.faults import shortened
from tst_sim.errors import UserError, one_line

VARIABLE = "RAY_ADDRESS"
CONNECT_S = 10.0
PROBE_S = 45.0
"""So long a cluster may take to let a driver in; a Python with Ray starts in 2 to 6 s of it."""
REMEDY = f"; mend {VARIABLE}, or unset it to work on this machine alone"


def asked_for() -> str | None:
    """The address of the cluster to join; None when Ray is to be started here (unset, empty or `local`)."""
    given = os.environ.get(VARIABLE, "").strip()
    return None if given in ("", "local") else given


def check(address: str) -> None:
    """UserError in one line unless a driver is let into the cluster at this address.

    Another process tries first: Ray ends its own process, with a stack trace, over some of these faults.
    """
    if address != "auto":
        host, port = host_and_port(address)
        fault = unreachable(host, port)
        if fault:
            raise UserError(f"{VARIABLE}={address}: {fault}{REMEDY}")
    try:
        probe = subprocess.run(
            [sys.executable, "-m", "tst_sim.cluster.probe"], capture_output=True, text=True, timeout=PROBE_S
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"{VARIABLE}={address}: what listens there does not let a driver in within {PROBE_S:.0f} s "
            f"(no Ray, or one that is too busy){REMEDY}"
        ) from error
    if probe.returncode != 0:
        raise UserError(f"{VARIABLE}={address}: {_explained(probe.stdout, probe.stderr)}")


def host_and_port(address: str) -> tuple[str, int]:
    """`host:port` or `ray://host:port` taken apart; UserError for anything else."""
    found = re.fullmatch(r"(?:ray://)?(\[[0-9a-fA-F:.]+\]|[^:/\s\[\]]+):(\d{1,5})", address)
    if not found or not 0 < int(found[2]) < 65536:
        raise UserError(
            f"{VARIABLE}={address} names no cluster: it must be HOST:PORT as `ray start` says, auto or local{REMEDY}"
        )
    return found[1].strip("[]"), int(found[2])


def unreachable(host: str, port: int, seconds: float = CONNECT_S) -> str | None:
    """Why nothing can be reached there; None when something listens."""
    try:
        socket.create_connection((host, port), timeout=seconds).close()
    except socket.gaierror:
        return f"no machine is called {host}"
    except TimeoutError:
        return f"{host} does not answer at port {port} within {seconds:.0f} s"
    except OSError as error:
        return f"nothing listens there ({error.strerror or error})"
    return None


def _explained(said: str, complained: str) -> str:
    """Why the probe was not let in, with what to do."""
    text = f"{said}\n{complained}"
    if re.search(r"Authentication|[Uu]nauthenticated|auth.?token|[Bb]earer token", text):
        return (
            "the cluster wants its token, and there is none here or another one; set RAY_AUTH_MODE=token, and "
            "RAY_AUTH_TOKEN or (a file that you alone can read) RAY_AUTH_TOKEN_PATH"
        )
    versions = re.findall(r"Ray: (\S+)\s+Python: (\S+)", text)
    if "ersion mismatch" in text and len(versions) == 2:
        (ray, python), (our_ray, our_python) = versions
        return (
            f"the cluster has Ray {ray} and Python {python}, this is Ray {our_ray} and Python {our_python}; "
            f"install the same on both{REMEDY}"
        )
    if "Could not find any running Ray instance" in text:
        return f"no Ray runs on this machine; start one with `ray start --head`{REMEDY}"
    lines = [line for line in said.splitlines() if line.strip()]
    return f"the cluster cannot be joined: {shortened(lines[-1]) if lines else _last_words(complained)}{REMEDY}"


def _last_words(complained: str) -> str:
    """The last line that is no frame of a stack trace, without Ray's time and place."""
    lines = [line for line in complained.splitlines() if re.match(r"\[\d{4}-|\w*Error|\w", line) and ".so(" not in line]
    return one_line(re.sub(r"^\[[^\]]*\]\s*(\S+:\d+:)?", "", lines[-1]))[:240] if lines else "its driver crashed"
