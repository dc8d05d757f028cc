"""AI2-THOR's actions, answered in process from placement geometry: no rendering, no Unity.

`ActionEngine` is the player's side: a dispatch table from action name to method, arguments matched
by name, failures reported in the event. `InProcessController` is the client's side: `step` and
`reset` as `ai2thor.controller.Controller` has them. The house generator talks to the latter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tst_sim.assets import asset_table
from tst_sim.embedded.dispatch import ActionFailed, call_action
from tst_sim.embedded.object_metadata import object_metadata, xyz
from tst_sim.errors import UserError
from tst_sim.houses import House, Point3
from tst_sim.placement.body import Body
from tst_sim.placement.freespace import inside_polygon, obstacles_on_foot, reachable_positions, stands_free
from tst_sim.placement.geometry_export import part_meshes
from tst_sim.placement.scene import PlacementScene
from tst_sim.placement.settle import settled, settled_scene
from tst_sim.placement.spawn import spawn_on
from tst_sim.randomness import rng_for

STANDING_Y_M = 0.901
"""y of a standing agent on the floor, as AI2-THOR reports it."""
HORIZON_RANGE_DEG = (-30.0, 60.0)


class ActionEngine:
    """The state of one scene and the actions on it. Not thread-safe; deterministic."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """An empty procedural scene, as after AI2-THOR's Reset."""
        self.house: House | None = None
        self.scene = PlacementScene()
        self.openness: dict[str, float] = {}
        self.filter: frozenset[str] | None = None
        self.agent_position: Point3 = (0.0, STANDING_Y_M, 0.0)
        self.agent_yaw_deg = 0.0
        self.agent_horizon_deg = 0.0
        self.agent_standing = True
        self.cameras: list[dict[str, Any]] = []
        self._metadata: dict[str, tuple[Body, dict[str, Any]]] = {}

    def run(self, action: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Do one action; the event's metadata, whatever happens."""
        outcome: dict[str, Any] = {"actionReturn": None, "errorCode": None, "errorMessage": ""}
        try:
            outcome["actionReturn"] = call_action(ACTIONS, self, action, arguments)
        except ActionFailed as failure:
            outcome.update(errorMessage=str(failure), errorCode=failure.code)
        return {
            **outcome,
            "lastAction": action,
            "lastActionSuccess": not outcome["errorMessage"],
            "sceneName": "Procedural",
            "agent": self._agent(),
            "thirdPartyCameras": list(self.cameras),
            "objects": self._objects(),
        }

    def _agent(self) -> dict[str, Any]:
        return {
            "name": "agent",
            "position": xyz(self.agent_position),
            "rotation": xyz((0.0, self.agent_yaw_deg, 0.0)),
            "cameraHorizon": self.agent_horizon_deg,
            "isStanding": self.agent_standing,
        }

    def _objects(self) -> list[dict[str, Any]]:
        return [self._object(body) for body in self.scene if self.filter is None or body.id in self.filter]

    def _object(self, body: Body) -> dict[str, Any]:
        remembered = self._metadata.get(body.id)
        if remembered is None or remembered[0] is not body:
            remembered = (body, object_metadata(body, self.openness.get(body.id)))
            self._metadata[body.id] = remembered
        return remembered[1]

    def _body(self, object_id: str) -> Body:
        if object_id not in self.scene:
            raise ActionFailed(f"Object ID appears to be invalid: {object_id}")
        return self.scene[object_id]

    # The actions. Argument names are AI2-THOR's.

    def pass_(self) -> None:
        """Nothing happens."""

    def initialize(self, **settings: Any) -> dict[str, float]:
        """Accepts every setting; the camera planes are all that is answered."""
        return {"cameraNearPlane": 0.1, "cameraFarPlane": 20.0}

    def set_random_seed(self, seed: int) -> None:
        """Nothing here draws without a seed of its own, so there is nothing to set."""

    def create_house(self, house: Mapping[str, Any]) -> None:
        """Load a house JSON and let it settle."""
        try:
            self.house = House.from_json(house, name="in-process")
        except UserError as error:
            raise ActionFailed(f"Exception creating house. {error}") from error
        self.scene = settled_scene(self.house)
        self.openness = {item.id: item.openness for item, _ in self.house.all_objects() if item.openness is not None}

    def set_object_filter(self, objectIds: list[str]) -> None:
        """Only these objects appear in the metadata from now on."""
        self.filter = frozenset(objectIds)

    def reset_object_filter(self) -> None:
        """All objects appear in the metadata again."""
        self.filter = None

    def spawn_asset(
        self, assetId: str, generatedId: str, position: Mapping[str, float] | None = None,
        rotation: Mapping[str, float] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """An asset with the centre of its box at the position; it stays there until an action moves it."""
        if assetId not in asset_table():
            raise ActionFailed(f"No asset with the id {assetId}")
        if generatedId in self.scene:
            raise ActionFailed(f"An object with the id {generatedId} exists already")
        body = Body(generatedId, assetId, _point(position or {}), _point(rotation or {}))
        self.scene.put(body)
        half = body.hull.half[0]
        return {"id": generatedId, "worldSpaceCenter": xyz(body.position), "radius": float((half @ half) ** 0.5)}

    def get_in_scene_asset_geometry(
        self, objectId: str, triangles: bool = False, uv: bool = False, normals: bool = False
    ) -> list[dict[str, Any]]:
        """The collision parts as world-space meshes, one for each part."""
        return part_meshes(self._body(objectId), triangles)

    def open_object(self, objectId: str, openness: float = 1.0, forceAction: bool = False) -> None:
        """Remember how far it is open, 0 to 1; its box stays the asset's."""
        body = self._body(objectId)
        if "CanOpen" not in body.asset.secondary_properties:
            raise ActionFailed(f"{objectId} is not an Openable object")
        if not 0 <= openness <= 1:
            raise ActionFailed(f"openness must be in [0, 1], got {openness}")
        self.openness[objectId] = float(openness)
        self._metadata.pop(objectId, None)

    def initial_random_spawn(
        self, randomSeed: int = 0, objectIds: list[str] | None = None, receptacleObjectIds: list[str] | None = None,
        forceVisible: bool = False, allowFloor: bool = False, allowMoveable: bool = False,
        numPlacementAttempts: int = 5, placeStationary: bool = True,
    ) -> None:  # fmt: skip
        """Each object onto a surface of one of the receptacles, tried in the order given.

        Closed receptacles count as well, as they do in AI2-THOR. Of the settings only the seed and the
        two lists matter: objects always end up at rest, and how often a place is tried is fixed.
        """
        receptacles = [self.scene[name] for name in _named_receptacles(receptacleObjectIds or []) if name in self.scene]
        for object_id in objectIds or []:
            body = self._body(object_id)
            rng = rng_for(randomSeed, "spawn", object_id)
            for receptacle in receptacles:
                placed = spawn_on(self.scene, body, receptacle, rng)
                if placed is not None:
                    self.scene.put(placed)
                    break
            else:
                raise ActionFailed(f"No valid positions to spawn {object_id} in the receptacles given")

    def disable_object(self, objectId: str) -> None:
        """Take the object out of the scene."""
        self.scene.remove(self._body(objectId).id)

    def advance_physics_step(self, timeStep: float = 0.02, allowAutoSimulation: bool = False) -> None:
        """Objects are at rest after a step, whatever its length: the house settled when it was made."""
        for body in [body for body in self.scene if not body.upright]:
            self.scene.put(settled(self.scene, body))

    def teleport_full(
        self, rotation: Mapping[str, float], horizon: float, standing: bool,
        position: Mapping[str, float] | None = None,
        x: float | None = None, y: float | None = None, z: float | None = None, forceAction: bool = False,
    ) -> None:  # fmt: skip
        """Put the agent somewhere; it must stand free inside a room."""
        target = _point(position) if position is not None else (x or 0.0, y or 0.0, z or 0.0)
        low, high = HORIZON_RANGE_DEG
        if not low <= horizon <= high:
            raise ActionFailed(f"horizon must be in [{low:g}, {high:g}], got {horizon:g}")
        if not forceAction and not self._stands_free(target):
            raise ActionFailed("Collided with static structure. Unable to teleport.")
        self.agent_position = (target[0], STANDING_Y_M, target[2])
        self.agent_yaw_deg = float(rotation.get("y", 0.0)) % 360
        self.agent_horizon_deg, self.agent_standing = float(horizon), bool(standing)

    def teleport(
        self, position: Mapping[str, float] | None = None, rotation: Mapping[str, float] | None = None,
        horizon: float | None = None, standing: bool | None = None, forceAction: bool = False,
    ) -> None:  # fmt: skip
        """As TeleportFull; what is not given stays as it is."""
        self.teleport_full(
            rotation=rotation if rotation is not None else {"y": self.agent_yaw_deg},
            horizon=self.agent_horizon_deg if horizon is None else horizon,
            standing=self.agent_standing if standing is None else standing,
            position=position if position is not None else xyz(self.agent_position),
            forceAction=forceAction,
        )

    def _stands_free(self, target: Point3) -> bool:
        if self.house is None:
            return False
        point = np.array([[target[0], target[2]]])
        in_a_room = any(inside_polygon(point, room.floor_polygon)[0] for room in self.house.rooms)
        return in_a_room and bool(stands_free(point, obstacles_on_foot(self.scene))[0])

    def get_reachable_positions(
        self, maxStepCount: int = 10_000, directionsRelativeAgent: bool = False, gridSize: float = 0.25
    ) -> list[dict[str, float]]:
        """Grid points that the agent can walk to from where it stands."""
        if self.house is None:
            raise ActionFailed("There is no house: CreateHouse first")
        start = (self.agent_position[0], self.agent_position[2])
        points = reachable_positions(self.house, self.scene, start, gridSize)
        if len(points) > maxStepCount:
            raise ActionFailed("Too many steps taken in GetReachablePositions.")
        return [xyz((float(x), STANDING_Y_M, float(z))) for x, z in points]

    def add_third_party_camera(
        self, position: Mapping[str, float], rotation: Mapping[str, float], fieldOfView: float = 90.0, **settings: Any
    ) -> None:
        """Remembers the camera; this engine draws nothing."""
        if not 0 < fieldOfView < 180:
            raise ActionFailed(f"fov must be in (0, 180), got {fieldOfView:g}")
        camera = {"thirdPartyCameraId": len(self.cameras), "position": xyz(_point(position))}
        self.cameras.append({**camera, "rotation": xyz(_point(rotation)), "fieldOfView": float(fieldOfView)})


ACTIONS: Mapping[str, Callable[..., Any]] = {
    "AddThirdPartyCamera": ActionEngine.add_third_party_camera,
    "AdvancePhysicsStep": ActionEngine.advance_physics_step,
    "CreateHouse": ActionEngine.create_house,
    "DisableObject": ActionEngine.disable_object,
    "Done": ActionEngine.pass_,
    "GetInSceneAssetGeometry": ActionEngine.get_in_scene_asset_geometry,
    "GetReachablePositions": ActionEngine.get_reachable_positions,
    "InitialRandomSpawn": ActionEngine.initial_random_spawn,
    "Initialize": ActionEngine.initialize,
    "OpenObject": ActionEngine.open_object,
    "Pass": ActionEngine.pass_,
    "ResetObjectFilter": ActionEngine.reset_object_filter,
    "SetObjectFilter": ActionEngine.set_object_filter,
    "SetRandomSeed": ActionEngine.set_random_seed,
    "SpawnAsset": ActionEngine.spawn_asset,
    "Teleport": ActionEngine.teleport,
    "TeleportFull": ActionEngine.teleport_full,
}
"""AI2-THOR's action name -> the method that answers it."""


def _named_receptacles(ids: list[str]) -> list[str]:
    """The ids without those that only begin like an earlier one.

    procthor asks for every id that starts with the receptacle's, so `2|1` also brings `2|10`.
    """
    return [
        name
        for name in ids
        if not any(name != other and name.startswith(other) and name[len(other)].isdigit() for other in ids)
    ]


def _point(value: Mapping[str, float]) -> Point3:
    return (float(value.get("x", 0.0)), float(value.get("y", 0.0)), float(value.get("z", 0.0)))
