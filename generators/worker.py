"""One worker: a house source and a simulator, opened once, that make the shards of one house after another."""

from __future__ import annotations

import os
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from generators.config import GenerateConfig
from generators.episode import open_episode
from generators.houses import HouseError, open_house_source
from generators.plan import Task, made_by
from tst_sim.backends import open_simulator
from tst_sim.corpus import write_shard
from tst_sim.errors import StorageError, UserError


@dataclass(frozen=True)
class Outcome:
    """What became of one house."""

    index: int
    frames: int
    bytes: int
    seconds: float
    fault: str | None = None
    """One line saying why the house is quarantined; None when its shards are finished."""


class HouseWorker:
    """Makes houses' shards. One GL context each; the house source and asset shapes stay warm between houses."""

    def __init__(self, config: GenerateConfig, out: str, *, gl_threads: int | None = None) -> None:
        if gl_threads is not None:  # read by Mesa's llvmpipe when the context is made
            os.environ["LP_NUM_THREADS"] = str(gl_threads)
        self.config, self.out = config, Path(out)
        self.source = open_house_source(config.source, config.split)
        self.simulator = open_simulator(config.simulator)

    def describe(self) -> dict[str, str]:
        """What the frames depend on: engine, driver."""
        return dict(self.simulator.describe())

    def make(self, task: Task) -> Outcome:
        """Write the unfinished shards of one house. A house that cannot be used becomes an Outcome with a fault;
        a disk that cannot be written raises StorageError, as it concerns every house."""
        start = time.monotonic()
        try:
            frames, size = self._shards(task)
        except StorageError:
            raise
        except (UserError, HouseError) as error:
            return self._fault(task, str(error), start)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}, line {place.lineno}"
            return self._fault(task, f"{type(error).__name__}: {error} ({where})", start)
        return Outcome(task.index, frames, size, time.monotonic() - start)

    def _shards(self, task: Task) -> tuple[int, int]:
        house = self.source.house(task.index)
        episode = open_episode(house, self.simulator, self.config)
        frames = size = 0
        for frame_set in task.frame_sets:
            record = write_shard(
                self.out,
                frame_set,
                house.name,
                episode.samples(frame_set),
                facts=lambda name=frame_set: {**episode.facts(name), "made_by": made_by(self.describe())},
                jpeg_quality=self.config.jpeg_quality,
            )
            frames, size = frames + record.samples, size + record.bytes
        return frames, size

    def _fault(self, task: Task, reason: str, start: float) -> Outcome:
        return Outcome(task.index, 0, 0, time.monotonic() - start, " ".join(reason.split()))

    def close(self) -> None:
        """Free the simulator; safe to call twice."""
        self.simulator.close()
