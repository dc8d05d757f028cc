"""Add one: the pre-training of a specialist sees RGB and one more modality in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from training.sweep.analyses.analysis import Figure
from training.sweep.analyses.drop_one import NOTHING, DropOne, multimodal
from training.sweep.cells import Cell, Steps
from training.sweep.config import SweepConfig
from tst_sim.modalities import RGB


class AddOne(DropOne):
    """Specialists at home, on RGB and on RGB with each other modality of the method."""

    title = "Modalities added"
    figure: Figure | None = Figure("bars", "added_modality", "Modalities added to RGB in pre-training", "added to RGB")

    def cells(self, config: SweepConfig, steps: Steps) -> Iterator[Cell]:
        """Axis `added_modality`: the modality beside RGB, or `nothing`."""
        for seed in config.seeds:
            yield from steps.bounds(seed, {"added_modality": NOTHING})
            for method in multimodal(config):
                for added in (NOTHING, *(name for name in method.modalities if name != RGB)):
                    modalities = tuple(name for name in method.modalities if name in (RGB, added))
                    changed = replace(method, modalities=modalities)
                    yield from steps.specialists(changed, seed, {"added_modality": added})


ADD_ONE = AddOne()
