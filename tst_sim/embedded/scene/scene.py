"""The static scene of a house: its meshes joined, and the instance of every triangle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tst_sim.assets import asset_table
from tst_sim.classes import CLASS_IDS
from tst_sim.embedded.mesh.mesh import Part
from tst_sim.embedded.scene.instance_meshes import InstanceMesh, ShapeCache, instance_mesh
from tst_sim.embedded.scene.openings import PlacedAsset, placed_openings
from tst_sim.embedded.scene.structure import Surface, structure_surfaces
from tst_sim.embedded.textures.mapping import surface_attributes
from tst_sim.houses import House, SurfaceMaterial
from tst_sim.placement.settle import settled_scene
from tst_sim.simulator import Instance

CLASS_OF_OPENING = {"Doorway": "Door", "Doorframe": "Door", "Window": "Window"}
"""Object types of the asset table that are structure here."""


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
    """The structure; surface k is instance k + 1."""
    placed: tuple[PlacedAsset, ...]
    """Doors, windows and objects at rest, after the structure in the order of the ids."""
    vertices: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray
    colors: np.ndarray
    emission: np.ndarray
    attributes: np.ndarray
    vertex_instance: np.ndarray
    """(n,) uint16."""
    first_triangle: np.ndarray
    """(instances + 1,) int64."""
    boxes: np.ndarray
    """(instances, 2, 3) low and high corners of the world boxes."""

    @property
    def structure_vertices(self) -> int:
        """How many of the vertices, from the start, belong to the structure."""
        return sum(len(surface.mesh.vertices) for surface in self.surfaces)

    @property
    def classes(self) -> np.ndarray:
        """(instances + 1,) uint8 class id by instance id, background first."""
        return np.array([0] + [CLASS_IDS[row.class_name] for row in self.instances], np.uint8)

    @cached_property
    def first_vertex(self) -> np.ndarray:
        """(instances + 1,) int64: vertices of instance i are `first_vertex[i - 1]` up to `first_vertex[i]`."""
        return np.searchsorted(self.vertex_instance, np.arange(1, len(self.instances) + 2))

    def meshes(self) -> tuple[InstanceMesh, ...]:
        """Every instance on its own, in world coordinates."""
        ends = self.first_vertex
        return tuple(
            InstanceMesh(
                self.vertices[first:end],
                self.normals[first:end],
                self.triangles[self.first_triangle[number] : self.first_triangle[number + 1]] - np.uint32(first),
                self.colors[first:end],
                self.emission[first:end],
                self.attributes[first:end],
            )
            for number, (first, end) in enumerate(pairwise(ends))
        )

    def export(self) -> Triangles:
        """The scene as plain triangles with the instance of each."""
        owners = self.vertex_instance[self.triangles[:, 0]]
        return Triangles(self.vertices, self.normals, self.triangles, owners)


def build_scene(house: House, shapes: ShapeCache) -> Scene:
    """Shell, openings and settled objects of a house in one buffer; UserError from unknown assets."""
    surfaces = structure_surfaces(house)
    placed = placed_openings(house) + placed_objects(house)
    meshes = [_charted(surface) for surface in surfaces] + [instance_mesh(item, shapes) for item in placed]
    return _scene(house, surfaces, placed, meshes)


def empty_scene() -> Scene:
    """A scene without rooms, in which nothing is drawn."""
    nothing = SurfaceMaterial("PureWhite")
    house = House("empty", "1.0.0", (), (), (), (), (), (), ceiling_material=nothing, skybox_id="", document={})
    return _scene(house, [], [], [])


def _scene(house: House, surfaces: list[Surface], placed: list[PlacedAsset], meshes: list[InstanceMesh]) -> Scene:
    counts = np.array([len(mesh.vertices) for mesh in meshes], np.int64)
    boxes = np.array([mesh.box() for mesh in meshes], np.float64).reshape(-1, 2, 3)
    soup = InstanceMesh.joined(meshes)
    names = [(surface.object_id, "", surface.class_name) for surface in surfaces]
    names += [(item.object_id, item.asset_id, class_of(item.asset_id)) for item in placed]
    return Scene(
        house=house,
        instances=tuple(instance_row(i + 1, *name, box) for i, (name, box) in enumerate(zip(names, boxes))),
        surfaces=tuple(surfaces),
        placed=tuple(placed),
        vertices=soup.vertices,
        normals=soup.normals,
        triangles=soup.triangles,
        colors=soup.colors,
        emission=soup.emission,
        attributes=soup.attributes,
        vertex_instance=np.repeat(np.arange(1, len(meshes) + 1, dtype=np.uint16), counts),
        first_triangle=np.cumsum([0] + [len(mesh.triangles) for mesh in meshes]),
        boxes=boxes,
    )


def class_of(asset_id: str) -> str:
    """The semantic class of an asset."""
    object_type = asset_table()[asset_id].object_type
    return CLASS_OF_OPENING.get(object_type, object_type)


def placed_objects(house: House) -> list[PlacedAsset]:
    """Every object where it comes to rest, parents before children, in the order of the JSON."""
    resting = settled_scene(house)
    return [
        PlacedAsset(
            object_id=item.id,
            asset_id=item.asset_id,
            position=resting[item.id].position,
            rotation=resting[item.id].rotation,
            color=item.color,
            openness=item.openness,
            supports_m=resting[item.id].supports_m,
        )
        for item, _ in house.all_objects()
    ]


def _charted(surface: Surface) -> InstanceMesh:
    part = Part(surface.mesh, surface.material)
    floor = surface.class_name == "Floor"
    return InstanceMesh.of([part], [surface_attributes(part, surface.corner, surface.axes, floor=floor)])


def instance_row(number: int, object_id: str, asset_id: str, class_name: str, box: np.ndarray) -> Instance:
    """A row of the instance table; `box` (2, 3) holds the low and the high corner."""
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
