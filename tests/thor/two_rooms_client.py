"""The real AI2-THOR client on our player, in the house of two rooms: what several tests of AI2-THOR's promises share.

Free floor is around (2.25, 2.0); there are a bed, a set table and a television.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HOUSE = json.loads((Path(__file__).parents[1] / "data" / "two_rooms_1.0.0.json").read_text())
HERE = {"position": {"x": 2.25, "y": 0.901, "z": 2.0}, "rotation": {"x": 0, "y": 0, "z": 0}}
POSE = {**HERE, "horizon": 0, "standing": True}
TABLE, BOWL, VASE, BAT, TELEVISION, BED = "3|0|0", "small|3|1", "small|3|0", "2|2", "3|1|1", "2|0"
OPEN_DOOR = "door|2|3"
SETTINGS = {
    "gridSize": 0.25,
    "snapToGrid": True,
    "agentMode": "default",
    "fastActionEmit": True,
    "fieldOfView": 90,
    "visibilityDistance": 1.5,
    "rotateStepDegrees": 90,
    "renderDepthImage": False,
    "renderNormalsImage": False,
    "renderInstanceSegmentation": False,
    "renderSemanticSegmentation": False,
}
"""The defaults, said aloud: the client remembers what earlier tests gave it."""


def start_player(**settings: Any) -> Any:
    """A controller whose player is ours; `stop` it."""
    from ai2thor.controller import Controller

    from tst_sim.thor import executable

    return Controller(local_executable_path=executable(), x_display=":0", scene=HOUSE, server_timeout=60, **settings)


def agent(event: Any) -> dict:
    return event.metadata["agent"]


def place(event: Any) -> tuple[float, float, float]:
    """Where the agent is."""
    return tuple(agent(event)["position"][axis] for axis in "xyz")


def thing(event: Any, object_id: str) -> dict:
    """The metadata of an object."""
    return next(item for item in event.metadata["objects"] if item["objectId"] == object_id)


def vector(x: float, y: float, z: float) -> dict[str, float]:
    return {"x": x, "y": y, "z": z}
