"""Patches, tokens, predictions and losses."""

from __future__ import annotations

import math

import pytest
import torch

from training.config import MaskingConfig, ModelConfig, PretrainConfig
from training.data.modality_tensors import NOTHING_HIT, adapter_of, patchify, unpatchify
from training.encoders.vit import MaskedModel, VitEncoder, choose_attention, initialise, sincos_positions
from training.masking import Masks, draw_masks
from training.objectives.mae import MaeObjective
from training.objectives.multimae import MultiMaeObjective
from tst_sim.classes import CLASSES
from tst_sim.errors import UserError
from tst_sim.randomness import rng_for

SMALL = ModelConfig(patch=8, dim=32, depth=2, heads=2, decoder_dim=16, decoder_depth=2, decoder_heads=2)
NAMES = ("rgb", "depth", "normal")


def frames(batch: int = 2, size: int = 32) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    normal = torch.nn.functional.normalize(torch.randn(batch, 3, size, size, generator=generator), dim=1)
    ids = torch.randint(0, len(CLASSES), (batch, 1, size, size), generator=generator)
    return {
        "rgb": torch.rand(batch, 3, size, size, generator=generator),
        "depth": 0.5 + 3 * torch.rand(batch, 1, size, size, generator=generator),
        "normal": normal,
        "instance": ids,
        "semantic": ids,
        "canny": (ids % 2).float(),
    }


def encoder(modalities: tuple[str, ...] = NAMES) -> VitEncoder:
    made = VitEncoder(SMALL, modalities)
    initialise(made, seed=1)
    return made.eval()


def test_patches_go_row_by_row_and_back():
    image = torch.arange(2 * 3 * 8 * 12).float().reshape(2, 3, 8, 12)
    patches = patchify(image, 4)
    assert patches.shape == (2, 6, 48)
    assert torch.equal(patches[1, 4].reshape(3, 4, 4), image[1, :, 4:8, 4:8])
    assert torch.equal(unpatchify(patches, 4, (2, 3)), image)


def test_positions_differ_and_depend_on_row_and_column():
    positions = sincos_positions(3, 5, 16)
    assert len(positions.unique(dim=0)) == 15
    assert torch.equal(positions[0, :8], positions[4, :8]) and torch.equal(positions[1, 8:], positions[11, 8:])


def test_any_subset_of_signals_can_be_encoded():
    made, images = encoder(), frames()
    alone = made.encode({"rgb": images["rgb"]})
    assert alone.shape == (2, 16, 32)
    assert made.encode({"depth": images["depth"], "normal": images["normal"]}).shape == (2, 32, 32)
    full = made.encode({name: images[name] for name in NAMES})
    assert full.shape == (2, 48, 32)
    assert (full[:, :16] - alone).abs().max() > 1e-3  # RGB tokens attend to the others
    with pytest.raises(UserError, match="reads rgb, depth, normal; it was given semantic"):
        made.encode({"semantic": images["semantic"]})


def test_a_feature_map_keeps_the_places_of_patches():
    made, image = encoder(), frames(1, 32)["rgb"]
    with torch.no_grad():
        tokens, features = made.encode({"rgb": image}), made(image)
    assert features.shape == (1, 32, 4, 4)
    torch.testing.assert_close(features[0, :, 1, 2], tokens[0, 6])
    layers = made.features({"rgb": image}, layers=[1, 2])
    torch.testing.assert_close(layers[1], features)
    assert (layers[0] - features).abs().max() > 1e-2


def test_other_sizes_work_and_odd_ones_are_refused():
    assert encoder()(torch.rand(1, 3, 24, 40)).shape == (1, 32, 3, 5)
    with pytest.raises(UserError, match="image of 30x24 pixels: both sides must be multiples of 8"):
        encoder()(torch.rand(1, 3, 24, 30))


def test_visible_tokens_are_those_of_the_full_encoding():
    made, images = encoder(), {name: frames()[name] for name in NAMES}
    masks = draw_masks(MaskingConfig(visible=0.5, rgb_only=0), 2, 3, 16, rng=rng_for(0, "m"))
    patches = made.patches(images)
    some = made.embed_visible(patches, made.positions((4, 4)), masks.visible)
    everything = made._embed_all(images)
    torch.testing.assert_close(some, everything[torch.arange(2)[:, None], masks.visible])


def test_predictions_see_nothing_of_masked_patches():
    model = MaskedModel(SMALL, NAMES)
    initialise(model, seed=0)
    images = {name: frames()[name] for name in NAMES}
    masks = Masks(torch.arange(8).repeat(2, 1), torch.arange(8, 12).expand(2, 3, 4))  # RGB's upper half is visible
    patches = model.encoder.patches(images)
    changed = {name: value.clone() for name, value in patches.items()}
    changed["rgb"][:, 8:] += 1
    changed["depth"] += 1
    before, after = model(patches, (4, 4), masks), model(changed, (4, 4), masks)
    assert all(torch.equal(before[name], after[name]) for name in NAMES)
    changed["rgb"][:, 0] += 1
    assert not torch.equal(before["depth"], model(changed, (4, 4), masks)["depth"])


