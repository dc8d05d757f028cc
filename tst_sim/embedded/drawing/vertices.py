"""The renderers' input: vertices packed to 40 bytes, the lightmap in 8 bits, and the instances that have changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tst_sim.embedded.drawing.room_reflections import RoomReflections
from tst_sim.embedded.light.lighting import LightBake
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.embedded.scene.instance_meshes import InstanceMesh

LIGHT_RANGE = 2.0
"""Light and emission are stored as the square root of their fraction of this, in 8 bits."""
UV_STEPS = 1024
"""Steps to a side of a texture in which its coordinates are stored."""
MAX_LAYERS = 128
"""Textures that a vertex can name, a power of two: `layer_and_room` is layer + MAX_LAYERS * room."""

VERTEX = np.dtype(
    [
        ("position", "<f4", 3),
        ("normal", "<i2", 3),
        ("layer_and_room", "<i2"),
        ("albedo", "u1", 3),
        ("gloss", "u1"),
        ("light", "u1", 3),
        ("metal", "u1"),
        ("chart", "<u2", 2),
        ("uv", "<i2", 2),
        ("label", "<u2", 2),
    ]
)
"""40 bytes; label is the instance, and the class and 256 times the facet."""


class Packed(NamedTuple):
    """An instance, by number from 0, as it is to be drawn from now on."""

    number: int
    vertices: np.ndarray
    """(n,) `VERTEX`."""
    triangles: np.ndarray
    """(m, 3) uint32 between its own vertices."""


class SceneDiff:
    """Differences of a live scene between two calls of `changes`: the instances to upload."""

    def __init__(self, live_scene: LiveScene) -> None:
        self.scene = live_scene.scene
        self.reflections = RoomReflections(live_scene.scene, live_scene.light)
        self._meshes: tuple[InstanceMesh, ...] = ()

    def changes(self, live_scene: LiveScene) -> Iterator[Packed]:
        """The instances that are new or other than before; the live scene must still show the same scene."""
        before, self._meshes = self._meshes, live_scene.meshes
        if live_scene.meshes is before:
            return
        for number, mesh in enumerate(live_scene.meshes):
            if number >= len(before) or mesh is not before[number]:
                label = (number + 1, int(live_scene.classes[number + 1]))
                room = self.reflections.room(number, live_scene.boxes[number])
                yield Packed(number, pack_vertices(mesh, *live_scene.lit(number), label, room), mesh.triangles)


def pack_vertices(
    mesh: InstanceMesh, light: np.ndarray, chart: np.ndarray, label: tuple[int, int], room: int = 0
) -> np.ndarray:
    """(n,) `VERTEX` of an instance with vertex light (n, 3) and charts (n, 2); `label`: its id and class."""
    packed = np.zeros(len(mesh.vertices), VERTEX)
    packed["position"] = mesh.vertices
    packed["normal"] = np.rint(mesh.normals * 32767)
    packed["albedo"] = np.rint(np.sqrt(np.clip(mesh.colors, 0, 1)) * 255)
    packed["light"] = _coded(light)
    packed["gloss"], packed["metal"] = mesh.attributes["gloss"], mesh.attributes["metal"]
    packed["chart"] = np.rint(chart * 65535)
    packed["uv"] = np.rint(np.clip(mesh.attributes["uv"] * UV_STEPS, -32767, 32767))
    packed["layer_and_room"] = mesh.attributes["layer"].astype(np.int16) + MAX_LAYERS * room
    packed["label"] = label
    packed["label"][:, 1] += mesh.attributes["facet"].astype(np.uint16) << 8
    return packed


def layers_of(vertices: np.ndarray) -> list[int]:
    """The textures that vertices (n,) `VERTEX` name, rising."""
    return np.unique(vertices["layer_and_room"] % MAX_LAYERS).tolist()


def light_texels(light: LightBake) -> np.ndarray:
    """(h, w, 4) uint8 of a light map."""
    height, width = light.light_map.shape[:2]
    texels = np.full((height, width, 4), 255, np.uint8)
    texels[..., :3] = _coded(light.light_map)
    return texels


def _coded(light: np.ndarray) -> np.ndarray:
    return np.rint(np.sqrt(np.clip(light / LIGHT_RANGE, 0, 1)) * 255).astype(np.uint8)
