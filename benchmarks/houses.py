"""What houses cost: light, triangles and memory of many; and whether memory stays where it is over loads and frames.

    python -m benchmarks.houses [--houses 100] [--loads 200] [--frames 20000] [--light baked]

Bakes anew, into a cache of its own. Resident memory is compared after a tenth of the loads (and at least every house
once) and at the end; the target is less than 30 MB between.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from typing import Any

import numpy as np

from benchmarks.render import poses_in, use_one_core

TARGET_MB = 30.0
SIZE, FIELD_OF_VIEW_DEG = 224, 75.0


def main() -> int:
    """Measure, print, and fail where memory grew by the target or more."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--houses", type=int, default=20, help="procthor houses 0 to this, asset split train")
    parser.add_argument("--loads", type=int, default=60, help="houses loaded one after the other, in all")
    parser.add_argument("--frames", type=int, default=6000, help="frames drawn in all, five modalities, 224 px")
    parser.add_argument("--light", default="baked", choices=("none", "fast", "baked"))
    options = parser.parse_args()
    use_one_core()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        grown = _work(options)
    return 0 if grown < TARGET_MB else 1


def _work(options: Any) -> float:
    from generators.sources.houses import open_house_source
    from tst_sim.embedded.live_scene import LiveScene
    from tst_sim.embedded.simulator import EmbeddedSimulator

    source = open_house_source("procthor", "train")
    houses = [source.house(number) for number in range(options.houses)]
    with EmbeddedSimulator(LiveScene(light=options.light)) as simulator:
        _costs(simulator, houses, options.light)
        return _endurance(simulator, houses, options)


def _costs(simulator: Any, houses: list[Any], light: str) -> None:
    """Every house once: seconds of light, triangles, and what the process then holds."""
    seconds, triangles, resident = [], [], []
    for house in houses:
        simulator.live_scene.load(house)
        start = time.process_time()
        assert simulator.live_scene.light
        seconds.append(time.process_time() - start)
        simulator.load(house)
        triangles.append(len(simulator.scene.triangles))
        resident.append(_resident_mb())
    print(f"{len(houses)} houses, light {light}, one core{'':24}{'median':>10}{'worst':>10}")
    for what, values in (("seconds of light", seconds), ("triangles", triangles), ("resident MB", resident)):
        print(f"{what:>58} {np.median(values):10.1f}{max(values):10.1f}")


def _endurance(simulator: Any, houses: list[Any], options: Any) -> float:
    """Growth in MB from when a tenth of the work is done to its end; every house was loaded before."""
    from tst_sim.geometry import Intrinsics
    from tst_sim.modalities import RENDERED

    camera, rows = Intrinsics(SIZE, SIZE, FIELD_OF_VIEW_DEG), tuple(RENDERED.values())
    each = -(-options.frames // options.loads)
    early, drawn = _resident_mb(), 0
    for load in range(options.loads):
        if load == options.loads // 10:
            early = _resident_mb()
        simulator.load(houses[load % len(houses)])
        poses = poses_in(simulator)
        for _ in range(0, each, len(poses)):
            drawn += len(simulator.render(poses, rows, intrinsics=camera))
    late = _resident_mb()
    print(f"{options.loads} loads and {drawn} frames: {early:.1f} -> {late:.1f} MB, {late - early:+.1f} MB")
    return late - early


def _resident_mb() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main())
