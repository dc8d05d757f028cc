"""Textures: what they keep (colors, light), what they repeat, who wears which, and which way up pictures are."""

from __future__ import annotations

import numpy as np
import pytest

from tests.houses.bare_room import box_house, placed
from tst_sim.assets import asset_table
from tst_sim.classes import CLASS_IDS
from tst_sim.embedded.catalogue import build_asset
from tst_sim.embedded.drawing.cpu._native import antialiased
from tst_sim.embedded.mesh.materials import surface_material
from tst_sim.embedded.mesh.mesh import Part, merge
from tst_sim.embedded.mesh.primitives import box
from tst_sim.embedded.scene.instance_meshes import ShapeCache
from tst_sim.embedded.scene.structure import floor_surface
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.embedded.textures.choice import texture_for, texture_for_structure
from tst_sim.embedded.textures.library import NAMES, NUMBER, RANGE, VARIANTS, texture_layer
from tst_sim.embedded.textures.mapping import facets_of, surface_attributes, textured
from tst_sim.embedded.textures.noise import SIDE, cloud
from tst_sim.embedded.textures.patterns import PATTERNS
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import RENDERED, Frame
from tst_sim.randomness import rng_for

ALL = tuple(RENDERED.values())
CAMERA = Intrinsics(96, 96, 60.0)


def factor(number: int) -> np.ndarray:
    """(SIDE, SIDE, 3) what the layer multiplies colors with."""
    return (texture_layer(number).texels[..., :3] / 255.0) ** 2 * RANGE


def look(simulator: EmbeddedSimulator, pose: Pose, camera: Intrinsics = CAMERA) -> Frame:
    (frame,) = simulator.render([pose], ALL, intrinsics=camera)
    return frame


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_keeps_the_mean_of_its_color_and_shows_itself(name: str) -> None:
    values = factor(NUMBER[name])
    assert values.mean() == pytest.approx(1.0, abs=0.01)
    np.testing.assert_array_equal(values[..., 0], values[..., 1])
    if name == "plain":
        assert np.ptp(values) == 0
    else:
        assert 0.01 < values.std() < 0.7


@pytest.mark.parametrize("name", ["planks", "tiles", "bricks", "marble", "carpet", "weave", "hexagons", "wicker"])
def test_a_pattern_has_no_seam_where_it_repeats(name: str) -> None:
    """Steps from the last row to the first are like those between other rows, and so for columns."""
    values = factor(NUMBER[name])[..., 0]
    for axis in (0, 1):
        steps = np.abs(values - np.roll(values, 1, axis=axis)).mean(axis=1 - axis)
        assert steps[0] <= np.quantile(steps, 0.98) + 0.02


def test_noise_is_periodic_and_is_what_it_says() -> None:
    field = cloud(rng_for(0, "test"), 2, 30)
    assert field.shape == (SIDE, SIDE)
    assert field.mean() == pytest.approx(0, abs=1e-9) and field.std() == pytest.approx(1)
    inner = np.abs(np.diff(field, axis=0)).mean()
    assert np.abs(field[0] - field[-1]).mean() < 1.5 * inner


def test_layers_are_made_of_their_names_alone() -> None:
    first = texture_layer(NUMBER["marble"]).texels
    texture_layer.cache_clear()
    assert texture_layer(NUMBER["marble"]).texels.tobytes() == first.tobytes()
    assert texture_layer(NUMBER["cover 0"]).texels.tobytes() != texture_layer(NUMBER["cover 1"]).texels.tobytes()


def test_pictures_have_their_own_colors_and_print_tints_that_of_the_paper() -> None:
    for kind in VARIANTS:
        layer = texture_layer(NUMBER[f"{kind} 0"])
        values = factor(NUMBER[f"{kind} 0"])
        if layer.base is None:
            assert values.mean() == pytest.approx(1.0, abs=0.02), kind
        else:
            assert min(layer.base) > 0.0 and max(layer.base) <= 1.0
            assert (values * layer.base).max() <= 1.02, kind
            assert (values * layer.base).mean(axis=(0, 1)).std() > 0.001 or kind == "phone"


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("DarkWoodFloors", "planks"),
        ("BedroomCarpet", "carpet"),
        ("RedBricks 1", "bricks"),
        ("SubwayTiles2", "subway"),
        ("HexTiles", "hexagons"),
        ("KitchenTilesCheckerboard", "checkerboard"),
        ("bathroomTilesTan2", "tiles"),
        ("CreamMarbleTiles", "marble_tiles"),
        ("WhiteMarble3", "marble"),
        ("DarkGranite", "granite"),
        ("ConcreteBoards1", "concrete_boards"),
        ("WoodFloorsCross", "cross_parquet"),
        ("Wicker", "wicker"),
        ("DrywallBeige", "plaster"),
        ("PureWhite", "plain"),
    ],
)
def test_the_names_of_walls_and_floors_say_what_they_are_made_of(name: str, layer: str) -> None:
    assert NAMES[texture_for_structure(surface_material(name)).layer] == layer