def test_losses_are_zero_for_the_truth_and_ignore_pixels_without_surface():
    images = frames()
    depth = images["depth"].clone()
    depth[:, :, :4] = 0
    normal = images["normal"].clone()
    normal[:, :, 5] = 0
    for name, image in (("depth", depth), ("normal", normal)):
        target = adapter_of(name).patches(image, 8, (4, 4))
        prediction = target.clone()
        prediction[(target == NOTHING_HIT) if name == "depth" else (target == 0)] = 7.0
        assert adapter_of(name).loss(prediction, target).item() == 0
    rgb = adapter_of("rgb").patches(images["rgb"], 8, (4, 4))
    standard = (rgb - rgb.mean(-1, keepdim=True)) / rgb.std(-1, keepdim=True)
    assert adapter_of("rgb").loss(standard, rgb).item() < 1e-9
    assert adapter_of("rgb").loss(torch.zeros_like(rgb), rgb).item() == pytest.approx(1, abs=0.01)


def test_the_depth_loss_is_in_standardised_log_depth():
    target = adapter_of("depth").patches(torch.full((1, 1, 8, 8), 2.0), 8, (1, 1))
    guess = adapter_of("depth").patches(torch.full((1, 1, 8, 8), 4.0), 8, (1, 1))
    assert adapter_of("depth").loss(guess, target).item() == pytest.approx(math.log(2) / 0.6, rel=1e-5)


def test_label_losses_are_those_of_a_uniform_guess_and_of_the_truth():
    target = adapter_of("semantic").patches(frames()["semantic"], 8, (4, 4))
    assert adapter_of("semantic").loss(torch.zeros_like(target), target).item() == pytest.approx(math.log(len(CLASSES)))
    assert adapter_of("semantic").loss(target * 50, target).item() < 1e-6
    edges = adapter_of("canny").patches(frames()["canny"], 8, (4, 4))
    assert adapter_of("canny").loss(torch.zeros_like(edges), edges).item() == pytest.approx(math.log(2), rel=1e-5)


def test_instance_edges_lie_where_ids_change():
    ids = torch.ones(1, 1, 8, 8, dtype=torch.int64)
    ids[..., 3:] = 2
    edges = unpatchify(adapter_of("instance").patches(ids, 8, (1, 1)), 8, (1, 1))
    assert edges[0, 0].sum(0).tolist() == [0, 0, 8, 0, 0, 0, 0, 0]


def test_initial_weights_follow_from_the_seed_and_are_all_set():
    one, two = (MultiMaeObjective(PretrainConfig(model=SMALL)).module.state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)
    other = MaskedModel(SMALL, NAMES)
    initialise(other, seed=99)
    matrices = [name for name in one if one[name].ndim > 1]
    assert all(not torch.equal(one[name], other.state_dict()[name]) for name in matrices)


def test_fused_and_written_attention_agree():
    model, images = MaskedModel(SMALL, NAMES), {name: frames()[name] for name in NAMES}
    initialise(model, seed=0)
    masks = draw_masks(MaskingConfig(visible=0.5), 2, 3, 16, rng=rng_for(0, "m"))
    patches = model.encoder.patches(images)
    choose_attention(model, fused=True)
    fused = model(patches, (4, 4), masks)
    choose_attention(model, fused=False)
    written = model(patches, (4, 4), masks)
    for name in NAMES:
        torch.testing.assert_close(fused[name], written[name], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("modalities", [NAMES, ("rgb", "depth", "normal", "instance", "semantic", "canny")])
def test_gradients_reach_every_weight(modalities: tuple[str, ...]):
    config = PretrainConfig(model=SMALL, modalities=modalities, masking=MaskingConfig(rgb_only=0.0))
    objective = MultiMaeObjective(config)
    with torch.autocast("cpu", torch.bfloat16):
        losses = objective.loss({name: frames(8)[name] for name in objective.inputs}, rng=rng_for(0, "step"))
    assert set(losses) == set(modalities)
    torch.stack(list(losses.values())).sum().backward()
    without = [name for name, weight in objective.module.named_parameters() if weight.grad is None]
    assert without == []


def test_mae_is_the_same_with_rgb_alone():
    objective = MaeObjective(PretrainConfig(model=SMALL))
    assert objective.inputs == ("rgb",) and objective.config.masking.visible == 0.25
    losses = objective.loss({"rgb": frames(4)["rgb"]}, rng=rng_for(0, "step"))
    assert list(losses) == ["rgb"] and 0.5 < losses["rgb"].item() < 4
