"""House sources by name: `procthor`, `procthor-10k`, or files."""

from __future__ import annotations

from pathlib import Path

from generators.sources.house_files import FileSource
from generators.sources.house_source import SOURCES, SPLITS, HouseError, HouseSource, Opening, is_named
from generators.sources.prior_source import PUBLISHED_REVISION, PriorSource
from generators.sources.procthor_source import ProcthorSource
from generators.sources.procthor_thor import ProcthorThorSource
from tst_sim.errors import UserError
from tst_sim.thor.config import ThorConfig

__all__ = [
    "SPLITS",
    "FileSource",
    "HouseError",
    "HouseSource",
    "PriorSource",
    "ProcthorSource",
    "ProcthorThorSource",
    "open_house_source",
]


def open_house_source(spec: str, split: str = "train", thor: ThorConfig | None = None, number: int = 0) -> HouseSource:
    """`procthor`, `procthor-thor`, `procthor-10k[@REVISION]`, or a house JSON, a .jsonl[.gz] or a folder of them.

    `thor` says which AI2-THOR player answers the generator of `procthor-thor`; `number` is the worker's.
    """
    if split not in SPLITS:
        raise UserError(f"asset split {split!r} is not known; use one of {', '.join(SPLITS)}")
    if is_named(spec):
        name, _, revision = spec.partition("@")
        return SOURCES[name](Opening(revision, split, thor, number))
    path = Path(spec)
    if not path.exists():
        named = ", ".join(SOURCES)
        raise UserError(f"house source {spec!r} is neither an existing file or folder nor one of {named}")
    return FileSource(path, split)


def open_procthor(opening: Opening) -> ProcthorSource:
    """Houses that ProcTHOR makes in this process."""
    return ProcthorSource(opening.split)


def open_procthor_10k(opening: Opening) -> PriorSource:
    """ProcTHOR-10K as it was published, at a revision."""
    return PriorSource(opening.split, opening.revision or PUBLISHED_REVISION)


def open_procthor_thor(opening: Opening) -> ProcthorThorSource:
    """Houses that ProcTHOR makes with a player of AI2-THOR."""
    return ProcthorThorSource(opening.split, opening.thor, opening.number)
