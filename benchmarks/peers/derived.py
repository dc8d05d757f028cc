"""What some renderers do not give, from what they do: normals from depth, colors and ids from triangle numbers."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.contender import Frame
from benchmarks.peers.scene_file import SceneFile

AHEAD_M = 1e-4


class NormalsFromDepth:
    """Cross products of the differences between neighbouring points, in buffers kept from frame to frame.

    With z the depth and s the slope of a pixel, a point is z (x s, y s, 1); the cross product of its
    differences along the row and the column needs z and its two differences alone.
    """

    def __init__(self, size: int, slope: float) -> None:
        step = np.float32(2 * slope / size)
        middle = (np.arange(size, dtype=np.float32) + np.float32(0.5 - size / 2)) * step
        self._x, self._y, self._step = middle[None, :], -middle[:, None], step
        self._buffers = [np.zeros((size, size), np.float32) for _ in range(4)]

    def __call__(self, depth: np.ndarray) -> np.ndarray:
        """(h, w, 3) float32 unit vectors, x right, y up, z to the viewer, of planar depth (h, w)."""
        across, down, forward, spare = self._buffers
        np.subtract(depth[:, 1:], depth[:, :-1], out=across[:, :-1])
        across[:, -1] = across[:, -2]
        np.subtract(depth[:-1], depth[1:], out=down[:-1])
        down[-1] = down[-2]
        np.multiply(depth, self._step, out=forward)
        for slopes, difference in ((self._x, across), (self._y, down)):
            np.multiply(difference, slopes, out=spare)
            forward += spare
        np.multiply(forward, forward, out=spare)
        spare += across * across
        spare += down * down
        np.sqrt(spare, out=spare)
        np.divide(1, np.maximum(spare, 1e-12, out=spare), out=spare)
        normals = np.empty((*depth.shape, 3), np.float32)
        for axis, component in enumerate((across, down, forward)):
            np.multiply(component, spare, out=normals[..., axis])
        return normals


def unit_normals(scene: SceneFile) -> np.ndarray:
    """(m, 3) float32 of the triangles, towards their visible sides."""
    a, b, c = (scene.vertices[scene.triangles[:, corner]] for corner in range(3))
    normals = np.cross(b - a, c - a)
    return (normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)).astype(np.float32)


class TriangleTables:
    """What is looked up by the number of the triangle that a ray has hit; one row more for rays that miss."""

    vertices: np.ndarray
    """(n, 3) float32, a tenth of a millimetre in front of where they are: rays hit back sides too, which are not
    drawn, and walls of neighbouring rooms stand back to back in one place."""

    def __init__(self, scene: SceneFile) -> None:
        self._shape = (scene.size, scene.size)
        self._colors = np.zeros((len(scene.triangles) + 1, 3), np.uint8)
        self._colors[:-1] = np.rint(255 * scene.colors)
        self._instances = np.append(scene.instances, 0).astype(np.uint16)
        self._classes = scene.classes
        ahead = np.zeros_like(scene.vertices)
        np.add.at(ahead, scene.triangles.ravel(), np.repeat(unit_normals(scene), 3, axis=0))
        ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-12)
        self.vertices = np.ascontiguousarray(scene.vertices + AHEAD_M * ahead, np.float32)
        self.rays = scene.rays()
        self._rotations = scene.rotations.astype(np.float32)
        self._eyes = scene.renderer.astype(np.float32)

    def aim(self, pose: int, origins: np.ndarray, directions: np.ndarray) -> None:
        """Fill (n, 3) origins and directions of a pose's rays."""
        origins[:] = self._eyes[pose]
        np.matmul(self.rays, self._rotations[pose].T, out=directions)

    def frame(self, triangle: np.ndarray, depth: np.ndarray) -> Frame:
        """All but normals, of triangle numbers (n,) (the last row where nothing was hit) and depth (n,)."""
        instance = np.take(self._instances, triangle)
        return {
            "rgb": np.take(self._colors, triangle, axis=0).reshape(*self._shape, 3),
            "depth": depth.reshape(self._shape),
            "instance": instance.reshape(self._shape),
            "semantic": np.take(self._classes, instance).reshape(self._shape),
        }

    def to_camera(self, pose: int, normals: np.ndarray) -> np.ndarray:
        """(h, w, 3) camera-space, z to the viewer, of world-space unit normals (n, 3)."""
        turn = self._rotations[pose] * np.array([1, 1, -1], np.float32)
        return (normals @ turn).reshape(*self._shape, 3)
