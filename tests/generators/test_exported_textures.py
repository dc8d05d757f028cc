"""Textures in exported houses: the engine's colors, right way round, each image once, as others read them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image
from trimesh.visual.color import uv_to_color

from generators.exporters.glb import glb_bytes, read_tree, write_glb
from generators.exporters.gltf_looks import Looks
from generators.exporters.house_model import MIRROR, Piece, pieces
from generators.exporters.materials import ExportMaterial, specular, srgb_bytes, tinted, tinted_png
from generators.exporters.obj import write_obj
from tst_sim.cli.main import main
from tst_sim.embedded.mesh.materials import linear_to_srgb, painted, srgb_to_linear
from tst_sim.embedded.mesh.mesh import Material
from tst_sim.embedded.scene.instance_meshes import ShapeCache
from tst_sim.embedded.scene.scene import Scene, build_scene
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.embedded.textures.library import NUMBER, RANGE, texture_layer
from tst_sim.geometry import Intrinsics, Pose, project
from tst_sim.houses import House
from tst_sim.modalities import MODALITIES
from tst_sim.storage import StorageError

SHAPES = ShapeCache()
DATA = Path(__file__).parents[1] / "data" / "two_rooms_1.0.0.json"
FLOOR, WALL = "floor|room|2", "wall|2|0.00|0.00|0.00|5.00"
TELEVISION, PAINTING = "Television_1", "Wall_Decor_Painting_10"


@pytest.fixture(scope="module")
def scene(two_rooms: House) -> Scene:
    return build_scene(two_rooms, SHAPES)


@pytest.fixture(scope="module")
def tree(scene: Scene) -> dict[str, Any]:
    return read_tree(glb_bytes(scene, SHAPES))


@pytest.fixture(scope="module")
def folder(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`house.glb` and `house.obj` with what belongs to it."""
    place = tmp_path_factory.mktemp("exported")
    write_glb(scene, SHAPES, place / "house.glb")
    write_obj(scene, SHAPES, place / "house.obj")
    return place


def linear(srgb: np.ndarray) -> np.ndarray:
    fraction = np.asarray(srgb, float)[..., :3] / 255
    return np.where(fraction <= 0.04045, fraction / 12.92, ((fraction + 0.055) / 1.055) ** 2.4)


def piece(scene: Scene, name: str) -> Piece:
    """By its object's or its asset's id."""
    return next(row for row in pieces(scene, SHAPES) if name in (row.object_id, row.asset_id))


def materials_of(tree: dict[str, Any], mesh: str) -> list[dict[str, Any]]:
    (found,) = (entry for entry in tree["meshes"] if entry["name"] == mesh)
    return [tree["materials"][item["material"]] for item in found["primitives"]]


def image_name(tree: dict[str, Any], material: dict[str, Any]) -> str:
    number = material["pbrMetallicRoughness"]["baseColorTexture"]["index"]
    return tree["images"][tree["textures"][number]["source"]]["name"]


def read_parts(path: Path, scene: Scene, name: str) -> list[trimesh.Trimesh]:
    """What trimesh reads of a piece, in world coordinates, those with an image."""
    row = piece(scene, name)
    read = trimesh.load_scene(path, split_objects=True, process=False)
    found = []
    for node in read.graph.nodes_geometry:
        matrix, key = read.graph[node]
        part = read.geometry[key].copy()
        part.apply_transform(matrix)
        owner = read.graph.transforms.parents[node] if path.suffix == ".glb" else key
        if any(str(one).startswith(row.object_id) for one in (owner, node)) and image_of(part) is not None:
            found.append(part)
    return found


def image_of(part: trimesh.Trimesh) -> Image.Image | None:
    material = getattr(part.visual, "material", None)
    return getattr(material, "baseColorTexture", None) or getattr(material, "image", None)


def factor_of(part: trimesh.Trimesh) -> np.ndarray:
    """Linear RGB: glTF's factor, which trimesh keeps in 255ths; none in OBJ."""
    factor = getattr(part.visual.material, "baseColorFactor", None)
    return np.ones(3) if factor is None else np.asarray(factor, float)[:3] / 255


def shown(part: trimesh.Trimesh, uv: np.ndarray) -> np.ndarray:
    """(n, 3) linear RGB that trimesh finds at its own coordinates `uv`."""
    image = image_of(part)
    assert image is not None
    return linear(uv_to_color(uv, image.convert("RGB"))) * factor_of(part)


