"""Frames as tensors: units, augmentation, order, the cache."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.synthetic import house_name, write_synthetic_corpus
from training import CorpusDataset
from training.config import DataConfig
from training.data.augment import crop, flipped
from training.data.canny import canny
from training.data.dataset import BatchLoader
from training.data.frame_cache import FrameStore, reduce
from training.data.physical import Batch
from tst_sim.corpus import Corpus
from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES
from tst_sim.partial_files import machine

CPU = torch.device("cpu")
ALL = ("rgb", "depth", "normal", "instance", "semantic", "canny")
ROWS = tuple(MODALITIES[name] for name in ("rgb", "depth", "normal"))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus")
    return Corpus(write_synthetic_corpus(folder, houses=(3, 8), frames=10, eval_frames=2, size=(48, 32)))


def loader(corpus: Corpus, *, seed: int = 0, modalities: tuple[str, ...] = ("rgb", "depth", "normal")) -> BatchLoader:
    data = DataConfig(size=32)
    return BatchLoader(corpus, "pretrain", None, modalities, data, batch_size=6, seed=seed, device=CPU)


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
    """Every modality says where it is: depth = x + 1, normal x = 1, rgb red = x / width."""
    x = torch.arange(width).float().expand(2, 1, height, width)
    normal = torch.zeros(2, 3, height, width)
    normal[:, 0] = 1
    return {"rgb": ((x + 0.5) / width).repeat(1, 3, 1, 1), "depth": x + 1, "normal": normal}


def test_all_signals_of_a_frame_get_the_same_crop_and_flip():
    draws = np.array([[0.3, 0.2, 0.9, 0.9], [0.6, 0.8, 0.1, 0.2]])
    result = crop(positions_batch(32, 48), draws, ROWS, size=32, scale=(0.3, 1.0), flip=True)
    for sample in (0, 1):
        from_rgb = result["rgb"][sample, 0, 5] * 48
        from_depth = result["depth"][sample, 0, 5] - 0.5
        assert (from_rgb - from_depth).abs().max() < 0.75
    assert result["depth"][0, 0, 0].diff().min() >= 0 > result["depth"][1, 0, 0].diff().min()
    assert result["normal"][:, 0, 0, 0].tolist() == [1.0, -1.0]


def test_a_crop_of_everything_is_the_frame_itself():
    image = torch.rand(1, 3, 16, 16)
    result = crop(
        {"rgb": image}, np.array([[0.0, 0.4, 0.7, 0.9]]), (MODALITIES["rgb"],), size=16, scale=(1.0, 1.0), flip=True
    )
    torch.testing.assert_close(result["rgb"], image)


def test_flipping_negates_the_x_of_normals_alone():
    normal = torch.tensor([[0.6, 0.0, 0.8], [-0.6, 0.8, 0.0]]).T.reshape(1, 3, 1, 2)
    turned = flipped({"normal": normal}, np.array([True]), (MODALITIES["normal"],))["normal"]
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
    assert reduce(picture, 2, MODALITIES["rgb"])[0, 0].tolist() == [8, 8, 10]  # of 7.5, 8.5 and 9.5: ties go to even
    depth = np.arange(16, dtype=np.uint16).reshape(4, 4)
    assert reduce(depth, 2, MODALITIES["depth"]).tolist() == [[5, 7], [13, 15]]
    assert FrameStore(corpus, "pretrain", None, ("rgb",), size=16).gather("rgb", [0]).shape == (1, 16, 24, 3)


def test_canny_finds_the_border_of_a_square_and_nothing_else():
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[10:30, 10:30] = 200
    edges = canny(picture).astype(bool)
    ys, xs = np.nonzero(edges)
    away = np.minimum.reduce([abs(ys - 9.5), abs(ys - 29.5), abs(xs - 9.5), abs(xs - 29.5)])
    assert away.max() <= 1 and 70 <= edges.sum() <= 90
    assert canny(np.full((20, 20, 3), 90, np.uint8)).sum() == 0


def cache_files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "cache").rglob("*") if path.is_file())


@pytest.mark.parametrize("damage", ["flip", "header", "cut", "empty", "unsealed", "zeros"])
def test_a_damaged_cache_is_made_anew_and_never_learnt_from(tmp_path: Path, damage: str):
    write_synthetic_corpus(tmp_path, houses=(1,), frames=3, eval_frames=0)
    sound = FrameStore(Corpus(tmp_path), "pretrain", None, ALL)
    expected = {name: sound.gather(name, range(3)) for name in ALL}
    files = cache_files(tmp_path)
    contents = [path.read_bytes() for path in files]
    for path, content in zip(files, contents):
        damaged = bytearray(content)
        if damage == "flip":
            damaged[len(damaged) // 2] ^= 4
        elif damage == "header":
            damaged[9] ^= 1
        elif damage == "zeros":
            damaged[-200:-40] = bytes(160)
        path.write_bytes(
            {"cut": content[: len(content) // 2], "empty": b"", "unsealed": content[:-32]}.get(damage, damaged)
        )
    again = FrameStore(Corpus(tmp_path), "pretrain", None, ALL)
    assert again.keys == sound.keys
    for name in ALL:
        np.testing.assert_array_equal(again.gather(name, range(3)), expected[name])
    assert [path.read_bytes() for path in cache_files(tmp_path)] == contents


def test_what_a_killed_decoder_left_goes_and_a_sound_cache_is_not_written_again(tmp_path: Path):
    write_synthetic_corpus(tmp_path, houses=(1,), frames=3, eval_frames=0)
    FrameStore(Corpus(tmp_path), "pretrain", None, ("rgb",))
    before = {path: path.stat().st_mtime_ns for path in cache_files(tmp_path)}
    left = tmp_path / "cache" / "pretrain" / f".{house_name(1)}-0.rgb.by1.npy.{machine()}.99.01234567.partial"
    left.write_bytes(b"half")
    FrameStore(Corpus(tmp_path), "pretrain", None, ("rgb",))
    assert {path: path.stat().st_mtime_ns for path in cache_files(tmp_path)} == before


def test_frames_of_a_read_only_corpus_are_decoded_in_the_data_root_that_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    corpus, root = tmp_path / "shared", tmp_path / "mine"
    write_synthetic_corpus(corpus, houses=(1,), frames=3, eval_frames=0)
    monkeypatch.setattr(os, "access", lambda place, mode: corpus not in (Path(place), *Path(place).parents))
    monkeypatch.setenv("TST_SIM_DATA", str(tmp_path / "elsewhere"))
    store = FrameStore(Corpus(corpus), "pretrain", None, ("rgb",), data_dir=root)
    assert store.notice == "" and not (corpus / "cache").exists() and not (tmp_path / "elsewhere").exists()
    assert len(list((root / "cache" / "shared" / "pretrain").glob("*.rgb.by1.npy"))) == 1
    monkeypatch.setattr(os, "access", lambda place, mode: False)
    store = FrameStore(Corpus(corpus), "pretrain", None, ("rgb",), data_dir=root)
    assert "nor the data root" in store.notice and len(store.gather("rgb", [2])) == 1
