"""Light that does not move is baked: irradiance into a map for the shell and per vertex elsewhere.

`bake` is the seam: whatever makes a `LightBake` (this cheap one, a path tracer) lights the pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tst_sim.embedded.light.light_map import Chart, filled, lay_out
from tst_sim.embedded.light.room_light import OUTDOORS, RoomLight
from tst_sim.embedded.scene import Scene
from tst_sim.embedded.solids import Solid
from tst_sim.embedded.structure import Surface

OFFSET_M = 0.03
"""Light is asked for this far in front of a surface."""


@dataclass(frozen=True)
class LightBake:
    """Linear RGB irradiance over pi (so that colour times light is what leaves a matt surface)."""

    vertex_light: np.ndarray
    """(n, 3) float32 by vertex of the scene; 1 where the map alone lights the vertex."""
    vertex_chart: np.ndarray
    """(n, 2) float64 place in the map, in [0, 1]; a white texel where the vertex alone is lit."""
    light_map: np.ndarray
    """(h, w, 3) float32."""
    light_at: Callable[[np.ndarray, np.ndarray], np.ndarray]
    """(n, 3) float32 light at points (n, 3) that face along normals (n, 3): for what came after the bake."""

    def on(self, solid: Solid) -> tuple[np.ndarray, np.ndarray]:
        """Vertex light (n, 3) and charts (n, 2) of a solid that was not there, or elsewhere, at the bake."""
        if not len(solid.vertices):
            return np.zeros((0, 3), np.float32), np.zeros((0, 2))
        height, width = self.light_map.shape[:2]
        light = self.light_at(solid.vertices + OFFSET_M * solid.normals, solid.normals) + solid.emission[:, None]
        return light, np.tile(_white((width, height)), (len(light), 1))


def bake(scene: Scene) -> LightBake:
    """The light of a house's own lamps and sun, by soft shadows in a distance field; even light in an empty scene."""
    if not scene.house.rooms:
        return LightBake(
            np.full((len(scene.vertices), 3), OUTDOORS, np.float32),
            np.full((len(scene.vertices), 2), 0.5),
            np.ones((1, 1, 3), np.float32),
            lambda points, normals: np.full((len(points), 3), OUTDOORS, np.float32),
        )
    room_light = RoomLight(scene)
    charts, (width, height) = lay_out(scene.surfaces)
    size = (width, height + 1)
    light_map = np.ones((height + 1, width, 3), np.float32)
    for chart, light in zip(charts, _shell_light(scene, room_light, charts)):
        light_map[chart.top : chart.top + chart.rows, chart.left : chart.left + chart.columns] = light
    count = scene.shell_vertices
    vertex_light = np.ones((len(scene.vertices), 3), np.float32)
    normals = scene.normals[count:]
    vertex_light[count:] = room_light.at(scene.vertices[count:] + OFFSET_M * normals, normals)
    vertex_light += scene.emission[:, None]
    white = np.tile(_white(size), (len(scene.vertices) - count, 1))
    places = [chart.coordinates(surface, size) for chart, surface in zip(charts, scene.surfaces)]
    return LightBake(vertex_light, np.concatenate([*places, white]), light_map, room_light.at)


def _white(size: tuple[int, int]) -> np.ndarray:
    """The middle of the map's last texel, which no chart uses."""
    return (np.array(size) - 0.5) / size


def _shell_light(scene: Scene, room_light: RoomLight, charts: list[Chart]) -> list[np.ndarray]:
    """(rows, columns, 3) light of each surface; one question for the texels of all of them."""
    grids = [chart.points(surface) for chart, surface in zip(charts, scene.surfaces)]
    points = [grid.reshape(-1, 3) + OFFSET_M * surface.normal for grid, surface in zip(grids, scene.surfaces)]
    normals = [np.broadcast_to(surface.normal, rows.shape) for rows, surface in zip(points, scene.surfaces)]
    indoors = [not surface.outdoors for surface in scene.surfaces]
    chosen = [index for index, inside in enumerate(indoors) if inside]
    lit = room_light.at(np.concatenate([points[i] for i in chosen]), np.concatenate([normals[i] for i in chosen]))
    pieces = iter(np.split(lit, np.cumsum([len(points[i]) for i in chosen])[:-1]))
    return [
        _within(surface, grid, next(pieces).reshape(grid.shape)) if inside else np.full_like(grid, OUTDOORS)
        for surface, grid, inside in zip(scene.surfaces, grids, indoors)
    ]


def _within(surface: Surface, grid: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Texels beyond the outline of a floor or ceiling (and so in another room) take the nearest one's light."""
    if surface.outline is None:
        return light
    return filled(light, surface.holds(grid[..., [0, 2]].reshape(-1, 2)).reshape(grid.shape[:2]))
