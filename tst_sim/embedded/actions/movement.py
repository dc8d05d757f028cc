"""Actions that move the agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tst_sim.embedded.actions.dispatch import ActionFailed
from tst_sim.embedded.actions.world import STANDING_Y_M, World, point_of, xyz
from tst_sim.houses import Point3
from tst_sim.placement.freespace import inside_polygon, obstacles_on_foot, stands_free

HORIZON_RANGE_DEG = (-30.0, 60.0)


def teleport_full(
    world: World, rotation: Mapping[str, float], horizon: float, standing: bool,
    position: Mapping[str, float] | None = None,
    x: float | None = None, y: float | None = None, z: float | None = None, forceAction: bool = False,
) -> None:  # fmt: skip
    """Put the agent somewhere; it must stand free inside a room."""
    target = point_of(position) if position is not None else (x or 0.0, y or 0.0, z or 0.0)
    low, high = HORIZON_RANGE_DEG
    if not low <= horizon <= high:
        raise ActionFailed(f"horizon must be in [{low:g}, {high:g}], got {horizon:g}")
    if not forceAction and not stands_in_a_room(world, target):
        raise ActionFailed("Collided with static structure. Unable to teleport.")
    world.agent = replace(
        world.agent,
        position=(target[0], STANDING_Y_M, target[2]),
        yaw_deg=float(rotation.get("y", 0.0)) % 360,
        horizon_deg=float(horizon),
        standing=bool(standing),
    )


def teleport(
    world: World, position: Mapping[str, float] | None = None, rotation: Mapping[str, float] | None = None,
    horizon: float | None = None, standing: bool | None = None, forceAction: bool = False,
) -> None:  # fmt: skip
    """As TeleportFull; what is not given stays as it is."""
    agent = world.agent
    teleport_full(
        world,
        rotation=rotation if rotation is not None else {"y": agent.yaw_deg},
        horizon=agent.horizon_deg if horizon is None else horizon,
        standing=agent.standing if standing is None else standing,
        position=position if position is not None else xyz(agent.position),
        forceAction=forceAction,
    )


def stands_in_a_room(world: World, target: Point3) -> bool:
    """Whether the agent's capsule fits at the (x, z) of the target, inside a room."""
    if world.house is None:
        return False
    point = np.array([[target[0], target[2]]])
    in_a_room = any(inside_polygon(point, room.floor_polygon)[0] for room in world.house.rooms)
    return in_a_room and bool(stands_free(point, obstacles_on_foot(world.scene))[0])


ACTIONS = {"Teleport": teleport, "TeleportFull": teleport_full}
