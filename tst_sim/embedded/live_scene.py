"""A house whose objects move: what stands where now, for the renderer to draw and for rays to hit.

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
from tst_sim.embedded.scene.instance_meshes import ShapeCache, Solid, painted_solid, placed_solid
from tst_sim.embedded.scene.openings import PlacedAsset, seen_through
from tst_sim.embedded.scene.rays import first_hits
from tst_sim.embedded.scene.scene import build_scene, class_of, empty_scene, instance_row
from tst_sim.errors import UserError
from tst_sim.houses import Color, House
from tst_sim.simulator import Instance

MAX_INSTANCES = 65_535
"""Instance ids have 16 bits."""

_GONE = Solid.joined(())


class _Shown(NamedTuple):
    """What an instance is made from: its asset where it stands (None: of the shell, or gone), and its paint."""

    item: PlacedAsset | None
    paint: Color | None = None


class Stage:
    """The loaded house as it is now. No OpenGL; not thread-safe; several renderers may follow one stage."""

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
        self.solids = self._built = scene.solids()
        self._shown = [_Shown(None)] * len(scene.surfaces) + [_Shown(item) for item in scene.placed]
        self._numbers = {row.object_id: row.id - 1 for row in scene.instances[len(scene.surfaces) :]}
        openings = {opening.id for opening in scene.house.doors + scene.house.windows}
        self._openings = tuple(item for item in scene.placed if item.object_id in openings)
        self._objects = scene.placed
        self._paint: dict[str, Color] = {}
        self.light_gain: tuple[float, float, float] = (1.0, 1.0, 1.0)

    object_ids: tuple[str, ...]
    """By instance id, the background's empty one first; of objects that are gone too."""
    classes: np.ndarray
    """(instances + 1,) uint8 class id by instance id, background first."""
    boxes: np.ndarray
    """(instances, 2, 3) low and high corners; of what is gone, where it was last."""
    solids: tuple[Solid, ...]
    """By instance id - 1, in the world; empty for what is gone. One that stays the same object has not changed."""

    def arrange(self, objects: Sequence[PlacedAsset]) -> None:
        """These objects, and no others, are in the house now.

        Doors and windows may be among them; those that are not stand as the house has them. Ids are
        kept by object id; objects seen for the first time get the next ids. UserError when there have
        been more than 65,535 of them.
        """
        objects = tuple(objects)
        if objects != self._objects:
            self._show(objects, self._paint)

    def repaint(self, colors: Mapping[str, Color]) -> None:
        """sRGB colors by object id, of surfaces and of most of an object; what is not named has its own."""
        if colors != self._paint:
            self._show(self._objects, dict(colors))

    def relight(self, gain: tuple[float, float, float]) -> None:
        """All light times these factors (linear red, green, blue); 1, 1, 1 is the house's own."""
        self.light_gain = gain

    @property
    def light(self) -> LightBake:
        """The light of the house as it was made; baked at the first request."""
        if self._light is None:
            self._light = bake(self.scene, self.lighting)
        return self._light

    def lit(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Vertex light (n, 3) and charts (n, 2) of `solids[number]`: as baked, if it stands as the house has it."""
        if not self._as_built(number, self._shown[number].item):
            return self.light.on(self.solids[number])
        first, end = self.scene.first_vertex[number : number + 2]
        return self.light.vertex_light[first:end], self.light.vertex_chart[first:end]

    @property
    def instances(self) -> tuple[Instance, ...]:
        """The table of what is there now, ids rising; boxes as drawn."""
        return tuple(
            self._row(number, self.boxes[number]) for number, solid in enumerate(self.solids) if len(solid.triangles)
        )

    def cast_rays(self, origin: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Instance ids (n,) int64 and distances (n,) metres of what rays from one point hit first.

        `directions` (n, 3) need not have unit length. As in pictures, only front faces count. 0 and
        infinity where nothing is hit.
        """
        return first_hits(self.solids, self.boxes, np.asarray(origin), np.asarray(directions))

    def _row(self, number: int, box: np.ndarray) -> Instance:
        name = CLASSES[self.classes[number + 1]]
        return instance_row(number + 1, self.object_ids[number + 1], self._asset_ids[number + 1], name, box)

    def _show(self, objects: tuple[PlacedAsset, ...], paint: dict[str, Color]) -> None:
        """Make the shapes of what differs from what is shown; all or, where one fails, none."""
        items = {item.object_id: item for item in (*self._openings, *objects)}
        if self.house is not None:
            items = {name: seen_through(item, self.house) for name, item in items.items()}
        for name, item in items.items():
            if name not in self._numbers:
                self._add(item)
        shown, solids, boxes = list(self._shown), list(self.solids), self.boxes.copy()
        for number, name in enumerate(self.object_ids[1:]):
            wanted = _Shown(items.get(name), paint.get(name))
            if wanted != shown[number]:
                shown[number], solids[number] = wanted, self._solid(number, wanted)
                if len(solids[number].vertices):
                    boxes[number] = solids[number].box()
        self._objects, self._paint = objects, paint
        self._shown, self.solids, self.boxes = shown, tuple(solids), boxes

    def _add(self, item: PlacedAsset) -> None:
        number = len(self.solids)
        if number >= MAX_INSTANCES:
            raise UserError(f"more than {MAX_INSTANCES} objects since the house was loaded; load it again")
        self._numbers[item.object_id] = number
        self.object_ids = (*self.object_ids, item.object_id)
        self._asset_ids.append(item.asset_id)
        self.classes = np.append(self.classes, np.uint8(CLASS_IDS[class_of(item.asset_id)]))
        self.boxes = np.concatenate([self.boxes, np.zeros((1, 2, 3))])
        self.solids = (*self.solids, _GONE)
        self._shown.append(_Shown(None))

    def _as_built(self, number: int, item: PlacedAsset | None) -> bool:
        """Whether it is a surface of the shell, or an object just as the house has it."""
        surfaces = len(self.scene.surfaces)
        return number < surfaces or (number < len(self._built) and item == self.scene.placed[number - surfaces])

    def _solid(self, number: int, wanted: _Shown) -> Solid:
        if self._as_built(number, wanted.item):
            solid = self._built[number]
        else:
            solid = _GONE if wanted.item is None else placed_solid(wanted.item, self._shapes)
        return solid if wanted.paint is None else painted_solid(solid, srgb_to_linear(wanted.paint))
