"""A camera specification at one image size: rays, clipping, and the packed form that the rasteriser reads."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.embedded.scene.instance_meshes import rotation_matrix
from tst_sim.errors import UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import Color

NEAR_M = 0.02
MAX_PIXELS = 8192
"""Longest side of an image."""
_NO_FAR_PLANE_M = 1e30
"""Float32 has no infinity that the rasteriser's comparisons need."""

CAMERA_PARAMS = np.dtype(
    [
        ("rotation", "<f4", (3, 3)),
        ("eye", "<f4", 3),
        ("pixels_per_unit", "<f4", 2),
        ("principal_point", "<f4", 2),
        ("near_m", "<f4"),
        ("far_m", "<f4"),
        ("light_gain", "<f4", 3),
    ]
)
"""A camera for the rasteriser, 84 bytes: `CameraParams` of `cpu/native/scene.hpp`."""


@dataclass(frozen=True, eq=False)
class Camera:
    """One view at one image size. Angles are horizontal; `rotation` has columns right, up, forward."""

    eye: np.ndarray
    rotation: np.ndarray
    yaw_deg: float
    pitch_deg: float
    width: int
    height: int
    ndc_scale: tuple[float, float]
    """Image halves (x, y) per unit of slope or, orthographic, per metre."""
    principal_point: tuple[float, float]
    """Where the optical axis meets the image, pixels from its upper left corner."""
    orthographic: bool
    near_m: float
    far_m: float | None
    sky_color: Color | None
    upright: bool
    """Whether it is a perspective camera without roll, whose view over the plan is an angle."""

    @classmethod
    def of(cls, view: CameraSpec, width: int, height: int) -> Camera:
        """The camera of a view; UserError for a lens or an image size that cannot be."""
        _check(view, width, height)
        pitch, yaw, roll = view.rotation_deg
        flat = view.orthographic_size_m
        lens = view.lens or Intrinsics(width, height, view.fov_deg)
        if flat is None:
            scale = 2 * lens.focals_px[0] / width, 2 * lens.focals_px[1] / height
        else:
            scale = height / (flat * width), 1 / flat
        near = NEAR_M if view.near_m is None else view.near_m
        return cls(
            eye=np.array(view.position_m, np.float64),
            rotation=rotation_matrix(view.rotation_deg) if roll else Pose(view.position_m, yaw, pitch).rotation(),
            yaw_deg=yaw,
            pitch_deg=pitch,
            width=width,
            height=height,
            ndc_scale=scale,
            principal_point=lens.middle_px,
            orthographic=flat is not None,
            near_m=near,
            far_m=view.far_m,
            sky_color=view.sky_color,
            upright=flat is None and not roll,
        )

    def params(self, light_gain: tuple[float, float, float]) -> np.ndarray:
        """The camera packed as `CAMERA_PARAMS`, with the factors on all light: (21,) float32."""
        packed = np.zeros((), CAMERA_PARAMS)
        packed["rotation"], packed["eye"] = self.rotation.T, self.eye
        across, along = self.ndc_scale
        packed["pixels_per_unit"] = across * self.width / 2, along * self.height / 2
        packed["principal_point"] = self.principal_point
        packed["near_m"], packed["far_m"] = self.near_m, self.far_m or _NO_FAR_PLANE_M
        packed["light_gain"] = light_gain
        return packed.reshape(1).view(np.float32)

    @property
    def extent(self) -> tuple[float, float]:
        """Slopes (orthographic: metres) from the principal point to the farther side of the image, across and up."""
        x, y = self.principal_point
        across = max(x, self.width - x) / self.width * 2
        along = max(y, self.height - y) / self.height * 2
        return across / self.ndc_scale[0], along / self.ndc_scale[1]

    @property
    def clipped_m(self) -> float:
        """Nothing further from a perspective camera's eye than this is cut away by its near plane."""
        across, along = self.extent
        return self.near_m * math.sqrt(1 + across**2 + along**2)

    def to_clip(self, farthest_m: float) -> tuple[float, float, float, float]:
        """(a, b, c, d): GL's clip z is a depth + b and its w is c depth + d.

        Without a far plane, a perspective has none and an orthographic one ends at `farthest_m`.
        """
        near, far = self.near_m, self.far_m
        if self.orthographic:
            far = far or max(farthest_m, 2 * near)
            return 2 / (far - near), -(far + near) / (far - near), 0.0, 1.0
        if far is None:
            return 1.0, -2 * near, 1.0, 0.0
        return (far + near) / (far - near), -2 * far * near / (far - near), 1.0, 0.0


def _check(view: CameraSpec, width: int, height: int) -> None:
    if not (1 <= width <= MAX_PIXELS and 1 <= height <= MAX_PIXELS):
        raise UserError(f"image size {width} x {height} is out of bounds; give 1 to {MAX_PIXELS} pixels a side")
    if view.lens is not None:
        _check_lens(view.lens, width, height)
    elif not 0 < view.fov_deg < 180:
        raise UserError(f"field of view {view.fov_deg:g} degrees is out of bounds; give more than 0 and less than 180")
    if view.orthographic_size_m is not None and not view.orthographic_size_m > 0:
        raise UserError(f"orthographic size {view.orthographic_size_m:g} m is out of bounds; give more than 0")
    near = NEAR_M if view.near_m is None else view.near_m
    if not near > 0 or (view.far_m is not None and not view.far_m > near):
        raise UserError(f"clipping planes {near:g} to {view.far_m} m are out of order; give 0 < near < far")


def _check_lens(lens: Intrinsics, width: int, height: int) -> None:
    if (lens.width, lens.height) != (width, height):
        raise UserError(f"a lens of {lens.width} x {lens.height} pixels is not one of an image of {width} x {height}")
    (fx, fy), (cx, cy) = lens.focals_px, lens.middle_px
    if not (0 < fx < math.inf and 0 < fy < math.inf):
        raise UserError(f"focal lengths {fx:g}, {fy:g} px are out of bounds; give more than 0")
    if not (0 <= cx <= width and 0 <= cy <= height):
        raise UserError(
            f"principal point {cx:g}, {cy:g} px is out of bounds; give one in the image ({width} x {height})"
        )
