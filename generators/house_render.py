"""The frames of one house as samples: poses are chosen, then rendered. Pure: no files, no processes."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from generators.config import GenerateConfig
from generators.coverage import Coverage, reference_elements
from generators.poses import CameraPositions, CandidateView, ViewStatistics, choose_views, floors
from tst_sim.corpus import FRAME_SETS, Sample, sample_key
from tst_sim.geometry import Intrinsics
from tst_sim.houses import House
from tst_sim.modalities import modalities_named
from tst_sim.simulator import FreeSpace, Simulator

RENDER_BATCH = 8


@dataclass
class HouseRender:
    """One loaded house: its free floor, divided between the frame sets, and what was measured on the way."""

    house: House
    simulator: Simulator
    config: GenerateConfig
    space: FreeSpace
    floors: dict[str, CameraPositions]
    statistics: dict[str, ViewStatistics] = field(default_factory=dict)
    coverage: dict[str, Any] = field(default_factory=dict)

    @property
    def intrinsics(self) -> Intrinsics:
        """The camera of every frame."""
        return Intrinsics(self.config.width, self.config.height, self.config.fov_deg)

    def views(self, frame_set: str) -> list[CandidateView]:
        """The chosen views of a frame set, in the order of its frames."""
        statistics = self.statistics[frame_set] = ViewStatistics()
        return choose_views(
            self.house,
            self.simulator,
            self.floors[frame_set],
            self.config.poses,
            self.config.frames_in(frame_set),
            frame_set=frame_set,
            intrinsics=self.intrinsics,
            seed=self.config.seed,
            statistics=statistics,
        )

    def samples(self, frame_set: str, numbers: Container[int] | None = None) -> Iterator[Sample]:
        """The frames of a frame set with these numbers (None: all), rendered a few at a time.

        Coverage is measured as they pass, over all frames when the last one is among them: its shard's record
        states it. Frames of finished shards are then rendered once more, but neither encoded nor written.
        """
        views = self.views(frame_set)
        numbers = range(len(views)) if numbers is None else numbers
        wanted = modalities_named(self.config.modalities)
        rendered = modalities_named([*self.config.modalities, "depth", "instance"])
        measured = frame_set == "pretrain" and len(views) - 1 in numbers
        coverage = Coverage(reference_elements(self.simulator, self.space)) if measured else None
        table = {row.id: row for row in self.simulator.instances()}
        for start in range(0, len(views), RENDER_BATCH):
            batch = views[start : start + RENDER_BATCH]
            if coverage is None and not any(start + place in numbers for place in range(len(batch))):
                continue
            frames = self.simulator.render([view.pose for view in batch], rendered, intrinsics=self.intrinsics)
            for number, (view, frame) in enumerate(zip(batch, frames, strict=True), start):
                if coverage:
                    coverage.add(frame["depth"], view.pose, self.intrinsics)
                if number not in numbers:
                    continue
                visible = np.unique(frame["instance"])
                yield Sample(
                    key=sample_key(self.house.name, frame_set, number),
                    frame={row.name: frame[row.name] for row in wanted},
                    pose=view.pose,
                    intrinsics=self.intrinsics,
                    instances=tuple(table[int(index)] for index in visible if index),
                    room_id=view.room_id,
                )
        if coverage:
            self.coverage = coverage.facts()

    def house_facts(self) -> dict[str, Any]:
        """What every shard's record says of the house."""
        return {
            "digest": self.house.digest,
            "rooms": len(self.house.rooms),
            "objects": sum(1 for _ in self.house.all_objects()),
            "area_m2": round(sum(_area_m2(room.floor_polygon) for room in self.house.rooms), 2),
        }

    def facts(self, frame_set: str) -> dict[str, Any]:
        """What the record of a frame set's last shard says beside its count and hash, once all samples are made."""
        facts = self.house_facts() | {"views": self.statistics[frame_set].facts()}
        return facts | ({"coverage": self.coverage} if frame_set == "pretrain" else {})


def open_house_render(house: House, simulator: Simulator, config: GenerateConfig) -> HouseRender:
    """Load a house and divide its floor; UserError when it cannot be used."""
    simulator.load(house)
    space = simulator.free_space(config.poses.spacing_m)
    divided = floors(house, space, config.poses, seed=config.seed)
    return HouseRender(house, simulator, config, space, dict(zip(FRAME_SETS, divided)))


def render_house(house: House, simulator: Simulator, config: GenerateConfig, frame_set: str) -> Iterator[Sample]:
    """All samples of one frame set (`pretrain` or `eval`) of one house."""
    yield from open_house_render(house, simulator, config).samples(frame_set)


def _area_m2(polygon: tuple[tuple[float, float], ...]) -> float:
    """Shoelace formula."""
    following = polygon[1:] + polygon[:1]
    return abs(sum(x0 * z1 - x1 * z0 for (x0, z0), (x1, z1) in zip(polygon, following))) / 2
