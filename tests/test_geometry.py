"""Conventions of geometry.py, checked against hand-computed cameras."""

from __future__ import annotations

import numpy as np
import pytest

from tst_sim.geometry import Intrinsics, Pose, project, unproject

LEVEL = Pose((0.0, 1.5, 0.0), yaw_deg=0.0, pitch_deg=0.0)


def test_yaw_zero_looks_along_positive_z_with_x_to_the_right():
    right, up, forward = LEVEL.rotation().T
    np.testing.assert_allclose([right, up, forward], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], atol=1e-12)


def test_yaw_turns_clockwise_seen_from_above():
    right, _, forward = Pose((0, 0, 0), yaw_deg=90.0, pitch_deg=0.0).rotation().T
    np.testing.assert_allclose([right, forward], [[0, 0, -1], [1, 0, 0]], atol=1e-12)


def test_positive_pitch_looks_down_and_tips_up_forward():
    _, up, forward = Pose((0, 0, 0), yaw_deg=0.0, pitch_deg=90.0).rotation().T
    np.testing.assert_allclose([up, forward], [[0, 0, 1], [0, -1, 0]], atol=1e-12)


@pytest.mark.parametrize("yaw,pitch", [(0, 0), (37, -12), (181, 44), (300, 80)])
def test_camera_axes_are_orthonormal_and_keep_handedness(yaw: float, pitch: float):
    rotation = Pose((0, 0, 0), yaw, pitch).rotation()
    np.testing.assert_allclose(rotation.T @ rotation, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_field_of_view_is_vertical():
    camera = Intrinsics(width=200, height=100, fov_deg=90.0)
    top = np.array([[0.0, 1.5 + 2.0, 2.0]])
    pixel, depth = project(top, LEVEL, camera)
    np.testing.assert_allclose(pixel, [[100.0, 0.0]], atol=1e-9)
    assert depth[0] == pytest.approx(2.0)


def test_a_point_to_the_right_lands_right_of_the_middle_and_one_above_lands_in_an_upper_row():
    camera = Intrinsics(64, 64, 60.0)
    pixel, _ = project(np.array([[0.5, 1.9, 3.0]]), LEVEL, camera)
    assert pixel[0, 0] > 32 and pixel[0, 1] < 32


def test_unproject_is_the_inverse_of_project():
    camera = Intrinsics(33, 21, 70.0)
    pose = Pose((1.0, 1.2, -2.0), yaw_deg=123.0, pitch_deg=17.0)
    depth = np.linspace(0.5, 6.0, 33 * 21).reshape(21, 33)
    pixels, planar = project(unproject(depth, pose, camera).reshape(-1, 3), pose, camera)
    columns, rows = np.meshgrid(np.arange(33) + 0.5, np.arange(21) + 0.5)
    np.testing.assert_allclose(pixels, np.stack([columns.ravel(), rows.ravel()], 1), atol=1e-9)
    np.testing.assert_allclose(planar, depth.ravel(), atol=1e-9)


def test_the_pinhole_matrix_projects_like_project():
    camera = Intrinsics(64, 48, 75.0)
    point = np.array([0.4, 1.1, 2.5])
    image = camera.matrix() @ (np.diag([1, -1, 1]) @ (point - LEVEL.position_m))
    pixel, _ = project(point[None], LEVEL, camera)
    np.testing.assert_allclose(image[:2] / image[2], pixel[0], atol=1e-9)
