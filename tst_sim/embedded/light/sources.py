"""Light sources of a house: lamps, the sky in windows and open doors, and the sun through them.

Every source gives light (irradiance over pi) at points from a few of its own points. Neighbours have
different patterns and so see different points of it, and their mean is smooth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tst_sim.embedded.light.light_positions import ceiling_lights
from tst_sim.embedded.light.ray_scene import RayScene
from tst_sim.embedded.light.sampling import sphere
from tst_sim.embedded.scene.instance_meshes import rotation_matrix
from tst_sim.embedded.scene.openings import SKIES, PlacedAsset, WindowBackdrop
from tst_sim.embedded.scene.scene import Scene
from tst_sim.houses import Light

LAMP_RADIUS_M = 0.12
"""Point lamps are spheres: what stands far from the shadow it throws blurs it."""
LAMP_DROP_M = 0.3
"""Lamps hang at least so far below the ceiling."""
DEFAULT_RANGE_M = 15.0
SPOT_HALF_DEG = 35.0
TINT = 0.5
"""How much of its color a source keeps: eyes and cameras adapt to the rest."""
SKY_RADIANCE = {"Midday": 3.2, "GoldenHour": 1.9, "BlueHour": 0.5, "Midnight": 0.02}
"""Of the sky behind windows, as a multiple of a white surface under a lamp of intensity 1, a metre away."""
SUN = {"Midday": 4.5, "GoldenHour": 3.0, "BlueHour": 0.0, "Midnight": 0.0}
"""The sun's, times its intensity in the house; there is none after sunset."""
SUN_HALF_DEG = 1.2
SHADE_STRENGTH = {"FloorLamp": 0.45, "DeskLamp": 0.3}
"""Standing lamps that the house does not list among its lights, and their strength on its scale."""
SHADE_COLOR, SHADE_RANGE_M = (1.0, 0.78, 0.5), 5.0
BEHIND_GLASS_M = 0.15
"""Frames and bars so near to a pane do not shade it: they hide little of it, and are seen against it."""
MIN_CONTRIBUTION = 0.004
"""Light below this share of a lamp's strength is not asked for."""


class ShadingPoints(NamedTuple):
    """Points that light is asked at, all arrays by point."""

    points: np.ndarray
    """(n, 3) float32, already clear of their surface."""
    normals: np.ndarray
    patterns: np.ndarray
    """(n,) uint8: which of the samples of a source are a point's."""

    def take(self, rows: np.ndarray) -> ShadingPoints:
        """The points of some rows, by index (k,) or mask (n,)."""
        return ShadingPoints(self.points[rows], self.normals[rows], self.patterns[rows])


