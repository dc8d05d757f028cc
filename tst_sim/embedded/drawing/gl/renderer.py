"""Drawing a stage on a GPU: one draw call into several render targets gives every modality of one view."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import moderngl
import numpy as np

from tst_sim.embedded.drawing.camera import Camera
from tst_sim.embedded.drawing.gl.context import describe_context, shared_context
from tst_sim.embedded.drawing.gl.targets import Targets
from tst_sim.embedded.drawing.gl.texture_shelf import TextureShelf
from tst_sim.embedded.drawing.gl.vertex_store import VertexStore
from tst_sim.embedded.drawing.gl.visibility import Visibility
from tst_sim.embedded.drawing.vertices import VERTEX, Follower, layers_of, light_texels
from tst_sim.embedded.light.lighting import LightBake
from tst_sim.embedded.scene import Scene
from tst_sim.embedded.stage import Stage
from tst_sim.modalities import Frame, Modality

MOST_SIZES, MOST_PIXELS_KEPT = 4, 4_000_000
"""Image sizes whose render targets are kept, and their pixels in all, at 32 bytes each."""

SHADING_MARK = "//! shading.glsl"
"""Where the fragment shader takes in the source that the CPU shades with too."""
VERTEX_FORMAT = ("3f4 4i2 4f1 4f1 2u2 2i2 2u2", "position", "normal", "albedo", "light", "chart", "uv", "label")


class GlRenderer:
    """Holds what a stage shows on the GPU and draws it; not thread-safe.

    The process's context is current only while a method runs, so other users of OpenGL are left alone.
    """

    def __init__(self, *, antialias: bool = False) -> None:
        """`antialias`: smooth edges in `rgb`; all else is as without. UserError without EGL."""
        self._context = shared_context()
        self._antialias = antialias
        self._shown: _StageOnGpu | None = None
        self._targets: dict[tuple[int, int], Targets] = {}
        with self._context:
            self._programs = tuple(_program(self._context, orthographic) for orthographic in (False, True))
            self._shelf = TextureShelf(self._context)

    def follow(self, stage: Stage) -> None:
        """Bring to the GPU what has changed on the stage since the last time: often nothing."""
        with self._context:
            if self._shown is None or self._shown.scene is not stage.scene:
                self._release_stage()
                self._shown = _StageOnGpu(self._context, self._programs, self._shelf, stage)
            self._shown.follow(stage)

    def draw(self, cameras: Sequence[Camera], modalities: Sequence[Modality]) -> list[Frame]:
        """A frame a camera in physical units; only the modalities asked for are read back."""
        with self._context:
            return [self._frame(camera, [modality.name for modality in modalities]) for camera in cameras]

    def describe(self) -> dict[str, str]:
        """The driver's names, which equal frames depend on."""
        with self._context:
            return {"renderer": "gl", **describe_context(self._context)}

    def release(self) -> None:
        """Free what this renderer holds on the GPU; the process keeps its context. Safe to call twice."""
        with self._context:
            self._release_stage()
            self._shelf.release()
            for targets in self._targets.values():
                targets.release()
            self._targets.clear()

    def _frame(self, camera: Camera, names: list[str]) -> Frame:
        assert self._shown is not None, "follow a stage first"
        targets = self._targets_of(camera.width, camera.height)
        self._set_camera(camera, self._shown)
        smooth = self._antialias and "rgb" in names
        targets.clear([*names, "instance"] if smooth else names, camera.sky_color)
        self._shown.draw(camera)
        return targets.read(names, antialias=smooth)

    def _release_stage(self) -> None:
        if self._shown is not None:
            self._shown.release()
            self._shown = None

    def _targets_of(self, width: int, height: int) -> Targets:
        """Those of the size, made when they are not among the last ones used."""
        targets = self._targets.pop((width, height), None)
        if targets is None:
            while self._targets and not self._room_for(width * height):
                self._targets.pop(next(iter(self._targets))).release()
            targets = Targets(self._context, width, height)
        self._targets[width, height] = targets
        return targets

    def _room_for(self, pixels: int) -> bool:
        kept = sum(width * height for width, height in self._targets)
        return len(self._targets) < MOST_SIZES and kept + pixels <= MOST_PIXELS_KEPT

    def _set_camera(self, camera: Camera, shown: _StageOnGpu) -> None:
        program = self._programs[camera.orthographic]
        across, along = camera.scale
        times, plus, w_times, w_plus = camera.to_clip(shown.farthest_m(camera) if camera.orthographic else 0.0)
        # GL reads matrices column by column, so the rows of world-to-camera are the rotation's columns.
        program["world_to_camera"] = tuple(camera.rotation.ravel().tolist())
        program["eye"] = tuple(camera.eye.tolist())
        program["scale"] = (across, -along)
        program["to_clip"] = (times, plus, w_times, w_plus)
        program["light_gain"] = shown.light_gain
        right, upward, forward = camera.rotation[1].tolist()
        program["up"] = (right, upward, -forward)
        if not camera.orthographic:
            across_px, along_px = 2 / (across * camera.width), 2 / (along * camera.height)
            program["slope"] = (across_px, -along_px, -1 / across, 1 / along)
        if camera.orthographic:
            program["depth_of_z"] = (-(1 + plus) / times, 2 / times)


