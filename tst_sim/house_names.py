"""The assets and materials that a house names: all that are unknown are said at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tst_sim.assets import asset_table, material_names
from tst_sim.errors import UserError
from tst_sim.house_json import Node

MAX_LISTED = 200
_REMEDY = "replace them, or bring assets of your own: --assets gltf:FOLDER with their type and size, see docs/houses.md"

Named = tuple[str, str]
"""The place of a name, and the name."""


def check_names(root: Node) -> None:
    """UserError that names every unknown asset and material of a house, and the place of the first."""
    assets = [(place, name) for place, name in _assets(root) if name not in asset_table()]
    materials = [(place, name) for place, name in _materials(root) if name not in material_names()]
    if not assets and not materials:
        return
    place, name = (assets or materials)[0]
    wanted = "an asset id of procthor's asset database" if assets else "a name in procthor's material database"
    unknown = "; ".join(part for part in (_listed("assets", assets), _listed("materials", materials)) if part)
    raise UserError(f"{place} is {name[:80]!r}, expected {wanted}; unknown in this house: {unknown}; {_REMEDY}")


def unknown_names(document: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """(assets, materials) of a house that nobody knows, sorted, each once."""
    root = Node(document, "house")
    assets = {name for _, name in _assets(root)} - asset_table().keys()
    return sorted(assets), sorted({name for _, name in _materials(root)} - material_names())


def _listed(kind: str, named: list[Named]) -> str:
    names = list(dict.fromkeys(name for _, name in named))
    shown = ", ".join(repr(name[:80]) for name in names[:MAX_LISTED])
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return f"{kind} {shown}{more}" if names else ""


def _assets(root: Node) -> Iterator[Named]:
    """Of objects, what stands on them, doors and windows; what is no text is left to the reader."""
    for key in ("objects", "doors", "windows"):
        pending = [(f"{root.at(key)}[{index}]", item) for index, item in enumerate(_mappings(root.value.get(key)))]
        pending.reverse()
        while pending:
            place, item = pending.pop()
            if isinstance(item.get("assetId"), str):
                yield f"{place}.assetId", item["assetId"]
            children = enumerate(_mappings(item.get("children")))
            pending += [(f"{place}.children[{index}]", child) for index, child in children][::-1]


def _materials(root: Node) -> Iterator[Named]:
    """Of floors, walls and ceilings."""
    for key, inner in (("rooms", "floorMaterial"), ("walls", "material")):
        for index, item in enumerate(_mappings(root.value.get(key))):
            yield from _material(item, inner, f"{root.at(key)}[{index}]")
    for item in _mappings([root.value.get("proceduralParameters")]):
        yield from _material(item, "ceilingMaterial", root.at("proceduralParameters"))


def _material(item: Mapping[str, Any], key: str, place: str) -> Iterator[Named]:
    value = item.get(key)
    if isinstance(value, Mapping):
        value, key = value.get("name"), f"{key}.name"
    if isinstance(value, str):
        yield f"{place}.{key}", value


def _mappings(values: Any) -> list[Mapping[str, Any]]:
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []
