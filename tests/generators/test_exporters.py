"""Houses for other programs: what they read is what we drew, where it was, right way round."""

from __future__ import annotations

import io
import math
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image
from scipy.spatial.transform import Rotation

from generators.exporters.canvas import Paper, SvgCanvas
from generators.exporters.floor_plan import draw_floor_plan, room_names, write_floor_plan
from generators.exporters.glb import glb_bytes, read_tree, write_glb
from generators.exporters.gltf_looks import lamp_entry, material_entry
from generators.exporters.house_model import MIRROR, pieces
from generators.exporters.materials import ExportMaterial
from generators.exporters.obj import write_obj
from tst_sim.assets import Asset
from tst_sim.embedded.mesh import primitives
from tst_sim.embedded.mesh.materials import painted
from tst_sim.embedded.mesh.mesh import Part
from tst_sim.embedded.scene.instance_meshes import ShapeCache, rotation_matrix
from tst_sim.embedded.scene.scene import Scene, build_scene
from tst_sim.houses import House, Light

TOLERANCE_M = 1e-4
SHAPES = ShapeCache()


@pytest.fixture(scope="module")
def scene(two_rooms: House) -> Scene:
    return build_scene(two_rooms, SHAPES)


@pytest.fixture(scope="module", params=["two_rooms", "shared_house"])
def any_scene(request: pytest.FixtureRequest) -> Scene:
    return build_scene(request.getfixturevalue(request.param), SHAPES)


def mirrored(box: np.ndarray) -> np.ndarray:
    """A box (low, high) of ours in the exported axes."""
    return np.sort(box * MIRROR, axis=0)


def boxes_of_nodes(read: trimesh.Scene, names: set[str]) -> dict[str, np.ndarray]:
    """The world box of each named node: its own geometry and that of nodes below it that have no such name."""
    parents = read.graph.transforms.parents
    boxes: dict[str, np.ndarray] = {}
    for node in read.graph.nodes_geometry:
        matrix, geometry = read.graph[node]
        bounds = trimesh.transform_points(read.geometry[geometry].vertices, matrix)
        owner = node
        while owner not in names:
            owner = parents[owner]
        low, high = bounds.min(axis=0), bounds.max(axis=0)
        known = boxes.get(owner, np.array([low, high]))
        boxes[owner] = np.array([np.minimum(known[0], low), np.maximum(known[1], high)])
    return boxes


def arrays(data: bytes, tree: dict[str, Any], accessor: int) -> np.ndarray:
    """The numbers of an accessor, read from the file itself."""
    start = 20 + len(json_chunk(data)) + 8
    entry = tree["accessors"][accessor]
    view = tree["bufferViews"][entry["bufferView"]]
    kind = {5126: "<f4", 5123: "<u2", 5125: "<u4"}[entry["componentType"]]
    count = entry["count"] * (3 if entry["type"] == "VEC3" else 1)
    offset = start + view["byteOffset"] + entry["byteOffset"]
    assert entry["byteOffset"] + count * np.dtype(kind).itemsize <= view["byteLength"]
    return np.frombuffer(data, kind, count, offset).reshape((-1, 3))


def json_chunk(data: bytes) -> bytes:
    return data[20 : 20 + int.from_bytes(data[12:16], "little")]


def test_every_object_of_a_glb_has_the_box_that_is_drawn(any_scene: Scene, tmp_path: Path) -> None:
    write_glb(any_scene, SHAPES, tmp_path / "house.glb")
    read = trimesh.load_scene(tmp_path / "house.glb")
    names = {row.object_id for row in any_scene.instances}
    boxes = boxes_of_nodes(read, names)
    assert boxes.keys() == names
    for row, box in zip(any_scene.instances, any_scene.boxes):
        assert np.allclose(boxes[row.object_id], mirrored(box), atol=TOLERANCE_M), row.object_id


