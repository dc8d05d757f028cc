"""Packs made to harm, or damaged anywhere: each model is drawn or passed over and counted, within seconds."""

from __future__ import annotations

import json
import random
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.packs.test_packs import CHAIR, CHAIR_FILES, CHAIR_ROW, catalogue_of, chair_obj, write_catalogue, write_gltf
from tst_sim.cli.main import main
from tst_sim.errors import UserError
from tst_sim.packs.coverage import load_all
from tst_sim.packs.gltf_folder import open_gltf
from tst_sim.packs.properties import read_properties
from tst_sim.packs.sweethome import open_sweethome3d
from tst_sim.packs.wavefront import MAX_LINES, read_obj

PATIENCE_S = 20.0
"""Far more than any takes on an idle machine, far less than the minutes that they took."""


def fault_of_obj(folder: Path, text: str, **files: str | bytes) -> str:
    folder.mkdir(exist_ok=True)
    changed = {f"test/chair/{name.replace('_', '.')}": content for name, content in files.items()}
    library = catalogue_of(folder, {**CHAIR_FILES, "test/chair/chair.obj": text, **changed})
    began = time.monotonic()
    assert library.parts(CHAIR) is None
    loading = load_all(open_sweethome3d(str(next(folder.glob("*.sh3f")))))
    assert (loading.models, loading.read, len(loading.faults)) == (1, 0, 1)
    assert time.monotonic() - began < PATIENCE_S
    (text,) = loading.faults.values()
    assert "\n" not in text and len(text) <= 400
    return text


@pytest.mark.parametrize(
    ("face", "words"),
    [
        ("f 1 2 99999", "names v 99999 of"),
        (f"f 1 2 {2**63}", "names nothing"),
        (f"f 1 2 -{2**80}", "names nothing"),
        ("f 1 2 " + "9" * 5000, "is not a face"),
        ("f 1/1 2/1 3/99999", "names vt 99999 of"),
        (f"f 1/1 2/1 3/{2**64}", "names nothing"),
        ("v 1e400 0 0\nf 1 2 3", "not finite"),
        ("v nan 0 0\nf 1 2 3", "not finite"),
        ("v " + "x" * 100_000 + " 0 0\nf 1 2 3", "has no 3 numbers"),
    ],
)
def test_numbers_that_name_nothing_cost_one_model(tmp_path: Path, face: str, words: str) -> None:
    assert words in fault_of_obj(tmp_path, f"{chair_obj()}\n{face}\n")


def test_too_much_of_anything_is_found_while_it_is_read(tmp_path: Path) -> None:
    assert "more than 1000000 triangles" in fault_of_obj(tmp_path / "f", chair_obj() + "f 1 2 3\n" * 1_100_000)
    assert f"more than {MAX_LINES} lines" in fault_of_obj(tmp_path / "l", chair_obj() + "\n" * (MAX_LINES + 1))
    materials = "".join(f"usemtl m{number}\nf 1 2 3\n" for number in range(1001))
    assert "materials or primitives, more than 1000" in fault_of_obj(tmp_path / "m", chair_obj() + materials)
    libraries = "".join(f"mtllib {number}.mtl\n" for number in range(17))
    assert "MTL files, more than 16" in fault_of_obj(tmp_path / "t", libraries + chair_obj())


def test_a_material_file_named_thousands_of_times_and_a_texture_of_many_materials_are_read_once() -> None:
    read: list[str] = []
    mtl = "".join(f"newmtl m{number}\nmap_Kd t.png\n" for number in range(500)).encode()
    lines = ["mtllib a.mtl"] * 5000 + ["v 0 0 0", "v 1 0 0", "v 0 1 0"]
    lines += [f"usemtl m{number}\nf 1 2 3" for number in range(500)]

    def text(name: str) -> bytes:
        read.append(name)
        return mtl

    def texture(name: str) -> object:
        read.append(name)
        return None

    assert len(read_obj("\n".join(lines).encode(), "x", text, texture)) == 500  # type: ignore[arg-type]
    assert read == ["a.mtl", "t.png"]


def test_millions_of_continued_lines_of_a_table_are_read_in_linear_time() -> None:
    began = time.monotonic()
    pairs = read_properties(b"name#1=a\\\n" + b"b\\\n" * 1_000_000 + b"c\nid#1=x\n")
    assert pairs["id#1"] == "x" and len(pairs["name#1"]) == 1_000_002
    assert time.monotonic() - began < PATIENCE_S


def test_a_model_that_cannot_be_read_is_read_once_however_many_rows_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{**CHAIR_ROW, "id": f"Test#{number}"} for number in range(200)]
    path = write_catalogue(tmp_path / "a.sh3f", rows, {**CHAIR_FILES, "test/chair/chair.obj": "f 1 2 3"})
    library = open_sweethome3d(str(path))
    seen = []

    def reading(*arguments: object) -> None:
        seen.append(arguments)
        raise UserError("no")

    monkeypatch.setattr("tst_sim.packs.sweethome.read_model", reading)
    assert library.parts(CHAIR) is None
    assert load_all(library).read == 0
    assert len(seen) == 1