@pytest.mark.parametrize("ending", ["glb", "obj"])
@pytest.mark.parametrize("name", [FLOOR, WALL])
def test_the_mean_of_a_textured_surface_is_the_engines_color(
    scene: Scene, folder: Path, ending: str, name: str
) -> None:
    (surface,) = (one for one in scene.surfaces if one.object_id == name)
    (part,) = read_parts(folder / f"house.{ending}", scene, name)
    image = image_of(part)
    assert image is not None and image.size == (256, 256)
    mean = linear(np.asarray(image.convert("RGB"))).mean(axis=(0, 1)) * factor_of(part)
    assert np.allclose(mean, surface.material.color, atol=0.004, rtol=0.01)
    low, high = part.visual.uv.min(axis=0), part.visual.uv.max(axis=0)
    assert np.all(high - low > 1.5), "metres to a side, not one image over all"


def test_every_texel_times_its_factor_is_what_the_engine_draws(scene: Scene) -> None:
    checked = 0
    for finish in {shape.finish for row in pieces(scene, SHAPES) for shape in row.shapes if shape.uv is not None}:
        look = tinted(finish)
        image = np.asarray(Image.open(io.BytesIO(tinted_png(look.key))).convert("RGB"))
        drawn = (texture_layer(finish.layer).texels[..., :3] / 255) ** 2 * RANGE * np.array(finish.material.color)
        assert max(look.factor) <= 1
        wrong = np.abs(linear(image) * look.factor - np.minimum(drawn, 1))
        # Where a bright color's greatest channel is cut off, the others are with it.
        assert wrong[drawn.max(axis=2) <= 1].max() < 0.006, finish
        checked += 1
    assert checked > 20


