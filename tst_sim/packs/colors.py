"""The colors of textured pieces: the engine draws no textures, so every triangle takes the mean of its part."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import KDTree

from tst_sim.embedded.mesh.mesh import Mesh
from tst_sim.packs.meshes import spread
from tst_sim.packs.source_model import Piece

MAX_COLORS = 6
"""Colors that a texture is reduced to."""
ALIKE = 0.07
"""Colors nearer than this (distance in sRGB, channels in [0, 1]) are one."""
MIN_ALPHA = 0.5
_SAMPLES = 20_000
_NEIGHBOURS = 4
_POINTS = np.array([(1 / 3, 1 / 3, 1 / 3), (0.7, 0.15, 0.15), (0.15, 0.7, 0.15), (0.15, 0.15, 0.7)])
_ROUNDS = 8


def without_holes(piece: Piece) -> tuple[Piece, float]:
    """The piece without triangles that its texture's alpha mostly cuts out, and the area cut out as a whole."""
    texture, uv = piece.paint.texture, piece.uv
    if texture is None or uv is None or texture[..., 3].min() == 255:
        return piece, 0.0
    corners = piece.vertices[piece.triangles]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    points = np.einsum("ps,msk->mpk", _POINTS, uv[piece.triangles])
    alpha = _looked_up(texture, points)[..., 3].mean(axis=1)
    return replace(piece, triangles=piece.triangles[alpha >= MIN_ALPHA]), float((areas * (1 - alpha)).sum())


def _looked_up(texture: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """(..., 4) in [0, 1] of a texture that repeats, v upwards."""
    height, width = texture.shape[:2]
    uv = np.clip(uv, -1e6, 1e6) % 1
    columns = np.minimum((uv[..., 0] * width).astype(np.int64), width - 1)
    rows = np.minimum(((1 - uv[..., 1]) * height).astype(np.int64), height - 1)
    return texture[rows, columns] / 255


@dataclass(frozen=True)
class ColorCloud:
    """Points all over a piece with their sRGB colors: what its texture has to say after its triangles have changed."""

    tree: KDTree
    colors: np.ndarray
    """(n, 3) in [0, 1]."""

    @classmethod
    def of(cls, piece: Piece) -> ColorCloud | None:
        """None for a piece without a texture."""
        if piece.paint.texture is None or piece.uv is None or not len(piece.triangles):
            return None
        corners = piece.vertices[piece.triangles]
        areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
        weights, owner = spread(areas, max(float(areas.sum()), 1e-30) / _SAMPLES)
        uv = np.einsum("ij,ijk->ik", weights, piece.uv[piece.triangles][owner])
        points = np.einsum("ij,ijk->ik", weights, corners[owner])
        return cls(KDTree(points), _looked_up(piece.paint.texture, uv)[:, :3])

    def on(self, mesh: Mesh) -> np.ndarray:
        """(m, 3) color of each triangle: the mean of what lies next to it."""
        points = np.einsum("ps,msk->mpk", _POINTS, mesh.vertices[mesh.triangles])
        nearest = self.tree.query(points, k=min(_NEIGHBOURS, len(self.colors)))[1]
        return self.colors[nearest.reshape(len(points), -1)].mean(axis=1)


def by_color(mesh: Mesh, colors: np.ndarray) -> list[tuple[Mesh, tuple[float, float, float]]]:
    """A mesh as at most six, each of one color, the mean of its triangles' (m, 3); normals stay."""
    corners = mesh.vertices[mesh.triangles].astype(np.float64)
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    centres, nearest = _clusters(colors, areas)
    split = []
    for number, centre in enumerate(centres.tolist()):
        used, inverse = np.unique(mesh.triangles[nearest == number], return_inverse=True)
        part = Mesh(mesh.vertices[used], mesh.normals[used], inverse.reshape(-1, 3).astype(np.uint32))
        split.append((part, (centre[0], centre[1], centre[2])))
    return split


def _clusters(colors: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most six colors (k, 3), weighted means of their members, and the one of each row; deterministic k-means."""
    weights = np.maximum(weights, 1e-30)
    centres = [np.average(colors, axis=0, weights=weights)]
    distance = np.linalg.norm(colors - centres[0], axis=1)
    while len(centres) < MAX_COLORS and distance.max() > ALIKE:
        centres.append(colors[int(np.argmax(distance * np.sqrt(weights)))])
        distance = np.minimum(distance, np.linalg.norm(colors - centres[-1], axis=1))
    means = np.array(centres)
    nearest = np.zeros(len(colors), np.int64)
    for _ in range(_ROUNDS):
        nearest = np.argmin(np.linalg.norm(colors[:, None] - means[None], axis=2), axis=1)
        total = np.bincount(nearest, weights, minlength=len(means))
        sums = np.stack([np.bincount(nearest, weights * colors[:, i], minlength=len(means)) for i in range(3)], axis=1)
        means = np.where(total[:, None] > 0, sums / np.maximum(total, 1e-30)[:, None], means)
    used, nearest = np.unique(nearest, return_inverse=True)
    return means[used], nearest.reshape(-1)
