"""Actions that bring a house."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from tst_sim.assets import asset_table, procthor_data_file
from tst_sim.embedded.actions.dispatch import ActionFailed
from tst_sim.embedded.actions.house_template import house_from_template
from tst_sim.embedded.actions.world import Condition, World, point_of
from tst_sim.embedded.openings import placed_openings
from tst_sim.errors import UserError
from tst_sim.houses import House
from tst_sim.placement.body import Body
from tst_sim.placement.scene import PlacementScene
from tst_sim.placement.settle import settled_scene

MATERIAL_KEYS = ("material", "floorMaterial", "ceilingMaterial")
UNLISTED_MATERIALS = ("", "ps_mat")
"""Names that AI2-THOR knows beside those of procthor's material database: none at all, and its plain one."""


def create_house(world: World, house: Mapping[str, Any]) -> None:
    """A house JSON in place of everything before, at rest. Unknown materials and assets are all named at once.

    The agent goes where `metadata.agentPoses` has it for its mode, else stays where it is; cameras
    and settings stay.
    """
    _check_names(house)
    try:
        world.house = House.from_json(house, name="in-process")
    except UserError as error:
        raise ActionFailed(f"Exception creating house. {error}") from error
    openings = placed_openings(world.house)
    world.scene = settled_scene(world.house)
    world.openings = {opening.object_id: opening for opening in openings}
    world.opening_bodies = tuple(Body(item.object_id, item.asset_id, item.position, item.rotation) for item in openings)
    dirty = frozenset(_dirty_objects(house.get("objects")))
    world.conditions = {
        item.id: Condition(item.color, item.openness, item.is_on, item.id in dirty)
        for item, _ in world.house.all_objects()
    }
    world.conditions |= {opening.object_id: Condition(openness=opening.openness) for opening in openings}
    world.disabled, world.hand, world.paint, world.light_gain = {}, (), {}, (1.0, 1.0, 1.0)
    _place_agent(world, house)
    world.version += 1


def get_house_from_template(world: World, template: Mapping[str, Any]) -> dict[str, Any]:
    """A house JSON of schema 1.0.0 from a layout of characters; nothing is created."""
    return house_from_template(template)


def destroy_house(world: World) -> None:
    """Nothing is left of the house and of what is in it; cameras and settings stay."""
    world.house, world.scene = None, PlacementScene()
    world.openings, world.opening_bodies, world.conditions, world.disabled = {}, (), {}, {}
    world.hand, world.paint, world.light_gain = (), {}, (1.0, 1.0, 1.0)
    world.version += 1


def get_asset_hole_metadata(world: World, assetId: str) -> dict[str, Any] | None:
    """`min`, `max` and `offset` of the hole that a door or window needs in its wall; None for other assets."""
    return json.loads(procthor_data_file("wall-holes.json").read_text()).get(assetId)


def _check_names(house: Mapping[str, Any]) -> None:
    materials = sorted(set(_named(house, MATERIAL_KEYS)) - _known_materials())
    if materials:
        listed = ", ".join(f"'{name}'" for name in materials)
        raise ActionFailed(f"Invalid materials: {listed}. Not in the material database of procthor.")
    assets = sorted(set(_named(house, ("assetId",))) - asset_table().keys())
    if assets:
        listed = ", ".join(f"'{name}'" for name in assets)
        raise ActionFailed(f"Invalid assets: {listed}. Not in the asset database of procthor.")


@cache
def _known_materials() -> frozenset[str]:
    families = json.loads(procthor_data_file("material-database.json").read_text())
    return frozenset(UNLISTED_MATERIALS).union(*families.values())


def _named(value: Any, keys: tuple[str, ...]) -> Iterator[str]:
    """Every text under one of the keys, or under `name` of an object there, anywhere in a JSON value."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in keys:
                name = inner.get("name") if isinstance(inner, Mapping) else inner
                if isinstance(name, str):
                    yield name
            yield from _named(inner, keys)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, keys)


def _dirty_objects(items: Any) -> Iterator[str]:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, Mapping):
            if item.get("isDirty") is True:
                yield str(item.get("id"))
            yield from _dirty_objects(item.get("children"))


def _place_agent(world: World, house: Mapping[str, Any]) -> None:
    metadata = house.get("metadata")
    poses = metadata.get("agentPoses") if isinstance(metadata, Mapping) else None
    pose = poses.get(world.settings.agent_mode) if isinstance(poses, Mapping) else None
    if not isinstance(pose, Mapping) or not isinstance(pose.get("position"), Mapping):
        return
    rotation = pose.get("rotation")
    x, _, z = point_of(pose["position"], world.agent.position)
    world.agent = replace(
        world.agent,
        position=(x, world.agent.position[1], z),
        yaw_deg=(point_of(rotation)[1] if isinstance(rotation, Mapping) else world.agent.yaw_deg) % 360.0,
        horizon_deg=float(pose.get("horizon", world.agent.horizon_deg)),
        standing=bool(pose.get("standing", world.agent.standing)) or world.is_locobot,
    )


ACTIONS = {
    "CreateHouse": create_house,
    "DestroyHouse": destroy_house,
    "GetAssetHoleMetadata": get_asset_hole_metadata,
    "GetHouseFromTemplate": get_house_from_template,
}
