"""The processes of a Ray that a test started: found, looked at, ended."""

from __future__ import annotations

import ipaddress
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path


def soon(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


def descendants() -> dict[int, str]:
    """{process number: command line} of what this process and its children started, zombies left out."""
    parents, commands = {}, {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(process.name)] = int(parent)
                commands[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    found: dict[int, str] = {}
    while new := {p for p, parent in parents.items() if (parent == os.getpid() or parent in found) and p not in found}:
        found |= {process: commands[process] for process in new}
    return found


def end_server(name: str) -> None:
    """Kill Ray's server of this name (`raylet`, `gcs_server`) without warning."""
    (process,) = [number for number, command in descendants().items() if command.split(" ")[0].endswith(f"/{name}")]
    os.kill(process, signal.SIGKILL)


def listening() -> set[str]:
    """The addresses on which this process and its descendants listen for TCP connections."""
    inodes = set()
    for process in [os.getpid(), *descendants()]:
        for file in Path(f"/proc/{process}/fd").glob("*"):
            try:
                inodes.add(os.readlink(file).removeprefix("socket:[").rstrip("]"))
            except OSError:
                continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and columns[9] in inodes:
                found.add(_address(columns[1].partition(":")[0]))
    return found


def _address(hexadecimal: str) -> str:
    """`127.0.0.1` of `0100007F`: words of 32 bits in the machine's order."""
    words = [bytes.fromhex(hexadecimal[start : start + 8])[::-1] for start in range(0, len(hexadecimal), 8)]
    address = ipaddress.ip_address(b"".join(words))
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
