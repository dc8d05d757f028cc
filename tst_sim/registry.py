"""Registries: the one way in which built-in and users' plug-ins become known by name."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from tst_sim.errors import UserError, did_you_mean, shown

Plug = TypeVar("Plug")
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
"""Names are parts of file names, settings and sample keys' extensions: no dots, no capitals."""


class Registry(Mapping[str, Plug], Generic[Plug]):
    """Plug-ins of one kind by name, in the order in which they were registered.

    A built-in one may be given as `"module:attribute"`: it is imported when it is first asked for, so that a registry
    of networks costs nothing until one is used.
    """

    def __init__(self, kind: str, built_in: Mapping[str, Plug | str] | None = None) -> None:
        """`kind` is the noun of error messages: `modality`, `objective`, ..."""
        self.kind = kind
        self._plugs: dict[str, Plug | str] = {}
        for name, plug in (built_in or {}).items():
            self.register(name, plug)

    def register(self, name: str, plug: Plug | str) -> None:
        """Make a plug-in known. UserError for a name that is none, or that stands for something else already."""
        if not NAME.fullmatch(name):
            raise UserError(
                f"{self.kind} name {shown(name)} must be 1 to 40 lowercase letters, digits and _, the first a letter"
            )
        if name in self._plugs:
            raise UserError(f"{self.kind} {name!r} is registered twice; give the plug-in another name")
        self._plugs[name] = plug

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
                f"unknown {self.kind} {name!r}{did_you_mean(name, list(self._plugs))}; "
                "one of a plug-in needs --plugin FILE"
            )
