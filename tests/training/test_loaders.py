"""Data sets in other processes: pickled, forked, spawned, and divided between the ranks of a distributed run."""

from __future__ import annotations

import json
import os
import pickle
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader

from tests.training.synthetic import write_synthetic_corpus
from training import CorpusDataset
from training.config import DataConfig
from training.data.dataset import BatchLoader
from tst_sim.corpus import Corpus

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two houses, 12 pre-training frames each, 32 px."""
    return write_synthetic_corpus(tmp_path_factory.mktemp("loaders"), frames=12, eval_frames=3, size=(32, 32))


@pytest.fixture(scope="module")
def one_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One house of 64 frames, by the command's default of frames in a shard."""
    from tst_sim.cli.main import main

    out = tmp_path_factory.mktemp("one") / "corpus"
    options = ["--frames", "64", "--eval-frames", "0", "--size", "32", "--light", "none", "--modalities", "rgb,depth"]
    source = str(ROOT / "tests" / "data" / "two_rooms_1.0.0.json")
    assert main(["generate", "--source", source, "--house", "0", *options, "--workers", "0", "--out", str(out)]) == 0
    return out


@pytest.mark.parametrize(
    ("method", "cache_gb"), [("fork", 20.0), ("fork", 1e-9), ("spawn", 20.0), ("spawn", 1e-9), ("forkserver", 1e-9)]
)
def test_every_start_method_gives_every_frame_in_order(synthetic, method, cache_gb):
    data = CorpusDataset(synthetic, modalities=("rgb", "depth", "normal"), cache_gb=cache_gb)
    data[0]  # maps a file or checks a shard, which must not travel
    batches = list(DataLoader(data, batch_size=5, num_workers=2, multiprocessing_context=method))
    depth = torch.cat([batch["depth"] for batch in batches])
    assert len(depth) == 24
    assert all(torch.equal(depth[number], data[number]["depth"]) for number in range(24))


def test_a_pickled_data_set_is_small_and_gives_the_same_frames(synthetic):
    data = CorpusDataset(synthetic, modalities=("rgb", "normal"))
    before = data[5]
    packed = pickle.dumps(data)
    copy = pickle.loads(packed)
    assert len(packed) < 20_000, "no frame travels"
    assert copy.keys == data.keys and len(copy) == 24
    assert all(torch.equal(copy[5][name], before[name]) for name in ("rgb", "normal"))


def test_a_data_set_opened_by_a_relative_path_can_be_read_from_another_folder(synthetic, tmp_path, monkeypatch):
    monkeypatch.chdir(synthetic.parent)
    for cache_gb in (20.0, 1e-9):
        data = CorpusDataset(synthetic.name, modalities=("depth",), cache_gb=cache_gb)
        packed, expected = pickle.dumps(data), data[3]["depth"]
        monkeypatch.chdir(tmp_path)
        assert torch.equal(pickle.loads(packed)[3]["depth"], expected)
        monkeypatch.chdir(synthetic.parent)


def test_a_corpus_and_a_batch_loader_can_be_pickled_too(synthetic):
    corpus = Corpus(synthetic)
    key = next(key for _, key in corpus.keys("eval"))
    assert pickle.loads(pickle.dumps(corpus)).metadata(key) == corpus.metadata(key)
    loader = BatchLoader(
        corpus, "pretrain", None, ("depth",), DataConfig(size=32), batch_size=4, seed=3, device=torch.device("cpu")
    )
    expected = loader.batch(2)["depth"]
    assert torch.equal(pickle.loads(pickle.dumps(loader)).batch(2)["depth"], expected)


def keys_of_ranks(reader: str, folder: Path, out: Path, ranks: int = 2) -> list[list[str]]:
    """The keys that each of two ranks reads, started as torchrun starts them."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(ranks), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.loading", reader, str(folder), str(out)]
    started = [
        subprocess.Popen(command, cwd=ROOT, env={**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(ranks)
    ]
    assert [process.wait(200) for process in started] == [0] * ranks
    return [json.loads((out / f"{rank}.json").read_text()) for rank in range(ranks)]


@pytest.mark.parametrize("reader", ["webdataset", "sampler"])
def test_two_ranks_with_two_loader_processes_each_read_every_frame_of_one_house_once(reader, one_house, tmp_path):
    pytest.importorskip("webdataset")
    parts = keys_of_ranks(reader, one_house, tmp_path)
    expected = [key for _, key in Corpus(one_house).keys("pretrain")]
    assert Counter(key for part in parts for key in part) == Counter(expected)
    assert [len(part) for part in parts] == [32, 32]
