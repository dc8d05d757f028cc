"""Where furniture carries: as Unity has it, as the house itself shows it, and the same for placement and drawing."""

from __future__ import annotations

import types
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from benchmarks.supports import moves, read
from tests.engine.test_catalogue import first_hit_m, whole
from tests.houses.bare_room import box_house, placed
from tst_sim.assets import asset_table
from tst_sim.counters import counter_outline, counter_runs
from tst_sim.embedded.catalogue import build_asset
from tst_sim.embedded.scene.scene import placed_objects
from tst_sim.houses import House
from tst_sim.packs.selection import AssetPacks
from tst_sim.placement import floating_and_overlapping
from tst_sim.placement.moving import places_on
from tst_sim.placement.settle import settled_scene
from tst_sim.placement.shapes import placement_geometry
from tst_sim.proportions import drawer_floors_m, fridge_shelves_m, mattress_top_m, seat_height_m
from tst_sim.supports import MEASURED_SUPPORTS_M

PUBLIC_HOUSES = Path(__file__).parents[3] / "shared" / "houses"
LET_DOWN_M = 0.005
"""Unity states a thing so far above what it lies on."""


def furnished(asset_id: str, *things: tuple[str, float, float, float]) -> House:
    """A bare room with one piece of furniture in its middle, and things in it.

    Of each its asset, and where Unity would state it: (x, z) from the middle and what it lies on, above the floor.
    """
    children = []
    for number, (name, x, height, z) in enumerate(things):
        asset = asset_table()[name]
        lifted = 0.05 if "CanBreak" in asset.secondary_properties else 0.0
        y = height + LET_DOWN_M + lifted + asset.size_m[1] / 2
        children.append({**placed(name, 3 + x, y, 3 + z), "id": f"thing|{number}", "kinematic": False})
    carrier = placed(asset_id, 3.0, asset_table()[asset_id].size_m[1] / 2, 3.0, children=children)
    return box_house({**carrier, "id": "furniture"}, size=6.0)


def resting(house: House) -> list[tuple[float, float, float]]:
    """Where the things come to rest, as `furnished` takes it: x, bottom, z."""
    scene = settled_scene(house)
    bodies = [scene[item.id] for item, parent in house.all_objects() if parent is not None]
    return [(body.position[0] - 3, body.bottom, body.position[2] - 3) for body in bodies]


def drawn_below(house: House, number: int = 0) -> float:
    """Height of what is drawn of the furniture under the middle of a thing."""
    scene, carrier = settled_scene(house), placed_objects(house)[0]
    asset = asset_table()[carrier.asset_id].with_supports(carrier.supports_m)
    openness = 1.0 if asset.object_type == "Fridge" else None
    thing = scene[f"thing|{number}"]
    start = (thing.position[0] - 3, thing.bottom + 0.02 - carrier.position[1], thing.position[2] - 3)
    return thing.bottom + 0.02 - first_hit_m(build_asset(asset, openness=openness), start, (0, -1, 0))


# Counters


@pytest.mark.parametrize("asset_id", ["Countertop_L_4x4", "Countertop_L_6x6", "Countertop_L_8x10", "Countertop_L_10x6"])
def test_an_l_shaped_counter_has_its_second_run_at_plus_x(asset_id):
    asset = asset_table()[asset_id]
    x, y, z = (extent / 2 for extent in asset.size_m)
    parts = build_asset(asset)
    for start_x, height in ((x - 0.1, 2 * y), (-x + 0.1, 0.0)):
        drop = first_hit_m(parts, (start_x, y + 1.0, z - 0.1), (0, -1, 0))
        assert (2 * y + 1.0 - drop == pytest.approx(height, abs=1e-3)) if height else drop > 2 * y + 1.0
    house = furnished(asset_id, ("Apple_1", x - 0.2, asset.size_m[1], z - 0.2))
    assert resting(house)[0] == pytest.approx((x - 0.2, asset.size_m[1], z - 0.2), abs=1e-3)


