"""Actions that bring a house."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tst_sim.assets import procthor_data_file
from tst_sim.embedded.scene.openings import placed_openings
from tst_sim.errors import UserError
from tst_sim.house_names import unknown_names
from tst_sim.houses import House
from tst_sim.placement.body import Body
from tst_sim.placement.scene import PlacementScene
from tst_sim.placement.settle import settled_scene
from tst_sim.thor.actions.action_state import ActionState, Agent, Condition, point_of
from tst_sim.thor.actions.dispatch import ActionFailed
from tst_sim.thor.actions.house_template import house_from_template


def create_house(world: ActionState, house: Mapping[str, Any]) -> None:
    """A house JSON in place of everything before, at rest. Unknown materials and assets are all named at once.

    The agent goes where `metadata.agentPoses` has it for its mode, else stays where it is; cameras
    and settings stay.
    """
    _check_names(house)
    try:
        made = House.from_json(house, name="in-process")
    except UserError as error:
        raise ActionFailed(f"Exception creating house. {error}") from error
    openings, scene, agent = placed_openings(made), settled_scene(made), _placed_agent(world, house)
    dirty = frozenset(_dirty_objects(house.get("objects")))
    conditions = {
        item.id: Condition(item.color, item.openness, item.is_on, item.id in dirty) for item, _ in made.all_objects()
    }
    conditions |= {opening.object_id: Condition(openness=opening.openness) for opening in openings}
    world.house, world.scene, world.agent, world.conditions = made, scene, agent, conditions
    world.openings = {opening.object_id: opening for opening in openings}
    world.opening_bodies = tuple(Body(item.object_id, item.asset_id, item.position, item.rotation) for item in openings)
    world.disabled, world.hand, world.paint, world.light_gain = {}, (), {}, (1.0, 1.0, 1.0)
    world.version += 1


def get_house_from_template(world: ActionState, template: Mapping[str, Any]) -> dict[str, Any]:
    """A house JSON of schema 1.0.0 from a layout of characters; nothing is created."""
    return house_from_template(template)


def destroy_house(world: ActionState) -> None:
    """Nothing is left of the house and of what is in it; cameras and settings stay."""
    world.house, world.scene = None, PlacementScene()
    world.openings, world.opening_bodies, world.conditions, world.disabled = {}, (), {}, {}
    world.hand, world.paint, world.light_gain = (), {}, (1.0, 1.0, 1.0)
    world.version += 1


def get_asset_hole_metadata(world: ActionState, assetId: str) -> dict[str, Any] | None:
    """`min`, `max` and `offset` of the hole that a door or window needs in its wall; None for other assets."""
    return json.loads(procthor_data_file("wall-holes.json").read_text()).get(assetId)


def _check_names(house: Mapping[str, Any]) -> None:
    """ActionFailed as AI2-THOR words it, for all unknown materials, else for all unknown assets."""
    assets, materials = unknown_names(house)
    for kind, names in (("material", materials), ("asset", assets)):
        if names:
            listed = ", ".join(map(repr, names))
            raise ActionFailed(f"Invalid {kind}s: {listed}. Not in the {kind} database of procthor.")


def _dirty_objects(items: Any) -> Iterator[str]:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, Mapping):
            if item.get("isDirty") is True:
                yield str(item.get("id"))
            yield from _dirty_objects(item.get("children"))


def _placed_agent(world: ActionState, house: Mapping[str, Any]) -> Agent:
    """The agent where the house has it for its mode; as it stands where the house says nothing."""
    metadata = house.get("metadata")
    poses = metadata.get("agentPoses") if isinstance(metadata, Mapping) else None
    pose = poses.get(world.settings.agent_mode) if isinstance(poses, Mapping) else None
    if not isinstance(pose, Mapping) or not isinstance(pose.get("position"), Mapping):
        return world.agent
    rotation = pose.get("rotation")
    horizon, _, _ = point_of({"x": pose.get("horizon")}, (world.agent.horizon_deg, 0.0, 0.0))
    x, _, z = point_of(pose["position"], world.agent.position)
    return replace(
        world.agent,
        position=(x, world.agent.position[1], z),
        yaw_deg=(point_of(rotation)[1] if isinstance(rotation, Mapping) else world.agent.yaw_deg) % 360.0,
        horizon_deg=horizon,
        standing=bool(pose.get("standing", world.agent.standing)) or world.is_locobot,
    )


ACTIONS = {
    "CreateHouse": create_house,
    "DestroyHouse": destroy_house,
    "GetAssetHoleMetadata": get_asset_hole_metadata,
    "GetHouseFromTemplate": get_house_from_template,
}
