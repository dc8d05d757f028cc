"""Triangles of packs made drawable: fitted, turned outwards, reduced."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from tests.packs.test_packs import RED, volume
from tst_sim.packs.fitting import Fit, fitted, triangle_budget
from tst_sim.packs.meshes import _brought_back, _surface_samples
from tst_sim.packs.source_model import Piece, SourceMaterial


def test_left_stays_left_seen_from_the_front() -> None:
    """The files' world is right-handed, the houses' left-handed: x changes its sign."""
    corners = np.array([(0, 0, 0), (3, 0, 0), (0, 1, 0), (0, 0, 1)], np.float64)
    tetrahedron = np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)])
    (part,) = fitted(
        (Piece(corners, tetrahedron, SourceMaterial("p", RED)),), Fit(np.eye(3)), (3.0, 1.0, 1.0), name="t"
    )
    assert volume(part) == pytest.approx(0.5, rel=1e-5)
    tip = part.mesh.vertices[np.argmin(part.mesh.vertices[:, 0])]
    np.testing.assert_allclose(tip, (-1.5, -0.5, -0.5), atol=1e-6)


def test_faces_that_look_inwards_are_turned_and_single_sheets_get_two_sides() -> None:
    turned = np.array([(0, 1, 2), (0, 3, 1), (0, 2, 3), (1, 3, 2)])
    corners = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)], np.float64)
    (inverted,) = fitted((Piece(corners, turned, SourceMaterial("p", RED)),), Fit(np.eye(3)), (1, 1, 1), name="t")
    assert volume(inverted) == pytest.approx(1 / 6, rel=1e-5)
    sheet = np.array([(0, 0, 0), (1, 0, 0.2), (1, 1, 0), (0, 1, 0.2)], np.float64)
    (leaf,) = fitted(
        (Piece(sheet, np.array([(0, 1, 2), (0, 2, 3)]), SourceMaterial("p", RED)),), Fit(np.eye(3)), (1, 1, 1), name="t"
    )
    assert len(leaf.mesh.triangles) == 4
    faces = np.cross(*(np.diff(leaf.mesh.vertices[leaf.mesh.triangles], axis=1).transpose(1, 0, 2)))
    normals = leaf.mesh.normals[leaf.mesh.triangles]
    assert (np.einsum("ik,ijk->ij", faces, normals) > 0).all()


def test_a_fine_model_is_reduced_to_its_budget_and_stays_in_shape() -> None:
    sphere = trimesh.creation.icosphere(subdivisions=5)
    piece = Piece(np.asarray(sphere.vertices), np.asarray(sphere.faces), SourceMaterial("p", RED))
    (part,) = fitted((piece,), Fit(np.eye(3)), (0.4, 0.4, 0.4), name="sphere")
    assert len(piece.triangles) == 20480
    assert len(part.mesh.triangles) <= 1.5 * triangle_budget((0.4, 0.4, 0.4))
    np.testing.assert_allclose(np.linalg.norm(part.mesh.vertices, axis=1), 0.2, rtol=0.02)


def test_vertices_that_a_reduction_throws_away_are_brought_back() -> None:
    corners = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)], np.float64)
    surface = _surface_samples(corners, np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)]))
    thrown = np.array([(0, 0, 0), (50, 0, 0), (np.nan, 1, 0), (0, 0, 1.01)])
    back = _brought_back(thrown, corners, np.arange(4), surface)
    np.testing.assert_array_equal(back, [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1.01)])
