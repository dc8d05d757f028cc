"""Houses from the real ProcTHOR generator, made in process: house i comes from seed i, its retries too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from generators.sources.house_source import HouseError
from generators.sources.procthor_determinism import deterministic_procthor
from tst_sim.errors import SimulatorDied, UserError, one_line
from tst_sim.houses import House
from tst_sim.placement import PLACEMENT_VERSION
from tst_sim.randomness import rng_for
from tst_sim.thor.actions.controller import InProcessController

MAX_ATTEMPTS = 20
"""`sample()` gives up after ten floor plans; so many times it is asked again before the house counts as failed."""
UNUSABLE = frozenset(("CreateHouse", "TeleportFull", "RoomsNotNavigable"))
"""Warnings of procthor's own validation for which ProcTHOR-10K left a house out, and so do we."""
SEED_BOUND = 2**31
STACK = ("procthor", "numpy", "pandas", "shapely", "networkx", "scipy", "trimesh", "python-fcl", "python-sat")
"""The packages that a house depends on."""


class ProcthorSource:
    """`procthor.generation.HouseGenerator` with its own answers to every question about the world."""

    name = "procthor"

    def __init__(self, split: str = "train") -> None:
        self.split = split
        self.refused: dict[int, tuple[str, ...]] = {}
        """Of the houses made so far that needed more than one attempt: why the earlier seeds were given up."""
        self._controller: Any = InProcessController()

    @property
    def identity(self) -> Mapping[str, Any]:
        """What the houses depend on; the same identity means the same houses."""
        return {
            "source": self.name,
            "split": self.split,
            "placement_version": PLACEMENT_VERSION,
            "packages": {package: _version(package) for package in STACK},
        }

    def house(self, index: int) -> House:
        """House number `index`, the same whatever was made before it. Raises HouseError when no attempt succeeds."""
        if index < 0:
            raise UserError(f"house {index} does not exist; houses count from 0")
        name = f"{self.name}-{self.split}-{index:06d}"
        self.start()
        reasons: list[str] = []
        for attempt in range(MAX_ATTEMPTS):
            seed = attempt_seed(index, attempt)
            try:
                document = self._sample(seed)
            except SimulatorDied:
                raise
            except Exception as error:  # procthor raises bare Exception, AssertionError, KeyError, ... when stuck
                reasons.append(f"seed {seed}: {one_line(error) or type(error).__name__}")
                continue
            if reasons:
                self.refused[index] = tuple(reasons)
            return House.from_json(document, name=name)
        raise HouseError(f"house {name}: procthor gave up {MAX_ATTEMPTS} times, last with {reasons[-1]}")

    def start(self) -> None:
        """Nothing has to be started."""

    def close(self) -> None:
        """Nothing is held."""

    def _sample(self, seed: int) -> dict[str, Any]:
        """One attempt: the JSON as procthor writes it. Raises when procthor gives up or its validation objects."""
        with deterministic_procthor() as generation:
            generator = generation.HouseGenerator(
                split=self.split,
                seed=seed,
                room_spec_sampler=generation.PROCTHOR10K_ROOM_SPEC_SAMPLER,
                controller=self._controller,
            )
            house, _ = generator.sample()
            warnings = house.validate(self._controller)
            objections = sorted(UNUSABLE & warnings.keys())
            if objections:
                raise HouseError(warnings[objections[0]])
            return json.loads(house.to_json())


def attempt_seed(index: int, attempt: int) -> int:
    """The generator's seed for the attempts at a house: first the index itself, then a chain derived from it."""
    if attempt == 0 and index < SEED_BOUND:
        return index
    return int(rng_for(index, "procthor", "retry", attempt).integers(SEED_BOUND))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
