"""Ambient specular light and one highlight per room: a three-band environment (below, sides, above) and a light
position."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tst_sim.embedded.light.light_positions import ceiling_lights
from tst_sim.embedded.light.lighting import LightBake
from tst_sim.embedded.scene.scene import Scene
from tst_sim.embedded.scene.structure import Surface
from tst_sim.houses import Light

MAX_ROOMS = 64
"""Rooms that mirror themselves; the rest mirror the last of these."""
_LAMP_BELOW_CEILING_M = 0.15
_SOFTENED = 0.6
"""Power on the differences between floor, walls and ceiling: what stands and hangs in a room evens them out."""
_CONTRAST = (0.5, 0.95, 1.6)
"""Mirrors show more below and above than a bare floor and ceiling: dark furniture, and lamps."""


class RoomReflections:
    """What every room of a scene shows a mirror, and the lamp that makes its highlights."""

    def __init__(self, scene: Scene, light: LightBake) -> None:
        rooms = scene.house.rooms[:MAX_ROOMS]
        numbers = {room.id: number for number, room in enumerate(rooms)}
        self._room_of_surface = [numbers.get(surface.room_id, 0) for surface in scene.surfaces]
        self._floors = [_of_room(scene, room.id, "Floor")[:1] for room in rooms]
        self.ambient_specular = np.ones((MAX_ROOMS, 3))
        """Brightness of floor, walls and ceiling over their mean."""
        self.lights = np.zeros((MAX_ROOMS, 3))
        """Places, world metres."""
        hung = ceiling_lights(scene.house)
        for number, room in enumerate(rooms):
            structure = (_of_room(scene, room.id, name) for name in ("Floor", "Wall", "Ceiling"))
            bright = np.array([_mean_light(scene, light, surfaces) for surfaces in structure])
            self.ambient_specular[number] = (bright / max(float(bright.mean()), 1e-3)) ** _SOFTENED * _CONTRAST
            self.lights[number] = _room_light(scene, room.id, hung)

    def room(self, number: int, box: np.ndarray) -> int:
        """The room of instance `number` (from 0) with this box (2, 3): its surface's, or the nearest."""
        if number < len(self._room_of_surface):
            return self._room_of_surface[number]
        middle = box.mean(axis=0)[[0, 2]]
        for number, floors in enumerate(self._floors):
            if floors and floors[0][1].holds(middle[None])[0]:
                return number
        middles = [_middle(floors[0][1]) if floors else np.full(2, np.inf) for floors in self._floors]
        return int(np.argmin([np.linalg.norm(place - middle) for place in middles])) if middles else 0


def _of_room(scene: Scene, room_id: str, class_name: str) -> list[tuple[int, Surface]]:
    return [
        (index, surface)
        for index, surface in enumerate(scene.surfaces)
        if surface.room_id == room_id and surface.class_name == class_name and not surface.outdoors
    ]


def _middle(surface: Surface) -> np.ndarray:
    assert surface.outline is not None
    return surface.outline.mean(axis=0)


def _mean_light(scene: Scene, light: LightBake, surfaces: list[tuple[int, Surface]]) -> float:
    """What leaves these surfaces on average: the brightness of their color times the middle of their charts."""
    first = scene.first_vertex
    height, width = light.light_map.shape[:2]
    total = weight = 0.0
    for index, surface in surfaces:
        chart = light.vertex_chart[first[index] : first[index + 1]] * (width, height)
        (left, top), (right, bottom) = chart.min(axis=0).astype(int), chart.max(axis=0).astype(int) + 1
        area = float(np.prod(np.linalg.norm(surface.axes, axis=1)))
        texels = light.light_map[top:bottom, left:right].reshape(-1, 3)
        total += area * float((texels.mean(axis=0) * surface.material.color).mean())
        weight += area
    return total / weight if weight else 0.4


def _room_light(scene: Scene, room_id: str, lamps: Sequence[Light]) -> np.ndarray:
    """Where the room's strongest lamp hangs; without one, under the middle of the ceiling."""
    floors = _of_room(scene, room_id, "Floor")
    inside = [
        light for light in lamps if floors and floors[0][1].holds(np.array([[light.position[0], light.position[2]]]))[0]
    ]
    if inside:
        return np.array(max(inside, key=lambda light: light.intensity).position, np.float32)
    x, z = _middle(floors[0][1]) if floors else (0.0, 0.0)
    return np.array([x, scene.house.ceiling_height_m - _LAMP_BELOW_CEILING_M, z], np.float32)
