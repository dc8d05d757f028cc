"""Actions that bring a house."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tst_sim.embedded.actions.dispatch import ActionFailed
from tst_sim.embedded.actions.world import Condition, World
from tst_sim.errors import UserError
from tst_sim.houses import House
from tst_sim.placement.settle import settled_scene


def create_house(world: World, house: Mapping[str, Any]) -> None:
    """Load a house JSON and let it settle."""
    try:
        world.house = House.from_json(house, name="in-process")
    except UserError as error:
        raise ActionFailed(f"Exception creating house. {error}") from error
    world.scene = settled_scene(world.house)
    world.conditions = {
        item.id: Condition(item.color, item.openness, item.is_on) for item, _ in world.house.all_objects()
    }
    world.version += 1


ACTIONS = {"CreateHouse": create_house}
