"""Drawing a stage on the CPU: only what is seen is shaded, each pixel once, and no driver is needed.

Triangles go into a picture of winners by nearness, house parts near to far, where what lies behind
what is already drawn is left out by whole clusters; then every pixel is shaded from its winner.
The same frames come out of every processor: nothing is rounded in a machine's own way.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tst_sim.embedded.drawing.camera import Camera
from tst_sim.embedded.drawing.cpu._native import Rasterizer
from tst_sim.embedded.drawing.vertices import Follower, layers_of, light_texels
from tst_sim.embedded.live_scene import Stage
from tst_sim.embedded.textures.library import NUMBER, made
from tst_sim.embedded.textures.noise import SIDE
from tst_sim.modalities import Frame, Modality

_ENDLESS_M = 1e30


class CpuRenderer:
    """Holds what a stage shows, ready to be drawn; not thread-safe."""

    def __init__(self, *, antialias: bool = False, variant: str = "") -> None:
        """`antialias`: smooth edges in `rgb`; all else is as without. `variant`: an instruction set, for tests."""
        self._antialias, self._variant = antialias, variant
        self._follower: Follower | None = None
        self._light_gain = (1.0, 1.0, 1.0)
        self._layers: set[int] = set()

    def follow(self, stage: Stage) -> None:
        """Take over what has changed on the stage since the last time: often nothing."""
        if self._follower is None or self._follower.scene is not stage.scene:
            self._begin(stage)
        assert self._follower is not None
        self._light_gain = stage.light_gain
        for number, vertices, triangles in self._follower.changes(stage):
            self._hold(layers_of(vertices))
            self._rasterizer.put(number, vertices.view(np.uint8).reshape(-1, vertices.itemsize), triangles)

    def draw(self, cameras: Sequence[Camera], modalities: Sequence[Modality]) -> list[Frame]:
        """A frame a camera in physical units; only the modalities asked for are made."""
        assert self._follower is not None, "follow a stage first"
        names = [modality.name for modality in modalities]
        return [self._frame(camera, names) for camera in cameras]

    def describe(self) -> dict[str, str]:
        """What equal frames depend on, beyond the engine's version: nothing of this machine."""
        return {"renderer": "cpu"}

    def release(self) -> None:
        """Free what this renderer holds; safe to call twice."""
        self._follower = None

    def _begin(self, stage: Stage) -> None:
        self._rasterizer, self._layers = Rasterizer(SIDE, self._variant), set()
        self._follower = Follower(stage)
        gloss = self._follower.gloss
        self._rasterizer.set_rooms(gloss.lamps.astype(np.float32), gloss.mirrors.astype(np.float32))
        self._rasterizer.set_light_map(light_texels(stage.light))
        self._hold([NUMBER["plain"]])

    def _hold(self, layers: Sequence[int]) -> None:
        for layer in layers:
            if layer not in self._layers:
                self._rasterizer.hold(layer, made(layer).texels)
                self._layers.add(layer)

    def _frame(self, camera: Camera, names: list[str]) -> Frame:
        across, along = camera.scale
        scale = across * camera.width / 2, along * camera.height / 2
        far = camera.far_m or _ENDLESS_M
        lens = [*camera.rotation.T.ravel(), *camera.eye, *scale, *camera.middle, camera.near_m, far, *self._light_gain]
        sky = tuple(round(255 * value) for value in camera.sky_color or (0, 0, 0))
        return self._rasterizer.draw(
            np.array(lens, np.float32), camera.width, camera.height, camera.orthographic, sky, names, self._antialias
        )
