"""embreex: Embree behind a thin binding, with a ray for each pixel."""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import Any

import numpy as np

from benchmarks.peers.contender import Contender, Frame
from benchmarks.peers.derived import TriangleTables, unit_normals
from benchmarks.peers.scene_file import SceneFile


class Embree(Contender):
    """One mesh; unit normals of all triangles are worked out once and looked up by number."""

    native = "depth, normals, triangle numbers"
    normals = "of the triangle hit, looked up"

    def __init__(self, scene: SceneFile) -> None:
        super().__init__(scene)
        meshes: Any = importlib.import_module("embreex.mesh_construction")
        self._caster: Any = importlib.import_module("embreex.rtcore_scene").EmbreeScene()
        self._tables = TriangleTables(scene)
        corners = np.ascontiguousarray(scene.triangles, np.int32)
        self._mesh = meshes.TriangleMesh(self._caster, self._tables.vertices, corners)
        self._normals = np.concatenate([unit_normals(scene), np.zeros((1, 3), np.float32)])
        self._origins, self._directions = (np.empty((scene.size**2, 3), np.float32) for _ in range(2))

    @property
    def version(self) -> str:
        return f"embreex {version('embreex')}"

    def frame(self, pose: int, normals: bool) -> Frame:
        self._tables.aim(pose, self._origins, self._directions)
        hits = self._caster.run(self._origins, self._directions, output=1)
        triangle, depth = hits["primID"], hits["tfar"]
        depth[triangle < 0] = 0
        frame = self._tables.frame(triangle, depth)
        if normals:
            frame["normal"] = self._tables.to_camera(pose, np.take(self._normals, triangle, axis=0))
        return frame


def contender(scene: SceneFile) -> Contender:
    return Embree(scene)
