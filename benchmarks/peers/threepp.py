"""threepp's OpenGL renderer on EGL: a pass for colors, ids and normals, each over what its own culling leaves."""

from __future__ import annotations

import ctypes
import importlib
from typing import Any

import numpy as np

from benchmarks.peers.contender import Contender, Frame
from benchmarks.peers.derived import NormalsFromDepth
from benchmarks.peers.rasters import MIRROR, planar_depth
from benchmarks.peers.scene_file import SceneFile

NEAR_M, FAR_M = 0.02, 60.0
GL_DEPTH_COMPONENT, GL_FLOAT = 0x1902, 0x1406


class Threepp(Contender):
    """A mesh per instance in its mean color, unlit. World: mirrored, y up.

    threepp reads back colors alone, so depth is read from its context by OpenGL itself.
    """

    native = "rgb, depth, normals"

    def __init__(self, scene: SceneFile, draws_normals: bool) -> None:
        super().__init__(scene)
        self._derive = None if draws_normals else NormalsFromDepth(scene.size, scene.slope)
        self.normals = "a third pass, smooth, 8 bits" if draws_normals else "from depth, numpy"
        three: Any = importlib.import_module("threepp")
        self._three = three
        self._context = three.EglContext(scene.size, scene.size, require_hardware=False)
        self._renderer = three.GLRenderer(self._context, scene.size, scene.size)
        self._renderer.sort_objects = False
        self._renderer.tone_mapping = three.ToneMapping.NoToneMapping
        self._renderer.set_clear_color(three.Color(0, 0, 0), 0.0)
        self._camera = three.PerspectiveCamera(scene.fov_deg, 1.0, NEAR_M, FAR_M)
        self._plain, self._by_id = three.Scene(), three.Scene()
        for number, vertices, triangles, color in scene.parts():
            shape = self._geometry(vertices, triangles)
            for made, shown in ((self._plain, color), (self._by_id, np.array([number & 255, number >> 8, 0]) / 255)):
                mesh = three.Mesh(shape, self._material(shown))
                mesh.matrix_auto_update = False
                made.add(mesh)
        self._normal_material = three.MeshNormalMaterial()
        self._read_pixels = ctypes.CDLL("libGL.so.1").glReadPixels
        self._buffer = np.empty((scene.size, scene.size), np.float32)

    @property
    def version(self) -> str:
        return f"threepp {self._three.__version__}"

    def _geometry(self, vertices: np.ndarray, triangles: np.ndarray) -> Any:
        shape = self._three.BufferGeometry()
        shape.set_attribute("position", np.ascontiguousarray(vertices @ MIRROR, np.float32))
        shape.set_index(np.ascontiguousarray(triangles[:, ::-1], np.uint32))
        shape.compute_vertex_normals()
        return shape

    def _material(self, color: np.ndarray) -> Any:
        material = self._three.MeshBasicMaterial()
        linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
        material.color = self._three.Color(*linear.tolist())  # pictures are written as sRGB, ids too
        material.tone_mapped = material.fog = False
        return material

    def frame(self, pose: int, normals: bool) -> Frame:
        x, y, z = (MIRROR @ self.scene.renderer[pose]).tolist()
        self._camera.position.set(x, y, z)
        self._camera.quaternion.set(*_quaternion(*np.radians(self.scene.angles[pose]).tolist()))
        rgb = self._picture(self._plain)
        depth = self._depth()
        ids = self._picture(self._by_id)
        instance = ids[..., 0] + ids[..., 1] * np.uint16(256)
        frame = {"rgb": rgb, "depth": depth, "instance": instance, "semantic": np.take(self.scene.classes, instance)}
        if normals and self._derive:
            frame["normal"] = self._derive(depth)
        elif normals:
            self._by_id.override_material = self._normal_material
            frame["normal"] = self._picture(self._by_id) * np.float32(2 / 255) - 1
            self._by_id.override_material = None
        return frame

    def _picture(self, made: Any) -> np.ndarray:
        self._renderer.render(made, self._camera)
        return self._renderer.read_pixels()

    def _depth(self) -> np.ndarray:
        """Of what was drawn last; the context is current in this thread."""
        size, buffer = self.scene.size, self._buffer
        self._read_pixels(0, 0, size, size, GL_DEPTH_COMPONENT, GL_FLOAT, buffer.ctypes.data_as(ctypes.c_void_p))
        np.subtract(1, buffer, out=buffer)
        return planar_depth(buffer[::-1], NEAR_M, FAR_M)


def _quaternion(yaw: float, pitch: float) -> tuple[float, float, float, float]:
    """(x, y, z, w) of a turn about x, then about y; both turn the other way in a mirrored world."""
    sin_x, cos_x, sin_y, cos_y = np.sin(-pitch / 2), np.cos(pitch / 2), np.sin(-yaw / 2), np.cos(yaw / 2)
    return float(cos_y * sin_x), float(sin_y * cos_x), float(-sin_y * sin_x), float(cos_y * cos_x)


def contender(scene: SceneFile, *options: str) -> Contender:
    return Threepp(scene, draws_normals="depth" not in options)
