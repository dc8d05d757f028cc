"""Free space as Unity's agent has it: our free space near positions that it can reach."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial import KDTree

from tst_sim.errors import SimulatorDied, UserError
from tst_sim.houses import House
from tst_sim.simulator import FreeSpace
from tst_sim.thor.client import Client

GRID_M = 0.25
"""AI2-THOR's grid, the step between the positions that it lists."""
STARTS = 8
FEET_TO_AGENT_M = 0.95
"""Height from which AI2-THOR lets an agent settle onto the floor."""


def near_reachable(space: FreeSpace, client: Client, house: House) -> FreeSpace:
    """The points within one grid step of a reachable position; UserError when the agent can stand nowhere."""
    reachable = reachable_positions(space, client, house)
    distances, _ = KDTree(reachable).query(space.positions_m[:, [0, 2]])
    kept = np.asarray(distances) <= GRID_M
    return replace(
        space,
        positions_m=space.positions_m[kept],
        room_ids=tuple(room for room, ok in zip(space.room_ids, kept) if ok),
        clearance_m=space.clearance_m[kept],
    )


def reachable_positions(space: FreeSpace, client: Client, house: House) -> np.ndarray:
    """(n, 2) x and z that the agent can walk to from the roomiest place where it can stand."""
    refusal = "there is no free floor"
    for index in np.argsort(-space.clearance_m, kind="stable")[:STARTS]:
        x, _, z = (float(value) for value in space.positions_m[index])
        try:
            client.step(
                "TeleportFull",
                position={"x": x, "y": FEET_TO_AGENT_M, "z": z},
                rotation={"x": 0.0, "y": 0.0, "z": 0.0},
                horizon=0.0,
                standing=True,
                renderImage=False,
            )
            found = client.step("GetReachablePositions", gridSize=GRID_M, renderImage=False)
        except SimulatorDied:
            raise
        except UserError as error:
            refusal = str(error)
            continue
        positions = found.metadata["actionReturn"]
        if positions:
            return np.array([(place["x"], place["z"]) for place in positions])
    raise UserError(f"house {house.name}: AI2-THOR's agent can stand nowhere in it ({refusal})")
