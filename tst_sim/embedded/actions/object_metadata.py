"""An object as AI2-THOR's event metadata describes it."""

from __future__ import annotations

from typing import Any

from tst_sim.embedded.actions.world import xyz
from tst_sim.placement.body import Body


def object_metadata(body: Body, openness: float | None = None) -> dict[str, Any]:
    """One entry of `metadata["objects"]`; the box encloses the turned object, world-aligned."""
    asset = body.asset
    traits = asset.secondary_properties
    return {
        "name": body.id,
        "objectId": body.id,
        "objectType": asset.object_type,
        "assetId": asset.asset_id,
        "position": xyz(body.position),
        "rotation": xyz(body.rotation),
        "receptacle": "Receptacle" in traits,
        "breakable": "CanBreak" in traits,
        "isBroken": False,
        "openable": "CanOpen" in traits,
        "isOpen": bool(openness),
        "openness": openness or 0.0,
        "pickupable": asset.primary_property == "CanPickup",
        "moveable": asset.primary_property == "Moveable",
        "toggleable": "CanToggleOnOff" in traits,
        "sliceable": "CanBeSliced" in traits,
        "parentReceptacles": [body.parent_id] if body.parent_id else None,
        "axisAlignedBoundingBox": _bounds(body),
    }


def _bounds(body: Body) -> dict[str, Any]:
    reach_x, reach_z = body.hull.reach()[0]
    half = (float(reach_x), float(body.hull.half[0, 1]), float(reach_z))
    x, y, z = body.position
    # AI2-THOR's corner order: x high before low, then y, then z.
    corners = [
        [x + sx * half[0], y + sy * half[1], z + sz * half[2]] for sx in (1, -1) for sy in (1, -1) for sz in (1, -1)
    ]
    size = (2 * half[0], 2 * half[1], 2 * half[2])
    return {"center": xyz(body.position), "size": xyz(size), "cornerPoints": corners}