def test_the_top_of_every_counter_covers_its_runs_and_nothing_else():
    for asset in asset_table().values():
        if asset.object_type != "CounterTop":
            continue
        corners = np.array(counter_outline(asset))
        following = np.roll(corners, -1, axis=0)
        area = abs((corners[:, 0] * following[:, 1] - following[:, 0] * corners[:, 1]).sum()) / 2
        runs = [run.rectangle for run in counter_runs(asset)]
        assert area == pytest.approx(sum((x1 - x0) * (z1 - z0) for x0, z0, x1, z1 in runs)), asset.asset_id


def test_the_doors_of_a_side_run_look_into_the_corner():
    asset = asset_table()["Countertop_L_8x10"]
    assert [run.front for run in counter_runs(asset)] == ["+z", "-x"]
    knobs = next(part for part in build_asset(asset) if part.name == "handles").mesh.vertices
    side = knobs[knobs[:, 2] > 0.0]
    run = counter_runs(asset)[1].rectangle
    assert len(side) and (side[:, 0] < run[0] + 0.02).all() and (side[:, 0] > run[0] - 0.06).all()


# Measured supports


def test_every_measured_support_is_in_its_box_and_placement_and_drawing_have_it():
    for asset_id, heights in MEASURED_SUPPORTS_M.items():
        asset = asset_table()[asset_id]
        carried = [s.height_m + asset.size_m[1] / 2 for s in placement_geometry(asset_id).surfaces]
        for height in heights:
            assert 0 < height < asset.size_m[1], asset_id
            assert min(abs(height - other) for other in carried) < 1e-6, (asset_id, height)


@pytest.mark.parametrize(
    ("asset_id", "thing", "height"),
    [
        ("Dresser_318_1", "Pencil_5", 0.506),
        ("RoboTHOR_dresser_birkeland", "Keychain_1", 0.618),
        ("Desk_305_1", "Pencil_5", 0.604),
        ("Side_Table_216_3_1", "Pencil_5", 0.462),
        ("Shelving_Unit_219_1", "Fertility_Statue_1", 0.556),
        ("TV_Stand_220_1", "CreditCard_1", 0.089),
        ("Fridge_10", "Egg_22", 1.579),
        ("Bed_19", "Book_26", 0.722),
        ("RoboTHOR_hemnes_day_bed", "Alarm_Clock_21", 0.11),
        ("Sofa_223_1", "Remote_1", 0.596),
        ("Sink_26", "Dish_Sponge_1", 0.902),
    ],
)
def test_a_thing_lies_in_measured_furniture_where_unity_has_it(asset_id, thing, height):
    house = furnished(asset_id, (thing, 0.05, height, 0.06))
    assert resting(house)[0] == pytest.approx((0.05, height, 0.06), abs=2e-3)
    assert drawn_below(house) == pytest.approx(height, abs=0.016)


def test_a_variant_of_a_measured_mesh_carries_as_that_does():
    table = asset_table()
    assert table["TV_Stand_206_1"].supports_m == table["TV_Stand_206_3"].supports_m == (0.564,)
    assert table["TV_Stand_206_2"].supports_m == ()


# What a house shows itself


@pytest.mark.parametrize(
    ("asset_id", "thing", "height"),
    [
        ("Dresser_323_1", "Watch_1", 0.71),
        ("Shelving_Unit_313_1", "Book_26", 1.0),
        ("RoboTHOR_shelving_unit_kallax_large", "Vase_Open_2", 0.9),
        ("TV_Stand_223_1", "Remote_1", 0.25),
        ("Cart_1", "Apple_1", 0.62),
        ("Fridge_18", "Tomato_14", 1.31),
        ("Side_Table_230_1", "CreditCard_1", 0.2),
        ("Desk_204_1", "Pencil_5", 0.6),
        ("Bed_2", "Book_26", 0.7),
        ("Sofa_201_1", "Remote_1", 0.53),
    ],
)
def test_a_thing_in_furniture_that_nobody_measured_stays_and_what_carries_it_is_drawn(asset_id, thing, height):
    assert not asset_table()[asset_id].supports_m
    house = furnished(asset_id, (thing, 0.05, height, 0.06))
    assert resting(house)[0] == pytest.approx((0.05, height, 0.06), abs=0.026)
    assert drawn_below(house) == pytest.approx(resting(house)[0][1], abs=0.016)


