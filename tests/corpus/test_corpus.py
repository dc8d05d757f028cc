"""The corpus on disk: byte-identical, whole or absent, and honest about damage."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest

from tst_sim.classes import CLASSES
from tst_sim.corpus import Corpus, Sample, Shard, read_record, sample_key, shard_path, write_shard
from tst_sim.errors import StorageError, UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.modalities import MODALITIES
from tst_sim.simulator import Instance
from tst_sim.storage import file_sha256

HOUSE = "files-train-000007"


def sample(number: int) -> Sample:
    depth = np.full((16, 24), 1.2344 + number, np.float32)
    normal = np.zeros((16, 24, 3), np.float32)
    normal[..., 2] = 1
    frame = {
        "rgb": np.full((16, 24, 3), 10 * number, np.uint8),
        "depth": depth,
        "normal": normal,
        "instance": np.full((16, 24), 300, np.uint16),
    }
    row = Instance(300, "Chair|1", "Chair_007_1", "Chair", (1.0, 0.5, 2.0), (0.5, 1.0, 0.5))
    pose = Pose((1.0, 1.5, 2.0), 90.0, 10.0)
    return Sample(sample_key(HOUSE, "pretrain", number), frame, pose, Intrinsics(24, 16, 60.0), (row,), "room|2")


def written(root: Path, count: int = 3, **options) -> Path:
    write_shard(root, "pretrain", HOUSE, map(sample, range(count)), facts={"digest": "x"}, **options)
    return shard_path(root, "pretrain", HOUSE)


def test_the_same_samples_give_the_same_bytes(tmp_path):
    first, second = written(tmp_path / "a"), written(tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    assert first.with_suffix(".json").read_bytes() == second.with_suffix(".json").read_bytes()


def test_a_shard_gives_back_what_was_put_in(tmp_path):
    shard = Shard(written(tmp_path))
    assert shard.keys == tuple(f"{HOUSE}_pretrain_{number:06d}" for number in range(3))
    assert shard.stored(shard.keys[1], MODALITIES["depth"])[3, 4] == 2234
    assert shard.stored(shard.keys[1], MODALITIES["instance"]).tolist()[0][0] == 300
    assert shard.stored(shard.keys[0], MODALITIES["normal"])[0, 0].tolist() == [128, 128, 255]
    metadata = shard.metadata(shard.keys[2])
    assert metadata["position"] == [1.0, 1.5, 2.0] and metadata["room_id"] == "room|2"
    assert metadata["instances"][0]["object_id"] == "Chair|1"
    assert np.array(metadata["camera_to_world"])[:3, 3].tolist() == [1.0, 1.5, 2.0]


def test_rgb_may_be_jpeg_and_is_read_alike(tmp_path):
    shard = Shard(written(tmp_path, jpeg_quality=90))
    assert abs(int(shard.stored(shard.keys[2], MODALITIES["rgb"])[0, 0, 0]) - 20) <= 2
    with tarfile.open(shard.path) as tar:
        assert f"{HOUSE}_pretrain_000000.rgb.jpg" in tar.getnames()


def test_the_record_states_count_size_and_hash(tmp_path):
    path = written(tmp_path)
    record = read_record(tmp_path, "pretrain", HOUSE)
    assert record is not None
    assert (record.samples, record.bytes, record.sha256) == (3, path.stat().st_size, file_sha256(path))
    assert record.facts == {"digest": "x"}


def test_facts_may_be_told_after_the_last_sample(tmp_path):
    seen = []

    def counted():
        for number in range(3):
            seen.append(number)
            yield sample(number)

    write_shard(tmp_path, "pretrain", HOUSE, counted(), facts=lambda: {"seen": len(seen)})
    assert json.loads((tmp_path / "pretrain" / f"{HOUSE}.json").read_text())["facts"] == {"seen": 3}


def test_nothing_appears_when_a_sample_fails(tmp_path):
    def failing():
        yield sample(0)
        raise RuntimeError("no frame")

    with pytest.raises(RuntimeError, match="no frame"):
        write_shard(tmp_path, "pretrain", HOUSE, failing(), facts={})
    assert list((tmp_path / "pretrain").iterdir()) == []


def test_a_full_disk_is_one_line_with_the_space_left(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")

    def unwritable():
        raise OSError(28, "No space left on device")
        yield

    with pytest.raises(StorageError, match=r"No space left on device \(\d+\.\d [GM]B free"):
        write_shard(tmp_path, "pretrain", HOUSE, unwritable(), facts={})


def test_a_missing_or_cut_shard_is_refused(small_corpus, tmp_path):
    folder = tmp_path / "corpus"
    shutil.copytree(small_corpus, folder)
    names = Corpus(folder).house_names
    cut, gone = (shard_path(folder, "pretrain", name) for name in names)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 20480 * 10240])
    gone.unlink()
    with pytest.raises(UserError, match=r"bytes long, its record says \d+"):
        Corpus(folder).shard("pretrain", names[0])
    with pytest.raises(UserError, match="is missing; run the same generate command again"):
        list(Corpus(folder).keys("pretrain", [names[1]]))


def test_a_corpus_knows_its_houses_classes_and_frames(small_corpus):
    corpus = Corpus(small_corpus)
    assert corpus.classes == CLASSES
    assert corpus.house_names == ("files-train-000000", "files-train-000001")
    assert corpus.houses_at([1]) == ("files-train-000001",)
    assert len(list(corpus.keys("pretrain"))) == 16 and len(list(corpus.keys("eval"))) == 8
    name, key = next(corpus.keys("eval"))
    frame = corpus.frame(key, ["depth", "semantic"])
    assert name == "files-train-000000" and set(frame) == {"depth", "semantic"}
    assert frame["depth"].dtype == np.float32 and 0.3 < float(np.median(frame["depth"])) < 8
    with pytest.raises(UserError, match=r"has no house 5; it has 0, 1"):
        corpus.houses_at([5])


def test_a_folder_without_a_manifest_is_no_corpus(tmp_path):
    with pytest.raises(UserError, match="does not exist: not a finished corpus"):
        Corpus(tmp_path)
