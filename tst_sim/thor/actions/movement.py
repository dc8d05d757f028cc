"""Actions that move, turn and teleport the agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tst_sim.houses import Point3
from tst_sim.thor.actions import motion
from tst_sim.thor.actions.action_state import STANDING_Y_M, ActionState, Agent, point_of
from tst_sim.thor.actions.dispatch import Action, ActionFailed, missing_message
from tst_sim.thor.actions.visibility import plan_distance

Vector = Mapping[str, Any]
MAX_DROP_M = 0.05
"""So far above or below its standing height the agent may be teleported; it is put on the floor."""
STRAIGHT_DEG = 90.0
"""No horizon lies beyond it, whatever is forced."""
_LEVEL_DEG = 1e-2
_PARTS = tuple(number / 10 for number in range(1, 11))
"""At these parts of a motion what is held is tried, as AI2-THOR does with turns."""


def move(world: ActionState, right: float, ahead: float, magnitude: float | None, *, force: bool = False) -> None:
    """Walk so far in a direction of the agent's own frame; ActionFailed names what is in the way.

    `force` disregards what the held object would hit, and nothing else, as in AI2-THOR.
    """
    if magnitude is not None and magnitude <= 0:
        raise ActionFailed("moveMagnitude must be > 0")
    length = world.settings.grid_size_m if magnitude is None else magnitude
    x, z = motion.turned(world, right * length, ahead * length)
    here, offset = world.agent.position, (x, 0.0, z)
    target = (here[0] + x, here[1], here[2] + z)
    outside = f"Scene bounds do not contain target position: {motion.vector_text(target, 1)}"
    motion.refuse_outside(world, target, outside)
    moved = replace(world.agent, position=target)
    between = (replace(world.agent, position=(here[0] + x * part, here[1], here[2] + z * part)) for part in _PARTS)
    held = None if force else motion.held_on_the_way(world, between)
    if held is not None:
        by = motion.vector_text(offset)
        message = f"{held} is blocking the Agent from moving by {by} with {world.hand[0].id}"
        raise ActionFailed(message, collided=(held,))
    blocked = motion.on_the_way(world, here, target)
    if blocked is not None:
        message = f"{blocked} is blocking Agent 0 from moving by {motion.vector_text(offset)}."
        raise ActionFailed(message, collided=(blocked,))
    world.agent = motion.snapped(moved, world.settings)
    world.version += 1


def _walk(right: float, ahead: float) -> Action:
    def walk(
        world: ActionState, moveMagnitude: float | None = None, objectId: str = "", maxAgentsDistance: float = -1.0,
        forceAction: bool = False, manualInteract: bool = False, allowAgentsToIntersect: bool = False,
        speed: float = 1.0, fixedDeltaTime: float | None = None, returnToStart: bool = True,
        disableRendering: bool = True,
    ) -> None:  # fmt: skip
        """One step, of the grid's size unless given, not farther than `maxAgentsDistance` from an object."""
        move(world, right, ahead, moveMagnitude, force=forceAction)
        if objectId and maxAgentsDistance > 0:
            distance = float(plan_distance(world.body(objectId).boxes, world.agent.position).min())
            if distance > maxAgentsDistance:
                raise ActionFailed(f"Agent movement would bring it beyond the max distance of {objectId}")

    return walk


def _turn(side: str) -> Action:
    sign = 1 if side == "Right" else -1

    def turn(
        world: ActionState, degrees: float | None = None, manualInteract: bool = False, forceAction: bool = False,
        speed: float = 1.0, waitForFixedUpdate: bool = False, returnToStart: bool = True,
        disableRendering: bool = True, fixedDeltaTime: float = 0.02,
    ) -> None:  # fmt: skip
        """Turn by `rotateStepDegrees` unless given."""
        if degrees == 0:
            raise ActionFailed("Cannot rotate by 0 degrees as this previously defaulted to a different amount.")
        rotate(world, sign * (world.settings.rotate_step_deg if degrees is None else degrees), side, force=forceAction)

    return turn