@pytest.mark.parametrize(
    ("asset_id", "part", "kind"),
    [
        ("Television_8", "screen", "broadcast"),
        ("Laptop_4", "screen", "desktop"),
        ("RoboTHOR_cellphone_blackberry_v", "screen", "phone"),
        ("Book_27", "cover", "cover"),
        ("Box_23", "box", "parcel"),
    ],
)
def test_screens_books_and_boxes_have_something_on_them(asset_id: str, part: str, kind: str) -> None:
    asset = asset_table()[asset_id]
    shown = [
        NAMES[texture_for(piece, asset.object_type, asset_id).layer]
        for piece in build_asset(asset)
        if piece.name == part
    ]
    assert shown and all(name.split()[0] == kind for name in shown)


def test_paintings_differ() -> None:
    shown = set()
    for asset in asset_table().values():
        if asset.object_type == "Painting":
            pieces = [piece for piece in build_asset(asset) if piece.name == "picture"]
            shown |= {texture_for(piece, "Painting", asset.asset_id).layer for piece in pieces}
    assert len(shown) >= 8


def test_clothing_an_asset_moves_no_triangle() -> None:
    for asset_id in ("Dining_Table_7_1", "Houseplant_26", "Sofa_223_3", "Television_8"):
        asset = asset_table()[asset_id]
        parts = build_asset(asset)
        for before, (after, attributes) in zip(parts, textured(parts, asset.object_type, asset_id)):
            np.testing.assert_array_equal(
                before.mesh.vertices[before.mesh.triangles], after.mesh.vertices[after.mesh.triangles]
            )
            np.testing.assert_array_equal(
                before.mesh.normals[before.mesh.triangles], after.mesh.normals[after.mesh.triangles]
            )
            assert len(attributes) == len(after.mesh.vertices) <= 2 * len(before.mesh.vertices)


def test_wood_grain_is_in_metres_and_runs_along_a_table_top() -> None:
    asset = asset_table()["Dining_Table_7_1"]
    width, _, depth = asset.size_m
    (piece, attributes), *_ = textured(build_asset(asset), asset.object_type, asset.asset_id)
    mesh = piece.mesh
    level = mesh.vertices[:, 1] > mesh.vertices[:, 1].max() - 0.02
    top = level & (mesh.normals[:, 1] > 0.99)
    assert NAMES[int(attributes["layer"][0])] in ("grain", "painted_wood")
    place, uv = mesh.vertices[top], attributes["uv"][top]
    along = 0 if width > depth else 2
    slope = np.ptp(uv[:, 0]) / np.ptp(place[:, along])
    assert slope == pytest.approx(1 / 0.8, rel=0.01)


def test_boards_run_along_the_longer_side_of_a_room() -> None:
    room = box_house().rooms[0]
    surface = floor_surface(room)
    part = Part(surface.mesh, surface.material)
    for stretch in ((2.0, 1.0), (1.0, 2.0)):
        axes = surface.axes * np.array(stretch)[:, None]
        points = np.array([surface.corner, surface.corner + axes[0], surface.corner + axes[1]], np.float32)
        mesh = type(part.mesh)(points, part.mesh.normals[:3], np.array([[0, 1, 2]], np.uint32))
        uv = surface_attributes(Part(mesh, part.material), surface.corner, axes, floor=True)["uv"]
        longer = 1 if stretch[0] > 1 else 2
        assert abs(uv[longer, 0] - uv[0, 0]) > 1 and abs(uv[longer, 1] - uv[0, 1]) < 1e-5


def test_facets_are_pieces_that_share_no_vertex() -> None:
    two = merge([box((0, 1), (0, 1), (0, 1)), box((2, 3), (0, 1), (0, 1), bevel=0.1)])
    facets = facets_of(two)
    triangles = facets[two.triangles]
    assert (triangles == triangles[:, :1]).all()
    assert len(set(facets[:24])) == 6 and len(set(facets[24:])) == 1


@pytest.fixture(scope="module", params=["cpu", "gl"])
def simulator(request: pytest.FixtureRequest) -> EmbeddedSimulator:
    return EmbeddedSimulator(renderer=request.param)


