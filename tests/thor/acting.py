"""An agent in the house of two rooms, and actions that must succeed or fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tst_sim.thor.actions.engine import ActionEngine

HOUSE = json.loads((Path(__file__).parents[1] / "data" / "two_rooms_1.0.0.json").read_text())
START = {"x": 2.25, "y": 0.901, "z": 2.0}
POSE = {"position": START, "rotation": {"x": 0, "y": 0, "z": 0}, "horizon": 0, "standing": True}
"""On free floor, looking along +z, the bed ahead."""
BED, PILLOW, TABLE, PLANT = "2|0", "2|0|1", "3|0|0", "2|1"


def engine_in_two_rooms() -> ActionEngine:
    """A fresh engine in the house, the agent at `POSE`."""
    engine = ActionEngine()
    step(engine, "Initialize")
    step(engine, "CreateHouse", house=HOUSE)
    step(engine, "TeleportFull", **POSE)
    return engine


def step(engine: ActionEngine, action: str, **arguments: Any) -> dict[str, Any]:
    """An action that must succeed."""
    event = engine.run(action, arguments)
    assert event["lastActionSuccess"], event["errorMessage"]
    return event


def failure(engine: ActionEngine, action: str, **arguments: Any) -> dict[str, Any]:
    """The event of an action that must fail and change nothing."""
    world, agent, cameras = engine.world, engine.world.agent, engine.world.cameras
    event = engine.run(action, arguments)
    assert not event["lastActionSuccess"] and event["errorMessage"] and event["actionReturn"] is None
    assert engine.world is world and world.agent == agent and world.cameras == cameras
    return event


def place(event: dict[str, Any]) -> tuple[float, float, float]:
    """The agent's position."""
    x, y, z = (event["agent"]["position"][axis] for axis in "xyz")
    return (x, y, z)
