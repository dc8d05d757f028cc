"""PyBullet's TinyRenderer: rgb, depth and segmentation of one call, in software of its own."""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import Any

import numpy as np

from benchmarks.peers.contender import Contender, Frame
from benchmarks.peers.derived import NormalsFromDepth
from benchmarks.peers.rasters import MIRROR, camera_to_world, planar_depth
from benchmarks.peers.scene_file import SceneFile

NEAR_M, FAR_M = 0.02, 60.0


class Bullet(Contender):
    """A body per instance in its mean color, no shadows. World: mirrored, y up."""

    native = "rgb, depth, instance"
    normals = "from depth, numpy"

    def __init__(self, scene: SceneFile) -> None:
        super().__init__(scene)
        self._bullet: Any = importlib.import_module("pybullet")
        assert self._bullet.isNumpyEnabled(), "this pybullet hands out tuples for arrays"
        self._bullet.connect(self._bullet.DIRECT)
        numbers = np.zeros(len(scene.classes) + 1, np.uint16)
        for number, vertices, triangles, color in scene.parts():
            numbers[self._body(vertices, triangles, color) + 1] = number
        self._numbers = numbers
        near, far, slope = NEAR_M, FAR_M, scene.slope
        half = 1 / scene.size  # it samples the corners of pixels, others their middles
        last = [(near + far) / (near - far), -1.0], [2 * near * far / (near - far), 0.0]
        self._projection = [1 / slope, 0, 0, 0, 0, 1 / slope, 0, 0, half, half, *last[0], 0, 0, *last[1]]
        self._derive = NormalsFromDepth(scene.size, slope)

    @property
    def version(self) -> str:
        return f"pybullet {version('pybullet')}"

    def _body(self, vertices: np.ndarray, triangles: np.ndarray, color: np.ndarray) -> int:
        bullet = self._bullet
        shape = bullet.createVisualShape(
            bullet.GEOM_MESH,
            vertices=(vertices @ MIRROR).tolist(),
            indices=triangles[:, ::-1].ravel().tolist(),
            rgbaColor=[*color.tolist(), 1.0],
        )
        return bullet.createMultiBody(baseMass=0, baseVisualShapeIndex=shape)

    def frame(self, pose: int, normals: bool) -> Frame:
        bullet, size = self._bullet, self.scene.size
        view = np.linalg.inv(camera_to_world(self.scene, pose)).T.ravel().tolist()
        _, _, rgb, buffer, bodies = bullet.getCameraImage(
            size,
            size,
            viewMatrix=view,
            projectionMatrix=self._projection,
            shadow=0,
            renderer=bullet.ER_TINY_RENDERER,
        )
        depth = planar_depth(np.float32(1) - buffer, NEAR_M, FAR_M)
        instance = np.take(self._numbers, bodies + 1)
        frame = {
            "rgb": np.ascontiguousarray(rgb[..., :3]),
            "depth": depth,
            "instance": instance,
            "semantic": np.take(self.scene.classes, instance),
        }
        return {**frame, "normal": self._derive(depth)} if normals else frame


def contender(scene: SceneFile) -> Contender:
    return Bullet(scene)
