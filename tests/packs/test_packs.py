"""Asset packs: catalogues in the real format, made here; models fitted to real boxes; the ray caster agrees."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import trimesh
from conftest import DATA
from PIL import Image
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

from generators.config import GenerateConfig
from generators.generate import generate
from tests.engine.test_raycast import MIN_AGREEMENT, agreement
from tst_sim.assets import asset_table
from tst_sim.backends import open_simulator
from tst_sim.corpus import Corpus
from tst_sim.embedded.catalogue import build_asset
from tst_sim.embedded.mesh.materials import srgb_to_linear
from tst_sim.embedded.mesh.mesh import Part
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.errors import UserError
from tst_sim.houses import House
from tst_sim.packs.coverage import coverage
from tst_sim.packs.gltf_folder import open_gltf
from tst_sim.packs.library import Library
from tst_sim.packs.names import pack_names
from tst_sim.packs.selection import open_packs
from tst_sim.packs.sweethome import open_sweethome3d
from tst_sim.packs.type_patterns import types_of
from tst_sim.placement.shapes import placement_geometry
from tst_sim.storage import file_sha256

CHAIR = asset_table()["Chair_007_1"]
RED, BLUE = (0.8, 0.1, 0.1), (0.1, 0.2, 0.9)
Corner = tuple[float, float, float]

CHAIR_ROW = {
    "id": "Test#chair",
    "name": "Kitchen chair",
    "model": "/test/chair/chair.obj",
    "width": "40",
    "depth": "40",
    "height": "90",
    "dropOnTopElevation": "45",
    "doorOrWindow": "false",
    "creator": "Ann",
}


def box_lines(low: Corner, high: Corner, first: int = 1) -> str:
    """A closed box of OBJ quads, counter-clockwise seen from outside; its vertices are numbered from `first`."""
    corners = [(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])]
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    lines = [f"v {x} {y} {z}" for x, y, z in corners]
    return "\n".join(lines + ["f " + " ".join(str(first + corner) for corner in quad) for quad in quads]) + "\n"


def chair_obj() -> str:
    """A red seat whose top is at half the height, and a blue back at -z: the front is +z."""
    seat, leg = box_lines((-20, 40, -20), (20, 45, 20)), box_lines((-3, 0, -3), (3, 40, 3), first=9)
    back = box_lines((-20, 45, -20), (20, 90, -15), first=17)
    return f"mtllib chair.mtl\nusemtl red\n{seat}{leg}usemtl blue\n{back}"


def mtl(more: str = "", **colors: Corner) -> str:
    return "".join(f"newmtl {name}\nKd {r} {g} {b}\nd 1\n{more}" for name, (r, g, b) in colors.items())


OBJ = "test/chair/chair.obj"
CHAIR_FILES = {OBJ: chair_obj(), "test/chair/chair.mtl": mtl(red=RED, blue=BLUE)}


def write_catalogue(path: Path, rows: Sequence[Mapping[str, str]], files: Mapping[str, str | bytes]) -> Path:
    """A `.sh3f` as Sweet Home 3D's library editor writes it."""
    table = ["# Furniture", "id=Test", "name=Test", "license=CC-BY 3.0 \\u00a9 Ann"]
    for number, row in enumerate(rows, 1):
        table += [f"{key}#{number}={value}" for key, value in row.items()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("PluginFurnitureCatalog.properties", "\n".join(table))
        archive.writestr("PluginFurnitureCatalog_fr.properties", "name#1=Chaise de cuisine\n")
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def catalogue_of(folder: Path, files: Mapping[str, str | bytes] = CHAIR_FILES, **changes: str) -> Library:
    """A catalogue of one chair, with some of its properties or files changed."""
    return open_sweethome3d(str(write_catalogue(folder / "test.sh3f", [{**CHAIR_ROW, **changes}], files)))


def drawn(library: Library, asset_id: str = CHAIR.asset_id) -> dict[str, Part]:
    parts = library.parts(asset_table()[asset_id])
    assert parts is not None, library.faults
    return {part.name: part for part in parts}


def bounds(*parts: Part) -> tuple[np.ndarray, np.ndarray]:
    points = np.concatenate([part.mesh.vertices for part in parts])
    return points.min(axis=0), points.max(axis=0)


def volume(part: Part) -> float:
    """Positive where triangles face outwards by this engine's winding."""
    a, b, c = (part.mesh.vertices[part.mesh.triangles[:, i]].astype(np.float64) for i in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def test_a_model_fills_the_real_box_with_its_front_at_plus_z_and_faces_outwards(tmp_path: Path) -> None:
    parts = drawn(catalogue_of(tmp_path))
    low, high = bounds(*parts.values())
    np.testing.assert_allclose(high, np.array(CHAIR.size_m) / 2, atol=1e-5)
    np.testing.assert_allclose(low, -np.array(CHAIR.size_m) / 2, atol=1e-5)
    assert bounds(parts["blue"])[1][2] < 0
    assert parts["blue"].material.color == pytest.approx(srgb_to_linear(BLUE))
    assert all(volume(part) > 0 for part in parts.values())


def test_its_seat_is_where_placement_has_it(tmp_path: Path) -> None:
    seat = next(s.height_m for s in placement_geometry(CHAIR.asset_id).surfaces if s.kind == "seat")
    assert bounds(drawn(catalogue_of(tmp_path))["red"])[1][1] == pytest.approx(seat, abs=1e-5)


def test_what_carries_nothing_stands_for_no_asset_that_does(tmp_path: Path) -> None:
    assert catalogue_of(tmp_path, dropOnTopElevation="-1").parts(CHAIR) is None


def test_a_table_must_reach_under_everything_that_may_stand_on_it(tmp_path: Path) -> None:
    asset = asset_table()["Dining_Table_203_1"]
    width, height, depth = (f"{100 * side:.1f}" for side in asset.size_m)
    row = {**CHAIR_ROW, "name": "Table", "width": width, "height": height, "depth": depth, "dropOnTopElevation": height}
    whole = box_lines((0, 0.9, 0), (1, 1, 1)) + box_lines((0.4, 0, 0.4), (0.6, 0.9, 0.6), first=9)
    bent = box_lines((0, 0.9, 0), (0.5, 1, 1)) + box_lines((0.5, 0.9, 0), (1, 1, 0.5), first=9)
    bent += box_lines((0.4, 0, 0.4), (0.6, 0.9, 0.6), first=17)
    models = {}
    for name, text in (("whole", whole), ("bent", bent)):
        (tmp_path / name).mkdir()
        models[name] = catalogue_of(tmp_path / name, {OBJ: text}, **row)
    assert models["whole"].parts(asset) is not None
    assert models["bent"].parts(asset) is None
    assert "no surface where things stand" in models["bent"].faults[f"Test#chair as {asset.asset_id}"]


def test_the_rotation_of_a_catalogue_is_applied_before_the_fit(tmp_path: Path) -> None:
    parts = drawn(catalogue_of(tmp_path, modelRotation="-1 0 0 0 1 0 0 0 -1"))
    assert bounds(parts["blue"])[0][2] > 0


def test_a_texture_becomes_the_colors_of_the_triangles(tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 8), (200, 30, 30))
    image.paste((20, 40, 220), (0, 0, 4, 8))
    image.save(tmp_path / "halves.png")
    triangles = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 0 0 1\nv 1 0 1\nvt 0.1 0.1\nvt 0.4 0.9\nvt 0.6 0.1\nvt 0.9 0.9\n"
    faces = "f 1/1 2/2 3/1\nf 1/1 3/2 4/1\nf 1/3 2/4 6/3\nf 1/3 6/4 5/3\n"
    files = {
        "test/chair/chair.obj": f"mtllib chair.mtl\nusemtl red\n{triangles}{faces}",
        "test/chair/chair.mtl": mtl("map_Kd halves.png\n", red=RED),
        "test/chair/halves.png": (tmp_path / "halves.png").read_bytes(),
    }
    library = catalogue_of(tmp_path, files, name="Toaster", width="22", height="21", depth="36")
    parts = library.parts(asset_table()["Toaster_1"])
    assert parts is not None, library.faults
    colors = sorted(part.material.color for part in parts)
    wanted = [srgb_to_linear((20 / 255, 40 / 255, 220 / 255)), srgb_to_linear((200 / 255, 30 / 255, 30 / 255))]
    np.testing.assert_allclose(colors, sorted(wanted), atol=1e-6)


def test_a_house_s_own_color_goes_to_the_largest_part(tmp_path: Path) -> None:
    parts = catalogue_of(tmp_path).parts(CHAIR, color=(0.0, 1.0, 0.0))
    assert parts is not None
    assert sorted(part.material.color[1] for part in parts)[-1] == 1.0
    assert len({part.material.color for part in parts}) == 2


def test_what_stands_open_is_left_to_the_shapes_that_can_move(tmp_path: Path) -> None:
    library = catalogue_of(tmp_path, name="Laptop", width="40", depth="30", height="29")
    laptop = asset_table()["Laptop_1"]
    assert library.parts(laptop) is not None
    assert library.parts(laptop, openness=0.0) is None


def test_a_model_is_not_stretched_beyond_recognition(tmp_path: Path) -> None:
    assert catalogue_of(tmp_path, width="90").parts(CHAIR) is None
    assert catalogue_of(tmp_path, width="4", depth="4", height="9", dropOnTopElevation="4.5").parts(CHAIR) is None


def test_the_choice_of_a_model_changes_for_few_assets_when_one_is_added(tmp_path: Path) -> None:
    rows = [{**CHAIR_ROW, "id": f"Test#{i}"} for i in range(10)]
    before = open_sweethome3d(str(write_catalogue(tmp_path / "a.sh3f", rows[:9], CHAIR_FILES)))
    after = open_sweethome3d(str(write_catalogue(tmp_path / "b.sh3f", rows, CHAIR_FILES)))
    chairs = [asset for asset in asset_table().values() if asset.object_type == "Chair"]
    pairs = [(before.matches(chair), after.matches(chair)) for chair in chairs]
    pairs = [(old[0].entry.key, new[0].entry.key) for old, new in pairs if old]
    changed = [new for old, new in pairs if old != new]
    assert len(pairs) > 30 and 0 < len(changed) < 0.4 * len(pairs)
    assert set(changed) == {"Test#9"}
    assert len({new for _, new in pairs}) > 5


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("Kitchen chair", ("Chair",)),
        ("Armchair", ("ArmChair",)),
        ("Armchair ottoman", ()),
        ("Corner sofa", ()),
        ("Sofa 3 seats", ("Sofa",)),
        ("Desk lamp", ("DeskLamp",)),
        ("Bedside table", ("SideTable",)),
        ("Dining table", ("DiningTable",)),
        ("TV stand", ()),
        ("Wine bottle", ("WineBottle",)),
        ("Pool table", ()),
        ("VW new beetle", ()),
    ],
)
def test_names_of_furniture_mean_object_types(name: str, types: tuple[str, ...]) -> None:
    assert types_of(name) == types


