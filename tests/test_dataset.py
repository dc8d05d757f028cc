"""Frames as tensors: units, augmentation, order, the cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.synthetic import house_name, write_synthetic_corpus
from training import CorpusDataset
from training.cache import FrameStore, reduce
from training.config import DataConfig
from training.dataset import Batch, BatchLoader, crop, flipped
from training.edges import canny
from tst_sim.corpus import Corpus
from tst_sim.errors import UserError

CPU = torch.device("cpu")
ALL = ("rgb", "depth", "normal", "instance", "semantic", "canny")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus")
    return Corpus(write_synthetic_corpus(folder, houses=(3, 8), frames=10, eval_frames=2, size=(48, 32)))


def loader(corpus: Corpus, *, seed: int = 0, signals: tuple[str, ...] = ("rgb", "depth", "normal")) -> BatchLoader:
    data = DataConfig(size=32)
    return BatchLoader(corpus, "pretrain", None, signals, data, batch_size=6, seed=seed, device=CPU)


def test_a_sample_is_the_corpus_frame_in_physical_units(corpus: Corpus):
    dataset = CorpusDataset(corpus, modalities=ALL)
    sample, frame = dataset[13], corpus.frame(dataset.keys[13])
    np.testing.assert_allclose(sample["rgb"].permute(1, 2, 0) * 255, frame["rgb"], atol=1e-4)
    np.testing.assert_allclose(sample["depth"][0], frame["depth"], atol=1e-6)
    np.testing.assert_allclose(sample["normal"].permute(1, 2, 0), frame["normal"], atol=1e-6)
    np.testing.assert_array_equal(sample["instance"][0], frame["instance"])
    np.testing.assert_array_equal(sample["semantic"][0], frame["semantic"])
    np.testing.assert_array_equal(sample["canny"][0], canny(frame["rgb"]))


def test_houses_and_frame_sets_choose_the_frames(corpus: Corpus):
    assert len(CorpusDataset(corpus)) == 20
    assert CorpusDataset(corpus, "eval", houses=[8]).keys == (
        f"{house_name(8)}_eval_000000",
        f"{house_name(8)}_eval_000001",
    )
    with pytest.raises(UserError, match="no house 4; it has 3, 8"):
        CorpusDataset(corpus, houses=[4])
    with pytest.raises(UserError, match="unknown modality 'deth'"):
        CorpusDataset(corpus, modalities=["deth"])


def test_a_dataset_works_in_a_torch_data_loader(corpus: Corpus):
    batches = list(torch.utils.data.DataLoader(CorpusDataset(corpus), batch_size=8))
    assert [len(batch["depth"]) for batch in batches] == [8, 8, 4]
    torch.testing.assert_close(batches[1]["depth"][2], CorpusDataset(corpus)[10]["depth"])


def test_a_missing_modality_is_named(tmp_path: Path):
    folder = write_synthetic_corpus(tmp_path, houses=(0,), frames=1, eval_frames=0, modalities=("rgb", "depth"))
    with pytest.raises(UserError, match=r"has no normal; it has rgb, depth"):
        CorpusDataset(folder)


def test_each_epoch_visits_every_frame_once_in_its_own_order(corpus: Corpus):
    numbers = np.concatenate([loader(corpus).frames_of(step) for step in range(10)])
    assert sorted(numbers[:20]) == list(range(20)) and sorted(numbers[20:40]) == list(range(20))
    assert list(numbers[:20]) != list(numbers[20:40])


def test_a_step_gives_the_same_batch_whenever_it_is_asked_for(corpus: Corpus):
    first, second = loader(corpus), loader(corpus)
    for step in (0, 1, 5):
        first.batch(step)
    for name, image in second.batch(5).items():
        assert torch.equal(image, first.batch(5)[name])
    assert not torch.equal(loader(corpus, seed=1).batch(5)["rgb"], second.batch(5)["rgb"])


def positions_batch(height: int, width: int) -> Batch:
    """Every signal says where it is: depth = x + 1, normal x = 1, rgb red = x / width."""
    x = torch.arange(width).float().expand(2, 1, height, width)
    normal = torch.zeros(2, 3, height, width)
    normal[:, 0] = 1
    return {"rgb": ((x + 0.5) / width).repeat(1, 3, 1, 1), "depth": x + 1, "normal": normal}


def test_all_signals_of_a_frame_get_the_same_crop_and_flip():
    draws = np.array([[0.3, 0.2, 0.9, 0.9], [0.6, 0.8, 0.1, 0.2]])
    result = crop(positions_batch(32, 48), draws, size=32, scale=(0.3, 1.0), flip=True)
    for sample in (0, 1):
        from_rgb = result["rgb"][sample, 0, 5] * 48
        from_depth = result["depth"][sample, 0, 5] - 0.5
        assert (from_rgb - from_depth).abs().max() < 0.75
    assert result["depth"][0, 0, 0].diff().min() >= 0 > result["depth"][1, 0, 0].diff().min()
    assert result["normal"][:, 0, 0, 0].tolist() == [1.0, -1.0]


def test_a_crop_of_everything_is_the_frame_itself():
    image = torch.rand(1, 3, 16, 16)
    result = crop({"rgb": image}, np.array([[0.0, 0.4, 0.7, 0.9]]), size=16, scale=(1.0, 1.0), flip=True)
    torch.testing.assert_close(result["rgb"], image)


def test_flipping_negates_the_x_of_normals_alone():
    normal = torch.tensor([[0.6, 0.0, 0.8], [-0.6, 0.8, 0.0]]).T.reshape(1, 3, 1, 2)
    turned = flipped({"normal": normal}, np.array([True]))["normal"]
    torch.testing.assert_close(turned[0, :, 0, 0], torch.tensor([0.6, 0.8, 0.0]))
    torch.testing.assert_close(turned[0, :, 0, 1], torch.tensor([-0.6, 0.0, 0.8]))


def test_frames_decoded_on_the_fly_equal_cached_ones(corpus: Corpus):
    cached = FrameStore(corpus, "pretrain", None, ALL)
    direct = FrameStore(corpus, "pretrain", None, ALL, limit_bytes=100)
    assert cached.notice == "" and "the limit is 0.0 GB" in direct.notice
    for name in ALL:
        np.testing.assert_array_equal(cached.gather(name, [0, 9, 10, 19]), direct.gather(name, [0, 9, 10, 19]))


def test_the_cache_is_made_once_and_follows_the_shards(tmp_path: Path):
    calls: list[tuple[int, int]] = []
    write_synthetic_corpus(tmp_path, houses=(1,), frames=3, eval_frames=0)
    for _ in range(2):
        FrameStore(Corpus(tmp_path), "pretrain", None, ("depth",), on_cache=lambda *done: calls.append(done))
    assert calls == [(0, 1), (1, 1)]
    write_synthetic_corpus(tmp_path, houses=(1,), frames=3, eval_frames=0, seed=9)
    store = FrameStore(Corpus(tmp_path), "pretrain", None, ("depth",), on_cache=lambda *done: calls.append(done))
    assert len(calls) == 4
    expected = Corpus(tmp_path).frame(store.keys[2])["depth"]
    np.testing.assert_allclose(store.gather("depth", [2])[0] / 1000, expected, atol=1e-6)


def test_large_frames_are_reduced_by_a_whole_factor(corpus: Corpus):
    picture = np.arange(4 * 4 * 3, dtype=np.uint8).reshape(4, 4, 3)
    assert reduce(picture, 2, "rgb")[0, 0].tolist() == [8, 8, 10]  # of 7.5, 8.5 and 9.5: ties go to even
    depth = np.arange(16, dtype=np.uint16).reshape(4, 4)
    assert reduce(depth, 2, "depth").tolist() == [[5, 7], [13, 15]]
    assert FrameStore(corpus, "pretrain", None, ("rgb",), size=16).gather("rgb", [0]).shape == (1, 16, 24, 3)


def test_canny_finds_the_border_of_a_square_and_nothing_else():
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[10:30, 10:30] = 200
    edges = canny(picture).astype(bool)
    ys, xs = np.nonzero(edges)
    away = np.minimum.reduce([abs(ys - 9.5), abs(ys - 29.5), abs(xs - 9.5), abs(xs - 29.5)])
    assert away.max() <= 1 and 70 <= edges.sum() <= 90
    assert canny(np.full((20, 20, 3), 90, np.uint8)).sum() == 0
