"""Actions of the agent's hand: picking up, putting down, dropping."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tst_sim.placement.body import Body
from tst_sim.placement.boxes import turn
from tst_sim.placement.moving import carried_along, contents_of, dropped, places_on
from tst_sim.thor.actions.action_state import ActionState
from tst_sim.thor.actions.dispatch import ActionFailed
from tst_sim.thor.actions.drawn_boxes import openness_of
from tst_sim.thor.actions.floor_points import places_on_floor, stands_on_agent
from tst_sim.thor.actions.receptacle_rules import MUST_BE_OPEN, ONLY_FOR, belongs
from tst_sim.thor.actions.targets import is_floor, target_id

STEP_M, STEPS = 0.05, 8
"""What is dropped is moved ahead or back by so much, at most so often."""


def pickup_object(
    world: ActionState, objectId: str | None = None, x: float | None = None, y: float | None = None,
    forceAction: bool = False, manualInteract: bool = False,
) -> str:  # fmt: skip
    """Into the hand, upright and turned with the agent; what lies in it comes along. Its id."""
    name = target_id(world, "PickupObject", objectId, x, y, force=forceAction)
    if is_floor(world, name) or world.body(name).asset.primary_property != "CanPickup":
        raise ActionFailed(f"{name} must have the property CanPickup to be picked up.")
    if world.hand:
        raise ActionFailed("Agent hand has something in it already! Can't pick up anything else")
    if manualInteract:
        raise ActionFailed("manualInteract is not supported by tst-sim: things go to the hand's default position")
    take(world, name)
    if not forceAction and hand_collides(world):
        raise ActionFailed("Picking up object would cause it to collide and clip into something!")
    return name


def take(world: ActionState, name: str) -> None:
    """Put the object and what lies in it from the scene into the hand, whatever is in the way."""
    body = world.scene[name]
    contents = contents_of(world.scene, name)
    if not body.upright:
        for left in contents:
            world.scene.put(_on_its_own(left))
        contents = ()
    held = Body(body.id, body.asset_id, (0.0, 0.0, 0.0))
    world.hand = (held, *carried_along(contents, body, held))
    for gone in world.hand:
        world.scene.remove(gone.id)
    world.version += 1


def hand_collides(world: ActionState) -> bool:
    """Whether what is held is in something, the agent itself left out."""
    return any(world.scene.collides(body, walls=True) for body in world.held_bodies())


def release(world: ActionState, body: Body) -> None:
    """Put what is held into the scene where `body`, the same thing, is; its contents as they lay in it."""
    held = world.held_bodies()
    world.scene.put(body)
    for content in carried_along(held[1:], held[0], body):
        world.scene.put(content)
    world.hand = ()
    world.version += 1


def put_object(
    world: ActionState, objectId: str | None = None, x: float | None = None, y: float | None = None,
    forceAction: bool = False, placeStationary: bool = True,
) -> None:  # fmt: skip
    """From the hand onto or into a receptacle, at rest at the free place nearest to the agent.

    Without `forceAction` the receptacle must be in reach, so must the place be, and what is held must
    belong there.
    """
    name = target_id(world, "PutObject", objectId, x, y, force=forceAction)
    if not world.hand:
        raise ActionFailed("Can't place an object if Agent isn't holding anything")
    held = world.held_bodies()[0]
    if is_floor(world, name):
        kind, places = "Floor", places_on_floor(world, held)
    else:
        receptacle = world.body(name)
        _check_takes(world, held, receptacle)
        kind, places = receptacle.asset.object_type, _places(held, receptacle)
    if not forceAction and not belongs(held.asset.object_type, kind):
        raise ActionFailed(f"{held.id} cannot be placed in {name}")
    limit = math.inf if forceAction else world.settings.visibility_distance_m
    hung = kind in ONLY_FOR
    for place in sorted(places, key=lambda body: _distance(world, body)):
        if _distance(world, place) <= limit and (hung or not world.scene.collides(place, walls=kind == "Floor")):
            release(world, place)
            return
    raise ActionFailed("No valid positions to place object found")


def _check_takes(world: ActionState, held: Body, receptacle: Body) -> None:
    kind = receptacle.asset.object_type
    if receptacle.id not in world.scene or "Receptacle" not in receptacle.asset.secondary_properties:
        raise ActionFailed("This target object is NOT a receptacle!")
    openable = "CanOpen" in receptacle.asset.secondary_properties
    if openable and kind in MUST_BE_OPEN and not openness_of(receptacle.asset, world.condition(receptacle.id).openness):
        raise ActionFailed("Target openable Receptacle is CLOSED, can't place if target is not open!")
    if kind in ONLY_FOR:
        if contents_of(world.scene, receptacle.id):
            raise ActionFailed(f"{receptacle.id} is currently full!")
        if held.asset.object_type not in ONLY_FOR[kind]:
            raise ActionFailed(f"{held.id} is not a valid Object Type to be placed in {receptacle.id}")


def _places(held: Body, receptacle: Body) -> Iterator[Body]:
    if receptacle.asset.object_type in ONLY_FOR:
        yield _hung_on(held, receptacle)
    else:
        yield from places_on(held, receptacle)


def _hung_on(held: Body, holder: Body) -> Body:
    """In front of a holder, upper edges level: what it holds has no surface of its own to stand on."""
    ahead = (holder.asset.size_m[2] + held.asset.size_m[2]) / 2
    x, z = holder.to_world(0.0, ahead)
    y = holder.top - held.asset.size_m[1] / 2
    return Body(held.id, held.asset_id, (x, y, z), (0.0, holder.yaw_deg, 0.0), holder.id)


def _distance(world: ActionState, body: Body) -> float:
    x, _, z = world.agent.position
    return math.hypot(body.position[0] - x, body.position[2] - z)


def drop_hand_object(world: ActionState, forceAction: bool = False, autoSimulation: bool = True) -> None:
    """Let go: it falls straight down onto what is below, and lies there; just in front of the agent, not on its feet.

    By force also from within something, at the nearest place where it is in nothing.
    """
    if not world.hand:
        raise ActionFailed("Nothing in hand to drop!")
    if not forceAction and hand_collides(world):
        raise ActionFailed(
            f"{world.hand[0].id} can't be dropped. It must be clear of all other collision first, including the Agent"
        )
    release(world, dropped(world.scene, _clear_of_all(world)))


def _clear_of_all(world: ActionState) -> Body:
    """What is held, moved ahead or back as little as it takes to be in nothing and beside the agent's feet."""
    held = world.held_bodies()[0]
    x, y, z = held.position
    free = [held]
    for step in sorted(range(-STEPS, STEPS + 1), key=lambda step: (abs(step), -step)):
        right, ahead = turn(0.0, step * STEP_M, world.agent.yaw_deg)
        moved = held.moved((x + right, y, z + ahead))
        if not world.scene.collides(moved, walls=True):
            free.append(moved)
            if not stands_on_agent(world, moved):
                return moved
    return free[1] if len(free) > 1 else held


def _on_its_own(body: Body) -> Body:
    return Body(body.id, body.asset_id, body.position, body.rotation)


ACTIONS = {
    "DropHandObject": drop_hand_object,
    "PickupObject": pickup_object,
    "PutObject": put_object,
}