def write_gltf(folder: Path, table: str, front: tuple[float, float, float] = (0, 0, 1)) -> Path:
    """A folder with one model: a red box, and before it, to its front, a small blue one half as high."""
    folder.mkdir()
    scene = trimesh.Scene()
    for name, color, size, centre in (
        ("body", RED, 0.4, (0, 0, 0)),
        ("front", BLUE, 0.2, tuple(0.3 * c for c in front)),
    ):
        linear = [round(255 * channel) for channel in srgb_to_linear(color)]
        mesh = trimesh.creation.box((size, size, size), trimesh.transformations.translation_matrix(centre))
        mesh.visual = TextureVisuals(material=PBRMaterial(name=name, baseColorFactor=[*linear, 255]))
        scene.add_geometry(mesh, node_name=name)
    (folder / "model.glb").write_bytes(scene.export(file_type="glb"))
    (folder / "assets.csv").write_text(table)
    return folder


def test_a_folder_of_glb_stands_for_what_its_table_says(tmp_path: Path) -> None:
    table = "file,for,front,licence,author\nmodel.glb,Microwave_1,+x,CC0,Bo\nmodel.glb,Toaster,+x,CC0,Bo\n"
    library = open_gltf(str(write_gltf(tmp_path / "glb", table, front=(1, 0, 0))))
    parts = drawn(library, "Microwave_1")
    np.testing.assert_allclose(bounds(*parts.values())[1] * 2, asset_table()["Microwave_1"].size_m, atol=1e-5)
    assert bounds(parts["front"])[1][2] == pytest.approx(asset_table()["Microwave_1"].size_m[2] / 2, abs=1e-5)
    assert bounds(parts["body"])[1][2] < bounds(parts["front"])[1][2] - 0.05
    assert parts["front"].material.color == pytest.approx(srgb_to_linear(BLUE), abs=0.01)
    assert library.parts(asset_table()["Microwave_2"]) is None
    assert library.parts(asset_table()["Toaster_1"]) is not None
    assert [credit.author for credit in library.credits()] == ["Bo", "Bo"]


