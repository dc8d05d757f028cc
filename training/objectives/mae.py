"""Masked auto-encoding of RGB: masked modelling with one modality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from training.config import PretrainConfig
from training.objectives.multimae import MultimodalObjective
from tst_sim.modalities import RGB, Modality


class MaeObjective(MultimodalObjective):
    """The multimodal objective with RGB alone, and a quarter of its patches visible by default."""

    def __init__(self, config: PretrainConfig, rows: Sequence[Modality] | None = None) -> None:
        super().__init__(replace(config, objective="mae", modalities=(RGB,)), rows)
