"""Whether memory stays where it is: many steps and many houses through the real AI2-THOR client and our player.

    python -m benchmarks.endurance [--steps 10000] [--houses 100]

Resident memory of both processes after a tenth of the work and at its end; the target is less than 50 MB between.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.thor_client import controller_on_our_player
from tst_sim.randomness import rng_for

ACTIONS = ("MoveAhead", "RotateRight", "RotateLeft", "LookUp", "LookDown", "Pass", "GetReachablePositions")
TARGET_MB = 50.0


def main() -> int:
    """Measure, print, and fail where memory grew by the target or more."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--houses", type=int, default=100, help="how often the house changes on the way")
    options = parser.parse_args()
    grown = _work(_houses(), options.steps, options.houses)
    return 0 if all(megabytes < TARGET_MB for megabytes in grown.values()) else 1


def _work(houses: Sequence[dict[str, Any]], steps: int, changes: int) -> dict[str, float]:
    """Growth of each process in MB, from a tenth of the work to its end."""
    rng = rng_for(0, "endurance")
    every = max(1, steps // changes)
    start = time.perf_counter()
    with controller_on_our_player(scene=houses[0], width=224, height=224) as controller:
        processes = {"client": os.getpid(), "player": controller.unity_pid}
        early: dict[str, float] = {}
        for step in range(steps):
            if step % every == 0:
                controller.reset(scene=houses[step // every % len(houses)])
                _stand_somewhere(controller)
            if step == steps // 10:
                early = {name: _resident_mb(pid) for name, pid in processes.items()}
            controller.step(str(rng.choice(ACTIONS)))
        late = {name: _resident_mb(pid) for name, pid in processes.items()}
    print(f"{steps} steps and {changes} house changes in {time.perf_counter() - start:.0f} s, five modalities, 224 px")
    for name in processes:
        print(f"{name:8} {early[name]:7.1f} -> {late[name]:7.1f} MB  {late[name] - early[name]:+6.1f} MB")
    return {name: late[name] - early[name] for name in processes}


def _stand_somewhere(controller: Any) -> None:
    """Put the agent into the middle of the first room's free floor, if there is any."""
    for position in controller.step("GetReachablePositions").metadata["actionReturn"][:1]:
        controller.step("Teleport", position=position)


def _houses() -> list[dict[str, Any]]:
    folder = Path(__file__).parents[1] / "tests" / "data"
    return [json.loads(path.read_text()) for path in sorted(folder.glob("two_rooms_*.json"))]


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main())
