"""A house as triangles: one vertex buffer, one index buffer, and what every triangle belongs to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tst_sim.assets import asset_table
from tst_sim.classes import CLASS_IDS
from tst_sim.embedded.catalogue import build_asset
from tst_sim.embedded.mesh import Part
from tst_sim.embedded.openings import PlacedAsset, glazed, placed_openings
from tst_sim.embedded.structure import Surface, shell
from tst_sim.houses import House, Point3
from tst_sim.placement.settle import settle
from tst_sim.simulator import Instance

CLASS_OF_OPENING = {"Doorway": "Door", "Doorframe": "Door", "Window": "Window"}
"""Object types of the asset table that are structure here."""


@dataclass(frozen=True)
class Solid:
    """The drawn shape of one asset in its own frame, with colours: what is kept from house to house.

    vertices, normals (n, 3) float32; triangles (m, 3) uint32; colors (n, 3) float32 linear RGB;
    emission (n,) float32, times the colour.
    """

    vertices: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray
    colors: np.ndarray
    emission: np.ndarray

    @classmethod
    def of(cls, parts: Sequence[Part]) -> Solid:
        """All parts of an asset as one soup."""
        counts = [len(part.mesh.vertices) for part in parts]
        offsets = np.cumsum([0, *counts[:-1]])
        return cls(
            vertices=np.concatenate([part.mesh.vertices for part in parts]).astype(np.float32),
            normals=np.concatenate([part.mesh.normals for part in parts]).astype(np.float32),
            triangles=np.concatenate([part.mesh.triangles + np.uint32(at) for part, at in zip(parts, offsets)]),
            colors=np.repeat(np.array([part.material.color for part in parts], np.float32), counts, axis=0),
            emission=np.repeat(np.array([part.material.emission for part in parts], np.float32), counts),
        )


class ShapeCache:
    """Drawn shapes by asset, colour and openness; assets repeat within a house and across houses."""

    def __init__(self, build: Callable[..., tuple[Part, ...]] = build_asset) -> None:
        self._build = build
        self._solids: dict[tuple[object, ...], Solid] = {}

    def solid(self, placed: PlacedAsset) -> Solid:
        """The shape of a placed asset, built at its first use; windows every time, for what is behind them."""
        if placed.view is not None:
            return Solid.of(glazed(self._parts(placed), placed.view))
        key = (placed.asset_id, placed.color, placed.openness)
        if key not in self._solids:
            self._solids[key] = Solid.of(self._parts(placed))
        return self._solids[key]

    def _parts(self, placed: PlacedAsset) -> tuple[Part, ...]:
        return self._build(asset_table()[placed.asset_id], color=placed.color, openness=placed.openness)


class Triangles(NamedTuple):
    """A scene as plain triangles, for other programs (and for checking pictures against)."""

    vertices: np.ndarray
    """(n, 3) float32 world metres."""
    normals: np.ndarray
    """(n, 3) float32 unit vectors."""
    triangles: np.ndarray
    """(m, 3) uint32, clockwise seen from the visible side."""
    instances: np.ndarray
    """(m,) uint16 instance id of each triangle."""


@dataclass(frozen=True)
class Scene:
    """Everything the renderer, the light and the free space ask about one house.

    Vertices of one instance are consecutive, and so are its triangles; instance i (ids rise from 1)
    has triangles `first_triangle[i - 1]` up to `first_triangle[i]`.
    """

    house: House
    instances: tuple[Instance, ...]
    surfaces: tuple[Surface, ...]
    """The shell; surface k is instance k + 1."""
    placed: tuple[PlacedAsset, ...]
    """Doors, windows and objects at rest, after the shell in the order of the ids."""
    vertices: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray
    colors: np.ndarray
    emission: np.ndarray
    vertex_instance: np.ndarray
    """(n,) uint16."""
    first_triangle: np.ndarray
    """(instances + 1,) int64."""
    boxes: np.ndarray
    """(instances, 2, 3) low and high corners of the world boxes."""

    @property
    def shell_vertices(self) -> int:
        """How many of the vertices, from the start, belong to the shell."""
        return sum(len(surface.mesh.vertices) for surface in self.surfaces)

    @property
    def classes(self) -> np.ndarray:
        """(instances + 1,) uint8 class id by instance id, background first."""
        return np.array([0] + [CLASS_IDS[row.class_name] for row in self.instances], np.uint8)

    def export(self) -> Triangles:
        """The scene as plain triangles with the instance of each."""
        owners = self.vertex_instance[self.triangles[:, 0]]
        return Triangles(self.vertices, self.normals, self.triangles, owners)


def build_scene(house: House, shapes: ShapeCache) -> Scene:
    """Shell, openings and settled objects of a house in one buffer; UserError from unknown assets."""
    surfaces = shell(house)
    placed = placed_openings(house) + placed_objects(house)
    solids = [_charted(surface) for surface in surfaces] + [_placed(item, shapes.solid(item)) for item in placed]
    counts = [len(solid.vertices) for solid in solids]
    offsets = np.cumsum([0, *counts[:-1]])
    boxes = np.array([(solid.vertices.min(axis=0), solid.vertices.max(axis=0)) for solid in solids], np.float64)
    names = [(surface.object_id, "", surface.class_name) for surface in surfaces]
    names += [(item.object_id, item.asset_id, class_of(item.asset_id)) for item in placed]
    return Scene(
        house=house,
        instances=tuple(_instance(i + 1, *name, box) for i, (name, box) in enumerate(zip(names, boxes))),
        surfaces=tuple(surfaces),
        placed=tuple(placed),
        vertices=np.concatenate([solid.vertices for solid in solids]),
        normals=np.concatenate([solid.normals for solid in solids]),
        triangles=np.concatenate([solid.triangles + np.uint32(at) for solid, at in zip(solids, offsets)]),
        colors=np.concatenate([solid.colors for solid in solids]),
        emission=np.concatenate([solid.emission for solid in solids]),
        vertex_instance=np.repeat(np.arange(1, len(solids) + 1, dtype=np.uint16), counts),
        first_triangle=np.cumsum([0] + [len(solid.triangles) for solid in solids]),
        boxes=boxes,
    )


def class_of(asset_id: str) -> str:
    """The semantic class of an asset."""
    object_type = asset_table()[asset_id].object_type
    return CLASS_OF_OPENING.get(object_type, object_type)


def placed_objects(house: House) -> list[PlacedAsset]:
    """Every object where it comes to rest, parents before children, in the order of the JSON."""
    resting = settle(house)
    return [
        PlacedAsset(
            object_id=item.id,
            asset_id=item.asset_id,
            position=resting[item.id].position,
            rotation=resting[item.id].rotation,
            color=item.color,
            openness=item.openness,
        )
        for item, _ in house.all_objects()
    ]


def rotation_matrix(rotation: Point3) -> np.ndarray:
    """(3, 3) of Euler angles in degrees, applied z, x, y as Unity does; columns are the turned axes."""
    (sx, sy, sz), (cx, cy, cz) = np.sin(np.radians(rotation)), np.cos(np.radians(rotation))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_y @ about_x @ about_z


def _placed(item: PlacedAsset, solid: Solid) -> Solid:
    turn = rotation_matrix(item.rotation)
    vertices = solid.vertices @ turn.T + np.array(item.position)
    normals = solid.normals @ turn.T
    return Solid(vertices.astype(np.float32), normals.astype(np.float32), solid.triangles, solid.colors, solid.emission)


def _charted(surface: Surface) -> Solid:
    return Solid.of([Part(surface.mesh, surface.material)])


def _instance(number: int, object_id: str, asset_id: str, class_name: str, box: np.ndarray) -> Instance:
    x, y, z = ((box[0] + box[1]) / 2).tolist()
    width, height, depth = (box[1] - box[0]).tolist()
    return Instance(
        id=number,
        object_id=object_id,
        asset_id=asset_id,
        class_name=class_name,
        box_center_m=(x, y, z),
        box_size_m=(width, height, depth),
    )
