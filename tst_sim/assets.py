"""The assets ProcTHOR furnishes houses with: their types, real bounding boxes and properties.

The table is read from the data files of the installed `procthor` package. The package itself is
never imported here: only its folder is located, so reading the table costs milliseconds.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from tst_sim.errors import UserError
from tst_sim.supports import MEASURED_SUPPORTS_M


@dataclass(frozen=True)
class Asset:
    """One model of an object type, e.g. `Chair_007_1` of type `Chair`."""

    asset_id: str
    object_type: str
    size_m: tuple[float, float, float]
    """Extent along x (width), y (height), z (depth, front is +z) of the unrotated bounding box."""
    split: str | None
    """Asset split `train`, `val` or `test`; None where the asset serves all three."""
    primary_property: str | None
    """AI2-THOR's `CanPickup`, `Moveable` or `Static`."""
    secondary_properties: tuple[str, ...]
    materials: tuple[tuple[str, str], ...]
    """(family, material name) as AI2-THOR names them, in the order of the asset's mesh slots."""
    supports_m: tuple[float, ...] = ()
    """Heights above the bottom of the box at which things are known to lie, lowest first; empty where none is."""

    def with_supports(self, heights_m: Iterable[float]) -> Asset:
        """The same asset, with more known supports than before."""
        return replace(self, supports_m=tuple(sorted({*self.supports_m, *heights_m})))


def procthor_data_file(name: str) -> Path:
    """Path of a data file that the installed `procthor` package ships, e.g. `wall-holes.json`."""
    spec = importlib.util.find_spec("procthor")
    if spec is None or not spec.submodule_search_locations:
        raise UserError("the procthor package is not installed; install it with: pip install procthor==0.0.1.dev2")
    return Path(spec.submodule_search_locations[0]) / "databases" / name


def asset_table() -> Mapping[str, Asset]:
    """All assets by asset id: procthor's, in the order of its own table, then those that packs have added."""
    return MappingProxyType(_table())


def add_assets(assets: Iterable[Asset]) -> None:
    """Make assets of a pack known to this process, as each process opens its packs before it reads houses.

    UserError when an id is known already as another type or box; the same asset may be added again.
    """
    for asset in assets:
        known = _table().setdefault(asset.asset_id, asset)
        if known != asset:
            raise UserError(
                f"asset {asset.asset_id!r} is known already, as {known.object_type} of "
                f"{' x '.join(f'{size:g}' for size in known.size_m)} m; give the new one another id"
            )


@cache
def _table() -> dict[str, Asset]:
    by_type = json.loads(procthor_data_file("asset-database.json").read_text())
    table = {}
    for object_type, rows in by_type.items():
        for row in rows:
            box = row["boundingBox"]
            table[row["assetId"]] = Asset(
                asset_id=row["assetId"],
                object_type=object_type,
                size_m=(box["x"], box["y"], box["z"]),
                split=row["split"],
                primary_property=row.get("primaryProperty"),
                secondary_properties=tuple(row.get("secondaryProperties") or ()),
                materials=tuple((family, name) for family, name in row.get("materials") or ()),
            )
    return {**table, **_measured(table)}


def _measured(table: Mapping[str, Asset]) -> dict[str, Asset]:
    """The assets whose supports are measured, and those of one type and size with them: variants of one mesh."""
    sizes = {
        (table[asset_id].object_type, *(round(extent, 3) for extent in table[asset_id].size_m)): heights
        for asset_id, heights in MEASURED_SUPPORTS_M.items()
        if asset_id in table
    }
    found = {}
    for asset in table.values():
        heights = sizes.get((asset.object_type, *(round(extent, 3) for extent in asset.size_m)))
        if heights is not None:
            found[asset.asset_id] = asset.with_supports(heights)
    return found


PLAIN_MATERIALS = ("", "ps_mat")
"""Names that AI2-THOR knows beside those of procthor's material database: none at all, and its plain one."""


@cache
def material_names() -> frozenset[str]:
    """The names of the materials that AI2-THOR knows."""
    families = json.loads(procthor_data_file("material-database.json").read_text())
    return frozenset(PLAIN_MATERIALS).union(*families.values())
