"""Cross-house matrix: every specialist is tested in every house (Test-Space Training's own comparison)."""

from __future__ import annotations

from collections.abc import Iterator

from training.sweep.analyses.analysis import Figure
from training.sweep.cells import Cell, Steps
from training.sweep.config import SCRATCH, SweepConfig


class CrossHouse:
    """Rows: the house of pre-training; columns: the house of the test; the diagonal are specialists at home."""

    title = "Cross-house matrix"
    figure: Figure | None = None
    Config = SweepConfig

    def places(self, config: SweepConfig) -> int:
        """One: it has no axes."""
        return 1

    def check(self, config: SweepConfig) -> None:
        """Nothing beyond what every sweep must satisfy."""

    def cells(self, config: SweepConfig, steps: Steps) -> Iterator[Cell]:
        """Each method pre-trained in each test house, tested in all houses; scratch and the supervised bound once."""
        tested = (*config.test_houses, *config.new_houses)
        for seed in config.seeds:
            for method in config.methods:
                if method.objective == SCRATCH:
                    yield from steps.evaluated(
                        steps.transfer_from_scratch(seed, method), method.name, (), None, seed, tested
                    )
                else:
                    for house in config.test_houses:
                        transfer = steps.transfer_after(steps.pretrain(method, (house,), seed), seed, method)
                        yield from steps.evaluated(transfer, method.name, (house,), house, seed, tested)
            if config.supervised:
                yield from steps.upper_bounds(seed)


CROSS_HOUSE = CrossHouse()
