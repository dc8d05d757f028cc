"""Slabs, cushions, bows and covers against the boxes they are to fill and the volumes geometry gives them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.engine.test_primitives import volume_m3
from tst_sim.embedded.catalogue import curved, plants
from tst_sim.embedded.mesh.mesh import Mesh


def bounds(mesh: Mesh) -> np.ndarray:
    return np.stack([mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)])


def test_a_slab_with_round_corners_loses_four_corners_of_its_plan():
    slab = curved.slab((0, 2), (0, 0.5), (0, 1), 0.2, steps=16)
    assert volume_m3(slab) == pytest.approx(0.5 * (2 * 1 - (4 - math.pi) * 0.2**2), rel=1e-3)
    np.testing.assert_allclose(bounds(slab), [[0, 0, 0], [2, 0.5, 1]], atol=1e-6)


def test_rounded_rims_take_more_away_and_leave_the_top_flat():
    plain, soft = (curved.slab((0, 2), (0, 0.5), (0, 1), 0.2, edge=edge) for edge in (0.0, 0.1))
    assert volume_m3(soft) < volume_m3(plain)
    top = soft.vertices[soft.vertices[:, 1] > 0.5 - 1e-6]
    np.testing.assert_allclose(np.ptp(top[:, 0]), 2 - 2 * 0.1, atol=1e-6)


def test_a_cushion_fills_its_box_and_is_flat_inside_its_crown():
    cushion = curved.cushion((-0.3, 0.3), (0.4, 0.52), (-0.25, 0.25), crown=0.05)
    np.testing.assert_allclose(bounds(cushion), [[-0.3, 0.4, -0.25], [0.3, 0.52, 0.25]], atol=1e-6)
    flat = cushion.vertices[cushion.vertices[:, 1] > 0.52 - 1e-6]
    assert np.abs(flat[:, 0]).max() == pytest.approx(0.25)


def test_a_standing_cushion_faces_the_front():
    cushion = curved.standing_cushion((-0.3, 0.3), (0.0, 0.5), (0.1, 0.2), crown=0.04)
    np.testing.assert_allclose(bounds(cushion), [[-0.3, 0.0, 0.1], [0.3, 0.5, 0.2]], atol=1e-6)
    face = cushion.vertices[cushion.vertices[:, 2] > 0.2 - 1e-6]
    assert np.ptp(face[:, 0]) == pytest.approx(0.52) and volume_m3(cushion) > 0


def test_a_bow_is_bent_where_it_is_told_and_keeps_its_ends():
    straight, bent = (curved.bow((-1, 1, 0), (1, 1, 0), (0.1, 0.02), (0, 0, bend)) for bend in (0.0, -0.3))
    assert volume_m3(straight) == pytest.approx(2 * 0.1 * 0.02, rel=1e-5)
    assert bent.vertices[:, 2].min() == pytest.approx(-0.31)
    ends = bent.vertices[np.abs(bent.vertices[:, 0]) > 1 - 1e-6]
    assert np.abs(ends[:, 2]).max() == pytest.approx(0.01)


def test_a_cover_is_flat_on_top_and_hangs_in_folds():
    cover = curved.draped((-0.7, 0.7), (0.3, 0.5), (-0.5, 1.0), waves=3, swing=0.04)
    top = cover.vertices[cover.vertices[:, 1] > 0.5 - 1e-6]
    assert np.ptp(top[:, 0]) == pytest.approx(1.4 - 2 * 0.07) and top[:, 2].max() == pytest.approx(0.93)
    hem = cover.vertices[(cover.vertices[:, 1] < 0.33) & (cover.vertices[:, 0] < -0.5)]
    assert 0.01 < np.ptp(hem[:, 0]) < 0.045
    assert volume_m3(cover) > 0.8 * 1.4 * 0.2 * 1.5


def test_a_turned_leg_carries_and_is_no_wider_than_its_square():
    leg = curved.turned_leg((0.3, -0.2), (0.0, 0.7), 0.05)
    low, high = bounds(leg)
    assert (low[1], high[1]) == pytest.approx((0.0, 0.7))
    assert max(high[0] - low[0], high[2] - low[2]) <= 0.05 + 1e-6


def test_a_broad_leaf_is_closed_and_as_long_as_from_its_stem_to_its_tip():
    leaf = plants.broad_leaf((0, 0, 0), (0.2, 0.1, 0.0), 0.08)
    assert len(leaf.triangles) == 16 and volume_m3(leaf) > 0
    assert leaf.vertices[:, 0].max() == pytest.approx(0.2)
    edges = np.sort(np.concatenate([leaf.triangles[:, [0, 1]], leaf.triangles[:, [1, 2]], leaf.triangles[:, [2, 0]]]))
    points = [tuple(sorted(map(tuple, np.round(leaf.vertices[edge], 6).tolist()))) for edge in edges]
    assert all(points.count(edge) == 2 for edge in points), "every edge has two faces"
