"""Generation: the same bytes however it was run, resumable, and one clear line for what cannot be used."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from generators.config import GenerateConfig
from generators.generate import ensure_corpus, find_corpus, generate
from generators.plan import SECONDS_TO_START_RAY, HouseJob, estimate, house_ranges, make_plan
from generators.pool import run_with_ray
from generators.worker import HouseWorker, Outcome
from tests.cli.interrupts import hearing_interrupts
from tst_sim.classes import CLASSES
from tst_sim.cli.main import main
from tst_sim.corpus import MANIFEST, Corpus
from tst_sim.errors import UserError
from tst_sim.geometry import CONVENTIONS
from tst_sim.storage import file_sha256

DATA = Path(__file__).parents[1] / "data"
OPTIONS = ["--source", str(DATA), "--frames", "8", "--eval-frames", "4", "--size", "64"]
CONFIG = GenerateConfig(source=str(DATA), frames=8, eval_frames=4, width=64, height=64)
SMALL = GenerateConfig(source=str(DATA), frames=2, eval_frames=1, width=32, height=32)


def digests(folder: Path) -> dict[str, str]:
    """sha256 of every file of a corpus, hidden ones included."""
    return {str(path.relative_to(folder)): file_sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def started(out: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tst_sim", "generate", *OPTIONS, "--houses", "2", "--out", str(out), *options]
    return subprocess.Popen(
        command,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=hearing_interrupts,
    )


def stopped_when(process: subprocess.Popen[bytes], condition: Callable[[], bool], how: signal.Signals) -> int:
    """Send a signal as soon as something is true; the exit code."""
    deadline = time.monotonic() + 60
    while not condition() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    if process.poll() is None:
        os.kill(process.pid, how)
    return process.wait(60)


def test_killed_three_times_and_finished_by_two_ray_workers_the_bytes_are_the_same(small_corpus, tmp_path):
    out = tmp_path / "corpus"
    moments = (
        lambda: any(out.rglob(".*.partial")),
        lambda: len(list(out.rglob("*-*.tar"))) >= 1,
        lambda: len(list((out / "eval").glob("*.json"))) >= 1,
    )
    codes = [stopped_when(started(out, "--workers", "0"), moment, signal.SIGKILL) for moment in moments]
    assert codes == [-signal.SIGKILL] * 3
    assert not (out / MANIFEST).exists()
    assert started(out, "--workers", "2").wait(180) == 0
    assert digests(out) == digests(small_corpus)


def test_a_worker_that_dies_is_replaced_and_its_house_given_up_in_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr("generators.pool.MAX_DEATHS", 2)

    class Mortal(HouseWorker):
        """Dies under house 0 for ever and under house 1 once."""

        def make(self, task: HouseJob) -> Outcome:
            mark = self.out / f"died-{task.index}"
            if task.index == 0 or not mark.exists():
                mark.parent.mkdir(exist_ok=True)
                mark.touch()
                os._exit(1)
            return Outcome(task.index, 3, 1, 0.1)

    tasks = [HouseJob(index, ("pretrain",)) for index in (0, 1)]
    found = run_with_ray(SMALL, str(tmp_path / "out"), tasks, lambda _: None, workers=1, worker_class=Mortal)
    outcomes = {outcome.index: outcome for outcome in found}
    assert (outcomes[0].fault or "").startswith("its worker died 2 times")
    assert (outcomes[1].fault, outcomes[1].frames) == (None, 3)


def test_interrupting_ends_with_130_and_can_be_resumed(small_corpus, tmp_path):
    out = tmp_path / "corpus"
    code = stopped_when(started(out, "--workers", "0"), lambda: any(out.rglob("*-*.tar")), signal.SIGINT)
    assert code == 130
    assert not list(out.rglob(".*")), "no lock or half-written file is left"
    assert started(out, "--workers", "0").wait(60) == 0
    assert digests(out) == digests(small_corpus)


def test_the_manifest_says_what_the_corpus_is(small_corpus):
    manifest = json.loads((small_corpus / MANIFEST).read_text())
    assert manifest["classes"] == list(CLASSES) and manifest["conventions"] == dict(CONVENTIONS)
    assert [row["name"] for row in manifest["modalities"]] == ["rgb", "depth", "normal", "instance", "semantic"]
    assert (manifest["width"], manifest["height"], manifest["fov_deg"], manifest["seed"]) == (64, 64, 90.0, 0)
    assert manifest["asked_for"] == "0-1" and manifest["quarantined"] == []
    assert manifest["frame_sets"]["min_distance_m"] == 0.3
    house = manifest["houses"][1]
    assert (house["index"], house["name"], house["frames"], house["eval_frames"]) == (1, "files-train-000001", 8, 4)
    assert house["shards"]["eval"]["sha256"] == file_sha256(small_corpus / "eval" / "files-train-000001.tar")
    assert 0 < house["coverage"]["seen_three_times"] < house["coverage"]["seen_once"] < 1
    assert manifest["made_by"][0]["simulator"] == "embedded"
    assert str(DATA) not in json.dumps(manifest), "a corpus can move: no paths in it"


def test_the_contact_sheet_has_a_row_for_each_modality(small_corpus):
    from PIL import Image

    with Image.open(small_corpus / "contact-sheet.png") as sheet:
        assert sheet.size == (8 * 196 - 4, 5 * 196 - 4)
        assert len(set(sheet.convert("L").resize((64, 40)).tobytes())) > 30


def test_the_same_command_again_keeps_what_is_sound_and_makes_the_rest_anew(small_corpus, tmp_path):
    folder = Path(shutil.copytree(small_corpus, tmp_path / "corpus"))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.tar")}
    assert generate(CONFIG, None, folder).made == 0
    damaged = folder / "pretrain" / "files-train-000000.tar"
    data = bytearray(damaged.read_bytes())
    data[5000] ^= 1
    damaged.write_bytes(data)
    (folder / "pretrain" / ".files-train-000000.tar.99.partial").write_bytes(b"left over")
    assert generate(CONFIG, None, folder).made == 1
    after = {path for path in before if path.stat().st_mtime_ns != before[path]}
    assert after == {damaged}
    assert digests(folder) == digests(small_corpus)


def test_other_settings_do_not_touch_a_corpus_and_are_named(small_corpus):
    other = GenerateConfig(source=str(DATA), frames=9, eval_frames=4, width=64, height=64, seed=2)
    with pytest.raises(UserError, match=r"made with other settings \(config.frames: 8 -> 9; config.seed: 0 -> 2\)"):
        generate(other, None, small_corpus)


def house_folder(folder: Path, **broken: dict) -> Path:
    """A folder with one sound house and some broken ones, sorted by name."""
    folder.mkdir()
    shutil.copy(DATA / "two_rooms_1.0.0.json", folder / "a.json")
    for name, document in broken.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    return folder


def test_a_bad_house_among_good_ones_is_quarantined_named_and_counted(tmp_path, capsys):
    document = json.loads((DATA / "two_rooms_1.0.0.json").read_text())
    source = house_folder(tmp_path / "houses", b={**document, "rooms": []}, c=document)
    out = tmp_path / "corpus"
    options = ["--source", str(source), "--frames", "2", "--eval-frames", "1", "--size", "32", "--workers", "0"]
    assert main(["generate", "--houses", "3", "--out", str(out), *options]) == 3
    said = capsys.readouterr().err
    assert "quarantined: house 1 (files-train-000001)" in said and "rooms" in said and "1 quarantined" in said
    assert Corpus(out).house_names == ("files-train-000000", "files-train-000002")
    assert json.loads((out / MANIFEST).read_text())["quarantined"][0]["index"] == 1
    assert main(["generate", "--house", "1", "--out", str(tmp_path / "one"), *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("tst-sim: error: ") and "house files-train-000001: rooms is " in line
    assert not (tmp_path / "one").exists()


def test_a_corpus_is_found_again_by_its_settings(tmp_path):
    assert find_corpus([0], config=SMALL, data_dir=tmp_path) is None
    folder = ensure_corpus([0], config=SMALL, data_dir=tmp_path)
    assert folder.parent == tmp_path / "corpora" and folder.name.startswith("files-train-")
    made = (folder / MANIFEST).stat().st_mtime_ns
    assert ensure_corpus([0], config=SMALL, data_dir=tmp_path) == folder
    assert (folder / MANIFEST).stat().st_mtime_ns == made
    assert find_corpus([0, 1], config=SMALL, data_dir=tmp_path) is None


def test_a_second_run_into_the_same_folder_waits_outside(tmp_path):
    out = tmp_path / "corpus"
    first = started(out, "--workers", "0")
    while not (out / "plan.json").exists():
        time.sleep(0.002)
    with pytest.raises(UserError, match="is in use by another generate"):
        generate(CONFIG, None, out)
    first.kill()
    first.wait()


def test_the_disk_must_hold_the_corpus(tmp_path):
    with pytest.raises(UserError, match=r"need about \d+\.\d GB, the disk of .* has \d+\.\d GB free"):
        generate(GenerateConfig(source=str(DATA), frames=100_000, width=4096, height=4096), None, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_estimate_grows_with_the_work_and_shrinks_with_workers():
    plan = make_plan(CONFIG, None)
    tasks = [HouseJob(0, ("pretrain", "eval")), HouseJob(1, ("pretrain", "eval"))]
    alone, together = estimate(plan, tasks, 0), estimate(plan, tasks, min(2, os.cpu_count() or 1))
    assert alone.frames == 24 and alone.bytes == together.bytes
    assert together.seconds == pytest.approx(alone.seconds / min(2, os.cpu_count() or 1) + SECONDS_TO_START_RAY)
    assert estimate(plan, tasks[:1], 0).seconds == pytest.approx(alone.seconds / 2)


def test_the_estimate_of_disk_is_near_the_truth(small_corpus):
    manifest = json.loads((small_corpus / MANIFEST).read_text())
    plan = make_plan(CONFIG, None)
    guess = estimate(plan, [HouseJob(0, ("pretrain", "eval")), HouseJob(1, ("pretrain", "eval"))], 0).bytes
    assert 0.5 < guess / manifest["bytes"] < 3


def test_ranges_of_houses_read_as_the_command_line_writes_them():
    assert house_ranges([3, 17, *range(40, 50)]) == "3,17,40-49"
    assert house_ranges([0]) == "0"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--houses", "banana"], "banana"),
        (["--houses", "-3"], "-3"),
        (["--houses", "3-1"], "3-1"),
        (["--houses", "0"], "between 1 and"),
        (["--houses", "7"], "it holds houses 0 to 1"),
        (["--house", "9"], "it holds houses 0 to 1"),
        (["--frames", "0"], "whole number between 1 and 100000"),
        (["--size", "3"], "between 16 and 4096"),
        (["--size", "wide"], "give one number (224) or WxH"),
        (["--fov", "500"], "must be between 10.0 and 150.0"),
        (["--modalities", "rgb,dpeth"], "depth"),
        (["--split", "tarin"], "split"),
        (["--source", "nowhere"], "neither an existing file or folder nor one of procthor, procthor-10k"),
        (["--preset", "smok"], "smoke"),
        (["--set", "poses.hieght_m=[1,2]"], "did you mean 'height_m'"),
        (["--jpeg", "101"], "between 1 and 100"),
        (["--workers", "-1"], "between 0 and"),
    ],
)
def test_a_bad_value_is_one_line_and_exit_2(options, line, tmp_path, capsys):
    command = ["generate", *OPTIONS, "--workers", "0", "--out", str(tmp_path / "out"), *options]
    assert main(command) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and said[0].startswith("tst-sim: error: ") and line in said[0], said
    assert not (tmp_path / "out").exists()


def test_foreign_and_unusable_folders_are_refused(tmp_path, capsys):
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.txt").write_text("mine")
    (tmp_path / "file").write_text("")
    for name, line in (("foreign", "not empty and holds no corpus of ours"), ("file", "must be a folder")):
        assert main(["generate", *OPTIONS, "--workers", "0", "--out", str(tmp_path / name)]) == 2
        assert line in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "foreign").iterdir()] == ["thesis.txt"]
