"""A house for export: named objects with materials, each in its own frame, in right-handed axes.

AI2-THOR's world is left-handed, y up. What is exported is right-handed, y up: z is negated. So Blender, which turns
y up into z up, shows AI2-THOR's (x, y, z) as (x, z, y), and its view from above is our floor plan.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from generators.exporters.materials import PLAIN, ExportMaterial
from tst_sim.embedded.mesh.mesh import Mesh, Part, merge
from tst_sim.embedded.scene.floor_plan import FloorPlan
from tst_sim.embedded.scene.instance_meshes import ShapeCache, rotation_matrix
from tst_sim.embedded.scene.openings import PlacedAsset
from tst_sim.embedded.scene.scene import Scene
from tst_sim.embedded.scene.structure import Surface
from tst_sim.embedded.textures.mapping import gloss_of, roughness_of
from tst_sim.houses import Light, Point3

MIRROR = np.array([1.0, 1.0, -1.0])
"""What world coordinates and normals are multiplied by to become right-handed."""
WALL_STEP_M = 5e-5
"""So far walls step into their rooms: the two faces of a wall lie in one plane, where path tracers see neither."""
_ROOM_CELL_M = 0.05


@dataclass(frozen=True, eq=False)
class Shape:
    """The triangles of a piece that have one finish."""

    mesh: Mesh
    finish: ExportMaterial
    uv: np.ndarray | None
    """(n, 2) in sides of the layer's image, v down; None: the finish has no image."""


@dataclass(frozen=True)
class Piece:
    """One thing with a name: a floor, a wall, a door, a piece of furniture."""

    object_id: str
    asset_id: str
    """Empty for floors, walls and ceilings."""
    class_name: str
    instance: int
    """Its id in instance images."""
    room_id: str
    parent_id: str | None
    """What it stands on or in, if that is an object too."""
    position: np.ndarray
    """(3,) of its frame's origin, right-handed world metres."""
    rotation: np.ndarray
    """(3, 3) from its own frame to the right-handed world."""
    kind: Hashable
    """Equal for pieces that have the same shapes."""
    shapes: tuple[Shape, ...]
    """One for each finish, in the piece's own frame, left-handed as everywhere in the engine."""


def pieces(scene: Scene, shapes: ShapeCache, *, ceiling: bool = True, textures: bool = True) -> tuple[Piece, ...]:
    """Everything that is drawn of a house, in the order of its instance ids; `ceiling` false leaves ceilings out.

    `shapes` are those that the scene was built from; without `textures` all finishes are plain.
    """
    structure = scene.meshes()[: len(scene.surfaces)]
    rows = [
        _structure_piece(surface, number, mesh.attributes if textures else None)
        for number, (surface, mesh) in enumerate(zip(scene.surfaces, structure), 1)
    ]
    plan = FloorPlan.of(scene.house, _ROOM_CELL_M)
    rooms = [room.id for room in scene.house.rooms]
    parents = {item.id: parent.id for item, parent in scene.house.all_objects() if parent is not None}
    openings = {opening.id: opening.room_ids for opening in scene.house.doors + scene.house.windows}
    known: dict[Hashable, tuple[Shape, ...]] = {}
    for number, item in enumerate(scene.placed, len(scene.surfaces) + 1):
        home = openings.get(item.object_id) or [rooms[int(plan.room_at(np.array([item.position[::2]]))[0])]]
        class_name, kind = scene.instances[number - 1].class_name, _kind(item)
        if kind not in known:
            known[kind] = _asset_shapes(item, shapes, textures=textures)
        rows.append(_asset_piece(item, known[kind], number, class_name, home[0], parents.get(item.object_id)))
    return tuple(row for row in rows if ceiling or row.class_name != "Ceiling")


def _structure_piece(surface: Surface, number: int, attributes: np.ndarray | None) -> Piece:
    """A floor, wall or ceiling in world coordinates: in frames of their own, neighbours would not meet exactly."""
    mesh = surface.mesh
    if surface.class_name == "Wall":
        mesh = replace(mesh, vertices=(mesh.vertices + WALL_STEP_M * surface.normal).astype(np.float32))
    return Piece(
        object_id=surface.object_id,
        asset_id="",
        class_name=surface.class_name,
        instance=number,
        room_id=surface.room_id,
        parent_id=None,
        position=np.zeros(3),
        rotation=np.eye(3),
        kind=surface.object_id,
        shapes=by_material([(Part(mesh, surface.material, surface.class_name), attributes)]),
    )


