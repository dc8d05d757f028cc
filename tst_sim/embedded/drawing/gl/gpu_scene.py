"""What a stage shows, on the GPU: its vertices, textures and light, drawn for one pose or for many at once."""

from __future__ import annotations

from collections.abc import Sequence

import moderngl
import numpy as np

from tst_sim.embedded.drawing.camera import Camera
from tst_sim.embedded.drawing.gl.lens import BINDING, LENS, MAX_POSES, lenses_of
from tst_sim.embedded.drawing.gl.programs import Programs
from tst_sim.embedded.drawing.gl.texture_array import TextureShelf
from tst_sim.embedded.drawing.gl.vertex_buffer import VertexStore
from tst_sim.embedded.drawing.gl.visibility import Visibility
from tst_sim.embedded.drawing.vertices import VERTEX, Follower, layers_of, light_texels
from tst_sim.embedded.light.lighting import LightBake
from tst_sim.embedded.live_scene import Stage
from tst_sim.embedded.scene.scene import Scene

VERTEX_FORMAT = ("3f4 4i2 4f1 4f1 2u2 2i2 2u2", "position", "normal", "albedo", "light", "chart", "uv", "label")


class StageOnGpu:
    """One house's vertices and light map, and the instances as they were last shown."""

    def __init__(self, context: moderngl.Context, programs: Programs, shelf: TextureShelf, stage: Stage) -> None:
        self.scene: Scene = stage.scene
        self._programs, self._shelf = programs, shelf
        self._follower = Follower(stage)
        self._visibility = Visibility(stage.scene)
        self._boxes = stage.scene.boxes
        self._store = VertexStore(context, VERTEX_FORMAT, VERTEX)
        self._store.reserve(len(stage.scene.vertices))
        self._map = _light_texture(context, stage.light)
        self._lenses = context.buffer(reserve=MAX_POSES * LENS.itemsize, dynamic=True)
        self._furnished: set[int] = set()
        self._light_gain = stage.light_gain

    def follow(self, stage: Stage) -> None:
        """Replace the instances that have changed."""
        self._light_gain = stage.light_gain
        for number, vertices, triangles in self._follower.changes(stage):
            self._shelf.hold(layers_of(vertices))
            self._store.put(number, vertices, triangles)
        if stage.boxes is not self._boxes:
            self._boxes = stage.boxes
            self._visibility.arrange(stage.boxes)

    def draw(self, camera: Camera) -> None:
        """One draw call over the triangles of what may be seen, objects before the shell that they hide."""
        program = self._ready([camera], stacked=False)
        self._store.draw(np.flatnonzero(self._visibility.visible(camera))[::-1], program)

    def draw_many(self, cameras: Sequence[Camera]) -> None:
        """The same for each camera, its number being the layer, in one call; all are orthographic or none."""
        program = self._ready(cameras, stacked=True)
        self._store.draw_many(self._visibility.visible_from(cameras), program)

    def release(self) -> None:
        """Free what is of this house."""
        self._store.release()
        self._map.release()
        self._lenses.release()

    def _ready(self, cameras: Sequence[Camera], *, stacked: bool) -> moderngl.Program:
        flat = cameras[0].orthographic
        program = self._programs.surface(orthographic=flat, stacked=stacked)
        if program.glo not in self._furnished:
            program["light_map"], program["textures"] = 0, 1
            program["room_lamps"] = self._follower.gloss.lamps.tolist()
            program["room_mirrors"] = self._follower.gloss.mirrors.tolist()
            self._furnished.add(program.glo)
        program["light_gain"] = self._light_gain
        farthest = [self._visibility.farthest_m(camera) if flat else 0.0 for camera in cameras]
        self._lenses.write(lenses_of(cameras, farthest))
        self._lenses.bind_to_uniform_block(BINDING)
        self._map.use(0)
        self._shelf.use(1)
        return program


def _light_texture(context: moderngl.Context, light: LightBake) -> moderngl.Texture:
    texels = light_texels(light)
    height, width = texels.shape[:2]
    texture = context.texture((width, height), 4, texels.tobytes())
    texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
    texture.repeat_x = texture.repeat_y = False
    return texture
