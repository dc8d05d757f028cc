"""A house's frames in several shards: the same frames, bytes whatever was killed, and a corpus of format 1 beside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from generators.config import GenerateConfig, OutputConfig
from generators.generate import generate
from generators.plan import HouseJob
from generators.worker import HouseWorker
from tests.conftest import DATA
from tst_sim.cli.main import main
from tst_sim.corpus import MANIFEST, Corpus, Sample, Shard, read_record, shard_path, shard_spans, write_shard
from tst_sim.corpus.verify import verify
from tst_sim.errors import SimulatorDied, UserError
from tst_sim.storage import file_sha256

HOUSE = "files-train-000000"
CONFIG = GenerateConfig(
    source=str(DATA), frames=8, eval_frames=4, width=64, height=64, output=OutputConfig(shard_frames=3)
)


@pytest.fixture(scope="module")
def divided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The frames of `small_corpus` in shards of 3: 3 of pre-training and 2 of evaluation a house."""
    return generate(CONFIG, None, tmp_path_factory.mktemp("divided") / "corpus").folder


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): file_sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != "cache"
    }


def members(paths: list[Path]) -> list[tuple[str, str, bytes]]:
    """(key, extension, bytes) of everything in some shards, in order."""
    shards = [Shard(path) for path in paths]
    return [(key, name, shard.read(key, name)) for shard in shards for key in shard.keys for name in shard.files[key]]


def test_frames_are_divided_in_order_and_none_is_one_empty_shard():
    assert shard_spans(8, 3) == (range(0, 3), range(3, 6), range(6, 8))
    assert shard_spans(32, 16) == (range(0, 16), range(16, 32))
    assert shard_spans(5, 16) == (range(0, 5),)
    assert shard_spans(0, 16) == (range(0, 0),)


def test_the_default_gives_one_house_to_sixteen_readers_and_64_frames_to_four():
    config = GenerateConfig()
    assert len(shard_spans(config.frames, config.output.shard_frames)) == 16
    assert len(shard_spans(config.eval_frames, config.output.shard_frames)) == 2
    assert len(shard_spans(64, config.output.shard_frames)) == 4


def test_the_frames_of_several_shards_are_byte_for_byte_those_of_one(small_corpus, divided):
    for frame_set, count in (("pretrain", 3), ("eval", 2)):
        for house in (HOUSE, "files-train-000001"):
            paths = sorted((divided / frame_set).glob(f"{house}*.tar"))
            assert [path.name for path in paths] == [f"{house}-{number:05d}.tar" for number in range(count)]
            assert members(paths) == members([shard_path(small_corpus, frame_set, house)])


def test_the_manifest_states_the_shards_and_the_same_coverage_as_of_one(small_corpus, divided):
    one, several = (json.loads((folder / MANIFEST).read_text())["houses"] for folder in (small_corpus, divided))
    for before, after in zip(one, several, strict=True):
        assert {key: value for key, value in after.items() if key != "shards"} == {
            key: value for key, value in before.items() if key != "shards"
        }
        assert set(before["shards"]["pretrain"]) == {"sha256", "bytes"}
        paths = sorted((divided / "pretrain").glob(f"{after['name']}*.tar"))
        assert after["shards"]["pretrain"]["count"] == 3
        assert after["shards"]["pretrain"]["bytes"] == sum(path.stat().st_size for path in paths)


def test_every_reader_of_ours_sees_one_sequence_of_frames(small_corpus, divided):
    from training import CorpusDataset

    one, several = Corpus(small_corpus), Corpus(divided)
    assert list(several.keys("pretrain")) == list(one.keys("pretrain"))
    key = f"{HOUSE}_pretrain_000007"
    assert several.metadata(key) == one.metadata(key)
    assert np.array_equal(several.frame(key)["depth"], one.frame(key)["depth"])
    for limit in (20.0, 1e-9):  # from the cache, and decoded on the fly
        before, after = (
            CorpusDataset(folder, modalities=("rgb", "depth"), cache_gb=limit) for folder in (one, several)
        )
        assert after.keys == before.keys
        assert all(bool((after[number]["depth"] == before[number]["depth"]).all()) for number in range(len(before)))


def test_a_corpus_of_several_shards_has_no_fault_and_a_report_for_each(divided):
    reports = list(verify(divided))
    assert [fault for report in reports for fault in report.faults] == []
    assert reports[0].shards == len(reports) - 1 == 2 * (3 + 2)
    assert sum(report.samples for report in reports) == 24


