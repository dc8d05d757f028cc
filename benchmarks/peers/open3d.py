"""Open3D's RaycastingScene: Embree, with a ray for each pixel."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmarks.peers.contender import Contender, Frame
from benchmarks.peers.derived import TriangleTables
from benchmarks.peers.scene_file import SceneFile


class Open3D(Contender):
    """One mesh, so that a triangle's number says everything; rays lie in one buffer that Open3D reads in place."""

    native = "depth, normals, triangle numbers"
    normals = "of the triangle hit, by Open3D"

    def __init__(self, scene: SceneFile) -> None:
        super().__init__(scene)
        self._open3d: Any = importlib.import_module("open3d")
        self._tables = TriangleTables(scene)
        core = self._open3d.core
        self._caster = self._open3d.t.geometry.RaycastingScene(nthreads=1)
        corners = core.Tensor.from_numpy(scene.triangles.astype(np.uint32))
        self._caster.add_triangles(core.Tensor.from_numpy(self._tables.vertices), corners)
        self._rays = np.empty((scene.size**2, 6), np.float32)
        self._tensor = core.Tensor.from_numpy(self._rays)

    @property
    def version(self) -> str:
        return f"open3d {self._open3d.__version__}"

    def frame(self, pose: int, normals: bool) -> Frame:
        self._tables.aim(pose, self._rays[:, :3], self._rays[:, 3:])
        hits = self._caster.cast_rays(self._tensor, nthreads=1)
        triangle = np.minimum(hits["primitive_ids"].numpy(), len(self.scene.triangles))
        depth = hits["t_hit"].numpy()
        depth[np.isinf(depth)] = 0
        frame = self._tables.frame(triangle, depth)
        if normals:
            frame["normal"] = self._tables.to_camera(pose, hits["primitive_normals"].numpy())
        return frame


def contender(scene: SceneFile) -> Contender:
    return Open3D(scene)
