"""Layouts of characters, and the outlines of their rooms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tst_sim.thor.actions.dispatch import ActionFailed

OUTSIDE = 0
"""What a layout has where there is no room."""

Cell = tuple[int, int]
Corner = tuple[int, int]
# Round a cell clockwise, seen from above: the neighbour beyond each side, and the side from corner to corner
# as (x, z) from the cell's lowest.
SIDES: tuple[tuple[Cell, Corner, Corner], ...] = (
    ((-1, 0), (0, 0), (0, 1)),
    ((0, 1), (0, 1), (1, 1)),
    ((1, 0), (1, 1), (1, 0)),
    ((0, -1), (1, 0), (0, 0)),
)


@dataclass(frozen=True)
class Side:
    """A stretch of a room's outline, clockwise, and the room beyond it."""

    start: Corner
    end: Corner
    beyond: int

    @property
    def length(self) -> int:
        """Cells along it."""
        return abs(self.end[0] - self.start[0]) + abs(self.end[1] - self.start[1])

    @property
    def direction(self) -> Corner:
        """Unit step (rows, columns) from its start to its end."""
        return ((self.end[0] - self.start[0]) // self.length, (self.end[1] - self.start[1]) // self.length)

    def offset(self, corner: Corner) -> int:
        """How far along it a corner lies, metres."""
        x, z = self.direction
        return (corner[0] - self.start[0]) * x + (corner[1] - self.start[1]) * z

    def holds(self, start: Corner, end: Corner) -> bool:
        """Whether an edge of a cell, clockwise, is part of it."""
        edge = Side(start, end, self.beyond)
        on_line = (start[0] - self.start[0]) * self.direction[1] == (start[1] - self.start[1]) * self.direction[0]
        return edge.direction == self.direction and on_line and 0 <= self.offset(start) < self.length


def rows_of(text: Any, name: str) -> list[list[str]]:
    """Rows of symbols. ActionFailed where the text has none."""
    rows = [row.split() for row in text.split("\n")] if isinstance(text, str) else []
    rows = [row for row in rows if row]
    if not rows:
        raise ActionFailed(f"Invalid {name}: give rows of symbols parted by blanks")
    return rows


def room_number(symbol: str) -> int:
    """The room that a symbol of a layout means. ActionFailed unless it is a whole number."""
    if not symbol.lstrip("-").isdecimal():
        raise ActionFailed(f"Invalid layout: '{symbol}' is not the number of a room")
    return int(symbol)


def outline_of(layout: Sequence[Sequence[int]], number: int) -> list[Side]:
    """The sides of a room, clockwise seen from above; a side ends where the room beyond it does."""
    following: dict[Corner, Side] = {}
    for row, cells in enumerate(layout):
        for column, name in enumerate(cells):
            for step, start, end in SIDES if name == number else ():
                beyond = at(layout, (row + step[0], column + step[1]))
                if beyond != number:
                    side = Side(corner_of(row, column, start), corner_of(row, column, end), beyond)
                    if side.start in following:
                        raise ActionFailed(f"Invalid layout: room {number} touches itself at a corner")
                    following[side.start] = side
    first = min(following)
    sides, place = [following.pop(first)], following
    while sides[-1].end != first:
        sides.append(place.pop(sides[-1].end))
    if place:
        raise ActionFailed(f"Invalid layout: room {number} is not one piece without holes")
    return _joined(sides)


def at(layout: Sequence[Sequence[Any]], cell: Cell, outside: Any = OUTSIDE) -> Any:
    """What is in a cell; `outside` where there is none."""
    row, column = cell
    return layout[row][column] if 0 <= row < len(layout) and 0 <= column < len(layout[0]) else outside


def corner_of(row: int, column: int, corner: Corner) -> Corner:
    """(x, z) of a corner of a cell, metres."""
    return (row - 1 + corner[0], column - 1 + corner[1])


def _joined(sides: list[Side]) -> list[Side]:
    joined: list[Side] = []
    for side in sides:
        if joined and (joined[-1].direction, joined[-1].beyond) == (side.direction, side.beyond):
            joined[-1] = Side(joined[-1].start, side.end, side.beyond)
        else:
            joined.append(side)
    return joined


def wall_at(outline: list[Side], start: Corner, end: Corner) -> tuple[int, Side]:
    """The side, and its place in the outline, that the edge of a cell is part of."""
    return next((index, side) for index, side in enumerate(outline) if side.holds(start, end))
