"""Strict settings: YAML files that hold only differences, laid over frozen dataclasses.

Precedence: dataclass defaults, then the named or given YAML file, then `--set a.b=c`. Unknown keys
and wrong types are `UserError`s that name the key and suggest the nearest one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

from tst_sim.errors import UserError, did_you_mean

T = TypeVar("T")


def config_folder() -> Path:
    """The folder of the YAML files: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "configs"
    return inside if inside.is_dir() else package.parent / "configs"


def preset_names(room: str) -> list[str]:
    """Names of the YAML files of one kind (`generate`, `pretrain`, `transfer`, `sweep`)."""
    return sorted(path.stem for path in (config_folder() / room).glob("*.yaml"))


def find_config(room: str, name: str) -> Path:
    """The YAML file of a preset's name, or the path itself when it names a file."""
    if name.endswith((".yaml", ".yml")):
        shipped = config_folder() / name.removeprefix("configs/")
        for path in (Path(name), shipped):
            if path.is_file():
                return path
        raise UserError(f"config file {name} does not exist; presets are: {', '.join(preset_names(room))}")
    path = config_folder() / room / f"{name}.yaml"
    if not path.is_file():
        raise UserError(f"unknown preset {name!r}{did_you_mean(name, preset_names(room))}")
    return path


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping read safely; an empty file is an empty mapping."""
    try:
        values = yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict):
        raise UserError(f"{path} must hold settings (key: value), found {type(values).__name__}")
    return values


def with_overrides(values: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Lay `a.b=c` texts over a mapping; the right side is read as YAML."""
    result = json.loads(json.dumps(values))
    for text in overrides:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UserError(f"--set {text!r} is not of the form key.subkey=value")
        target = result
        *parents, last = key.strip().split(".")
        for parent in parents:
            target = target.setdefault(parent, {})
            if not isinstance(target, dict):
                raise UserError(f"--set {text!r}: {parent} is a value, not a group of settings")
        target[last] = yaml.safe_load(value)
    return result


def build(cls: type[T], values: Mapping[str, Any], where: str = "") -> T:
    """A frozen config dataclass from a mapping, strictly: every key known, every value of its type."""
    if not isinstance(values, Mapping):
        raise UserError(f"{where or cls.__name__} must be a group of settings, got {values!r}")
    known = {item.name: item for item in dataclasses.fields(typing.cast(Any, cls))}
    hints = typing.get_type_hints(cls)
    arguments = {}
    for key, value in values.items():
        place = f"{where}.{key}" if where else str(key)
        if key not in known:
            raise UserError(f"{place} is not a setting{did_you_mean(str(key), sorted(known))}")
        arguments[key] = _checked(hints[key], value, place)
    try:
        return cls(**arguments)
    except TypeError as error:
        raise UserError(f"{where or cls.__name__}: {error}") from error


def _checked(hint: Any, value: Any, place: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return build(typing.cast(type, hint), value, place)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _checked(next(item for item in arguments if item is not type(None)), value, place)
    if origin is typing.Literal:
        if value not in arguments:
            raise UserError(f"{place} must be one of {', '.join(map(str, arguments))}, got {value!r}")
        return value
    if origin is tuple:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise UserError(f"{place} must be a list, got {value!r}")
        if arguments[-1] is not Ellipsis and len(value) != len(arguments):
            raise UserError(f"{place} must have {len(arguments)} entries, got {value!r}")
        kinds = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else arguments
        return tuple(_checked(kind, item, f"{place}[{i}]") for i, (kind, item) in enumerate(zip(kinds, value)))
    if hint is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if hint in (int, str, bool, float) and (type(value) is not hint):
        raise UserError(f"{place} must be {hint.__name__}, got {value!r}")
    return value


def load(cls: type[T], room: str, name: str | None, overrides: Sequence[str] = ()) -> T:
    """Settings of one kind from a preset's name or YAML path (None: defaults alone) and overrides."""
    values = read_yaml(find_config(room, name)) if name else {}
    return build(cls, with_overrides(values, overrides))


def as_dict(config: Any) -> dict[str, Any]:
    """The resolved settings as plain JSON values, as they are stored beside every result."""
    return json.loads(json.dumps(dataclasses.asdict(config)))


def fingerprint(values: Any) -> str:
    """12 hex digits that name some settings (a config dataclass or JSON values)."""
    plain = as_dict(values) if dataclasses.is_dataclass(values) else values
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def differences(old: Mapping[str, Any], new: Mapping[str, Any], where: str = "") -> list[str]:
    """`a.b: old -> new` for every setting that differs, for messages."""
    lines = []
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            lines += differences(before, after, f"{where}{key}.")
        elif before != after:
            lines.append(f"{where}{key}: {before!r} -> {after!r}")
    return lines
