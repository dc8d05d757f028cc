"""Strict settings: YAML files that hold only differences, laid over frozen dataclasses.

Precedence: dataclass defaults, then the named or given YAML file, then `--set a.b=c`. Unknown keys
and wrong types are `UserError`s that name the key and suggest the nearest one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from tst_sim.errors import UserError, did_you_mean, shortened, shown
from tst_sim.plain_yaml import MAX_YAML_BYTES, read_plain_yaml
from tst_sim.plugins import load_plugins
from tst_sim.registry import Registry

T = TypeVar("T")
NOT_STORED: Mapping[str, Any] = MappingProxyType({"stored": False})
"""Metadata of a field that says nothing of the results: `as_dict` leaves it out."""
STORED_UNLESS_DEFAULT: Mapping[str, Any] = MappingProxyType({"stored": "unless default"})
"""Metadata of a field that `as_dict` leaves out at its default: settings from before it stay the same."""


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
    presets = preset_names(room)
    if name in presets:
        return config_folder() / room / f"{name}.yaml"
    if not name.endswith((".yaml", ".yml")):
        raise UserError(f"unknown preset {shown(name)}{did_you_mean(name, presets)}")
    for path in (Path(name), config_folder() / name.removeprefix("configs/")):
        if os.path.isfile(path):  # False, unlike pathlib's, also for a name that no file can have
            return path
    raise UserError(f"config file {shortened(name)} does not exist; presets are: {', '.join(presets)}")


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping read safely; an empty file is an empty mapping. UserError naming file and line."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_YAML_BYTES + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    values = read_plain_yaml(data, str(path))
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise UserError(f"{path} must hold settings (key: value), found {shown(values)}")
    return values


def with_overrides(values: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Lay `a.b=c` texts over a mapping; the right side is read as YAML."""
    result = json.loads(json.dumps(values))
    for text in overrides:
        key, equals, value = text.partition("=")
        *parents, last = (part.strip() for part in key.split("."))
        if not equals or not all((*parents, last)):
            raise UserError(f"--set {shown(text)} is not of the form key.subkey=value")
        target = result
        for parent in parents:
            target = target.setdefault(parent, {})
            if not isinstance(target, dict):
                raise UserError(f"--set {shown(text)}: {shown(parent)} is a value, not a group of settings")
        target[last] = read_plain_yaml(value, f"--set {shortened(key.strip(), 80)}: the value {shown(value)}")
    return result


def build(cls: type[T], values: Any, where: str = "") -> T:
    """A frozen config dataclass from a mapping, strictly: every key known, every value of its type.

    The files and modules of a setting `plugins` are loaded first. A class with `class_for(values)` says which of its
    subclasses is built, and from what: the settings of a plug-in are its own (`plug_class`).
    """
    if not isinstance(values, Mapping):
        raise UserError(f"{where or cls.__name__} must be a group of settings, got {shown(values)}")
    if values.get("plugins") and "plugins" in typing.get_type_hints(cls):
        load_plugins(_checked(tuple[str, ...], values["plugins"], f"{where}.plugins" if where else "plugins"))
    if hasattr(cls, "class_for"):
        cls, values = typing.cast(Any, cls).class_for(values)
    known = {item.name: item for item in dataclasses.fields(typing.cast(Any, cls))}
    hints = typing.get_type_hints(cls)
    arguments = {}
    for key, value in values.items():
        name = shortened(str(key), 80)
        place = f"{where}.{name}" if where else name
        if key not in known:
            raise UserError(f"{place} is not a setting{did_you_mean(name, sorted(known))}")
        arguments[key] = _checked(hints[key], value, place)
    try:
        return cls(**arguments)
    except TypeError as error:
        raise UserError(f"{where or cls.__name__}: {error}") from error


