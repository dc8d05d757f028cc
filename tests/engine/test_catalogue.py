"""The catalogue of shapes, all 1,653 assets of it: measured against boxes, shared proportions and rays."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from tst_sim.assets import Asset, asset_table
from tst_sim.counters import counter_footprint
from tst_sim.embedded.catalogue import SHAPES, build_asset
from tst_sim.embedded.mesh.materials import srgb_to_linear
from tst_sim.embedded.mesh.mesh import Mesh, Part, merge
from tst_sim.errors import UserError
from tst_sim.placement.shapes import SHAPES as PLACEMENT_SHAPES
from tst_sim.placement.shapes import placement_geometry
from tst_sim.proportions import (
    body_offset_m,
    inner_floor_m,
    inner_half_extents_m,
    mattress_top_m,
    seat_height_m,
    shelf_heights_m,
    table_top_m,
)


@pytest.fixture(scope="module")
def all_built() -> dict[str, tuple[Part, ...]]:
    return {asset_id: build_asset(asset) for asset_id, asset in asset_table().items()}


def whole(parts: tuple[Part, ...]) -> Mesh:
    return merge([part.mesh for part in parts])


def assets_of(*object_types: str) -> list[Asset]:
    return [asset for asset in asset_table().values() if asset.object_type in object_types]


def face_normals(mesh: Mesh) -> np.ndarray:
    corners = mesh.vertices[mesh.triangles].astype(np.float64)
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def level_area_m2(asset: Asset, parts: tuple[Part, ...], height_m: float) -> float:
    """Area of the upward faces that lie, within a millimetre, `height_m` above the bottom of the box."""
    mesh = whole(parts)
    normals = face_normals(mesh)
    heights = mesh.vertices[mesh.triangles][..., 1] + asset.size_m[1] / 2
    level = (np.abs(heights - height_m) < 1e-3).all(axis=1) & (normals[:, 1] > 0)
    return float(normals[level, 1].sum() / 2)


def first_hit_m(
    parts: tuple[Part, ...], origin: tuple[float, float, float], towards: tuple[float, float, float]
) -> float:
    """Distance along a ray to the nearest triangle (Moeller and Trumbore 1997); inf where it meets none."""
    a, b, c = whole(parts).vertices[whole(parts).triangles].astype(np.float64).transpose(1, 0, 2)
    start, direction = np.array(origin), np.array(towards)
    across = np.cross(direction, c - a)
    determinant = np.einsum("ij,ij->i", b - a, across)
    with np.errstate(divide="ignore", invalid="ignore"):
        u = np.einsum("ij,ij->i", start - a, across) / determinant
        up = np.cross(start - a, b - a)
        v = up @ direction / determinant
        distance = np.einsum("ij,ij->i", c - a, up) / determinant
        hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (distance > 0)
    return float(distance[hit].min()) if hit.any() else float("inf")


def test_every_object_type_of_procthor_has_a_shape():
    assert set(SHAPES) == {asset.object_type for asset in asset_table().values()}
    assert len(SHAPES) == 109 and len(asset_table()) == 1653


def test_every_asset_fills_its_real_box_to_a_millimetre(all_built):
    for asset_id, parts in all_built.items():
        vertices, half = whole(parts).vertices, np.array(asset_table()[asset_id].size_m) / 2
        np.testing.assert_allclose(vertices.min(axis=0), -half, atol=1e-3, err_msg=asset_id)
        np.testing.assert_allclose(vertices.max(axis=0), half, atol=1e-3, err_msg=asset_id)


def test_normals_are_unit_and_on_the_side_from_which_triangles_run_clockwise(all_built):
    for asset_id, parts in all_built.items():
        mesh = whole(parts)
        faces = face_normals(mesh)
        lengths = np.linalg.norm(faces, axis=1)
        assert lengths.min() > 1e-11, f"{asset_id} has a degenerate triangle"
        np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-5, err_msg=asset_id)
        agreement = np.einsum("ijk,ik->ij", mesh.normals[mesh.triangles], faces / lengths[:, None])
        assert agreement.min() > 0.2, f"{asset_id} has a normal that its triangle contradicts"


def test_every_part_encloses_a_positive_volume(all_built):
    for asset_id, parts in all_built.items():
        for part in parts:
            a, b, c = part.mesh.vertices[part.mesh.triangles].astype(np.float64).transpose(1, 0, 2)
            assert np.einsum("ij,ij->", a, np.cross(b, c)) > 0, f"{part.name} of {asset_id} is inside out"


def test_triangles_stay_within_their_budget(all_built):
    counts = {asset_id: sum(len(part.mesh.triangles) for part in parts) for asset_id, parts in all_built.items()}
    small = {asset_id for asset_id in counts if asset_table()[asset_id].primary_property == "CanPickup"}
    assert max(counts.values()) <= 1600
    assert max(counts[asset_id] for asset_id in small) <= 500
    assert np.median(list(counts.values())) <= 400
    assert np.mean(list(counts.values())) <= 420


def overlap(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two triangles (3, 2) in one plane share more than their rims."""
    for triangle in (first, second):
        for edge in np.roll(triangle, -1, axis=0) - triangle:
            axis = np.array([-edge[1], edge[0]]) / (np.linalg.norm(edge) + 1e-12)
            a, b = first @ axis, second @ axis
            if min(a.max(), b.max()) - max(a.min(), b.min()) < 5e-4:
                return False
    return True


