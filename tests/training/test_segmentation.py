"""The segmentation head: its interpolation, its levels, what its loss counts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from training.config import ModelConfig
from training.encoders.vit import VitEncoder
from training.tasks.segmentation import HeadConfig, Segmentation, SegmentationConfig, interpolation, level_numbers
from tst_sim.randomness import rng_for

CLASSES = ("Background", "Floor", "Wall")


def small_task(**settings) -> Segmentation:
    torch.manual_seed(0)
    encoder = VitEncoder(ModelConfig(dim=32, depth=2, heads=2, decoder_dim=32, decoder_heads=2), ("rgb",))
    return Segmentation(SegmentationConfig(head=HeadConfig(dim=16), **settings), encoder, CLASSES)


@pytest.mark.parametrize(("source", "target"), [(16, 64), (8, 30), (1, 5)])
def test_interpolation_equals_torchs_bilinear(source, target):
    image = torch.rand(2, 3, source, source, generator=torch.Generator().manual_seed(0))
    weights = interpolation(source, target)
    expected = torch.nn.functional.interpolate(image, (target, target), mode="bilinear", align_corners=False)
    torch.testing.assert_close(weights @ image @ weights.T, expected)


def test_levels_are_spread_and_end_with_the_last_block():
    assert level_numbers(12, 4) == [3, 6, 9, 12]
    assert level_numbers(4, 4) == [1, 2, 3, 4]
    assert level_numbers(2, 4) == [1, 2]
    assert level_numbers(12, 1) == [12]


def test_logits_at_chosen_pixels_are_those_of_the_whole_image():
    task = small_task()
    image = torch.rand(2, 3, 32, 48)
    rows, columns = torch.tensor([0, 5, 31]), torch.tensor([2, 47])
    with torch.no_grad():
        everywhere, chosen = task.module(image), task.module(image, rows, columns)
    assert everywhere.shape == (2, 3, 32, 48)
    torch.testing.assert_close(chosen, everywhere[:, :, rows][:, :, :, columns])


def test_the_loss_of_all_pixels_is_the_cross_entropy_of_labelled_ones():
    task = small_task(loss_share=1.0)
    rng = rng_for(0, "segmentation")
    batch = {"rgb": torch.rand(2, 3, 16, 16), "semantic": torch.from_numpy(rng.integers(0, 3, (2, 1, 16, 16)))}
    found = task.loss(batch, rng=rng)["segmentation"].item()
    logs = task.module(batch["rgb"]).log_softmax(1).detach().numpy()
    truth = batch["semantic"][:, 0].numpy()
    expected = [-logs[b, truth[b, y, x], y, x] for b, y, x in np.ndindex(2, 16, 16) if truth[b, y, x]]
    assert found == pytest.approx(np.mean(expected), rel=1e-5)


def test_a_batch_without_labels_has_no_loss_and_no_gradient():
    task = small_task()
    batch = {"rgb": torch.rand(1, 3, 16, 16), "semantic": torch.zeros(1, 1, 16, 16, dtype=torch.int64)}
    loss = task.loss(batch, rng=rng_for(0, "x"))["segmentation"]
    loss.backward()
    assert loss.item() == 0
    assert task.module.classify.weight.grad is not None and not task.module.classify.weight.grad.any()


def test_background_is_never_predicted():
    task = small_task()
    with torch.no_grad():
        task.module.classify.bias.copy_(torch.tensor([100.0, 0.0, 1.0]))
        predicted = task.predict({"rgb": torch.rand(2, 3, 16, 16)})
    assert predicted.shape == (2, 16, 16) and predicted.dtype == np.uint8
    assert predicted.min() >= 1


def test_a_frozen_encoder_gets_no_gradient():
    task = small_task(frozen=True)
    batch = {"rgb": torch.rand(1, 3, 16, 16), "semantic": torch.ones(1, 1, 16, 16, dtype=torch.int64)}
    task.loss(batch, rng=rng_for(0, "x"))["segmentation"].backward()
    assert all(weight.grad is None for weight in task.module.encoder.parameters())
    assert task.module.classify.weight.grad is not None
