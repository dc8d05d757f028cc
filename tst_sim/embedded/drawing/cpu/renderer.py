"""The CPU renderer: a visibility buffer, then deferred shading of each pixel once; it needs no driver.

Triangles go into a picture of winners by nearness, house parts near to far, where what lies behind
what is already drawn is left out by whole clusters; then every pixel is shaded from its winner.
The same frames come out of every processor: nothing is rounded in a machine's own way.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tst_sim.embedded.drawing.camera import Camera
from tst_sim.embedded.drawing.cpu._native import Rasterizer
from tst_sim.embedded.drawing.vertices import SceneDiff, layers_of, light_texels
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.embedded.textures.library import NUMBER, texture_layer
from tst_sim.embedded.textures.noise import SIDE
from tst_sim.modalities import Frame, Modality


class CpuRenderer:
    """Holds what a live scene shows, ready to be drawn; not thread-safe."""

    def __init__(self, *, antialias: bool = False, variant: str = "") -> None:
        """`antialias`: smooth edges in `rgb`; all else is as without. `variant`: an instruction set, for tests."""
        self._antialias, self._variant = antialias, variant
        self._diff: SceneDiff | None = None
        self._light_gain = (1.0, 1.0, 1.0)
        self._layers: set[int] = set()

    def sync(self, live_scene: LiveScene) -> None:
        """Take over what has changed on the live scene since the last time: often nothing."""
        if self._diff is None or self._diff.scene is not live_scene.scene:
            self._begin(live_scene)
        assert self._diff is not None
        self._light_gain = live_scene.light_gain
        for number, vertices, triangles in self._diff.changes(live_scene):
            self._add_textures(layers_of(vertices))
            self._rasterizer.set_instance(number, vertices.view(np.uint8).reshape(-1, vertices.itemsize), triangles)

    def draw(self, cameras: Sequence[Camera], modalities: Sequence[Modality]) -> list[Frame]:
        """A frame a camera in physical units; only the modalities asked for are made."""
        assert self._diff is not None, "sync a live scene first"
        names = [modality.name for modality in modalities]
        return [self._frame(camera, names) for camera in cameras]

    def describe(self) -> dict[str, str]:
        """What equal frames depend on, beyond the engine's version: nothing of this machine."""
        return {"renderer": "cpu"}

    def release(self) -> None:
        """Free what this renderer holds; safe to call twice."""
        self._diff = None

    def _begin(self, live_scene: LiveScene) -> None:
        self._rasterizer, self._layers = Rasterizer(SIDE, self._variant), set()
        self._diff = SceneDiff(live_scene)
        reflections = self._diff.reflections
        self._rasterizer.set_room_lights(
            reflections.lights.astype(np.float32), reflections.ambient_specular.astype(np.float32)
        )
        self._rasterizer.set_light_map(light_texels(live_scene.light))
        self._add_textures([NUMBER["plain"]])

    def _add_textures(self, layers: Sequence[int]) -> None:
        for layer in layers:
            if layer not in self._layers:
                self._rasterizer.add_texture(layer, texture_layer(layer).texels)
                self._layers.add(layer)

    def _frame(self, camera: Camera, names: list[str]) -> Frame:
        sky = tuple(round(255 * value) for value in camera.sky_color or (0, 0, 0))
        return self._rasterizer.draw(
            camera.params(self._light_gain),
            camera.width,
            camera.height,
            camera.orthographic,
            sky,
            names,
            self._antialias,
        )
