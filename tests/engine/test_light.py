"""Baked light: what formulas say of lamps, sky and closed rooms, how it is kept, and how moved things are lit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from generators.config import GenerateConfig
from generators.plan import make_plan
from tests.houses.bare_room import box_house, placed
from tst_sim.embedded.light import bake_cache, traced
from tst_sim.embedded.light.exposure import MAX_LIGHT, Exposure, compressed
from tst_sim.embedded.light.light_bake import LightBake
from tst_sim.embedded.light.light_positions import ceiling_lights
from tst_sim.embedded.light.lighting import bake
from tst_sim.embedded.light.radiosity import Radiosity
from tst_sim.embedded.light.ray_scene import RayScene
from tst_sim.embedded.light.receivers import Receivers, receivers_of
from tst_sim.embedded.light.sampling import hemisphere, sobol_samples, tangents
from tst_sim.embedded.light.sources import ShadingPoints, Sphere, Sun, WindowLight
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.embedded.scene.instance_meshes import ShapeCache
from tst_sim.embedded.scene.scene import Scene, build_scene
from tst_sim.errors import UserError
from tst_sim.houses import House

TABLE = "Dining_Table_16_2"
WHITE = np.ones(3, np.float32)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield tmp_path / "cache" / "tst-sim" / "light"


def quad(y: float, half: float, up: bool) -> tuple[np.ndarray, np.ndarray]:
    corners = np.array([[-half, y, -half], [-half, y, half], [half, y, half], [half, y, -half]], np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.uint32)
    return corners, triangles if up else triangles[:, ::-1]


def upward(*points: tuple[float, float, float]) -> ShadingPoints:
    at = np.array(points, np.float32)
    return ShadingPoints(at, np.tile(np.array([0, 1, 0], np.float32), (len(at), 1)), np.zeros(len(at), np.uint8))


def scene_of(house: House) -> Scene:
    return build_scene(house, ShapeCache())


def floor_light(scene: Scene, light: LightBake) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 3) of the floor's texels, and their light (n, 3)."""
    receivers = receivers_of(scene)
    texels = np.flatnonzero(receivers.texel_face == 0)
    return receivers.points[texels], light.light_map.reshape(-1, 3)[receivers.texel_cells[texels]]


def test_a_ray_meets_the_visible_side_of_what_is_first() -> None:
    vertices, triangles = quad(0.0, 1.0, up=True)
    rays = RayScene(vertices, triangles)
    origins = np.array([[0.2, 2, 0.3], [0.2, -2, 0.3], [5, 2, 5]], np.float32)
    hits = rays.hits(origins, np.array([[0, -1, 0], [0, 1, 0], [0, -1, 0]], np.float32))
    assert hits.front[:2].tolist() == [True, False] and hits.triangle[2] == -1
    np.testing.assert_allclose(hits.distance[:2], 2.0)
    corners = vertices[triangles[hits.triangle[0]]]
    u, v = hits.u[0], hits.v[0]
    np.testing.assert_allclose((1 - u - v) * corners[0] + u * corners[1] + v * corners[2], [0.2, 0, 0.3], atol=1e-6)


def test_a_lamp_falls_off_as_unitys_does_and_throws_a_shadow() -> None:
    vertices, triangles = quad(1.0, 0.4, up=True)
    lamp = Sphere(np.array([0, 2, 0], np.float32), WHITE, 10.0)
    light = lamp.light(RayScene(vertices, triangles), upward((0, 0, 0), (3, 0, 0)), sobol_samples(64))
    distance = 13**0.5
    np.testing.assert_allclose(light[0], 0.0)
    np.testing.assert_allclose(light[1], 2 / distance / (1 + 25 * (distance / 10) ** 2), rtol=0.01)


