"""What a house source is: houses by index, and what they depend on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from tst_sim.houses import House

SPLITS = ("train", "val", "test")
"""procthor's asset splits."""

NAMED_SOURCES = ("procthor", "procthor-10k", "procthor-thor")
"""The sources that are no path; ProcTHOR-10K takes a revision: `procthor-10k@REVISION`."""


def is_named(spec: str) -> bool:
    """Whether a source is meant by name, with or without a revision, and not as a path."""
    name, at, revision = spec.partition("@")
    return name in NAMED_SOURCES and (not at or (name == "procthor-10k" and revision != ""))


class HouseError(Exception):
    """One house could not be made or read; the message names it. Others may well succeed."""


class HouseSource(Protocol):
    """Houses by index. The same index is the same house, in whatever order they are asked for."""

    name: str
    split: str

    @property
    def identity(self) -> Mapping[str, Any]:
        """What the houses depend on: source, split, versions, digests; goes to the corpus manifest."""
        ...

    def house(self, index: int) -> House:
        """House number `index`. Raises UserError for an index out of bounds, HouseError for a bad house."""
        ...

    def start(self) -> None:
        """Start what houses are made with, if anything; `house` does it too. UserError when this machine lacks it."""
        ...

    def close(self) -> None:
        """Free what was started; safe to call twice."""
        ...