def rotate(world: ActionState, degrees: float, side: str, *, force: bool = False) -> None:
    """Turn clockwise; ActionFailed when the held object would hit something."""
    between = (replace(world.agent, yaw_deg=(world.agent.yaw_deg + degrees * part) % 360) for part in _PARTS)
    if not force and motion.held_on_the_way(world, between) is not None:
        raise ActionFailed(
            f"a held item: {world.hand[0].id} with something if agent rotates {side} {abs(degrees):g} degrees"
        )
    world.agent = replace(world.agent, yaw_deg=(world.agent.yaw_deg + degrees) % 360)
    world.version += 1


def look_up(world: ActionState, degrees: float = 0.0, **_: Any) -> None:
    """Turn the camera up by 30 degrees unless given; beyond the limit it stays as it is."""
    _look(world, "Up", degrees, -1)


def look_down(world: ActionState, degrees: float = 0.0, **_: Any) -> None:
    """Turn the camera down by 30 degrees unless given; beyond the limit it stays as it is."""
    _look(world, "Down", degrees, 1)


def _look(world: ActionState, way: str, degrees: float, sign: int) -> None:
    if degrees < 0:
        raise ActionFailed(f"Look{way} action requires positive degree value. Invalid value used: {degrees:g}")
    if abs(degrees * 10 - round(degrees * 10)) > 1e-4:
        raise ActionFailed(f"Look{way} action requires degree value to be a multiple of 0.1f")
    horizon = world.agent.horizon_deg + sign * (round(degrees * 10) / 10 or 30.0)
    up, down = world.settings.look_up_deg, world.settings.look_down_deg
    if horizon > down + 0.05 or horizon < -up - 0.05:
        limit = f"{down:g} degrees below" if sign > 0 else f"{up:g} degrees above"
        raise ActionFailed(f"can't look {way.lower()} beyond {limit} the forward horizon", "LookDownCantExceedMin")
    turned, here = round(horizon, 6), world.agent.horizon_deg
    between = (replace(world.agent, horizon_deg=here + (turned - here) * part) for part in _PARTS)
    if motion.held_on_the_way(world, between) is not None:
        raise ActionFailed(
            f"a held item: {world.hand[0].id} will collide with something if agent rotates {way.lower()}"
            f" {abs(turned - here):g} degrees"
        )
    world.agent = replace(world.agent, horizon_deg=turned)
    world.version += 1


def rotate_look(world: ActionState, rotation: Vector | None = None, horizon: int = 0, **_: Any) -> None:
    """Set yaw and horizon, up to straight up and down; 0 unless given."""
    _check_horizon(horizon)
    yaw = point_of(rotation or {})[1] % 360
    world.agent = replace(world.agent, yaw_deg=yaw, horizon_deg=float(horizon))
    world.version += 1


def _check_horizon(horizon: float) -> None:
    if abs(horizon) > STRAIGHT_DEG:
        raise ActionFailed(
            f"horizon must be in [-{STRAIGHT_DEG:g}:{STRAIGHT_DEG:g}], straight up to down. You gave {horizon:g}."
        )


def stand(world: ActionState) -> None:
    """From crouching."""
    _set_stance(world, True, "Already standing.")


def crouch(world: ActionState) -> None:
    """The camera comes down by 0.675 m; the body stays as tall."""
    _set_stance(world, False, "Already crouching.")


def _set_stance(world: ActionState, standing: bool, already: str) -> None:
    if world.agent.standing == standing:
        raise ActionFailed(already)
    changed = replace(world.agent, standing=standing)
    blocking = motion.held_on_the_way(world, [changed])
    if blocking is not None:
        raise ActionFailed(f"{blocking} is in the way of {world.hand[0].id}, which the agent holds")
    world.agent = changed
    world.version += 1


def teleport_full(
    world: ActionState, rotation: Vector, horizon: float, standing: bool, position: Vector | None = None,
    x: float | None = None, y: float | None = None, z: float | None = None, forceAction: bool = False,
) -> None:  # fmt: skip
    """Put the agent somewhere; it must stand free in a room, on the grid if it snaps to it. Only yaw can be turned."""
    target = target_of("TeleportFull", position, x, y, z)
    if target is None:
        raise ActionFailed(missing_message("TeleportFull", ["position"]), "MissingArguments")
    place(world, target, point_of(rotation), horizon, standing, force=forceAction)