def test_boards_that_a_house_shows_are_for_that_house_alone():
    before = placement_geometry("TV_Stand_223_1").surfaces
    settled_scene(furnished("TV_Stand_223_1", ("Remote_1", 0.0, 0.2, 0.0)))
    assert placement_geometry("TV_Stand_223_1").surfaces == before
    plain, shown = (placed_objects(furnished("TV_Stand_223_1", *things))[0] for things in ((), (("Pen_1", 0, 0.2, 0),)))
    assert plain.supports_m == () and shown.supports_m == (pytest.approx(0.2, abs=1e-3),)


def test_a_house_whose_things_have_settled_shows_nothing_new():
    house = furnished("Dresser_323_1", ("Watch_1", 0.1, 0.71, 0.0), ("Mug_1", 0.2, 1.228, 0.0))
    scene = settled_scene(house)
    assert floating_and_overlapping(house).floating == ()
    again = furnished("Dresser_323_1", ("Watch_1", 0.1, scene["thing|0"].bottom - LET_DOWN_M, 0.0))
    assert resting(again)[0][1] == pytest.approx(scene["thing|0"].bottom, abs=0.01)


def test_a_thing_stated_a_little_inside_a_solid_top_is_put_onto_it():
    top = asset_table()["Dining_Table_208_1"].size_m[1]
    house = furnished("Dining_Table_208_1", ("Apple_1", 0.1, top - 0.06, 0.1))
    assert resting(house)[0][1] == pytest.approx(top)
    assert placed_objects(house)[0].supports_m == ()


def test_a_pillow_stated_on_the_top_of_a_beds_box_falls_onto_the_mattress():
    bed = asset_table()["Bed_13"]
    house = furnished("Bed_13", ("pillow_17", 0.0, bed.size_m[1] - LET_DOWN_M, -0.5))
    assert resting(house)[0][1] == pytest.approx(mattress_top_m(bed)) == pytest.approx(0.525)


def test_what_lies_on_another_thing_on_a_sofa_does_not_raise_its_seat():
    sofa = asset_table()["Sofa_201_1"]
    seat = seat_height_m(sofa)
    house = furnished("Sofa_201_1", ("Box_27", 0.2, seat, 0.1), ("Remote_1", 0.2, seat + 0.28, 0.1))
    assert placed_objects(house)[0].supports_m == ()


# Nothing moves sideways


@pytest.mark.parametrize(
    ("asset_id", "x", "z"),
    [("TV_Stand_206_1", -1.157, -0.104), ("Countertop_L_8x10", -1.0, 1.2), ("Toilet_1", 0.1, 0.3)],
)
def test_a_thing_beside_all_supports_comes_down_where_it_is(asset_id, x, z):
    house = furnished(asset_id, ("Apple_1", x, 0.0 if asset_id != "Toilet_1" else 0.5, z))
    (at_x, bottom, at_z), *_ = resting(house)
    assert (at_x, at_z) == pytest.approx((x, z), abs=1e-9)
    assert bottom == pytest.approx(0.46 if asset_id == "Toilet_1" else 0.0, abs=0.03)


def test_a_bat_that_leans_on_a_bed_stays_as_unity_left_it():
    bat = {**placed("BaseballBat_3", 3.544, 0.838, 2.26), "rotation": {"x": 339, "y": 290, "z": 359}}
    bat |= {"id": "bat", "kinematic": False}
    bed = placed("RoboTHOR_bed_kritter", 3.0, 0.335, 3.0, children=[bat])
    pose = settled_scene(box_house(bed, size=6.0))["bat"]
    assert pose.rotation == (339, 290, 359)
    assert pose.position == pytest.approx((3.544, 0.838, 2.26), abs=0.02)


