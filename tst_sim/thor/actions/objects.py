"""Actions on one object where it stands: opening, switching, taking out of the scene, asking for its shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tst_sim.placement.body import Body
from tst_sim.placement.boxes import overlap_depth
from tst_sim.placement.geometry_export import part_meshes
from tst_sim.placement.moving import carried_along, contents_of, dropped
from tst_sim.placement.scene import CONTACT_M, wall_boxes
from tst_sim.placement.settle import settled
from tst_sim.thor.actions.action_state import ActionState
from tst_sim.thor.actions.dispatch import ActionFailed
from tst_sim.thor.actions.drawn_boxes import openness_of
from tst_sim.thor.actions.object_metadata import ObjectDescriber
from tst_sim.thor.actions.physical_traits import ON_BY_THEMSELVES
from tst_sim.thor.actions.targets import is_floor, target_id

MUST_BE_OFF_TO_OPEN = frozenset(("Laptop", "Microwave"))
MUST_BE_SHUT_TO_RUN = frozenset(("Microwave",))
MAX_STEP_S = 0.05
"""The longest time step AI2-THOR's physics takes."""


def open_object(
    world: ActionState, objectId: str | None = None, x: float | None = None, y: float | None = None,
    forceAction: bool = False, openness: float = 1.0, moveMagnitude: float | None = None,
) -> None:  # fmt: skip
    """Open to any share, 0 to 1, also less than before; what stands that far open already stays.

    Its boxes follow what is drawn. Doors that stand half open or more can be walked through.
    `moveMagnitude` is the old name of `openness`; there 0 means wide open.
    """
    name = target_id(world, "OpenObject", objectId, x, y, force=forceAction)
    fraction = openness if moveMagnitude is None else moveMagnitude or 1.0
    set_openness(world, name, fraction)


def close_object(
    world: ActionState, objectId: str | None = None, x: float | None = None, y: float | None = None,
    forceAction: bool = False,
) -> None:  # fmt: skip
    """Shut it; what is shut already stays."""
    set_openness(world, target_id(world, "CloseObject", objectId, x, y, force=forceAction), 0.0)


def set_openness(world: ActionState, name: str, openness: float) -> None:
    """Open or shut it that far, within or out of reach. ActionFailed for what cannot be opened, or not now."""
    if not 0 <= openness <= 1:
        raise ActionFailed(f"openness must be in [0:1], got {openness:g}")
    if is_floor(world, name) or "CanOpen" not in world.body(name).asset.secondary_properties:
        raise ActionFailed(f"{name} is not an Openable object")
    condition = world.condition(name)
    if condition.is_on and world.body(name).asset.object_type in MUST_BE_OFF_TO_OPEN:
        raise ActionFailed("Target must be OFF to open!")
    if openness_of(world.body(name).asset, condition.openness) == openness:
        return
    world.conditions[name] = replace(condition, openness=float(openness))
    if name in world.openings:
        _hang_doors(world)
    world.version += 1


def _hang_doors(world: ActionState) -> None:
    """The walls of the scene, with holes for the doors as they stand now."""
    assert world.house is not None
    doors = tuple(replace(door, openness=world.condition(door.id).openness or 0.0) for door in world.house.doors)
    world.scene.walls = wall_boxes(replace(world.house, doors=doors))


def toggle_object_on(
    world: ActionState, objectId: str | None = None, x: float | None = None, y: float | None = None,
    forceAction: bool = False,
) -> None:  # fmt: skip
    """Switch it on; its picture and the light of the room stay as they are."""
    _toggle(world, target_id(world, "ToggleObjectOn", objectId, x, y, force=forceAction), True)


def toggle_object_off(
    world: ActionState, objectId: str | None = None, x: float | None = None, y: float | None = None,
    forceAction: bool = False,
) -> None:  # fmt: skip
    """Switch it off."""
    _toggle(world, target_id(world, "ToggleObjectOff", objectId, x, y, force=forceAction), False)


def _toggle(world: ActionState, name: str, on: bool) -> None:
    if is_floor(world, name) or "CanToggleOnOff" not in world.body(name).asset.secondary_properties:
        raise ActionFailed(f"{name} is not toggleable.")
    kind, condition = world.body(name).asset.object_type, world.condition(name)
    if on == (kind in ON_BY_THEMSELVES if condition.is_on is None else condition.is_on):
        word = "on" if on else "off"
        raise ActionFailed(f"can't toggle object {word} if it's already {word}!")
    if on and kind in MUST_BE_SHUT_TO_RUN and openness_of(world.body(name).asset, condition.openness):
        raise ActionFailed("Target must be closed to Toggle On!")
    world.conditions[name] = replace(condition, is_on=on)


def disable_object(world: ActionState, objectId: str) -> None:
    """Out of the scene until EnableObject; what lay on it comes down."""
    world.disabled[objectId] = _taken_out(world, objectId)


