"""What the player sees: the drawn house, kept as the actions' world is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tst_sim.assets import asset_table
from tst_sim.embedded.actions.world import World
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.embedded.view import View
from tst_sim.errors import UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import Frame, modalities_named
from tst_sim.simulator import Instance
from tst_sim.thor.player.colors import Label, Labels


class Eyes:
    """Draws a world from views. OpenGL starts at the first `open`, as a player may be wanted for its events alone."""

    def __init__(self) -> None:
        self._simulator: EmbeddedSimulator | None = None
        self._fault: UserError | None = None
        self._house: House | None = None
        self.labels = Labels(())

    def open(self) -> None:
        """Start OpenGL. UserError, the same each time, when this machine has none."""
        if self._fault is not None:
            raise self._fault
        if self._simulator is None:
            try:
                self._simulator = EmbeddedSimulator()
            except UserError as error:
                self._fault = error
                raise

    def follow(self, world: World) -> None:
        """Make what is drawn what the world says; quick when nothing has changed."""
        assert self._simulator is not None, "open the eyes first"
        if world.house is not self._house and world.house is not None:
            self._simulator.load(world.house)
            self._house = world.house
            self.labels = labels_of(self._simulator.instances())

    def look(self, world: World, views: Sequence[View], names: Sequence[str]) -> list[Frame]:
        """One frame a view, of the size that the world's settings give."""
        assert self._simulator is not None, "open the eyes first"
        rows = modalities_named(names)
        settings = world.settings
        if self._house is None:
            return [_nothing(settings.width, settings.height) for _ in views]
        frames: list[Frame] = []
        for view in views:
            pose = Pose(view.position_m, view.rotation_deg[1], view.rotation_deg[0])
            camera = Intrinsics(settings.width, settings.height, view.fov_deg)
            frames += self._simulator.render([pose], rows, intrinsics=camera)
        return frames


def _nothing(width: int, height: int) -> Frame:
    return {
        "rgb": np.full((height, width, 3), 128, np.uint8),
        "depth": np.zeros((height, width), np.float32),
        "normal": np.zeros((height, width, 3), np.float32),
        "instance": np.zeros((height, width), np.uint16),
    }


def labels_of(instances: Sequence[Instance]) -> Labels:
    """Names of instances: objects have AI2-THOR's object type, structure its class."""
    table = asset_table()
    return Labels(
        tuple(
            Label(row.object_id, table[row.asset_id].object_type if row.asset_id else row.class_name)
            for row in instances
        )
    )
