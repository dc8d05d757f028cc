"""The player's session: actions are run, renderers draw, and the answer is packed into a message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tst_sim.embedded.simulator import ENGINE_VERSION
from tst_sim.errors import UserError
from tst_sim.modalities import Frame
from tst_sim.thor.actions.agent_metadata import ENGINE_KEY
from tst_sim.thor.actions.engine import ActionEngine
from tst_sim.thor.player.packs import Drawn
from tst_sim.thor.player.pictures import OF_A_CAMERA, OF_THE_AGENT, encode
from tst_sim.thor.player.transport import Message, Picture, Transport
from tst_sim.thor.player.world_renderer import WorldRenderer

ORDER = ("rgb", "depth", "normal", "instance", "semantic")

QUERIES = frozenset(
    (
        "AssetInDatabase",
        "AssetsInDatabase",
        "GetApproxObjectMask",
        "GetAssetDatabase",
        "GetCoordinateFromRaycast",
        "GetInSceneAssetGeometry",
        "GetInteractablePoses",
        "GetMapViewCameraProperties",
        "GetMaterials",
        "GetObjectInFrame",
        "GetReachablePositions",
        "GetScenesInBuild",
        "GetShortestPath",
        "GetShortestPathToPoint",
        "GetSpawnCoordinatesAboveReceptacle",
        "GetVisibilityPoints",
        "GetVisibleObjects",
        "ObjectNavExpertAction",
        "ObjectTypeToObjectIds",
        "ObjectsVisibleFromThirdPartyCamera",
        "PerformRaycast",
        "PositionsFromWhichItemIsInteractable",
        "ProportionOfObjectVisible",
    )
)
"""Actions that only ask: their answer may be sent as a patch of the event before."""
PATCHED = ("lastAction", "lastActionSuccess", "errorMessage", "errorCode", "actionReturn")


@dataclass(frozen=True)
class RenderRequest:
    """The modalities that an event carries, of the agent's camera and of each third-party camera."""

    agent: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()


class Session:
    """One client's events. Never raises for what a client sends: every fault is a failed event."""

    def __init__(
        self, line: Transport, *, width: int, height: int, draws: bool = True, drawn: Drawn | None = None
    ) -> None:
        """`draws` false: no pictures; `drawn`: what things look like, by default the built-in shapes."""
        self._engine = ActionEngine()
        world = self._engine.world
        world.settings = replace(world.settings, width=width, height=height)
        self._renderer = WorldRenderer(drawn)
        self._draws = draws
        self._pack = line.pack
        self._sends_patches = line.supports_patches
        self._sent: tuple[RenderRequest, int] | None = None
        """What the client's last event shows: pictures, and the world's version."""
        self._told: Mapping[str, Any] = {}
        """The metadata of the last event that is no fault of ours."""
        self._sequence_id = 0

    def greet(self) -> Message:
        """The first event, which nobody asked for; it has no pictures, as nothing is there to see."""
        self._told = self._engine.run("Pass", {})
        return self._message(self._told, RenderRequest(), [])

    def answer(self, text: bytes) -> Message:
        """The event of an action given as JSON text."""
        try:
            arguments = _read(text)
        except Exception as error:  # RecursionError is no ValueError
            self._sequence_id += 1
            return self._failed("", f"the action is no JSON object: {type(error).__name__}: {error}")
        self._sequence_id = _sequence_id(arguments.get("sequenceId"))
        action = str(arguments.get("action"))
        try:
            return self._answer(action, arguments)
        except UserError as error:
            return self._failed(action, str(error))
        except Exception as error:  # whatever it is, the client gets an event and the player lives on
            return self._failed(action, f"{type(error).__name__}: {error}")

    def _answer(self, action: str, arguments: Mapping[str, Any]) -> Message:
        draws = self._draws and _is_on(arguments.get("renderImage"), True) and self._can_see(action)
        before = self._engine.world
        before.ray_caster = self._renderer
        self._renderer.set_world(before)
        try:
            metadata = self._engine.run(action, arguments)
            self._renderer.set_world(self._engine.world)
            request = self._request(arguments) if draws else RenderRequest()
            shown = (request, self._engine.world.version)
            if self._sends_patches and metadata["lastActionSuccess"] and action in QUERIES and shown == self._sent:
                patch = {"agentId": 0, **{key: metadata[key] for key in PATCHED}}
                return Message(self._pack(patch), is_patch=True)
            message = self._message(metadata, request, self._look(request) if draws else [])
        except Exception:
            self._engine.world = before  # what cannot be told or shown has not happened
            raise
        self._sent = shown if self._engine.world.settings.fast_emit else None
        self._told = metadata
        return message

    def _can_see(self, action: str) -> bool:
        """True with OpenGL. Without, questions are answered unseen, and for all else its UserError is raised."""
        try:
            self._renderer.open()
        except UserError:
            if action not in QUERIES:
                raise
            return False
        return True

    def _request(self, arguments: Mapping[str, Any]) -> RenderRequest:
        """As AI2-THOR decides it: the agent's ids come with classes too, a camera's with instances alone."""
        images = {"rgb", *self._engine.world.settings.images}
        if _is_on(arguments.get("renderInstanceSegmentation"), False):
            images.add("instance")
        of_agent = images | ({"instance"} if "semantic" in images else set())
        cameras = tuple(name for name in ORDER if name in images) if self._engine.world.cameras else ()
        return RenderRequest(tuple(name for name in ORDER if name in of_agent), cameras)

    def _look(self, request: RenderRequest) -> list[Frame]:
        world = self._engine.world
        wishes = [(world.agent_view(), _drawn(request.agent))]
        wishes += [(view, _drawn(request.cameras)) for view in world.cameras]
        return self._renderer.look(wishes)

    def _message(self, metadata: Mapping[str, Any], request: RenderRequest, frames: list[Frame]) -> Message:
        labels = self._renderer.labels
        colors = labels.colors if "instance" in request.agent else None
        agent = {
            **metadata,
            "colors": colors,
            ENGINE_KEY: {**metadata[ENGINE_KEY], "engine": ENGINE_VERSION, **self._renderer.facts},
        }
        whole = {
            "agents": [agent],
            "thirdPartyCameras": metadata["thirdPartyCameras"],
            "activeAgentId": 0,
            "sequenceId": self._sequence_id,
        }
        pictures: list[tuple[Picture, bytes]] = []
        for index, frame in enumerate(frames):
            names, kinds = (request.cameras, OF_A_CAMERA) if index else (request.agent, OF_THE_AGENT)
            pictures += [(kinds[name], encode(name, frame, labels)) for name in names]
        return Message(self._pack(whole), pictures)

    def _failed(self, action: str, message: str) -> Message:
        """A failed event without pictures; the world is as it was."""
        self._sent = None
        failure = {"lastAction": action, "lastActionSuccess": False, "errorMessage": message, "errorCode": None}
        return self._message({**self._told, "actionReturn": None, **failure}, RenderRequest(), [])


def _read(text: bytes) -> dict[str, Any]:
    arguments = json.loads(text)
    if not isinstance(arguments, dict):
        raise ValueError(f"got {type(arguments).__name__}")
    return arguments


def _sequence_id(value: Any) -> int:
    """The number that the client counts its actions with; 0 for what is none."""
    return value if isinstance(value, int) and 0 <= value < 2**63 else 0


def _is_on(value: Any, otherwise: bool) -> bool:
    return otherwise if value is None else bool(value)


def _drawn(names: tuple[str, ...]) -> tuple[str, ...]:
    """The modalities to draw: class images are made of the instances."""
    return tuple(dict.fromkeys("instance" if name == "semantic" else name for name in names))
