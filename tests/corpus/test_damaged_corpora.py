"""`verify` of edited and damaged corpora: what contradicts is found and named, and nothing ends in a traceback."""

from __future__ import annotations

import copy as copies
import io
import json
import os
import random
import shutil
import signal
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generators.config import GenerateConfig, OutputConfig
from generators.generate import generate
from tests.conftest import DATA
from tst_sim.cli.main import main
from tst_sim.corpus import MANIFEST, Corpus, Shard, shard_path
from tst_sim.corpus.frame_sets import FrameSetRecord
from tst_sim.corpus.shards import read_shard_record
from tst_sim.corpus.verify import Fault, verify
from tst_sim.errors import UserError
from tst_sim.storage import file_sha256

HOUSE = "files-train-000000"
SHARD = f"pretrain/{HOUSE}-00001.tar"
RECORD = f"pretrain/{HOUSE}-00001.json"
JUNK = (None, True, -1, 0, 7, 10**30, 1.5, float("nan"), float("inf"), "", "x", "../x", [], [1], {}, {"a": 1}, [[]] * 3)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two houses of 4 and 2 frames, 32 px, 2 frames in a shard."""
    output = OutputConfig(shard_frames=2)
    config = GenerateConfig(source=str(DATA), frames=4, eval_frames=2, width=32, height=32, light="none", output=output)
    return generate(config, None, tmp_path_factory.mktemp("tiny") / "corpus").folder


@pytest.fixture
def corpus(tiny: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny, tmp_path / "corpus"))


def faults(folder: Path) -> list[Fault]:
    return [fault for report in verify(folder) for fault in report.faults]


def edit(path: Path, change: Callable[[Any], Any]) -> None:
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def seal(folder: Path) -> None:
    """Make record and manifest state the size and hash that `SHARD` has: only its content is wrong."""
    path = folder / SHARD
    edit(folder / RECORD, lambda d: d.update(sha256=file_sha256(path), bytes=path.stat().st_size))
    records = [read_shard_record(folder, "pretrain", HOUSE, number, 2) for number in range(2)]
    summary = FrameSetRecord(tuple(record for record in records if record)).summary()

    def state(manifest: dict[str, Any]) -> None:
        shards = manifest["houses"][0]["shards"]
        manifest["bytes"] += summary["bytes"] - shards["pretrain"]["bytes"]
        shards["pretrain"] = summary

    edit(folder / MANIFEST, state)


def rewrite(folder: Path, change: Callable[[str, bytes], list[tuple[str, bytes]]]) -> None:
    """Write `SHARD` again with each file changed, dropped or doubled, and seal it."""
    shard = Shard(folder / SHARD)
    files = [(f"{key}.{name}", shard.read(key, name)) for key in shard.keys for name in shard.files[key]]
    with tarfile.open(folder / SHARD, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in (new for file in files for new in change(*file)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    seal(folder)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (RECORD, lambda d: d.update(samples=1), "its record says 1"),
        (RECORD, lambda d: d.update(bytes=1), "its record says 1: cut short or overwritten"),
        (RECORD, lambda d: d.update(number=0), "is the record of another shard"),
        (RECORD, lambda d: d["facts"].update(digest="0" * 64), "contradict each other: digest"),
        (RECORD, lambda d: d["facts"].update(made_by={}), "names a maker"),
        (
            RECORD,
            lambda d: d["facts"]["coverage"].update(seen_once=0.9),
            "its records say otherwise (coverage.seen_once",
        ),
        (MANIFEST, lambda d: d["houses"][1].update(digest="0" * 64), "contradict each other: digest"),
        (MANIFEST, lambda d: d["houses"][0].update(frames=3), "the settings say 4"),
        (MANIFEST, lambda d: d["houses"].append(d["houses"][0]), "lists the house with index 0 twice"),
        (MANIFEST, lambda d: d["houses"].pop(), "are not the houses asked for (0-1)"),
        (MANIFEST, lambda d: d["houses"].reverse(), "not in the order of their indices"),
        (MANIFEST, lambda d: d["houses"][0]["shards"]["pretrain"].update(count=1), "is not in the manifest"),
        (MANIFEST, lambda d: d["houses"][0]["shards"]["pretrain"].update(count=3), "-00002.tar: missing"),
        (MANIFEST, lambda d: d.update(seed=99), "say otherwise: seed: 0 -> 99"),
        (MANIFEST, lambda d: (d.update(seed=9), d["config"].update(seed=9)), "than the manifest: config.seed: 0 -> 9"),
        (MANIFEST, lambda d: d["classes"].reverse(), "classes are not those of class list"),
        (MANIFEST, lambda d: d["frames"].update(pretrain=9), "its totals are not those of its houses"),
        (MANIFEST, lambda d: d["frame_sets"].update(min_distance_m=0.0), "is not the rule of its settings"),
        ("plan.json", lambda d: d.update(houses="0-2"), "says otherwise than the manifest: houses"),
    ],
)
def test_a_contradiction_is_found_and_named(corpus, name, change, said):
    edit(corpus / name, change)
    found = [f"{fault.where}: {fault.what}" for fault in faults(corpus)]
    assert any(said in line for line in found), found


def test_cameras_of_the_frame_sets_that_stand_too_near_are_found(corpus):
    for name in (MANIFEST, "plan.json"):  # the rule is made stricter than the frames keep
        edit(corpus / name, lambda d: d["config"]["poses"].update(eval_distance_m=5.0))
    edit(corpus / MANIFEST, lambda d: d["frame_sets"].update(min_distance_m=5.0))
    found = faults(corpus)
    assert len(found) == 2 and all("m apart, the least is 5.0 m" in fault.what for fault in found)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda name, data: [(name, data)] * (2 if name.endswith("3.depth.png") else 1), "is there twice"),
        (lambda name, data: [] if name.endswith("3.depth.png") else [(name, data)], "has the files"),
        (lambda name, data: [(name.replace("000003", "000009"), data)], "is in the place of"),
        (lambda name, data: [(name, b"[" * 100_000 if name.endswith("3.json") else data)], "cannot be read as JSON"),
        (lambda name, data: [(name, b"{}" if name.endswith("3.json") else data)], "has the wrong fields"),
        (lambda name, data: [(name, data[:60] if name.endswith("3.rgb.png") else data)], "cannot be decoded"),
    ],
)
def test_what_is_wrong_inside_a_shard_with_fitting_hashes_is_named(corpus, change, said):
    rewrite(corpus, change)
    found = [f"{fault.where}: {fault.what}" for fault in faults(corpus)]
    assert any(said in line for line in found), found


def test_a_moved_object_or_another_asset_is_seen_between_frames(corpus):
    def swapped(name: str, data: bytes) -> list[tuple[str, bytes]]:
        if name.endswith("3.json"):
            values = json.loads(data)
            values["instances"][0]["box_center_m"][0] += 1.0
            data = json.dumps(values).encode()
        return [(name, data)]

    rewrite(corpus, swapped)
    assert any("is not what it is in another frame: box_center_m" in fault.what for fault in faults(corpus))


@pytest.mark.parametrize("name", [MANIFEST, "plan.json", RECORD, SHARD])
@pytest.mark.parametrize("how", ["folder", "empty", "binary", "list", "deep", "digits", "gone"])
def test_a_file_that_is_something_else_is_a_fault(corpus, name, how):
    path = corpus / name
    path.unlink()
    if how == "folder":
        path.mkdir()
    elif how != "gone":
        written = {
            "empty": b"",
            "binary": bytes(range(256)),
            "list": b"[]",
            "deep": b"[" * 200_000,
            "digits": b"9" * 9000,
        }
        path.write_bytes(written[how])
    assert faults(corpus), "a damaged corpus has a fault"


def places(values: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The place of every value inside JSON."""
    inner = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    return [place for key, value in inner for place in ((*path, key), *places(value, (*path, key)))]


