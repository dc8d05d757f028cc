"""The `fast` light: soft shadows from a distance field, in a lightmap for the structure, per vertex elsewhere."""

from __future__ import annotations

import numpy as np

from tst_sim.embedded.light.light_bake import OFFSET_M, LightBake, even_light, white_texel
from tst_sim.embedded.light.light_map import Chart, filled, lay_out
from tst_sim.embedded.light.room_light import OUTDOORS, RoomLight
from tst_sim.embedded.scene.scene import Scene
from tst_sim.embedded.scene.structure import Surface


def estimate(scene: Scene) -> LightBake:
    """The light of a house's own lamps and sun, by soft shadows in a distance field; even light in an empty scene."""
    if not scene.house.rooms:
        return even_light(scene, OUTDOORS)
    room_light = RoomLight(scene)
    charts, (width, height) = lay_out(scene.surfaces)
    size = (width, height + 1)
    light_map = np.ones((height + 1, width, 3), np.float32)
    for chart, light in zip(charts, _structure_light(scene, room_light, charts)):
        light_map[chart.top : chart.top + chart.rows, chart.left : chart.left + chart.columns] = light
    count = scene.structure_vertices
    vertex_light = np.ones((len(scene.vertices), 3), np.float32)
    normals = scene.normals[count:]
    vertex_light[count:] = room_light.at(scene.vertices[count:] + OFFSET_M * normals, normals)
    vertex_light += scene.emission[:, None]
    white = np.tile(white_texel(size), (len(scene.vertices) - count, 1))
    places = [chart.coordinates(surface, surface.mesh.vertices, size) for chart, surface in zip(charts, scene.surfaces)]
    return LightBake(vertex_light, np.concatenate([*places, white]), light_map, room_light.at)


def _structure_light(scene: Scene, room_light: RoomLight, charts: list[Chart]) -> list[np.ndarray]:
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