def teleport(
    world: ActionState, position: Vector | None = None, rotation: Vector | None = None, horizon: float | None = None,
    standing: bool | None = None, x: float | None = None, y: float | None = None, z: float | None = None,
    forceAction: bool = False,
) -> None:  # fmt: skip
    """As TeleportFull; what is not given stays as it is."""
    agent = world.agent
    place(
        world,
        target_of("Teleport", position, x, y, z) or agent.position,
        point_of(rotation) if rotation is not None else (0.0, agent.yaw_deg, 0.0),
        agent.horizon_deg if horizon is None else horizon,
        agent.standing if standing is None else standing,
        force=forceAction,
    )


def target_of(action: str, position: Vector | None, x: float | None, y: float | None, z: float | None) -> Point3 | None:
    """Where to, by `position` or by all of x, y and z; None if none of them is given."""
    if position is not None:
        return point_of(position)
    given = {"x": x, "y": y, "z": z}
    missing = [name for name, value in given.items() if value is None]
    if len(missing) == 3:
        return None
    if missing:
        raise ActionFailed(missing_message(action, missing), "MissingArguments")
    return point_of(given)


def place(world: ActionState, target: Point3, rotation: Point3, horizon: float, standing: bool, *, force: bool) -> None:
    """The agent at a pose, checked as AI2-THOR checks it unless forced; then it is also left at the height given."""
    _check_horizon(horizon)
    placed = Agent(target, rotation[1] % 360, float(horizon), standing)
    if not force:
        _check_pose(world, placed, rotation)
        placed = replace(placed, position=(target[0], STANDING_Y_M, target[2]))
    world.agent = placed
    world.version += 1


def _check_pose(world: ActionState, placed: Agent, rotation: Point3) -> None:
    if max(abs(rotation[0]), abs(rotation[2])) >= _LEVEL_DEG:
        raise ActionFailed(
            "No agents currently can change in pitch or roll. So, you must set rotation(x=0, y=yaw, z=0)."
            f" You gave {motion.vector_text(rotation, 6)}."
        )
    up, down = world.settings.look_up_deg, world.settings.look_down_deg
    if not -up <= placed.horizon_deg <= down:
        raise ActionFailed(f"Each horizon must be in [{-up:g}:{down:g}]. You gave {placed.horizon_deg:g}.")
    where = motion.vector_text(placed.position, 6)
    outside = f"Teleport position {where} out of scene bounds! Ignore this by setting forceAction=true."
    motion.refuse_outside(world, placed.position, outside)
    if not motion.is_on_grid(placed.position, world.settings):
        raise ActionFailed(f"Teleport position {where} is not on the grid of size {world.settings.grid_size_m:g}.")
    touched = motion.standing_room(world, placed.position)
    if touched is not None:
        raise ActionFailed(f"Collided with: {touched}.", collided=(touched,))
    if motion.held_on_the_way(world, [placed]) is not None:
        raise ActionFailed("Cannot teleport due to hand object collision.")
    drop = abs(STANDING_Y_M - placed.position[1])
    if drop > MAX_DROP_M:
        raise ActionFailed(
            "After teleporting and adjusting agent position to floor, there was too large a change"
            f"({drop:g} > {MAX_DROP_M:g}) in the y component."
            " Consider using `forceAction=true` if you'd like to teleport anyway."
        )


ACTIONS = {
    "Crouch": crouch,
    "LookDown": look_down,
    "LookUp": look_up,
    "MoveAhead": _walk(0, 1),
    "MoveBack": _walk(0, -1),
    "MoveLeft": _walk(-1, 0),
    "MoveRight": _walk(1, 0),
    "RotateLeft": _turn("Left"),
    "RotateLook": rotate_look,
    "RotateRight": _turn("Right"),
    "Stand": stand,
    "Teleport": teleport,
    "TeleportFull": teleport_full,
}
