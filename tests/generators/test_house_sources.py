"""House sources: files, and the real ProcTHOR generator."""

from __future__ import annotations

import ast
import gzip
import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import box as rectangle
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from generators.sources.houses import HouseError, ProcthorSource, open_house_source
from generators.sources.json_lines import JsonLines
from generators.sources.ordered_set import OrderedSet
from generators.sources.procthor_determinism import deterministic_procthor
from generators.sources.procthor_source import attempt_seed
from generators.sources.procthor_speedup import get_all_rectangles
from tst_sim.assets import asset_table
from tst_sim.errors import UserError
from tst_sim.placement import PLACEMENT_VERSION, floating_and_overlapping
from tst_sim.randomness import rng_for

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parents[1] / "data"
TWO_ROOMS = (DATA / "two_rooms_0.0.1.json").read_text()
ONE_LINE = json.dumps(json.loads(TWO_ROOMS))

POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:ee3c4aa14b4d8f0895fecfb5fdaca59395427ca1018b2f9aeeedbc61e5824587\nsize 53314510\n"
)


# Files


def test_a_folder_counts_its_files_by_sorted_name_and_the_lines_in_them(tmp_path):
    other = json.loads(TWO_ROOMS)
    other["objects"] = []
    (tmp_path / "b.json").write_text(TWO_ROOMS)
    (tmp_path / "a.jsonl").write_text(ONE_LINE + "\n\n" + json.dumps(other) + "\n")
    (tmp_path / "notes.txt").write_text("not a house")
    with gzip.open(tmp_path / "c.jsonl.gz", "wt") as stream:
        stream.write(json.dumps(other) + "\n")
    source = open_house_source(str(tmp_path))
    assert [len(source.house(index).objects) for index in range(4)] == [7, 0, 7, 0]
    assert source.house(2).name == "files-train-000002"
    assert source.house(0).digest == source.house(2).digest != source.house(1).digest
    with pytest.raises(UserError, match=r"house 4 is not in .*; it holds houses 0 to 3"):
        source.house(4)


