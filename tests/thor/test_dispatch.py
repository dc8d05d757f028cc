"""AI2-THOR's dispatcher: which actions there are, and which arguments they take."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

import pytest

from tst_sim.thor.actions.dispatch import call_action
from tst_sim.thor.actions.engine import ActionEngine
from tst_sim.thor.actions.json_arguments import Unfit, fitted, type_name

NOWHERE = {"x": 0, "y": 0, "z": 0}


@pytest.fixture
def engine() -> ActionEngine:
    return ActionEngine()


def refused(engine: ActionEngine, action: Any, **arguments: Any) -> tuple[str | None, str]:
    """errorCode and errorMessage of an action that must fail and leave the world alone."""
    before = engine.world
    event = engine.run(action, arguments)
    assert not event["lastActionSuccess"] and event["errorMessage"] and event["actionReturn"] is None
    assert engine.world is before
    return event["errorCode"], event["errorMessage"]


def test_an_unknown_action_is_invalid_whatever_it_is(engine):
    assert refused(engine, "Fly") == ("InvalidAction", "Invalid action: Fly")
    assert refused(engine, "moveAhead") == ("InvalidAction", "Invalid action: moveAhead")
    for nonsense in (None, 7, "", ["Pass"], {"a": 1}, "__init__", "world"):
        assert refused(engine, nonsense)[0] == "InvalidAction"


def test_unknown_arguments_are_named_together_with_those_that_there_are(engine):
    code, message = refused(engine, "MoveAhead", magnitude=1, speeed=2)
    assert code == "InvalidArgument"
    assert message.startswith("\n\tAction: \"MoveAhead\" called with invalid arguments: 'magnitude', 'speeed'")
    assert "float moveMagnitude" in message and "\n\tYour arguments: 'magnitude', 'speeed'" in message
    assert "invalid argument: 'z'" in refused(engine, "Pass", z=1)[1]


def test_missing_arguments_are_listed_in_the_words_of_the_real_one(engine):
    assert refused(engine, "TeleportFull", position=NOWHERE) == (
        "MissingArguments",
        "action: TeleportFull is missing the following arguments: rotation,horizon,standing",
    )
    pose = {"rotation": NOWHERE, "horizon": 0, "standing": True}
    assert refused(engine, "TeleportFull", **pose)[1].endswith("following arguments: position")
    assert refused(engine, "TeleportFull", x=1, **pose)[1].endswith("following arguments: y,z")
    assert refused(engine, "AddThirdPartyCamera")[1].endswith("following arguments: position,rotation")


def test_a_value_of_the_wrong_type_is_shown_with_what_was_wanted(engine):
    code, message = refused(engine, "MoveAhead", moveMagnitude={"x": 1})
    assert code == "InvalidArgument"
    assert message == (
        'action: MoveAhead has an invalid argument: moveMagnitude (=={\n  "x": 1\n}). Cannot convert to: float'
    )
    assert refused(engine, "ChangeResolution", x="wide", y=3)[1].endswith("x (==wide). Cannot convert to: int")
    assert refused(engine, "ToggleMapView", forceAction=1)[0] == "InvalidArgument"
    assert refused(engine, "MoveAhead", forceAction=[1])[1].endswith("Cannot convert to: Boolean")
    assert refused(engine, "ChangeQuality", quality=[1])[1].endswith("Cannot convert to: String")
    assert refused(engine, "SetRandomSeed", seed=None)[1].endswith("Cannot convert to: int")


def test_a_number_where_a_vector_belongs_is_an_ordinary_failure(engine):
    assert refused(engine, "AddThirdPartyCamera", position=5, rotation=NOWHERE)[0] is None
    assert refused(engine, "SetObjectFilter", objectIds="2|0")[0] is None
    assert refused(engine, "AddThirdPartyCamera", position={"x": "far"}, rotation=NOWHERE)[0] is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e39, 10**400])
def test_numbers_that_are_not_finite_are_ordinary_failures(engine, value):
    code, message = refused(engine, "MoveAhead", moveMagnitude=value)
    assert code is None and "finite" in message
    assert refused(engine, "AddThirdPartyCamera", position={"x": value}, rotation=NOWHERE)[0] is None
    assert refused(engine, "ChangeResolution", x=value, y=1)[0] is None


def test_none_is_as_if_it_was_not_given(engine):
    assert engine.run("UpdateThirdPartyCamera", {"fieldOfView": None})["errorMessage"].startswith("thirdPartyCameraId")
    camera = {"position": NOWHERE, "rotation": NOWHERE, "fieldOfView": None, "skyboxColor": None}
    assert engine.run("AddThirdPartyCamera", camera)["thirdPartyCameras"][0]["fieldOfView"] == 90


def test_what_steers_images_is_allowed_everywhere(engine):
    steering = {
        "renderImage": False,
        "renderInstanceSegmentation": True,
        "agentId": 0,
        "sequenceId": 4,
        "action": "Pass",
    }
    assert engine.run("Pass", steering)["lastActionSuccess"]


def test_there_is_one_agent(engine):
    assert "agentId 1" in refused(engine, "Pass", agentId=1)[1]
    assert "there is one agent" in refused(engine, "Pass", agentId="second")[1]


def test_numbers_come_as_text_and_truth_as_numbers_as_in_the_real_one():
    assert fitted(float, "1.5") == 1.5 and fitted(int, 2.0) == 2 and fitted(bool, 1) is True and fitted(str, 5) == "5"
    assert fitted(bool, "False") is False and fitted(float | None, 3) == 3.0
    assert fitted(list[str], ["a", 1]) == ["a", "1"]
    assert type_name(float | None) == "float" and type_name(list[str]) == "String[]"
    assert type_name(Mapping[str, float]) == "Vector3"
    for kind, value in ((float, "x"), (bool, "maybe"), (int, 2**40), (list[float], [{}])):
        with pytest.raises(Unfit):
            fitted(kind, value)


def test_a_fault_inside_an_action_is_told_with_its_type(engine, monkeypatch):
    def broken(world) -> None:
        world.version = 99
        raise KeyError("lost")

    monkeypatch.setattr("tst_sim.thor.actions.engine.call_action", lambda _, world, *rest: broken(world))
    code, message = refused(engine, "Pass")
    assert code is None and message.startswith("KeyError: 'lost'. trace: test_dispatch.py, line ")
    assert engine.world.version != 99


def test_a_world_that_cannot_be_described_does_not_come_to_be(engine, monkeypatch):
    describer, before = engine._describer, engine.world
    describe = describer.event

    def event(world):
        if world is not before:
            raise ValueError("beyond words")
        return describe(world)

    monkeypatch.setattr(describer, "event", event)
    assert "ValueError: beyond words" in refused(engine, "ChangeResolution", x=5, y=5)[1]


def test_arguments_are_not_changed():
    arguments = {"position": {"x": 1}, "rotation": {}, "agentId": 0}
    before = copy.deepcopy(arguments)
    ActionEngine().run("AddThirdPartyCamera", arguments)
    assert arguments == before


def test_a_parameter_may_have_a_name_that_otherwise_steers_images():
    seen: dict[str, Any] = {}

    def takes_anything(world: object, **settings: Any) -> None:
        seen.update(settings)

    call_action({"Initialize": takes_anything}, object(), "Initialize", {"renderClassImage": True, "sequenceId": 3})
    assert seen == {"renderClassImage": True}
