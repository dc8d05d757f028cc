"""Ray queries against a scene's triangles, by Embree: closest hits and occlusion.

embreex is Embree behind a thin binding, single precision, one thread a call; that is what the
package is a dependency for (3 million closest hits a second and core in a furnished house).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tst_sim.errors import UserError


class Hits(NamedTuple):
    """What rays hit first; rows of rays that hit nothing have triangle -1."""

    triangle: np.ndarray
    """(n,) int32."""
    u: np.ndarray
    v: np.ndarray
    """(n,) float32 weights of the triangle's second and third corner."""
    distance: np.ndarray
    """(n,) float32, in lengths of the direction."""
    front: np.ndarray
    """(n,) whether the visible side was hit."""


class RayScene:
    """Triangles that rays are asked about. UserError where Embree is not to be had."""

    def __init__(self, vertices: np.ndarray, triangles: np.ndarray) -> None:
        rtcore_scene, mesh_construction = _embree()
        self._scene = rtcore_scene.EmbreeScene()
        corners = np.ascontiguousarray(triangles, dtype=np.int32)
        self._mesh = mesh_construction.TriangleMesh(self._scene, np.ascontiguousarray(vertices, np.float32), corners)

    def hits(self, origins: np.ndarray, directions: np.ndarray) -> Hits:
        """First hits of rays (n, 3), (n, 3) float32."""
        found = self._scene.run(origins, directions, output=1)
        front = np.einsum("ij,ij->i", found["Ng"], directions) < 0
        return Hits(found["primID"], found["u"], found["v"], found["tfar"], front)

    def free(self, origins: np.ndarray, directions: np.ndarray, distances: np.ndarray) -> np.ndarray:
        """(n,) whether unit directions (n, 3) meet nothing, of either side, before distances (n,)."""
        if not len(origins):
            return np.zeros(0, bool)
        return self._scene.run(origins, directions, distances, query="OCCLUDED") != 0


def require_rays() -> None:
    """UserError where rays cannot be traced on this machine."""
    _embree()


def version() -> str:
    """Embree's binding, which traced light depends on."""
    from importlib.metadata import version as installed

    return installed("embreex")


def _embree() -> tuple[Any, Any]:
    try:
        from embreex import mesh_construction, rtcore_scene
    except ImportError as error:
        raise UserError(
            f"baked light needs embreex, which cannot be used here ({error}); pip install embreex, or use light fast"
        ) from error
    return rtcore_scene, mesh_construction
