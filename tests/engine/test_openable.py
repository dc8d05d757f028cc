"""What opens: where doors swing and lids lift, what is behind them, and that shut things fill their boxes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.test_catalogue import face_normals, fighting_faces, first_hit_m, whole
from tst_sim.assets import Asset, asset_table
from tst_sim.embedded.catalogue import build_asset
from tst_sim.embedded.mesh.mesh import Part
from tst_sim.placement.shapes import placement_geometry

SHUT_FILLS_THE_BOX = ("Book", "ClothesDryer", "Fridge", "Kettle", "LaundryHamper", "Microwave", "Safe", "Toilet")
SHUT_FILLS_THE_BOX += ("WashingMachine", "Doorway")
OPEN_FILLS_THE_BOX = ("Laptop", "ShowerCurtain", "Blinds", "Box")


def first_of(object_type: str) -> Asset:
    return next(asset for asset in asset_table().values() if asset.object_type == object_type)


def openable(object_type: str) -> list[Asset]:
    return [
        asset
        for asset in asset_table().values()
        if asset.object_type == object_type and "CanOpen" in asset.secondary_properties
    ]


def center_of(parts: tuple[Part, ...], name: str) -> np.ndarray:
    vertices = np.concatenate([part.mesh.vertices for part in parts if part.name == name])
    return (vertices.min(axis=0) + vertices.max(axis=0)) / 2


def test_every_type_that_ai2thor_opens_has_something_that_moves():
    moving = {asset.object_type for asset in asset_table().values() if "CanOpen" in asset.secondary_properties}
    assert moving == {*SHUT_FILLS_THE_BOX, *OPEN_FILLS_THE_BOX}
    for object_type in sorted(moving):
        asset = openable(object_type)[0]
        shut, wide = (whole(build_asset(asset, openness=o)).vertices for o in (0.0, 1.0))
        assert shut.shape != wide.shape or np.abs(shut - wide).max() > 0.02, object_type


@pytest.mark.parametrize("object_type", SHUT_FILLS_THE_BOX)
def test_what_is_shut_fills_its_box(object_type):
    for asset in openable(object_type)[::7]:
        if object_type == "Book" and asset.size_m[0] > 1.15 * asset.size_m[2]:
            continue  # lies open
        half = np.array(asset.size_m) / 2
        vertices = whole(build_asset(asset, openness=0.0)).vertices
        np.testing.assert_allclose(vertices.min(axis=0), -half, atol=1e-3, err_msg=asset.asset_id)
        np.testing.assert_allclose(vertices.max(axis=0), half, atol=1e-3, err_msg=asset.asset_id)


@pytest.mark.parametrize("object_type", OPEN_FILLS_THE_BOX)
def test_what_stands_open_by_itself_is_drawn_so_without_an_openness(object_type):
    asset = openable(object_type)[0]
    plain, wide = whole(build_asset(asset)), whole(build_asset(asset, openness=1.0))
    np.testing.assert_array_equal(plain.vertices, wide.vertices)


@pytest.mark.parametrize("object_type", ["Fridge", "Safe", "LaundryHamper", "Box"])
def test_behind_an_open_door_things_stand_where_placement_puts_them(object_type):
    gaps = []
    for asset in openable(object_type)[::4]:
        parts = build_asset(asset, openness=1.0)
        for surface in placement_geometry(asset.asset_id).surfaces:
            low_x, low_z, high_x, high_z = surface.rectangle
            above = min(0.5 * surface.free_m, 0.1)
            for u, v in ((0.2, 0.25), (0.5, 0.5), (0.8, 0.7)):
                start = (low_x + u * (high_x - low_x), surface.height_m + above, low_z + v * (high_z - low_z))
                gaps.append(abs(first_hit_m(parts, start, (0, -1, 0)) - above))
    assert len(gaps) >= 3 and max(gaps) < 0.012


@pytest.mark.parametrize("object_type", ["Fridge", "Safe", "Microwave", "WashingMachine"])
def test_an_open_door_gives_way_to_a_hollow(object_type):
    for asset in openable(object_type)[::9]:
        height = 0.47 if object_type == "WashingMachine" else 0.52
        start = (0.06 * asset.size_m[0], (height - 0.5) * asset.size_m[1], asset.size_m[2])
        shut, wide = (first_hit_m(build_asset(asset, openness=o), start, (0, 0, -1)) for o in (0.0, 1.0))
        assert shut < 0.5 * asset.size_m[2] + 0.12
        assert wide > shut + 0.1, asset.asset_id


@pytest.mark.parametrize(("object_type", "name"), [("Safe", "keypad"), ("Fridge", "doors")])
def test_doors_hang_at_the_right_hand_of_who_stands_before_them(object_type, name):
    asset = next(a for a in openable(object_type) if object_type == "Safe" or a.size_m[0] <= 0.85)
    shut, half, wide = (center_of(build_asset(asset, openness=o), name) for o in (0.0, 0.5, 1.0))
    assert shut[0] > half[0] > wide[0], "the free edge swings to the viewer's right, which is -x"
    assert wide[2] > shut[2] + 0.05


def test_a_microwave_opens_to_the_left_and_its_keys_stay():
    asset = first_of("Microwave")
    shut, wide = (build_asset(asset, openness=o) for o in (0.0, 1.0))
    assert center_of(wide, "window")[0] > center_of(shut, "window")[0] + 0.1
    np.testing.assert_array_equal(center_of(shut, "keys"), center_of(wide, "keys"))


def test_the_lid_of_a_toilet_leans_on_its_tank():
    asset = first_of("Toilet")
    shut, wide = (build_asset(asset, openness=o) for o in (0.0, 1.0))
    assert whole(wide).vertices[:, 1].max() == pytest.approx(asset.size_m[1] / 2, abs=1e-3)
    down = [first_hit_m(parts, (0.0, 0.4, 0.25), (0, -1, 0)) for parts in (shut, wide)]
    assert down[1] > down[0] + 0.1, "the bowl is open where the lid was"


def test_an_opened_book_is_twice_as_wide_and_one_that_lies_open_shuts_to_half():
    lying, shut = asset_table()["Book_1"], asset_table()["Book_2"]
    assert np.ptp(whole(build_asset(shut, openness=1.0)).vertices[:, 0]) == pytest.approx(2 * shut.size_m[0], rel=0.01)
    assert np.ptp(whole(build_asset(lying, openness=0.0)).vertices[:, 0]) == pytest.approx(
        lying.size_m[0] / 2, rel=0.01
    )


def test_shut_blinds_hang_down_and_a_shut_shower_curtain_is_drawn_out():
    blinds, curtain = first_of("Blinds"), first_of("ShowerCurtain")
    assert np.ptp(whole(build_asset(blinds, openness=0.0)).vertices[:, 1]) == pytest.approx(1.396, abs=0.02)
    drawn = np.ptp(whole(build_asset(curtain, openness=0.0)).vertices[:, 0])
    assert drawn == pytest.approx(3 * curtain.size_m[0], rel=0.01)


@pytest.mark.parametrize("object_type", (*SHUT_FILLS_THE_BOX, *OPEN_FILLS_THE_BOX))
@pytest.mark.parametrize("openness", [0.3, 1.0])
def test_open_things_are_as_sound_as_shut_ones(object_type, openness):
    for asset in openable(object_type)[::12]:
        parts = build_asset(asset, openness=openness)
        mesh = whole(parts)
        faces = face_normals(mesh)
        faces /= np.linalg.norm(faces, axis=1, keepdims=True)
        assert np.einsum("ijk,ik->ij", mesh.normals[mesh.triangles], faces).min() > 0.2, asset.asset_id
        for part in parts:
            a, b, c = part.mesh.vertices[part.mesh.triangles].astype(np.float64).transpose(1, 0, 2)
            assert np.einsum("ij,ij->i", a, np.cross(b, c)).sum() > 0, (asset.asset_id, part.name)
        assert fighting_faces(parts) == [], asset.asset_id
