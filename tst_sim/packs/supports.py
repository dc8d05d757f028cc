"""Whether a fitted model carries things where placement has them: nothing may float beside a kidney-shaped desk."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tst_sim.assets import Asset
from tst_sim.embedded.mesh.mesh import Part
from tst_sim.placement.parts import Surface
from tst_sim.placement.shapes import placement_geometry

MIN_CARRIED = {"top": 0.88, "seat": 0.45}
"""Share of the surface by its kind. Things stand all over a table; seats are rounded, and carry little."""
_TOLERANCE_M = {"top": 0.03, "seat": 0.08}
"""How far above or below placement's height the model's surface may be; cushions are not flat."""
_GRID = 20
_MARGIN = 0.02
"""Of the surface's sides: edges are rounded."""
SHUT_TYPES = ("Fridge", "Microwave", "Safe")
"""Their inner boards are behind a shut door."""


def has_boards(asset: Asset) -> bool:
    """Whether things stand on boards inside it, in the open: then the boards must be where placement has them."""
    surfaces = placement_geometry(asset.asset_id).surfaces
    return asset.object_type not in SHUT_TYPES and any(
        surface.kind == "inside" and math.isfinite(surface.free_m) for surface in surfaces
    )


def main_surface(asset: Asset) -> Surface | None:
    """The largest seat or top of an asset; None for what carries nothing."""
    surfaces = (s for s in placement_geometry(asset.asset_id).surfaces if s.kind in MIN_CARRIED)
    return max(surfaces, key=lambda surface: surface.area_m2, default=None)


def carries(parts: Sequence[Part], asset: Asset) -> bool:
    """Whether parts fitted to an asset have a surface that looks upwards under enough of its main surface."""
    surface = main_surface(asset)
    if surface is None:
        return True
    return carried_fraction(parts, surface) >= MIN_CARRIED[surface.kind]


def carried_fraction(parts: Sequence[Part], surface: Surface) -> float:
    """Share of a grid over a surface with a triangle of the parts at its height, looking upwards."""
    corners = np.concatenate([part.mesh.vertices[part.mesh.triangles] for part in parts]).astype(np.float64)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    tolerance = _TOLERANCE_M[surface.kind]
    low, high = corners[..., 1].min(axis=1), corners[..., 1].max(axis=1)
    near = (normals[:, 1] > 0) & (low <= surface.height_m + tolerance) & (high >= surface.height_m - tolerance)
    points = _grid(surface)
    height = _heights(points, corners[near])
    return float((np.abs(height - surface.height_m) <= tolerance).any(axis=1).mean())


def _grid(surface: Surface) -> np.ndarray:
    """(n, 2) points (x, z) all over a surface."""
    low_x, low_z, high_x, high_z = surface.rectangle
    steps = np.linspace(_MARGIN, 1 - _MARGIN, _GRID)
    x, z = np.meshgrid(low_x + steps * (high_x - low_x), low_z + steps * (high_z - low_z))
    return np.column_stack([x.reshape(-1), z.reshape(-1)])


def _heights(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """(n, m) height at which the vertical through each point meets each triangle; infinite where it does not."""
    a, b, c = (corners[:, corner][:, [0, 2]] for corner in range(3))
    area = _cross(b - a, c - a)
    weights = np.stack([_cross(c - b, points[:, None] - b), _cross(a - c, points[:, None] - c)], axis=-1)
    weights /= np.where(np.abs(area) < 1e-14, np.inf, area)[:, None]
    u, v = weights[..., 0], weights[..., 1]
    w = 1 - u - v
    inside = (np.minimum(np.minimum(u, v), w) >= -1e-6) & (np.abs(area) >= 1e-14)
    height = u * corners[:, 0, 1] + v * corners[:, 1, 1] + w * corners[:, 2, 1]
    return np.where(inside, height, np.inf)


def _cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
