"""Meshes of instances: an asset's textured parts joined, and placed in the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tst_sim.assets import asset_table
from tst_sim.embedded.catalogue import build_asset
from tst_sim.embedded.mesh.materials import Rgb
from tst_sim.embedded.mesh.mesh import Part
from tst_sim.embedded.scene.openings import PlacedAsset, glazed
from tst_sim.embedded.textures.mapping import SURFACE_ATTRIBUTES, textured
from tst_sim.houses import Point3

MAX_SHAPES = 2048
"""Shapes kept by one cache: more than there are assets, at 20 KB each."""


@dataclass(frozen=True, eq=False)
class InstanceMesh:
    """A drawn shape with its colors, in the asset's own frame or in the world's.

    vertices, normals (n, 3) float32; triangles (m, 3) uint32; colors (n, 3) float32 linear RGB;
    emission (n,) float32, times the color; attributes (n,) `SURFACE_ATTRIBUTES`, what the surface looks like close up.
    """

    vertices: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray
    colors: np.ndarray
    emission: np.ndarray
    attributes: np.ndarray

    @classmethod
    def of(cls, parts: Sequence[Part], attributes: Sequence[np.ndarray]) -> InstanceMesh:
        """All parts of an asset, each with the attributes (n,) of its vertices, as one mesh."""
        counts = [len(part.mesh.vertices) for part in parts]
        offsets = np.cumsum([0, *counts[:-1]])
        return cls(
            vertices=np.concatenate([part.mesh.vertices for part in parts]).astype(np.float32),
            normals=np.concatenate([part.mesh.normals for part in parts]).astype(np.float32),
            triangles=np.concatenate([part.mesh.triangles + np.uint32(at) for part, at in zip(parts, offsets)]),
            colors=np.repeat(np.array([part.material.color for part in parts], np.float32), counts, axis=0),
            emission=np.repeat(np.array([part.material.emission for part in parts], np.float32), counts),
            attributes=np.concatenate(attributes),
        )

    @classmethod
    def joined(cls, meshes: Sequence[InstanceMesh]) -> InstanceMesh:
        """Several meshes as one; of none, an empty one."""
        if not meshes:
            none = np.zeros((0, 3), np.float32)
            return cls(
                none, none, np.zeros((0, 3), np.uint32), none, np.zeros(0, np.float32), np.zeros(0, SURFACE_ATTRIBUTES)
            )
        offsets = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
        return cls(
            vertices=np.concatenate([mesh.vertices for mesh in meshes]),
            normals=np.concatenate([mesh.normals for mesh in meshes]),
            triangles=np.concatenate([mesh.triangles + np.uint32(at) for mesh, at in zip(meshes, offsets)]),
            colors=np.concatenate([mesh.colors for mesh in meshes]),
            emission=np.concatenate([mesh.emission for mesh in meshes]),
            attributes=np.concatenate([mesh.attributes for mesh in meshes]),
        )

    def box(self) -> np.ndarray:
        """(2, 3) low and high corner."""
        return np.stack([self.vertices.min(axis=0), self.vertices.max(axis=0)])


class ShapeCache:
    """Drawn shapes by asset, color and openness; assets repeat within a house and across houses.

    Of many, the oldest are forgotten.
    """

    def __init__(self, build: Callable[..., tuple[Part, ...]] = build_asset) -> None:
        self._build = build
        self._meshes: dict[tuple[object, ...], InstanceMesh] = {}

    def mesh(self, placed: PlacedAsset) -> InstanceMesh:
        """The shape of a placed asset, built at its first use; windows every time, for what is behind them."""
        if placed.view is not None:
            return self._mesh(placed)
        key = (placed.asset_id, placed.color, placed.openness, placed.supports_m)
        if key not in self._meshes:
            if len(self._meshes) >= MAX_SHAPES:
                self._meshes.pop(next(iter(self._meshes)))
            self._meshes[key] = self._mesh(placed)
        return self._meshes[key]

    def parts(self, placed: PlacedAsset) -> tuple[Part, ...]:
        """What `mesh` is made of, each part with its material: for programs that want more than colors."""
        parts = self._parts(placed)
        return parts if placed.view is None else glazed(parts, placed.view)

    def textured_parts(self, placed: PlacedAsset) -> list[tuple[Part, np.ndarray]]:
        """The parts that `mesh` joins: with the colors of what they show, and the attributes (n,) of their vertices."""
        object_type = asset_table()[placed.asset_id].object_type
        return textured(self.parts(placed), object_type, placed.asset_id, -placed.position[1])

    def _mesh(self, placed: PlacedAsset) -> InstanceMesh:
        pieces, attributes = zip(*self.textured_parts(placed))
        return InstanceMesh.of(pieces, attributes)

    def _parts(self, placed: PlacedAsset) -> tuple[Part, ...]:
        asset = asset_table()[placed.asset_id].with_supports(placed.supports_m)
        return self._build(asset, color=placed.color, openness=placed.openness)


def instance_mesh(item: PlacedAsset, shapes: ShapeCache) -> InstanceMesh:
    """The drawn shape of an asset in world coordinates."""
    mesh = shapes.mesh(item)
    turn = rotation_matrix(item.rotation)
    vertices = mesh.vertices @ turn.T + np.array(item.position)
    normals = mesh.normals @ turn.T
    return replace(mesh, vertices=vertices.astype(np.float32), normals=normals.astype(np.float32))


def recolored(mesh: InstanceMesh, color: Rgb) -> InstanceMesh:
    """The mesh with a linear RGB color in place of the one that covers most of it; what shines keeps its own."""
    if not len(mesh.triangles):
        return mesh
    corners = mesh.vertices[mesh.triangles]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    _, kinds = np.unique(mesh.colors, axis=0, return_inverse=True)
    kinds = kinds.reshape(-1)
    matt = mesh.emission[mesh.triangles[:, 0]] == 0
    main = np.bincount(kinds[mesh.triangles[:, 0]], weights=areas * matt).argmax()
    chosen = (kinds == main) & (mesh.emission == 0)
    return replace(mesh, colors=np.where(chosen[:, None], np.array(color, np.float32), mesh.colors))


def rotation_matrix(rotation: Point3) -> np.ndarray:
    """(3, 3) of Euler angles in degrees, applied z, x, y as Unity does; columns are the turned axes."""
    (sx, sy, sz), (cx, cy, cz) = np.sin(np.radians(rotation)), np.cos(np.radians(rotation))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_y @ about_x @ about_z
