"""Houses from the real ProcTHOR generator with an AI2-THOR player answering its questions, through the real client."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from generators.sources.procthor_source import ProcthorSource
from tst_sim.errors import UserError
from tst_sim.houses import House
from tst_sim.thor.client import Client
from tst_sim.thor.config import ThorConfig
from tst_sim.thor.house_upgrade import upgraded

SCENE = "Procedural"
PIXELS = {"width": 300, "height": 300}
"""The least that AI2-THOR's client does not ask for in a step of its own; no picture is ever drawn."""
NO_PICTURES = {"renderImage": False}


class ProcthorThorSource(ProcthorSource):
    """As `ProcthorSource`, only that AI2-THOR says what fits where. With our own player, the same houses.

    The player starts with the first house. SimulatorDied when it dies; the next house starts another.
    """

    name = "procthor-thor"

    def __init__(self, split: str = "train", config: ThorConfig | None = None, number: int = 0) -> None:
        """`number` is the worker's, by which several GPUs are shared out."""
        super().__init__(split)
        self._config = config or ThorConfig()
        self._controller = PlayerAnswers(self._config, number)

    @property
    def identity(self) -> Mapping[str, Any]:
        """What the houses depend on: procthor's stack, the client, and which player answers."""
        player = {key: value for key, value in self._config.identity().items() if key != "unknown_labels"}
        return {**super().identity, "thor": {**player, "ai2thor": version("ai2thor")}}

    def start(self) -> None:
        """Start the player if none runs. UserError when it cannot be started on this machine."""
        self._controller.start()

    def close(self) -> None:
        """End the player; safe to call twice."""
        self._controller.stop()


class PlayerAnswers:
    """The part of `ai2thor.controller.Controller` that procthor uses, with a watchdog, and without pictures."""

    def __init__(self, config: ThorConfig, number: int) -> None:
        self._config, self._number = config, number
        self._client: Client | None = None

    def start(self) -> None:
        """Start the player if none runs, or if it died."""
        if self._client is None or self._client.is_closed:
            self._client = Client(self._config, self._number, scene=SCENE, **PIXELS)

    def reset(self, scene: str | Mapping[str, Any] | None = None, **settings: Any) -> Any:
        """An empty procedural scene, or a house."""
        return self._running().reset(scene or SCENE, **{**NO_PICTURES, **settings})

    def step(self, action: str | Mapping[str, Any] | None = None, **arguments: Any) -> Any:
        """The event of an action, given by name or as a dict with the key `action`; falsy when it failed."""
        if isinstance(action, Mapping):
            arguments = {**action, **arguments}
            action = arguments.pop("action", None)
        if action == "CreateHouse" and not self._config.own_player:
            arguments["house"] = _of_today(arguments["house"])
        return self._running().attempt(str(action), **{**NO_PICTURES, **arguments})

    def stop(self) -> None:
        """End the player; safe to call twice."""
        if self._client is not None:
            self._client.close()
        self._client = None

    def _running(self) -> Client:
        assert self._client is not None, "start() comes first"
        return self._client


def _of_today(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A house as procthor writes it, in the schema of AI2-THOR 5; what cannot be read is left to the player."""
    try:
        return upgraded(House.from_json(document, name="being made"))
    except UserError:
        return document