def test_the_edge_of_a_shadow_is_soft() -> None:
    vertices, triangles = quad(1.0, 0.4, up=True)
    lamp = Sphere(np.array([0, 2, 0], np.float32), WHITE, 1e6)
    across = np.linspace(0.5, 1.1, 25)
    light = lamp.light(RayScene(vertices, triangles), upward(*((x, 0, 0) for x in across)), sobol_samples(256))[:, 0]
    assert light[0] == 0 and light[-1] > 0.85
    assert np.all(np.diff(light) > -0.02)
    assert 6 <= ((light > 0.02) & (light < 0.85)).sum() <= 16  # 0.12 m lamp, a metre above: 0.24 m of half-shadow


def test_a_lamp_that_hangs_over_another_room_is_hung_into_the_widest_place_of_its_own() -> None:
    """The middle of an L's corners may lie outside of the L."""
    house = box_house()
    corner = ((0.0, 0.0), (0.0, 4.0), (4.0, 4.0), (4.0, 3.0), (1.0, 3.0), (1.0, 0.0))
    bent = replace(house, rooms=(replace(house.rooms[0], floor_polygon=corner),))
    (lamp,) = ceiling_lights(bent)
    x, y, z = lamp.position
    assert bent.lights[0].position == (2.0, 2.3, 2.0) and y == 2.3
    assert abs(x - 0.6) < 0.15 and abs(z - 3.4) < 0.15  # the circle in the L's bend, radius 2 - 2 ** 0.5
    assert ceiling_lights(house) == house.lights


def test_a_window_gives_the_light_of_its_solid_angle() -> None:
    vertices, triangles = quad(-5.0, 0.1, up=True)
    axes = np.array([[1, 0, 0], [0, 0, 1]], np.float32)
    pane = WindowLight(np.array([0, 2, 0], np.float32), axes, np.array([0, -1, 0], np.float32), WHITE)
    light = pane.light(RayScene(vertices, triangles), upward((0, 0, 0)), sobol_samples(1024))
    # A parallel rectangle with a corner above the point: J. R. Howell, "A Catalog of Radiation Heat Transfer
    # Configuration Factors", B-3.
    a = b = 0.5
    root = (1 + a * a) ** 0.5
    expected = (a / root * np.arctan(b / root) * 2) / (2 * np.pi)
    np.testing.assert_allclose(light[0], expected, rtol=0.05)


def test_the_sun_shines_where_a_ray_towards_it_ends_on_sky() -> None:
    vertices, triangles = quad(2.0, 0.5, up=False)
    sun = Sun(np.array([0, 1, 0], np.float32), 2 * WHITE, np.array([True, True]))
    light = sun.light(RayScene(vertices, triangles), upward((0, 0, 0), (2, 0, 0)), sobol_samples(8))
    np.testing.assert_allclose(light, [[2, 2, 2], [0, 0, 0]], rtol=1e-6)


