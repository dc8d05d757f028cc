"""The mutable scene: current poses, colors and light gain of a loaded house, shared by renderers and ray queries.

The house is built, and its light baked, once; afterwards only what changes is made anew. What is
shown depends on the house and on the present arrangement alone, never on how it came about, but
that objects the house did not have get their ids in the order of their first appearance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tst_sim.classes import CLASS_IDS, CLASSES
from tst_sim.embedded.light.lighting import LightBake, bake, checked
from tst_sim.embedded.mesh.materials import srgb_to_linear
from tst_sim.embedded.scene.instance_meshes import InstanceMesh, ShapeCache, instance_mesh, recolored
from tst_sim.embedded.scene.openings import PlacedAsset, seen_through
from tst_sim.embedded.scene.rays import first_hits
from tst_sim.embedded.scene.scene import build_scene, class_of, empty_scene, instance_row
from tst_sim.errors import UserError
from tst_sim.houses import Color, House
from tst_sim.simulator import Instance

MAX_INSTANCES = 65_535
"""Instance ids have 16 bits."""

_NO_MESH = InstanceMesh.joined(())


class _Source(NamedTuple):
    """What an instance is made from: its asset where it stands (None: of the structure, or gone), and its color."""

    item: PlacedAsset | None
    color: Color | None = None


class LiveScene:
    """The loaded house as it is now. No OpenGL; not thread-safe; several renderers may sync with one live scene."""

    def __init__(self, shapes: ShapeCache | None = None, *, light: str = "fast") -> None:
        """`light`: how houses are lit, one of `tst_sim.embedded.light.LIGHTS`."""
        self._shapes = shapes or ShapeCache()
        self.lighting = checked(light)
        self.load(None)

    def load(self, house: House | None) -> None:
        """A house as it was made in place of everything before; None: nothing at all."""
        scene = empty_scene() if house is None else build_scene(house, self._shapes)
        self.house, self.scene = house, scene
        self._light: LightBake | None = None
        self.object_ids = ("", *(row.object_id for row in scene.instances))
        self._asset_ids = ["", *(row.asset_id for row in scene.instances)]
        self.classes = scene.classes
        self.boxes = scene.boxes
        self.meshes = self._built = scene.meshes()
        self._sources = [_Source(None)] * len(scene.surfaces) + [_Source(item) for item in scene.placed]
        self._numbers = {row.object_id: row.id - 1 for row in scene.instances[len(scene.surfaces) :]}
        openings = {opening.id for opening in scene.house.doors + scene.house.windows}
        self._openings = tuple(item for item in scene.placed if item.object_id in openings)
        self._objects = scene.placed
        self._colors: dict[str, Color] = {}
        self.light_gain: tuple[float, float, float] = (1.0, 1.0, 1.0)

    object_ids: tuple[str, ...]
    """By instance id, the background's empty one first; of objects that are gone too."""
    classes: np.ndarray
    """(instances + 1,) uint8 class id by instance id, background first."""
    boxes: np.ndarray
    """(instances, 2, 3) low and high corners; of what is gone, where it was last."""
    meshes: tuple[InstanceMesh, ...]
    """By instance id - 1, in the world; empty for what is gone. One that stays the same object has not changed."""

    def set_objects(self, objects: Sequence[PlacedAsset]) -> None:
        """These objects, and no others, are in the house now.

        Doors and windows may be among them; those that are not stand as the house has them. Ids are
        kept by object id; objects seen for the first time get the next ids. UserError when there have
        been more than 65,535 of them.
        """
        objects = tuple(objects)
        if objects != self._objects:
            self._show(objects, self._colors)

    def set_colors(self, colors: Mapping[str, Color]) -> None:
        """sRGB colors by object id, of surfaces and of most of an object; what is not named has its own."""
        if colors != self._colors:
            self._show(self._objects, dict(colors))

    def set_light_gain(self, gain: tuple[float, float, float]) -> None:
        """All light times these factors (linear red, green, blue); 1, 1, 1 is the house's own."""
        self.light_gain = gain

    def bake_light(self) -> LightBake:
        """Bakes the light of the house as it was made, unless that was done; simulators call it when they load."""
        if self._light is None:
            self._light = bake(self.scene, self.lighting)
        return self._light

    @property
    def light(self) -> LightBake:
        """The baked light of the house as it was made. A scene that nobody baked yet is baked now."""
        return self.bake_light()

    def lit(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Vertex light (n, 3) and charts (n, 2) of `meshes[number]`: as baked, if it stands as the house has it."""
        if not self._as_built(number, self._sources[number].item):
            return self.light.on(self.meshes[number])
        first, end = self.scene.first_vertex[number : number + 2]
        return self.light.vertex_light[first:end], self.light.vertex_chart[first:end]

    @property
    def instances(self) -> tuple[Instance, ...]:
        """The table of what is there now, ids rising; boxes as drawn."""
        return tuple(
            self._row(number, self.boxes[number]) for number, mesh in enumerate(self.meshes) if len(mesh.triangles)
        )

    def cast_rays(self, origin: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Instance ids (n,) int64 and distances (n,) metres of what rays from one point hit first.

        `directions` (n, 3) need not have unit length. As in pictures, only front faces count. 0 and
        infinity where nothing is hit.
        """
        return first_hits(self.meshes, self.boxes, np.asarray(origin), np.asarray(directions))

    def _row(self, number: int, box: np.ndarray) -> Instance:
        name = CLASSES[self.classes[number + 1]]
        return instance_row(number + 1, self.object_ids[number + 1], self._asset_ids[number + 1], name, box)

    def _show(self, objects: tuple[PlacedAsset, ...], color: dict[str, Color]) -> None:
        """Make the shapes of what differs from what is shown; all or, where one fails, none."""
        items = {item.object_id: item for item in (*self._openings, *objects)}
        if self.house is not None:
            items = {name: seen_through(item, self.house) for name, item in items.items()}
        for name, item in items.items():
            if name not in self._numbers:
                self._add(item)
        shown, meshes, boxes = list(self._sources), list(self.meshes), self.boxes.copy()
        for number, name in enumerate(self.object_ids[1:]):
            wanted = _Source(items.get(name), color.get(name))
            if wanted != shown[number]:
                shown[number], meshes[number] = wanted, self._mesh(number, wanted)
                if len(meshes[number].vertices):
                    boxes[number] = meshes[number].box()
        self._objects, self._colors = objects, color
        self._sources, self.meshes, self.boxes = shown, tuple(meshes), boxes

    def _add(self, item: PlacedAsset) -> None:
        number = len(self.meshes)
        if number >= MAX_INSTANCES:
            raise UserError(f"more than {MAX_INSTANCES} objects since the house was loaded; load it again")
        self._numbers[item.object_id] = number
        self.object_ids = (*self.object_ids, item.object_id)
        self._asset_ids.append(item.asset_id)
        self.classes = np.append(self.classes, np.uint8(CLASS_IDS[class_of(item.asset_id)]))
        self.boxes = np.concatenate([self.boxes, np.zeros((1, 2, 3))])
        self.meshes = (*self.meshes, _NO_MESH)
        self._sources.append(_Source(None))

    def _as_built(self, number: int, item: PlacedAsset | None) -> bool:
        """Whether it is a surface of the structure, or an object just as the house has it."""
        surfaces = len(self.scene.surfaces)
        return number < surfaces or (number < len(self._built) and item == self.scene.placed[number - surfaces])

    def _mesh(self, number: int, wanted: _Source) -> InstanceMesh:
        if self._as_built(number, wanted.item):
            mesh = self._built[number]
        else:
            mesh = _NO_MESH if wanted.item is None else instance_mesh(wanted.item, self._shapes)
        return mesh if wanted.color is None else recolored(mesh, srgb_to_linear(wanted.color))
