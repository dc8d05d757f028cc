"""Where the time of a corpus goes: making houses, loading, choosing views, rendering, encoding.

`python -m benchmarks.generate [--source procthor|PATH] [--houses N]`. Every figure is processor time of one process on
one core, so that a busy machine does not change it, and a share of the whole beside it. The
constants of `generators/plan.py` come from here.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZES = (64, 224)
FRAMES, EVAL_FRAMES = 64, 16


class Clock:
    """Adds up processor seconds by name."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Count what happens inside under `name`."""
        start = time.process_time()
        try:
            yield
        finally:
            self.seconds[name] += time.process_time() - start


def main() -> int:
    """Print one block per image size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", default="procthor")
    parser.add_argument("--houses", type=int, default=3)
    options = parser.parse_args()
    os.environ.setdefault("LP_NUM_THREADS", "0")
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from generators.sources.houses import open_house_source
    from tst_sim.backends import open_simulator

    source = open_house_source(options.source)
    source.house(0)  # imports and databases
    making = Clock()
    with making.timed("house"):
        houses = [source.house(index) for index in range(options.houses)]
    print(f"{options.houses} houses of {options.source}: {making.seconds['house'] / options.houses:.2f} s each")
    with open_simulator() as simulator:
        simulator.load(houses[0])  # shaders
        for size in SIZES:
            measure(houses, simulator, size)
    return 0


def measure(houses: list, simulator, size: int) -> None:
    """Stages of the pipeline at one image size, a frame and as shares."""
    from generators.config import GenerateConfig
    from generators.coverage import reference_elements
    from generators.house_render import open_house_render
    from tst_sim.corpus import Sample, write_shard

    config, clock, total = GenerateConfig(frames=FRAMES, eval_frames=EVAL_FRAMES, width=size, height=size), Clock(), 0
    with tempfile.TemporaryDirectory() as folder:
        for house in houses:
            with clock.timed("load"):
                episode = open_house_render(house, simulator, config)
            with clock.timed("choose views"):
                for name in ("pretrain", "eval"):
                    episode.views(name)
            with clock.timed("coverage reference"):
                reference_elements(simulator, episode.space)
            samples: list[Sample] = []
            with clock.timed("all but encoding"):
                for name in ("pretrain", "eval"):
                    samples += episode.samples(name)
            with clock.timed("encode and write"):
                total += write_shard(Path(folder), "pretrain", house.name, samples, facts={}).bytes
    report(clock, len(houses) * (FRAMES + EVAL_FRAMES), total, size)


def report(clock: Clock, frames: int, size_bytes: int, pixels: int) -> None:
    seconds = clock.seconds
    views, reference = seconds["choose views"], seconds["coverage reference"]
    stages = {
        "load the house": seconds["load"],
        "choose views": views,
        "coverage's reference set": reference,
        "render, measure coverage": seconds["all but encoding"] - views - reference,
        "encode and write": seconds["encode and write"],
    }
    whole = sum(stages.values())
    rate, size = frames / whole, size_bytes / frames
    print(f"{pixels} px, five modalities: {rate:.1f} frames/s on one core, {size:.0f} bytes a frame")
    for name, spent in stages.items():
        print(f"  {name:<26} {1000 * spent / frames:7.2f} ms a frame  {spent / whole:6.1%}")


if __name__ == "__main__":
    sys.exit(main())
