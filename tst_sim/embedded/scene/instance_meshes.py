"""Drawn shapes: an asset's parts as one soup of clad triangles, and where it is put in the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tst_sim.assets import asset_table
from tst_sim.embedded.catalogue import build_asset
from tst_sim.embedded.mesh.materials import Rgb
from tst_sim.embedded.mesh.mesh import Part
from tst_sim.embedded.scene.openings import PlacedAsset, glazed
from tst_sim.embedded.textures.mapping import SKIN, clad
from tst_sim.houses import Point3

MAX_SHAPES = 2048
"""Shapes kept by one cache: more than there are assets, at 20 KB each."""


@dataclass(frozen=True, eq=False)
class Solid:
    """A drawn shape with its colors, in the asset's own frame or in the world's.

    vertices, normals (n, 3) float32; triangles (m, 3) uint32; colors (n, 3) float32 linear RGB;
    emission (n,) float32, times the color; skin (n,) `SKIN`, what the surface looks like close up.
    """

    vertices: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray
    colors: np.ndarray
    emission: np.ndarray
    skin: np.ndarray

    @classmethod
    def of(cls, parts: Sequence[Part], skins: Sequence[np.ndarray]) -> Solid:
        """All parts of an asset, each with its skin, as one soup."""
        counts = [len(part.mesh.vertices) for part in parts]
        offsets = np.cumsum([0, *counts[:-1]])
        return cls(
            vertices=np.concatenate([part.mesh.vertices for part in parts]).astype(np.float32),
            normals=np.concatenate([part.mesh.normals for part in parts]).astype(np.float32),
            triangles=np.concatenate([part.mesh.triangles + np.uint32(at) for part, at in zip(parts, offsets)]),
            colors=np.repeat(np.array([part.material.color for part in parts], np.float32), counts, axis=0),
            emission=np.repeat(np.array([part.material.emission for part in parts], np.float32), counts),
            skin=np.concatenate(skins),
        )

    @classmethod
    def joined(cls, solids: Sequence[Solid]) -> Solid:
        """Several solids as one; of none, an empty one."""
        if not solids:
            none = np.zeros((0, 3), np.float32)
            return cls(none, none, np.zeros((0, 3), np.uint32), none, np.zeros(0, np.float32), np.zeros(0, SKIN))
        offsets = np.cumsum([0] + [len(solid.vertices) for solid in solids[:-1]])
        return cls(
            vertices=np.concatenate([solid.vertices for solid in solids]),
            normals=np.concatenate([solid.normals for solid in solids]),
            triangles=np.concatenate([solid.triangles + np.uint32(at) for solid, at in zip(solids, offsets)]),
            colors=np.concatenate([solid.colors for solid in solids]),
            emission=np.concatenate([solid.emission for solid in solids]),
            skin=np.concatenate([solid.skin for solid in solids]),
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
        self._solids: dict[tuple[object, ...], Solid] = {}

    def solid(self, placed: PlacedAsset) -> Solid:
        """The shape of a placed asset, built at its first use; windows every time, for what is behind them."""
        if placed.view is not None:
            return self._solid(placed)
        key = (placed.asset_id, placed.color, placed.openness, placed.supports_m)
        if key not in self._solids:
            if len(self._solids) >= MAX_SHAPES:
                self._solids.pop(next(iter(self._solids)))
            self._solids[key] = self._solid(placed)
        return self._solids[key]

    def parts(self, placed: PlacedAsset) -> tuple[Part, ...]:
        """What `solid` is made of, each part with its material: for programs that want more than colors."""
        parts = self._parts(placed)
        return parts if placed.view is None else glazed(parts, placed.view)

    def clad_parts(self, placed: PlacedAsset) -> list[tuple[Part, np.ndarray]]:
        """`parts` as `solid` has them: with colors of what they show, and the `SKIN` of each one's vertices."""
        object_type = asset_table()[placed.asset_id].object_type
        return clad(self.parts(placed), object_type, placed.asset_id, -placed.position[1])

    def _solid(self, placed: PlacedAsset) -> Solid:
        pieces, skins = zip(*self.clad_parts(placed))
        return Solid.of(pieces, skins)

    def _parts(self, placed: PlacedAsset) -> tuple[Part, ...]:
        asset = asset_table()[placed.asset_id].with_supports(placed.supports_m)
        return self._build(asset, color=placed.color, openness=placed.openness)


def placed_solid(item: PlacedAsset, shapes: ShapeCache) -> Solid:
    """The drawn shape of an asset in world coordinates."""
    solid = shapes.solid(item)
    turn = rotation_matrix(item.rotation)
    vertices = solid.vertices @ turn.T + np.array(item.position)
    normals = solid.normals @ turn.T
    return replace(solid, vertices=vertices.astype(np.float32), normals=normals.astype(np.float32))


def painted_solid(solid: Solid, color: Rgb) -> Solid:
    """The solid with a linear RGB color in place of the one that covers most of it; what shines keeps its own."""
    if not len(solid.triangles):
        return solid
    corners = solid.vertices[solid.triangles]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    _, kinds = np.unique(solid.colors, axis=0, return_inverse=True)
    kinds = kinds.reshape(-1)
    matt = solid.emission[solid.triangles[:, 0]] == 0
    main = np.bincount(kinds[solid.triangles[:, 0]], weights=areas * matt).argmax()
    chosen = (kinds == main) & (solid.emission == 0)
    return replace(solid, colors=np.where(chosen[:, None], np.array(color, np.float32), solid.colors))


def rotation_matrix(rotation: Point3) -> np.ndarray:
    """(3, 3) of Euler angles in degrees, applied z, x, y as Unity does; columns are the turned axes."""
    (sx, sy, sz), (cx, cy, cz) = np.sin(np.radians(rotation)), np.cos(np.radians(rotation))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_y @ about_x @ about_z
