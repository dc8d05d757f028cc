"""Registries: the one way in which built-in and users' plug-ins become known by name."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Generic, TypeVar

from tst_sim.errors import UserError, did_you_mean, shown

Plug = TypeVar("Plug")
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
"""Names are parts of file names, settings and sample keys' extensions: no dots, no capitals."""


@dataclass(frozen=True)
class PluginRecord:
    """What is kept of a user's plug-in file or module beside whatever was made with it."""

    name: str
    """The file's name without its ending, or the module's."""
    file: str
    """Where it lay; only for people, as it may have moved."""
    sha256: str
    """Of the file: by it the plug-in is known again."""

    def describe(self) -> dict[str, str]:
        """JSON values."""
        return asdict(self)


_registering: ContextVar[PluginRecord | None] = ContextVar("registering", default=None)


@contextmanager
def registering(plugin: PluginRecord) -> Iterator[None]:
    """While it lasts, whatever is registered is this plug-in's; when it fails, nothing of it stays registered."""
    before = [(registry, dict(registry._plugs), dict(registry._origins)) for registry in _registries]
    token = _registering.set(plugin)
    try:
        yield
    except BaseException:
        for registry, plugs, origins in before:
            registry._plugs, registry._origins = plugs, origins
        raise
    finally:
        _registering.reset(token)


class Registry(Mapping[str, Plug], Generic[Plug]):
    """Plug-ins of one kind by name, in the order in which they were registered.

    A built-in one may be given as `"module:attribute"`: it is imported when it is first asked for, so that a registry
    of networks costs nothing until one is used.
    """

    def __init__(self, kind: str, built_in: Mapping[str, Plug | str] | None = None, *, dashes: bool = False) -> None:
        """`kind` is the noun of error messages: `modality`, `objective`, ...; `dashes` allows them in names."""
        self.kind, self._dashes = kind, dashes
        self._plugs: dict[str, Plug | str] = {}
        self._origins: dict[str, PluginRecord] = {}
        _registries.append(self)
        for name, plug in (built_in or {}).items():
            self.register(name, plug)

    def register(self, name: str, plug: Plug | str) -> None:
        """Make a plug-in known. UserError for a name that is none, or that stands for something else already."""
        if not NAME.fullmatch(name.replace("-", "_") if self._dashes else name):
            raise UserError(
                f"{self.kind} name {shown(name)} must be 1 to 40 lowercase letters, digits and _, the first a letter"
            )
        if name in self._plugs:
            raise UserError(f"{self.kind} {name!r} is registered twice; give the plug-in another name")
        self._plugs[name] = plug
        plugin = _registering.get()
        if plugin is not None:
            self._origins[name] = plugin

    def origin(self, name: str) -> PluginRecord | None:
        """The user's file or module that registered a name; None for a built-in one and for an unknown name."""
        return self._origins.get(name)

    def __getitem__(self, name: str) -> Plug:
        plug = self._plugs[name]
        if isinstance(plug, str):
            module, _, attribute = plug.partition(":")
            plug = self._plugs[name] = getattr(importlib.import_module(module), attribute)
        return plug  # type: ignore[return-value]

    def __contains__(self, name: object) -> bool:
        return name in self._plugs

    def __iter__(self) -> Iterator[str]:
        return iter(self._plugs)

    def __len__(self) -> int:
        return len(self._plugs)

    def named(self, name: str) -> Plug:
        """The plug-in of a name that a user gave; UserError with the nearest name when there is none."""
        self.check(name)
        return self[name]

    def check(self, name: str) -> None:
        """UserError when no plug-in has this name; imports nothing."""
        if name not in self._plugs:
            raise UserError(
                f"unknown {self.kind} {shown(name)}{did_you_mean(name, list(self._plugs))} "
                "(a plug-in's needs --plugin FILE)"
            )


_registries: list[Registry] = []


def used_plugins(*used: tuple[Registry, str]) -> list[dict[str, str]]:
    """The records of the users' plug-ins that these names come from, each once, in the order of their names."""
    records = {record for registry, name in used if (record := registry.origin(name)) is not None}
    return [record.describe() for record in sorted(records, key=lambda record: (record.name, record.sha256))]
