"""First hits of rays from one point: bounding boxes first, then the triangles of those that remain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tst_sim.embedded.scene.instance_meshes import InstanceMesh

_MARGIN_M = 1e-6


def first_hits(
    meshes: Sequence[InstanceMesh], boxes: np.ndarray, origin: np.ndarray, directions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ids (n,) int64, that is index + 1, and distances (n,) metres along rays; 0 and infinity for a miss.

    `boxes` (meshes, 2, 3) hold the meshes; `origin` (3,); `directions` (n, 3) of any length but 0.
    Only triangles that face the origin are hit.
    """
    origin = origin.astype(np.float64)
    rays = directions.reshape(-1, 3) / np.linalg.norm(directions.reshape(-1, 3), axis=1, keepdims=True)
    ids, distances = np.zeros(len(rays), np.int64), np.full(len(rays), np.inf)
    if not len(rays) or not len(meshes):
        return ids, distances
    entries = _entries(boxes, origin, rays)
    for number in np.argsort(entries.min(axis=1), kind="stable"):
        near = np.flatnonzero(entries[number] < distances)
        if len(near) and len(meshes[number].triangles):
            reached = _reached(meshes[number], origin, rays[near])
            better = reached < distances[near]
            ids[near[better]], distances[near[better]] = number + 1, reached[better]
    return ids, distances


def _entries(boxes: np.ndarray, origin: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """(boxes, rays) where each ray enters each box, 0 from inside, infinite where it misses."""
    inverse = 1 / np.where(np.abs(rays) < 1e-12, 1e-12, rays)
    entry, leave = np.zeros((len(boxes), len(rays))), np.full((len(boxes), len(rays)), np.inf)
    for axis in range(3):
        low = np.outer(boxes[:, 0, axis] - _MARGIN_M - origin[axis], inverse[:, axis])
        high = np.outer(boxes[:, 1, axis] + _MARGIN_M - origin[axis], inverse[:, axis])
        np.maximum(entry, np.minimum(low, high), out=entry)
        np.minimum(leave, np.maximum(low, high), out=leave)
    return np.where(entry <= leave, entry, np.inf)


def _reached(mesh: InstanceMesh, origin: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """(rays,) distance to the mesh's nearest front face.

    A ray passes through a triangle whose edges, seen from the origin, all turn the same way about
    it; as the origin is one, that is three products of matrices.
    """
    corners = mesh.vertices.astype(np.float64)[mesh.triangles] - origin
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    normals = np.cross(b - a, c - a)
    heights = np.einsum("ij,ij->i", normals, a)
    facing = heights < 0
    a, b, c, normals, heights = a[facing], b[facing], c[facing], normals[facing], heights[facing]
    inside = np.ones((len(rays), len(a)), bool)
    for first, second in ((a, b), (b, c), (c, a)):
        inside &= rays @ np.cross(first, second).T <= 0
    slopes = rays @ normals.T
    inside &= slopes < 0
    along = np.where(inside, heights / np.where(inside, slopes, -1.0), np.inf)
    return along.min(axis=1, initial=np.inf)
