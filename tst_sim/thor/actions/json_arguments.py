"""Turning JSON values into what an action's parameter asks for, as leniently as AI2-THOR's JSON reader."""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping, Sequence
from typing import Any, Union, get_args, get_origin

LARGEST = 3.4028234e38
"""Of AI2-THOR's single-precision numbers."""
MAX_INT = 2**31 - 1
_NAMES = {float: "float", int: "int", bool: "Boolean", str: "String"}


class Unfit(Exception):
    """A value cannot be what is asked for. `is_form`: it is so in a way that is an ordinary failure."""

    def __init__(self, value: Any, message: str = "", *, is_form: bool = False) -> None:
        super().__init__(message)
        self.is_form = is_form
        self.shown = json.dumps(value, indent=2, default=str) if isinstance(value, (dict, list)) else str(value)


def type_name(kind: Any) -> str:
    """The type of a parameter as AI2-THOR's messages call it."""
    kind = _without_none(kind)
    if kind in _NAMES:
        return _NAMES[kind]
    origin = get_origin(kind)
    if origin in (list, tuple, Sequence) or (isinstance(origin, type) and issubclass(origin, list)):
        return f"{type_name((get_args(kind) or (Any,))[0])}[]"
    return "Vector3" if origin is not None and issubclass(origin, Mapping) else "Object"


def fitted(kind: Any, value: Any) -> Any:
    """The value as the type of an annotation. Raises `Unfit`.

    Numbers may come as text, whole numbers as others and the other way round, and truth as a number,
    as in AI2-THOR; NaN, infinities and what exceeds single precision are refused.
    """
    kind = _without_none(kind)
    if kind is Any:
        return value
    if kind in _NAMES:
        return _scalar(kind, value)
    origin, inner = get_origin(kind) or kind, get_args(kind)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise Unfit(value, f"must be an object such as {{x, y, z}}, got {value!r}", is_form=True)
        return value
    if isinstance(origin, type) and issubclass(origin, Sequence):
        if not isinstance(value, (list, tuple)):
            raise Unfit(value, f"must be a list, got {value!r}", is_form=True)
        return [_entry(inner[0] if inner else Any, entry) for entry in value]
    return value


def _entry(kind: Any, value: Any) -> Any:
    try:
        return fitted(kind, value)
    except Unfit as error:
        raise Unfit(value, f"must be a list of {type_name(kind)}, got {value!r} in it", is_form=True) from error


def _scalar(kind: type, value: Any) -> Any:
    if value is None or isinstance(value, (Mapping, list, tuple)):
        raise Unfit(value)
    if kind is str:
        return value if isinstance(value, str) else str(value)
    if kind is bool:
        return _truth(value)
    number = _number(value)
    if kind is float:
        return number
    if abs(number) > MAX_INT:
        raise Unfit(value, f"must be a whole number of at most {MAX_INT}, got {value!r}", is_form=True)
    return round(number)


def _truth(value: Any) -> bool:
    if isinstance(value, str):
        if value.strip().lower() in ("true", "false"):
            return value.strip().lower() == "true"
        raise Unfit(value)
    return bool(value)


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise Unfit(value) from None
    except OverflowError:
        number = math.inf
    if not abs(number) <= LARGEST:
        raise Unfit(value, f"must be a finite number, got {value!r}"[:200], is_form=True)
    return number


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        kinds = [part for part in get_args(kind) if part is not type(None)]
        return kinds[0] if len(kinds) == 1 else Any
    return kind
