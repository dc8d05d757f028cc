"""Masked auto-encoding of RGB: masked modelling with one modality."""

from __future__ import annotations

from dataclasses import replace

from training.config import PretrainConfig
from training.objectives.multimae import MultimodalObjective


class MaeObjective(MultimodalObjective):
    """The multimodal objective with RGB alone, and a quarter of its patches visible by default."""

    def __init__(self, config: PretrainConfig) -> None:
        super().__init__(replace(config, objective="mae", modalities=("rgb",)))
