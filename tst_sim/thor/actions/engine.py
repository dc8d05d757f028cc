"""Doing actions: the one place that turns an action and its arguments into an event's metadata."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tst_sim.thor.actions import (
    appearance,
    cameras,
    expert,
    hands,
    held,
    houses,
    locobot,
    movement,
    navigation,
    objects,
    placing,
    raycast,
    session,
    spawning,
    states,
    visibility_queries,
)
from tst_sim.thor.actions.action_state import ActionState
from tst_sim.thor.actions.dispatch import Action, ActionFailed, call_action
from tst_sim.thor.actions.metadata import Describer

FAMILIES = (
    session,
    houses,
    movement,
    navigation,
    expert,
    cameras,
    raycast,
    visibility_queries,
    objects,
    states,
    hands,
    held,
    placing,
    spawning,
    appearance,
)
ACTIONS: Mapping[str, Action] = {name: action for family in FAMILIES for name, action in family.ACTIONS.items()}
"""AI2-THOR's action name -> the function that does it to a world, for the default agent."""
LOCOBOT_ACTIONS: Mapping[str, Action] = {
    **{name: action for name, action in ACTIONS.items() if name not in locobot.WITHOUT},
    **locobot.ACTIONS,
}
SECONDS_PER_ACTION = 0.02
"""An event's `currentTime` rises by it: no clock is read."""


class ActionEngine:
    """One world and the actions on it. Not thread-safe; deterministic."""

    def __init__(self) -> None:
        self.world = ActionState()
        self._describer = Describer()
        self._done = 0

    def clear(self) -> None:
        """An empty procedural scene."""
        self.run("Reset", {})

    def run(self, action: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Do one action; the event's metadata, whatever happens. A failed action leaves the world as it was."""
        outcome: dict[str, Any] = {"actionReturn": None, "errorCode": None, "errorMessage": ""}
        collided: tuple[str, ...] = ()
        described = None
        with np.errstate(all="ignore"):  # infinities from far away are no failure
            try:
                described = self._done_to_the_world(action, arguments, outcome)
            except ActionFailed as failure:
                outcome.update(errorMessage=str(failure) or "The action failed.", errorCode=failure.code)
                collided = failure.collided
            except Exception as error:  # whatever the client sent, it gets an event
                outcome.update(errorMessage=_fault(error), actionReturn=None)
            described = described or self._describer.event(self.world)
        self._done += 1
        outcome.update(
            lastAction=str(action),
            lastActionSuccess=not outcome["errorMessage"],
            collided=bool(collided),
            collidedObjects=list(collided),
            currentTime=round(self._done * SECONDS_PER_ACTION, 2),
        )
        return {**described, **outcome}

    def _done_to_the_world(self, action: Any, arguments: Mapping[str, Any], outcome: dict[str, Any]) -> dict[str, Any]:
        """The description of the world after the action; a world that cannot be described does not come to be."""
        world = self.world.copy()
        actions = LOCOBOT_ACTIONS if world.is_locobot else ACTIONS
        outcome["actionReturn"] = call_action(actions, world, str(action), arguments)
        described = self._describer.event(world)
        self.world = world
        return described


def _fault(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error}. trace: {Path(place.filename).name}, line {place.lineno}"