def mutated(values: Any, rng: random.Random) -> tuple[Any, tuple[Any, ...]]:
    """(JSON with one value replaced, removed or doubled, its place)."""
    result = copies.deepcopy(values)
    place = rng.choice(places(values))
    inside = result
    for key in place[:-1]:
        inside = inside[key]
    how = rng.randrange(4)
    if how == 0:
        del inside[place[-1]]
    elif how == 1 and isinstance(inside, list):
        inside.append(copies.deepcopy(inside[place[-1]]))
    else:
        inside[place[-1]] = copies.deepcopy(rng.choice(JUNK))
    return result, place


FREE = ("conventions", "assets", "class_list_version")
"""What nothing else in a corpus states: wording, credits, and the version of a class list that is then unknown."""


def test_every_seeded_mutant_of_manifest_plan_and_records_is_found(corpus):
    rng = random.Random(8)
    missed = []
    for number in range(240):
        path = corpus / (MANIFEST, "plan.json", RECORD, f"eval/{HOUSE}.json")[number % 4]
        text = path.read_text()
        values = json.loads(text)
        mutant, place = mutated(values, rng)
        path.write_text(json.dumps(mutant))
        as_format_1 = place[0] in ("number", "count") and place[0] not in mutant  # absent for a single shard
        if not faults(corpus) and mutant != values and place[0] not in FREE and not as_format_1:
            missed.append((path.name, place))
        path.write_text(text)
    assert missed == []


