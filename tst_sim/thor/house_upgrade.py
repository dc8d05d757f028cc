"""Houses of schema 0.0.1 (made by PyPI's `procthor`) as AI2-THOR 5 takes them: schema 1.0.0.

What changed between the two: materials became objects with name and color; doors and windows state the hole's
corners and the asset's place instead of a box and an offset; the agent's start is a pose for each agent mode.
Everything else is handed on as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tst_sim.houses import House, Opening, SurfaceMaterial

AGENT_MODES = ("arm", "default", "locobot", "stretch")


def upgraded(house: House) -> Mapping[str, Any]:
    """The house's JSON in schema 1.0.0: its own where it is that already. Read again it is the same house."""
    document = house.document
    if house.schema == "1.0.0":
        return document
    parameters = {key: value for key, value in document["proceduralParameters"].items() if key != "ceilingColor"}
    return {
        **document,
        "proceduralParameters": {**parameters, "ceilingMaterial": _material(house.ceiling_material)},
        "rooms": [
            {**_without(row, "floorColor"), "floorMaterial": _material(room.floor_material)}
            for row, room in zip(document["rooms"], house.rooms)
        ],
        "walls": [
            {**_without(row, "color"), "material": _material(wall.material)}
            for row, wall in zip(document["walls"], house.walls)
        ],
        "doors": [_opening(row, door) for row, door in zip(document.get("doors") or [], house.doors)],
        "windows": [_opening(row, window) for row, window in zip(document.get("windows") or [], house.windows)],
        "metadata": _metadata(document.get("metadata", {})),
    }


def _without(row: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in keys}


def _material(material: SurfaceMaterial) -> dict[str, Any]:
    color = {"color": dict(zip("rgb", material.color))} if material.color else {}
    return {"name": material.name, **color}


def _opening(row: Mapping[str, Any], opening: Opening) -> dict[str, Any]:
    corners = (opening.hole_min, opening.hole_max)
    return {
        **_without(row, "boundingBox", "assetOffset"),
        "holePolygon": [{"x": x, "y": y, "z": 0} for x, y in corners],
        "assetPosition": dict(zip("xyz", opening.asset_position)),
    }


def _metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    agent = metadata.get("agent")
    poses = {"agentPoses": dict.fromkeys(AGENT_MODES, agent)} if agent else {}
    return {**_without(metadata, "agent"), **poses, "schema": "1.0.0"}
