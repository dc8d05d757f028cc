"""`verify` finds what is wrong and says where; a sound corpus has no fault."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tst_sim.cli.main import main
from tst_sim.corpus import MANIFEST, Corpus, Sample, shard_path, write_shard
from tst_sim.corpus.verify import Fault, verify
from tst_sim.errors import UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.modalities import Frame
from tst_sim.simulator import Instance

HOUSE = "files-train-000001"


@pytest.fixture
def copy(small_corpus: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_corpus, tmp_path / "corpus"))


def faults(folder: Path) -> list[Fault]:
    return [fault for report in verify(folder) for fault in report.faults]


def rewritten(folder: Path, change) -> None:
    """Write a house's pre-training shard anew, each sample changed, with hashes that fit: only content is wrong."""
    corpus = Corpus(folder)
    samples = [change(number, read(corpus, key)) for number, (_, key) in enumerate(corpus.keys("pretrain", [HOUSE]))]
    facts = json.loads(shard_path(folder, "pretrain", HOUSE).with_suffix(".json").read_text())["facts"]
    record = write_shard(folder, "pretrain", HOUSE, [s for s in samples if s is not None], facts=facts)
    manifest = corpus.manifest
    row = next(row for row in manifest["houses"] if row["name"] == HOUSE)
    row["shards"]["pretrain"] = {"sha256": record.sha256, "bytes": record.bytes}
    (folder / MANIFEST).write_text(json.dumps(manifest))


def read(corpus: Corpus, key: str) -> Sample:
    values = corpus.metadata(key)
    rows = tuple(
        Instance(**{**row, "box_center_m": tuple(row["box_center_m"]), "box_size_m": tuple(row["box_size_m"])})
        for row in values["instances"]
    )
    pose = Pose(tuple(values["position"]), values["yaw"], values["pitch"])
    intrinsics = Intrinsics(values["width"], values["height"], values["fov"])
    return Sample(key, corpus.frame(key), pose, intrinsics, rows, values["room_id"])


def with_frame(sample: Sample, **changes: np.ndarray) -> Sample:
    frame: Frame = {**sample.frame, **changes}
    return replace(sample, frame=frame)


def test_a_sound_corpus_has_no_fault(small_corpus):
    reports = list(verify(small_corpus))
    assert [fault for report in reports for fault in report.faults] == []
    assert sum(report.samples for report in reports) == 24
    assert reports[0].shards == 4


def test_several_processes_find_the_same(copy):
    path = shard_path(copy, "eval", HOUSE)
    path.unlink()
    assert list(verify(copy, workers=2)) == list(verify(copy))


def test_a_flipped_bit_is_found_and_placed(copy):
    path = shard_path(copy, "pretrain", HOUSE)
    data = bytearray(path.read_bytes())
    at = data.index(b"IDAT", data.index(f"{HOUSE}_pretrain_000003.depth.png".encode())) + 30
    data[at] ^= 4
    path.write_bytes(data)
    found = faults(copy)
    assert any("sha256 differs" in fault.what for fault in found)
    assert any(fault.where.endswith(f"{HOUSE}_pretrain_000003") and "depth" in fault.what for fault in found)


def test_a_shard_cut_at_a_file_boundary_is_found(copy):
    path = shard_path(copy, "pretrain", HOUSE)
    data = path.read_bytes()
    path.write_bytes(data[: data.index(f"{HOUSE}_pretrain_000005.rgb.png".encode())])
    whats = " | ".join(fault.what for fault in faults(copy))
    assert "cut short or overwritten" in whats and "no end-of-archive mark" in whats


def test_missing_shards_records_and_foreign_shards_are_named(copy):
    shard_path(copy, "eval", HOUSE).unlink()
    shard_path(copy, "pretrain", HOUSE).with_suffix(".json").unlink()
    found = {(fault.where, fault.what.split(";")[0]) for fault in faults(copy)}
    assert (f"eval/{HOUSE}.tar", "missing") in found
    assert (f"pretrain/{HOUSE}.tar", f"its record {HOUSE}.json is missing or unusable") in found
    (copy / "pretrain" / "other-000000.tar").write_bytes(b"")
    assert faults(copy)[0].where == "pretrain/other-000000.tar"


def test_flipped_normals_disagree_with_depth(copy):
    rewritten(copy, lambda _, s: with_frame(s, normal=s.frame["normal"] * np.float32([-1, 1, 1])))
    assert sum("normals agree with the slope of depth" in fault.what for fault in faults(copy)) >= 4


def test_a_wrong_pose_is_seen_between_frames(copy):
    def turned(number: int, sample: Sample) -> Sample:
        pose = sample.pose
        return replace(sample, pose=replace(pose, yaw_deg=(pose.yaw_deg + 25 * (number % 2)) % 360))

    rewritten(copy, turned)
    assert any("its depth agrees with" in fault.what for fault in faults(copy))


def test_labels_are_held_against_the_instance_table(copy):
    def relabelled(number: int, sample: Sample) -> Sample:
        semantic = sample.frame["semantic"].copy()
        semantic[5, 7] = (int(semantic[5, 7]) + 1) % 50
        changed = with_frame(sample, semantic=semantic)
        return replace(changed, instances=sample.instances[1:]) if number == 2 else changed

    rewritten(copy, relabelled)
    found = {fault.where.rpartition("_")[2]: fault.what for fault in faults(copy)}
    assert found["000000"] == "semantic and instance differ at 1 pixels, the first at x 7, y 5"
    assert found["000002"].startswith("instance image and table differ in ids")


def test_a_lost_sample_is_counted(copy):
    rewritten(copy, lambda number, sample: None if number == 3 else sample)
    whats = [fault.what for fault in faults(copy)]
    assert f"is in the place of {HOUSE}_pretrain_000003: samples are missing, doubled or out of order" in whats


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.pop("classes"), "lacks classes"),
        (lambda m: m["modalities"][1].update(scale=0.5), "modality 'depth' is not this version's"),
        (lambda m: m.update(format_version=99), "format version 99"),
    ],
)
def test_a_manifest_that_cannot_be_trusted_is_a_fault(copy, change, message):
    manifest = json.loads((copy / MANIFEST).read_text())
    change(manifest)
    (copy / MANIFEST).write_text(json.dumps(manifest))
    assert message in faults(copy)[0].what


def test_the_verb_says_faults_by_its_exit_code(small_corpus, copy, tmp_path, capsys):
    assert main(["verify", str(small_corpus), "--workers", "0"]) == 0
    shard_path(copy, "eval", HOUSE).unlink()
    assert main(["verify", str(copy), "--workers", "0"]) == 1
    assert f"eval/{HOUSE}.tar: missing" in capsys.readouterr().err
    assert main(["verify", str(tmp_path)]) == 2
    assert "is no corpus" in capsys.readouterr().err


def test_an_unfinished_corpus_is_a_fault_and_no_corpus_an_error(copy, tmp_path):
    (copy / MANIFEST).unlink()
    assert "not finished" in faults(copy)[0].what
    with pytest.raises(UserError, match="is no corpus"):
        list(verify(tmp_path / "nothing"))