class _StageOnGpu:
    """One house's vertices and light map, and the instances as they were last shown."""

    def __init__(
        self, context: moderngl.Context, programs: tuple[moderngl.Program, ...], shelf: TextureShelf, stage: Stage
    ) -> None:
        self.scene: Scene = stage.scene
        self._shelf = shelf
        self._follower = Follower(stage)
        self._visibility = Visibility(stage.scene)
        self._boxes = stage.scene.boxes
        self._store = VertexStore(context, programs, VERTEX_FORMAT, VERTEX)
        self._store.reserve(len(stage.scene.vertices))
        self._map = _light_texture(context, stage.light)
        for program in programs:
            program["light_map"], program["textures"] = 0, 1
            program["room_lamps"] = self._follower.gloss.lamps.tolist()
            program["room_mirrors"] = self._follower.gloss.mirrors.tolist()
        self.light_gain = stage.light_gain

    def follow(self, stage: Stage) -> None:
        """Replace the instances that have changed."""
        self.light_gain = stage.light_gain
        for number, vertices, triangles in self._follower.changes(stage):
            self._shelf.hold(layers_of(vertices))
            self._store.put(number, vertices, triangles)
        if stage.boxes is not self._boxes:
            self._boxes = stage.boxes
            self._visibility.arrange(stage.boxes)

    def farthest_m(self, camera: Camera) -> float:
        return self._visibility.farthest_m(camera)

    def draw(self, camera: Camera) -> None:
        """One draw call over the triangles of what may be seen, objects before the shell that they hide."""
        self._map.use(0)
        self._shelf.use(1)
        self._store.draw(np.flatnonzero(self._visibility.visible(camera))[::-1], program=int(camera.orthographic))

    def release(self) -> None:
        self._store.release()
        self._map.release()


def _program(context: moderngl.Context, orthographic: bool) -> moderngl.Program:
    drawing = files("tst_sim.embedded.drawing")
    shaders = drawing / "gl" / "shaders"
    fragment = (shaders / "surface.frag").read_text().replace(SHADING_MARK, (drawing / "shading.glsl").read_text())
    if orthographic:
        version, rest = fragment.split("\n", 1)
        fragment = f"{version}\n#define ORTHOGRAPHIC\n{rest}"
    return context.program(vertex_shader=(shaders / "surface.vert").read_text(), fragment_shader=fragment)


def _light_texture(context: moderngl.Context, light: LightBake) -> moderngl.Texture:
    texels = light_texels(light)
    height, width = texels.shape[:2]
    texture = context.texture((width, height), 4, texels.tobytes())
    texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
    texture.repeat_x = texture.repeat_y = False
    return texture