def test_every_object_of_an_obj_has_the_box_that_is_drawn(any_scene: Scene, tmp_path: Path) -> None:
    facts = write_obj(any_scene, SHAPES, tmp_path / "house.obj")
    read = trimesh.load_scene(tmp_path / "house.obj", split_objects=True, process=False)
    names = [row.object_id for row in any_scene.instances]
    boxes: dict[str, np.ndarray] = {}
    for name, mesh in read.geometry.items():  # trimesh names them by object and material
        owner = max((one for one in names if name == one or name.startswith(f"{one}_")), key=len)
        known = boxes.setdefault(owner, mesh.bounds)
        boxes[owner] = np.array([np.minimum(known[0], mesh.bounds[0]), np.maximum(known[1], mesh.bounds[1])])
    assert facts["objects"] == len(boxes) == len(names)
    for row, box in zip(any_scene.instances, any_scene.boxes):
        assert np.allclose(boxes[row.object_id], mirrored(box), atol=TOLERANCE_M), row.object_id
    lines = (tmp_path / "house.obj").read_text().splitlines()
    assert [line[2:] for line in lines if line.startswith("o ")] == names


def test_rooms_hold_objects_and_objects_what_stands_on_them(scene: Scene) -> None:
    tree = read_tree(glb_bytes(scene, SHAPES))
    nodes = tree["nodes"]
    parent = {nodes[child]["name"]: node["name"] for node in nodes for child in node.get("children", [])}
    root = scene.house.name
    assert [nodes[number]["name"] for number in tree["scenes"][0]["nodes"]] == [root]
    assert parent["room|2 Bedroom"] == parent["room|3 LivingRoom"] == root
    assert parent["2|0"] == parent["floor|room|2"] == parent["window|2|0"] == "room|2 Bedroom"
    assert parent["3|0|0"] == parent["ceiling|room|3"] == "room|3 LivingRoom"
    assert parent["small|3|0"] == "3|0|0" and parent["2|0|1"] == "2|0"
    with_mesh = [node for node in nodes if "mesh" in node]
    assert [node["extras"]["objectId"] for node in with_mesh] == [row.object_id for row in scene.instances]
    assert [node["extras"]["instance"] for node in with_mesh] == [row.id for row in scene.instances]
    assert sorted(node["mesh"] for node in with_mesh) == list(range(len(tree["meshes"])))


def test_triangles_are_counter_clockwise_and_normals_unit_vectors(scene: Scene) -> None:
    data = glb_bytes(scene, SHAPES)
    tree = read_tree(data)
    total = 0
    for primitive in (item for mesh in tree["meshes"] for item in mesh["primitives"]):
        vertices = arrays(data, tree, primitive["attributes"]["POSITION"]).astype(np.float64)
        normals = arrays(data, tree, primitive["attributes"]["NORMAL"]).astype(np.float64)
        triangles = arrays(data, tree, primitive["indices"]).astype(int)
        assert np.allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
        entry = tree["accessors"][primitive["attributes"]["POSITION"]]
        assert entry["min"] == vertices.min(axis=0).tolist() and entry["max"] == vertices.max(axis=0).tolist()
        a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
        out = np.cross(b - a, c - a)
        facing = np.einsum("ij,ij->i", out, normals[triangles].mean(axis=1))
        assert (facing > 0).mean() > 0.99
        total += len(triangles)
    assert total == len(scene.triangles)


def test_the_same_house_gives_the_same_bytes(scene: Scene, two_rooms: House) -> None:
    fresh = ShapeCache()
    assert glb_bytes(scene, SHAPES) == glb_bytes(build_scene(two_rooms, fresh), fresh)


def test_without_ceilings_only_they_are_missing(scene: Scene, tmp_path: Path) -> None:
    whole = {node["name"] for node in read_tree(glb_bytes(scene, SHAPES))["nodes"]}
    facts = write_glb(scene, SHAPES, tmp_path / "open.glb", ceiling=False)
    opened = {node["name"] for node in read_tree((tmp_path / "open.glb").read_bytes())["nodes"]}
    assert whole - opened == {"ceiling|room|2", "ceiling|room|3"}
    assert facts["objects"] == len(scene.instances) - 2
    assert facts["bytes"] == (tmp_path / "open.glb").stat().st_size


