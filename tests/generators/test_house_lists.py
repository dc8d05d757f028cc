"""Many houses in one JSON, and files that were made to hurt: each is read, or one line within seconds."""

from __future__ import annotations

import gzip
import json
import random
import time
from pathlib import Path

import pytest

from generators.sources.house_lists import HouseList
from generators.sources.houses import open_house_source
from tests.houses.test_houses import room_document
from tst_sim.errors import UserError


def houses(count: int) -> list[dict]:
    """Rooms that differ in width, with texts that look like brackets and quotes."""
    made = []
    for number in range(count):
        document = room_document()
        for room in document["rooms"] + document["walls"]:
            for corner in room.get("floorPolygon", room.get("polygon")):
                corner["x"] *= 1 + number / 10
        document["note"] = ['}]"\\', "[{", "\\\\" * number, {"train": [{}]}]
        made.append(document)
    return made


def width(house) -> float:
    return round(max(x for x, _ in house.rooms[0].floor_polygon), 3)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_list_of_houses_is_counted_from_0(tmp_path: Path, packed: bool, indent: int | None):
    text = json.dumps(houses(12), indent=indent).encode()
    file = tmp_path / ("list.json.gz" if packed else "list.json")
    file.write_bytes(gzip.compress(b"\xef\xbb\xbf" + text) if packed else text)
    source = open_house_source(str(file))
    assert [width(source.house(index)) for index in (0, 11, 3)] == [4.0, 8.4, 5.2]
    with pytest.raises(UserError, match="holds houses 0 to 11"):
        source.house(12)


def test_houses_are_found_wherever_the_pieces_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = json.dumps(houses(5), indent=1).encode()
    (tmp_path / "l.json").write_bytes(text)
    (tmp_path / "l.json.gz").write_bytes(gzip.compress(text[:999]) + gzip.compress(text[999:]))
    for size in (64, 97, 1000):
        monkeypatch.setattr("generators.sources.packed.CHUNK", size)
        monkeypatch.setattr("generators.sources.packed.PIECE", size + 13)
        for file in (tmp_path / "l.json", tmp_path / "l.json.gz"):
            listed = HouseList(file, "train")
            for number in random.Random(size).sample(range(5), 5):
                text_of, place = listed.text(number)
                assert json.loads(text_of) == houses(5)[number] and place.endswith(f"house {number} of the list")


def test_splits_are_chosen_by_split_and_counted_each_from_0(tmp_path: Path):
    file = tmp_path / "all.json.gz"
    made = houses(5)
    file.write_bytes(gzip.compress(json.dumps({"train": made[:3], "val": made[3:4], "test": made[4:]}).encode()))
    found = {split: open_house_source(str(file), split) for split in ("train", "val", "test")}
    assert [len(source) for source in found.values()] == [3, 1, 1]
    assert width(found["val"].house(0)) == 5.2 and found["test"].house(0).name == "files-test-000000"


def test_lists_count_among_the_files_of_a_folder(tmp_path: Path):
    made = houses(4)
    (tmp_path / "a.json").write_text(json.dumps(made[:2]))
    (tmp_path / "b.json").write_text(json.dumps(made[2]))
    (tmp_path / "c.jsonl").write_text(json.dumps(made[3]) + "\n")
    source = open_house_source(str(tmp_path))
    assert [width(source.house(index)) for index in range(4)] == [4.0, 4.4, 4.8, 5.2]


HOUSE = json.dumps(room_document())
BOMBS = {
    "split.json": (b'{"train": [' + HOUSE.encode() + b"]}", r"split\.json holds no split 'val'; it holds train"),
    "empty.json": (b"[ ]", "holds an empty list"),
    "null.json": (f"[{HOUSE}, null]".encode(), r"null\.json: a house is a JSON object, not list entry 1, a number"),
    "text.json": (f'["x", {HOUSE}]'.encode(), "not list entry 0, a text"),
    "nested.json": (f"[[{HOUSE}]]".encode(), "not list entry 0, a list"),
    "cut.json": (f"[{HOUSE}, {HOUSE[:-9]}".encode(), r"cut\.json: not JSON: it ends in the middle"),
    "other.json": (b'{"train": [{}], "dev": [{}]}', "'dev' stands among lists of houses"),
    "cut.json.gz": (gzip.compress(f"[{HOUSE}]".encode())[:-30], r"cut\.json\.gz cannot be read: it ends in the middle"),
    "zeros.json.gz": (gzip.compress(b"0" * (1 << 26), 1), r"zeros\.json\.gz has more than 16\.8 MB; no house is that"),
    "blanks.json.gz": (gzip.compress(b"[" + b" " * (1 << 26), 1), "entry 0 of the list has more than 16.8 MB"),
    "blanks.jsonl.gz": (gzip.compress(b"\n" * (1 << 26), 1), r"line 1 and after: a million lines on end are no houses"),
    "line.jsonl.gz": (gzip.compress(b"x" * (1 << 26), 1), r"line\.jsonl\.gz, line 1 has more than 16\.8 MB"),
    "utf16.json": (HOUSE.encode("utf-16"), r"utf16\.json is not UTF-8 text at byte 0: UTF-16"),
    "latin.json": (HOUSE.replace("Kitchen", "Küche").encode("latin-1"), r"latin\.json is not UTF-8 text at byte"),
    "twice.json": (
        HOUSE.replace('"x": 2,', '"x": 2, "x": 3,', 1).encode(),
        r"objects\[0\]\.position holds the key 'x'",
    ),
    "infinite.json": (HOUSE.replace('"x": 2,', '"x": 1e999,', 1).encode(), r"position\.x is inf, expected a finite"),
    "unknown.json": (
        HOUSE.replace('{"meta', '{"other": [NaN], "meta', 1).encode(),
        r"other\[0\] is nan",
    ),
    "digits.json": (HOUSE.replace('"x": 2,', '"x": ' + "9" * 6000 + ",", 1).encode(), "has 1000 digits or more"),
    "large.json": (HOUSE.replace('"x": 2,', '"x": ' + "9" * 400 + ",", 1).encode(), "is a number beyond 1e300"),
    "deep.json": (b'{"a":' * 200_000, r"deep\.json: nested more than 100 deep at line 1, column 501"),
    "half.json": (HOUSE.replace("Kitchen", "\\udc00").encode(), r"roomType is '\\udc00', which holds half a character"),
    "many.json": (b'{"a": [' + b"0," * 2_000_000 + b"0]}", "is one of more than 1000000 values"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_no_house_is_is_refused_in_one_line_within_seconds(tmp_path: Path, name: str):
    content, message = BOMBS[name]
    (tmp_path / name).write_bytes(content)
    start = time.process_time()
    with pytest.raises(UserError, match=message) as caught:
        open_house_source(str(tmp_path / name), "val" if name == "split.json" else "train").house(0)
    said = str(caught.value)
    assert name in said and said.isprintable() and len(said) < 600
    assert time.process_time() - start < 10


def test_a_house_with_a_byte_order_mark_is_read(tmp_path: Path):
    (tmp_path / "mark.json").write_text(HOUSE, encoding="utf-8-sig")
    assert len(open_house_source(str(tmp_path / "mark.json")).house(0).rooms) == 1
