"""The player's renderer: the live scene, kept equal to the actions' state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tst_sim.assets import asset_table
from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.errors import UserError
from tst_sim.houses import House
from tst_sim.modalities import Frame, modalities_named
from tst_sim.simulator import Instance
from tst_sim.thor.actions.action_state import ActionState, Settings
from tst_sim.thor.actions.structure_metadata import thor_object_id
from tst_sim.thor.player.colors import Label, Labels
from tst_sim.thor.player.packs import Drawn, drawn_from

MAX_KEPT_BYTES = 64 * 2**20
"""Frames up to this size together are kept for the next look."""

Wish = tuple[CameraSpec, tuple[str, ...]]
"""A view and the modalities to see there."""


class WorldRenderer:
    """Draws a world, and casts rays into it for the actions (see `tst_sim.thor.actions.action_state.RayCaster`).

    Whichever is asked for, the live scene is first made as the world is; nothing is done before. OpenGL starts
    at the first `open`: rays and a player without pictures need none.
    """

    def __init__(self, drawn: Drawn | None = None) -> None:
        """`drawn`: what things look like, by default the built-in shapes."""
        self._shapes, self._source = drawn or drawn_from(())
        self._way = (Settings.light, Settings.antialias)
        self._live_scene = LiveScene(self._shapes, light=Settings.light)
        self._simulator: EmbeddedSimulator | None = None
        self._facts: Mapping[str, str] = {}
        self._fault: UserError | None = None
        self._world = ActionState()
        self._shown: tuple[House | None, int] | None = None
        self._drawn = (self._live_scene.meshes, self._live_scene.light_gain)
        self._size = (0, 0)
        self._seen: dict[Wish, Frame] = {}
        self.labels = Labels(())

    def open(self) -> None:
        """Start OpenGL. UserError, the same each time, when this machine has none."""
        if self._fault is not None:
            raise self._fault
        if self._simulator is None:
            try:
                self._begin()
            except UserError as error:
                self._fault = error
                raise

    @property
    def facts(self) -> Mapping[str, str]:
        """What pictures depend on: asset packs and, once they are `open`, engine, driver and light."""
        return {**self._source, **self._facts}

    def set_world(self, world: ActionState) -> None:
        """Look at this world from now on."""
        self._world = world

    @property
    def object_ids(self) -> Sequence[str]:
        """By instance id; the background's empty one first."""
        self._follow()
        return [thor_object_id(name) for name in self._live_scene.object_ids]

    def cast_rays(self, origin: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Instance ids (n,) and distances (n,) in metres of what is hit first; 0 and inf for nothing."""
        self._follow()
        return self._live_scene.cast_rays(origin, directions)

    def look(self, wishes: Sequence[Wish]) -> list[Frame]:
        """One frame a wish, of the size that the world's settings give. UserError for a view that cannot be.

        What was seen at the last look and has not changed is not drawn again: a camera that stands still.
        """
        self._follow()
        size = (self._world.settings.width, self._world.settings.height)
        if size != self._size:
            self._seen, self._size = {}, size
        frames = {wish: self._seen[wish] for wish in wishes if wish in self._seen}
        for names in dict.fromkeys(names for _, names in wishes):
            views = [view for view, wanted in dict.fromkeys(wishes) if wanted == names and (view, names) not in frames]
            frames.update(zip(((view, names) for view in views), self._draw(views, names)))
        few = sum(image.nbytes for frame in frames.values() for image in frame.values()) <= MAX_KEPT_BYTES
        self._seen = frames if few else {}
        return [frames[wish] for wish in wishes]

    def _draw(self, views: Sequence[CameraSpec], names: Sequence[str]) -> list[Frame]:
        assert self._simulator is not None, "open the renderer first"
        width, height = self._size
        return self._simulator.render_views(views, modalities_named(names), width=width, height=height)

    def _follow(self) -> None:
        """Make the live scene as the world is. The world's version also rises when only cameras move."""
        world = self._world
        self._recreate_for(world.settings)
        if self._shown is not None and world.house is self._shown[0] and world.version == self._shown[1]:
            return
        self._shown = None  # until all of it is shown
        if world.house is not self._live_scene.house:
            self._live_scene.load(world.house)
        self._live_scene.set_objects(world.placed())
        self._live_scene.set_colors(world.paint)
        self._live_scene.set_light_gain(world.light_gain)
        drawn = (self._live_scene.meshes, self._live_scene.light_gain)
        if drawn[0] is not self._drawn[0] or drawn[1] != self._drawn[1]:
            self._drawn, self._seen = drawn, {}
            self.labels = Labels(labels_of(self._live_scene.instances))
        self._shown = (world.house, world.version)

    def _recreate_for(self, settings: Settings) -> None:
        """Begin anew with another light or other edges."""
        way = (settings.light, settings.antialias)
        if way == self._way:
            return
        self._way, self._shown, self._seen = way, None, {}
        self._live_scene = LiveScene(self._shapes, light=settings.light)
        if self._simulator is not None:
            self._simulator.close()
            self._begin()

    def _begin(self) -> None:
        self._simulator = EmbeddedSimulator(self._live_scene, drawn_from=self._source, antialias=self._way[1])
        self._facts = self._simulator.describe()


def labels_of(instances: Sequence[Instance]) -> tuple[Label, ...]:
    """Names of instances as in the metadata: objects have AI2-THOR's object type, structure its class."""
    table = asset_table()
    return tuple(
        Label(
            row.id, thor_object_id(row.object_id), table[row.asset_id].object_type if row.asset_id else row.class_name
        )
        for row in instances
    )