def test_one_file_is_one_house(tmp_path):
    assert open_house_source(str(DATA / "two_rooms_1.0.0.json")).house(0).schema == "1.0.0"
    with pytest.raises(UserError, match="houses 0 to 0"):
        open_house_source(str(DATA / "two_rooms_1.0.0.json")).house(-1)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.json", b'{"rooms": [,]}', r"x\.json: not JSON at line 1, column 12"),
        ("x.json", b"[1]", r"x\.json: a house is a JSON object, not list"),
        ("x.json", b"\xff\xfe\x00", r"x\.json is not UTF-8 text at byte 0"),
        ("x.json", b"{}", r"x\.json: house files-train-000000.*"),
        ("x.jsonl", ONE_LINE.encode() + b"\n{", r"x\.jsonl, line 2: not JSON"),
        ("x.jsonl", b"\n\n", r"x\.jsonl is empty"),
        ("x.jsonl.gz", gzip.compress(ONE_LINE.encode())[:-200], r"cannot be read: it ends in the middle"),
        ("x.jsonl.gz", b"plain", r"x\.jsonl\.gz cannot be read: it is not gzip data"),
        ("x.jsonl", ONE_LINE.encode() + b"\n{}\n", r"x\.jsonl, line 2: house files-train-000001"),
        ("x.jsonl", ONE_LINE.encode() + b"\n{\xff", r"x\.jsonl, line 2 is not UTF-8 text at byte 1"),
        ("x.jsonl.gz", POINTER, r"x\.jsonl\.gz is a Git LFS pointer, not the file of 53314510 bytes it stands for"),
        ("x.json", POINTER, r"x\.json is a Git LFS pointer.*; install git-lfs and run `git lfs pull`"),
        ("x.txt", b"{}", r"x\.txt is not a house file; its name must end in \.json"),
    ],
)
def test_a_bad_file_is_one_line_that_names_file_and_place(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        source = open_house_source(str(tmp_path / name))
        source.house(1 if b"\n{" in content else 0)
    assert "\n" not in str(caught.value)


def test_lines_are_found_again_wherever_they_lie(tmp_path, monkeypatch):
    """Blocks of 64 bytes: lines of none, part and many of them, blank ones, two gzip members, no newline at the end."""
    monkeypatch.setattr("generators.sources.json_lines.CHUNK", 64)
    rng = random.Random(4)
    lines = ["".join(rng.choices("abcdefgh{}", k=rng.choice((0, 1, 30, 500)))) for _ in range(120)] + ["last"]
    data = "\n".join(lines).encode()
    (tmp_path / "x.jsonl").write_bytes(data)
    (tmp_path / "x.jsonl.gz").write_bytes(gzip.compress(data[:9000]) + gzip.compress(data[9000:]) + b"\0" * 70)
    expected = [(line, f"line {number}") for number, line in enumerate(lines, 1) if line]
    for file in (tmp_path / "x.jsonl", tmp_path / "x.jsonl.gz"):
        source = JsonLines(file)
        assert len(source) == len(expected) and source.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
        for number in (len(expected) - 1, *rng.sample(range(len(expected)), 60), *range(len(expected))):
            text, place = source.text(number)
            assert (text, place.removeprefix(f"{file}, ")) == expected[number]


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text(ONE_LINE + "\n")
    source = open_house_source(str(file))
    file.write_text(ONE_LINE + "\n" + ONE_LINE + "\n")
    with pytest.raises(UserError, match=r"x\.jsonl was changed while it was in use; start again"):
        source.house(0)


def test_what_is_no_source_is_refused(tmp_path):
    with pytest.raises(UserError, match="neither an existing file or folder nor one of procthor, procthor-10k"):
        open_house_source(str(tmp_path / "absent"))
    with pytest.raises(UserError, match="holds no house files"):
        open_house_source(str(tmp_path))
    with pytest.raises(UserError, match="use one of train, val, test"):
        open_house_source("procthor", split="dev")


# What tames procthor


def test_an_ordered_set_is_a_set_in_the_order_of_arrival():
    names = OrderedSet(["pear", "apple", "fig"])
    names.add("apple")
    names.remove("pear")
    names.update({"kiwi"})
    assert list(names) == ["apple", "fig", "kiwi"]
    assert names == {"kiwi", "fig", "apple"} and names - {"fig"} == {"apple", "kiwi"}
    assert list({"fig", "plum"} - names) == ["plum"] and list(names | {"plum"})[-1] == "plum"
    copied = names.copy()
    copied.discard("fig")
    assert "fig" in names and "fig" not in copied


def orthogonal_polygon(number: int):
    """A random union of rectangles on an uneven grid, minus some: holes and several pieces occur."""
    rng = rng_for(number, "polygon")
    lines = np.cumsum(rng.uniform(0.2, 1.5, (2, 6)), axis=1).round(3)

    def some() -> BaseGeometry:
        spans = [np.sort(rng.choice(6, 2, replace=False)) for _ in range(2)]
        (x0, x1), (z0, z1) = (lines[axis][span].tolist() for axis, span in enumerate(spans))
        return rectangle(x0, z0, x1, z1)

    return unary_union([some() for _ in range(3)]) - unary_union([some() for _ in range(2)])


def test_the_fast_rectangles_are_procthors_own_on_many_floors():
    from procthor.generation.objects import OrthogonalPolygon

    compared = 0
    for number in range(60):
        polygon = orthogonal_polygon(number)
        if polygon.is_empty or polygon.geom_type not in ("Polygon", "MultiPolygon"):
            continue
        floor = OrthogonalPolygon(polygon)
        fast = get_all_rectangles(floor)
        assert set(fast) == floor.get_all_rectangles() and list(fast) == sorted(fast)
        compared += len(fast)
    assert compared > 500


def test_a_house_leaves_the_process_as_it_was(capsys):
    import procthor.generation.asset_groups as asset_groups
    from procthor.generation.objects import OrthogonalPolygon

    original = OrthogonalPolygon.get_all_rectangles
    random.seed(5)
    np.random.seed(5)
    expected = (random.Random(5).random(), np.random.RandomState(5).random())
    ProcthorSource().house(11)
    assert (random.random(), np.random.random()) == expected
    assert OrthogonalPolygon.get_all_rectangles is original and "set" not in vars(asset_groups)
    with pytest.raises(KeyError), deterministic_procthor():
        raise KeyError
    assert OrthogonalPolygon.get_all_rectangles is original
    assert capsys.readouterr() == ("", "")


# procthor


def test_seeds_are_the_index_first_and_then_a_chain_of_its_own():
    assert [attempt_seed(17, attempt) for attempt in (0, 1, 2)] == [17, attempt_seed(17, 1), attempt_seed(17, 2)]
    chain = {attempt_seed(index, attempt) for index in range(50) for attempt in range(20)}
    assert len(chain) == 1000 and all(0 <= seed < 2**31 for seed in chain)


def test_a_house_is_the_same_for_any_hash_seed_and_any_order():
    program = (
        "import sys; from generators.sources.houses import open_house_source; source = open_house_source('procthor')\n"
        "print({index: source.house(index).digest for index in map(int, sys.argv[1:])})"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "2", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, "12", "15", "17"]
    other = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    here = {index: ProcthorSource().house(index).digest for index in (17, 12, 15)}
    output, _ = other.communicate(timeout=240)
    assert other.returncode == 0 and ast.literal_eval(output) == here


def test_a_real_house_is_valid_and_nothing_in_it_floats_or_overlaps():
    house = ProcthorSource().house(13)
    report = floating_and_overlapping(house)
    assert report.objects > 30 and report.floating == () and report.overlapping == ()
    assert house.name == "procthor-train-000013" and house.document["metadata"]["warnings"] == {}
    assert house.document["metadata"]["schema"] == "0.0.1"


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_a_split_uses_no_asset_of_another_split(split):
    house = ProcthorSource(split).house(11)
    splits = {asset_table()[item.asset_id].split for item, _ in house.all_objects()}
    assert splits <= {split, None} and split in splits
    assert house.name == f"procthor-{split}-000011"


def test_what_a_house_depends_on_is_recorded():
    identity = open_house_source("procthor", "val").identity
    assert (identity["source"], identity["split"], identity["placement_version"]) == (
        "procthor",
        "val",
        PLACEMENT_VERSION,
    )
    assert identity["packages"]["procthor"] == "0.0.1.dev2" and "absent" not in identity["packages"].values()


def test_a_house_that_never_comes_about_is_named():
    class Stuck(ProcthorSource):
        def _sample(self, seed: int) -> dict:
            raise AssertionError("no floor plan")

    with pytest.raises(HouseError, match=r"house procthor-train-000003: procthor gave up 20 times.*: no floor plan"):
        Stuck().house(3)
    with pytest.raises(UserError, match="houses count from 0"):
        Stuck().house(-3)


def test_why_a_seed_was_given_up_is_recorded():
    source = ProcthorSource()
    source.house(69)
    source.house(17)
    assert source.refused == {69: ("seed 69: Rooms [8, 9, 11] / 10 are not navigable.",)}
