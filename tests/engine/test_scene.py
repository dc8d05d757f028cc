"""The structure, the objects' places, the instance table and the free space of loaded houses."""

from __future__ import annotations

import numpy as np
import pytest

from tst_sim.assets import asset_table
from tst_sim.embedded.mesh.polygons import rectangle_with_holes, triangulate
from tst_sim.embedded.scene.instance_meshes import ShapeCache, rotation_matrix
from tst_sim.embedded.scene.openings import SKIES, time_of_day
from tst_sim.embedded.scene.scene import Scene, build_scene
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.errors import UserError
from tst_sim.houses import House
from tst_sim.simulator import AGENT_RADIUS_M


@pytest.fixture(scope="module")
def scene(two_rooms: House) -> Scene:
    return build_scene(two_rooms, ShapeCache())


def areas(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    return np.abs((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])) / 2


@pytest.mark.parametrize("reverse", [False, True])
def test_a_concave_floor_is_covered_once(reverse: bool) -> None:
    outline = np.array([(0, 0), (0, 6), (3, 6), (3, 5), (4.5, 5), (4.5, 2), (7, 2), (7, 0)], float)
    outline = outline[::-1] if reverse else outline
    triangles = triangulate(outline)
    assert areas(outline, triangles).sum() == pytest.approx(18 + 7.5 + 5.0)
    centres = outline[triangles].mean(axis=1)
    assert not any(x > 4.5 and z > 2 for x, z in centres)


def test_collinear_corners_of_a_floor_do_no_harm() -> None:
    outline = np.array([(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 0), (1, 0)], float)
    assert areas(outline, triangulate(outline)).sum() == pytest.approx(4.0)


def test_a_wall_loses_the_area_of_its_holes() -> None:
    points, triangles = rectangle_with_holes((0, 0, 5, 3), [(1, 0.5, 2, 2.5), (3, 1, 4.5, 2)])
    assert areas(points, triangles).sum() == pytest.approx(15 - 2 - 1.5)
    edges = {tuple(sorted(edge)) for a, b, c in triangles.tolist() for edge in ((a, b), (b, c), (c, a))}
    assert {(0, 1), (1, 2), (2, 3), (0, 3)} <= edges


def test_overlapping_holes_and_holes_beyond_the_wall_are_cut_once() -> None:
    points, triangles = rectangle_with_holes((0, 0, 4, 3), [(1, 1, 2, 2), (1.5, 1, 2.5, 2), (3.5, 1, 9, 2)])
    assert areas(points, triangles).sum() == pytest.approx(12 - 1.5 - 0.5, abs=1e-3)


def test_walls_lie_on_the_outline_of_their_room_and_face_into_it(scene: Scene) -> None:
    room = scene.house.rooms[0]
    corners = np.array(room.floor_polygon)
    walls = [s for s in scene.surfaces if s.class_name == "Wall" and s.room_id == room.id and not s.outdoors]
    assert len(walls) == 4
    for wall in walls:
        plan = wall.mesh.vertices[:, [0, 2]]
        on_edge = np.minimum(np.abs(plan - corners.min(axis=0)), np.abs(plan - corners.max(axis=0))).min(axis=1)
        assert on_edge.max() == 0
        inwards = np.array([2.0, 0.0, 2.5]) - wall.mesh.vertices.mean(axis=0)
        assert inwards @ wall.normal > 0


def test_the_door_is_cut_out_of_both_walls_at_one_place(scene: Scene) -> None:
    inside = [s for s in scene.surfaces if s.object_id in ("wall|2|4.00|0.00|4.00|5.00", "wall|3|4.00|0.00|4.00|5.00")]
    holes = []
    for wall in inside:
        used = np.unique(wall.mesh.triangles)
        vertices = wall.mesh.vertices[used]
        inner = vertices[(vertices[:, 2] > 0) & (vertices[:, 2] < 5)]
        holes.append((inner[:, 2].min(), inner[:, 2].max(), inner[:, 1].max()))
    np.testing.assert_allclose(holes[0], (5 - 1.64259, 5 - 0.6, 2.10359), atol=1e-4)
    np.testing.assert_allclose(holes[0], holes[1], atol=1e-4)


def test_triangles_face_along_their_normals(scene: Scene) -> None:
    corners = scene.vertices[scene.triangles].astype(np.float64)
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    mean = scene.normals[scene.triangles].mean(axis=1)
    assert (np.einsum("ij,ij->i", faces, mean) < 0).mean() < 0.002


def test_instances_rise_from_one_in_the_stated_order(scene: Scene) -> None:
    rows = scene.instances
    assert [row.id for row in rows] == list(range(1, len(rows) + 1))
    ranks = {"Floor": 0, "Wall": 1, "Ceiling": 2, "Door": 3, "Window": 4}
    order = [ranks.get(row.class_name, 5) for row in rows]
    assert order == sorted(order)
    names = [row.object_id for row in rows if row.class_name not in ranks]
    assert names == [item.id for item, _ in scene.house.all_objects()]
    assert sum(row.class_name == "Floor" for row in rows) == 2
    assert sum(row.class_name == "Door" for row in rows) == 2
    assert len({row.object_id for row in rows}) == len(rows)


