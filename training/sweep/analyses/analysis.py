"""The protocol of an analysis: the cells of its table, their axes and the figure that shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from training.sweep.cells import Cell, Steps


@dataclass(frozen=True)
class Figure:
    """A chart of the primary score along one axis of an analysis, beside the matrix of all cells."""

    kind: Literal["curve", "bars"]
    """`curve` for an axis of numbers, one line per method; `bars` for one of names, one bar per method and name."""
    axis: str
    """A key of `Cell.axes`."""
    title: str
    label: str
    """The axis in words, with its unit if it has one."""


class Analysis(Protocol):
    """One kind of experiment. Its settings are those of a sweep, or of `Config`, a subclass with further ones."""

    title: str
    """Of the report's page."""
    figure: Figure | None
    Config: Any
    """`training.sweep.config.SweepConfig`, or a subclass with settings of the analysis's own."""

    def places(self, config: Any) -> int:
        """Places on the axes, at most: how many cells a method has in one house with one seed."""
        ...

    def check(self, config: Any) -> None:
        """UserError for settings that contradict each other."""
        ...

    def cells(self, config: Any, steps: Steps) -> Iterator[Cell]:
        """The cells in the order of the table; `steps` makes the graph of steps behind each."""
        ...
