"""What a simulator is: something a house is loaded into and looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

import numpy as np

from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import Frame, Modality

AGENT_RADIUS_M, AGENT_HEIGHT_M = 0.2, 1.8
"""AI2-THOR's default agent, a capsule."""


@dataclass(frozen=True)
class Instance:
    """One row of a house's instance table; `id` is the pixel value and stays the same through a house."""

    id: int
    object_id: str
    asset_id: str
    """Empty for structure (floors, walls, ceilings)."""
    class_name: str
    """One of `tst_sim.classes.CLASSES`."""
    box_center_m: tuple[float, float, float]
    box_size_m: tuple[float, float, float]
    """World axis-aligned bounding box."""


@dataclass(frozen=True)
class FreeSpace:
    """Where an agent's feet can be: a grid of floor points free of walls and furniture."""

    positions_m: np.ndarray
    """(n, 3) floor points (y is the floor's), in a fixed order."""
    room_ids: tuple[str, ...]
    """Room of each point."""
    clearance_m: np.ndarray
    """(n,) horizontal distance from each point to the nearest wall or furniture."""
    spacing_m: float


class Simulator(Protocol):
    """A house that can be looked at. Not thread-safe; one per process. Safe to close twice."""

    name: str

    def load(self, house: House) -> None:
        """Make `house` the current one; UserError when it names something unknown here."""
        ...

    def instances(self) -> tuple[Instance, ...]:
        """The current house's instance table, ids rising from 1."""
        ...

    def free_space(self, spacing_m: float) -> FreeSpace:
        """Floor points on a grid of `spacing_m` where the agent's capsule fits."""
        ...

    def render(self, poses: Sequence[Pose], modalities: Sequence[Modality], *, intrinsics: Intrinsics) -> list[Frame]:
        """One frame a pose, physical units: rgb (h, w, 3) uint8; depth (h, w) float32 metres, 0 where
        nothing was hit; normal (h, w, 3) float32 camera space; instance (h, w) uint16; semantic (h, w) uint8."""
        ...

    def describe(self) -> dict[str, str]:
        """What frames depend on (engine version, driver), for the manifest."""
        ...

    def close(self) -> None:
        """Frees what it holds; safe to call twice."""
        ...

    def __enter__(self) -> Simulator: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