def test_triangles_of_an_instance_are_consecutive(scene: Scene) -> None:
    owners = scene.export().instances
    np.testing.assert_array_equal(
        owners, np.repeat(np.arange(1, len(scene.instances) + 1), np.diff(scene.first_triangle))
    )


def test_boxes_of_unturned_objects_have_the_size_of_their_asset(scene: Scene) -> None:
    checked = 0
    for row, item in zip(scene.instances[len(scene.surfaces) :], scene.placed):
        if item.rotation == (0.0, 0.0, 0.0) and item.openness is None:
            np.testing.assert_allclose(row.box_size_m, asset_table()[item.asset_id].size_m, atol=1e-3)
            np.testing.assert_allclose(row.box_center_m, item.position, atol=1e-3)
            checked += 1
    assert checked >= 3


def test_euler_angles_turn_as_in_unity() -> None:
    np.testing.assert_allclose(rotation_matrix((0, 90, 0)) @ (0, 0, 1), (1, 0, 0), atol=1e-12)
    np.testing.assert_allclose(rotation_matrix((90, 0, 0)) @ (0, 0, 1), (0, -1, 0), atol=1e-12)
    np.testing.assert_allclose(rotation_matrix((0, 0, 90)) @ (1, 0, 0), (0, 1, 0), atol=1e-12)
    np.testing.assert_allclose(rotation_matrix((90, 90, 0)) @ (0, 1, 0), (1, 0, 0), atol=1e-12)


def test_an_unknown_sky_is_that_of_midday_and_dusk_is_blue() -> None:
    assert time_of_day("NoSuchSky") == "Midday"
    assert time_of_day("Sky2Dusk") == "BlueHour"
    assert SKIES["BlueHour"][0][2] > SKIES["BlueHour"][0][0]


def test_free_space_keeps_clear_of_walls_and_furniture(engine: EmbeddedSimulator, two_rooms: House) -> None:
    engine.load(two_rooms)
    space = engine.free_space(0.1)
    plan = space.positions_m[:, [0, 2]]
    assert (space.positions_m[:, 1] == 0).all()
    assert space.clearance_m.min() >= AGENT_RADIUS_M
    assert (plan >= AGENT_RADIUS_M - 0.03).all() and (
        plan <= (8 - AGENT_RADIUS_M + 0.03, 5 - AGENT_RADIUS_M + 0.03)
    ).all()
    for row in engine.instances():
        low = np.array(row.box_center_m) - np.array(row.box_size_m) / 2
        high = np.array(row.box_center_m) + np.array(row.box_size_m) / 2
        if row.class_name in ("Bed", "DiningTable", "TVStand"):
            assert not ((plan > low[[0, 2]]) & (plan < high[[0, 2]])).all(axis=1).any()


def test_free_space_is_named_by_room_and_goes_through_the_open_door(
    engine: EmbeddedSimulator, two_rooms: House
) -> None:
    engine.load(two_rooms)
    space = engine.free_space(0.1)
    plan, rooms = space.positions_m[:, [0, 2]], np.array(space.room_ids)
    assert set(rooms) == {"room|2", "room|3"}
    assert (rooms[plan[:, 0] < 3.99] == "room|2").all() and (rooms[plan[:, 0] > 4.01] == "room|3").all()
    near_wall = np.abs(plan[:, 0] - 4.0) < 0.15
    assert near_wall.any()
    assert (plan[near_wall, 1] > 3.35).all() and (plan[near_wall, 1] < 4.4).all()


def test_free_space_points_are_multiples_of_the_spacing_in_order(engine: EmbeddedSimulator, two_rooms: House) -> None:
    engine.load(two_rooms)
    coarse, fine = engine.free_space(0.5), engine.free_space(0.25)
    steps = coarse.positions_m[:, [0, 2]] / 0.5
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-9)
    order = np.lexsort((coarse.positions_m[:, 2], coarse.positions_m[:, 0]))
    np.testing.assert_array_equal(order, np.arange(len(order)))
    assert {tuple(p) for p in coarse.positions_m.tolist()} <= {tuple(p) for p in fine.positions_m.tolist()}


@pytest.mark.parametrize("spacing", [0.0, -1.0, 3.0])
def test_a_spacing_out_of_bounds_is_refused_with_the_bounds(
    engine: EmbeddedSimulator, two_rooms: House, spacing: float
) -> None:
    engine.load(two_rooms)
    with pytest.raises(UserError, match=r"0\.025 to 2\.0"):
        engine.free_space(spacing)
