"""Poses of the agent from which an object can be seen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from tst_sim.houses import Point3
from tst_sim.placement.body import Body
from tst_sim.thor.actions.action_state import ActionState, Agent, point_of
from tst_sim.thor.actions.dispatch import ActionFailed
from tst_sim.thor.actions.reachability import reachable
from tst_sim.thor.actions.visibility import (
    around,
    candidate,
    in_picture,
    plan_distance,
    targets_on,
    unhidden,
    within,
)

Vector = Mapping[str, Any]
HORIZONS_DEG = (-30.0, 0.0, 30.0, 60.0)
MAX_POSES = 200_000
"""More are refused: it would take too long."""


def first_that_sees(world: ActionState, body: Body, positions: Sequence[Point3]) -> Point3 | None:
    """The first of the positions from which the agent, looking straight at the object, sees it near enough."""
    distance = world.settings.visibility_distance_m
    for position in positions:
        if plan_distance(body.boxes, position).min() > distance:
            continue
        looking = replace(world, agent=_facing(world, position, body.position))
        targets, _ = targets_on([body])
        if world.settings.visibility_scheme == "Distance":
            targets = targets[within(targets, position, distance)]
        if _clear(looking, body, targets[in_picture(looking, looking.first_person_view(), targets)]).any():
            return position
    return None


def _facing(world: ActionState, position: Point3, target: Point3) -> Agent:
    x, z = target[0] - position[0], target[2] - position[2]
    down = position[1] + world.eye_above_agent_m - target[1]
    yaw, horizon = math.degrees(math.atan2(x, z)) % 360, math.degrees(math.atan2(down, math.hypot(x, z)))
    return replace(world.agent, position=position, yaw_deg=yaw, horizon_deg=horizon)


@dataclass(frozen=True)
class Choices:
    """What an agent's pose may be made of."""

    positions: tuple[Point3, ...]
    yaws_deg: tuple[float, ...]
    horizons_deg: tuple[float, ...]
    standings: tuple[bool, ...]

    def __post_init__(self) -> None:
        if not (self.positions and self.yaws_deg and self.horizons_deg and self.standings):
            raise ActionFailed("Every degree of freedom must have at least 1 valid value.")