def enable_object(world: ActionState, objectId: str) -> None:
    """Back to where it was disabled; things smaller than it that are in its way come to lie on it."""
    body = world.disabled.pop(objectId, None)
    if body is None:
        world.body(objectId)
        return
    world.scene.put(body)
    for other in list(world.scene):
        if other.id != body.id and _lies_within(other, body):
            lifted = other.put(other.position, other.rotation, body.id)
            world.scene.put(settled(world.scene, lifted))
    world.version += 1


def _lies_within(other: Body, body: Body) -> bool:
    """Whether another, smaller body sticks in a body that carries things."""
    area, own = (float(each.hull.half[0, 0] * each.hull.half[0, 2]) for each in (other, body))
    return bool(body.surfaces) and area < own and bool((overlap_depth(other.boxes, body.boxes) > CONTACT_M).any())


def remove_from_scene(world: ActionState, objectId: str) -> None:
    """Gone for good; what lay on it comes down."""
    if world.disabled.pop(objectId, None) is None:
        _taken_out(world, objectId)
    world.conditions.pop(objectId, None)


def _taken_out(world: ActionState, name: str) -> Body:
    body = world.body(name)
    if name in world.openings:
        raise ActionFailed(f"{name} is a part of the house and stays in it")
    if world.hand and world.hand[0].id == name:
        left, world.hand = world.held_bodies()[1:], ()
        for content in left:
            world.scene.put(content)
    elif name not in world.scene:
        raise ActionFailed(f"{name} lies in what the agent holds: put that down first")
    contents = contents_of(world.scene, name)
    if name in world.scene:
        world.scene.remove(name)
    let_down(world, contents, name)
    world.version += 1
    return body


def let_down(world: ActionState, contents: tuple[Body, ...], parent_id: str) -> None:
    """What lay on a thing that is there no longer falls, with what lies on it."""
    for body in sorted((body for body in contents if body.parent_id == parent_id), key=lambda body: body.bottom):
        carried = contents_of(world.scene, body.id)
        for content in carried:
            world.scene.remove(content.id)
        rests = dropped(world.scene, body)
        world.scene.put(rests)
        for content in carried_along(carried, body, rests):
            world.scene.put(content)


def get_in_scene_asset_geometry(
    world: ActionState, objectId: str, triangles: bool = False, uv: bool = False, normals: bool = False
) -> list[Mapping[str, Any]]:
    """The collision parts as world-space meshes, one for each part; they have neither uv nor normals."""
    return list(part_meshes(world.body(objectId), triangles))


def get_object_metadata(world: ActionState, objectIds: list[str]) -> list[dict[str, Any]]:
    """What the metadata says of these objects, whatever the filter hides."""
    described = ObjectDescriber().describe(replace(world, filter=frozenset(objectIds)))
    found = {item["objectId"]: item for item in described}
    for name in objectIds:
        if name not in found:
            raise ActionFailed(f"objectId: {name} is not the objectId on any object in the scene!")
    return [found[name] for name in objectIds]


def object_type_to_object_ids(world: ActionState, objectType: str) -> list[str]:
    """Ids of everything of a type, whatever its upper and lower case and blanks; none for a type that is not there."""
    wanted = objectType.replace(" ", "").lower()
    described = ObjectDescriber().describe(replace(world, filter=None))
    return [item["objectId"] for item in described if item["objectType"].lower() == wanted]


def set_nothing_in_motion(world: ActionState, autoSyncTransforms: bool | None = None) -> None:
    """Nothing moves by itself here, so there is nothing to pause, to resume or to loosen."""


def advance_physics_step(
    world: ActionState, timeStep: float = 0.02, simSeconds: float | None = None, allowAutoSimulation: bool = False
) -> None:
    """Objects are at rest after a step, whatever its length: the house settled when it was made."""
    if not 0 < timeStep <= MAX_STEP_S:
        raise ActionFailed(f"timeStep must be in (0, {MAX_STEP_S:g}], got {timeStep:g}")
    for body in [body for body in world.scene if not body.upright]:
        rests = settled(world.scene, body)
        if (rests.position, rests.rotation) != (body.position, body.rotation):
            world.scene.put(rests)
            world.version += 1


ACTIONS = {
    "AdvancePhysicsStep": advance_physics_step,
    "CloseObject": close_object,
    "DisableObject": disable_object,
    "EnableObject": enable_object,
    "GetInSceneAssetGeometry": get_in_scene_asset_geometry,
    "GetObjectMetadata": get_object_metadata,
    "MakeAllObjectsMoveable": set_nothing_in_motion,
    "ObjectTypeToObjectIds": object_type_to_object_ids,
    "OpenObject": open_object,
    "PausePhysicsAutoSim": set_nothing_in_motion,
    "RemoveFromScene": remove_from_scene,
    "ToggleObjectOff": toggle_object_off,
    "ToggleObjectOn": toggle_object_on,
    "UnpausePhysicsAutoSim": set_nothing_in_motion,
}
