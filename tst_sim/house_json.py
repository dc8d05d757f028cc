"""Reading house JSON with errors that name the place: `house X: walls[3].polygon[0].x is NaN`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tst_sim.assets import Asset, asset_table
from tst_sim.errors import UserError

SCHEMAS = ("0.0.1", "1.0.0")

_REQUIRED: Any = object()


@dataclass(frozen=True)
class Node:
    """A JSON object and where it stands in the document."""

    value: Mapping[str, Any]
    place: str

    def error(self, key: str, found: object, wanted: str) -> UserError:
        """The error for one key of this object: place, value and what would be right."""
        joint = ": " if self.place.startswith("house ") and ":" not in self.place else "."
        return UserError(f"{self.place}{joint}{key} is {found}, expected {wanted}")

    def _at(self, key: str) -> str:
        joint = ": " if self.place.startswith("house ") and ":" not in self.place else "."
        return f"{self.place}{joint}{key}"

    def get(self, key: str, default: Any = _REQUIRED) -> Node:
        """The object under `key`."""
        value = self.value.get(key, None if default is _REQUIRED else default)
        if not isinstance(value, Mapping):
            raise self.error(key, "missing" if key not in self.value else repr(value)[:40], "an object")
        return Node(value, self._at(key))

    def items(self, key: str, *, at_least: int = 0) -> list[Node]:
        """The list of objects under `key`; a missing list is an empty one."""
        values = self.value.get(key) or []
        if not isinstance(values, list) or not all(isinstance(value, Mapping) for value in values):
            raise self.error(key, repr(values)[:40], "a list of objects")
        if len(values) < at_least:
            raise self.error(key, f"a list of {len(values)}", f"at least {at_least}")
        return [Node(value, f"{self._at(key)}[{index}]") for index, value in enumerate(values)]

    def text(self, key: str, default: Any = _REQUIRED) -> str:
        value = self.value.get(key, default)
        if not isinstance(value, str):
            raise self.error(key, "missing" if key not in self.value else repr(value)[:40], "text")
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.value.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, repr(value)[:40], "true or false")
        return value

    def number(self, key: str, default: Any = _REQUIRED) -> float:
        value = self.value.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.error(key, "missing" if key not in self.value else repr(value)[:40], "a number")
        if not math.isfinite(value):
            raise self.error(key, value, "a finite number")
        return float(value)

    def point3(self) -> tuple[float, float, float]:
        return (self.number("x"), self.number("y"), self.number("z"))

    def color(self, key: str) -> tuple[float, float, float] | None:
        """sRGB in [0, 1], or None when the key is absent."""
        if self.value.get(key) is None:
            return None
        node = self.get(key)
        return (node.number("r"), node.number("g"), node.number("b"))

    def asset(self, key: str) -> Asset:
        asset = asset_table().get(self.text(key))
        if asset is None:
            raise self.error(key, repr(self.value[key]), "an asset id of procthor's asset database")
        return asset
