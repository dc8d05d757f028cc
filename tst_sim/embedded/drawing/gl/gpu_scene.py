"""A live scene on the GPU: vertices, textures and lightmap, drawn for one pose or for many at once."""

from __future__ import annotations

from collections.abc import Sequence

import moderngl
import numpy as np

from tst_sim.embedded.drawing.camera import Camera
from tst_sim.embedded.drawing.gl.camera_uniforms import BINDING, CAMERA_UNIFORMS, MAX_POSES, camera_uniforms
from tst_sim.embedded.drawing.gl.programs import Programs
from tst_sim.embedded.drawing.gl.texture_array import TextureArray
from tst_sim.embedded.drawing.gl.vertex_buffer import VertexBuffer
from tst_sim.embedded.drawing.gl.visibility import Visibility
from tst_sim.embedded.drawing.vertices import VERTEX, SceneDiff, layers_of, light_texels
from tst_sim.embedded.light.lighting import LightBake
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.embedded.scene.scene import Scene

VERTEX_FORMAT = ("3f4 4i2 4f1 4f1 2u2 2i2 2u2", "position", "normal", "albedo", "light", "chart", "uv", "label")


class GpuScene:
    """One house's vertices and light map, and the instances as they were last shown."""

    def __init__(
        self, context: moderngl.Context, programs: Programs, textures: TextureArray, live_scene: LiveScene
    ) -> None:
        self.scene: Scene = live_scene.scene
        self._programs, self._textures = programs, textures
        self._diff = SceneDiff(live_scene)
        self._visibility = Visibility(live_scene.scene)
        self._boxes = live_scene.scene.boxes
        self._store = VertexBuffer(context, VERTEX_FORMAT, VERTEX)
        self._store.reserve(len(live_scene.scene.vertices))
        self._map = _light_texture(context, live_scene.light)
        self._cameras = context.buffer(reserve=MAX_POSES * CAMERA_UNIFORMS.itemsize, dynamic=True)
        self._prepared: set[int] = set()
        self._light_gain = live_scene.light_gain

    def sync(self, live_scene: LiveScene) -> None:
        """Replace the instances that have changed."""
        self._light_gain = live_scene.light_gain
        for number, vertices, triangles in self._diff.changes(live_scene):
            self._textures.add(layers_of(vertices))
            self._store.put(number, vertices, triangles)
        if live_scene.boxes is not self._boxes:
            self._boxes = live_scene.boxes
            self._visibility.set_boxes(live_scene.boxes)

    def draw(self, camera: Camera) -> None:
        """One draw call over the triangles of what may be seen, objects before the structure that they hide."""
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
        self._cameras.release()

    def _ready(self, cameras: Sequence[Camera], *, stacked: bool) -> moderngl.Program:
        flat = cameras[0].orthographic
        program = self._programs.surface(orthographic=flat, stacked=stacked)
        if program.glo not in self._prepared:
            program["light_map"], program["textures"] = 0, 1
            program["room_lights"] = self._diff.reflections.lights.tolist()
            program["room_ambient_specular"] = self._diff.reflections.ambient_specular.tolist()
            self._prepared.add(program.glo)
        program["light_gain"] = self._light_gain
        farthest = [self._visibility.farthest_m(camera) if flat else 0.0 for camera in cameras]
        self._cameras.write(camera_uniforms(cameras, farthest))
        self._cameras.bind_to_uniform_block(BINDING)
        self._map.use(0)
        self._textures.use(1)
        return program


def _light_texture(context: moderngl.Context, light: LightBake) -> moderngl.Texture:
    texels = light_texels(light)
    height, width = texels.shape[:2]
    texture = context.texture((width, height), 4, texels.tobytes())
    texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
    texture.repeat_x = texture.repeat_y = False
    return texture
