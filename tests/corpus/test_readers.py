"""Others read the corpus with no code of ours: webdataset and Hugging Face datasets, offline."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from tst_sim.corpus import Corpus
from tst_sim.corpus.card import dataset_card
from tst_sim.modalities import decode_file


@pytest.fixture
def first(small_corpus: Path) -> tuple[str, dict[str, np.ndarray], dict]:
    """Key, frame and metadata of the first pre-training sample, by our own reader."""
    corpus = Corpus(small_corpus)
    _, key = next(corpus.keys("pretrain"))
    return key, corpus.frame(key), corpus.metadata(key)


def test_webdataset_reads_a_shard(small_corpus, first):
    wds = pytest.importorskip("webdataset")
    key, frame, _ = first
    samples = list(wds.WebDataset(str(small_corpus / "pretrain" / "files-train-000000.tar"), shardshuffle=False))
    assert len(samples) == 8
    assert samples[0]["__key__"] == key
    assert set(samples[0]) >= {"rgb.png", "depth.png", "normal.png", "instance.png", "semantic.png", "json"}
    with Image.open(io.BytesIO(samples[0]["depth.png"])) as image:
        depth = np.asarray(image)
    np.testing.assert_allclose(depth / 1000, frame["depth"], atol=1e-6)


def test_webdataset_decodes_with_our_handler_what_its_own_would_cut_to_eight_bits(small_corpus, first):
    wds = pytest.importorskip("webdataset")
    _, frame, metadata = first
    shard = str(small_corpus / "pretrain" / "files-train-000000.tar")
    decoded = next(iter(wds.WebDataset(shard, shardshuffle=False).decode(decode_file)))
    assert np.array_equal(decoded["rgb.png"], frame["rgb"])
    np.testing.assert_allclose(decoded["depth.png"] / 1000, frame["depth"], atol=1e-6)
    assert np.array_equal(decoded["instance.png"], frame["instance"])
    assert decoded["json"] == metadata
    assert decode_file(".json", b"{}") is None


def test_hugging_face_datasets_reads_both_frame_sets(small_corpus, first, tmp_path, monkeypatch):
    for variable in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(variable, "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets")
    key, frame, metadata = first
    files = {name: str(small_corpus / name / "*.tar") for name in ("pretrain", "eval")}
    found = datasets.load_dataset("webdataset", data_files=files, cache_dir=str(tmp_path / "cache"))
    assert {name: found[name].num_rows for name in files} == {"pretrain": 16, "eval": 8}
    row = found["pretrain"][0]
    assert row["__key__"] == key
    assert np.array_equal(np.asarray(row["rgb.png"]), frame["rgb"])
    np.testing.assert_allclose(np.asarray(row["depth.png"]) / 1000, frame["depth"], atol=1e-6)
    assert np.array_equal(np.asarray(row["instance.png"]), frame["instance"])
    assert row["json"]["position"] == metadata["position"]
    assert row["json"]["instances"][0]["object_id"] == metadata["instances"][0]["object_id"]


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Hugging Face's datasets, without network and with caches of its own."""
    for variable in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(variable, "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    return pytest.importorskip("datasets")


def test_hugging_face_finds_splits_and_images_of_a_corpus_by_itself(small_corpus, first, offline, tmp_path):
    key, frame, _ = first
    found = offline.load_dataset(str(small_corpus), cache_dir=str(tmp_path / "cache"))
    assert {name: rows.num_rows for name, rows in found.items()} == {"pretrain": 16, "eval": 8}
    assert isinstance(found["eval"].features["rgb.png"], offline.Image)
    row = found["pretrain"][0]
    assert row["__key__"] == key and np.array_equal(np.asarray(row["rgb.png"]), frame["rgb"])
    stream = offline.load_dataset(str(small_corpus), split="eval", streaming=True)
    assert sum(1 for _ in stream) == 8


def test_a_cache_of_decoded_frames_and_records_are_no_data_of_a_corpus(small_corpus, offline, tmp_path):
    from training import CorpusDataset

    folder = Path(shutil.copytree(small_corpus, tmp_path / "corpus"))
    CorpusDataset(folder)
    assert (folder / "cache").exists() and (folder / "pretrain" / "files-train-000000.json").exists()
    found = offline.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {name: rows.num_rows for name, rows in found.items()} == {"pretrain": 16, "eval": 8}
    assert "sha256" not in found["pretrain"].column_names


def test_a_frame_set_without_frames_is_no_split_of_the_card(small_corpus):
    manifest = Corpus(small_corpus).contents
    assert (small_corpus / "README.md").read_text() == dataset_card(manifest)
    card = dataset_card(replace(manifest, houses=tuple(replace(row, eval_frames=0) for row in manifest.houses)))
    header = yaml.safe_load(card.split("---")[1])
    assert header["configs"][0]["data_files"] == [{"split": "pretrain", "path": "pretrain/*.tar"}]
