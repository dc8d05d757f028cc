"""Steps/s of AI2-THOR's real client on our player, and whose time a step is.

    python -m benchmarks.player [--steps 60] [--size 224] [--house house.json]

The agent's five modalities, and those of 0, 1 and 16 third-party cameras. A step waits for the player, then
the client reads and decodes; processor time of both is shown apart, and the client's share of the wall clock.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.thor_client import controller_on_our_player

COMMITTED_HOUSE = Path(__file__).parents[1] / "tests" / "data" / "two_rooms_1.0.0.json"
CAMERAS = (0, 1, 16)
SERVERS = ("FIFO", "WSGI")
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> int:
    """One line per server type and number of cameras."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--size", type=int, default=224, help="pixels a side")
    parser.add_argument("--house", type=Path, default=COMMITTED_HOUSE)
    options = parser.parse_args()
    house = json.loads(options.house.read_text())
    print(f"{options.house.name}, five modalities, {options.size} px; milliseconds a step, least of four rounds")
    print(
        f"{'':6} {'cameras':>7} {'wall':>8} {'steps/s':>8} {'views/s':>8} {'player cpu':>11} {'client cpu':>11} share"
    )
    for server in SERVERS:
        for cameras in CAMERAS:
            _report(server, cameras, _measure(server, house, cameras, options.steps, options.size))
    return 0


def _report(server: str, cameras: int, times: tuple[float, float, float]) -> None:
    wall, player, client = times
    rates = f"{1000 / wall:8.1f} {1000 * (cameras + 1) / wall:8.1f}"
    print(f"{server:6} {cameras:7} {wall:8.2f} {rates} {player:11.2f} {client:11.2f} {client / wall:5.0%}", flush=True)


def _measure(server: str, house: dict[str, Any], cameras: int, steps: int, size: int) -> tuple[float, float, float]:
    """Milliseconds a step: wall clock, processor time of the player, of the client."""
    with controller_on_our_player(server, scene=house, width=size, height=size) as controller:
        agent = {key: value for key, value in house["metadata"]["agent"].items() if key != "agentMode"}
        controller.step(action="TeleportFull", raise_for_failure=True, **agent)
        places = controller.step("GetReachablePositions").metadata["actionReturn"]
        for number in range(cameras):
            place = {**places[number * 7 % len(places)], "y": 1.5}
            turn = {"x": 10, "y": 137.5 * number % 360, "z": 0}
            controller.step(action="AddThirdPartyCamera", position=place, rotation=turn, raise_for_failure=True)
        objects = controller.last_event.metadata["objects"]
        thing = next(row["objectId"] for row in objects if row["pickupable"])
        return min(_round(controller, 2 * max(1, steps // 6), thing) for _ in range(4))


def _round(controller: Any, steps: int, thing: str) -> tuple[float, float, float]:
    """An object goes and comes, step by step: views in which nothing changes would not be drawn anew."""
    before = time.perf_counter(), _spent_by(controller.unity_pid), time.process_time()
    for step in range(steps):
        action = "EnableObject" if step % 2 else "DisableObject"
        controller.step(action, objectId=thing, raise_for_failure=True)
    after = time.perf_counter(), _spent_by(controller.unity_pid), time.process_time()
    wall, player, client = (1000 * (end - start) / steps for start, end in zip(before, after))
    return wall, player, client


def _spent_by(pid: int) -> float:
    """Processor seconds of another process so far; its clock ticks a hundred times a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


if __name__ == "__main__":
    sys.exit(main())