def test_a_shut_laptop_comes_to_lie_on_the_top_and_not_in_the_drawer_below():
    laptop, dresser = asset_table()["Laptop_8"], asset_table()["Dresser_318_1"]
    top = dresser.size_m[1]
    shut_m = 0.034  # Unity states the middle of the shut laptop's box
    house = furnished("Dresser_318_1", ("Laptop_8", 0.0, top + shut_m / 2 - laptop.size_m[1] / 2, -0.09))
    assert resting(house)[0][1] == pytest.approx(top)


# Drawers and fridges as they are drawn


def test_every_chest_of_drawers_is_shut_without_an_openness_and_shows_its_drawers_when_open():
    for asset in asset_table().values():
        if asset.object_type != "Dresser":
            continue
        shut, wide = build_asset(asset), build_asset(asset, openness=1.0)
        half = asset.size_m[2] / 2
        floors = drawer_floors_m(asset)
        assert all(0.15 < high - low < 0.36 for low, high in pairwise(floors)), asset.asset_id
        for floor in floors:
            start = (0.02, floor + 0.06 - asset.size_m[1] / 2, 2.0)
            assert first_hit_m(shut, start, (0, 0, -1)) == pytest.approx(2.0 - half, abs=0.06), asset.asset_id
        lowest = (0.02, floors[0] + 0.1 - asset.size_m[1] / 2, half + 0.08)
        assert first_hit_m(wide, lowest, (0, -1, 0)) == pytest.approx(0.1, abs=1e-3), asset.asset_id
        assert whole(wide).vertices[:, 2].max() > half + 0.1


def test_things_are_put_onto_a_dresser_not_into_its_shut_drawers():
    scene = settled_scene(furnished("Dresser_318_1", ("Mug_1", 0.0, 0.67, 0.0)))
    places = list(places_on(scene["thing|0"], scene["furniture"]))
    assert places and {round(place.bottom, 3) for place in places} == {round(scene["furniture"].top, 3)}


def test_the_boards_of_every_fridge_are_behind_its_upper_door_with_room_between():
    for asset in asset_table().values():
        if asset.object_type == "Fridge":
            shelves = fridge_shelves_m(asset)
            assert 0.25 * asset.size_m[1] < shelves[0] < shelves[-1] < 0.92 * asset.size_m[1], asset.asset_id
            assert all(0.14 < high - low < 0.4 for low, high in pairwise(shelves)), asset.asset_id


def test_a_pack_has_no_say_where_only_this_house_has_things_lie():
    class Cubes:
        name, files, digest = "cubes", types.MappingProxyType({}), "0"

        def parts(self, asset, *, color=None, openness=None):
            return build_asset(asset_table()["Apple_1"])

        def credits(self):
            return ()

    packs = AssetPacks([Cubes()])
    stand = asset_table()["TV_Stand_223_1"]
    assert len(packs.build(stand)) == len(build_asset(asset_table()["Apple_1"]))
    shown = stand.with_supports((0.2,))
    assert [part.name for part in packs.build(shown)] == [part.name for part in build_asset(shown)]


# Houses that Unity made


@pytest.mark.skipif(not PUBLIC_HOUSES.is_dir(), reason="no public houses beside this checkout")
def test_things_of_public_houses_stay_where_unity_left_them():
    found = read(PUBLIC_HOUSES)
    assert len(found) > 150
    assert max(move.aside_m for move in found) < 0.05
    assert max(abs(move.up_m) for move in found) < 0.12
    assert sum(abs(move.up_m) < 0.02 for move in found) >= 0.95 * len(found)
    assert [move for move in found if abs(move.gap_m) > 0.015] == []


def test_the_comparison_counts_a_lifted_mug_as_at_rest_and_finds_one_that_floats():
    top = asset_table()["Dining_Table_208_1"].size_m[1]
    (move,) = moves(furnished("Dining_Table_208_1", ("Mug_1", 0.0, top, 0.0)))
    assert move.up_m == pytest.approx(-LET_DOWN_M, abs=1e-3) and move.gap_m == pytest.approx(0.0, abs=1e-3)
    (move,) = moves(furnished("Dining_Table_208_1", ("Apple_1", 0.0, top + 0.2, 0.0)))
    assert move.up_m == pytest.approx(-0.2 - LET_DOWN_M, abs=1e-3)
