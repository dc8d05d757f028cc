"""One worker: a house source and a simulator, opened once, that make the shards of one house after another."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from generators.config import GenerateConfig
from generators.house_render import HouseRender, open_house_render
from generators.plan import HouseJob, provenance
from generators.sources.house_source import HouseSource
from generators.sources.houses import HouseError, open_house_source
from tst_sim.backends import open_simulator
from tst_sim.corpus import Sample, ShardRecord, shard_spans, write_shard
from tst_sim.errors import SimulatorDied, StorageError, UserError, one_line
from tst_sim.plugins import load_plugins
from tst_sim.simulator import Simulator

MAX_DEATHS = 3
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
        load_plugins(config.plugins)  # in a process of Ray's nothing is loaded yet
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
        for death in range(1, MAX_DEATHS + 1):
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
                if death == MAX_DEATHS:
                    raise
        assert self._simulator is not None
        return self._simulator

    def describe(self) -> dict[str, str]:
        """What the frames depend on: engine, driver."""
        return dict(self.simulator.describe())

    def make(self, task: HouseJob) -> Outcome:
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

    def _persistently(self, task: HouseJob, simulator: Simulator) -> tuple[int, int]:
        """Make the house again when the simulator's own process died under it; loading starts another."""
        written: dict[tuple[str, int], ShardRecord] = {}
        for death in range(1, MAX_DEATHS + 1):
            try:
                self._shards(task, simulator, written)
                records = written.values()
                return sum(record.samples for record in records), sum(record.bytes for record in records)
            except SimulatorDied as error:
                if death == MAX_DEATHS:
                    raise UserError(f"its simulator died {MAX_DEATHS} times ({error})") from error
        raise AssertionError("unreachable")

    def _shards(self, task: HouseJob, simulator: Simulator, written: dict[tuple[str, int], ShardRecord]) -> None:
        """Write the shards that the task lacks, each into `written` as soon as it is finished."""
        house = self.source.house(task.index)
        house_render = open_house_render(house, simulator, self.config)
        for frame_set in task.frame_sets:
            spans = shard_spans(self.config.frames_in(frame_set), self.config.output.shard_frames)
            kept = {number for name, number in {*task.kept, *written} if name == frame_set}
            missing = [number for number in range(len(spans)) if number not in kept]
            samples = house_render.samples(frame_set, {frame for number in missing for frame in spans[number]})
            for number in missing:
                # The last of them takes what is left, so that what is measured after the last frame is measured.
                part = samples if number == missing[-1] else islice(samples, len(spans[number]))
                written[frame_set, number] = self._shard(house_render, frame_set, number, len(spans), part)

    def _shard(
        self, house_render: HouseRender, frame_set: str, number: int, count: int, samples: Iterable[Sample]
    ) -> ShardRecord:
        def facts() -> dict[str, Any]:
            known = house_render.facts(frame_set) if number == count - 1 else house_render.house_facts()
            return {**known, "made_by": provenance(self.describe())}

        return write_shard(
            self.out,
            frame_set,
            house_render.house.name,
            samples,
            facts=facts,
            jpeg_quality=self.config.jpeg_quality,
            number=number,
            count=count,
        )

    def _fault(self, task: HouseJob, reason: str, start: float) -> Outcome:
        return Outcome(task.index, 0, 0, time.monotonic() - start, one_line(reason))

    def close(self) -> None:
        """Free the simulator and the house source; safe to call twice."""
        if self._source is not None:
            self._source.close()
        if self._simulator is not None:
            self._simulator.close()