def fighting_faces(parts: tuple[Part, ...]) -> list[tuple[str, str]]:
    """Parts of different colors with faces of one direction in one plane (0.05 mm) that overlap."""
    found = []
    for first, second in combinations(parts, 2):
        if first.material.color == second.material.color:
            continue
        planes = []
        for part in (first, second):
            normals = face_normals(part.mesh)
            normals /= np.linalg.norm(normals, axis=1, keepdims=True)
            corners = part.mesh.vertices[part.mesh.triangles].astype(np.float64)
            planes.append((normals, np.einsum("ij,ij->i", normals, corners[:, 0]), corners))
        (normals, offsets, corners), (others, other_offsets, other_corners) = planes
        same = (normals @ others.T > 0.9999) & (np.abs(offsets[:, None] - other_offsets) < 5e-5)
        for i, j in np.argwhere(same):
            keep = np.argsort(np.abs(normals[i]))[:2]
            if overlap(corners[i][:, keep], other_corners[j][:, keep]):
                found.append((first.name, second.name))
                break
    return found


@pytest.mark.parametrize("object_type", sorted(SHAPES))
def test_no_two_colors_fight_for_one_plane(all_built, object_type):
    for asset in assets_of(object_type)[::6]:
        assert fighting_faces(all_built[asset.asset_id]) == [], asset.asset_id


def test_chairs_and_sofas_are_sat_on_at_the_shared_seat_height(all_built):
    for asset in assets_of("Chair", "ArmChair", "Sofa"):
        seat_y = seat_height_m(asset) - asset.size_m[1] / 2
        drop = first_hit_m(all_built[asset.asset_id], (0.06, 0.6 * asset.size_m[1], 0.12 * asset.size_m[2]), (0, -1, 0))
        assert 0.6 * asset.size_m[1] - drop == pytest.approx(seat_y, abs=0.006), asset.asset_id


def test_beds_carry_at_the_shared_mattress_height(all_built):
    for asset in assets_of("Bed"):
        high = mattress_top_m(asset) - asset.size_m[1] / 2 + 0.3
        for z in (-0.3, 0.0, 0.3):
            drop = first_hit_m(all_built[asset.asset_id], (0.05, high, z * asset.size_m[2]), (0, -1, 0))
            assert drop == pytest.approx(0.3, abs=0.003), asset.asset_id


def test_tables_and_desks_are_flat_at_the_shared_height(all_built):
    for asset in assets_of("DiningTable", "CoffeeTable", "SideTable", "Desk", "Dresser", "TVStand"):
        parts = all_built[asset.asset_id]
        area = level_area_m2(asset, parts, table_top_m(asset))
        assert area > 0.72 * asset.size_m[0] * asset.size_m[2], asset.asset_id
        down = first_hit_m(parts, (0.01, table_top_m(asset) - asset.size_m[1] / 2 + 0.1, 0.02), (0, -1, 0))
        assert down == pytest.approx(0.1, abs=1e-3), asset.asset_id


def test_counters_are_flat_over_the_runs_of_their_footprint(all_built):
    for asset in assets_of("CounterTop"):
        expected = sum((x1 - x0) * (z1 - z0) for x0, z0, x1, z1 in counter_footprint(asset))
        area = level_area_m2(asset, all_built[asset.asset_id], asset.size_m[1])
        assert area == pytest.approx(expected, rel=0.01), asset.asset_id


def test_every_shared_shelf_height_has_a_board(all_built):
    for asset in assets_of("ShelvingUnit", "TVStand", "Cart"):
        for height in shelf_heights_m(asset):
            area = level_area_m2(asset, all_built[asset.asset_id], height)
            assert area > 0.6 * asset.size_m[0] * asset.size_m[2], (asset.asset_id, height)


def test_shelves_are_free_between_their_boards(all_built):
    for asset in assets_of("ShelvingUnit", "TVStand"):
        heights = shelf_heights_m(asset)
        for low, high in pairwise(heights):
            for x in (-0.3, 0.0, 0.4):
                start = (x * asset.size_m[0], 0.45 * low + 0.55 * high - asset.size_m[1] / 2, asset.size_m[2])
                free = first_hit_m(all_built[asset.asset_id], start, (0, 0, -1)) - asset.size_m[2] / 2
                assert free > 0.9 * asset.size_m[2], (asset.asset_id, low)


