"""Actions that ask where the agent can go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tst_sim.houses import Point3
from tst_sim.placement.body import Body
from tst_sim.placement.freespace import obstacles_on_foot
from tst_sim.placement.paths import shortest_path
from tst_sim.thor.actions import motion
from tst_sim.thor.actions.action_state import STANDING_Y_M, ActionState, point_of, xyz
from tst_sim.thor.actions.dispatch import ActionFailed, missing_message
from tst_sim.thor.actions.movement import target_of
from tst_sim.thor.actions.poses import (
    first_that_sees,
    get_interactable_poses,
    positions_from_which_item_is_interactable,
)
from tst_sim.thor.actions.reachability import house_of, reachable

Vector = Mapping[str, Any]
ALLOWED_ERROR_M = 0.0001


def get_reachable_positions(
    world: ActionState,
    maxStepCount: int | None = None,
    directionsRelativeAgent: bool = False,
    gridSize: float | None = None,
) -> list[dict[str, float]]:
    """Grid points that the agent can walk to from where it stands, itself first; the grid may lie as the agent does."""
    return [xyz(point) for point in reachable(world, maxStepCount, directionsRelativeAgent, gridSize)]


def get_shortest_path(
    world: ActionState, objectId: str = "", objectType: str = "", position: Vector | None = None,
    rotation: Vector | None = None, initialPosition: Vector | None = None,
    allowedError: float = ALLOWED_ERROR_M, navMeshId: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Corners on the floor of a shortest way to the nearest place from which the object can be seen.

    It starts at `position` (or `initialPosition`), else where the agent is.
    """
    body = wanted_object(world, objectId, objectType)
    given = position if position is not None else initialPosition
    start = world.agent.position if given is None else point_of(given, world.agent.position)
    walker = replace(world, agent=replace(world.agent, position=(start[0], STANDING_Y_M, start[2])))
    return _complete(path_to_object(walker, body, allowedError))


def get_shortest_path_to_point(
    world: ActionState, target: Vector | None = None, position: Vector | None = None, x: float | None = None,
    y: float | None = None, z: float | None = None, allowedError: float = ALLOWED_ERROR_M,
    navMeshId: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Corners on the floor of a shortest way from `position`, else the agent, to `target` (or x, y and z)."""
    goal = target_of("GetShortestPathToPoint", target, x, y, z)
    if goal is None:
        raise ActionFailed(missing_message("GetShortestPathToPoint", ["target"]), "MissingArguments")
    start = world.agent.position if position is None else point_of(position)
    return _complete(path_between(world, start, goal, allowedError))


def path_to_object(world: ActionState, body: Body, allowed_m: float = ALLOWED_ERROR_M) -> list[Point3]:
    """Corners of a shortest way from the agent to the nearest place from which the object can be seen."""
    goal = first_that_sees(world, body, reachable(world))
    if goal is None:
        settings = world.settings
        raise ActionFailed(
            f"Target object {body.id} is not visible on navigation path given current agent parameters: "
            f"maxVisibleDistance ({settings.visibility_distance_m:g}), gridSize ({settings.grid_size_m:g}), "
            f"fieldOfView ({settings.fov_deg:g}), camera width ({settings.width}), camera height ({settings.height})"
        )
    return path_between(world, world.agent.position, goal, allowed_m)


def wanted_object(world: ActionState, object_id: str, object_type: str) -> Body:
    """The object of the id, or the only one of the type."""
    if object_id:
        return world.body(object_id)
    if not object_type:
        raise ActionFailed("GetShortestPath needs an objectId or an objectType")
    found = [body for body in (*world.scene, *world.opening_bodies) if body.asset.object_type == object_type]
    if not found:
        raise ActionFailed(f"No object of type '{object_type}' found in scene.")
    if len(found) > 1:
        raise ActionFailed(f"Multiple objects of type '{object_type}' were found in the scene, cannot disambiguate.")
    return found[0]


def path_between(world: ActionState, start: Point3, goal: Point3, allowed_m: float = ALLOWED_ERROR_M) -> list[Point3]:
    """Corners on the floor of a shortest way for the agent's capsule. ActionFailed when there is none."""
    radius, height = motion.body_of(world)
    obstacles = obstacles_on_foot(world.scene, height)
    ends = (start[0], start[2]), (goal[0], goal[2])
    try:
        corners = shortest_path(house_of(world), obstacles, *ends, radius, max(0.2, allowed_m))
    except ValueError as error:  # a grid with too many points
        raise ActionFailed(f"Could not find path using the NavMesh: {error}") from error
    if corners is None:
        between = f"{motion.vector_text(start, 3)} and {motion.vector_text(goal, 3)}"
        raise ActionFailed(f"Could not find path between {between} using the NavMesh.")
    return [(float(x), 0.0, float(z)) for x, z in corners]


def _complete(corners: list[Point3]) -> dict[str, Any]:
    return {"corners": [xyz(corner) for corner in corners], "status": "PathComplete"}


ACTIONS = {
    "GetInteractablePoses": get_interactable_poses,
    "GetReachablePositions": get_reachable_positions,
    "GetShortestPath": get_shortest_path,
    "GetShortestPathToPoint": get_shortest_path_to_point,
    "PositionsFromWhichItemIsInteractable": positions_from_which_item_is_interactable,
}
