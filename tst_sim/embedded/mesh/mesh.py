"""Meshes, materials and parts: the types that catalogue, scene and renderers share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Material:
    """How a surface looks. Colors are linear RGB in [0, 1], not sRGB."""

    name: str
    """The name AI2-THOR gives it (e.g. `DarkWoodFloors`), or one of our own."""
    family: str
    """What it is made of: `wood`, `fabric`, `metal`, `glass`, `plaster`, ... (see materials.py)."""
    color: tuple[float, float, float]
    roughness: float = 0.8
    metallic: float = 0.0
    emission: float = 0.0


@dataclass(frozen=True)
class Mesh:
    """A triangle soup with flat or smooth normals.

    vertices (n, 3) float32 metres; normals (n, 3) float32, unit length, pointing out of the
    surface; triangles (m, 3) uint32, clockwise seen from outside (left-handed world).
    """

    vertices: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray


@dataclass(frozen=True)
class Part:
    """A piece of an object with one material, e.g. the seat of a chair."""

    mesh: Mesh
    material: Material
    name: str = ""


def merge(meshes: Sequence[Mesh]) -> Mesh:
    """Several meshes as one; vertices are kept apart, so normals stay as they were."""
    if not meshes:
        return Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint32))
    offsets = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    return Mesh(
        vertices=np.concatenate([mesh.vertices for mesh in meshes]),
        normals=np.concatenate([mesh.normals for mesh in meshes]),
        triangles=np.concatenate([mesh.triangles + np.uint32(offset) for mesh, offset in zip(meshes, offsets)]),
    )
