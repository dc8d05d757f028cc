"""Positions that the agent can walk to."""

from __future__ import annotations

from dataclasses import replace

from tst_sim.houses import House, Point3
from tst_sim.placement.freespace import reachable_positions
from tst_sim.thor.actions.action_state import ActionState
from tst_sim.thor.actions.dispatch import ActionFailed
from tst_sim.thor.actions.motion import body_of, held_in_the_way

MAX_STEPS = 10_000
"""Default of `maxStepCount`, for a grid of 1 m."""


def reachable(
    world: ActionState, most_steps: int | None = None, as_agent: bool = False, grid_m: float | None = None
) -> list[Point3]:
    """Where the agent can walk to on a grid; where it stands alone if it stands in something."""
    house = house_of(world)
    grid = world.settings.grid_size_m if grid_m is None else grid_m
    if not 0 < grid <= 5:
        raise ActionFailed("grid size must be in the range (0,5]")
    radius, height = body_of(world)
    x, y, z = world.agent.position
    yaw = world.agent.yaw_deg if as_agent else 0.0
    try:
        points = reachable_positions(house, world.scene, (x, z), grid, radius, height_m=height, yaw_deg=yaw)
    except ValueError as error:
        raise ActionFailed(f"Too many steps taken in GetReachablePositions. {error}") from error
    if len(points) > (MAX_STEPS if most_steps is None else most_steps) // grid**2:
        raise ActionFailed("Too many steps taken in GetReachablePositions.")
    found: list[Point3] = [(float(px), y, float(pz)) for px, pz in points] or [world.agent.position]
    return [place for place in found if _hand_fits(world, place)] if world.hand else found


def _hand_fits(world: ActionState, place: Point3) -> bool:
    """Whether what is held is free at a place for any of four turns."""
    return any(
        held_in_the_way(world, replace(world.agent, position=place, yaw_deg=yaw)) is None
        for yaw in (0.0, 90.0, 180.0, 270.0)
    )


def house_of(world: ActionState) -> House:
    """The house; ActionFailed when there is none."""
    if world.house is None:
        raise ActionFailed("There is no house: CreateHouse first")
    return world.house