def test_hollow_things_are_open_down_to_the_shared_inner_floor(all_built):
    for asset in assets_of("Bowl", "Pot", "Pan", "Cup", "Mug", "Sink", "Box", "GarbageCan"):
        x, z = body_offset_m(asset)
        reach_x, reach_z = (0.6 * extent for extent in inner_half_extents_m(asset))
        for u, v in ((0.3, 0.2), (0.9, 0.0), (0.0, -0.9)):
            top = (x + u * reach_x, asset.size_m[1], z + v * reach_z)
            floor = 1.5 * asset.size_m[1] - first_hit_m(all_built[asset.asset_id], top, (0, -1, 0))
            assert floor == pytest.approx(inner_floor_m(asset), abs=0.008), asset.asset_id


def test_what_placement_puts_on_a_surface_touches_what_is_drawn(all_built):
    shut = {"Fridge", "Safe", "LaundryHamper"}
    gaps: dict[str, list[float]] = {}
    for asset in list(asset_table().values())[::3]:
        if asset.object_type not in PLACEMENT_SHAPES or asset.object_type in shut:
            continue
        for surface in placement_geometry(asset.asset_id).surfaces:
            low_x, low_z, high_x, high_z = surface.rectangle
            above = min(0.8 * surface.free_m, 0.3)
            for u, v in ((0.13, 0.2), (0.37, 0.45), (0.87, 0.8)):
                start = (low_x + u * (high_x - low_x), surface.height_m + above, low_z + v * (high_z - low_z))
                gap = first_hit_m(all_built[asset.asset_id], start, (0, -1, 0)) - above
                gaps.setdefault(asset.object_type, []).append(abs(gap))
    assert len(gaps) >= 20
    for object_type, found in gaps.items():
        assert np.mean(np.array(found) < 0.01) >= 0.9, object_type


def test_a_door_frame_is_open_and_a_door_is_closed():
    table = asset_table()
    through = (0.1, 0.2, -2.0), (0.0, 0.0, 1.0)
    assert first_hit_m(build_asset(table["Doorframe_1"]), *through) == float("inf")
    assert first_hit_m(build_asset(table["Doorway_1"]), *through) == pytest.approx(2.0, abs=0.05)


def test_an_open_door_leaves_its_opening_free_and_its_frame_in_place():
    asset = asset_table()["Doorway_1"]
    closed, open_ = build_asset(asset), build_asset(asset, openness=1.0)
    assert first_hit_m(open_, (0.1, 0.2, -2.0), (0.0, 0.0, 1.0)) == float("inf")
    np.testing.assert_array_equal(closed[0].mesh.vertices, open_[0].mesh.vertices)
    leaf = next(part for part in open_ if part.name == "leaf").mesh.vertices
    assert leaf[:, 2].max() > 0.75 and leaf[:, 0].max() < -0.4


def test_a_closed_laptop_is_flat():
    asset = asset_table()["Laptop_1"]
    closed = whole(build_asset(asset, openness=0.0)).vertices
    assert closed[:, 1].max() - closed[:, 1].min() < 0.04
    assert closed[:, 1].min() == pytest.approx(-asset.size_m[1] / 2, abs=1e-3)


def test_the_keys_of_a_microwave_are_at_the_right_hand_of_who_stands_before_it():
    keys = next(part for part in build_asset(asset_table()["Microwave_1"]) if part.name == "clock").mesh.vertices
    assert keys[:, 0].max() < 0 < keys[:, 2].min()


def test_the_same_asset_is_drawn_the_same_and_others_of_its_type_differ():
    first, second = asset_table()["Houseplant_1"], asset_table()["Houseplant_12"]
    one, again = whole(build_asset(first)), whole(build_asset(first))
    assert one.vertices.tobytes() == again.vertices.tobytes()
    assert len(one.vertices) != len(whole(build_asset(second)).vertices)


def test_assets_of_one_type_come_in_several_colors(all_built):
    for object_type in ("Chair", "Sofa", "Bed", "Book", "Pillow", "Mug", "Fridge", "Desk"):
        assets = assets_of(object_type)
        colors = {part.material.color for asset in assets for part in all_built[asset.asset_id]}
        assert len(colors) >= min(6, len(assets)), object_type


@pytest.mark.parametrize("asset_id", ["Vase_Tall_1", "Dog_Statue_1", "Bottle_1"])
def test_a_color_of_the_house_replaces_that_of_the_asset(asset_id):
    parts = build_asset(asset_table()[asset_id], color=(0.2, 0.4, 0.6))
    assert parts[0].material.color == pytest.approx(srgb_to_linear((0.2, 0.4, 0.6)))


def test_an_unknown_object_type_is_refused_by_name():
    strange = Asset("Piano_1", "Piano", (1, 1, 1), None, None, (), ())
    with pytest.raises(UserError, match=r"Piano.*known are AlarmClock"):
        build_asset(strange)
