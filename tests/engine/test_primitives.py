"""Mesh primitives against the volumes, areas and directions that geometry gives them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tst_sim.embedded.mesh import primitives
from tst_sim.embedded.mesh.mesh import Mesh


def volume_m3(mesh: Mesh) -> float:
    """Enclosed volume, positive where triangles run clockwise seen from outside."""
    a, b, c = mesh.vertices[mesh.triangles].astype(np.float64).transpose(1, 0, 2)
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def test_a_block_has_twelve_triangles_and_its_volume():
    block = primitives.box((0, 0.2), (0.1, 0.4), (-0.5, 0.5))
    assert len(block.triangles) == 12
    assert volume_m3(block) == pytest.approx(0.2 * 0.3 * 1.0, rel=1e-5)


def test_a_bevelled_block_keeps_its_box_and_loses_its_edges():
    block = primitives.box((0, 1), (0, 1), (0, 1), bevel=0.1)
    assert len(block.triangles) == 44
    assert block.vertices.min() == 0 and block.vertices.max() == 1
    # Twelve edges lose a prism of bevel^2 / 2; where three meet, eight corners overlap and are cut once more.
    assert volume_m3(block) == pytest.approx(1 - 12 * 0.8 * 0.005 - 8 * 0.001 * 5 / 6, rel=1e-5)


def test_the_ends_of_a_range_may_come_in_either_order():
    first, second = primitives.box((0, 1), (0, 1), (0, 1)), primitives.box((1, 0), (0, 1), (1, 0))
    np.testing.assert_array_equal(first.vertices, second.vertices)


def test_a_cylinder_has_the_volume_of_its_prism():
    sides, radius, height = 12, 0.5, 2.0
    base = sides / 2 * radius**2 * math.sin(2 * math.pi / sides)
    assert volume_m3(primitives.cylinder(radius, (0, height), sides=sides)) == pytest.approx(base * height, rel=1e-5)


def test_a_rod_along_x_has_the_same_volume_as_one_upright():
    lying = primitives.rod((0, 0, 0), (1, 0, 0), 0.1, sides=8)
    upright = primitives.rod((0, 0, 0), (0, 1, 0), 0.1, sides=8)
    assert volume_m3(lying) == pytest.approx(volume_m3(upright), rel=1e-4)


def test_a_ring_is_hollow():
    ring = primitives.lathe([(1.0, 0), (1.0, 1), (0.5, 1), (0.5, 0)], sides=64, closed=True)
    assert volume_m3(ring) == pytest.approx(math.pi * (1 - 0.25), rel=0.01)


def test_an_ellipsoid_approaches_its_volume():
    ball = primitives.rounded((-1, 1), (0, 1), (-0.5, 0.5), sides=48, rings=32)
    assert volume_m3(ball) == pytest.approx(4 / 3 * math.pi * 1 * 0.5 * 0.5, rel=0.01)


def test_a_closed_tube_is_a_torus():
    path = primitives.arc((0, 0, 0), 1.0, 0, 360 - 7.5, steps=47)
    torus = primitives.tube(path, 0.1, sides=24, closed=True)
    assert volume_m3(torus) == pytest.approx(2 * math.pi**2 * 0.01, rel=0.03)


def test_a_frame_leaves_its_middle_free():
    frame = primitives.frame((0, 2), (0, 1), (0, 0.1), 0.1)
    assert volume_m3(frame) == pytest.approx((2 * 1 - 1.8 * 0.8) * 0.1, rel=1e-5)


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_a_prism_may_be_concave(axis):
    corner = [(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)]
    assert volume_m3(primitives.prism(corner, (0, 0.5), axis=axis)) == pytest.approx(3 * 0.5, rel=1e-5)


def test_a_sphere_is_shaded_smoothly_and_a_box_flat():
    ball = primitives.rounded((-1, 1), (-1, 1), (-1, 1), sides=32, rings=24)
    outwards = ball.vertices / np.linalg.norm(ball.vertices, axis=1, keepdims=True)
    assert np.einsum("ij,ij->i", outwards, ball.normals).min() > 0.99
    assert set(np.abs(primitives.box((0, 1), (0, 1), (0, 1)).normals).sum(axis=1)) == {1.0}


def test_a_turn_about_y_is_a_yaw():
    ahead = primitives.box((-0.1, 0.1), (0, 1), (2, 3))
    right = primitives.turned(ahead, "y", 90)
    assert right.vertices[:, 0].min() == pytest.approx(2, abs=1e-6)
    assert volume_m3(right) == pytest.approx(volume_m3(ahead), rel=1e-5)


def test_a_mirrored_mesh_still_encloses_a_positive_volume():
    mesh = primitives.prism([(0, 0), (1, 0), (0, 1)], (0, 1))
    mirrored = primitives.mirrored(mesh)
    assert mirrored.vertices[:, 0].min() == -1
    assert volume_m3(mirrored) == pytest.approx(0.5, rel=1e-5)


def test_stretching_keeps_normals_perpendicular():
    slope = primitives.prism([(0, 0), (1, 0), (0, 1)], (0, 1), axis="z")
    wide = primitives.stretched(slope, (3, 1, 1))
    tilted = wide.normals[np.abs(wide.normals[:, :2]).min(axis=1) > 0.1]
    np.testing.assert_allclose(tilted, np.tile(np.array([1, 3, 0]) / math.sqrt(10), (len(tilted), 1)), atol=1e-5)


def test_a_curve_goes_through_its_points():
    points = [(0.0, 0.0), (1.0, 0.5), (0.5, 1.0)]
    np.testing.assert_allclose(primitives.curve(points, 4)[::4], points)
