"""Modalities that no simulator draws: loaded, cropped and mirrored in step with the image, learnt from, resumed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.synthetic import write_synthetic_corpus
from training import CorpusDataset
from training.config import DataConfig, ModelConfig, OptimConfig, PretrainConfig, RunConfig, View
from training.data.augment import crop, flipped
from training.data.dataset import BatchLoader
from training.data.modality_tensors import adapter_of
from training.pretrain import default_folder, pretrain
from tst_sim.corpus import Corpus, write_layer
from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES, Kind, Mirroring, Modality, Origin, Resampling

LAYER = Origin.LAYER
LUMA = Modality(
    "luma", Kind.SCALAR, 1, "float32", "float32", "luma.npy", "1", origin=LAYER, resampling=Resampling.LINEAR
)
CLIP = Modality(
    "clip", Kind.FEATURES, 4, "float32", "float16", "clip.npy", "clip", origin=LAYER, stride=16,
    resampling=Resampling.LINEAR,
)  # fmt: skip
CODES = Modality(
    "codes", Kind.TOKENS, 1, "int64", "uint16", "codes.npy", "entry", origin=LAYER, stride=16, vocabulary=8
)
CAPTION = Modality(
    "caption", Kind.TEXT, 0, "str", "str", "caption.txt", "English", origin=LAYER, mirroring=Mirroring.KEEP
)
ADDED = (LUMA, CLIP, CODES, CAPTION)
CPU = torch.device("cpu")


def described(keys, frames):
    """Luma, its mean over each cell of 16 x 16 pixels times 1 to 4, that mean as one of 8 entries, and a sentence."""
    luma = [frame["rgb"].astype(np.float32).mean(-1) / 255 for frame in frames]
    cells = [image.reshape(image.shape[0] // 16, 16, image.shape[1] // 16, 16).mean((1, 3)) for image in luma]
    return {
        "luma": luma,
        "clip": [np.stack([cell * channel for channel in (1, 2, 3, 4)], -1) for cell in cells],
        "codes": [np.clip(cell * 8, 0, 7).astype(np.int64) for cell in cells],
        "caption": [f"seen from {key}" for key in keys],
    }


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus")
    corpus = Corpus(write_synthetic_corpus(folder, houses=(1,), frames=8, eval_frames=2, size=(96, 64)))
    write_layer(corpus, "toy", ADDED, {"name": "toy"}, {}, described)
    return corpus


def loader(corpus: Corpus, *names: str, scale: tuple[float, float] = (0.5, 1.0), size: int = 64) -> BatchLoader:
    data = DataConfig(size=size, crop_scale=scale)
    return BatchLoader(corpus, "pretrain", None, names, data, batch_size=4, seed=2, device=CPU)


def test_a_sample_holds_every_kind_as_its_row_says(corpus: Corpus):
    dataset = CorpusDataset(corpus, modalities=("rgb", *(row.name for row in ADDED)))
    sample = dataset[3]
    frame = corpus.frame(dataset.keys[3])
    np.testing.assert_array_equal(sample["luma"][0], frame["luma"])
    np.testing.assert_array_equal(sample["clip"].permute(1, 2, 0), frame["clip"])
    np.testing.assert_array_equal(sample["codes"][0], frame["codes"])
    assert (sample["clip"].shape, sample["clip"].dtype) == ((4, 4, 6), torch.float32)
    assert (sample["codes"].shape, sample["codes"].dtype) == ((1, 4, 6), torch.int64)
    assert sample["caption"] == f"seen from {dataset.keys[3]}"


def test_cached_and_uncached_values_are_the_same(corpus: Corpus):
    for row in ADDED:
        cached = CorpusDataset(corpus, modalities=("rgb", row.name))[5][row.name]
        direct = CorpusDataset(corpus, modalities=("rgb", row.name), cache_gb=0)[5][row.name]
        assert cached == direct if row.kind is Kind.TEXT else torch.equal(cached, direct)


def test_a_grid_of_patches_is_cropped_and_mirrored_in_step_with_the_image(corpus: Corpus):
    batch = loader(corpus, "rgb", "luma", "clip", "codes", "caption").batch(0)
    luma = batch["rgb"].mean(1, keepdim=True)
    assert (batch["luma"] - luma).abs().max() < 1e-5, "a map of the frame's own size moves with every pixel"
    assert batch["clip"].shape == (4, 4, 4, 4) and batch["codes"].shape == (4, 1, 4, 4)
    expected = torch.nn.functional.avg_pool2d(luma, 16)
    turned = (batch["clip"][:, :1].flip(-1) - expected).abs().mean()
    assert (batch["clip"][:, :1] - expected).abs().mean() < 0.5 * turned
    assert all(text.startswith("seen from ") for text in batch["caption"]) and len(batch["caption"]) == 4


def ramps(width: int, reduction: int) -> dict[str, torch.Tensor]:
    """Every modality says how far to the right it is, in pixels of the stored frame; its height is half its width."""
    x = (torch.arange(width // reduction) + 0.5) * reduction
    cells = torch.arange(width // 16) * 16.0 + 8
    return {
        "luma": x.expand(2, 1, width // 2 // reduction, -1).clone(),
        "clip": cells.expand(2, 4, width // 2 // 16, -1).clone(),
    }


@pytest.mark.parametrize("reduction", [1, 2])
@pytest.mark.parametrize("width", [128, 152])
def test_the_same_square_is_taken_of_both_grids_also_where_the_last_cells_are_cut(width: int, reduction: int):
    draws = np.array([[0.0, 0.0, 0.1, 0.9], [0.0, 0.0, 0.1, 0.2]])
    result = crop(
        ramps(width, reduction), draws, (LUMA, CLIP), size=16, scale=(0.8, 1.0), flip=True, reduction=reduction
    )
    for sample in (0, 1):
        fine, coarse = result["luma"][sample, 0, 0], result["clip"][sample, 0, 0]
        count = len(coarse)
        at_cells = torch.nn.functional.interpolate(fine[None, None], count, mode="linear")[0, 0]
        inside = (at_cells > 8) & (at_cells < width // 16 * 16 - 8)  # beyond the middle of the last cell it stays
        assert inside.sum() >= 3 and (at_cells - coarse)[inside].abs().max() < 1e-3
    assert result["luma"][0, 0, 0].diff().min() > 0 > result["luma"][1, 0, 0].diff().max()


def test_a_row_says_what_mirroring_does_to_it():
    vectors = replace(CLIP, name="flow", extension="flow.npy", mirroring=Mirroring.FLIP_NEGATE_X)
    kept = replace(CLIP, name="whole", extension="whole.npy", mirroring=Mirroring.KEEP)
    image = torch.arange(8.0).reshape(1, 4, 1, 2)
    batch = {"clip": image, "flow": image, "whole": image, "caption": ["left"]}
    result = flipped(batch, np.array([True]), (CLIP, vectors, kept, CAPTION))
    assert torch.equal(result["clip"], image.flip(-1)) and torch.equal(result["whole"], image)
    assert result["flow"][0, :, 0].tolist() == [[-1, 0], [3, 2], [5, 4], [7, 6]]
    assert result["caption"] == ["left"]


def settings(*names: str) -> PretrainConfig:
    return PretrainConfig(
        modalities=names,
        model=ModelConfig(patch=16, dim=32, depth=1, heads=2, decoder_dim=32, decoder_depth=1, decoder_heads=2),
        data=DataConfig(size=64, crop_scale=(1.0, 1.0), flip=False),
        optim=OptimConfig(steps=12, batch_size=8, lr=3e-3, warmup=0.1),
        run=RunConfig(device="cpu", precision="fp32", threads=1),
    )


def losses(run: Path) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name.startswith("loss")} for line in lines]


def test_scalars_features_and_tokens_are_learnt_and_an_interrupted_run_goes_on_exactly(corpus: Corpus, tmp_path: Path):
    config = settings("rgb", "luma", "clip", "codes")
    pretrain(config, corpus, tmp_path / "whole")
    whole = losses(tmp_path / "whole")
    assert set(whole[0]) == {"loss", "loss/rgb", "loss/luma", "loss/clip", "loss/codes"}
    assert np.isfinite([list(step.values()) for step in whole]).all()
    for name in ("loss/luma", "loss/clip", "loss/codes"):
        assert np.mean([step[name] for step in whole[-3:]]) < np.mean([step[name] for step in whole[:3]])
    assert (tmp_path / "whole" / "reconstructions.png").stat().st_size > 0
    pretrain(config, corpus, tmp_path / "parts", stop_after=2)
    pretrain(config, corpus, tmp_path / "parts")
    assert losses(tmp_path / "parts") == whole
    weights = [(tmp_path / name / "checkpoint.safetensors").read_bytes() for name in ("whole", "parts")]
    assert weights[0] == weights[1]


def test_a_run_does_not_go_on_when_its_layer_was_written_anew(tmp_path: Path):
    folder = write_synthetic_corpus(tmp_path / "corpus", houses=(1,), frames=8, eval_frames=0, size=(96, 64))
    config, places = settings("rgb", "luma"), []
    for part in (1.0, 0.5):
        corpus = Corpus(folder)
        make = lambda keys, frames: {"luma": [part * image for image in described(keys, frames)["luma"]]}  # noqa: B023, E731
        write_layer(corpus, "toy", [LUMA], {"name": "toy"}, {"part": part}, make)
        places.append(default_folder(config, corpus, None, "tiny", tmp_path))
        if part == 1.0:
            pretrain(config, corpus, tmp_path / "run", stop_after=1)
            shutil.rmtree(folder / "layers")
    assert places[0] != places[1]
    with pytest.raises(UserError, match=r"was made with other settings \(data\.layers\.toy: "):
        pretrain(config, Corpus(folder), tmp_path / "run")


def test_views_of_reduced_frames_are_cropped_in_step_too(corpus: Corpus):
    """At 32 pixels the frames of 96 x 64 are reduced by two: a cell of 16 stored pixels is 8 of theirs."""
    batches = loader(corpus, "rgb", "luma", "clip", size=32)
    assert batches.store.reduction == 2
    (view,) = batches.crops(0, (View(32, (0.25, 0.25)),))
    luma = torch.nn.functional.interpolate(view["luma"], size=view["clip"].shape[-2:], mode="area")
    pairs = torch.stack([luma.flatten(), view["clip"][:, :1].flatten()])
    assert torch.corrcoef(pairs)[0, 1] > 0.9


def test_text_is_no_input_of_a_masked_model(corpus: Corpus, tmp_path: Path):
    with pytest.raises(UserError, match="caption is text, which a masked model of patches can neither see nor predict"):
        pretrain(settings("rgb", "caption"), corpus, tmp_path / "run")


def test_a_token_beyond_the_codebook_is_named_with_its_sample(tmp_path: Path):
    corpus = Corpus(write_synthetic_corpus(tmp_path, houses=(1,), frames=1, eval_frames=0, size=(96, 64)))
    small = replace(CODES, vocabulary=2)
    write_layer(
        corpus, "toy", (small,), {"name": "toy"}, {}, lambda keys, frames: {"codes": [np.full((4, 6), 5)] * len(keys)}
    )
    with pytest.raises(UserError, match=r"_000000: codes has ids from 5 to 5; its vocabulary has 2"):
        CorpusDataset(corpus, modalities=("rgb", "codes"))


@pytest.mark.parametrize("row", [replace(LUMA, invalid=-1), replace(CLIP, invalid=-1)], ids=lambda row: row.name)
def test_what_is_unknown_does_not_count_in_the_loss(row: Modality):
    adapter = adapter_of(row)
    image = torch.rand(1, row.channels, 2, 2)
    image[..., 0] = float("nan")
    patches = adapter.patches(
        image if row.stride > 1 else image.repeat_interleave(16, 2).repeat_interleave(16, 3), 16, (2, 2)
    )
    right = patches.clone()
    right[:, ::2] = 99
    assert adapter.loss(right, patches).item() == 0
    assert adapter.loss(right + 1, patches).item() == pytest.approx(0.5)


def test_unknown_tokens_and_labels_beyond_the_classes_do_not_count():
    tokens = adapter_of(replace(CODES, invalid=65535))
    patches = tokens.patches(torch.tensor([[[[65535, 3]]]]), 16, (1, 2))
    assert patches[0, 0].sum() == 0 and patches[0, 1].argmax() == 3
    logits = torch.zeros(1, 2, 8)
    assert tokens.loss(logits, patches).item() == pytest.approx(np.log(8))
    few = adapter_of(replace(MODALITIES["semantic"], classes=("floor", "wall"), invalid=255))
    ids = torch.full((1, 1, 8, 8), 255)
    ids[..., 4:] = 1
    assert few.size(8) == 2 * 4
    assert few.loss(torch.zeros(1, 1, 8), few.patches(ids, 8, (1, 1))).item() == pytest.approx(np.log(2))


@pytest.mark.parametrize(("stride", "numbers"), [(8, 4 * 4), (16, 4), (32, 4)])
def test_features_on_a_grid_finer_than_equal_to_and_coarser_than_the_patch(stride: int, numbers: int):
    adapter = adapter_of(replace(CLIP, stride=stride))
    patches = adapter.patches(torch.rand(2, 4, 64 // stride, 64 // stride), 16, (4, 4))
    assert adapter.size(16) == numbers and patches.shape == (2, 16, numbers)
    if stride == 32:
        assert torch.equal(patches[:, 0], patches[:, 5])  # four patches see the cell that they lie in
