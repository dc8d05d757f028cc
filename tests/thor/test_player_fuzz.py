"""Whatever is sent, in any order: the player answers, its frames have their colors, and a failure changes nothing."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.thor.two_rooms_client import HOUSE, start_player
from tst_sim.randomness import rng_for
from tst_sim.thor.actions.engine import ACTIONS

STEPS = 2000
SENT_BY_THE_CLIENT = ("Reset", "Initialize")
"""Left to `reset`: between them the client keeps a state of its own."""
RARELY = ("ChangeResolution", "CreateHouse", "GetHouseFromTemplate", "PositionsFromWhichItemIsInteractable")
UNKNOWN = ("Fly", "", "passs", "GetArmJoints", "Quit")
BAD: tuple[Any, ...] = (None, -1, 1e30, "", "nobody|1|2", [], {}, [1, "two"], {"x": "one"}, True, 10**12)
VECTORS = ("position", "rotation", "initialPosition", "handPosition", "origin", "destination", "target")
CHANGES = ({"stateChange": "openable", "isOpen": True}, {"stateChange": "dirtyable", "isDirty": False})
LIQUIDS = ("coffee", "water", "wine")
LISTS_OF_IDS = ("objectIds", "receptacleObjectIds")


@pytest.fixture
def controller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    images = ("renderInstanceSegmentation", "renderSemanticSegmentation", "renderDepthImage")
    controller = start_player(width=64, height=64, **dict.fromkeys(images, True))
    try:
        yield controller
    finally:
        controller.stop()


def test_two_thousand_random_actions(controller):
    rng = rng_for(0, "fuzz")
    outcomes = {"success": 0, "soft": 0, "refused": 0}
    state = state_of(controller.step("Pass"))
    for _ in range(STEPS):
        action, arguments = random_action(rng, controller.last_event.metadata)
        try:
            event = controller.step({"action": action, **arguments})
        except ValueError:
            outcomes["refused"] += 1
            event = controller.last_event
            assert event.metadata["errorCode"], (action, arguments)
        else:
            outcomes["success" if event else "soft"] += 1
        if event.metadata["lastActionSuccess"]:
            state = state_of(event)
        else:
            assert event.metadata["errorMessage"], (action, arguments)
            assert state_of(event) == state, (action, arguments, event.metadata["errorMessage"])
        assert event.instance_segmentation_frame is not None, (action, arguments, event.metadata["errorMessage"])
        assert unnamed_colors(event) == set(), (action, arguments)
        if rng.random() < 0.02:
            controller.reset(scene=HOUSE)
            state = state_of(controller.step("Pass"))
    assert min(outcomes.values()) > STEPS / 20, outcomes


def state_of(event) -> str:
    """Everything an action could have changed, as text."""
    metadata = event.metadata
    kept = ("agent", "objects", "thirdPartyCameras", "inventoryObjects", "heldObjectPose", "fov", "screenWidth")
    return json.dumps({key: metadata.get(key) for key in kept}, sort_keys=True)


def unnamed_colors(event) -> set[tuple[int, int, int]]:
    """Colors of the agent's id image that no entry explains; background is blue."""
    named = {tuple(color) for color in event.color_to_object_id} | {(0, 0, 255)}
    return {tuple(row) for row in np.unique(event.instance_segmentation_frame.reshape(-1, 3), axis=0).tolist()} - named


def random_action(rng: np.random.Generator, metadata: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """An action by name with arguments that are right, wrong, missing or too many."""
    if rng.random() < 0.03:
        return str(rng.choice(UNKNOWN)), {}
    names = sorted(set(ACTIONS) - set(SENT_BY_THE_CLIENT))
    action = str(rng.choice(names))
    if action in RARELY and rng.random() < 0.8:
        action = "MoveAhead"
    _, *parameters = inspect.signature(ACTIONS[action]).parameters.values()
    arguments: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        required = parameter.default is parameter.empty
        if rng.random() < (0.95 if required else 0.3):
            arguments[parameter.name] = random_value(rng, parameter, metadata)
    if rng.random() < 0.03:
        arguments["notAnArgument"] = 1
    if action == "ChangeResolution":
        arguments = {"x": int(rng.choice([64, 96])), "y": int(rng.choice([64, 48]))}
    return action, arguments


def random_value(rng: np.random.Generator, parameter: inspect.Parameter, metadata: Mapping[str, Any]) -> Any:
    if rng.random() < 0.12:
        return BAD[int(rng.integers(len(BAD)))]
    ids = [item["objectId"] for item in metadata["objects"]] or ["none|0"]
    kind = str(parameter.annotation)
    if parameter.name in LISTS_OF_IDS:
        return [str(name) for name in rng.choice(ids, min(3, len(ids)), replace=False)]
    if parameter.name == "SetObjectStates":
        return CHANGES[int(rng.integers(len(CHANGES)))]
    if parameter.name == "fillLiquid":
        return str(rng.choice(LIQUIDS))
    if parameter.name in VECTORS:
        return {"x": float(rng.uniform(0, 8)), "y": float(rng.choice([0.0, 0.9, 0.901])), "z": float(rng.uniform(0, 5))}
    if "bool" in kind:
        return bool(rng.random() < 0.5)
    if "int" in kind and "float" not in kind:
        return int(rng.integers(-1, 8))
    if "float" in kind:
        return float(rng.choice([0.0, 0.25, 0.5, 1.0, 30.0, 90.0]))
    return str(rng.choice(ids))
