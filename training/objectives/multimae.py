"""Masked modelling of several modalities: see a few patches, predict others of every modality."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from training.config import PretrainConfig, resolved
from training.data.dataset import Batch
from training.data.modality_tensors import ADAPTERS
from training.encoders.vit import MaskedModel, initialise
from training.masking import Masks, draw_masks
from training.objectives.objective import Objective
from tst_sim.randomness import rng_for


class MultimodalObjective(Objective):
    """What the loop trains in pre-training: `inputs`, `module`, `loss`."""

    module: MaskedModel

    def __init__(self, config: PretrainConfig) -> None:
        self.config = resolved(config)
        self.inputs = self.config.modalities
        self.module = MaskedModel(self.config.model, self.inputs)
        initialise(self.module, seed=int(rng_for(config.run.seed, "weights").integers(2**62)))

    def loss(self, batch: Batch, *, step: int = 0, rng: np.random.Generator) -> dict[str, Tensor]:
        """Weighted scalar of each modality; the loop sums them."""
        patches, predictions, masks = self.predict(batch, rng=rng)
        losses = {}
        for number, name in enumerate(self.inputs):
            truth = _rows(patches[name], masks.targets[:, number])
            weight = getattr(self.config.weights, name)
            losses[name] = weight * ADAPTERS[name].loss(predictions[name].float(), truth)
        return losses

    def predict(self, batch: Batch, *, rng: np.random.Generator) -> tuple[dict[str, Tensor], dict[str, Tensor], Masks]:
        """(patches, predictions at the targets, masks) of a batch."""
        encoder = self.module.encoder
        grid = encoder.grid(batch["rgb"] if "rgb" in batch else next(iter(batch.values())))
        patches = encoder.patches({name: batch[name] for name in self.inputs})
        size = len(next(iter(patches.values())))
        masks = draw_masks(self.config.masking, size, len(self.inputs), grid[0] * grid[1], rng=rng)
        return patches, self.module(patches, grid, masks), masks


def _rows(patches: Tensor, numbers: Tensor) -> Tensor:
    """The chosen tokens (b, t, size) of (b, n, size)."""
    samples = torch.arange(len(patches), device=patches.device)[:, None]
    return patches[samples, numbers.to(patches.device)]
