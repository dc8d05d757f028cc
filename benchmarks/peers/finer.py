"""Houses cut finer: every triangle of a scene in four, colors, light, charts and attributes interpolated."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np

from tst_sim.embedded.light.light_bake import LightBake
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.embedded.scene.scene import Scene
from tst_sim.houses import House

Array = TypeVar("Array", bound=np.ndarray)


class FinerScene(LiveScene):
    """A live scene with baked light whose triangles are each cut in four, `levels` times; nothing looks different.

    The light is baked for the house as it is and then read between the corners, as the renderer would.
    """

    def __init__(self, levels: int) -> None:
        self._levels = levels
        super().__init__(light="baked")

    def load(self, house: House | None) -> None:
        super().load(house)
        if house is None or not self._levels:
            return
        scene, light = self.scene, self.light
        for _ in range(self._levels):
            scene, light = _finer(scene, light)
        self.scene, self._light = scene, light
        self.meshes = self._built = scene.meshes()


def _finer(scene: Scene, light: LightBake) -> tuple[Scene, LightBake]:
    """Both with four triangles for one; an instance's vertices stay consecutive, its new ones after its old ones."""
    edges, middle_of = _edges(scene.triangles)
    owners = np.concatenate([scene.vertex_instance, scene.vertex_instance[edges[:, 0]]])
    order = np.argsort(owners, kind="stable")
    place = np.empty(len(order), np.uint32)
    place[order] = np.arange(len(order), dtype=np.uint32)

    def spread(values: Array) -> Array:
        return np.concatenate([values, _between(values, edges)])[order]  # type: ignore[return-value]

    normals = spread(scene.normals)
    attributes = np.concatenate([scene.attributes, scene.attributes[edges[:, 0]]])
    attributes["uv"][len(scene.attributes) :] = _between(scene.attributes["uv"], edges)
    fine = replace(
        scene,
        vertices=spread(scene.vertices),
        normals=normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12),
        triangles=place[_quarters(scene.triangles, middle_of + len(scene.vertices))],
        colors=spread(scene.colors),
        emission=spread(scene.emission),
        attributes=attributes[order],
        vertex_instance=owners[order],
        first_triangle=4 * scene.first_triangle,
    )
    return fine, replace(light, vertex_light=spread(light.vertex_light), vertex_chart=spread(light.vertex_chart))


def _edges(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every edge once (e, 2), and the edges (m, 3) of every triangle: from corner 0, 1 and 2 to the next."""
    ends = np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=-1).reshape(-1, 2)
    edges, which = np.unique(np.sort(ends, axis=1), axis=0, return_inverse=True)
    return edges.astype(np.int64), which.reshape(-1, 3)


def _between(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return ((values[edges[:, 0]] + values[edges[:, 1]]) / 2).astype(values.dtype)


def _quarters(triangles: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """(4 m, 3) the three corners' triangles and the one in the middle, turning as the whole did."""
    (a, b, c), (ab, bc, ca) = triangles.astype(np.int64).T, middles.T
    return np.stack([a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca], axis=1).reshape(-1, 3)
