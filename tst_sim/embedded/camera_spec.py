"""The camera specification: pose with roll, lens, clipping planes and projection, as AI2-THOR's cameras have them."""

from __future__ import annotations

from dataclasses import dataclass

from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import Color, Point3


@dataclass(frozen=True)
class CameraSpec:
    """Where a camera stands, how it is turned and what its lens is; image size comes with the request."""

    position_m: Point3
    rotation_deg: Point3 = (0.0, 0.0, 0.0)
    """Euler angles, applied z, x, y as Unity does: x positive looks down, y is the yaw, z rolls."""
    fov_deg: float = 90.0
    """Vertical."""
    orthographic_size_m: float | None = None
    """Half the height of what an orthographic camera sees; None: perspective."""
    near_m: float | None = None
    """Nothing nearer is drawn; None: the engine's own near plane."""
    far_m: float | None = None
    """Nothing farther is drawn; None: no limit."""
    lens: Intrinsics | None = None
    """A calibrated lens in place of `fov_deg`: its focal lengths and principal point, for images of its size."""
    sky_color: Color | None = None
    """sRGB, 0 to 1, where nothing is hit; None: the engine's background."""

    @classmethod
    def of(cls, pose: Pose, fov_deg: float = 90.0) -> CameraSpec:
        """The view of a pose."""
        return cls(pose.position_m, (pose.pitch_deg, pose.yaw_deg, pose.roll_deg), fov_deg)
