"""Pictures of what a pre-trained model makes of masked input, for the report."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from training.data.dataset import BatchLoader
from training.data.modality_tensors import unpatchify
from training.data.physical import Batch
from training.encoders.vit import MaskedModel
from training.masking import Masks
from training.precision import Compute
from tst_sim.randomness import rng_for
from tst_sim.storage import atomic_write

RECONSTRUCTIONS = "reconstructions.png"
PICTURES = 6
HIDDEN = 0.5
"""Grey of a patch the model does not see."""


class Reconstructing(Protocol):
    """What is asked of an objective of masked modelling: its network, and its predictions of a batch."""

    inputs: tuple[str, ...]

    @property
    def module(self) -> MaskedModel:
        """Encoder and decoder."""
        ...

    def predict(self, batch: Batch, *, rng: np.random.Generator) -> tuple[dict[str, Tensor], dict[str, Tensor], Masks]:
        """(patches, predictions at the targets, masks) of a batch."""
        ...


def save_reconstructions(
    objective: Reconstructing, loader: BatchLoader, compute: Compute, folder: Path, *, seed: int
) -> None:
    """`reconstructions.png`: a column per frame; per modality three rows: input, prediction, truth.

    The masks are random as in training; every masked patch is predicted.
    """
    rng = rng_for(seed, "reconstructions")
    chosen = rng.choice(len(loader), size=min(PICTURES, len(loader)), replace=False)
    rows = reconstruct(objective, loader.take(np.sort(chosen).tolist()), compute, rng=rng)
    sheet = torch.cat([torch.cat(list(row), dim=-1) for row in rows.values()], dim=-2)
    pixels = (sheet.permute(1, 2, 0) * 255).round().byte().cpu().numpy()
    with atomic_write(folder / RECONSTRUCTIONS) as file:
        Image.fromarray(pixels).save(file, "PNG")


@torch.no_grad()
def reconstruct(
    objective: Reconstructing, batch: Batch, compute: Compute, *, rng: np.random.Generator
) -> dict[str, Tensor]:
    """{"rgb input": (b, 3, h, w), "rgb prediction": ..., "rgb truth": ..., "depth input": ...} in [0, 1]."""
    module = objective.module.eval()
    encoder = module.encoder
    grid = encoder.frame_grid(batch)
    tokens = grid[0] * grid[1]
    with compute.autocast():
        patches, _, masks = objective.predict(batch, rng=rng)
        everything = torch.arange(tokens).expand(len(masks.visible), len(objective.inputs), tokens)
        predictions = module(patches, grid, Masks(masks.visible, everything))
    module.train()
    rows: dict[str, Tensor] = {}
    for number, name in enumerate(objective.inputs):
        adapter = encoder.adapters[name]
        truth = _picture(adapter.truth(patches[name]), encoder.patch, grid)
        guess = _picture(adapter.picture(predictions[name].float(), patches[name]), encoder.patch, grid)
        seen = _seen(masks.visible, number, len(objective.inputs), tokens).to(truth.device)
        seen = unpatchify(seen[..., None].repeat(1, 1, encoder.patch**2), encoder.patch, grid)
        rows |= {
            f"{name} input": truth * seen + HIDDEN * (1 - seen),
            f"{name} prediction": guess,
            f"{name} truth": truth,
        }
    return rows


def _picture(patches: Tensor, patch: int, grid: tuple[int, int]) -> Tensor:
    """(b, n, 3 * k * k) as pictures of the size of the input; labels have fewer cells per patch."""
    cells = round((patches.shape[-1] // 3) ** 0.5)
    return functional.interpolate(unpatchify(patches, cells, grid), size=(grid[0] * patch, grid[1] * patch))


def _seen(visible: Tensor, number: int, modalities: int, tokens: int) -> Tensor:
    """(b, n) 1 where a modality's token is visible."""
    flags = torch.zeros(len(visible), modalities * tokens)
    flags.scatter_(1, visible, 1)
    return flags[:, number * tokens : (number + 1) * tokens]
