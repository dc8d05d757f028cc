"""Masked modelling of several modalities: see a few patches, predict others of every modality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import Tensor

from training.config import ModelConfig, PretrainConfig, resolved
from training.data.physical import Batch
from training.encoders.vit import MaskedModel, as_rows, initialise
from training.masking import Masks, draw_masks
from training.objectives.objective import Objective
from training.objectives.reconstructions import RECONSTRUCTIONS, save_reconstructions
from tst_sim.errors import UserError
from tst_sim.modalities import Modality
from tst_sim.randomness import rng_for

if TYPE_CHECKING:
    from training.data.dataset import BatchLoader
    from training.precision import Compute


class MultiMaeObjective(Objective):
    """The objective `mm`, in the manner of MultiMAE (Bachmann et al., 2022) with a lean decoder.

    Its settings are `modalities`, `masking` and `weights`.
    """

    DEFAULT_VISIBLE: ClassVar[float] = 0.5
    """Visible tokens as a fraction of one modality's, unless `masking.visible` says another one."""

    def __init__(self, config: PretrainConfig, rows: Sequence[Modality] | None = None) -> None:
        """`rows` are those of the config's modalities, of the corpus to be learnt from (None: the table's)."""
        self.config = resolved(config)
        self.inputs = self.config.modalities
        by_name = {row.name: row for row in rows or as_rows(self.inputs)}
        if not isinstance(self.config.model, ModelConfig):
            raise UserError(f"objective {config.objective} trains a vit, not model.type {config.model.type!r}")
        self._module = MaskedModel(self.config.model, [by_name[name] for name in self.inputs])
        initialise(self._module, seed=int(rng_for(config.run.seed, "weights").integers(2**62)))

    @property
    def module(self) -> MaskedModel:
        """Encoder and decoder."""
        return self._module

    @classmethod
    def resolved(cls, config: PretrainConfig) -> PretrainConfig:
        """The settings with the fraction of visible tokens filled in."""
        visible = config.masking.visible or cls.DEFAULT_VISIBLE
        return replace(config, masking=replace(config.masking, visible=visible))

    def loss(self, batch: Batch, *, step: int = 0, rng: np.random.Generator) -> dict[str, Tensor]:
        """Weighted scalar of each modality; the loop sums them."""
        patches, predictions, masks = self.predict(batch, rng=rng)
        losses = {}
        for number, name in enumerate(self.inputs):
            truth = _rows(patches[name], masks.targets[:, number])
            adapter = self.module.encoder.adapters[name]
            losses[name] = self.config.weights[name] * adapter.loss(predictions[name].float(), truth)
        return losses

    def predict(self, batch: Batch, *, rng: np.random.Generator) -> tuple[dict[str, Tensor], dict[str, Tensor], Masks]:
        """(patches, predictions at the targets, masks) of a batch."""
        encoder = self.module.encoder
        images = {name: batch[name] for name in self.inputs}
        grid = encoder.frame_grid(images)
        patches = encoder.patches(images)
        size = len(next(iter(patches.values())))
        masks = draw_masks(self.config.masking, size, len(self.inputs), grid[0] * grid[1], rng=rng)
        return patches, self.module(patches, grid, masks), masks

    def save_pictures(self, loader: BatchLoader, compute: Compute, folder: Path, *, seed: int) -> None:
        """`reconstructions.png`, unless it is there."""
        if not (folder / RECONSTRUCTIONS).exists():
            save_reconstructions(self, loader, compute, folder, seed=seed)


def _rows(patches: Tensor, numbers: Tensor) -> Tensor:
    """The chosen tokens (b, t, size) of (b, n, size)."""
    samples = torch.arange(len(patches), device=patches.device)[:, None]
    return patches[samples, numbers.to(patches.device)]