def test_lamps_stand_and_shine_as_in_the_house(scene: Scene) -> None:
    tree = read_tree(glb_bytes(scene, SHAPES))
    lights = tree["extensions"]["KHR_lights_punctual"]["lights"]
    nodes = {node["name"]: node for node in tree["nodes"]}
    assert tree["extensionsUsed"][-1] == "KHR_lights_punctual"
    assert [light["name"] for light in lights] == [light.id for light in scene.house.lights]
    for light, entry in zip(scene.house.lights, lights):
        node = nodes[light.id]
        assert entry["type"] == light.kind
        assert np.allclose(node["translation"], np.array(light.position) * MIRROR, atol=1e-6)
        if light.kind == "directional":
            shines = Rotation.from_quat(node["rotation"]).apply([0, 0, -1])
            assert np.allclose(shines, rotation_matrix(light.rotation or (0, 0, 0))[:, 2] * MIRROR, atol=1e-6)
            assert shines[1] < -0.5


def test_a_lamp_is_as_bright_two_metres_away_as_in_unity() -> None:
    lamp = Light("lamp", "point", (0, 0, 0), None, (1.0, 1.0, 1.0), 0.5, 10.0)
    entry = lamp_entry(lamp)
    assert entry["intensity"] / 2.0**2 / math.pi == pytest.approx(0.5 / (1 + 25 * (2 / 10) ** 2), abs=1e-6)
    assert entry["range"] == 10.0 and entry["color"] == [1, 1, 1]
    assert lamp_entry(replace(lamp, kind="directional"))["intensity"] == pytest.approx(math.pi * 0.5, abs=1e-6)


def test_materials_keep_color_roughness_and_glow(scene: Scene) -> None:
    steel = painted("metal", (1.0, 0.5, 0.0), name="Steel")
    entry = material_entry(ExportMaterial(steel, steel.roughness), "Steel.2")
    assert entry["name"] == "Steel.2"
    assert entry["pbrMetallicRoughness"]["baseColorFactor"] == pytest.approx([1.0, 0.214041, 0.0, 1.0], abs=1e-6)
    assert entry["pbrMetallicRoughness"]["metallicFactor"] == 0.9
    assert entry["pbrMetallicRoughness"]["roughnessFactor"] == 0.35
    assert "emissiveFactor" not in entry
    glowing = material_entry(ExportMaterial(replace(steel, emission=2.0), steel.roughness), "lit")
    assert glowing["emissiveFactor"] == pytest.approx([1.0, 0.214041, 0.0], abs=1e-6)
    assert glowing["extensions"]["KHR_materials_emissive_strength"]["emissiveStrength"] == 2.0
    tree = read_tree(glb_bytes(scene, SHAPES))
    names = [material["name"] for material in tree["materials"]]
    used = {item["material"] for mesh in tree["meshes"] for item in mesh["primitives"]}
    assert len(set(names)) == len(names) and used == set(range(len(names)))


def test_obj_names_the_materials_of_its_mtl(scene: Scene, tmp_path: Path) -> None:
    facts = write_obj(scene, SHAPES, tmp_path / "house.obj", ceiling=False)
    lines = (tmp_path / "house.obj").read_text().splitlines()
    defined = [line[7:] for line in (tmp_path / "house.mtl").read_text().splitlines() if line.startswith("newmtl ")]
    assert "mtllib house.mtl" in lines
    assert {line[7:] for line in lines if line.startswith("usemtl ")} == set(defined)
    assert len(set(defined)) == len(defined) == facts["materials"]
    assert facts["triangles"] == sum(line.startswith("f ") for line in lines)


def test_equal_shapes_share_their_data_and_have_a_mesh_each(scene: Scene) -> None:
    rows = pieces(scene, SHAPES)
    shapes = [shape for row in {row.kind: row for row in rows}.values() for shape in row.shapes]
    tree = read_tree(glb_bytes(scene, SHAPES))
    assert len(tree["meshes"]) == len(rows)
    assert len(tree["accessors"]) == sum(3 if shape.uv is None else 4 for shape in shapes)


