"""Doing actions: the one place that turns an action and its arguments into an event's metadata."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tst_sim.embedded.actions import cameras, houses, movement, navigation, objects, session, sight, spawning
from tst_sim.embedded.actions.dispatch import ActionFailed, call_action
from tst_sim.embedded.actions.metadata import Describer
from tst_sim.embedded.actions.world import World

FAMILIES = (session, houses, movement, navigation, cameras, sight, objects, spawning)
ACTIONS: Mapping[str, Callable[..., Any]] = {
    name: action for family in FAMILIES for name, action in family.ACTIONS.items()
}
"""AI2-THOR's action name -> the function that does it to a world."""


class ActionEngine:
    """One world and the actions on it. Not thread-safe; deterministic."""

    def __init__(self) -> None:
        self.world = World()
        self._describer = Describer()

    def clear(self) -> None:
        """An empty procedural scene."""
        self.run("Reset", {})

    def run(self, action: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Do one action; the event's metadata, whatever happens. A failed action leaves the world as it was."""
        outcome: dict[str, Any] = {"actionReturn": None, "errorCode": None, "errorMessage": ""}
        world = self.world.copy()
        try:
            outcome["actionReturn"] = call_action(ACTIONS, world, action, arguments)
            self.world = world
        except ActionFailed as failure:
            outcome.update(errorMessage=str(failure), errorCode=failure.code)
        except Exception as error:  # whatever the client sent, it gets an event
            outcome.update(errorMessage=_fault(error))
        outcome.update(lastAction=action, lastActionSuccess=not outcome["errorMessage"])
        return {**self._describer.event(self.world), **outcome}


def _fault(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error}. trace: {Path(place.filename).name}, line {place.lineno}"
