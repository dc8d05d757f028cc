"""The result of a bake: static light that renderers multiply colors with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tst_sim.embedded.scene.instance_meshes import InstanceMesh
from tst_sim.embedded.scene.scene import Scene

OFFSET_M = 0.03
"""Light of what came after the bake is asked for this far in front of its surface."""


@dataclass(frozen=True)
class LightBake:
    """Linear RGB irradiance over pi (so that color times light is what leaves a matt surface)."""

    vertex_light: np.ndarray
    """(n, 3) float32 by vertex of the scene; 1 where the map alone lights the vertex."""
    vertex_chart: np.ndarray
    """(n, 2) float64 place in the map, in [0, 1]; a white texel where the vertex alone is lit."""
    light_map: np.ndarray
    """(h, w, 3) float32."""
    light_at: Callable[[np.ndarray, np.ndarray], np.ndarray]
    """(n, 3) float32 light at points (n, 3) that face along normals (n, 3): for what came after the bake."""

    def on(self, mesh: InstanceMesh) -> tuple[np.ndarray, np.ndarray]:
        """Vertex light (n, 3) and charts (n, 2) of a mesh that was not there, or elsewhere, at the bake."""
        if not len(mesh.vertices):
            return np.zeros((0, 3), np.float32), np.zeros((0, 2))
        height, width = self.light_map.shape[:2]
        light = self.light_at(mesh.vertices + OFFSET_M * mesh.normals, mesh.normals) + mesh.emission[:, None]
        return light, np.tile(white_texel((width, height)), (len(light), 1))


def even_light(scene: Scene, light: float) -> LightBake:
    """The same light everywhere, but for what shines itself."""
    return LightBake(
        np.full((len(scene.vertices), 3), light, np.float32) + scene.emission[:, None],
        np.full((len(scene.vertices), 2), 0.5),
        np.ones((1, 1, 3), np.float32),
        lambda points, normals: np.full((len(points), 3), light, np.float32),
    )


def white_texel(size: tuple[int, int]) -> np.ndarray:
    """The middle of the last texel of a map of `size` (width, height), which no chart uses."""
    return (np.array(size) - 0.5) / size