def test_shapes_of_another_pack_and_their_credit_are_exported(two_rooms: House, tmp_path: Path) -> None:
    def cubes(asset: Asset, *, color: object, openness: object) -> tuple[Part, ...]:
        x, y, z = (side / 2 for side in asset.size_m)
        return (Part(primitives.box((-x, x), (-y, y), (-z, z)), painted("wax", (1.0, 1.0, 1.0), name="one wax")),)

    shapes = ShapeCache(cubes)
    scene = build_scene(two_rooms, shapes)
    tree = read_tree(glb_bytes(scene, shapes, credit="models by A. Turner (CC-BY 4.0)"))
    names = [material["name"] for material in tree["materials"]]
    chair = next(mesh for mesh in tree["meshes"] if mesh["name"] == "Chair_002_1")
    assert [names[item["material"]] for item in chair["primitives"]] == ["one_wax"]
    assert tree["accessors"][chair["primitives"][0]["indices"]]["count"] == 36
    assert tree["asset"]["copyright"] == "models by A. Turner (CC-BY 4.0)"
    write_obj(scene, shapes, tmp_path / "house.obj", credit="models by A. Turner (CC-BY 4.0)")
    assert "# models by A. Turner (CC-BY 4.0)" in (tmp_path / "house.obj").read_text().splitlines()[:3]


def texts(svg: bytes) -> list[str]:
    return [item.text or "" for item in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_a_floor_plan_names_rooms_with_areas_and_furniture(scene: Scene, tmp_path: Path) -> None:
    write_floor_plan(scene, tmp_path / "plan.svg")
    words = texts((tmp_path / "plan.svg").read_bytes())
    assert {"Bedroom", "Living Room", "Bed", "Dining Table", "TV Stand", "Chair", "x", "z", "5 m"} <= set(words)
    assert words.count("20.0 m") == 2
    assert scene.house.name in words


def test_a_floor_plan_is_to_scale(scene: Scene, tmp_path: Path) -> None:
    write_floor_plan(scene, tmp_path / "plan.png")
    write_floor_plan(scene, tmp_path / "plan.svg", show_free=True)
    root = ElementTree.parse(tmp_path / "plan.svg").getroot()
    picture = np.asarray(Image.open(io.BytesIO((tmp_path / "plan.png").read_bytes())).convert("RGB"))
    assert picture.shape[:2] == (int(root.attrib["height"]), int(root.attrib["width"]))
    scale = picture.shape[1] / 8.9
    floor = np.all(picture == (0xDA, 0xE4, 0xF4), axis=2)
    rows = floor[floor.any(axis=1)]
    first, last = np.median(rows.argmax(axis=1)), np.median(rows.shape[1] - rows[:, ::-1].argmax(axis=1))
    assert first / scale == pytest.approx(0.45 + 0.05, abs=0.02)
    assert last / scale == pytest.approx(0.45 + 4 - 0.05, abs=0.02)
    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) > 100


def test_doors_swing_on_the_plan_as_they_are_drawn(scene: Scene) -> None:
    paper = Paper((0, 0), (8, 5), 100.0)
    canvas = SvgCanvas(paper, "#ffffff")
    draw_floor_plan(scene, canvas, paper)
    root = ElementTree.fromstring(canvas.finished())
    leaves = [
        item for item in root.iter("{http://www.w3.org/2000/svg}polyline") if item.attrib["stroke-width"] == "3.5"
    ]
    ends = [np.array([pair.split(",") for pair in item.attrib["points"].split()], float) / 100 for item in leaves]
    doors = [row for row in scene.instances if row.class_name == "Door"]
    assert len(ends) == len(doors) == 2
    for door, leaf in zip(doors, ends):
        centre, half = np.array(door.box_center_m)[[0, 2]], np.array(door.box_size_m)[[0, 2]] / 2
        inside = np.abs(leaf * [1, -1] + [0, 5] - centre) <= half + 0.02
        assert inside.all(), (door.object_id, leaf)


def test_rooms_of_one_kind_are_numbered(two_rooms: House) -> None:
    room = two_rooms.rooms[0]
    assert room_names((room, two_rooms.rooms[1], room)) == ["Bedroom 1", "Living Room", "Bedroom 2"]
