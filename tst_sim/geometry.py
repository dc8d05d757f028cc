"""Cameras, and every geometric convention of the project, stated once.

World: AI2-THOR's. Left-handed, y up, metres, degrees. Yaw turns clockwise from +z seen from above;
pitch is positive looking down. Field of view is vertical. Image row 0 is at the top.

Camera axes of `camera_to_world`: x right, y up, z forward (left-handed like the world, so it is a
proper rotation and a translation). Normals alone are stored with z towards the viewer (x right,
y up, z backward), as the field expects. Depth is planar: the distance along the forward axis.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from tst_sim.errors import UserError

CONVENTIONS: Mapping[str, str] = MappingProxyType(
    {
        "world": "left-handed, y up, metres; yaw clockwise from +z seen from above, pitch positive down, degrees",
        "camera_to_world": "4x4, columns x right, y up, z forward, position; left-handed",
        "intrinsics": "3x3, pixels, row 0 at the top, pixel centres at .5; vertical field of view",
        "depth": "planar z-depth, uint16 millimetres, 0 where nothing was hit",
        "normal": "camera space, x right, y up, z towards the viewer; 8 bit (n + 1) / 2 * 255; black: nothing hit",
        "instance": "uint16, 0 is background; see the sample's instances",
        "semantic": "uint8 class id, see the manifest's classes",
    }
)


ROTATION_TOLERANCE = 1e-4
"""Largest deviation of a rotation's columns from length 1 and right angles: files with few digits have 1e-5."""


@dataclass(frozen=True)
class Pose:
    """Where a camera stands and looks. `position_m` is the eye itself, not the agent's feet."""

    position_m: tuple[float, float, float]
    yaw_deg: float
    pitch_deg: float
    roll_deg: float = 0.0
    """Turn about the axis of view, before pitch and yaw: positive lifts the right side of the camera, as in Unity."""

    @classmethod
    def of_matrix(cls, matrix: np.ndarray) -> Pose:
        """The pose of a (4, 4) matrix as `camera_to_world` gives it: left-handed, x right, y up, z forward, metres.

        Poses of right-handed worlds must be mirrored first: with M = diag(1, 1, -1, 1) a camera of OpenGL (x right, y
        up, z backward) in a right-handed world of y up becomes M @ camera_to_world @ M. UserError for a matrix that is
        no rotation and translation.
        """
        given = np.asarray(matrix, np.float64)
        if given.shape != (4, 4) or not np.isfinite(given).all() or given[3].tolist() != [0, 0, 0, 1]:
            raise UserError(f"camera_to_world is 4 x 4 finite numbers that end in 0 0 0 1, got {given.tolist()}")
        rotation = given[:3, :3]
        odd = float(np.abs(rotation.T @ rotation - np.eye(3)).max())
        if odd > ROTATION_TOLERANCE or np.linalg.det(rotation) < 0:
            why = "it mirrors" if odd <= ROTATION_TOLERANCE else f"its columns are off by {odd:.2g}"
            raise UserError(f"camera_to_world {given.tolist()} is no rotation ({why}); columns are right, up, forward")
        (right_x, _, forward_x), (right_y, up_y, forward_y), (right_z, _, forward_z) = rotation.tolist()
        pitch = math.asin(min(1.0, max(-1.0, -forward_y)))
        if math.hypot(right_y, up_y) < 1e-9:  # straight up or down: yaw and roll are one
            yaw, roll = math.atan2(-right_z, right_x), 0.0
        else:
            yaw, roll = math.atan2(forward_x, forward_z), math.atan2(right_y, up_y)
        x, y, z = given[:3, 3].tolist()
        return cls((x, y, z), math.degrees(yaw), math.degrees(pitch), math.degrees(roll))

    def rotation(self) -> np.ndarray:
        """(3, 3) with columns right, up, forward in world coordinates."""
        yaw, pitch = math.radians(self.yaw_deg), math.radians(self.pitch_deg)
        sin_yaw, cos_yaw, sin_pitch, cos_pitch = math.sin(yaw), math.cos(yaw), math.sin(pitch), math.cos(pitch)
        right = (cos_yaw, 0.0, -sin_yaw)
        up = (sin_yaw * sin_pitch, cos_pitch, cos_yaw * sin_pitch)
        forward = (sin_yaw * cos_pitch, -sin_pitch, cos_yaw * cos_pitch)
        rotation = np.array([right, up, forward], np.float64).T
        if self.roll_deg == 0:
            return rotation
        roll = math.radians(self.roll_deg)
        sine, cosine = math.sin(roll), math.cos(roll)
        return rotation @ np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])

    def camera_to_world(self) -> np.ndarray:
        """(4, 4) from camera (x right, y up, z forward) to world coordinates."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotation()
        matrix[:3, 3] = self.position_m
        return matrix


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole camera; of size and field of view alone, with square pixels and its principal point in the middle."""

    width: int
    height: int
    fov_deg: float = 90.0
    """Vertical field of view, degrees, as AI2-THOR's `fieldOfView`."""
    focal_xy_px: tuple[float, float] | None = None
    """Focal lengths across and down, pixels, where a calibration has them; None: both follow from `fov_deg`."""
    principal_px: tuple[float, float] | None = None
    """Where the optical axis meets the image: (x, y) from its upper left corner; None: the middle."""

    @classmethod
    def of_matrix(cls, width: int, height: int, matrix: np.ndarray) -> Intrinsics:
        """A calibrated camera, of a (3, 3) matrix as `matrix` gives it. UserError for one that no pinhole has."""
        given = np.asarray(matrix, np.float64)
        if given.shape != (3, 3) or not np.isfinite(given).all():
            raise UserError(f"intrinsics are 3 x 3 finite numbers, got {given.tolist()}")
        (fx, skew, cx), (_, fy, cy) = given[:2].tolist()
        if min(fx, fy) <= 0 or skew != 0 or given[1, 0] != 0 or given[2].tolist() != [0, 0, 1]:
            raise UserError(
                f"intrinsics {given.tolist()} are not [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] with positive fx and fy; "
                "undistort the images, and scale the matrix to their size"
            )
        fov_deg = math.degrees(2 * math.atan(height / 2 / fy))
        return cls(width, height, fov_deg, (fx, fy), (cx, cy))

    @property
    def is_centred(self) -> bool:
        """Whether size and field of view say everything."""
        return self.focal_xy_px is None and self.principal_px is None

    @property
    def focal_px(self) -> float:
        """Focal length in pixels: half the height over the tangent of half the field of view."""
        return self.height / 2 / math.tan(math.radians(self.fov_deg) / 2)

    @property
    def focals_px(self) -> tuple[float, float]:
        """Focal lengths across and down."""
        return self.focal_xy_px or (self.focal_px, self.focal_px)

    @property
    def middle_px(self) -> tuple[float, float]:
        """The principal point (x, y)."""
        return self.principal_px or (self.width / 2, self.height / 2)

    def matrix(self) -> np.ndarray:
        """(3, 3) pinhole matrix for image coordinates x right, y down, z forward."""
        (fx, fy), (cx, cy) = self.focals_px, self.middle_px
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], np.float64)

    def ray_slopes(self) -> np.ndarray:
        """(h, w, 3) camera-space (x right, y up, z = 1) direction through each pixel centre.

        A point is `depth * slope`, as depth is planar.
        """
        (fx, fy), (cx, cy) = self.focals_px, self.middle_px
        x = (np.arange(self.width) + 0.5 - cx) / fx
        y = (cy - np.arange(self.height) - 0.5) / fy
        slopes = np.ones((self.height, self.width, 3))
        slopes[..., 0], slopes[..., 1] = x[None, :], y[:, None]
        return slopes


