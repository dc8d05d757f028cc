"""The heights that drawn shapes and placement share: inside the box, and what a person would measure."""

from __future__ import annotations

import inspect
import math
from itertools import pairwise

import pytest

from tst_sim import proportions
from tst_sim.assets import asset_table
from tst_sim.counters import counter_footprint

HEIGHTS = (
    proportions.seat_height_m,
    proportions.arm_height_m,
    proportions.mattress_top_m,
    proportions.table_top_m,
    proportions.inner_floor_m,
    proportions.fridge_split_m,
)


@pytest.mark.parametrize("height", HEIGHTS, ids=lambda function: function.__name__)
def test_every_height_is_inside_the_box_of_every_asset(height):
    for asset in asset_table().values():
        assert 0 < height(asset) <= asset.size_m[1], asset.asset_id


def test_every_function_answers_for_every_asset_with_finite_numbers():
    functions = [f for _, f in inspect.getmembers(proportions, inspect.isfunction) if f.__name__.endswith("_m")]
    assert len(functions) >= 15
    for asset in asset_table().values():
        for function in functions:
            answer = function(asset)
            values = answer if isinstance(answer, tuple) else (answer,)
            assert all(math.isfinite(value) for value in values), (function.__name__, asset.asset_id)


def test_seats_are_as_high_as_people_sit():
    table = asset_table()
    assert proportions.seat_height_m(table["Chair_007_1"]) == pytest.approx(0.48)
    assert proportions.seat_height_m(table["Chair_303_1"]) == 0.358  # where Unity has a watch on it
    assert proportions.seat_height_m(table["Stool_1_1"]) == table["Stool_1_1"].size_m[1]
    sofas = [asset for asset in table.values() if asset.object_type == "Sofa"]
    # The highest are known from Unity: Sofa_223_1 is sat on at 0.596 m.
    assert all(0.3 <= proportions.seat_height_m(asset) <= 0.6 for asset in sofas)
    assert all(proportions.seat_height_m(asset) <= 0.5 for asset in sofas if not asset.supports_m)


def test_a_desk_with_a_hutch_is_worked_at_below_the_top_of_its_box():
    tall, low = asset_table()["Desk_301_1"], asset_table()["Desk_204_1"]
    assert proportions.has_hutch(tall) and not proportions.has_hutch(low)
    assert proportions.table_top_m(tall) == pytest.approx(0.76)
    assert proportions.table_top_m(low) == low.size_m[1]


def test_shelves_rise_to_the_top_of_the_box_with_room_between():
    for asset in asset_table().values():
        if asset.object_type in ("ShelvingUnit", "TVStand"):
            heights = proportions.shelf_heights_m(asset)
            assert heights[-1] == pytest.approx(asset.size_m[1]), asset.asset_id
            assert all(high - low > 0.15 for low, high in pairwise(heights)), asset.asset_id


def test_counter_runs_do_not_overlap_and_stay_in_their_box():
    for asset in asset_table().values():
        if asset.object_type != "CounterTop":
            continue
        runs = counter_footprint(asset)
        letter = asset.asset_id.split("_")[1]
        assert len(runs) == {"I": 1, "Island": 1, "L": 2, "C": 3}[letter], asset.asset_id
        for index, (x0, z0, x1, z1) in enumerate(runs):
            assert -asset.size_m[0] / 2 <= x0 < x1 <= asset.size_m[0] / 2
            assert -asset.size_m[2] / 2 <= z0 < z1 <= asset.size_m[2] / 2
            for u0, v0, u1, v1 in runs[:index]:
                assert min(x1, u1) <= max(x0, u0) or min(z1, v1) <= max(z0, v0)


def test_a_choice_depends_on_the_asset_and_the_question_alone():
    first, second = asset_table()["Chair_007_1"], asset_table()["Chair_007_2"]
    assert proportions.asset_choice(first, "back", 1000) == proportions.asset_choice(first, "back", 1000) == 41
    assert proportions.asset_choice(first, "back", 1000) != proportions.asset_choice(second, "back", 1000)
    assert proportions.asset_choice(first, "back", 1000) != proportions.asset_choice(first, "legs", 1000)
