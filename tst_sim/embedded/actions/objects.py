"""Actions on one object where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tst_sim.embedded.actions.dispatch import ActionFailed
from tst_sim.embedded.actions.world import World
from tst_sim.placement.geometry_export import part_meshes
from tst_sim.placement.settle import settled


def get_in_scene_asset_geometry(
    world: World, objectId: str, triangles: bool = False, uv: bool = False, normals: bool = False
) -> list[Mapping[str, Any]]:
    """The collision parts as world-space meshes, one for each part."""
    return list(part_meshes(world.body(objectId), triangles))


def open_object(world: World, objectId: str, openness: float = 1.0, forceAction: bool = False) -> None:
    """Remember how far it is open, 0 to 1; its box stays the asset's."""
    if "CanOpen" not in world.body(objectId).asset.secondary_properties:
        raise ActionFailed(f"{objectId} is not an Openable object")
    if not 0 <= openness <= 1:
        raise ActionFailed(f"openness must be in [0, 1], got {openness}")
    world.conditions[objectId] = replace(world.condition(objectId), openness=float(openness))
    world.version += 1


def disable_object(world: World, objectId: str) -> None:
    """Take the object out of the scene."""
    world.disabled[objectId] = world.body(objectId)
    world.scene.remove(objectId)
    world.version += 1


def advance_physics_step(world: World, timeStep: float = 0.02, allowAutoSimulation: bool = False) -> None:
    """Objects are at rest after a step, whatever its length: the house settled when it was made."""
    for body in [body for body in world.scene if not body.upright]:
        world.scene.put(settled(world.scene, body))
    world.version += 1


ACTIONS = {
    "AdvancePhysicsStep": advance_physics_step,
    "DisableObject": disable_object,
    "GetInSceneAssetGeometry": get_in_scene_asset_geometry,
    "OpenObject": open_object,
}