def get_interactable_poses(
    world: ActionState, objectId: str, positions: list[Vector] | None = None, rotations: list[float] | None = None,
    horizons: list[float] | None = None, standings: list[bool] | None = None, maxDistance: float | None = None,
    maxPoses: int | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Poses, each fit for TeleportFull, in which the object is in view within the distance and not hidden.

    By default all reachable positions, turns by `rotateStepDegrees`, horizons -30, 0, 30 and 60 and
    both stances; the distance is that of visibility.
    """
    if maxPoses is not None and maxPoses <= 0:
        raise ActionFailed("maxPoses must be > 0.")
    if maxDistance is not None and maxDistance <= 0:
        raise ActionFailed("maxDistance must be >= 0 meters from the object.")
    body = world.body(objectId)
    distance = world.settings.visibility_distance_m if maxDistance is None else maxDistance
    empty_handed = replace(world, hand=())
    choices = Choices(
        tuple(reachable(world) if positions is None else map(point_of, positions)),
        _yaws(world) if rotations is None else tuple(rotations),
        _horizons(world, horizons),
        (True, False) if standings is None else tuple(standings),
    )
    return list(islice(_seeing(empty_handed, body, choices, distance), maxPoses))


def get_interactable_poses_of_locobot(
    world: ActionState, objectId: str, positions: list[Vector] | None = None, rotations: list[float] | None = None,
    horizons: list[float] | None = None, maxDistance: float | None = None, maxPoses: int | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """As the default agent's, without stances."""
    poses = get_interactable_poses(world, objectId, positions, rotations, horizons, [True], maxDistance, maxPoses)
    return [{key: value for key, value in pose.items() if key != "standing"} for pose in poses]


def positions_from_which_item_is_interactable(
    world: ActionState, objectId: str, positions: list[Vector] | None = None, horizon: float | None = None,
    rotations: list[float] | None = None, standings: list[bool] | None = None,
) -> dict[str, list[float]]:  # fmt: skip
    """The old name of GetInteractablePoses and its old form: a list for each of x, y, z, rotation, standing, horizon.

    Standing is 1, crouching 0. A locobot stands.
    """
    horizons = None if horizon is None else [horizon]
    stances = [True] if world.is_locobot else standings
    poses = get_interactable_poses(world, objectId, positions, rotations, horizons, stances)
    keys = ("x", "y", "z", "rotation", "standing", "horizon")
    return {key: [float(pose[key]) for pose in poses] for key in keys}


def _yaws(world: ActionState) -> tuple[float, ...]:
    """All turns that the agent can make, from where it looks now."""
    step = world.settings.rotate_step_deg
    if 360 % step:
        raise ActionFailed(
            f"360 % rotateStepDegrees (360 % {step:g} != 0) must be 0, unless 'rotations: float[]' is overwritten."
        )
    if 360 / step > MAX_POSES:
        raise ActionFailed(f"Too many poses to try: 360 / rotateStepDegrees is {360 / step:g}, at most {MAX_POSES}")
    first = round(world.agent.yaw_deg % step)
    return tuple((first + step * number) % 360 for number in range(round(360 / step)))


def _horizons(world: ActionState, horizons: list[float] | None) -> tuple[float, ...]:
    up, down = world.settings.look_up_deg, world.settings.look_down_deg
    for horizon in horizons or ():
        if not -up <= horizon <= down:
            raise ActionFailed(f"Each horizon must be in [{-up:g}:{down:g}]. You gave {horizon:g}.")
    return HORIZONS_DEG if horizons is None else tuple(horizons)


def _seeing(world: ActionState, body: Body, choices: Choices, distance_m: float) -> Iterator[dict[str, Any]]:
    """What is hidden is decided by stance and place, once for all turns of the camera."""
    near = [place for place in choices.positions if plan_distance(body.boxes, place).min() <= distance_m]
    count = len(near) * len(choices.yaws_deg) * len(choices.horizons_deg) * len(choices.standings)
    if count > MAX_POSES:
        raise ActionFailed(f"Too many poses to try: {count}, at most {MAX_POSES}; give fewer positions or rotations")
    stances = {standing: _open_places(world, body, near, standing, distance_m) for standing in choices.standings}
    for horizon in choices.horizons_deg:
        for standing in choices.standings:
            for yaw in choices.yaws_deg:
                for place, targets in stances[standing]:
                    looking = replace(world, agent=Agent(place, yaw % 360, horizon, standing))
                    if in_picture(looking, looking.first_person_view(), targets).any():
                        x, y, z = place
                        yield {"x": x, "y": y, "z": z, "rotation": yaw, "standing": standing, "horizon": horizon}


def _open_places(
    world: ActionState, body: Body, places: Sequence[Point3], standing: bool, distance_m: float
) -> list[tuple[Point3, np.ndarray]]:
    """Places with the points (n, 3) of the object that are near enough and not hidden there."""
    points, _ = targets_on([body])
    found = []
    for place in places:
        there = replace(world, agent=Agent(place, standing=standing))
        targets = points[within(points, place, distance_m)]
        targets = targets[_clear(there, body, targets)]
        if len(targets):
            found.append((place, targets))
    return found


def _clear(world: ActionState, body: Body, targets: np.ndarray) -> np.ndarray:
    """(n,) whether each point of the body can be seen from the camera, wherever that looks."""
    wanted = candidate(world, body)
    if wanted is None or not len(targets):
        return np.zeros(len(targets), bool)
    eye = world.first_person_view().position_m
    return unhidden(eye, [wanted], targets, np.zeros(len(targets), np.intp), *around(world, targets))
