"""An event's metadata in AI2-THOR's schema."""

from __future__ import annotations

from typing import Any

from tst_sim.houses import House
from tst_sim.thor.actions.action_state import ActionState
from tst_sim.thor.actions.agent_metadata import scene_metadata
from tst_sim.thor.actions.bounds import scene_bounds
from tst_sim.thor.actions.object_metadata import ObjectDescriber


class Describer:
    """Describes worlds; what it says of an object that did not change is remembered."""

    def __init__(self) -> None:
        self._objects = ObjectDescriber()
        self._house: House | None = None
        self._bounds = scene_bounds(None)

    def event(self, world: ActionState) -> dict[str, Any]:
        """Everything but how the last action went."""
        if world.house is not self._house:
            self._house, self._bounds = world.house, scene_bounds(world.house)
        return {**scene_metadata(world, self._bounds), "objects": self._objects.describe(world)}
