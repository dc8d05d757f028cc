"""A controller in process: `step` and `reset` as AI2-THOR's client has them, over `ActionEngine`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tst_sim.thor.actions.engine import ActionEngine


@dataclass(frozen=True)
class Event:
    """What an action led to; true when it succeeded."""

    metadata: dict[str, Any]

    def __bool__(self) -> bool:
        return bool(self.metadata["lastActionSuccess"])


class InProcessController:
    """Answers the house generator in the place of an `ai2thor.controller.Controller`."""

    def __init__(self) -> None:
        self.engine = ActionEngine()
        self.last_event = self.step("Pass")

    def reset(self, scene: str | Mapping[str, Any] | None = None, **settings: Any) -> Event:
        """An empty scene, or the house whose JSON is given."""
        self.engine.clear()
        if isinstance(scene, Mapping):
            return self.step("CreateHouse", house=scene, raise_for_failure=True)
        return self.step("Initialize", **settings)

    def step(self, action: str | Mapping[str, Any] | None = None, **arguments: Any) -> Event:
        """Do an action, given by name or as a dict with the key `action`.

        Raises ValueError where AI2-THOR's client does (no such action, wrong arguments), and
        RuntimeError on any other failure when `raise_for_failure` is set.
        """
        if isinstance(action, Mapping):
            arguments = {**action, **arguments}
            action = arguments.get("action")
        metadata = self.engine.run(str(action), arguments)
        self.last_event = Event(metadata)
        if metadata["errorCode"] is not None:
            raise ValueError(metadata["errorMessage"])
        if not self.last_event and arguments.get("raise_for_failure"):
            raise RuntimeError(metadata["errorMessage"])
        return self.last_event

    def stop(self) -> None:
        """Nothing runs, so nothing has to be stopped."""
