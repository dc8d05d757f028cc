"""What renderers of the OpenGL kind have in common here: culling, depth from a depth buffer, right-handed cameras."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.scene_file import SceneFile

MIRROR = np.diag([1.0, 1.0, -1.0])
"""To a right-handed world, y up: z turns round, and so do the triangles."""


class Frusta:
    """Which instances' boxes a pose may see: for renderers that do not ask themselves."""

    def __init__(self, scene: SceneFile) -> None:
        ends = np.flatnonzero(np.diff(scene.instances, prepend=0))
        corners = scene.vertices[scene.triangles]
        self._low = np.minimum.reduceat(corners.min(axis=1), ends)
        self._high = np.maximum.reduceat(corners.max(axis=1), ends)
        self._poses = [self._planes(eye, turn, scene.slope) for eye, turn in zip(scene.renderer, scene.rotations)]

    @staticmethod
    def _planes(eye: np.ndarray, turn: np.ndarray, slope: float) -> tuple[np.ndarray, np.ndarray]:
        """(5, 3) inward normals and (5,) offsets of the four sides and the plane through the eye."""
        right, up, forward = turn.T
        sides = [slope * forward + sign * axis for axis in (right, up) for sign in (-1, 1)]
        normals = np.array([*sides, forward])
        return normals, normals @ eye

    def sees(self, pose: int) -> np.ndarray:
        """(instances,) whether a box has a corner on the inner side of every plane."""
        normals, offsets = self._poses[pose]
        farthest = self._low @ np.minimum(normals, 0).T + self._high @ np.maximum(normals, 0).T
        return np.all(farthest >= offsets, axis=1)


def planar_depth(buffer: np.ndarray, near: float, far: float) -> np.ndarray:
    """(h, w) float32 metres of a depth buffer that is 1 at the near plane and 0 at the far one, where depth is 0."""
    depth = np.multiply(buffer, np.float32(far / near - 1))
    depth += 1
    np.divide(np.float32(far), depth, out=depth)
    depth[buffer == 0] = 0
    return depth


def camera_to_world(scene: SceneFile, pose: int) -> np.ndarray:
    """(4, 4) of OpenGL's camera (x right, y up, z backward) in the mirrored world."""
    matrix = np.eye(4)
    right, up, forward = (MIRROR @ scene.rotations[pose]).T
    matrix[:3, :3] = np.stack([right, up, -forward], axis=1)
    matrix[:3, 3] = MIRROR @ scene.renderer[pose]
    return matrix
