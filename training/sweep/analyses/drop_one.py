"""Drop one: each modality is left out of the pre-training of a specialist in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from training.sweep.analyses.analysis import Figure
from training.sweep.cells import Cell, Steps
from training.sweep.config import SCRATCH, MethodConfig, SweepConfig
from tst_sim.errors import UserError
from tst_sim.modalities import RGB

NOTHING = "nothing"
"""Value of the axis where all modalities were there."""


class DropOne:
    """Specialists at home, with all modalities and with all but one; RGB stays, as it is what transfer reads."""

    title = "Modalities left out"
    figure: Figure | None = Figure("bars", "left_out", "Modalities left out of pre-training", "left out")
    Config = SweepConfig

    def places(self, config: SweepConfig) -> int:
        """All modalities, and each left out."""
        return max((len(method.modalities) for method in config.methods), default=1)

    def check(self, config: SweepConfig) -> None:
        """UserError for a method whose modalities are not named, or too few to leave one out."""
        for method in multimodal(config):
            if len(method.modalities) < 2 or RGB not in method.modalities:
                raise UserError(
                    f"methods: {method.name} must name rgb and at least one more of the modalities it is pre-trained on"
                )

    def cells(self, config: SweepConfig, steps: Steps) -> Iterator[Cell]:
        """Axis `left_out`: the modality that was not there, or `nothing`."""
        for seed in config.seeds:
            yield from steps.bounds(seed, {"left_out": NOTHING})
            for method in multimodal(config):
                for left_out in (NOTHING, *(name for name in method.modalities if name != RGB)):
                    kept = tuple(name for name in method.modalities if name != left_out)
                    yield from steps.specialists(replace(method, modalities=kept), seed, {"left_out": left_out})


def multimodal(config: SweepConfig) -> list[MethodConfig]:
    """The methods that are pre-trained."""
    return [method for method in config.methods if method.objective != SCRATCH]


DROP_ONE = DropOne()
