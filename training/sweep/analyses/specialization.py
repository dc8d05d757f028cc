"""Specialization and generalization: houses are added to the pre-training of a specialist."""

from __future__ import annotations

from collections.abc import Iterator

from training.sweep.analyses.analysis import Figure
from training.sweep.cells import Cell, Steps
from training.sweep.config import SCRATCH, MethodConfig, SweepConfig
from tst_sim.errors import UserError

ADDED_HOUSES = Figure("curve", "added", "Houses added to pre-training", "houses added")


class Specialization:
    """Each run is tested in its own house and in houses that no run was pre-trained in."""

    title = "Specialization and generalization"
    figure: Figure | None = ADDED_HOUSES
    Config = SweepConfig

    def places(self, config: SweepConfig) -> int:
        """Numbers of added houses."""
        return len(config.added_counts)

    def check(self, config: SweepConfig) -> None:
        """UserError without new houses, and for counts beyond the houses to be added."""
        if max(config.added_counts, default=0) > len(config.added_houses):
            raise UserError(
                f"added_counts goes up to {max(config.added_counts)}, but added_houses names {len(config.added_houses)}"
            )
        if not config.new_houses:
            raise UserError("new_houses must name at least one house that no run is pre-trained in")

    def cells(self, config: SweepConfig, steps: Steps) -> Iterator[Cell]:
        """Axis `added`: how many houses were added to the test house."""
        everywhere = (*config.test_houses, *config.new_houses)
        for seed in config.seeds:
            for method in config.methods:
                if method.objective == SCRATCH:
                    scratch = steps.transfer_from_scratch(seed, method)
                    yield from steps.evaluated(scratch, method.name, (), None, seed, everywhere, {"added": 0})
                else:
                    yield from self._specialists(config, steps, method, seed)
            if config.supervised:
                yield from steps.upper_bounds(seed, {"added": 0})

    def _specialists(self, config: SweepConfig, steps: Steps, method: MethodConfig, seed: int) -> Iterator[Cell]:
        for house in config.test_houses:
            for added in config.added_counts:
                houses = (house, *config.added_houses[:added])
                transfer = steps.transfer_after(steps.pretrain(method, houses, seed), seed, method)
                tested = (house, *config.new_houses)
                yield from steps.evaluated(transfer, method.name, houses, house, seed, tested, {"added": added})


SPECIALIZATION = Specialization()
