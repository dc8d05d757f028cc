"""The protocol of a house source: houses by index, and what they depend on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tst_sim.houses import House
from tst_sim.registry import Registry
from tst_sim.thor.config import ThorConfig

SPLITS = ("train", "val", "test")
"""procthor's asset splits."""


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


@dataclass(frozen=True)
class Opening:
    """What a named source is opened with."""

    revision: str
    """What stands after `@` in its name; empty when nothing does."""
    split: str
    thor: ThorConfig | None
    """Which AI2-THOR player answers a generator that asks one."""
    number: int
    """Of the worker."""


SourceOpener = Callable[[Opening], HouseSource]
SOURCES: Registry[SourceOpener] = Registry(
    "house source",
    {
        "procthor": "generators.sources.houses:open_procthor",
        "procthor-10k": "generators.sources.houses:open_procthor_10k",
        "procthor-thor": "generators.sources.houses:open_procthor_thor",
    },
    dashes=True,
)
"""Sources that are no path, by name; plug-ins add theirs. ProcTHOR-10K takes a revision: `procthor-10k@REVISION`."""
WITHOUT_REVISION = ("procthor", "procthor-thor")


def is_named(spec: str) -> bool:
    """Whether a source is meant by name, with or without a revision, and not as a path."""
    name, at, revision = spec.partition("@")
    return name in SOURCES and (not at or (name not in WITHOUT_REVISION and revision != ""))
