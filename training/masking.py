"""Masks: the tokens that a sample sees, and those that it must predict.

Tokens are numbered through all modalities: modality m's token i is m * n + i. Choices are drawn on
the CPU, so that they are the same whatever the device.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.config import MaskingConfig
from tst_sim.errors import UserError


@dataclass(frozen=True)
class Masks:
    """Visible and target tokens of a batch, int64 numbers on the CPU."""

    visible: Tensor
    """(b, k), rising; modality m's tokens are m * n to m * n + n - 1."""
    targets: Tensor
    """(b, m, t) token numbers within each modality, none of them visible."""


def visible_count(config: MaskingConfig, tokens: int) -> int:
    """How many tokens each sample sees, of `tokens` per modality; at least one, and one is left to predict."""
    assert config.visible is not None, "resolve the settings first"
    count = round(config.visible * tokens)
    if not 1 <= count < tokens:
        raise UserError(f"masking.visible {config.visible} leaves {count} of {tokens} tokens; choose another share")
    return count


def target_count(config: MaskingConfig, modalities: int, tokens: int) -> int:
    """Targets per modality: equal, and never more than a modality is sure to have masked."""
    return max(1, min(config.targets // modalities, tokens - visible_count(config, tokens)))


def draw_masks(config: MaskingConfig, batch: int, modalities: int, tokens: int, *, rng: np.random.Generator) -> Masks:
    """Masks of a batch: a Dirichlet share of the visible tokens for each modality, the first one RGB.

    A share `rgb_only` of the samples (drawn one by one) sees RGB alone. With one modality this is
    plain random masking.
    """
    count = visible_count(config, tokens)
    budget = _budgets(config, batch, modalities, count, tokens, rng)
    ranks = rng.random((batch, modalities, tokens)).argsort(axis=-1).argsort(axis=-1)
    seen = ranks < budget[..., None]
    visible = np.nonzero(seen.reshape(batch, -1))[1].reshape(batch, count)
    # The highest ranks are masked: as many as the budget leaves, so the first t of them are.
    targets = np.argsort(-ranks, axis=-1)[..., : target_count(config, modalities, tokens)]
    return Masks(torch.from_numpy(visible), torch.from_numpy(np.sort(targets, axis=-1)))


def _budgets(
    config: MaskingConfig, batch: int, modalities: int, count: int, tokens: int, rng: np.random.Generator
) -> np.ndarray:
    """(b, m) visible tokens per modality, each row summing to `count`, none above `tokens`."""
    fractions = rng.dirichlet([config.alpha] * modalities, size=batch)
    fractions[rng.random(batch) < config.rgb_only] = np.eye(modalities)[0]
    exact = fractions * count
    budget = np.floor(exact).astype(np.int64)
    for row, rest in zip(budget, exact - budget):
        missing = count - row.sum()
        row[np.argsort(-rest, kind="stable")[:missing]] += 1
    assert (budget.sum(axis=1) == count).all() and budget.max() <= tokens
    return budget