def glb(folder: Path, change: Callable[[dict], object]) -> Path:
    """The folder of one model whose JSON was changed."""
    write_gltf(folder, f"file,for,licence\nmodel.glb,{CHAIR.asset_id},CC0\n")
    data = (folder / "model.glb").read_bytes()
    (length,) = struct.unpack_from("<I", data, 12)
    document, rest = json.loads(data[20 : 20 + length]), data[20 + length :]
    change(document)
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    header = struct.pack("<5I", 0x46546C67, 2, 20 + len(text) + len(rest), len(text), 0x4E4F534A)
    (folder / "model.glb").write_bytes(header + text + rest)
    return folder


def indices(document: dict) -> dict:
    return document["accessors"][document["meshes"][0]["primitives"][0]["indices"]]


GLB = {
    "a node of itself": lambda d: d["nodes"].append({"children": [len(d["nodes"])]}),
    "a ring of nodes": lambda d: d["nodes"].extend(
        [{"children": [len(d["nodes"]) + 1]}, {"children": [len(d["nodes"])]}]
    ),
    "a child that is not there": lambda d: d["nodes"].append({"children": [10**30]}),
    "a child of two": lambda d: d["nodes"].extend([{"children": [len(d["nodes"]) + 2]}] * 2 + [{}]),
    "a huge count": lambda d: indices(d).update(count=10**12),
    "a negative count": lambda d: indices(d).update(count=-3),
    "an index buffer that is not there": lambda d: indices(d).update(bufferView=99),
    "positions for indices": lambda d: indices(d).update(bufferView=0, componentType=5126),
    "ten thousand instances": lambda d: d["nodes"].extend([{"mesh": 0}] * 9000),
    "meshes that are none": lambda d: d.update(meshes=5),
    "nodes that are none": lambda d: d.update(nodes=[1, 2]),
}


@pytest.mark.parametrize("damage", GLB)
def test_a_glb_that_declares_what_is_not_there_is_passed_over_and_counted(damage: str, tmp_path: Path) -> None:
    library = open_gltf(str(glb(tmp_path / "glb", GLB[damage])))
    began = time.monotonic()
    assert library.parts(CHAIR) is None
    assert time.monotonic() - began < PATIENCE_S
    (text,) = library.faults.values()
    assert "model.glb" in text and "\n" not in text and len(text) <= 400


def test_assets_counts_what_cannot_be_read_and_ends_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = glb(tmp_path / "glb", GLB["a ring of nodes"])
    assert main(["assets", f"gltf:{folder}", "--load"]) == 1
    said = capsys.readouterr()
    assert "0 of 1 models can be read" in said.out and "its own ancestor" in said.out and "Traceback" not in said.err


def mutated(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data))
        new = rng.choice(
            [b"", bytes([rng.randrange(256)]), b"9" * 20, b"-1", b"nan", b"\n", b"\\\n", b"\0" * 4, b"\xff" * 4]
        )
        data = data[:at] + new + data[at + rng.choice([0, 1, len(new)]) :]
        data = data[: rng.randrange(len(data)) + 1] if rng.random() < 0.05 else data
    return data


def test_mutants_of_a_library_are_drawn_passed_over_or_one_line(tmp_path: Path) -> None:
    rng = random.Random(20)
    names = sorted(CHAIR_FILES)
    outcomes = {"drawn": 0, "passed over": 0, "refused": 0}
    for number in range(150):
        if number % 3:
            name = names[number % len(names)]
            content = CHAIR_FILES[name]
            data = content.encode() if isinstance(content, str) else content
            path = write_catalogue(tmp_path / "m.sh3f", [CHAIR_ROW], {**CHAIR_FILES, name: mutated(data, rng)})
        else:
            path = write_catalogue(tmp_path / "m.sh3f", [CHAIR_ROW], CHAIR_FILES)
            path.write_bytes(mutated(path.read_bytes(), rng))
        try:
            outcome = "drawn" if open_sweethome3d(str(path)).parts(CHAIR) is not None else "passed over"
        except UserError as error:
            assert "\n" not in str(error)
            outcome = "refused"
        outcomes[outcome] += 1
        path.unlink()
    assert min(outcomes.values()) > 3, outcomes


def test_mutants_of_a_glb_are_drawn_or_passed_over(tmp_path: Path) -> None:
    rng = random.Random(21)
    folder = write_gltf(tmp_path / "glb", f"file,for,licence\nmodel.glb,{CHAIR.asset_id},CC0\n")
    whole = (folder / "model.glb").read_bytes()
    drawn = 0
    for _ in range(100):
        (folder / "model.glb").write_bytes(mutated(whole, rng))
        drawn += open_gltf(str(folder)).parts(CHAIR) is not None
    assert drawn < 100
