"""Actions that change what a thing is like and not where it is: broken, dirty, cooked, filled, used up.

States only: pictures, colliders and what a thing can do stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tst_sim.placement.body import Body
from tst_sim.thor.actions.action_state import ActionState
from tst_sim.thor.actions.dispatch import Action, ActionFailed
from tst_sim.thor.actions.drawn_boxes import openness_of
from tst_sim.thor.actions.objects import set_openness
from tst_sim.thor.actions.targets import is_floor, target_id

LIQUIDS = ("coffee", "water", "wine")
"""What AI2-THOR fills vessels with."""


@dataclass(frozen=True)
class State:
    """Something that things of a trait can be."""

    trait: str
    """Of the asset's secondary properties."""
    key: str
    """Of the metadata."""
    field: str
    """Of `Condition`."""
    name: str
    """In messages."""
    lasts: bool = False
    """There is no way back."""


BROKEN = State("CanBreak", "isBroken", "is_broken", "broken", lasts=True)
DIRTY = State("CanBeDirty", "isDirty", "is_dirty", "dirty")
COOKED = State("CanBeCooked", "isCooked", "is_cooked", "cooked", lasts=True)
USED_UP = State("CanBeUsedUp", "isUsedUp", "is_used_up", "used up", lasts=True)
STATES = {
    "breakable": BROKEN,
    "dirtyable": DIRTY,
    "cookable": COOKED,
    "canBeUsedUp": USED_UP,
    "canFillWithLiquid": State("CanBeFilled", "isFilledWithLiquid", "liquid", "filled"),
    "openable": State("CanOpen", "isOpen", "openness", "open"),
    "toggleable": State("CanToggleOnOff", "isToggled", "is_on", "on"),
}
"""By their keys of the metadata, which SetObjectStates takes."""


def _setting(action: str, state: State, value: bool) -> Action:
    def set_state(
        world: ActionState, objectId: str | None = None, x: float | None = None, y: float | None = None,
        forceAction: bool = False,
    ) -> None:  # fmt: skip
        """Put a thing in reach into the state; what is so already, or cannot be, is a failure."""
        body = _target(world, action, objectId, x, y, state, force=forceAction)
        condition = world.condition(body.id)
        if getattr(condition, state.field) == value:
            word = "" if value else "not "
            raise ActionFailed(f"{body.id} is already {word}{state.name}!")
        world.conditions[body.id] = replace(condition, **{state.field: value})

    return set_state


def fill_object_with_liquid(
    world: ActionState, fillLiquid: str = "water", objectId: str | None = None, x: float | None = None,
    y: float | None = None, forceAction: bool = False,
) -> None:  # fmt: skip
    """Fill an empty vessel in reach with coffee, water or wine."""
    if fillLiquid not in LIQUIDS:
        raise ActionFailed(f"Invalid Liquid: {fillLiquid}. Must be one of {', '.join(LIQUIDS)}")
    action = "FillObjectWithLiquid"
    body = _target(world, action, objectId, x, y, STATES["canFillWithLiquid"], force=forceAction)
    condition = world.condition(body.id)
    if condition.liquid is not None:
        raise ActionFailed(f"{body.id} is already Filled!")
    world.conditions[body.id] = replace(condition, liquid=fillLiquid)


def empty_liquid_from_object(
    world: ActionState, objectId: str | None = None, x: float | None = None, y: float | None = None,
    forceAction: bool = False,
) -> None:  # fmt: skip
    """Empty a filled vessel in reach."""
    action = "EmptyLiquidFromObject"
    body = _target(world, action, objectId, x, y, STATES["canFillWithLiquid"], force=forceAction)
    condition = world.condition(body.id)
    if condition.liquid is None:
        raise ActionFailed(f"{body.id} is already empty!")
    world.conditions[body.id] = replace(condition, liquid=None)


def _target(
    world: ActionState,
    action: str,
    object_id: str | None,
    x: float | None,
    y: float | None,
    state: State,
    *,
    force: bool,
) -> Body:
    name = target_id(world, action, object_id, x, y, force=force)
    if is_floor(world, name) or state.trait not in world.body(name).asset.secondary_properties:
        raise ActionFailed(f"{name} does not have the property {state.trait}!")
    return world.body(name)


def set_object_toggles(world: ActionState, objectToggles: list[Mapping[str, Any]]) -> None:
    """Everything of these types on or off: a list of {objectType, isOn}."""
    wanted = {str(row.get("objectType")): bool(row.get("isOn")) for row in objectToggles}
    for body in _bodies(world):
        if "CanToggleOnOff" in body.asset.secondary_properties and body.asset.object_type in wanted:
            _put(world, body, STATES["toggleable"], wanted[body.asset.object_type])


def set_object_states(world: ActionState, SetObjectStates: Mapping[str, Any]) -> None:
    """Everything of `objectType`, or everything that can be so, into one state.

    `stateChange` names it as the metadata does what can be so (`openable`), and its own key (`isOpen`) gives the value.
    """
    change, kind = SetObjectStates.get("stateChange"), SetObjectStates.get("objectType")
    state = STATES.get(str(change))
    if state is None:
        raise ActionFailed(f"stateChange must be one of {', '.join(sorted(STATES))}, got {change}")
    value = SetObjectStates.get(state.key)
    if not isinstance(value, bool):
        raise ActionFailed(f"SetObjectStates with stateChange {change} needs {state.key}, true or false; got {value}")
    if state.lasts and not value:
        raise ActionFailed(f"{state.key} cannot be set to false: what is {state.name} stays so")
    for body in _bodies(world):
        if state.trait in body.asset.secondary_properties and kind in (None, body.asset.object_type):
            _put(world, body, state, value)


def set_state_of_all_objects(world: ActionState, StateChange: str, forceAction: bool = False) -> None:
    """Everything with a property, such as CanBeDirty, into its state, or by `forceAction=False` out of it."""
    state = next((state for state in STATES.values() if state.trait == StateChange), None)
    if state is None:
        known = ", ".join(sorted(state.trait for state in STATES.values()))
        raise ActionFailed(f"StateChange must be one of {known}, got {StateChange}")
    for body in _bodies(world):
        if state.trait in body.asset.secondary_properties and not (state.lasts and not forceAction):
            _put(world, body, state, forceAction)


def _bodies(world: ActionState) -> tuple[Body, ...]:
    return (*world.scene, *world.held_bodies(), *world.opening_bodies)


def _put(world: ActionState, body: Body, state: State, value: bool) -> None:
    """Into the state, or out of it, if it is not so already."""
    condition = world.condition(body.id)
    if state.field == "openness":
        if (openness_of(body.asset, condition.openness) > 0) == value:
            return
        set_openness(world, body.id, float(value))
    elif state.field == "liquid":
        liquid = (condition.liquid or "water") if value else None
        world.conditions[body.id] = replace(condition, liquid=liquid)
    else:
        world.conditions[body.id] = replace(condition, **{state.field: value})


ACTIONS = {
    "BreakObject": _setting("BreakObject", BROKEN, True),
    "CleanObject": _setting("CleanObject", DIRTY, False),
    "CookObject": _setting("CookObject", COOKED, True),
    "DirtyObject": _setting("DirtyObject", DIRTY, True),
    "EmptyLiquidFromObject": empty_liquid_from_object,
    "FillObjectWithLiquid": fill_object_with_liquid,
    "SetObjectStates": set_object_states,
    "SetObjectToggles": set_object_toggles,
    "SetStateOfAllObjects": set_state_of_all_objects,
    "UseUpObject": _setting("UseUpObject", USED_UP, True),
}
