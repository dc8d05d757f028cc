"""Which object an action is about: by id, or by a place in the agent's picture."""

from __future__ import annotations

from tst_sim.thor.actions.action_state import ActionState
from tst_sim.thor.actions.dispatch import ActionFailed, missing_message
from tst_sim.thor.actions.raycast import get_object_in_frame
from tst_sim.thor.actions.structure_metadata import floor_id
from tst_sim.thor.actions.visibility import seen


def target_id(
    world: ActionState, action: str, object_id: str | None, x: float | None, y: float | None, *, force: bool
) -> str:
    """Id of the object meant; without `force` it must be visible and not behind glass.

    Raises ActionFailed: arguments missing, no such object, nothing at (x, y), out of sight.
    """
    if object_id is None:
        if x is None or y is None:
            missing = ["objectId"] if x is None and y is None else ["x" if x is None else "y"]
            raise ActionFailed(missing_message(action, missing), "MissingArguments")
        object_id = get_object_in_frame(world, x, y)
    elif not is_floor(world, object_id):
        world.body(object_id)
    if not force:
        check_in_reach(world, object_id)
    return object_id


def check_in_reach(world: ActionState, object_id: str) -> None:
    """ActionFailed unless the agent sees the object near enough and could touch it. Floors and held things it can."""
    if is_floor(world, object_id) or any(body.id == object_id for body in world.hand):
        return
    sight = seen(world)
    if object_id not in sight.visible:
        raise ActionFailed("Target object not found within the specified visibility.")
    if object_id not in sight.interactable:
        raise ActionFailed(
            "Target object is visible but not interactable. It is likely obstructed by some clear object like glass."
        )


def is_floor(world: ActionState, object_id: str) -> bool:
    """Whether the id is that of the floor of the whole house."""
    return world.house is not None and object_id == floor_id(world.house)