def unproject(depth_m: np.ndarray, pose: Pose, intrinsics: Intrinsics) -> np.ndarray:
    """World points (h, w, 3), metres, of planar depth (h, w); where depth is 0 the camera itself."""
    camera_points = depth_m[..., None] * intrinsics.ray_slopes()
    return camera_points @ pose.rotation().T + np.asarray(pose.position_m)


def project(points_m: np.ndarray, pose: Pose, intrinsics: Intrinsics) -> tuple[np.ndarray, np.ndarray]:
    """Pixel coordinates (n, 2) as (x, y) and planar depth (n,), metres, of world points (n, 3).

    Points behind the camera get a negative depth; their pixel coordinates mean nothing.
    """
    camera = (np.asarray(points_m, np.float64) - np.asarray(pose.position_m)) @ pose.rotation()
    depth = camera[:, 2]
    safe = np.where(np.abs(depth) < 1e-12, 1e-12, depth)
    (fx, fy), (cx, cy) = intrinsics.focals_px, intrinsics.middle_px
    pixels = np.stack([cx + fx * camera[:, 0] / safe, cy - fy * camera[:, 1] / safe], axis=1)
    return pixels, depth


def euler_of_axis(axis: tuple[float, float, float], degrees: float) -> tuple[float, float, float]:
    """Euler angles in degrees, applied z, x, y as Unity does, of a turn about an axis of any length.

    As Unity's `Quaternion.AngleAxis`, which takes an axis of no length for no turn. Turns about x, y or z stay as exact
    as they are stated.
    """
    length = math.hypot(*axis)
    if length < 1e-9:
        return (0.0, 0.0, 0.0)
    along = [index for index, part in enumerate(axis) if part]
    if len(along) == 1:
        turn = math.copysign(degrees, degrees * axis[along[0]])
        return tuple(turn if index == along[0] else 0.0 for index in range(3))  # type: ignore[return-value]
    x, y, z = (part / length for part in axis)
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    rest = 1 - cosine  # rows of Rodrigues' matrix, as far as they are needed
    right_up, right = rest * x * y + sine * z, cosine + rest * x * x
    up, up_forward = cosine + rest * y * y, rest * y * z - sine * x
    side_forward, forward = rest * x * z + sine * y, cosine + rest * z * z
    pitch = math.asin(min(1.0, max(-1.0, -up_forward)))
    if abs(up_forward) > 1 - 1e-9:  # looking straight up or down: yaw and roll are one
        return (math.degrees(pitch), math.degrees(math.atan2(-(rest * x * z - sine * y), right)), 0.0)
    yaw, roll = math.atan2(side_forward, forward), math.atan2(right_up, up)
    return (math.degrees(pitch), math.degrees(yaw), math.degrees(roll))