def test_a_screen_is_the_right_way_up_and_not_mirrored(simulator: EmbeddedSimulator) -> None:
    """A television's caption is at the lower left of its picture, as the layer has it."""
    tv = asset_table()["Television_8"]
    simulator.load(box_house(placed("Television_8", 2.0, 1.0, 2.0, 0.0)))
    frame = look(simulator, Pose((2.0, 1.05, 2.0 + 1.1 * tv.size_m[0]), 180.0, 0.0), Intrinsics(256, 256, 60.0))
    colors = frame["rgb"].astype(float)
    lit = (frame["semantic"] == CLASS_IDS["Television"]) & (colors.max(axis=-1) > 70)
    rows, columns = np.nonzero(lit)
    picture = colors[
        slice(*np.quantile(rows, (0.005, 0.995)).astype(int)), slice(*np.quantile(columns, (0.005, 0.995)).astype(int))
    ]
    part = next(piece for piece in build_asset(tv) if piece.name == "screen")
    layer = texture_for(part, "Television", "Television_8").layer
    base = texture_layer(layer).base
    assert base is not None
    shown = np.sqrt(factor(layer) * base)
    height, width = picture.shape[:2]
    corners = {}
    for name, image in (("seen", picture), ("made", shown)):
        tall, wide = image.shape[:2]
        cells = [
            image[tall * r // 8 : tall * (r + 1) // 8, wide * c // 8 : wide * (c + 1) // 8].mean(axis=(0, 1))
            for r in range(8)
            for c in range(8)
        ]
        corners[name] = np.array(cells).reshape(8, 8, 3)
    assert height > 60 and width > 100

    def agreement(image: np.ndarray) -> float:
        return float(np.corrcoef(corners["seen"].ravel(), image.ravel())[0, 1])

    upright = agreement(corners["made"])
    assert upright > 0.9
    assert upright > agreement(corners["made"][:, ::-1]) + 0.02
    assert upright > agreement(corners["made"][::-1]) + 0.1


def test_the_horizon_outside_is_level_with_the_eyes_and_the_sky_fits_the_hour() -> None:
    for time, bright in (("Midday", True), ("Midnight", False)):
        layer = NUMBER[f"outdoors {time}"]
        base = texture_layer(layer).base
        assert base is not None
        picture = factor(layer) * base
        assert (picture[:40].mean() > 0.4) == bright
        above, below = picture[: SIDE // 3].mean(axis=(0, 1)), picture[-SIDE // 4 :].mean(axis=(0, 1))
        assert above[2] > below[2]


def test_polished_floors_shine_where_they_mirror_the_lamp(simulator: EmbeddedSimulator) -> None:
    """The same spot of the floor is brighter from where it mirrors the lamp than from straight above."""
    simulator.load(box_house())
    shining = look(simulator, Pose((2.0, 1.2, 0.8), 0.0, 45.0))["rgb"].astype(float).mean(axis=-1)
    above = look(simulator, Pose((2.0, 1.2, 2.0), 0.0, 90.0))["rgb"].astype(float).mean(axis=-1)
    assert shining.max() > above.mean() + 8


def test_smooth_edges_change_colors_at_edges_and_nothing_else(two_rooms: House) -> None:
    pose = Pose((3.0, 1.5, 1.0), 60.0, 15.0)
    frames = []
    for antialias in (False, True):
        with EmbeddedSimulator(antialias=antialias) as simulator:
            simulator.load(two_rooms)
            frames.append(look(simulator, pose))
            assert simulator.describe()["antialias"] == ("on" if antialias else "off")
    sharp, smooth = frames
    for name in ("depth", "normal", "instance", "semantic"):
        assert sharp[name].tobytes() == smooth[name].tobytes()
    changed = (sharp["rgb"] != smooth["rgb"]).any(axis=-1)
    assert 0.005 < changed.mean() < 0.25


def test_colors_are_the_same_whatever_else_is_asked_for(two_rooms: House) -> None:
    with EmbeddedSimulator() as simulator:
        simulator.load(two_rooms)
        pose = Pose((3.0, 1.5, 1.0), 60.0, 15.0)
        (alone,) = simulator.render([pose], (RENDERED["rgb"],), intrinsics=CAMERA)
        np.testing.assert_array_equal(alone["rgb"], look(simulator, pose)["rgb"])


def test_a_slanted_edge_is_blended_by_the_area_on_either_side() -> None:
    """A white half plane under a line of slope 1/8: every column's blend is what the line cuts off."""
    rows, columns = np.indices((16, 64))
    below = rows + 0.5 > 5 + (columns + 0.5) / 8
    rgb = np.repeat((below * 200).astype(np.uint8)[..., None], 3, axis=2)
    got = antialiased(rgb, below.astype(np.uint32))[..., 0].astype(float).sum(axis=0) / 200
    inner = slice(8, 56)
    exact = 16 - (5 + (columns[0] + 0.5) / 8)
    assert np.abs(got - exact)[inner].max() < 0.07
    assert np.abs(rgb[..., 0].sum(axis=0) / 200 - exact)[inner].max() > 0.4


def test_pictures_without_edges_or_of_one_pixel_stay() -> None:
    for shape in ((1, 1), (5, 7), (1, 9), (9, 1)):
        rgb = np.arange(shape[0] * shape[1] * 3, dtype=np.uint8).reshape(*shape, 3)
        np.testing.assert_array_equal(antialiased(rgb, np.ones(shape, np.uint32)), rgb)
    checks = (np.indices((6, 6)).sum(axis=0) % 2).astype(np.uint32)
    rgb = np.repeat((checks * 255).astype(np.uint8)[..., None], 3, axis=2)
    np.testing.assert_array_equal(antialiased(rgb, checks), rgb)


def test_the_same_asset_is_clothed_once(two_rooms: House) -> None:
    cache = ShapeCache()
    with EmbeddedSimulator() as simulator:
        simulator.load(two_rooms)
        item = next(each for each in simulator.scene.placed if each.view is None)
    assert cache.mesh(item) is cache.mesh(item)
