"""The schema of AI2-THOR's object metadata: every key, and boxes in its form."""

from __future__ import annotations

from typing import Any

import numpy as np

from tst_sim.houses import Point3
from tst_sim.thor.actions.action_state import xyz

# x high before low, then y, then z.
_CORNERS = np.array([(x, y, z) for x in (1, -1) for y in (1, -1) for z in (1, -1)], np.float64)


def entry(
    object_id: str, object_type: str, asset_id: str, position: Point3, rotation: Point3 = (0.0, 0.0, 0.0)
) -> dict[str, Any]:
    """An object of which nothing else is known: every key of the schema, nothing it can do, and not seen."""
    can = ("receptacle", "toggleable", "breakable", "canFillWithLiquid", "dirtyable", "canBeUsedUp", "cookable")
    can += ("isHeatSource", "isColdSource", "sliceable", "openable", "pickupable", "moveable")
    states = ("isToggled", "isBroken", "isFilledWithLiquid", "isDirty", "isUsedUp", "isCooked", "isSliced", "isOpen")
    states += ("isPickedUp", "isMoving", "visible", "isInteractable")
    unknown = ("fillLiquid", "salientMaterials", "receptacleObjectIds", "parentReceptacles", "controlledObjects")
    return {
        "name": object_id,
        "objectId": object_id,
        "objectType": object_type,
        "assetId": asset_id,
        "position": xyz(position),
        "rotation": xyz(rotation),
        **dict.fromkeys((*can, *states), False),
        **dict.fromkeys((*unknown, "objectOrientedBoundingBox"), None),
        "temperature": "RoomTemp",
        "openness": 0.0,
        "mass": 0.0,
        "distance": 0.0,
    }


def box_around(center: Point3, size: Point3) -> dict[str, Any]:
    """A world-aligned box as the metadata gives it, metres."""
    corners = np.array(center) + _CORNERS * (np.array(size) / 2)
    return {"center": xyz(center), "size": xyz(size), "cornerPoints": corners.tolist()}
