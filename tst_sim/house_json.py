"""Reading house JSON with errors that name the place: `house X: walls[3].polygon[0].x is NaN`.

What is absent or null reads as the default of AI2-THOR's own classes (`ProceduralHouse` and what it holds, in
ai2thor's ProceduralData.cs): vectors and colors have zeros for missing parts, flags are false. Unknown keys are kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tst_sim.assets import Asset, asset_table
from tst_sim.errors import UserError
from tst_sim.geometry import euler_of_axis

SCHEMAS = ("0.0.1", "1.0.0")

MAX_DISTANCE_M = 1000.0
"""Of anything from the origin, along each axis."""
MAX_TURN_DEG = 1e6
MAX_LIGHT = 1e4
"""Of a light's intensity, and of its range in metres."""
MAX_NAME_LENGTH = 1000
_AXES = ("x", "y", "z")

_REQUIRED: Any = object()


@dataclass(frozen=True)
class Node:
    """A JSON object and where it stands in the document."""

    value: Mapping[str, Any]
    place: str

    def error(self, key: str, found: object, wanted: str) -> UserError:
        """The error for one key of this object: place, value and what would be right."""
        return UserError(f"{self.at(key)} is {found}, expected {wanted}")

    def at(self, key: str) -> str:
        """The place of one key of this object."""
        joint = ": " if self.place.startswith("house ") and ":" not in self.place else "."
        return f"{self.place}{joint}{key}"

    def _found(self, key: str) -> str:
        """What stands under a key, short and in one line."""
        return repr(self.value[key])[:40] if key in self.value else "missing"

    def has(self, key: str) -> bool:
        """Whether something other than null stands under `key`."""
        return self.value.get(key) is not None

    def get(self, key: str, default: Any = _REQUIRED) -> Node:
        """The object under `key`; the default where it is missing or null."""
        value = self.value.get(key)
        if value is None and default is not _REQUIRED:
            value = default
        if not isinstance(value, Mapping):
            raise self.error(key, self._found(key), "an object")
        return Node(value, self.at(key))

    def items(self, key: str, *, at_least: int = 0, at_most: int | None = None) -> list[Node]:
        """The list of objects under `key`; a missing list is an empty one."""
        values = self.value.get(key)
        values = [] if values is None else values
        if not isinstance(values, list):
            raise self.error(key, self._found(key), "a list of objects")
        if len(values) < at_least:
            raise self.error(key, f"a list of {len(values)}", f"at least {at_least}")
        if at_most is not None and len(values) > at_most:
            raise self.error(key, f"a list of {len(values)}", f"at most {at_most}")
        wrong = next((index for index, value in enumerate(values) if not isinstance(value, Mapping)), None)
        if wrong is not None:
            raise self.error(f"{key}[{wrong}]", repr(values[wrong])[:40], "an object")
        return [Node(value, f"{self.at(key)}[{index}]") for index, value in enumerate(values)]

    def text(self, key: str, default: Any = _REQUIRED) -> str:
        """The text under `key`: of one line, so that names stay readable in messages, tables and file names."""
        value = self.value.get(key)
        if value is None and default is not _REQUIRED:
            return default
        if not isinstance(value, str):
            raise self.error(key, self._found(key), "text")
        if len(value) > MAX_NAME_LENGTH or not value.isprintable():
            raise self.error(key, self._found(key), f"printable text of at most {MAX_NAME_LENGTH} characters")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """A true or false of the house; UserError for anything else."""
        value = self.value.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.error(key, self._found(key), "true or false")
        return value

    def number(self, key: str, default: Any = _REQUIRED, *, low: float = -math.inf, high: float = math.inf) -> float:
        """The number under `key`, finite and from `low` to `high`."""
        value = self.value.get(key)
        if value is None and default is not _REQUIRED:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.error(key, self._found(key), "a number")
        if isinstance(value, float) and not math.isfinite(value):
            raise self.error(key, value, "a finite number")
        if not low <= value <= high:
            raise self.error(key, self._found(key), f"a number from {low:g} to {high:g}")
        return float(value)

    def metres(self, key: str, default: Any = _REQUIRED) -> float:
        """A length or coordinate within the bounds of a house; UserError beyond them."""
        return self.number(key, default, low=-MAX_DISTANCE_M, high=MAX_DISTANCE_M)

    def fraction(self, key: str, default: Any = _REQUIRED) -> float:
        """A number from 0 to 1; UserError beyond them."""
        return self.number(key, default, low=0.0, high=1.0)

    def point3(self) -> tuple[float, float, float]:
        """x, y and z in metres; one of them at least is there, and 0 stands for those that are not."""
        if not any(self.has(axis) for axis in _AXES):
            raise self.error("x", "missing", "a number")
        return (self.metres("x", 0.0), self.metres("y", 0.0), self.metres("z", 0.0))

    def rotation(self, key: str) -> tuple[float, float, float]:
        """Euler angles in degrees of every form that AI2-THOR takes: {x, y, z}, of which 0 stands for what is missing;
        {axis: {x, y, z}, degrees}; a number, which is the turn about y. No rotation where nothing is said."""
        value = self.value.get(key)
        if value is None:
            return (0.0, 0.0, 0.0)
        if not isinstance(value, Mapping):
            return (0.0, self.number(key, low=-MAX_TURN_DEG, high=MAX_TURN_DEG), 0.0)
        node = self.get(key)
        if any(node.has(axis) for axis in _AXES) or not node.has("degrees"):
            x, y, z = (node.number(axis, 0.0, low=-MAX_TURN_DEG, high=MAX_TURN_DEG) for axis in _AXES)
            return (x, y, z)
        degrees = node.number("degrees", low=-MAX_TURN_DEG, high=MAX_TURN_DEG)
        axis = node.get("axis", {})
        x, y, z = (axis.number(name, 0.0, low=-MAX_DISTANCE_M, high=MAX_DISTANCE_M) for name in _AXES)
        return euler_of_axis((x, y, z), degrees)

    def color(self, key: str) -> tuple[float, float, float] | None:
        """sRGB in [0, 1], or None when the key is absent."""
        if not self.has(key):
            return None
        node = self.get(key)
        return (node.fraction("r", 0.0), node.fraction("g", 0.0), node.fraction("b", 0.0))

    def asset(self, key: str) -> Asset:
        """A known asset by its id; UserError for an unknown one."""
        asset = asset_table().get(self.text(key))
        if asset is None:
            raise self.error(key, self._found(key), "an asset id of procthor's asset database")
        return asset
