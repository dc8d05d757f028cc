"""The estimated light of rooms at any point and direction: lights with soft shadows, and bounced light.

Lamps fall off with distance as Unity's do. What bounces is a color per room, taken from its
floor, walls and ceiling, shaped by the surface's direction and darkened where it is closed in.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from tst_sim.embedded.light.distance_field import DistanceField
from tst_sim.embedded.light.light_positions import ceiling_lights
from tst_sim.embedded.scene.floor_plan import FloorPlan, connected_rooms
from tst_sim.embedded.scene.instance_meshes import rotation_matrix
from tst_sim.embedded.scene.openings import SKIES, PlacedAsset
from tst_sim.embedded.scene.scene import Scene
from tst_sim.embedded.scene.structure import Surface
from tst_sim.houses import Light

LAMP_GAIN = 1.1
BOUNCE = 0.44
SUN_FILL = 0.3
"""What the directional light adds where it would shine through open walls; there are no cast beams."""
WINDOW_GAIN = 0.8
"""Light that a square metre of midday sky in a window gives, as a lamp's intensity."""
MAX_WINDOW = 0.8
OUTDOORS = 0.9
DEFAULT_RANGE_M = 15.0
TINT = 0.5
"""How much of its color a lamp keeps: eyes and cameras adapt to the rest."""
CONTRAST = 1.35
"""Power on the open share of what is around: corners and the gaps under things go darker."""
_CELL_M = 0.05


class RoomLight:
    """Irradiance over pi (color times this is what leaves a matt surface) in one scene, linear RGB."""

    def __init__(self, scene: Scene) -> None:
        self._field = DistanceField.of(scene)
        self._plan = with_margins(FloorPlan.of(scene.house, _CELL_M))
        self._pairs = connected_rooms(scene.house)
        self._bounce = _bounce_colors(scene)
        self._lamps = [_lamp(light) for light in ceiling_lights(scene.house)]
        self._windows = [_window(item) for item in scene.placed if item.view is not None and item.view.shows_sky]
        self._suns = [light for light in scene.house.lights if light.kind == "directional"]

    def at(self, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(n, 3) float32 light on surfaces at points (n, 3) that face along normals (n, 3)."""
        points, normals = points.astype(np.float32), normals.astype(np.float32)
        rooms = self._plan.room_at(points[:, [0, 2]])
        up = 0.5 + 0.5 * normals[:, 1:2]
        below, above = self._bounce[rooms, 0], self._bounce[rooms, 1]
        soft = BOUNCE * (below + up * (above - below))
        for sun in self._suns:
            facing = 0.5 + 0.5 * normals @ _towards(sun)
            soft = soft + SUN_FILL * sun.intensity * facing[:, None] * _tinted(sun.color)
        total = soft * (self._field.openness(points, normals) ** CONTRAST)[:, None]
        for lamp in self._lamps + self._windows:
            total += self._lamp(lamp, points, normals, rooms)
        return total.astype(np.float32)

    def _lamp(self, lamp: _Lamp, points: np.ndarray, normals: np.ndarray, rooms: np.ndarray) -> np.ndarray:
        """A lamp's light in its own room and those it opens to, by Unity's falloff 1 / (1 + 25 (d / range)^2).

        A window's stays in its room.
        """
        home = int(self._plan.room_at(lamp.position[None, [0, 2]])[0])
        near = np.array([(home, room) in self._pairs for room in range(len(self._bounce))])
        if lamp.into is not None:
            near = np.arange(len(self._bounce)) == home
        chosen = np.flatnonzero(near[rooms])
        offset = lamp.position - points[chosen]
        distance = np.linalg.norm(offset, axis=1)
        facing = np.einsum("ij,ij->i", offset, normals[chosen]) / np.maximum(distance, 1e-6)
        if lamp.into is not None:
            facing *= np.maximum(-(offset @ lamp.into) / np.maximum(distance, 1e-6), 0)
        strength = facing / (1 + 25 * (distance / lamp.range_m) ** 2)
        result = np.zeros((len(points), 3), np.float32)
        for at_home in (True, False):
            lit = (strength > 0.015) & ((rooms[chosen] == home) == at_home)
            seen = self._field.light_reaching(
                points[chosen[lit]], lamp.position, past_walls=at_home, clear_m=lamp.clear_m
            )
            result[chosen[lit]] = (strength[lit] * seen)[:, None] * lamp.color
        return result


class _Lamp(NamedTuple):
    """Something small that shines: all around, or into one half space."""

    position: np.ndarray
    color: np.ndarray
    range_m: float
    into: np.ndarray | None
    clear_m: float
    """What is nearer to it casts no shadow."""


def _lamp(light: Light) -> _Lamp:
    color = LAMP_GAIN * light.intensity * _tinted(light.color)
    return _Lamp(np.array(light.position, np.float32), color, light.range_m or DEFAULT_RANGE_M, None, 0.2)


def _window(item: PlacedAsset) -> _Lamp:
    """A window's sky, as a lamp in the middle of its hole that shines into the room."""
    view = item.view
    assert view is not None
    turn = rotation_matrix(item.rotation)
    (left, low), (right, high) = view.hole_min, view.hole_max
    middle = turn @ ((left + right) / 2, (low + high) / 2, view.wall_z + 0.1) + np.array(item.position)
    sky, emission = SKIES[view.time_of_day]
    intensity = min(WINDOW_GAIN * emission * (right - left) * (high - low), MAX_WINDOW)
    into = turn[:, 2].astype(np.float32)
    return _Lamp(middle.astype(np.float32), intensity * _tinted(sky), DEFAULT_RANGE_M, into, 0.6)


def with_margins(plan: FloorPlan) -> FloorPlan:
    """The plan with every cell outside given to the nearest room."""
    nearest = ndimage.distance_transform_edt(plan.rooms < 0, return_distances=False, return_indices=True)
    return FloorPlan(plan.origin, plan.cell_m, plan.rooms[tuple(nearest)])  # type: ignore[arg-type]


def _tinted(rgb: tuple[float, float, float]) -> np.ndarray:
    color = np.array(rgb, np.float32)
    return 1 + TINT * (color / max(float(color.max()), 1e-6) - 1)


def _towards(sun: Light) -> np.ndarray:
    """Unit vector against the direction a directional light shines in (its own +z)."""
    return -rotation_matrix(sun.rotation or (50.0, 0.0, 0.0))[:, 2].astype(np.float32)


def _bounce_colors(scene: Scene) -> np.ndarray:
    """(rooms, 2, 3) light that comes from below and from above, from the colors of the room's structure."""
    colors = np.empty((len(scene.house.rooms), 2, 3), np.float32)
    for index, room in enumerate(scene.house.rooms):
        mine = [surface for surface in scene.surfaces if surface.room_id == room.id]
        floor, wall, ceiling = (_mean_color(mine, name) for name in ("Floor", "Wall", "Ceiling"))
        colors[index, 0] = 0.45 + 0.35 * floor + 0.2 * wall
        colors[index, 1] = 0.6 + 0.2 * ceiling + 0.3 * wall
    return colors


def _mean_color(surfaces: list[Surface], class_name: str) -> np.ndarray:
    """By area; exterior walls belong to a room too, and do not count."""
    rows = [
        (np.prod(np.linalg.norm(surface.axes, axis=1)), surface.material.color)
        for surface in surfaces
        if surface.class_name == class_name and not surface.outdoors
    ]
    if not rows:
        return np.full(3, 0.5, np.float32)
    return np.average([color for _, color in rows], axis=0, weights=[area for area, _ in rows]).astype(np.float32)
