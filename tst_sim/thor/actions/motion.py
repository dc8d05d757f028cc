"""The agent as a body: where it may stand, what stops it on its way."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from tst_sim.houses import Point3
from tst_sim.placement.boxes import Boxes, concatenate, overlap_depth
from tst_sim.placement.freespace import MAX_STEP_M, STEP_OVER_M, disc_clearance, in_a_room
from tst_sim.placement.scene import CONTACT_M
from tst_sim.placement.walls import nearest_wall
from tst_sim.simulator import AGENT_HEIGHT_M, AGENT_RADIUS_M
from tst_sim.thor.actions.action_state import ActionState, Agent, Settings
from tst_sim.thor.actions.bounds import scene_bounds
from tst_sim.thor.actions.dispatch import ActionFailed

LOCOBOT_HEIGHT_M = 0.9
LOCOBOT_RADIUS_M = 0.175
_TOUCHING_M = 1e-6
"""So much nearer than its radius a thing may be, for positions that were computed on different ways."""
ON_GRID_M = 1e-4


def body_of(world: ActionState) -> tuple[float, float]:
    """Radius and height of the agent's capsule, metres."""
    return (LOCOBOT_RADIUS_M, LOCOBOT_HEIGHT_M) if world.is_locobot else (AGENT_RADIUS_M, AGENT_HEIGHT_M)


def snapped(agent: Agent, settings: Settings) -> Agent:
    """The agent at the nearest point of the grid, if it is kept on the grid."""
    if not settings.snap_to_grid:
        return agent
    x, y, z = agent.position
    return replace(agent, position=(_on_grid(x, settings.grid_size_m), y, _on_grid(z, settings.grid_size_m)))


def is_on_grid(position: Point3, settings: Settings) -> bool:
    """Whether a position is one that the agent may be teleported to."""
    grid = settings.grid_size_m
    return not settings.snap_to_grid or all(abs(_on_grid(v, grid) - v) <= ON_GRID_M for v in position[::2])


def _on_grid(value: float, grid_m: float) -> float:
    return round(round(value / grid_m) * grid_m, 9)


def turned(world: ActionState, right: float, ahead: float) -> tuple[float, float]:
    """World (x, z) of a vector given in the agent's own frame; exact at multiples of 90 degrees."""
    quarter, rest = divmod(world.agent.yaw_deg, 90)
    sine, cosine = math.sin(math.radians(rest)), math.cos(math.radians(rest))
    for _ in range(int(quarter) % 4):
        sine, cosine = cosine, -sine
    return right * cosine + ahead * sine, ahead * cosine - right * sine


def standing_room(world: ActionState, target: Point3) -> str | None:
    """What the agent's capsule would touch at a place, or None: an id, or `Structure` outside every room."""
    if world.house is None or not in_a_room(world.house, np.array([target[::2]]))[0]:
        return "Structure"
    return _touched(world, np.array([target[::2]]))


def on_the_way(world: ActionState, start: Point3, end: Point3) -> str | None:
    """What stops the agent's capsule between two places, or None.

    The capsule is tried at steps of at most `MAX_STEP_M`, as reachable positions are found.
    """
    first, last = np.array(start[::2]), np.array(end[::2])
    steps = max(1, math.ceil(float(np.linalg.norm(last - first)) / MAX_STEP_M - 1e-9))
    points = first + (np.arange(1, steps + 1) / steps)[:, None] * (last - first)
    touched = _touched(world, points)
    if touched is None and world.house is not None and not in_a_room(world.house, points).all():
        return "Structure"
    return touched


def _touched(world: ActionState, points: np.ndarray) -> str | None:
    """The first thing that the capsule touches at any of the points, in their order."""
    radius, height = body_of(world)
    boxes, names = obstacles(world, height)
    clearance = disc_clearance(points, boxes)
    hit = np.argwhere(clearance < radius - _TOUCHING_M)
    if not len(hit):
        return None
    point, nearest = hit[0][0], int(clearance[hit[0][0]].argmin())
    name = names[nearest]
    return name if name or world.house is None else nearest_wall(world.house, points[point])


def obstacles(world: ActionState, height_m: float) -> tuple[Boxes, list[str]]:
    """Everything between ankle and head, with the ids; walls have none."""
    boxes, owners = world.scene.boxes()
    ids = [body.id for body in world.scene]
    names = [ids[owner] for owner in owners] + [""] * len(world.scene.walls)
    everything = concatenate([boxes, world.scene.walls])
    rows = np.flatnonzero((everything.top > STEP_OVER_M) & (everything.bottom < height_m))
    return everything.select(rows), [names[row] for row in rows]


def held_in_the_way(world: ActionState, agent: Agent) -> str | None:
    """What that which is in the hand would penetrate if the agent were so, or None."""
    for held in replace(world, agent=agent).held_bodies():
        if (overlap_depth(held.boxes, world.scene.obstacles(held.hull)) > CONTACT_M).any():
            others = (other.id for other in world.scene if _meet(held.boxes, other.boxes))
            return next(others, "Structure")
    return None


def held_on_the_way(world: ActionState, agents: Iterable[Agent]) -> str | None:
    """The first thing that what is held would penetrate if the agent went through these poses, or None."""
    if not world.hand:
        return None
    return next((name for agent in agents if (name := held_in_the_way(world, agent)) is not None), None)


def _meet(first: Boxes, second: Boxes) -> bool:
    return bool((overlap_depth(first, second) > CONTACT_M).any())


def refuse_outside(world: ActionState, position: Point3, message: str) -> None:
    """ActionFailed with the message unless the scene's bounds contain the position."""
    if position not in scene_bounds(world.house):
        raise ActionFailed(message)


def vector_text(vector: Point3, digits: int = 4) -> str:
    """A vector as AI2-THOR writes it into messages."""
    return "(" + ", ".join(f"{value + 0.0:.{digits}f}" for value in vector) + ")"
