"""What an event says beside the objects: the agent, its cameras, the scene, and how the last action went."""

from __future__ import annotations

from typing import Any

import numpy as np

from tst_sim import __version__
from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.thor.actions.action_state import HAND_M, ActionState, xyz
from tst_sim.thor.actions.bounds import Bounds
from tst_sim.thor.actions.visibility import camera_coordinates

ENGINE_KEY = "tstSim"
"""The key by which every event says that it is ours, and what its pictures depend on; no player of AI2's has it."""


def scene_metadata(world: ActionState, bounds: Bounds) -> dict[str, Any]:
    """Everything but the objects, `lastAction` and its outcome. The keys are those of the real schema and `tstSim`."""
    view = world.agent_view()
    return {
        ENGINE_KEY: {"version": __version__},
        "agentId": 0,
        "sceneName": "Procedural",
        "screenWidth": world.settings.width,
        "screenHeight": world.settings.height,
        "agent": _agent(world),
        "fov": world.settings.fov_deg,
        "cameraPosition": xyz(view.position_m),
        "cameraOrthSize": -1.0 if view.orthographic_size_m is None else view.orthographic_size_m,
        "thirdPartyCameras": [_camera(index, camera) for index, camera in enumerate(world.cameras)],
        "sceneBounds": bounds_metadata(bounds),
        "isSceneAtRest": True,
        "inventoryObjects": _inventory(world),
        "heldObjectPose": _hand(world),
        "arm": None,
        "depthFormat": "Meters",
        "colors": None,
        "colorBounds": None,
        "visibleRange": None,
        **_unused(),
    }


def _unused() -> dict[str, Any]:
    """Keys that AI2-THOR always sends and that none of the actions here fills."""
    lists = (
        "actionFloatsReturn",
        "actionStringsReturn",
        "actionVector3sReturn",
        "distances",
        "flatSurfacesOnGrid",
        "isOpenableGrid",
        "normals",
        "objectIdsInBox",
        "segmentedObjectIds",
    )
    return {"actionFloatReturn": 0.0, "actionIntReturn": 0, **{name: [] for name in lists}}


def _agent(world: ActionState) -> dict[str, Any]:
    return {
        "name": "agent",
        "position": xyz(world.agent.position),
        "rotation": xyz((0.0, world.agent.yaw_deg, 0.0)),
        "cameraHorizon": 90.0 if world.map_view else world.agent.horizon_deg,
        "isStanding": None if world.is_locobot else world.agent.standing,
        "inHighFrictionArea": False,
    }


def _camera(index: int, view: CameraSpec) -> dict[str, Any]:
    x, y, z = view.rotation_deg
    return {
        "thirdPartyCameraId": index,
        "position": xyz(view.position_m),
        "rotation": xyz((x % 360, y % 360, z % 360)),
        "fieldOfView": view.fov_deg,
    }


def bounds_metadata(bounds: Bounds) -> dict[str, Any]:
    """Corners (x high before low, then y, then z), centre and size."""
    corners = [
        [x, y, z]
        for x in (bounds.high[0], bounds.low[0])
        for y in (bounds.high[1], bounds.low[1])
        for z in (bounds.high[2], bounds.low[2])
    ]
    return {"cornerPoints": corners, "center": xyz(bounds.center), "size": xyz(bounds.size)}


def _inventory(world: ActionState) -> list[dict[str, str]]:
    """What is held; what lies in it is not named."""
    return [{"objectId": body.id, "objectType": body.asset.object_type} for body in world.hand[:1]]


def _hand(world: ActionState) -> dict[str, Any]:
    """Where the hand is, with what it holds; local to the camera."""
    held = world.held_bodies()
    place = held[0].position if held else world.hand_position()
    local = HAND_M
    if held and world.hand[0].position != (0.0, 0.0, 0.0):
        x, y, z = camera_coordinates(world.first_person_view(), np.array(place)).tolist()
        local = (x, y, z)
    return {
        "position": xyz(place),
        "rotation": xyz((0.0, world.agent.yaw_deg, 0.0)),
        "localPosition": xyz(local),
        "localRotation": xyz((-world.agent.horizon_deg % 360, 0.0, 0.0)),
    }
