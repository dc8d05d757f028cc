"""Files of asset packs that are damaged, hostile or incomplete: one clear line each, naming the entry."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from tests.packs.test_packs import (
    CHAIR,
    CHAIR_FILES,
    CHAIR_ROW,
    OBJ,
    catalogue_of,
    chair_obj,
    mtl,
    write_catalogue,
    write_gltf,
)
from tst_sim.cli.main import main
from tst_sim.errors import UserError
from tst_sim.packs.coverage import load_all
from tst_sim.packs.gltf_folder import open_gltf
from tst_sim.packs.names import pack_names
from tst_sim.packs.properties import read_properties
from tst_sim.packs.sweethome import open_sweethome3d


def one_line(error: pytest.ExceptionInfo[UserError]) -> str:
    text = str(error.value)
    assert "\n" not in text and len(text) < 300
    return text


def fault(folder: Path, **files: str | bytes) -> str:
    """What is said of the one model of a catalogue whose OBJ or MTL is another; the model is not drawn."""
    changed = {**CHAIR_FILES, **{f"test/chair/{name.replace('_', '.')}": content for name, content in files.items()}}
    library = catalogue_of(folder, changed)
    assert library.parts(CHAIR) is None
    (text,) = library.faults.values()
    assert "\n" not in text
    return text


def test_a_damaged_zip(tmp_path: Path) -> None:
    whole = write_catalogue(tmp_path / "a.sh3f", [CHAIR_ROW], CHAIR_FILES).read_bytes()
    (tmp_path / "cut.sh3f").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"cut\.sh3f is not a readable zip") as error:
        open_sweethome3d(str(tmp_path / "cut.sh3f"))
    one_line(error)


def test_a_damaged_entry(tmp_path: Path) -> None:
    path = write_catalogue(tmp_path / "a.sh3f", [CHAIR_ROW], CHAIR_FILES)
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo(OBJ).header_offset + 30 + len(OBJ) + 20
    data = bytearray(path.read_bytes())
    data[at : at + 8] = b"\xff" * 8
    path.write_bytes(bytes(data))
    library = open_sweethome3d(str(path))
    assert library.parts(CHAIR) is None
    assert f"entry '{OBJ}' is damaged" in library.faults["Test#chair"]


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/passwd", "a/../../b", "C:\\windows\\x"])
def test_an_entry_that_points_out_of_the_archive(tmp_path: Path, name: str) -> None:
    write_catalogue(tmp_path / "a.sh3f", [CHAIR_ROW], {**CHAIR_FILES, name: "x"})
    with pytest.raises(UserError, match="points out of the archive") as error:
        open_sweethome3d(str(tmp_path / "a.sh3f"))
    assert repr(name) in one_line(error) or name.split("\\")[-1] in str(error.value)


def test_a_material_file_outside_the_archive(tmp_path: Path) -> None:
    assert "lies outside the archive" in fault(tmp_path, chair_obj=chair_obj().replace("chair.mtl", "../../../x.mtl"))


def test_a_model_that_says_it_is_2_gb_is_not_even_opened(tmp_path: Path) -> None:
    path = write_catalogue(tmp_path / "a.sh3f", [CHAIR_ROW], CHAIR_FILES)
    with zipfile.ZipFile(path, "a") as archive:
        archive.getinfo(OBJ).file_size = 2_000_000_000
        archive.writestr("more", "")  # so that the table of contents is written again
    library = open_sweethome3d(str(path))
    assert library.parts(CHAIR) is None
    assert library.faults["Test#chair"] == f"a.sh3f: entry '{OBJ}' unpacks to 2.0 GB, more than 48.0 MB"


def test_missing_files(tmp_path: Path) -> None:
    library = catalogue_of(tmp_path, {OBJ: chair_obj()})
    assert library.parts(CHAIR) is None
    assert library.faults == {"Test#chair": "test.sh3f: entry 'test/chair/chair.mtl' is missing"}
    assert (
        catalogue_of(tmp_path, {}).faults["Test#chair"]
        == "test.sh3f: model 'Test#chair': entry 'test/chair/chair.obj' is missing"
    )
    assert "entry 'test/chair/wood.jpg' is missing" in fault(
        tmp_path, chair_mtl=mtl("map_Kd wood.jpg\n", red=(1, 1, 1))
    )


def test_a_texture_that_is_no_image(tmp_path: Path) -> None:
    text = mtl("map_Kd wood.jpg\n", red=(1, 1, 1))
    assert "test/chair/wood.jpg is not a readable image" in fault(tmp_path, chair_mtl=text, wood_jpg=b"no image")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("v 0 0 0\nv 1 0 0\nv 1 1 nan\nf 1 2 3\n", "v number 3 is '1 1 nan', not finite"),
        ("v 0 0 0\nv 1 0 zero\nv 1 1 0\nf 1 2 3\n", "a line of 'v' has no 3 numbers"),
        ("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 9\n", "a face names v 9 of 3"),
        ("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 -9\n", "line 4: 'f 1 2 -9' is not a face (-9 names nothing)"),
        ("v 0 0 0\nv 1 0 0\nv 1 1 0\n", "has no faces"),
        ("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 3\n", "is flat"),
        ("v 0 0 0\nv 1e308 0 0\nv -1e308 1 0\nv 0 0 1\nf 1 2 3\nf 1 2 4\n", "reaches 1e+308 from its origin"),
        ("\x00\x01 nothing like it", "has no faces"),
    ],
)
def test_an_obj_that_cannot_be_used(tmp_path: Path, text: str, says: str) -> None:
    assert says in fault(tmp_path, chair_obj=text)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("width", "wide", "width is 'wide', not a length in centimetres"),
        ("height", "-3", "height is '-3'"),
        ("depth", "nan", "depth is 'nan'"),
        ("modelRotation", "1 0 0", "modelRotation is '1 0 0', not the nine numbers of a rotation"),
        ("modelRotation", "0 0 0 0 0 0 0 0 0", "not the nine numbers of a rotation"),
        ("model", "", "has no model entry"),
    ],
)
def test_a_row_with_unusable_values_is_named_and_left_out(tmp_path: Path, field: str, value: str, says: str) -> None:
    library = catalogue_of(tmp_path, **{field: value})
    assert library.entries == ()
    assert says in library.faults["Test#chair"]
    assert load_all(library).models == 1


def test_a_model_that_cannot_be_read_makes_room_for_the_next(tmp_path: Path) -> None:
    rows = [{**CHAIR_ROW, "id": f"Test#{i}", "model": f"{i}.obj"} for i in range(6)]
    files = {f"{i}.obj": "no faces" if i < 5 else chair_obj().replace("mtllib chair.mtl", "") for i in range(6)}
    library = open_sweethome3d(str(write_catalogue(tmp_path / "a.sh3f", rows, files)))
    assert library.parts(CHAIR) is not None
    loading = load_all(library)
    assert (loading.models, loading.read, len(loading.faults)) == (6, 1, 5)


def test_a_model_in_a_zip_of_its_own(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("chair.obj", chair_obj())
        archive.writestr("chair.mtl", mtl(red=(1, 0, 0), blue=(0, 0, 1)))
    for model in ("chair.zip", "chair.zip!/chair.obj"):
        library = catalogue_of(tmp_path, {"chair.zip": inner.getvalue()}, model=model)
        parts = library.parts(CHAIR)
        assert parts is not None, library.faults
        assert {part.name for part in parts} == {"red", "blue"}


def test_names_of_materials_and_textures_say_what_things_are_made_of(tmp_path: Path) -> None:
    image = io.BytesIO()
    Image.new("RGB", (2, 2), (120, 80, 40)).save(image, "PNG")
    text = mtl(red=(1, 0, 0)).replace("red", "Chrome.001") + mtl("map_Kd dark_oak.png\n", blue=(0, 0, 1))
    obj = chair_obj().replace("usemtl red", "usemtl Chrome.001")
    back = re.sub(r"f (\d+) (\d+) (\d+) (\d+)", r"f \1/1 \2/1 \3/1 \4/1", obj.partition("usemtl blue")[2])
    files = {
        OBJ: obj.partition("usemtl blue")[0] + "usemtl blue\nvt 0.5 0.5\n" + back,
        "test/chair/chair.mtl": text,
        "test/chair/dark_oak.png": image.getvalue(),
    }
    parts = catalogue_of(tmp_path, files).parts(CHAIR)
    assert parts is not None
    assert {part.name: part.material.family for part in parts} == {"Chrome.001": "metal", "blue": "wood"}


def test_the_verb_says_what_is_covered_and_which_models_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [CHAIR_ROW, {**CHAIR_ROW, "id": "Test#other", "model": "other.obj"}]
    path = write_catalogue(tmp_path / "two.sh3f", rows, {**CHAIR_FILES, "other.obj": "nothing"})
    assert main(["assets", f"sweethome3d:{path}"]) == 0
    said = capsys.readouterr().out
    assert "2 models; 1 of 109 types" in said and "licence: CC-BY 3.0 © Ann" in said
    assert main(["assets", f"sweethome3d:{path}", "--load"]) == 1
    said = capsys.readouterr().out
    assert "two.sh3f: other.obj has no faces" in said and "1 of 2 models can be read, 36 triangles" in said
    assert main(["assets", "builtin"]) == 2
    assert "name another pack" in capsys.readouterr().err


def test_java_properties_as_java_reads_them() -> None:
    text = "! note\n# note\na = 1\n b:two \nc three\nd=caf\\u00e9\\\n   noir\ne\\=f=x\\ty\n\ng=\na=2\n"
    pairs = {"a": "2", "b": "two", "c": "three", "d": "cafénoir", "e=f": "x\ty", "g": ""}
    assert read_properties(text.encode()) == pairs
    assert read_properties("k=\u00e9".encode("latin-1")) == {"k": "é"}


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("file,for,licence\nnone.glb,Toaster,CC0\n", "assets.csv, row 1: file 'none.glb' does not exist"),
        ("file,for,licence\n../x.glb,Toaster,CC0\n", "lies outside the folder"),
        ("file,for,licence\nmodel.glb,Toster,CC0\n", "did you mean 'Toaster'?"),
        ("file,for,licence\nmodel.glb,Toaster,\n", "'licence' is missing"),
        ("file,for,licence,front\nmodel.glb,Toaster,CC0,up\n", "front 'up' must be one of +z, -x, -z, +x"),
        ("file,for,licence,carries_at\nmodel.glb,Toaster,CC0,7\n", "carries_at '7' must be a share"),
        ("file,for,license\nmodel.glb,Toaster,CC0\n", "'license' is not a column; did you mean 'licence'?"),
        ("file,for,licence\nassets.csv,Toaster,CC0\n", "is no .glb"),
        ("", "lists no model"),
    ],
)
def test_a_table_of_glb_files_that_cannot_be_used(tmp_path: Path, table: str, says: str) -> None:
    folder = write_gltf(tmp_path / "glb", table)
    with pytest.raises(UserError) as error:
        open_gltf(str(folder))
    assert says in one_line(error)


def test_a_glb_that_cannot_be_read(tmp_path: Path) -> None:
    folder = write_gltf(tmp_path / "glb", f"file,for,licence\nmodel.glb,{CHAIR.asset_id},CC0\n")
    (folder / "model.glb").write_bytes((folder / "model.glb").read_bytes()[:300])
    library = open_gltf(str(folder))
    assert library.parts(CHAIR) is None
    assert "glb/model.glb is not a readable GLB" in library.faults["model.glb"]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["swethome3d"], "did you mean 'sweethome3d'?"),
        (["gltf"], "names no place"),
        (["sweethome3d:"], "names no place"),
        (["builtin:x"], "builtin has no files"),
        (["gltf:a", "gltf:a"], "is named twice"),
    ],
)
def test_names_of_packs_that_mean_nothing(names: list[str], says: str) -> None:
    with pytest.raises(UserError) as error:
        pack_names(names)
    assert says in one_line(error)


def test_places_without_a_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tst_sim.packs.sweethome.FOLDERS", (str(tmp_path),))
    with pytest.raises(UserError, match="sudo apt-get install sweethome3d-furniture"):
        open_sweethome3d(None)
    with pytest.raises(UserError, match=r"has no \.sh3f file"):
        open_sweethome3d(str(tmp_path))
    with pytest.raises(UserError, match="does not exist"):
        open_sweethome3d(str(tmp_path / "none.sh3f"))
