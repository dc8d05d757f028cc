"""Do the modalities of a corpus agree with each other? Measures for `verify`, from stored frames alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tst_sim.geometry import Intrinsics, Pose, project, unproject

BASELINE_SHARE = 1 / 64
"""Depth gradients are taken over this share of the image height, so that millimetre steps do not matter."""
FLAT_SHARE = 0.01
"""A depth neighbourhood counts as flat when its second difference is below this share of the depth."""
NORMAL_TOLERANCE_DEG = 15.0
DEPTH_TOLERANCE_M = 0.02
DEPTH_TOLERANCE_SHARE = 0.02
POINTS_PER_SIDE = 48
"""About so many rows and columns of a frame are carried into another one."""


@dataclass(frozen=True)
class Agreement:
    """How many places were compared, and the share of them that agree."""

    compared: int
    fraction: float


def depth_against_normals(depth_m: np.ndarray, normal: np.ndarray, intrinsics: Intrinsics) -> Agreement:
    """Share of flat places where the normal from depth gradients lies within 15 degrees of the stored one.

    depth (h, w) metres; normal (h, w, 3) camera space (x right, y up, z towards the viewer).
    """
    step = max(1, round(depth_m.shape[0] * BASELINE_SHARE))
    points = depth_m[..., None] * intrinsics.ray_slopes()
    middle = points[step:-step, step:-step]
    left, right = points[step:-step, : -2 * step], points[step:-step, 2 * step :]
    above, below = points[: -2 * step, step:-step], points[2 * step :, step:-step]
    stored = normal[step:-step, step:-step] * np.array([1, 1, -1])
    flat = np.all([side[..., 2] > 0 for side in (middle, left, right, above, below)], axis=0)
    for first, second in ((left, right), (above, below)):
        flat &= np.abs(first[..., 2] + second[..., 2] - 2 * middle[..., 2]) < FLAT_SHARE * middle[..., 2]
    flat &= np.linalg.norm(stored, axis=-1) > 0.5
    derived = np.cross(right[flat] - left[flat], above[flat] - below[flat])
    derived *= -np.sign(np.sum(derived * middle[flat], axis=-1, keepdims=True))
    lengths = np.linalg.norm(derived, axis=-1) * np.linalg.norm(stored[flat], axis=-1)
    cosine = np.sum(derived * stored[flat], axis=-1) / np.maximum(lengths, 1e-12)
    return _agreement(cosine > np.cos(np.radians(NORMAL_TOLERANCE_DEG)))


@dataclass(frozen=True)
class DecodedFrame:
    """One decoded frame of a house, for comparison with another."""

    depth_m: np.ndarray
    normal: np.ndarray | None
    instance: np.ndarray | None
    pose: Pose
    intrinsics: Intrinsics


def between_frames(first: DecodedFrame, second: DecodedFrame) -> tuple[Agreement, Agreement]:
    """(depth, instance) agreement of the surface points of `first` that `second` must see as well.

    A point that something nearer hides in `second` is not compared. A point that `second` sees through (its depth
    there is larger) disagrees. Points whose surface faces away from `second` are left out where normals are known.
    """
    points, ids = _surface_points(first, np.asarray(second.pose.position_m))
    pixels, depth = project(points, second.pose, second.intrinsics)
    height, width = second.depth_m.shape
    x, y = np.floor(pixels).astype(np.int64).T
    inside = (depth > 0.05) & (x >= 1) & (y >= 1) & (x < width - 1) & (y < height - 1)
    x, y, depth, ids = x[inside], y[inside], depth[inside], ids[inside]
    window = np.arange(-1, 2)
    rows, columns = y[:, None, None] + window[:, None], x[:, None, None] + window
    around = second.depth_m[rows, columns].reshape(len(x), 9)
    around = np.where(around > 0, around, np.inf)
    tolerance = DEPTH_TOLERANCE_M + DEPTH_TOLERANCE_SHARE * depth
    seen_through = around.min(1, initial=np.inf) > depth + tolerance
    seen = ~seen_through & (np.abs(around - depth[:, None]) < tolerance[:, None]).all(1)
    depths = _agreement(seen[seen | seen_through])
    if second.instance is None or first.instance is None:
        return depths, Agreement(0, 1.0)
    return depths, _agreement((second.instance[rows, columns].reshape(len(x), 9) == ids[:, None]).any(1)[seen])


def _surface_points(view: DecodedFrame, eye: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """World points (n, 3) of a frame on a coarse grid that face `eye`, and their instance ids (n,)."""
    step = max(1, view.depth_m.shape[0] // POINTS_PER_SIDE)
    grid = np.s_[step // 2 :: step, step // 2 :: step]
    points, valid = unproject(view.depth_m, view.pose, view.intrinsics)[grid], view.depth_m[grid] > 0
    if view.normal is not None:
        world = (view.normal[grid] * np.array([1, 1, -1])) @ view.pose.rotation().T
        towards = eye - points
        facing = np.sum(world * towards, axis=-1) / np.maximum(np.linalg.norm(towards, axis=-1), 1e-9)
        valid &= facing > 0.2
    ids = view.instance[grid] if view.instance is not None else np.zeros(valid.shape, np.uint16)
    return points[valid], ids[valid]


def _agreement(agrees: np.ndarray) -> Agreement:
    return Agreement(len(agrees), float(agrees.mean()) if len(agrees) else 1.0)