def _asset_piece(
    item: PlacedAsset, shapes: tuple[Shape, ...], number: int, class_name: str, room_id: str, parent_id: str | None
) -> Piece:
    return Piece(
        object_id=item.object_id,
        asset_id=item.asset_id,
        class_name=class_name,
        instance=number,
        room_id=room_id,
        parent_id=parent_id,
        position=np.array(item.position) * MIRROR,
        rotation=mirrored_rotation(item.rotation),
        kind=_kind(item),
        shapes=shapes,
    )


def _kind(item: PlacedAsset) -> Hashable:
    """What the shapes of an asset follow from; what is seen through a window depends on how high that is."""
    height = None if item.view is None else item.position[1]
    return item.asset_id, item.color, item.openness, item.view, height


def _asset_shapes(item: PlacedAsset, shapes: ShapeCache, *, textures: bool) -> tuple[Shape, ...]:
    return by_material(shapes.textured_parts(item) if textures else [(part, None) for part in shapes.parts(item)])


def by_material(textured: Sequence[tuple[Part, np.ndarray | None]]) -> tuple[Shape, ...]:
    """Parts, each with its attributes (n,) (None: plain), those of equal material joined, in the order of first
    appearance."""
    groups: dict[ExportMaterial, list[tuple[Mesh, np.ndarray | None]]] = {}
    for part, attributes in textured:
        groups.setdefault(_material_of(part, attributes), []).append((part.mesh, attributes))
    return tuple(
        Shape(
            merge([mesh for mesh, _ in group]),
            finish,
            None
            if finish.layer == PLAIN
            else np.concatenate([attributes["uv"] for _, attributes in group if attributes is not None]),
        )
        for finish, group in groups.items()
    )


def _material_of(part: Part, attributes: np.ndarray | None) -> ExportMaterial:
    """The attributes of a part have one layer and one gloss, which is the material's but for polished floors."""
    usual = part.material.roughness
    if attributes is None or not len(attributes):
        return ExportMaterial(part.material, usual)
    layer, gloss = int(attributes["layer"][0]), int(attributes["gloss"][0])
    polished = gloss != round(255 * gloss_of(usual))
    return ExportMaterial(part.material, round(float(roughness_of(gloss / 255)), 4) if polished else usual, layer)


def mirrored_rotation(rotation: Point3) -> np.ndarray:
    """(3, 3) of Unity's Euler angles, degrees, in right-handed axes."""
    return MIRROR[:, None] * rotation_matrix(rotation) * MIRROR


def mirrored_mesh(mesh: Mesh) -> Mesh:
    """A mesh in right-handed axes: mirrored, and its triangles, which that turns inside out, turned back.

    Triangles are counter-clockwise seen from outside; those without an area are left out; normals are unit vectors.
    """
    a, b, c = mesh.triangles.T
    triangles = np.stack([a, c, b], axis=1)[(a != b) & (b != c) & (c != a)]
    normals = mesh.normals.astype(np.float64) * MIRROR
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return Mesh((mesh.vertices * MIRROR).astype(np.float32), normals.astype(np.float32), triangles)


def light_direction(light: Light) -> np.ndarray:
    """(3, 3) rotation, right-handed, whose -z is where a directional or spot light shines.

    Unity's lights shine along their +z, so that mirroring z alone does it.
    """
    return mirrored_rotation(light.rotation or (50.0, 0.0, 0.0))


def finish_names(finishes: Sequence[ExportMaterial]) -> dict[ExportMaterial, str]:
    """A name of its own for each: AI2-THOR's of its material, numbered where several share it, without spaces."""
    names: dict[ExportMaterial, str] = {}
    taken: set[str] = set()
    for finish in finishes:
        base = "_".join((finish.material.name or finish.material.family).split())
        name, number = base, 2
        while name in taken:
            name, number = f"{base}.{number}", number + 1
        taken.add(name)
        names[finish] = name
    return names
