"""Drawing a scene: one draw call into several render targets gives every modality at one pose."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import moderngl
import numpy as np

from tst_sim.embedded.lighting import LightBake
from tst_sim.embedded.scene import Scene
from tst_sim.embedded.visibility import Visibility
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.modalities import Modality

NEAR_M = 0.02
LIGHT_RANGE = 2.0
"""Light and emission are stored as the square root of their share of this, in 8 bits."""

TARGETS = ({"rgb"}, {"depth"}, {"normal"}, {"instance", "semantic"})
"""What each render target is read for, in the order of the fragment shader's outputs."""

VERTEX = np.dtype(
    [
        ("position", "<f4", 3),
        ("normal", "<i2", 4),
        ("albedo", "u1", 4),
        ("light", "u1", 4),
        ("chart", "<u2", 2),
        ("label", "<u2", 2),
    ]
)
VERTEX_FORMAT = ("3f4 4i2 4f1 4f1 2u2 2u2", "position", "normal", "albedo", "light", "chart", "label")


class Renderer:
    """Holds one scene on the GPU and draws it from poses; not thread-safe."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        sources = files("tst_sim.embedded.shaders")
        self._program = context.program(
            vertex_shader=(sources / "surface.vert").read_text(),
            fragment_shader=(sources / "surface.frag").read_text(),
        )
        self._scene: _SceneOnGpu | None = None
        self._targets: _Targets | None = None

    def load(self, scene: Scene, light: LightBake) -> None:
        """Put a scene on the GPU in place of the one before."""
        self._release_scene()
        self._scene = _SceneOnGpu(self._context, self._program, scene, light)

    def draw(self, pose: Pose, modalities: Sequence[Modality], intrinsics: Intrinsics) -> dict[str, np.ndarray]:
        """One frame in physical units; only the modalities asked for are read back."""
        assert self._scene is not None, "load a scene first"
        targets = self._targets_of(intrinsics.width, intrinsics.height)
        self._set_camera(pose, intrinsics)
        names = [modality.name for modality in modalities]
        targets.clear(names)
        self._scene.draw(pose, intrinsics)
        return targets.read(names)

    def release(self) -> None:
        """Free what this renderer holds on the GPU; safe to call twice."""
        self._release_scene()
        if self._targets is not None:
            self._targets.release()
            self._targets = None

    def _release_scene(self) -> None:
        if self._scene is not None:
            self._scene.release()
            self._scene = None

    def _targets_of(self, width: int, height: int) -> _Targets:
        if self._targets is None or self._targets.size != (width, height):
            if self._targets is not None:
                self._targets.release()
            self._targets = _Targets(self._context, width, height)
        return self._targets

    def _set_camera(self, pose: Pose, intrinsics: Intrinsics) -> None:
        focal = 2 * intrinsics.focal_px
        turn = pose.rotation()
        # GL reads matrices column by column, so the rows of world-to-camera are the rotation's columns.
        self._program["world_to_camera"] = tuple(turn.ravel().tolist())
        self._program["eye"] = pose.position_m
        self._program["focal"] = (focal / intrinsics.width, -focal / intrinsics.height)
        self._program["near"] = NEAR_M


class _SceneOnGpu:
    def __init__(self, context: moderngl.Context, program: moderngl.Program, scene: Scene, light: LightBake) -> None:
        self._vertices = context.buffer(pack_vertices(scene, light).tobytes())
        triangles = np.ascontiguousarray(scene.triangles, "<u4")
        self._indices = context.buffer(reserve=max(12, triangles.nbytes), dynamic=True)
        self._pieces = np.split(triangles, scene.first_triangle[1:-1])
        self._visibility = Visibility(scene)
        self._array = context.vertex_array(program, [(self._vertices, *VERTEX_FORMAT)], self._indices)
        height, width = light.light_map.shape[:2]
        texels = np.full((height, width, 4), 255, np.uint8)
        texels[..., :3] = _coded(light.light_map)
        self._map = context.texture((width, height), 4, texels.tobytes())
        self._map.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self._map.repeat_x = self._map.repeat_y = False

    def draw(self, pose: Pose, intrinsics: Intrinsics) -> None:
        """One draw call over the triangles of what may be seen, objects before the shell that they hide."""
        chosen = np.flatnonzero(self._visibility.visible(pose, intrinsics))
        if not len(chosen):
            return
        triangles = np.concatenate([self._pieces[index] for index in chosen[::-1]])
        self._indices.write(triangles)
        self._map.use(0)
        self._array.render(moderngl.TRIANGLES, vertices=triangles.size)

    def release(self) -> None:
        for resource in (self._array, self._vertices, self._indices, self._map):
            resource.release()


class _Targets:
    """The render targets of one image size and what they are read back as."""

    def __init__(self, context: moderngl.Context, width: int, height: int) -> None:
        self._context = context
        self.size = (width, height)
        self._textures = [
            context.texture(self.size, 4, dtype="f1"),
            context.texture(self.size, 1, dtype="f4"),
            context.texture(self.size, 4, dtype="f4"),
            context.texture(self.size, 2, dtype="u2"),
        ]
        self._depth = context.depth_renderbuffer(self.size)
        self._buffer = context.framebuffer(self._textures, self._depth)

    def clear(self, names: Sequence[str]) -> None:
        """Make ready to draw what is named; the driver leaves out the work for the rest."""
        self._buffer.use()
        self._buffer.color_mask = tuple((bool(content & set(names)),) * 4 for content in TARGETS)  # type: ignore
        self._buffer.clear()
        self._context.enable_only(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        self._context.cull_face = "back"
        self._context.front_face = "ccw"

    def read(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Row 0 is the top row already: the projection is upside down."""
        frame: dict[str, np.ndarray] = {}
        labels = self._read(3, 2, "u2") if {"instance", "semantic"} & set(names) else None
        for name in names:
            if name == "rgb":
                frame[name] = self._read(0, 3, "f1").view(np.uint8)
            elif name == "depth":
                frame[name] = self._read(1, 1, "f4")[..., 0]
            elif name == "normal":
                frame[name] = self._read(2, 3, "f4")
            elif name == "instance" and labels is not None:
                frame[name] = np.ascontiguousarray(labels[..., 0])
            elif name == "semantic" and labels is not None:
                frame[name] = labels[..., 1].astype(np.uint8)
        return frame

    def _read(self, attachment: int, components: int, dtype: str) -> np.ndarray:
        data = self._buffer.read(components=components, attachment=attachment, dtype=dtype, alignment=1)
        kind = {"f1": np.uint8, "f4": np.float32, "u2": np.uint16}[dtype]
        return np.frombuffer(data, kind).reshape(self.size[1], self.size[0], components)

    def release(self) -> None:
        for resource in (self._buffer, self._depth, *self._textures):
            resource.release()


def pack_vertices(scene: Scene, light: LightBake) -> np.ndarray:
    """The scene's vertices as they lie in the buffer (see `VERTEX`)."""
    packed = np.zeros(len(scene.vertices), VERTEX)
    packed["position"] = scene.vertices
    packed["normal"][:, :3] = np.rint(scene.normals * 32767)
    packed["albedo"][:, :3] = np.rint(np.sqrt(np.clip(scene.colors, 0, 1)) * 255)
    packed["light"][:, :3] = _coded(light.vertex_light)
    packed["chart"] = np.rint(light.vertex_chart * 65535)
    packed["label"][:, 0] = scene.vertex_instance
    packed["label"][:, 1] = scene.classes[scene.vertex_instance]
    return packed


def _coded(light: np.ndarray) -> np.ndarray:
    return np.rint(np.sqrt(np.clip(light / LIGHT_RANGE, 0, 1)) * 255).astype(np.uint8)
