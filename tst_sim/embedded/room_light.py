"""The light of rooms: lamps with soft shadows, and what bounces, at any point and direction.

Lamps fall off with distance as Unity's do. What bounces is a colour per room, taken from its
floor, walls and ceiling, shaped by the surface's direction and darkened where it is closed in.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tst_sim.embedded.distance_field import DistanceField
from tst_sim.embedded.floor_plan import FloorPlan, connected_rooms
from tst_sim.embedded.scene import Scene, rotation_matrix
from tst_sim.embedded.structure import Surface
from tst_sim.houses import Light

LAMP_GAIN = 1.0
BOUNCE = 0.5
SUN_FILL = 0.3
"""What the directional light adds where it would shine through open walls; there are no cast beams."""
OUTDOORS = 0.9
DEFAULT_RANGE_M = 15.0
TINT = 0.5
"""How much of its colour a lamp keeps: eyes and cameras adapt to the rest."""
_CELL_M = 0.05


class RoomLight:
    """Irradiance over pi (colour times this is what leaves a matt surface) in one scene, linear RGB."""

    def __init__(self, scene: Scene) -> None:
        self._field = DistanceField.of(scene)
        self._plan = _with_margins(FloorPlan.of(scene.house, _CELL_M))
        self._pairs = connected_rooms(scene.house)
        self._bounce = _bounce_colors(scene)
        self._lamps = [light for light in scene.house.lights if light.kind != "directional"]
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
            soft = soft + SUN_FILL * sun.intensity * facing[:, None] * _tinted(sun)
        total = soft * self._field.openness(points, normals)[:, None]
        for lamp in self._lamps:
            total += self._lamp(lamp, points, normals, rooms)
        return total.astype(np.float32)

    def _lamp(self, lamp: Light, points: np.ndarray, normals: np.ndarray, rooms: np.ndarray) -> np.ndarray:
        """A point lamp's light in its own room and those it opens to, by Unity's falloff 1 / (1 + 25 (d / range)^2)."""
        place = np.array(lamp.position, np.float32)
        home = int(self._plan.room_at(place[None, [0, 2]])[0])
        near = np.array([(home, room) in self._pairs for room in range(len(self._bounce))])
        chosen = np.flatnonzero(near[rooms])
        offset = place - points[chosen]
        distance = np.linalg.norm(offset, axis=1)
        facing = np.einsum("ij,ij->i", offset, normals[chosen]) / np.maximum(distance, 1e-6)
        strength = lamp.intensity * facing / (1 + 25 * (distance / (lamp.range_m or DEFAULT_RANGE_M)) ** 2)
        result = np.zeros((len(points), 3), np.float32)
        for at_home in (True, False):
            lit = (strength > 0.01) & ((rooms[chosen] == home) == at_home)
            seen = self._field.light_reaching(points[chosen[lit]], place, past_walls=at_home)
            result[chosen[lit]] = LAMP_GAIN * (strength[lit] * seen)[:, None] * _tinted(lamp)
        return result


def _with_margins(plan: FloorPlan) -> FloorPlan:
    """The plan with every cell outside given to the nearest room."""
    nearest = ndimage.distance_transform_edt(plan.rooms < 0, return_distances=False, return_indices=True)
    return FloorPlan(plan.origin, plan.cell_m, plan.rooms[tuple(nearest)])  # type: ignore[arg-type]


def _tinted(light: Light) -> np.ndarray:
    color = np.array(light.color, np.float32)
    return 1 + TINT * (color / max(float(color.max()), 1e-6) - 1)


def _towards(sun: Light) -> np.ndarray:
    """Unit vector against the direction a directional light shines in (its own +z)."""
    return -rotation_matrix(sun.rotation or (50.0, 0.0, 0.0))[:, 2].astype(np.float32)


def _bounce_colors(scene: Scene) -> np.ndarray:
    """(rooms, 2, 3) light that comes from below and from above, from the colours of the room's shell."""
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
