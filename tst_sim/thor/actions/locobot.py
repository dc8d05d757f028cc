"""What the locobot does otherwise than the default agent: it cannot stand up or step aside, and is not exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tst_sim.thor.actions import movement
from tst_sim.thor.actions.action_state import ActionState, point_of
from tst_sim.thor.actions.dispatch import Action, ActionFailed, missing_message
from tst_sim.thor.actions.poses import get_interactable_poses_of_locobot

Vector = Mapping[str, Any]
WITHOUT = frozenset(
    (
        "Crouch",
        "DropHandObject",
        "DropHeldObject",
        "MoveHeldObject",
        "PickupObject",
        "PutObject",
        "RotateHeldObject",
        "Stand",
    )
)
"""Actions of the default agent that the locobot has not."""


def _walk(right: float, ahead: float) -> Action:
    def walk(
        world: ActionState, moveMagnitude: float | None = None, noise: float = 0.0, forceAction: bool = False
    ) -> None:
        """One step, of the grid's size unless given, and whatever the settings' noise adds to it and turns."""
        if moveMagnitude is not None and moveMagnitude <= 0:
            raise ActionFailed("moveMagnitude must be null or >= 0.")
        if right:
            raise ActionFailed(
                "Controller does not support horizontal movement by default."
                " Set AllowHorizontalMovement to true on the Controller."
            )
        length = (world.settings.grid_size_m if moveMagnitude is None else moveMagnitude) + noise
        random = world.settings.noise
        if random is not None:
            rng = world.rng("locobot move")
            turned = rng.normal(random.turn_mean_deg, random.turn_deviation_deg / 2)
            world.agent = replace(world.agent, yaw_deg=(world.agent.yaw_deg + float(turned)) % 360)
            length += float(rng.normal(random.move_mean_m, random.move_deviation_m))
        movement.move(world, 0, ahead if length >= 0 else -ahead, abs(length) or 1e-9, force=forceAction)

    return walk


def _turn(sign: int) -> Action:
    def turn(world: ActionState, degrees: float = 0.0, noise: float = 0.0, **_: Any) -> None:
        """Turn by `rotateStepDegrees` unless given, and whatever the settings' noise adds."""
        angle = sign * (degrees or world.settings.rotate_step_deg) + noise
        random = world.settings.noise
        if random is not None:
            angle += float(world.rng("locobot turn").normal(random.turn_mean_deg, random.turn_deviation_deg))
        movement.rotate(world, angle, "Right" if sign > 0 else "Left", force=True)

    return turn


def look_up(world: ActionState, degrees: float = 0.0, **_: Any) -> None:
    """By 30 degrees, no other angle."""
    _by_default_alone(degrees)
    movement.look_up(world)


def look_down(world: ActionState, degrees: float = 0.0, **_: Any) -> None:
    """By 30 degrees, no other angle."""
    _by_default_alone(degrees)
    movement.look_down(world)


def _by_default_alone(degrees: float) -> None:
    if degrees:
        raise ActionFailed("Must have degrees == 0 for now.")


def teleport_full(
    world: ActionState, rotation: Vector, horizon: float, position: Vector | None = None, x: float | None = None,
    y: float | None = None, z: float | None = None, forceAction: bool = False,
) -> None:  # fmt: skip
    """As the default agent's, without a stance."""
    target = movement.target_of("TeleportFull", position, x, y, z)
    if target is None:
        raise ActionFailed(missing_message("TeleportFull", ["position"]), "MissingArguments")
    movement.place(world, target, point_of(rotation), horizon, True, force=forceAction)


def teleport(
    world: ActionState, position: Vector | None = None, rotation: Vector | None = None, horizon: float | None = None,
    x: float | None = None, y: float | None = None, z: float | None = None, forceAction: bool = False,
) -> None:  # fmt: skip
    """As TeleportFull; what is not given stays as it is."""
    movement.teleport(world, position, rotation, horizon, None, x, y, z, forceAction)


ACTIONS = {
    "GetInteractablePoses": get_interactable_poses_of_locobot,
    "LookDown": look_down,
    "LookUp": look_up,
    "MoveAhead": _walk(0, 1),
    "MoveBack": _walk(0, -1),
    "MoveLeft": _walk(-1, 0),
    "MoveRight": _walk(1, 0),
    "RotateLeft": _turn(-1),
    "RotateRight": _turn(1),
    "Teleport": teleport,
    "TeleportFull": teleport_full,
}