def test_packs_are_asked_in_the_order_given_and_the_built_in_shapes_last(tmp_path: Path) -> None:
    catalogue = write_catalogue(tmp_path / "test.sh3f", [CHAIR_ROW], CHAIR_FILES)
    folder = write_gltf(tmp_path / "glb", f"file,for,carries_at,licence\nmodel.glb,{CHAIR.asset_id},0.5,CC0\n")
    names = [f"gltf:{folder}", "builtin", f"sweethome3d:{catalogue}"]
    assert pack_names(names) == (names[0], names[2], "builtin")
    first, second = open_packs(names), open_packs([names[2], names[0]])
    assert {part.name for part in first.build(CHAIR)} == {"body", "front"}
    assert {part.name for part in second.build(CHAIR)} == {"red", "blue"}
    sofa = asset_table()["Sofa_201_1"]
    assert [part.name for part in first.build(sofa)] == [part.name for part in build_asset(sofa)]


def test_the_same_files_elsewhere_are_the_same_pack_and_others_are_not(tmp_path: Path) -> None:
    first = write_catalogue(tmp_path / "first.sh3f", [CHAIR_ROW], CHAIR_FILES)
    (tmp_path / "second.sh3f").write_bytes(first.read_bytes())
    third = write_catalogue(tmp_path / "third.sh3f", [{**CHAIR_ROW, "width": "41"}], CHAIR_FILES)
    identities = [open_packs([f"sweethome3d:{path}"]).identities() for path in (first, tmp_path / "second.sh3f", third)]
    assert identities[0] == identities[1] != identities[2]
    record = open_packs([f"sweethome3d:{first}"]).record()
    assert record[0]["credits"] == [{"model": "Kitchen chair", "author": "Ann", "licence": "CC-BY 3.0 © Ann"}]
    assert record[1] == {"name": "builtin"}
    assert str(tmp_path) not in str(record)


