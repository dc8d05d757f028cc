"""AI2-THOR's expert: the next action of an agent that walks to an object, or to a point, and looks at it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tst_sim.houses import Point3
from tst_sim.placement.body import Body
from tst_sim.thor.actions import movement
from tst_sim.thor.actions.action_state import ActionState, point_of
from tst_sim.thor.actions.dispatch import ActionFailed, missing_message
from tst_sim.thor.actions.navigation import path_between, path_to_object, wanted_object
from tst_sim.thor.actions.visibility import in_picture, targets_on

Vector = Mapping[str, Any]
LOOK_DEG = 30.0
"""What LookUp and LookDown turn the camera by."""
LOOKS = (-1, 0, 1, 2)
"""Times `LOOK_DEG`: the horizons that are tried."""
MAX_TURNS = 720
"""In a circle; of more the expert will not try each."""
NEARER_M = 1e-6


def object_nav_expert_action(
    world: ActionState,
    objectId: str = "",
    objectType: str = "",
    position: Vector | None = None,
    navMeshId: int | None = None,
) -> str:
    """Name of the action to do next, with its default arguments, on a shortest way to the goal.

    The goal is the nearest place from which the object can be seen, or the position. Where it is reached and, for an
    object, that is in the picture, there is none: ActionFailed, as in AI2-THOR, with nothing returned.
    """
    turns = _turns(world)
    if objectId or objectType:
        body = wanted_object(world, objectId, objectType)
        corners = path_to_object(world, body)
    elif position is not None:
        body, corners = None, path_between(world, world.agent.position, point_of(position))
    else:
        raise ActionFailed(missing_message("ObjectNavExpertAction", ["objectId"]), "MissingArguments")
    step = _step(world, corners, turns)
    if step is not None:
        return step
    if body is None:
        raise ActionFailed("The position is reached: there is nothing left to do.")
    return _look(world, body, turns)


def _turns(world: ActionState) -> list[int]:
    """Numbers of turns to the right that lead to every yaw, the fewest first; negative ones are to the left."""
    parts = round(min(360 / world.settings.rotate_step_deg, MAX_TURNS + 1))
    if parts > MAX_TURNS:
        raise ActionFailed(
            f"Too many turns to try: rotateStepDegrees must be at least {360 / MAX_TURNS:g} for the expert"
        )
    if parts < 1 or abs(parts - 360 / world.settings.rotate_step_deg) > 1e-5:
        raise ActionFailed("Invalid rotate step degrees for agent, must divide 360 without a remainder.")
    return sorted(range(-((parts - 1) // 2), parts // 2 + 1), key=lambda turn: (abs(turn), turn))


def _step(world: ActionState, corners: list[Point3], turns: list[int]) -> str | None:
    """The turn or step that leads nearest to the next corner of the way; None where no step leads nearer to its end."""
    ahead = [corner for corner in corners[1:] if _apart(world.agent.position, corner) > NEARER_M]
    if not ahead:
        return None
    last = len(ahead) == 1
    best, failures = math.inf, []
    chosen = 0
    for turn in turns:
        walker = _turned(world, turn)
        try:
            movement.move(walker, 0, 1, None)
        except ActionFailed as failure:
            failures.append(str(failure))
            continue
        distance = _apart(walker.agent.position, ahead[0])
        if distance + NEARER_M < best:
            best, chosen = distance, turn
    if last and best + NEARER_M >= _apart(world.agent.position, ahead[0]) and _is_next_to(world, ahead[0]):
        return None
    if math.isinf(best):
        raise ActionFailed(f"Can't seem to move in any direction. Error messages: {' '.join(failures)}")
    return _turn_name(chosen) or "MoveAhead"


def _look(world: ActionState, body: Body, turns: list[int]) -> str:
    """The first of the fewest turns and looks after which the object is in the picture."""
    if _is_in_picture(world, body):
        raise ActionFailed("The object is reached and in view: there is nothing left to do.")
    now = round(world.agent.horizon_deg / LOOK_DEG)
    up, down = world.settings.look_up_deg, world.settings.look_down_deg
    looks = [look for look in LOOKS if -up - 0.05 <= LOOK_DEG * look <= down + 0.05]
    for turn, look in sorted(
        ((turn, look) for turn in turns for look in looks), key=lambda way: abs(way[0]) + abs(way[1] - now)
    ):
        turned = _turned(world, turn)
        turned.agent = replace(turned.agent, horizon_deg=LOOK_DEG * look)
        if _is_in_picture(turned, body) and (turn or look != now):
            return _turn_name(turn) or ("LookUp" if look < now else "LookDown")
    raise ActionFailed("Object doesn't seem visible from any rotation/horizon.")


def _turned(world: ActionState, turn: int) -> ActionState:
    turned = world.copy()
    yaw = (world.agent.yaw_deg + turn * world.settings.rotate_step_deg) % 360
    turned.agent = replace(world.agent, yaw_deg=yaw)
    return turned


def _turn_name(turn: int) -> str:
    return "RotateLeft" if turn < 0 else "RotateRight" if turn > 0 else ""


def _is_in_picture(world: ActionState, body: Body) -> bool:
    """Whether any of the points at which one looks is, be it hidden or not."""
    points, _ = targets_on([body])
    return bool(in_picture(world, world.first_person_view(), points).any())


def _apart(first: Point3, second: Point3) -> float:
    """Along x and along z together, as AI2-THOR's expert measures."""
    return abs(first[0] - second[0]) + abs(first[2] - second[2])


def _is_next_to(world: ActionState, place: Point3) -> bool:
    """Whether a place is nearer than a step."""
    x, _, z = world.agent.position
    return math.hypot(place[0] - x, place[2] - z) < world.settings.grid_size_m + NEARER_M


ACTIONS = {"ObjectNavExpertAction": object_nav_expert_action}
