"""Placement geometry: parts and surfaces, settling, the check, and where an agent can stand."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from tst_sim.assets import asset_table
from tst_sim.houses import House
from tst_sim.placement import PLACEMENT_VERSION, floating_and_overlapping, placement_geometry, settle
from tst_sim.placement.body import Body
from tst_sim.placement.boxes import Boxes, footprint_overlap, overlap_depth
from tst_sim.placement.freespace import inside_polygon, reachable_positions, stands_free
from tst_sim.placement.scene import PlacementScene
from tst_sim.placement.settle import settled, settled_scene

DATA = Path(__file__).parents[1] / "data"
DIGEST_OF_VERSION = {2: "7573a283cf8c2131"}


def two_rooms(schema: str = "0.0.1") -> dict:
    return json.loads((DATA / f"two_rooms_{schema}.json").read_text())


def house_of(document: dict) -> House:
    return House.from_json(document, name="two-rooms")


def find(document: dict, object_id: str) -> dict:
    pending = list(document["objects"])
    while pending:
        item = pending.pop()
        if item["id"] == object_id:
            return item
        pending.extend(item.get("children", []))
    raise AssertionError(object_id)


def box(
    x: float, z: float, half_x: float, half_z: float, yaw_deg: float = 0.0, low: float = 0.0, high: float = 1.0
) -> Boxes:
    yaw = np.radians(yaw_deg)
    centre, half = np.array([[x, (low + high) / 2, z]]), np.array([[half_x, (high - low) / 2, half_z]])
    return Boxes(centre, half, np.array([[np.cos(yaw), np.sin(yaw)]]))


# Geometry of the assets


def test_the_parts_of_every_asset_fill_its_real_bounding_box():
    for asset in asset_table().values():
        parts = placement_geometry(asset.asset_id).parts
        half = np.array(asset.size_m) / 2
        np.testing.assert_allclose(parts[:, 0].min(axis=0), -half, atol=1e-9, err_msg=asset.asset_id)
        np.testing.assert_allclose(parts[:, 1].max(axis=0), half, atol=1e-9, err_msg=asset.asset_id)


def test_every_surface_lies_on_a_part_and_nothing_solid_is_in_its_free_height():
    for asset in asset_table().values():
        geometry = placement_geometry(asset.asset_id)
        for surface in geometry.surfaces:
            low_x, low_z, high_x, high_z = surface.rectangle
            middle = np.array([(low_x + high_x) / 2, surface.height_m, (low_z + high_z) / 2])
            over = (geometry.parts[:, 0, [0, 2]] < middle[[0, 2]]) & (middle[[0, 2]] < geometry.parts[:, 1, [0, 2]])
            column = geometry.parts[over.all(axis=1)]
            assert np.isclose(column[:, 1, 1], surface.height_m).any(), (
                f"{asset.asset_id} {surface.kind} hangs in the air"
            )
            above = column[column[:, 1, 1] > surface.height_m + 1e-6]
            assert (above[:, 0, 1] >= surface.height_m + surface.free_m - 1e-6).all(), (
                f"{asset.asset_id} {surface.kind}"
            )


def test_placement_geometry_does_not_change_without_a_new_version():
    digest = hashlib.sha256()
    for asset_id in sorted(asset_table()):
        geometry = placement_geometry(asset_id)
        surfaces = [
            (s.kind, round(s.height_m, 6), np.round(s.rectangle, 6).tolist(), round(s.free_m, 6))
            for s in geometry.surfaces
        ]
        row = (asset_id, np.round(geometry.parts, 6).tolist(), surfaces, np.round(geometry.base, 6).tolist())
        digest.update(repr(row).replace("-0.0,", "0.0,").replace("-0.0]", "0.0]").encode())
    assert digest.hexdigest()[:16] == DIGEST_OF_VERSION[PLACEMENT_VERSION]


@pytest.mark.parametrize(
    ("object_type", "kinds"),
    [("DiningTable", {"top"}), ("Sofa", {"seat"}), ("Bed", {"seat"}), ("Sink", {"inside", "rim"}), ("Apple", set())],
)
def test_what_carries_things_is_known_by_type(object_type, kinds):
    for asset in asset_table().values():
        if asset.object_type == object_type:
            found = {surface.kind for surface in placement_geometry(asset.asset_id).surfaces}
            assert found - {"drawer"} == kinds  # a day bed has a drawer under its mattress


# Boxes


def test_two_boxes_that_share_ten_centimetres_overlap_by_ten_centimetres():
    assert overlap_depth(box(0, 0, 0.5, 0.5), box(0.9, 0, 0.5, 0.5))[0, 0] == pytest.approx(0.1)
    assert overlap_depth(box(0, 0, 0.5, 0.5), box(1.2, 0, 0.5, 0.5))[0, 0] == pytest.approx(-0.2)


def test_a_corner_turned_towards_a_face_reaches_further():
    # A square turned by 45 degrees reaches sqrt(2)/2 along x.
    depth = footprint_overlap(box(0, 0, 0.5, 0.5), box(1.1, 0, 0.5, 0.5, yaw_deg=45))[0, 0]
    assert depth == pytest.approx(0.5 + np.sqrt(0.5) - 1.1)


def test_boxes_one_above_the_other_do_not_overlap():
    assert overlap_depth(box(0, 0, 1, 1, high=0.7), box(0, 0, 1, 1, low=0.75, high=1.0))[0, 0] == pytest.approx(-0.05)


def test_yaw_turns_clockwise_seen_from_above():
    chair = Body("c", "Chair_002_1", (0.0, 0.0, 0.0), (0.0, 90.0, 0.0))
    back = chair.geometry.parts[1].mean(axis=0)  # behind: -z in the asset's frame
    assert back[2] < 0 and chair.boxes.centre[1] == pytest.approx([back[2], back[1], -back[0]])


# Settling and checking


def test_a_pillow_comes_down_from_the_headboard_to_the_mattress():
    house = house_of(two_rooms())
    scene = settled_scene(house)
    bed, pillow = scene["2|0"], scene["2|0|1"]
    assert pillow.bottom == pytest.approx(bed.surface_height(bed.surfaces[0]))
    assert pillow.bottom < bed.top - 0.2


def test_breakables_lifted_by_five_centimetres_come_down_by_five_centimetres():
    house = house_of(two_rooms())
    poses = settle(house)
    for item, _ in house.all_objects():
        fall = item.position[1] - poses[item.id].position[1]
        assert fall == pytest.approx({"small|3|0": 0.05, "small|3|1": 0.05}.get(item.id, fall))
    assert poses["small|3|0"].position[0] == house.document["objects"][1]["children"][0]["position"]["x"]


@pytest.mark.parametrize("schema", ["0.0.1", "1.0.0"])
def test_both_schemas_settle_to_the_same_places_with_nothing_floating_or_overlapping(schema):
    house = house_of(two_rooms(schema))
    assert settle(house) == settle(house_of(two_rooms("0.0.1")))
    report = floating_and_overlapping(house)
    assert (report.houses, report.objects, report.floating, report.overlapping) == (1, 11, (), ())


def test_what_has_settled_stays_where_it_is():
    document = two_rooms()
    first = settle(house_of(document))
    for object_id, pose in first.items():
        find(document, object_id)["position"] = dict(zip("xyz", pose.position))
    for object_id, pose in settle(house_of(document)).items():
        assert pose.position == pytest.approx(first[object_id].position, abs=1e-9)


def test_a_tucked_in_chair_does_not_touch_the_table_but_one_pushed_into_a_leg_does():
    scene = settled_scene(house_of(two_rooms()))
    chair, table = scene["3|0|1"], scene["3|0|0"]
    assert overlap_depth(chair.hull, table.hull)[0, 0] > 0.1
    assert not scene.collides(chair)
    leg = table.boxes.centre[-1]
    assert scene.collides(chair.moved((float(leg[0]), chair.position[1], float(leg[2]))))


def test_the_check_finds_what_hangs_in_the_air_and_what_is_pushed_into_something():
    document = two_rooms()
    find(document, "3|1")["position"]["y"] += 0.3
    find(document, "2|1")["position"].update(x=find(document, "2|2")["position"]["x"] + 0.2, z=0.6)
    report = floating_and_overlapping(house_of(document))
    assert [(name, round(gap, 6)) for name, gap in report.floating] == [("two-rooms/3|1", 0.3)]
    plant, bat = asset_table()["Houseplant_10"], asset_table()["BaseballBat_1"]
    ((first, second, depth),) = report.overlapping
    assert (first, second) == ("two-rooms/2|1", "two-rooms/2|2")
    assert depth == pytest.approx((plant.size_m[0] + bat.size_m[0]) / 2 - 0.2)


def test_a_slender_thing_dropped_at_a_slant_lies_down():
    asset = asset_table()["BaseballBat_1"]
    bat = settled(PlacementScene(), Body("bat", asset.asset_id, (1.0, 3.0, 1.0), (4.0, 30.0, 0.0)))
    assert bat.rotation == (90.0, 30.0, 0.0)
    assert bat.position == pytest.approx((1.0, asset.size_m[2] / 2, 1.0))
    assert bat.hull.half[0] == pytest.approx(np.array(asset.size_m)[[0, 2, 1]] / 2)


def test_a_slender_thing_with_no_room_to_lie_down_stays_upright():
    scene = settled_scene(house_of(two_rooms()))
    corner = Body("bat", "BaseballBat_1", (0.05, 3.0, 0.05), (4.0, 45.0, 0.0))
    posts = [
        Body(str(i), "BaseballBat_1", (0.05 + dx, 0.48, 0.05 + dz))
        for i, (dx, dz) in enumerate([(0.3, 0), (0, 0.3), (0.25, 0.25)])
    ]
    for post in posts:
        scene.put(post)
    bat = settled(scene, corner)
    assert bat.rotation == (0.0, 45.0, 0.0) and bat.bottom == pytest.approx(0.0)


# Free space


def test_a_disc_stands_free_at_its_radius_and_not_closer():
    obstacle = box(0, 0, 0.5, 0.5)
    points = np.array([[0.71, 0.0], [0.69, 0.0], [0.65, 0.65], [0.63, 0.63], [0.0, 0.0]])
    assert stands_free(points, obstacle, 0.2).tolist() == [True, False, True, False, False]


def test_an_l_shaped_room_has_no_floor_in_its_missing_corner():
    polygon = ((0.0, 0.0), (0.0, 2.0), (1.0, 2.0), (1.0, 1.0), (2.0, 1.0), (2.0, 0.0))
    points = np.array([[0.5, 1.5], [1.5, 1.5], [1.5, 0.5], [2.5, 0.5]])
    assert inside_polygon(points, polygon).tolist() == [True, False, True, False]


def test_an_agent_walks_through_an_open_door_and_not_through_a_shut_one():
    document = two_rooms()
    for openness, beyond in ((1, True), (0, False)):
        document["doors"][0]["openness"] = openness
        house = house_of(copy.deepcopy(document))
        points = reachable_positions(house, settled_scene(house), (2.25, 2.0))
        assert len(points) > 20 and (points[:, 0] < 4).any()
        assert (points[:, 0] > 4.2).any() == beyond
        assert len(np.unique(points, axis=0)) == len(points)
        np.testing.assert_allclose((points - (2.25, 2.0)) % 0.25, 0, atol=1e-9)


def test_nothing_is_reachable_from_inside_the_bed():
    house = house_of(two_rooms())
    assert len(reachable_positions(house, settled_scene(house), (2.0, 4.0))) == 0