class Sphere(NamedTuple):
    """A lamp with Unity's falloff 1 / (1 + 25 (d / range)^2); `axis` where it shines into a cone."""

    position: np.ndarray
    color: np.ndarray
    range_m: float
    axis: np.ndarray | None = None
    clear_m: float = 0.0
    """What is so near to its middle throws no shadow: a lamp's own shade."""

    @property
    def plan_point(self) -> np.ndarray:
        """(2,) x and z of the middle."""
        return self.position[[0, 2]]

    def light(self, rays: RayScene, lit: ShadingPoints, squares: np.ndarray) -> np.ndarray:
        """(n, 3) light; `squares` (k, DITHER_PATTERNS, 2) by the points' patterns."""
        total = np.zeros(len(lit.points), np.float32)
        for square in squares:
            at = self.position + LAMP_RADIUS_M * sphere(square[lit.patterns])
            strength, direction = self._towards(lit, at)
            distance = np.linalg.norm(at - lit.points, axis=1) - np.float32(self.clear_m)
            total += strength * np.where(distance > 0, rays.free(lit.points, direction, np.maximum(distance, 0)), True)
        return (total / len(squares))[:, None] * self.color

    def reaches(self, lit: ShadingPoints) -> np.ndarray:
        """(n,) bool: False where there is no light worth asking for."""
        return self._towards(lit, self.position)[0] > MIN_CONTRIBUTION

    def _towards(self, lit: ShadingPoints, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        offset = at - lit.points
        distance = np.maximum(np.linalg.norm(offset, axis=1), 1e-4)
        direction = (offset / distance[:, None]).astype(np.float32)
        facing = np.einsum("ij,ij->i", direction, lit.normals)
        strength = np.maximum(facing, 0) / (1 + 25 * (distance / self.range_m) ** 2)
        if self.axis is not None:
            off = np.degrees(np.arccos(np.clip(-(direction @ self.axis), -1, 1)))
            strength *= np.clip((SPOT_HALF_DEG - off) / 8, 0, 1)
        return strength.astype(np.float32), direction


class WindowLight(NamedTuple):
    """A rectangle of sky that shines into the room."""

    corner: np.ndarray
    axes: np.ndarray
    """(2, 3) metres."""
    into: np.ndarray
    radiance: np.ndarray

    @property
    def plan_point(self) -> np.ndarray:
        """(2,) x and z of a point just inside the room."""
        return (self.corner + self.axes.sum(axis=0) / 2 + 0.1 * self.into)[[0, 2]]

    def light(self, rays: RayScene, lit: ShadingPoints, squares: np.ndarray) -> np.ndarray:
        """(n, 3) light; `squares` (k, DITHER_PATTERNS, 2) by the points' patterns."""
        result = np.zeros((len(lit.points), 3), np.float32)
        area = float(np.linalg.norm(np.cross(*self.axes)))
        middle = self.corner + self.axes.sum(axis=0) / 2
        offset = lit.points - middle
        distance = np.linalg.norm(offset, axis=1)
        ahead = (offset @ self.into > 0.01) & (area / (np.pi * np.maximum(distance, 0.3) ** 2) > MIN_CONTRIBUTION)
        facing = (lit.points - self.corner - _highest(self.axes, lit.normals)) * lit.normals
        near = np.flatnonzero(ahead & (facing.sum(axis=1) < 0))
        lit = lit.take(near)
        total = np.zeros(len(near), np.float32)
        for square in squares:
            at = self.corner + square[lit.patterns] @ self.axes
            offset = at - lit.points
            distance = np.maximum(np.linalg.norm(offset, axis=1), 1e-4)
            direction = (offset / distance[:, None]).astype(np.float32)
            facing = np.maximum(np.einsum("ij,ij->i", direction, lit.normals), 0)
            leaving = np.maximum(-(direction @ self.into), 0)
            fraction = facing * leaving * area / (np.pi * (distance**2 + area / 16))
            total += fraction * rays.free(lit.points, direction, (distance - BEHIND_GLASS_M).astype(np.float32))
        result[near] = (total / len(squares))[:, None] * self.radiance
        return result


class Sun(NamedTuple):
    """Parallel light from outside, where a ray towards it ends on a pane of sky."""

    towards: np.ndarray
    color: np.ndarray
    sky: np.ndarray
    """(triangles,) bool."""

    @property
    def plan_point(self) -> None:
        """It shines into all rooms."""
        return None

    def light(self, rays: RayScene, lit: ShadingPoints, squares: np.ndarray) -> np.ndarray:
        """(n, 3) light; `squares` (k, DITHER_PATTERNS, 2) by the points' patterns."""
        facing = np.maximum(lit.normals @ self.towards, 0)
        total = np.zeros(len(lit.points), np.float32)
        for square in squares:
            jitter = np.radians(SUN_HALF_DEG) * sphere(square[lit.patterns])
            direction = (self.towards + jitter).astype(np.float32)
            triangle = rays.hits(lit.points, direction).triangle
            total += (triangle >= 0) & self.sky[triangle]
        return (total / len(squares) * facing)[:, None] * self.color

    def reaches(self, lit: ShadingPoints) -> np.ndarray:
        """(n,) bool: False where there is no light worth asking for."""
        return lit.normals @ self.towards > 0.02


Source = Sphere | WindowLight | Sun


def sources_of(scene: Scene, sky: np.ndarray) -> list[Source]:
    """Everything that shines in a house; `sky` (triangles,) says which triangles show it."""
    windows = [item for item in scene.placed if item.view is not None and item.view.shows_sky]
    time = windows[0].view.time_of_day if windows and windows[0].view else "Midnight"
    found: list[Source] = []
    found += [_lamp(light, scene.house.ceiling_height_m) for light in ceiling_lights(scene.house)]
    for light in scene.house.lights:
        if light.kind == "directional" and SUN[time] > 0:
            found.append(Sun(-_axis(light), SUN[time] * light.intensity * tinted(light.color), sky))
    found += [
        _shade(row.class_name, box)
        for row, box in zip(scene.instances, scene.boxes)
        if row.class_name in SHADE_STRENGTH
    ]
    return found + [_pane(item, item.view) for item in windows if item.view is not None]


def tinted(rgb: tuple[float, float, float]) -> np.ndarray:
    """(3,) color of a light after partial chromatic adaptation (TINT); the largest channel is 1."""
    color = np.array(rgb, np.float32)
    return 1 + TINT * (color / max(float(color.max()), 1e-6) - 1)


def _lamp(light: Light, ceiling_m: float) -> Sphere:
    x, y, z = light.position
    position = np.array((x, min(y, ceiling_m - LAMP_DROP_M), z), np.float32)
    axis = _axis(light) if light.kind == "spot" else None
    return Sphere(position, light.intensity * tinted(light.color), light.range_m or DEFAULT_RANGE_M, axis)


def _shade(class_name: str, box: np.ndarray) -> Sphere:
    """A standing lamp: warm light from the middle of its shade."""
    size = box[1] - box[0]
    top = 0.12 if class_name == "FloorLamp" else 0.25
    position = (box[0] + size * (0.5, 1 - top, 0.5)).astype(np.float32)
    clear = float(np.linalg.norm(size * (0.5, top, 0.5))) + 0.03
    return Sphere(position, SHADE_STRENGTH[class_name] * tinted(SHADE_COLOR), SHADE_RANGE_M, None, clear)


def _axis(light: Light) -> np.ndarray:
    """The direction a light shines in: its own +z."""
    return rotation_matrix(light.rotation or (50.0, 0.0, 0.0))[:, 2].astype(np.float32)


def _pane(item: PlacedAsset, view: WindowBackdrop) -> WindowLight:
    turn = rotation_matrix(item.rotation).astype(np.float32)
    (left, low), (right, high) = view.hole_min, view.hole_max
    corner = turn @ np.array((left, low, view.wall_z + 0.06), np.float32) + np.array(item.position, np.float32)
    axes = np.array([turn[:, 0] * (right - left), turn[:, 1] * (high - low)], np.float32)
    color, _ = SKIES[view.time_of_day]
    return WindowLight(corner.astype(np.float32), axes, turn[:, 2], SKY_RADIANCE[view.time_of_day] * tinted(color))


def _highest(axes: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """(n, 3) from a rectangle's corner to the corner of it that lies furthest along each normal."""
    along = np.maximum(np.sign(normals @ axes.T), 0)
    return along @ axes