@pytest.mark.parametrize("count", [4, 8, 32])
def test_every_pattern_is_even_and_all_together_are(count: int) -> None:
    places = sobol_samples(count)
    for one in [*places.swapaxes(0, 1), places.reshape(-1, 2)]:
        for axis in (0, 1):
            assert np.array_equal(np.sort((one[:, axis] * len(one)).astype(int)), np.arange(len(one)))
    wide = int(4 * count)
    cells = (places.reshape(-1, 2) * (wide // 2, 8 * count // (wide // 2) * 4 // 2)).astype(int)
    assert len(np.unique(cells, axis=0)) > 0.9 * len(cells)


def test_samples_of_the_hemisphere_are_dense_as_the_cosine() -> None:
    directions = hemisphere(sobol_samples(64)).reshape(-1, 3)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(directions.mean(axis=0), [0, 0, 2 / 3], atol=0.003)
    normals = np.array([[0, 1, 0], [0, 0, -1], [0.6, 0, 0.8]], np.float32)
    first, second = tangents(normals)
    np.testing.assert_allclose(np.cross(first, second), normals, atol=1e-6)


def test_in_a_closed_room_every_point_receives_what_all_surfaces_send() -> None:
    scene = scene_of(box_house())
    scene = replace(scene, colors=np.full_like(scene.colors, 0.5))
    receivers = receivers_of(scene)
    radiosity = Radiosity(scene, receivers, RayScene(scene.vertices, scene.triangles))
    radiosity.set_light(np.full((receivers.texels, 3), 0.8, np.float32), np.zeros_like(scene.vertices))
    points = np.array([[1, 0.01, 1], [3.99, 1.2, 2], [2, 1, 2]], np.float32)
    normals = np.array([[0, 1, 0], [-1, 0, 0], [0, -1, 0]], np.float32)
    arrived = radiosity.gather(points, normals, np.zeros(3, np.uint8), sobol_samples(64))
    np.testing.assert_allclose(arrived.light, 0.4, rtol=1e-5)
    assert np.all(arrived.backface_fraction == 0)


def test_nothing_of_a_bare_room_is_black_and_nothing_leaks_in() -> None:
    scene = scene_of(box_house())
    _, light = floor_light(scene, bake(scene, "baked"))
    assert light.min() > 0.5 * np.median(light)
    assert light.max() < 1.8 * np.median(light)


def test_walls_lend_the_floor_their_color() -> None:
    document = dict(box_house().document)
    document["walls"] = [{**wall, "material": {"name": "PureWhite", "color": RED}} for wall in document["walls"]]
    red, white = (scene_of(house) for house in (House.from_json(document, name="red-000000"), box_house()))
    tints = []
    for scene in (red, white):
        _, light = floor_light(scene, bake(scene, "baked"))
        tints.append(light[:, 0].mean() / light[:, 2].mean())
    assert tints[0] > 1.15 * tints[1]


RED = {"r": 0.8, "g": 0.1, "b": 0.1}


def test_it_is_darker_under_a_table_than_beside_it() -> None:
    scene = scene_of(box_house(placed(TABLE, 2.0, 0.4, 2.0)))
    points, light = floor_light(scene, bake(scene, "baked"))
    away = np.abs(points[:, [0, 2]] - 2.0).max(axis=1)
    assert np.median(light[away < 0.25]) < 0.6 * np.median(light[(away > 1.2) & (away < 1.7)])


def test_faces_of_furniture_have_charts_that_lie_on_them(two_rooms: House) -> None:
    scene = scene_of(two_rooms)
    receivers = receivers_of(scene)
    assert len(receivers.faces) > len(scene.surfaces)
    for chart, face in zip(receivers.charts, receivers.faces):
        corners = scene.vertices[face.vertices].astype(np.float64)
        places = chart.coordinates(face, corners, receivers.size) * receivers.size
        fractions = (places - 0.5 - (chart.left, chart.top)) / (chart.columns - 1, chart.rows - 1)
        np.testing.assert_allclose(face.corner + fractions @ face.axes, corners, atol=2e-3)
        np.testing.assert_allclose(scene.normals[face.vertices], np.tile(face.normal, (len(corners), 1)), atol=1e-5)
    once = np.concatenate([face.vertices for face in receivers.faces])
    assert len(np.unique(once)) == len(once)
    assert np.array_equal(np.flatnonzero(receivers.group_of_vertex < 0), np.sort(once))


def test_more_texels_than_the_bound_are_made_larger(two_rooms: House, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = scene_of(two_rooms)
    before = receivers_of(scene).texels
    monkeypatch.setattr("tst_sim.embedded.light.receivers.MAX_TEXELS", before // 4)
    after: Receivers = receivers_of(scene)
    assert before / 5 < after.texels < before / 3


def test_more_groups_of_vertices_than_the_bound_are_made_larger(
    two_rooms: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = scene_of(two_rooms)
    before = receivers_of(scene).group_of_vertex.max() + 1
    monkeypatch.setattr("tst_sim.embedded.light.receivers.MAX_GROUPS", before // 2)
    after = receivers_of(scene).group_of_vertex.max() + 1
    assert before / 5 < after <= before / 2


def test_light_can_be_stored_by_the_renderer(two_rooms: House) -> None:
    scene = scene_of(two_rooms)
    light = bake(scene, "baked")
    assert light.light_map.min() >= 0 and light.light_map.max() <= MAX_LIGHT + 0.01
    assert light.vertex_light.shape == scene.vertices.shape and light.vertex_chart.shape == (len(scene.vertices), 2)
    assert light.vertex_chart.min() >= 0 and light.vertex_chart.max() <= 1
    np.testing.assert_array_equal(light.light_map[-1], 1.0)


def test_bright_light_is_compressed_with_its_hue() -> None:
    light = compressed(np.array([[0.5, 0.4, 0.3], [8.0, 4.0, 2.0]], np.float32))
    np.testing.assert_allclose(light[0], [0.5, 0.4, 0.3])
    np.testing.assert_allclose(light[1] / light[1, 0], [1, 0.5, 0.25])
    assert 1.8 < light[1, 0] <= MAX_LIGHT


def test_dim_rooms_are_shown_brighter_with_a_smooth_step_between_rooms(two_rooms: House) -> None:
    exposure = Exposure(two_rooms, np.array([1.0, 4.0], np.float32))
    x = np.linspace(1.0, 7.0, 61)
    gain = exposure.gain(np.column_stack([x, np.ones(61), np.full(61, 2.5)]))
    np.testing.assert_allclose(gain[[0, -1]], [1.0, 4.0], rtol=0.01)
    assert np.all(np.diff(gain) >= -1e-6) and np.diff(gain).max() < 0.4


BAKE = """
import hashlib, json, os, sys
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[2])])
from tst_sim.embedded.light.traced import _traced
from tst_sim.embedded.scene.scene import build_scene
from tst_sim.embedded.scene.instance_meshes import ShapeCache
from tst_sim.houses import House
scene = build_scene(House.from_json(json.load(open(sys.argv[1])), name="two-000000"), ShapeCache())
made = _traced(scene)
print(hashlib.sha256(b"".join(made[name].tobytes() for name in sorted(made))).hexdigest())
"""


def test_two_processes_bake_the_same_bytes_on_one_core_and_on_all() -> None:
    house = str(Path(__file__).parents[1] / "data" / "two_rooms_1.0.0.json")
    runs = [
        subprocess.run([sys.executable, "-c", BAKE, house, cores], capture_output=True, text=True, timeout=250)
        for cores in ("1", "64")
    ]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr + runs[1].stderr
    assert runs[0].stdout == runs[1].stdout and len(runs[0].stdout.strip()) == 64


def test_what_was_baked_is_kept_and_is_the_same_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = scene_of(box_house())
    fresh = bake(scene, "baked")
    assert [path.suffix for path in cache.iterdir()] == [".npz"]
    monkeypatch.setattr(traced, "_traced", lambda scene: pytest.fail("baked again"))
    again = bake(scene_of(box_house()), "baked")
    for name in ("light_map", "vertex_light", "vertex_chart"):
        np.testing.assert_array_equal(getattr(fresh, name), getattr(again, name))


def test_another_house_and_another_look_are_baked_on_their_own(cache: Path) -> None:
    scene = scene_of(box_house())
    for other in (scene, replace(scene, colors=scene.colors * 0.5), scene_of(box_house(size=4.5))):
        bake(other, "baked")
    assert len(list(cache.iterdir())) == 3


@pytest.mark.parametrize("damage", ["cut", "noise", "empty", "pickle", "other arrays"])
def test_a_damaged_file_is_baked_again(cache: Path, damage: str) -> None:
    scene = scene_of(box_house())
    fresh = bake(scene, "baked")
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    if damage == "pickle":
        np.savez(path, **{name: np.array([{}], dtype=object) for name in traced.STORED})
    elif damage == "other arrays":
        np.savez(path, **{name: np.zeros((2, 2)) for name in traced.STORED})
    else:
        middle = len(whole) // 2
        noise = whole[:middle] + bytes(200) + whole[middle + 200 :]
        path.write_bytes({"cut": whole[:middle], "noise": noise, "empty": b""}[damage])
    again = bake(scene, "baked")
    np.testing.assert_array_equal(fresh.light_map, again.light_map)
    assert path.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert bake(scene_of(box_house()), "baked").light_map.max() > 0.1


def test_the_oldest_files_make_room(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = {"a": (np.dtype(np.uint8), 1)}
    rng = np.random.default_rng(0)
    monkeypatch.setattr(bake_cache, "MAX_BYTES", 25_000)
    for number in range(4):
        bake_cache.cached(f"key{number}", lambda: {"a": rng.integers(0, 255, 10_000, np.uint8)}, shapes)
        for age, path in enumerate(sorted(cache.iterdir())):
            os.utime(path, (1_000_000 + age, 1_000_000 + age))
    assert sorted(path.name for path in cache.iterdir()) == ["key2.npz", "key3.npz"]


def test_what_is_moved_is_lit_like_what_was_there(two_rooms: House) -> None:
    live_scene = LiveScene(light="baked")
    live_scene.load(two_rooms)
    light, scene = live_scene.light, live_scene.scene
    number = next(i for i, row in enumerate(scene.instances) if row.class_name == "DiningTable")
    mesh = live_scene.meshes[number]
    afterwards, charts = light.on(mesh)
    height, width = light.light_map.shape[:2]
    white = light.light_map[(charts[:, 1] * height).astype(int), (charts[:, 0] * width).astype(int)]
    np.testing.assert_array_equal(white, 1.0)
    first, end = scene.first_vertex[number : number + 2]
    places = light.vertex_chart[first:end]
    baked = (
        light.vertex_light[first:end]
        * light.light_map[
            np.minimum((places[:, 1] * height).astype(int), height - 1),
            np.minimum((places[:, 0] * width).astype(int), width - 1),
        ]
    )
    top = (mesh.normals[:, 1] > 0.9) & (mesh.vertices[:, 1] > mesh.vertices[:, 1].max() - 0.01)
    assert top.sum() > 3
    np.testing.assert_allclose(afterwards[top], baked[top], rtol=0.15)


def test_an_object_that_moves_takes_the_light_of_its_new_place(two_rooms: House) -> None:
    live_scene = LiveScene(light="baked")
    live_scene.load(two_rooms)
    table = next(item for item in live_scene.scene.placed if "Dining_Table" in item.asset_id)
    others = [item for item in live_scene.scene.placed if item is not table]
    live_scene.set_objects([*others, replace(table, position=(table.position[0], 40.0, table.position[2]))])
    number = live_scene.object_ids.index(table.object_id) - 1
    light, _ = live_scene.lit(number)
    assert light.max() < 0.05


def test_without_light_everything_has_the_same() -> None:
    scene = scene_of(box_house(placed(TABLE, 2.0, 0.4, 2.0)))
    light = bake(scene, "none")
    assert np.all(light.vertex_light - scene.emission[:, None] == 1) and np.all(light.light_map == 1)


def test_an_unknown_light_is_refused_with_the_choices() -> None:
    with pytest.raises(UserError, match="unknown light 'candle'; choose from none, fast, baked"):
        LiveScene(light="candle")


def test_baked_light_without_embree_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "embreex", None)
    with pytest.raises(UserError, match="pip install embreex, or use light fast"):
        LiveScene(light="baked")


def test_a_corpus_under_another_light_is_another_corpus() -> None:
    plans = [make_plan(GenerateConfig(light=light), [3]) for light in ("fast", "baked")]
    assert [plan.settings()["config"]["light"] for plan in plans] == ["fast", "baked"]
    assert plans[0].default_folder(None) != plans[1].default_folder(None)
