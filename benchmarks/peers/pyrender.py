"""pyrender on EGL: the mesh in flat colors with depth, then in colors that are instance ids."""

from __future__ import annotations

import importlib
import os
from importlib.metadata import version
from typing import Any

import numpy as np

from benchmarks.peers.contender import Contender, Frame
from benchmarks.peers.derived import NormalsFromDepth
from benchmarks.peers.rasters import MIRROR, camera_to_world
from benchmarks.peers.scene_file import SceneFile

NEAR_M, FAR_M = 0.02, 60.0


class Pyrender(Contender):
    """One primitive of the whole mesh: with more of them, though culled, it spends its time in Python.

    World: mirrored, y up.
    """

    native = "rgb, depth"
    normals = "from depth, numpy"

    def __init__(self, scene: SceneFile) -> None:
        super().__init__(scene)
        os.environ["PYOPENGL_PLATFORM"] = "egl"
        _without_error_checks()
        self._pyrender: Any = importlib.import_module("pyrender")
        _without_multisampling()
        self._renderer = self._pyrender.OffscreenRenderer(scene.size, scene.size)
        ids = np.stack([scene.instances & 255, scene.instances >> 8, np.zeros_like(scene.instances)], axis=1)
        self._plain, self._by_id = (self._scene(colors) for colors in (scene.colors, ids / 255))
        self._derive = NormalsFromDepth(scene.size, scene.slope)

    @property
    def version(self) -> str:
        return f"pyrender {version('pyrender')}"

    def _scene(self, triangle_colors: np.ndarray) -> tuple[Any, Any]:
        """A scene and its camera's node; no two instances share a vertex, so each has its triangles' one color."""
        pyrender, scene = self._pyrender, self.scene
        colors = np.ones((len(scene.vertices), 4), np.float32)
        colors[scene.triangles.ravel(), :3] = np.repeat(triangle_colors, 3, axis=0)
        primitive = pyrender.Primitive(
            positions=(scene.vertices @ MIRROR).astype(np.float32),
            indices=np.ascontiguousarray(scene.triangles[:, ::-1], np.uint32),
            color_0=colors,
            mode=4,
        )
        made = pyrender.Scene(bg_color=[0, 0, 0, 0])
        made.add(pyrender.Mesh([primitive]))
        camera = pyrender.PerspectiveCamera(np.radians(scene.fov_deg), znear=NEAR_M, zfar=FAR_M, aspectRatio=1.0)
        return made, made.add(camera)

    def frame(self, pose: int, normals: bool) -> Frame:
        matrix = camera_to_world(self.scene, pose)
        flags = self._pyrender.RenderFlags.FLAT
        images = []
        for made, camera in (self._plain, self._by_id):
            made.set_pose(camera, matrix)
            images.append(self._renderer.render(made, flags=flags))
        (rgb, depth), (ids, _) = images
        instance = ids[..., 0] + ids[..., 1] * np.uint16(256)
        depth = np.ascontiguousarray(depth)
        frame = {
            "rgb": np.ascontiguousarray(rgb),
            "depth": depth,
            "instance": instance,
            "semantic": np.take(self.scene.classes, instance),
        }
        return {**frame, "normal": self._derive(depth)} if normals else frame


def _without_error_checks() -> None:
    """OpenGL without a question after each call; EGL's binding needs its checks, so comes first."""
    importlib.import_module("OpenGL.EGL")
    flags: Any = importlib.import_module("OpenGL._configflags")
    flags.ERROR_CHECKING = flags.ERROR_LOGGING = False


def _without_multisampling() -> None:
    """pyrender always draws with four samples a pixel and has no setting for it; its buffers are made with one here."""
    module: Any = importlib.import_module("pyrender.renderer")
    storage = module.glRenderbufferStorageMultisample
    module.glRenderbufferStorageMultisample = lambda target, samples, *rest: storage(target, 0, *rest)


def contender(scene: SceneFile) -> Contender:
    return Pyrender(scene)