def seen_and_exported(
    engine: EmbeddedSimulator, part: trimesh.Trimesh, front: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(n, 3) colors of points all over the front of a part: in the engine's picture of it, and in the file."""
    faces = part.face_normals @ front > 0.9
    points, chosen = trimesh.sample.sample_surface(part, 3000, face_weight=part.area_faces * faces, seed=1)
    eye, towards = (part.bounds.mean(axis=0) + 1.2 * front) * MIRROR, -front * MIRROR
    pose = Pose((eye[0], eye[1], eye[2]), float(np.degrees(np.arctan2(towards[0], towards[2]))), 0.0)
    camera = Intrinsics(480, 480, 60.0)
    (frame,) = engine.render([pose], [MODALITIES["rgb"], MODALITIES["depth"]], intrinsics=camera)
    pixels, depth = project(points * MIRROR, pose, camera)
    columns, rows = np.floor(pixels).astype(int).T
    near = np.abs(frame["depth"][rows, columns] - depth) < 0.01
    weights = trimesh.triangles.points_to_barycentric(part.triangles[chosen], points)
    uv = (part.visual.uv[part.faces[chosen]] * weights[..., None]).sum(axis=1)
    return linear(frame["rgb"][rows, columns])[near], shown(part, uv)[near]


@pytest.mark.parametrize("ending", ["glb", "obj"])
@pytest.mark.parametrize("name", [TELEVISION, PAINTING])
def test_a_picture_is_neither_mirrored_nor_upside_down(
    scene: Scene, engine: EmbeddedSimulator, folder: Path, ending: str, name: str
) -> None:
    engine.load(scene.house)
    parts = read_parts(folder / f"house.{ending}", scene, name)
    (picture,) = (part for part in parts if np.asarray(image_of(part)).ndim == 3 and colorful(part))
    front = piece(scene, name).rotation @ (0, 0, -1)
    seen, exported = seen_and_exported(engine, picture, front)
    assert len(seen) > 1500
    right = likeness(seen, exported)
    assert right > 0.95
    for flip in ((1, 0), (0, 1), (1, 1)):
        turned = picture.copy()
        turned.visual.uv = np.where(flip, 1 - picture.visual.uv, picture.visual.uv)
        assert likeness(*seen_and_exported(engine, turned, front)) < right - 0.1


def colorful(part: trimesh.Trimesh) -> bool:
    """Whether its image has hues of more than one kind, as a material's has not."""
    red, _, blue = (np.asarray(image_of(part), float) + 1).transpose(2, 0, 1)
    return float(np.std(np.log(red / blue))) > 0.2


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    """The correlation of two lists of colors, in roots, as eyes weigh them."""
    return float(np.corrcoef(np.sqrt(first).ravel(), np.sqrt(second).ravel())[0, 1])


def test_screens_glow_with_their_picture(scene: Scene, tree: dict[str, Any]) -> None:
    (screen,) = (one for one in materials_of(tree, TELEVISION) if "emissiveFactor" in one)
    assert image_name(tree, screen).startswith("broadcast_")
    assert screen["emissiveTexture"] == screen["pbrMetallicRoughness"]["baseColorTexture"]
    assert screen["emissiveFactor"] == pytest.approx([0.55, 0.55, 0.55])
    assert screen["pbrMetallicRoughness"]["baseColorFactor"] == [1, 1, 1, 1]


def test_windows_show_the_sky_above_the_ground(scene: Scene) -> None:
    window = next(row for row in pieces(scene, SHAPES) if row.class_name == "Window")
    sky = next(shape for shape in window.shapes if shape.finish.layer_name.startswith("outdoors"))
    assert sky.uv is not None
    height = sky.mesh.vertices[:, 1] + window.position[1]
    assert np.allclose(sky.uv[:, 1], np.clip((4.0 - height) / 4.0, 0.01, 0.99), atol=1e-4)
    assert sky.finish.material.emission > 0


def test_images_are_there_once_whatever_shows_them(scene: Scene, tree: dict[str, Any]) -> None:
    data = glb_bytes(scene, SHAPES)
    start = 20 + int.from_bytes(data[12:16], "little") + 8
    blobs = []
    for entry in tree["images"]:
        view = tree["bufferViews"][entry["bufferView"]]
        assert view.keys() == {"buffer", "byteOffset", "byteLength"} and view["byteOffset"] % 4 == 0
        blobs.append(data[start + view["byteOffset"] : start + view["byteOffset"] + view["byteLength"]])
    assert all(Image.open(io.BytesIO(blob)).size == (256, 256) for blob in blobs)
    assert len(set(blobs)) == len(blobs) == len(tree["textures"])
    assert len({entry["name"] for entry in tree["images"]}) == len(blobs)
    textured = [one for one in tree["materials"] if "baseColorTexture" in one["pbrMetallicRoughness"]]
    assert len({image_name(tree, one) for one in textured}) < len(textured)
    assert tree["samplers"] == [{"magFilter": 9729, "minFilter": 9987, "wrapS": 10497, "wrapT": 10497}]


def wood(color: tuple[float, float, float], layer: str = "planks") -> ExportMaterial:
    material = Material("Wood", "wood", color, 0.6)
    return ExportMaterial(material, material.roughness, NUMBER[layer])


def test_dark_materials_of_a_layer_share_an_image_and_bright_ones_are_cut_off_at_white() -> None:
    dark, darker = tinted(wood((0.2, 0.1, 0.05))), tinted(wood((0.02, 0.03, 0.02)))
    assert dark.key == darker.key
    peak = dark.factor[0] / 0.2
    assert np.allclose(dark.factor, np.array((0.2, 0.1, 0.05)) * peak)
    bright = tinted(wood((0.9, 0.45, 0.3)))
    assert bright.factor == pytest.approx((1.0, 0.5, 1 / 3), abs=1e-4)
    image = np.asarray(Image.open(io.BytesIO(tinted_png(bright.key))))
    assert image.ndim == 2 and image.max() == 255
    assert tinted(wood((0.0, 0.0, 0.0))).factor == (0.0, 0.0, 0.0)


def test_boards_are_polished_and_their_joints_mirror_less(scene: Scene, tree: dict[str, Any]) -> None:
    (floor,) = materials_of(tree, FLOOR)
    finish = piece(scene, FLOOR).shapes[0].finish
    assert floor["pbrMetallicRoughness"]["roughnessFactor"] == finish.roughness
    assert finish.roughness == pytest.approx(0.9 * (1 - 0.42**0.5), abs=0.003)
    gloss = floor["extensions"]["KHR_materials_specular"]
    assert tree["images"][gloss["specularTexture"]["index"]]["name"] == f"{finish.layer_name}_gloss"
    most, data = specular(finish.layer)
    assert most == 1 and data is not None and "specularFactor" not in gloss
    alpha = np.asarray(Image.open(io.BytesIO(data)))[..., 1]
    assert np.array_equal(alpha, texture_layer(finish.layer).texels[..., 3])
    assert alpha.min() < 128 and alpha.max() == 255


def test_bricks_mirror_nothing_and_metal_has_no_such_word() -> None:
    looks = Looks()
    assert looks.entry(wood((0.3, 0.1, 0.1), "bricks"), "wall")["extensions"] == {
        "KHR_materials_specular": {"specularFactor": 0.0}
    }
    steel = ExportMaterial(painted("metal", (0.7, 0.7, 0.7)), 0.35, NUMBER["brushed"])
    assert "extensions" not in looks.entry(steel, "steel")
    assert "extensions" not in looks.entry(wood((0.3, 0.1, 0.1), "grain"), "shelf")
    assert list(looks.images) == ["bricks", "brushed", "grain"]


def test_without_textures_there_are_none_and_the_file_is_small(scene: Scene, tmp_path: Path) -> None:
    plain = glb_bytes(scene, SHAPES, textures=False)
    tree = read_tree(plain)
    assert not {"images", "textures", "samplers"} & tree.keys()
    assert not any("TEXCOORD_0" in item["attributes"] for mesh in tree["meshes"] for item in mesh["primitives"])
    assert len(plain) < 0.5 * len(glb_bytes(scene, SHAPES))
    facts = write_obj(scene, SHAPES, tmp_path / "house.obj", textures=False)
    assert facts["images"] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["house.mtl", "house.obj"]
    assert "map_Kd" not in (tmp_path / "house.mtl").read_text()


def test_an_obj_names_images_beside_it_and_every_corner_a_place(folder: Path) -> None:
    lines = (folder / "house.mtl").read_text().splitlines()
    maps = [line.split(" ", 1)[1] for line in lines if line.startswith("map_Kd ")]
    assert {Path(name).parts[0] for name in maps} == {"house_textures"}
    assert {folder / name for name in maps} == set((folder / "house_textures").iterdir())
    kinds: dict[str, list[str]] = {}
    for line in (folder / "house.obj").read_text().splitlines():
        kinds.setdefault(line.split(" ", 1)[0], []).append(line)
    corners = [corner.split("/") for line in kinds["f"] for corner in line.split()[1:]]
    places = [int(place) for _, place, _ in corners if place]
    assert min(places) == 1 and max(places) == len(kinds["vt"]) > 1000
    assert max(int(vertex) for vertex, _, _ in corners) == len(kinds["v"])


def test_the_same_obj_again_is_the_same_and_leaves_no_image_of_the_one_before(
    scene: Scene, folder: Path, tmp_path: Path
) -> None:
    stale = tmp_path / "house_textures" / "planks-0123456789ab.png"
    stale.parent.mkdir()
    stale.write_bytes(b"of an earlier house")
    (stale.parent / "mine.png").write_bytes(b"kept")
    write_obj(scene, SHAPES, tmp_path / "house.obj")
    (stale.parent / "mine.png").unlink()
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.suffix != ".glb"]
    assert sorted(files) == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert all((folder / name).read_bytes() == (tmp_path / name).read_bytes() for name in files)