def test_no_seeded_mutant_of_a_sample_or_of_a_tar_ends_in_anything_but_faults(corpus):
    rng = random.Random(9)
    before = {path: path.read_bytes() for path in (corpus / SHARD, corpus / RECORD, corpus / MANIFEST)}
    for number in range(160):
        if number % 2:
            data = bytearray(before[corpus / SHARD])
            for _ in range(rng.randint(1, 4)):  # headers are every reader's first trap: aim at one half of the time
                at = rng.randrange(len(data))
                data[at - at % 512 if rng.random() < 0.5 else at] ^= 1 << rng.randrange(8)
            start = rng.randrange(len(data))
            data = data[:start] if number % 8 == 1 else data
            (corpus / SHARD).write_bytes(data)
            if number % 4 == 1:
                seal(corpus)
            else:
                assert faults(corpus) or bytes(data) == before[corpus / SHARD]
        else:
            rewrite(
                corpus,
                lambda name, data: (
                    [(name, json.dumps(mutated(json.loads(data), rng)[0]).encode())]
                    if name.endswith("3.json")
                    else [(name, data)]
                ),
            )
        faults(corpus)
        for path, content in before.items():
            path.write_bytes(content)


@pytest.mark.parametrize("text", ["a\nb", "\x1b[31m", "\ud800", "n" * 5000])
def test_whatever_a_damaged_file_says_is_told_in_one_line_and_exit_code_1(corpus, text, capsys):
    def renamed(name: str, data: bytes) -> list[tuple[str, bytes]]:
        if name.endswith(".json"):
            values = json.loads(data)
            data = json.dumps(values | {"key": text}).encode()
        return [(name, data)]

    rewrite(corpus, renamed)
    assert main(["verify", str(corpus), "--workers", "0"]) == 1
    said = [line for line in capsys.readouterr().err.splitlines() if "its JSON says key" in line]
    assert len(said) == 2 and all(line.isprintable() for line in said)
    edit(corpus / MANIFEST, lambda d: d["houses"][0].update(name=text))
    assert main(["verify", str(corpus), "--workers", "0"]) == 1


@pytest.mark.parametrize("name", [MANIFEST, "plan.json", RECORD])
@pytest.mark.parametrize("depth", [40, 400, 900])
def test_json_nested_deeply_inside_a_field_is_a_fault(corpus, name, depth):
    nested = json.loads("[" * depth + "]" * depth)
    field = {MANIFEST: "conventions", "plan.json": "config", RECORD: "facts"}[name]
    edit(corpus / name, lambda d: d[field].update(deep=nested))
    assert faults(corpus)


def test_training_refuses_what_contradicts_in_one_line(corpus):
    edit(corpus / RECORD, lambda d: d.update(samples=1))
    with pytest.raises(UserError, match="contradicts the manifest"):
        list(Corpus(corpus).keys("pretrain"))
    edit(corpus / MANIFEST, lambda d: d["houses"][0].update(name="../../etc"))
    with pytest.raises(UserError, match="cannot be that of a house"):
        Corpus(corpus)


def test_a_size_that_would_move_backwards_or_beyond_the_end_is_a_damaged_shard(corpus):
    for field in (b"\x80\x7f" + bytes(10), b"\xff" * 12):
        data = bytearray((corpus / SHARD).read_bytes())
        data[124:136] = field
        data[148:156] = b" " * 8
        data[148:156] = b"%06o\0 " % sum(data[:512])
        (corpus / SHARD).write_bytes(data)
        with pytest.raises(UserError, match="is damaged"):
            Shard(corpus / SHARD).keys  # noqa: B018


def test_a_process_that_is_killed_is_one_line(tiny, monkeypatch):
    import tst_sim.corpus.verify as verification

    def kill_the_first(pool: Any, *arguments: Any) -> Any:
        futures = submit(pool, *arguments)
        deadline = time.monotonic() + 60
        while not pool._processes and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(next(iter(pool._processes)), signal.SIGKILL)
        return futures

    submit = verification.ProcessPoolExecutor.map
    monkeypatch.setattr(verification.ProcessPoolExecutor, "map", kill_the_first)
    with pytest.raises(UserError, match="was ended from outside"):
        list(verify(tiny, workers=2))


def test_the_manifest_is_parsed_once_however_many_houses_there_are(corpus, monkeypatch):
    import tst_sim.corpus.manifest as manifests

    reads: list[Path] = []

    def counted(path: Path, **options: Any) -> Any:
        reads.append(path)
        return read(path, **options)

    read = manifests.read_json
    monkeypatch.setattr(manifests, "read_json", counted)
    assert faults(corpus) == []
    assert reads == [corpus / MANIFEST]


def test_the_shards_of_a_house_that_the_manifest_names_lie_where_its_number_says(tiny):
    assert (tiny / SHARD) == shard_path(tiny, "pretrain", HOUSE, 1, 2)
    assert Corpus(tiny).shard("pretrain", HOUSE, 1).keys == (f"{HOUSE}_pretrain_000002", f"{HOUSE}_pretrain_000003")
