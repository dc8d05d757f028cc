"""Actions that ask where the agent can go."""

from __future__ import annotations

from tst_sim.embedded.actions.dispatch import ActionFailed
from tst_sim.embedded.actions.world import STANDING_Y_M, World, xyz
from tst_sim.placement.freespace import reachable_positions


def get_reachable_positions(
    world: World, maxStepCount: int = 10_000, directionsRelativeAgent: bool = False, gridSize: float | None = None
) -> list[dict[str, float]]:
    """Grid points that the agent can walk to from where it stands."""
    if world.house is None:
        raise ActionFailed("There is no house: CreateHouse first")
    start = (world.agent.position[0], world.agent.position[2])
    grid = world.settings.grid_size_m if gridSize is None else gridSize
    points = reachable_positions(world.house, world.scene, start, grid)
    if len(points) > maxStepCount:
        raise ActionFailed("Too many steps taken in GetReachablePositions.")
    return [xyz((float(x), STANDING_Y_M, float(z))) for x, z in points]


ACTIONS = {"GetReachablePositions": get_reachable_positions}