def test_an_obj_that_cannot_be_written_leaves_no_images(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "house.mtl").mkdir()
    (tmp_path / "house.mtl" / "in the way").touch()
    with pytest.raises(StorageError, match=r"house\.mtl"):
        write_obj(scene, SHAPES, tmp_path / "house.obj")
    assert [path.name for path in tmp_path.iterdir()] == ["house.mtl"]


def test_the_verb_writes_textures_unless_told_not_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["export-house", "--house", "0", "--source", str(DATA)]
    assert main([*common, "--out", str(tmp_path / "full.glb")]) == 0
    assert main([*common, "--no-textures", "--out", str(tmp_path / "small.glb")]) == 0
    assert (tmp_path / "small.glb").stat().st_size < 0.5 * (tmp_path / "full.glb").stat().st_size
    said = capsys.readouterr().err
    assert " 0 images" in said and json.dumps(len(read_tree((tmp_path / "full.glb").read_bytes())["images"])) in said


def test_srgb_is_that_of_the_standard() -> None:
    assert srgb_bytes(np.array([0.0, 0.002, 0.215861, 1.0, 3.0])).tolist() == [0, 7, 128, 255, 255]
    values = np.arange(256) / 255
    assert np.allclose(
        linear_to_srgb(np.array([srgb_to_linear((value, 0.0, 0.0))[0] for value in values])), values, atol=1e-6
    )
