"""House sources by name: `procthor`, or files."""

from __future__ import annotations

from pathlib import Path

from generators.house_files import FileSource
from generators.house_source import SPLITS, HouseError, HouseSource
from generators.procthor_source import ProcthorSource
from tst_sim.errors import UserError

__all__ = ["SPLITS", "FileSource", "HouseError", "HouseSource", "ProcthorSource", "open_house_source"]


def open_house_source(spec: str, split: str = "train") -> HouseSource:
    """`procthor`, or the path of a house JSON, a JSON Lines file (also .gz) or a folder of JSON files."""
    if split not in SPLITS:
        raise UserError(f"asset split {split!r} is not known; use one of {', '.join(SPLITS)}")
    if spec == "procthor":
        return ProcthorSource(split)
    path = Path(spec)
    if not path.exists():
        raise UserError(f"house source {spec!r} is neither 'procthor' nor an existing file or folder")
    return FileSource(path, split)
