"""What a stage shows, as renderers take it: vertices packed to 40 bytes, the light map in 8 bits, what has changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tst_sim.embedded.drawing.room_reflections import RoomGloss
from tst_sim.embedded.light.lighting import LightBake
from tst_sim.embedded.live_scene import Stage
from tst_sim.embedded.scene.instance_meshes import Solid

LIGHT_RANGE = 2.0
"""Light and emission are stored as the square root of their share of this, in 8 bits."""
UV_STEPS = 1024
"""Steps to a side of a texture in which its coordinates are stored."""
ROOM_STEP = 128
"""A vertex's finish is the number of its texture and this many times that of its room."""

VERTEX = np.dtype(
    [
        ("position", "<f4", 3),
        ("normal", "<i2", 3),
        ("finish", "<i2"),
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


class Follower:
    """Tells what has changed on one scene's stage since it was last asked."""

    def __init__(self, stage: Stage) -> None:
        self.scene = stage.scene
        self.gloss = RoomGloss(stage.scene, stage.light)
        self._solids: tuple[Solid, ...] = ()

    def changes(self, stage: Stage) -> Iterator[Packed]:
        """The instances that are new or other than before; the stage must still show the same scene."""
        before, self._solids = self._solids, stage.solids
        if stage.solids is before:
            return
        for number, solid in enumerate(stage.solids):
            if number >= len(before) or solid is not before[number]:
                label = (number + 1, int(stage.classes[number + 1]))
                room = self.gloss.room(number, stage.boxes[number])
                yield Packed(number, pack_vertices(solid, *stage.lit(number), label, room), solid.triangles)


def pack_vertices(
    solid: Solid, light: np.ndarray, chart: np.ndarray, label: tuple[int, int], room: int = 0
) -> np.ndarray:
    """(n,) `VERTEX` of an instance with vertex light (n, 3) and charts (n, 2); `label`: its id and class."""
    packed = np.zeros(len(solid.vertices), VERTEX)
    packed["position"] = solid.vertices
    packed["normal"] = np.rint(solid.normals * 32767)
    packed["albedo"] = np.rint(np.sqrt(np.clip(solid.colors, 0, 1)) * 255)
    packed["light"] = _coded(light)
    packed["gloss"], packed["metal"] = solid.skin["gloss"], solid.skin["metal"]
    packed["chart"] = np.rint(chart * 65535)
    packed["uv"] = np.rint(np.clip(solid.skin["uv"] * UV_STEPS, -32767, 32767))
    packed["finish"] = solid.skin["layer"].astype(np.int16) + ROOM_STEP * room
    packed["label"] = label
    packed["label"][:, 1] += solid.skin["facet"].astype(np.uint16) << 8
    return packed


def layers_of(vertices: np.ndarray) -> list[int]:
    """The textures that packed vertices name, rising."""
    return np.unique(vertices["finish"] % ROOM_STEP).tolist()


def light_texels(light: LightBake) -> np.ndarray:
    """(h, w, 4) uint8 of a light map."""
    height, width = light.light_map.shape[:2]
    texels = np.full((height, width, 4), 255, np.uint8)
    texels[..., :3] = _coded(light.light_map)
    return texels


def _coded(light: np.ndarray) -> np.ndarray:
    return np.rint(np.sqrt(np.clip(light / LIGHT_RANGE, 0, 1)) * 255).astype(np.uint8)