def killed_when(out: Path, appears: str) -> int:
    """Kill `generate` as soon as a file appears; its exit code."""
    options = ["--source", str(DATA), "--frames", "8", "--eval-frames", "4", "--size", "64", "--shard-frames", "3"]
    command = [sys.executable, "-m", "tst_sim", "generate", *options, "--houses", "2", "--workers", "0"]
    process = subprocess.Popen([*command, "--out", str(out)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not any(out.rglob(appears)) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    return process.wait(60)


def test_killed_inside_a_house_its_finished_shards_are_kept_and_the_bytes_are_the_same(divided, tmp_path):
    out = tmp_path / "corpus"
    assert killed_when(out, "pretrain/files-train-000000-00001.json") == -signal.SIGKILL
    kept = {path: path.stat().st_mtime_ns for path in out.rglob("*-0000[01].*")}
    assert len(kept) >= 4 and not (out / MANIFEST).exists()
    assert killed_when(out, "eval/files-train-000001-00000.json") == -signal.SIGKILL
    generate(CONFIG, None, out)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert contents(out) == contents(divided)


@pytest.mark.parametrize("lost", ["00000", "00001", "00002"])
def test_one_lost_shard_is_made_again_alone(divided, tmp_path, lost):
    out = Path(shutil.copytree(divided, tmp_path / "corpus"))
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.tar")}
    damaged = out / "pretrain" / f"{HOUSE}-{lost}.tar"
    data = bytearray(damaged.read_bytes())
    data[5000] ^= 1
    damaged.write_bytes(data)
    summary = generate(CONFIG, None, out)
    assert (summary.made, summary.frames) == (1, 2 if lost == "00002" else 3)
    assert {path for path in before if path.stat().st_mtime_ns != before[path]} == {damaged}
    assert contents(out) == contents(divided)


def test_a_simulator_that_dies_inside_a_house_costs_no_finished_shard(divided, tmp_path, monkeypatch):
    worker = HouseWorker(CONFIG, str(tmp_path))
    render = worker.simulator.render

    def dying(poses, modalities, **options):
        if any((tmp_path / "pretrain").glob("*-00001.json")) and not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            raise SimulatorDied("ended")
        return render(poses, modalities, **options)

    monkeypatch.setattr("generators.house_render.RENDER_BATCH", 3)
    monkeypatch.setattr(worker.simulator, "render", dying)
    outcome = worker.make(HouseJob(0, ("pretrain", "eval")))
    worker.close()
    assert (outcome.fault, outcome.frames) == (None, 12) and (tmp_path / "died").exists()
    for path in sorted(tmp_path.rglob("*.tar")):
        assert path.read_bytes() == (divided / path.relative_to(tmp_path)).read_bytes()


def test_shards_of_a_quarantined_house_are_taken_away_so_that_globs_find_the_manifest_s_houses(tmp_path, monkeypatch):
    samples = HouseWorker._shard

    def failing(self, house_render, frame_set, number, count, part):
        if house_render.house.name.endswith("1") and frame_set == "eval":
            raise UserError("cannot be rendered")
        return samples(self, house_render, frame_set, number, count, part)

    monkeypatch.setattr(HouseWorker, "_shard", failing)
    summary = generate(replace(CONFIG, frames=4, eval_frames=2), None, tmp_path / "corpus")
    assert [house.name for house in summary.quarantined] == ["files-train-000001"]
    names = sorted(path.name for path in summary.folder.rglob("*.tar"))
    assert names == [f"{HOUSE}-00000.tar", f"{HOUSE}-00001.tar", f"{HOUSE}.tar"]
    assert [fault for report in verify(summary.folder) for fault in report.faults] == []


def test_a_corpus_of_format_1_is_read_verified_and_trained_on_and_not_rewritten(small_corpus, tmp_path):
    from training import CorpusDataset

    old = as_format_1(Path(shutil.copytree(small_corpus, tmp_path / "corpus")))
    before = contents(old)
    assert [fault for report in verify(old) for fault in report.faults] == []
    assert list(Corpus(old).keys("eval")) == list(Corpus(small_corpus).keys("eval"))
    assert CorpusDataset(old, modalities=("depth",)).keys == CorpusDataset(small_corpus, modalities=("depth",)).keys
    with pytest.raises(UserError, match=r"was made with other settings .*output"):
        generate(replace(CONFIG, output=OutputConfig()), None, old)
    assert contents(old) == before


def as_format_1(folder: Path) -> Path:
    """The corpus as the version before wrote it: no card, no setting of shards, records without a number."""
    (folder / "README.md").unlink()
    for name in (MANIFEST, "plan.json"):
        values = json.loads((folder / name).read_text())
        del values["config"]["output"]
        if name == MANIFEST:
            values["format_version"] = 1
        (folder / name).write_text(json.dumps(values))
    for path in (*folder.glob("pretrain/*.json"), *folder.glob("eval/*.json")):
        values = json.loads(path.read_text())
        del values["number"], values["count"]
        path.write_text(json.dumps(values))
    return folder


def test_a_record_of_another_shard_is_refused(divided, tmp_path):
    out = Path(shutil.copytree(divided, tmp_path / "corpus"))
    first, second = (out / "pretrain" / f"{HOUSE}-0000{number}.json" for number in (0, 1))
    second.write_bytes(first.read_bytes())
    with pytest.raises(UserError, match="is the record of another shard: its number is 0"):
        read_record(out, "pretrain", HOUSE)
    with pytest.raises(UserError, match="is the record of another shard"):
        list(Corpus(out).keys("pretrain"))


def test_shards_are_written_one_after_another_without_waiting_for_all_frames(tmp_path, small_corpus):
    corpus = Corpus(small_corpus)
    given: list[int] = []

    def frames() -> Iterator[Sample]:
        from tests.corpus.test_verify import read

        for number, (_, key) in enumerate(corpus.keys("pretrain", [HOUSE])):
            given.append(number)
            yield read(corpus, key)

    source = frames()
    write_shard(tmp_path, "pretrain", HOUSE, (next(source) for _ in range(2)), facts={}, number=0, count=4)
    assert given == [0, 1] and (tmp_path / "pretrain" / f"{HOUSE}-00000.json").exists()
    assert read_record(tmp_path, "pretrain", HOUSE) is None, "three shards are missing"


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "100001"])
def test_a_wrong_number_of_frames_in_a_shard_is_one_line(value, tmp_path, capsys):
    command = ["generate", "--source", str(DATA), "--out", str(tmp_path / "out"), "--shard-frames", value]
    assert main(command) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "--shard-frames" in said[0] and "between 1 and 100000" in said[0]