def test_coverage_counts_assets_by_type(tmp_path: Path) -> None:
    rows = {row.object_type: row for row in coverage(catalogue_of(tmp_path))}
    assert rows["Chair"].assets == 56 and 30 < rows["Chair"].covered <= 56 and rows["Chair"].models == 1
    assert sum(row.covered for row in rows.values()) == rows["Chair"].covered


def furnished(house: House, path: Path) -> Path:
    """A catalogue with a model for every asset of a house that it may stand for: boxes, balls, sheets, inside out."""
    ball = trimesh.creation.icosphere(subdivisions=4)
    ball_lines = "".join(f"v {x} {y} {z}\n" for x, y, z in ball.vertices)
    ball_lines += "".join(f"f {c + 1} {b + 1} {a + 1}\n" for a, b, c in ball.faces)  # inside out
    open_box = "\n".join(box_lines((0, 0, 0), (1, 1, 1)).splitlines()[:-1])  # a side is missing
    shapes = {"chair.obj": chair_obj(), "ball.obj": ball_lines, "open.obj": open_box}
    names = {"DiningTable": "Dining table", "SideTable": "Side table", "HousePlant": "House plant"}
    rows = []
    for asset_id in sorted({item.asset_id for item, _ in house.all_objects()}):
        asset = asset_table()[asset_id]
        main = max(placement_geometry(asset_id).surfaces, key=lambda s: s.area_m2, default=None)
        level = asset.size_m[1] if main is None else main.height_m + asset.size_m[1] / 2
        width, height, depth = (f"{100 * side:.2f}" for side in asset.size_m)
        rows.append(
            {
                "id": asset_id,
                "name": names.get(asset.object_type, asset.object_type),
                "model": f"m/{list(shapes)[len(rows) % 3]}",
                "width": width,
                "height": height,
                "depth": depth,
                "dropOnTopElevation": f"{100 * level:.2f}",
            }
        )
    files = {f"m/{name}": text for name, text in shapes.items()} | {"m/chair.mtl": mtl(red=RED, blue=BLUE)}
    return write_catalogue(path, rows, files)


