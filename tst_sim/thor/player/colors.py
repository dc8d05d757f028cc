"""AI2-THOR's colors of instances and classes, and tables that turn labels into them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

BACKGROUND = (0, 0, 255)
"""Where nothing is drawn: in id, class and normal images."""


@lru_cache(maxsize=1 << 14)
def color_of(tag: str) -> tuple[int, int, int]:
    """The color of an object id or object type: the first three bytes of its MD5 digest, as in AI2-THOR."""
    red, green, blue = hashlib.md5(tag.encode(), usedforsecurity=False).digest()[:3]
    return red, green, blue


@dataclass(frozen=True)
class Label:
    """What an instance is called; `id` is its pixel value."""

    id: int
    object_id: str
    object_type: str


@dataclass(frozen=True)
class Labels:
    """The instances that may be in a picture, ids rising, with their colors."""

    rows: Sequence[Label]

    @cached_property
    def instance_pixels(self) -> np.ndarray:
        """(highest id + 1,) uint32: the RGBA pixel of each instance id, background first."""
        return _pixels({row.id: row.object_id for row in self.rows})

    @cached_property
    def class_pixels(self) -> np.ndarray:
        """(highest id + 1,) uint32: the RGBA pixel of the type of each instance id, background first."""
        return _pixels({row.id: row.object_type for row in self.rows})

    @cached_property
    def colors(self) -> list[dict[str, Any]]:
        """The event's `colors`: instances, then types.

        The client takes what is before the first `|` of an id for its type. Where it is not, an entry with the
        type's name and the instance's color goes first, so that `class_masks` knows the type all the same.
        """
        aliases = [row for row in self.rows if row.object_id.split("|")[0] != row.object_type]
        types = sorted({row.object_type for row in self.rows})
        return [
            *(_entry(row.object_type, row.object_id) for row in aliases),
            *(_entry(row.object_id, row.object_id) for row in self.rows),
            *(_entry(name, name) for name in types),
        ]


def _entry(name: str, tag: str) -> dict[str, Any]:
    return {"name": name, "color": list(color_of(tag))}


def _pixels(tags: Mapping[int, str]) -> np.ndarray:
    rows = np.full((max(tags, default=0) + 1, 4), (*BACKGROUND, 255), np.uint8)
    for number, tag in tags.items():
        rows[number, :3] = color_of(tag)
    return rows.view("<u4")[:, 0]
