"""Places on the floor of the house."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tst_sim.houses import Room
from tst_sim.placement.body import Body
from tst_sim.placement.freespace import inside_polygon
from tst_sim.simulator import AGENT_RADIUS_M
from tst_sim.thor.actions.action_state import ActionState

GRID_M = 0.1


def places_on_floor(world: ActionState, body: Body) -> Iterator[Body]:
    """Where the body can stand on the floor within the visibility distance of the agent, on a grid round it.

    Beside the agent's feet; what else is there is not looked at.
    """
    reach = world.settings.visibility_distance_m
    steps = np.arange(-math.floor(reach / GRID_M), math.floor(reach / GRID_M) + 1) * GRID_M
    x, _, z = world.agent.position
    points = np.stack(np.meshgrid(x + steps, z + steps), axis=-1).reshape(-1, 2)
    for place in points[_within_rooms(world, points)].tolist():
        standing = on_floor(body, place[0], place[1], body.yaw_deg)
        if not stands_on_agent(world, standing):
            yield standing


def on_floor(body: Body, x: float, z: float, yaw_deg: float) -> Body:
    """The body upright on the floor."""
    return body.put((x, body.asset.size_m[1] / 2, z), (0.0, yaw_deg, 0.0))


def random_place_on_floor(world: ActionState, body: Body, rng: np.random.Generator, attempts: int) -> Body | None:
    """The body at a random free place of a room's floor, or None when no attempt found one."""
    rooms = world.house.rooms if world.house is not None else ()
    for _ in range(attempts if rooms else 0):
        room = rooms[int(rng.integers(len(rooms)))]
        low, high = np.min(room.floor_polygon, axis=0), np.max(room.floor_polygon, axis=0)
        x, z = rng.uniform(low, high).tolist()
        standing = on_floor(body, x, z, 90.0 * int(rng.integers(4)))
        if _inside(room, x, z) and not world.scene.collides(standing, walls=True):
            return standing
    return None


def _inside(room: Room, x: float, z: float) -> bool:
    return bool(inside_polygon(np.array([[x, z]]), room.floor_polygon)[0])


def _within_rooms(world: ActionState, points: np.ndarray) -> np.ndarray:
    inside = np.zeros(len(points), bool)
    for room in world.house.rooms if world.house is not None else ():
        inside |= inside_polygon(points, room.floor_polygon)
    return inside


def stands_on_agent(world: ActionState, body: Body) -> bool:
    """Whether it is, seen from above, nearer to the agent than the agent's radius."""
    reach = body.hull.reach()[0]
    gap_x = abs(body.position[0] - world.agent.position[0]) - float(reach[0])
    gap_z = abs(body.position[2] - world.agent.position[2]) - float(reach[1])
    return max(gap_x, gap_z) < AGENT_RADIUS_M
