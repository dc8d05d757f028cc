"""Actions that move what is held before the agent, along the axes of its camera."""

from __future__ import annotations

import math

from tst_sim.houses import Point3
from tst_sim.placement.body import Body
from tst_sim.thor.actions.action_state import ActionState
from tst_sim.thor.actions.dispatch import Action, ActionFailed
from tst_sim.thor.actions.hands import hand_collides
from tst_sim.thor.actions.visibility import in_picture, targets_on

SWEEP_STEP_M = 0.02
"""Between two looks at what is in the way: nothing passes through a door, whose boxes are 5 cm thick."""


def move_held_object(
    world: ActionState, ahead: float = 0.0, right: float = 0.0, up: float = 0.0, forceVisible: bool = False
) -> None:
    """By so many metres in a straight line, with what lies in it; upright, free, within the visibility distance.

    With `forceVisible` also within the picture.
    """
    if not world.hand:
        raise ActionFailed("Agent can only move hand if currently holding an item")
    down = math.radians(world.agent.horizon_deg)
    level, raised = ahead * math.cos(down) + up * math.sin(down), up * math.cos(down) - ahead * math.sin(down)
    start, offset = world.hand, (right, raised, level)
    world.hand = _shifted(start, offset, 1.0)
    held = world.held_bodies()
    distance = math.dist(held[0].position, world.first_person_view().position_m)
    if distance > world.settings.visibility_distance_m:
        raise ActionFailed(
            f"The target position is out of range: {distance:.2f} m from the camera,"
            f" beyond the visibility distance of {world.settings.visibility_distance_m:g} m"
        )
    steps = max(1, math.ceil(math.hypot(*offset) / SWEEP_STEP_M))
    for step in range(1, steps + 1):
        world.hand = _shifted(start, offset, step / steps)
        if hand_collides(world):
            raise ActionFailed(f"{held[0].id} would be in something else there, or on its way")
    if forceVisible and not in_picture(world, world.first_person_view(), targets_on([held[0]])[0]).any():
        raise ActionFailed(f"{held[0].id} would not be in view there")
    world.version += 1


def _shifted(bodies: tuple[Body, ...], offset: Point3, fraction: float) -> tuple[Body, ...]:
    """The bodies moved by a fraction of an offset in metres."""
    right, up, ahead = (fraction * metres for metres in offset)
    return tuple(
        body.moved((body.position[0] + right, body.position[1] + up, body.position[2] + ahead)) for body in bodies
    )


def _along(ahead: float, right: float, up: float) -> Action:
    def move(world: ActionState, moveMagnitude: float, forceVisible: bool = False) -> None:
        """By so many metres in one direction."""
        if moveMagnitude <= 0:
            raise ActionFailed(f"moveMagnitude must be > 0, got {moveMagnitude:g}")
        move_held_object(world, ahead * moveMagnitude, right * moveMagnitude, up * moveMagnitude, forceVisible)

    return move


ACTIONS = {
    "MoveHeldObject": move_held_object,
    "MoveHeldObjectAhead": _along(1, 0, 0),
    "MoveHeldObjectBack": _along(-1, 0, 0),
    "MoveHeldObjectDown": _along(0, 0, -1),
    "MoveHeldObjectLeft": _along(0, -1, 0),
    "MoveHeldObjectRight": _along(0, 1, 0),
    "MoveHeldObjectUp": _along(0, 0, 1),
}
