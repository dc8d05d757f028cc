"""House sources by name: `procthor`, `procthor-10k`, or files."""

from __future__ import annotations

from pathlib import Path

from generators.house_files import FileSource
from generators.house_source import NAMED_SOURCES, SPLITS, HouseError, HouseSource, is_named
from generators.prior_source import PUBLISHED_REVISION, PriorSource
from generators.procthor_source import ProcthorSource
from tst_sim.errors import UserError

__all__ = [
    "SPLITS",
    "FileSource",
    "HouseError",
    "HouseSource",
    "PriorSource",
    "ProcthorSource",
    "open_house_source",
]


def open_house_source(spec: str, split: str = "train") -> HouseSource:
    """`procthor`, `procthor-10k[@REVISION]`, or a house JSON, a JSON Lines file (also .gz) or a folder of them."""
    if split not in SPLITS:
        raise UserError(f"asset split {split!r} is not known; use one of {', '.join(SPLITS)}")
    if is_named(spec):
        name, _, revision = spec.partition("@")
        if name == "procthor-10k":
            return PriorSource(split, revision or PUBLISHED_REVISION)
        return ProcthorSource(split)
    path = Path(spec)
    if not path.exists():
        named = " nor ".join(map(repr, NAMED_SOURCES))
        raise UserError(f"house source {spec!r} is neither {named} nor an existing file or folder")
    return FileSource(path, split)
