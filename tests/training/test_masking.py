"""Which tokens are seen and which are predicted."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from training.config import MaskingConfig
from training.masking import draw_masks, target_count, visible_count
from tst_sim.errors import UserError
from tst_sim.randomness import rng_for

TOKENS = 64


def per_modality(visible: torch.Tensor, modalities: int = 3) -> np.ndarray:
    return np.stack([(visible // TOKENS == m).sum(1).numpy() for m in range(modalities)], axis=1)


def test_every_sample_sees_the_same_number_of_distinct_tokens():
    masks = draw_masks(MaskingConfig(visible=0.5), 200, 3, TOKENS, rng=rng_for(0, "test"))
    assert masks.visible.shape == (200, 32)
    assert (masks.visible.diff(dim=1) > 0).all() and masks.visible.max() < 3 * TOKENS


def test_three_quarters_of_the_samples_see_rgb_alone():
    counts = per_modality(draw_masks(MaskingConfig(visible=0.5), 2000, 3, TOKENS, rng=rng_for(0, "test")).visible)
    fraction = (counts[:, 0] == 32).mean()
    assert 0.72 < fraction < 0.79
    assert per_modality(
        draw_masks(MaskingConfig(visible=0.5, rgb_only=1), 50, 3, TOKENS, rng=rng_for(0, "test")).visible
    )[:, 1:].sum() == 0  # fmt: skip


def test_the_other_samples_share_their_tokens_by_a_uniform_dirichlet():
    config = MaskingConfig(visible=0.5, rgb_only=0.0)
    counts = per_modality(draw_masks(config, 4000, 3, TOKENS, rng=rng_for(0, "test")).visible)
    np.testing.assert_allclose(counts.mean(axis=0), 32 / 3, atol=0.4)
    # The variance of a share of a flat Dirichlet over three is 2 / 36.
    np.testing.assert_allclose(counts.var(axis=0), 32**2 * 2 / 36, rtol=0.1)


def test_a_large_concentration_shares_equally():
    config = MaskingConfig(visible=0.5, rgb_only=0.0, alpha=1e5)
    counts = per_modality(draw_masks(config, 50, 3, TOKENS, rng=rng_for(0, "test")).visible)
    assert counts.min() >= 10 and counts.max() <= 11


def test_no_target_is_visible_and_every_masked_token_is_equally_likely():
    config = MaskingConfig(visible=0.25, rgb_only=0.5, targets=60)
    masks = draw_masks(config, 3000, 3, TOKENS, rng=rng_for(0, "test"))
    assert masks.targets.shape == (3000, 3, 20)
    for m in range(3):
        seen = torch.zeros(3000, 4 * TOKENS).scatter_(1, masks.visible, 1)[:, m * TOKENS : (m + 1) * TOKENS]
        assert seen.gather(1, masks.targets[:, m]).sum() == 0
        frequency = torch.bincount(masks.targets[:, m].flatten(), minlength=TOKENS) / 3000
        np.testing.assert_allclose(frequency, 20 / TOKENS, atol=0.05)


def test_one_modality_is_plain_random_masking():
    masks = draw_masks(MaskingConfig(visible=0.25), 3000, 1, TOKENS, rng=rng_for(0, "test"))
    frequency = torch.bincount(masks.visible.flatten(), minlength=TOKENS) / 3000
    np.testing.assert_allclose(frequency, 0.25, atol=0.04)
    assert masks.targets.shape == (3000, 1, 48)


def test_targets_never_exceed_what_is_sure_to_be_masked():
    assert target_count(MaskingConfig(visible=0.5, targets=10_000), 3, TOKENS) == 32
    assert target_count(MaskingConfig(visible=0.5, targets=30), 3, TOKENS) == 10


def test_a_share_that_hides_nothing_is_refused():
    with pytest.raises(UserError, match=r"masking.visible 0.95 leaves 4 of 4"):
        visible_count(MaskingConfig(visible=0.95), 4)


def test_masks_follow_from_their_generator():
    one, two = (draw_masks(MaskingConfig(visible=0.5), 4, 3, TOKENS, rng=rng_for(5, "a")) for _ in range(2))
    assert torch.equal(one.visible, two.visible) and torch.equal(one.targets, two.targets)
