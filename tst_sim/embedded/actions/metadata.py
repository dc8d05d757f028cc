"""An event's metadata in AI2-THOR's schema."""

from __future__ import annotations

from typing import Any

from tst_sim.embedded.actions.object_metadata import object_metadata
from tst_sim.embedded.actions.world import Condition, World, xyz
from tst_sim.embedded.view import View
from tst_sim.placement.body import Body


class Describer:
    """Describes worlds; what it says of an object that did not change is remembered."""

    def __init__(self) -> None:
        self._remembered: dict[str, tuple[Body, Condition, dict[str, Any]]] = {}

    def event(self, world: World) -> dict[str, Any]:
        """Everything but how the last action went."""
        return {
            "sceneName": "Procedural",
            "screenWidth": world.settings.width,
            "screenHeight": world.settings.height,
            "agent": _agent(world),
            "thirdPartyCameras": [_camera(index, view) for index, view in enumerate(world.cameras)],
            "objects": [
                self._object(body, world.condition(body.id))
                for body in world.scene
                if world.filter is None or body.id in world.filter
            ],
        }

    def _object(self, body: Body, condition: Condition) -> dict[str, Any]:
        remembered = self._remembered.get(body.id)
        if remembered is None or remembered[0] is not body or remembered[1] is not condition:
            remembered = (body, condition, object_metadata(body, condition.openness))
            self._remembered[body.id] = remembered
        return remembered[2]


def _agent(world: World) -> dict[str, Any]:
    return {
        "name": "agent",
        "position": xyz(world.agent.position),
        "rotation": xyz((0.0, world.agent.yaw_deg, 0.0)),
        "cameraHorizon": world.agent.horizon_deg,
        "isStanding": world.agent.standing,
    }


def _camera(index: int, view: View) -> dict[str, Any]:
    return {
        "thirdPartyCameraId": index,
        "position": xyz(view.position_m),
        "rotation": xyz(view.rotation_deg),
        "fieldOfView": view.fov_deg,
    }
