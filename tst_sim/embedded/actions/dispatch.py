"""Matching an action's arguments by name, with the errors of AI2-THOR's dispatcher."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

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


class ActionFailed(Exception):
    """An ordinary failure: the event is falsy and carries the message. `code` is AI2-THOR's errorCode."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


def call_action(
    actions: Mapping[str, Callable[..., Any]], target: object, action: str, arguments: Mapping[str, Any]
) -> Any:
    """Call the action's method on the target with the arguments it takes.

    Raises ActionFailed with the code `InvalidAction`, `InvalidArgument` or `MissingArguments`.
    """
    method = actions.get(action)
    if method is None:
        raise ActionFailed(f"Invalid action: {action}", "InvalidAction")
    given = {name: value for name, value in arguments.items() if name not in ALWAYS_ALLOWED}
    _, *parameters = inspect.signature(method).parameters.values()
    takes_anything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    known = {parameter.name: parameter for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD}
    unknown = sorted(given.keys() - known.keys())
    if unknown and not takes_anything:
        raise ActionFailed(
            f'\n\tAction: "{action}" called with invalid argument: {", ".join(unknown)}'
            f"\n\tExpected arguments: {', '.join(known)}",
            "InvalidArgument",
        )
    missing = [name for name, parameter in known.items() if parameter.default is parameter.empty and name not in given]
    if missing:
        raise ActionFailed(
            f"action: {action} is missing the following arguments: {','.join(missing)}", "MissingArguments"
        )
    return method(target, **given)
