"""What a pack has for whom: assets covered by type, and which of its models can be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tst_sim.assets import Asset, asset_table
from tst_sim.packs.library import Library


@dataclass(frozen=True)
class TypeCoverage:
    """One object type."""

    object_type: str
    assets: int
    covered: int
    """Assets for which the pack has at least one model that fits."""
    models: int
    """Different models that these assets are drawn with."""


@dataclass(frozen=True)
class Loading:
    """What became of reading every model of a pack."""

    models: int
    read: int
    triangles: int
    """Of all that were read, as their files have them."""
    faults: Mapping[str, str]
    """Model key -> why it cannot be read."""


def coverage(library: Library) -> list[TypeCoverage]:
    """Every object type of the asset table, in its order; nothing is read."""
    by_type: dict[str, list[Asset]] = {}
    for asset in asset_table().values():
        by_type.setdefault(asset.object_type, []).append(asset)
    rows = []
    for object_type, assets in by_type.items():
        first = [matches[0].entry.key for asset in assets if (matches := library.matches(asset))]
        rows.append(TypeCoverage(object_type, len(assets), len(first), len(set(first))))
    return rows


def load_all(library: Library, on_model: Callable[[], None] = lambda: None) -> Loading:
    """Read every model of a pack just opened, also those that stand for nothing; `on_model` is called after each."""
    unlisted = len(library.faults.keys() - {entry.key for entry in library.entries})
    read = triangles = 0
    for entry in library.entries:
        model = library.model(entry)
        if model is not None:
            read, triangles = read + 1, triangles + sum(len(piece.triangles) for piece in model)
        on_model()
    return Loading(len(library.entries) + unlisted, read, triangles, dict(library.faults))