@pytest.mark.parametrize("house_fixture", ["two_rooms", "shared_house"])
def test_renderer_and_ray_caster_see_the_same_with_a_pack(
    house_fixture: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    house: House = request.getfixturevalue(house_fixture)
    assets = [f"sweethome3d:{furnished(house, tmp_path / 'all.sh3f')}"]
    with open_simulator(assets=assets) as packed, open_simulator() as plain:
        assert isinstance(packed, EmbeddedSimulator) and isinstance(plain, EmbeddedSimulator)
        packed.load(house)
        plain.load(house)
        assert len(packed.scene.triangles) != len(plain.scene.triangles)
        assert [row.object_id for row in packed.instances()] == [row.object_id for row in plain.instances()]
        # Of what is turned, the world's box depends a little on the shape.
        np.testing.assert_allclose(packed.scene.boxes, plain.scene.boxes, atol=0.03)
        fractions = agreement(packed, packed.scene.export())
        assert min(fractions.values()) >= MIN_AGREEMENT, fractions
        assert packed.describe()["assets"].startswith("sweethome3d ")
        assert "assets" not in plain.describe()


def test_a_corpus_says_what_it_was_drawn_from_and_does_not_go_on_from_other_files(
    two_rooms: House, tmp_path: Path
) -> None:
    first = furnished(two_rooms, tmp_path / "first.sh3f")
    (tmp_path / "moved.sh3f").write_bytes(first.read_bytes())
    other = write_catalogue(tmp_path / "other.sh3f", [CHAIR_ROW], CHAIR_FILES)
    source, out = str(DATA / "two_rooms_1.0.0.json"), tmp_path / "corpus"

    def run(catalogue: Path) -> int:
        assets = (f"sweethome3d:{catalogue}",)
        config = GenerateConfig(source=source, frames=2, eval_frames=1, width=32, height=32, assets=assets)
        return generate(config, None, out).made

    assert run(first) == 1
    manifest = Corpus(out).manifest
    digest = open_packs([f"sweethome3d:{first}"]).identities()[0]
    assert manifest["config"]["assets"] == [digest, "builtin"]
    assert manifest["made_by"][0]["assets"] == f"{digest}, builtin"
    assert manifest["assets"][0]["files"] == {"first.sh3f": file_sha256(first)}
    assert {"Chair", "Bed"} <= {credit["model"] for credit in manifest["assets"][0]["credits"]}
    assert run(tmp_path / "moved.sh3f") == 0
    with pytest.raises(UserError, match=r"made with other settings \(config\.assets"):
        run(other)


def test_packs_are_the_embedded_engine_s_alone() -> None:
    with pytest.raises(UserError, match="has meshes of its own"):
        GenerateConfig(simulator="thor", assets=("sweethome3d",))
