"""Matching an action's arguments by name and type, with the errors of AI2-THOR's dispatcher."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_type_hints

from tst_sim.thor.actions.json_arguments import Unfit, fitted, type_name

ALWAYS_ALLOWED = frozenset(
    (
        "action",
        "agentId",
        "raise_for_failure",
        "renderClassImage",
        "renderImage",
        "renderInstanceSegmentation",
        "renderNormalsImage",
        "renderObjectImage",
        "renderSemanticSegmentation",
        "sequenceId",
    )
)
"""Arguments that every action takes; they steer the images and the client, not the action."""

CLIENTS_OWN = frozenset(("action", "agentId", "raise_for_failure", "renderImage", "sequenceId"))

Action = Callable[..., Any]


class ActionFailed(Exception):
    """An ordinary failure: the event is falsy and carries the message. `code` is AI2-THOR's errorCode.

    `collided` are the ids of what the agent bumped into.
    """

    def __init__(self, message: str, code: str | None = None, collided: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.collided = collided


@dataclass(frozen=True)
class Parameter:
    """One argument that an action takes."""

    name: str
    kind: Any
    """Its annotation."""
    default: Any
    required: bool

    def __str__(self) -> str:
        value = "" if self.required else f" = {'' if self.default is None else self.default}"
        return f"{type_name(self.kind)} {self.name}{value}"


@dataclass(frozen=True)
class Signature:
    """What an action takes beside the world."""

    parameters: tuple[Parameter, ...]
    takes_anything: bool

    @classmethod
    @cache
    def of(cls, action: Action) -> Signature:
        """Read from the function; its first parameter is the world."""
        kinds = get_type_hints(action)
        _, *found = inspect.signature(action).parameters.values()
        named = tuple(
            Parameter(item.name, kinds.get(item.name, Any), item.default, item.default is item.empty)
            for item in found
            if item.kind is not item.VAR_KEYWORD
        )
        return cls(named, any(item.kind is item.VAR_KEYWORD for item in found))


def call_action(actions: Mapping[str, Action], target: object, name: str, arguments: Mapping[str, Any]) -> Any:
    """Call the action on the target with the arguments it takes; None for one with a default is as if not given.

    Raises ActionFailed with the code `InvalidAction`, `InvalidArgument` or `MissingArguments`, or with
    none for a list or an object that has not the form it should have.
    """
    action = actions.get(name)
    if action is None:
        raise ActionFailed(f"Invalid action: {name}", "InvalidAction")
    _check_agent(arguments.get("agentId"))
    signature = Signature.of(action)
    # What takes anything, as Initialize, takes the settings of images too.
    steering = CLIENTS_OWN if signature.takes_anything else ALWAYS_ALLOWED
    given = {key: value for key, value in arguments.items() if key not in steering}
    known = {parameter.name: parameter for parameter in signature.parameters}
    unknown = [key for key in given if key not in known]
    if unknown and not signature.takes_anything:
        raise ActionFailed(_unknown_message(name, signature, given, unknown), "InvalidArgument")
    missing = [key for key, parameter in known.items() if parameter.required and key not in given]
    if missing:
        raise ActionFailed(missing_message(name, missing), "MissingArguments")
    values = {key: _value(name, known.get(key), value) for key, value in given.items()}
    return action(target, **{key: value for key, value in values.items() if value is not None or key not in known})


def missing_message(action: str, names: list[str]) -> str:
    """What AI2-THOR says of arguments that are not there."""
    return f"action: {action} is missing the following arguments: {','.join(names)}"


def _value(action: str, parameter: Parameter | None, value: Any) -> Any:
    if parameter is None or (value is None and not parameter.required):
        return value
    try:
        return fitted(parameter.kind, value)
    except Unfit as error:
        if error.is_form:
            raise ActionFailed(f"{action}: {parameter.name} {error}") from None
        raise ActionFailed(
            f"action: {action} has an invalid argument: {parameter.name} (=={error.shown})."
            f" Cannot convert to: {type_name(parameter.kind)}",
            "InvalidArgument",
        ) from None


def _unknown_message(action: str, signature: Signature, given: Mapping[str, Any], unknown: list[str]) -> str:
    expected = ", ".join(str(parameter) for parameter in signature.parameters)
    return (
        f'\n\tAction: "{action}" called with invalid argument{"s" if len(unknown) > 1 else ""}: {_quoted(unknown)}'
        f"\n\tExpected arguments: {expected}"
        f"\n\tYour arguments: {_quoted(given)}"
        f'\n\tValid ways to call "{action}" action:\n\t\tVoid {action}({expected})'
    )


def _quoted(names: Any) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _check_agent(agent_id: Any) -> None:
    if agent_id not in (None, 0):
        raise ActionFailed(f"agentId {agent_id} is out of bounds: there is one agent, with the id 0")
