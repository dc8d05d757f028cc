"""Masked auto-encoding of RGB (He et al., 2022): masked modelling with one modality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from training.config import PretrainConfig
from training.objectives.multimae import MultiMaeObjective
from tst_sim.modalities import RGB, Modality


class MaeObjective(MultiMaeObjective):
    """The objective `mae`: `mm` with RGB alone, and a quarter of its patches visible by default."""

    DEFAULT_VISIBLE: ClassVar[float] = 0.25

    def __init__(self, config: PretrainConfig, rows: Sequence[Modality] | None = None) -> None:
        """MAE whatever objective the settings name."""
        super().__init__(replace(config, objective="mae"), rows)

    @classmethod
    def resolved(cls, config: PretrainConfig) -> PretrainConfig:
        """The settings with RGB as the only modality."""
        return super().resolved(replace(config, modalities=(RGB,)))