def plug_class(
    registry: Registry[Any], key: str, base: type[T], values: Mapping[str, Any]
) -> tuple[type[T], Mapping[str, Any]]:
    """(class, flat settings) for a base whose setting `key` names a plug-in: a name, or a group with `type`.

    `{key: {type: name, a: 1}, b: 2}` says the same as `{key: name, a: 1, b: 2}`. The class is the plug-in's `Config`, a
    subclass of `base`. UserError for an unknown name and for a setting that is given both ways.
    """
    chosen = values[key] if key in values else getattr(base, key)  # a dataclass keeps its defaults as attributes
    if isinstance(chosen, Mapping):
        own = {name: value for name, value in chosen.items() if name != "type"}
        if "type" not in chosen:
            raise UserError(f"{key} must be a name or a group of settings with `type`; one of {', '.join(registry)}")
        for name in own:
            if name in values:
                raise UserError(f"{shown(name)} is given twice: in {key} and beside it; give it once")
        chosen = chosen["type"]
        values = {**values, **own, key: chosen}
    if not isinstance(chosen, str):
        raise UserError(f"{key} must be a name, got {shown(chosen)}")
    cls = registry.named(chosen).Config
    if not (isinstance(cls, type) and issubclass(cls, base)):
        raise UserError(f"{registry.kind} {chosen!r}: its Config must be a subclass of {base.__name__}")
    return cls, values


def widened(config: T, cls: type[T]) -> T:
    """Settings as those of a subclass, whose further ones get their defaults; as they are if they are of it already."""
    if isinstance(config, cls):
        return config
    return cls(**{item.name: getattr(config, item.name) for item in dataclasses.fields(typing.cast(Any, config))})


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
            raise UserError(f"{place} must be one of {', '.join(map(str, arguments))}, got {shown(value)}")
        return value
    if origin is tuple:
        return _checked_list(arguments, value, place)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise UserError(f"{place} must be a group of settings, got {shown(value)}")
        return dict(value)
    if hint is float and type(value) in (int, float):
        return _checked_float(value, place)
    if hint in (int, str, bool, float) and (type(value) is not hint):
        raise UserError(f"{place} must be {hint.__name__}, got {shown(value)}")
    return value


def _checked_list(kinds: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
    """A list as a tuple: of any length where its hint ends in an ellipsis."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise UserError(f"{place} must be a list, got {shown(value)}")
    any_length = kinds[-1] is Ellipsis
    if not any_length and len(value) != len(kinds):
        raise UserError(f"{place} must have {len(kinds)} entries, got {shown(value)}")
    each = [kinds[0]] * len(value) if any_length else kinds
    return tuple(_checked(kind, item, f"{place}[{i}]") for i, (kind, item) in enumerate(zip(each, value)))


def _checked_float(value: float, place: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise UserError(f"{place} must be a finite number, got {shown(value)}")
    return number


def load(cls: type[T], room: str, name: str | None, overrides: Sequence[str] = ()) -> T:
    """Settings of one kind from a preset's name or YAML path (None: defaults alone) and overrides."""
    values = read_yaml(find_config(room, name)) if name else {}
    return build(cls, with_overrides(values, overrides))


def as_dict(config: Any) -> dict[str, Any]:
    """The resolved settings as plain JSON values, as they are stored beside every result."""
    return json.loads(json.dumps(_stored(config)))


def _stored(value: Any) -> Any:
    """`dataclasses.asdict` without the fields whose metadata says that they are not stored."""
    if dataclasses.is_dataclass(value):
        kept = [item.name for item in dataclasses.fields(value) if _is_kept(item, value)]
        return {name: _stored(getattr(value, name)) for name in kept}
    if isinstance(value, Mapping):
        return {name: _stored(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_stored(item) for item in value]
    return value


def _is_kept(item: dataclasses.Field[Any], config: Any) -> bool:
    stored = item.metadata.get("stored", True)
    return stored is True or (stored == "unless default" and getattr(config, item.name) != _default(item))


def _default(item: dataclasses.Field[Any]) -> Any:
    return item.default if item.default_factory is dataclasses.MISSING else item.default_factory()


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
