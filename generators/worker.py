"""One worker: a house source and a simulator, opened once, that make the shards of one house after another."""

from __future__ import annotations

import os
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from generators.config import GenerateConfig
from generators.episode import open_episode
from generators.house_source import HouseSource
from generators.houses import HouseError, open_house_source
from generators.plan import Task, made_by
from tst_sim.backends import open_simulator
from tst_sim.corpus import write_shard
from tst_sim.errors import SimulatorDied, StorageError, UserError, one_line
from tst_sim.simulator import Simulator

MOST_DEATHS = 3
"""So often a worker, or the simulator's own process, may die under one house before the house is quarantined."""


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
    """Makes houses' shards. One simulator each; the house source and asset shapes stay warm between houses."""

    def __init__(self, config: GenerateConfig, out: str, *, gl_threads: int | None = None, number: int = 0) -> None:
        if gl_threads is not None:  # read by Mesa's llvmpipe when the context is made
            os.environ["LP_NUM_THREADS"] = str(gl_threads)
        self.config, self.out, self._number = config, Path(out), number
        self._source: HouseSource | None = None
        self._simulator: Simulator | None = None

    @property
    def source(self) -> HouseSource:
        """Opened at first use, so that its UserError comes from a call and not from a worker that does not start."""
        if self._source is None:
            self._source = open_house_source(self.config.source, self.config.split, self.config.thor, self._number)
        return self._source

    @property
    def simulator(self) -> Simulator:
        """Opened at first use, where its UserError can be told from a worker's that does not start."""
        for death in range(1, MOST_DEATHS + 1):
            try:
                if self._simulator is None:
                    self._simulator = open_simulator(
                        self.config.simulator,
                        thor=self.config.thor,
                        number=self._number,
                        assets=self.config.assets,
                        light=self.config.light,
                        antialias=self.config.antialias,
                    )
            except SimulatorDied:
                if death == MOST_DEATHS:
                    raise
        assert self._simulator is not None
        return self._simulator

    def describe(self) -> dict[str, str]:
        """What the frames depend on: engine, driver."""
        return dict(self.simulator.describe())

    def make(self, task: Task) -> Outcome:
        """Write the unfinished shards of one house. A house that cannot be used becomes an Outcome with a fault;
        a simulator that does not start and a disk that cannot be written raise, as they concern every house."""
        start = time.monotonic()
        simulator = self.simulator
        self.source.start()
        try:
            frames, size = self._persistently(task, simulator)
        except StorageError:
            raise
        except (UserError, HouseError) as error:
            return self._fault(task, str(error), start)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}, line {place.lineno}"
            return self._fault(task, f"{type(error).__name__}: {error} ({where})", start)
        return Outcome(task.index, frames, size, time.monotonic() - start)

    def _persistently(self, task: Task, simulator: Simulator) -> tuple[int, int]:
        """Make the house again when the simulator's own process died under it; loading starts another."""
        for death in range(1, MOST_DEATHS + 1):
            try:
                return self._shards(task, simulator)
            except SimulatorDied as error:
                if death == MOST_DEATHS:
                    raise UserError(f"its simulator died {MOST_DEATHS} times ({error})") from error
        raise AssertionError("unreachable")

    def _shards(self, task: Task, simulator: Simulator) -> tuple[int, int]:
        house = self.source.house(task.index)
        episode = open_episode(house, simulator, self.config)
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
        return Outcome(task.index, 0, 0, time.monotonic() - start, one_line(reason))

    def close(self) -> None:
        """Free the simulator and the house source; safe to call twice."""
        if self._source is not None:
            self._source.close()
        if self._simulator is not None:
            self._simulator.close()
