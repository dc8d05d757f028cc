"""Colors of AI2-THOR's id images, and which row of a house's instance table each one is.

AI2-THOR paints an object with the first three bytes of the md5 of its object id and lists the pairs in the event.
Our own player uses the ids of the table, and the room's for its floor. A Unity build names walls, floors and ceilings
by their game objects (`name|x|y|z`); the rules for those are from its published source and were not tried on a
running build.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tst_sim.errors import UserError
from tst_sim.simulator import Instance
from tst_sim.thor.actions.structure_metadata import thor_object_id
from tst_sim.thor.player.colors import BACKGROUND, color_of

_UNKNOWN, _NOTHING = 0, 1


class Palette:
    """Color -> instance id of one house; colors are learned from the events as they come."""

    def __init__(self, instances: Sequence[Instance], house_name: str) -> None:
        """UserError when two rows have one color: their pixels could not be told apart."""
        self._house_name = house_name
        self._rows = {row.object_id: row.id for row in instances}
        self._ceilings = [row for row in instances if row.class_name == "Ceiling"]
        self._table = np.zeros(1 << 24, np.uint16)  # untouched pages cost no memory
        self._table[_index(BACKGROUND)] = _NOTHING
        self._names: dict[int, str] = {}
        self._owners: dict[int, tuple[int, str]] = {}
        for row in instances:
            self._put(color_of(thor_object_id(row.object_id)), row.object_id, row.id)

    def learn(self, colors: Sequence[Mapping[str, Any]]) -> None:
        """Take in an event's `colors`, the new ones; a name with no `|` in it is a class's, or not an object's.

        An object's name counts more than a class's of the same color, whichever comes first.
        """
        for entry in colors:
            index, name = _index(entry["color"]), entry["name"]
            known = self._names.get(index)
            if known is not None and ("|" in known or "|" not in name):
                continue
            if "|" not in name and index in self._owners:
                continue
            self._names[index] = name
            row = self.row_of(name)
            if row is not None:
                self._put(entry["color"], name, row)

    def row_of(self, name: str) -> int | None:
        """The instance id that a name in `colors` stands for; None for what is not in the table.

        In turn: an object id; a room's id, for its floor; one of these followed by `|` and a position (the longest
        that fits); a ceiling by its room, or any ceiling by its name.
        """
        head = name
        while head:
            for candidate in (head, f"floor|{head}"):
                if candidate in self._rows:
                    return self._rows[candidate]
            head = head.rpartition("|")[0]
        if "ceiling" in name.lower() and self._ceilings:
            rooms = [(row.object_id.partition("|")[2], row.id) for row in self._ceilings]
            return next((index for room, index in rooms if room in name), rooms[0][1])
        return None

    def instances(self, image: np.ndarray) -> tuple[np.ndarray, dict[str, int]]:
        """(ids (h, w) uint16, {unknown color, with its name if it has one: pixels}) of an id image (h, w, 3+) uint8.

        Background and unknown colors get id 0.
        """
        wide = image.astype(np.uint32)
        keys = wide[..., 0] | wide[..., 1] << 8 | wide[..., 2] << 16
        codes = self._table[keys]
        unknown: dict[str, int] = {}
        if not codes.all():
            for key, count in zip(*np.unique(keys[codes == _UNKNOWN], return_counts=True)):
                color = f"#{key & 255:02x}{key >> 8 & 255:02x}{key >> 16:02x}"
                unknown[f"{self._names.get(int(key), 'unnamed')} {color}"] = int(count)
        return np.maximum(codes, _NOTHING) - np.uint16(_NOTHING), unknown

    def _put(self, color: Sequence[int], name: str, row: int) -> None:
        index = _index(color)
        owner, other = self._owners.setdefault(index, (row, name))
        if owner != row or tuple(color) == BACKGROUND:
            other = "the background" if tuple(color) == BACKGROUND else other
            raise UserError(f"house {self._house_name}: {name} and {other} have one color in AI2-THOR; leave it out")
        self._table[index] = row + _NOTHING


def _index(color: Sequence[int]) -> int:
    red, green, blue = color
    return red | green << 8 | blue << 16
