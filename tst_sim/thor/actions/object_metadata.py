"""The objects of an event's metadata in AI2-THOR's schema: things, doors and windows, floors and walls."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from tst_sim.houses import House, Point3
from tst_sim.placement.body import Body
from tst_sim.thor.actions.action_state import ActionState, Condition
from tst_sim.thor.actions.drawn_boxes import aligned_box, openness_of, oriented_box
from tst_sim.thor.actions.object_schema import entry
from tst_sim.thor.actions.physical_traits import ON_BY_THEMSELVES, can_be_moved, mass_kg, salient_materials
from tst_sim.thor.actions.structure_metadata import floor_id, structure_metadata
from tst_sim.thor.actions.visibility import seen

ON_FLOOR_M = 0.02
"""What has its lowest point no higher than this stands on the floor."""
_SPARE = 200
"""So many descriptions of what is no longer there are kept before all are made anew."""


class _Standing(NamedTuple):
    """What an object's description depends on."""

    body: Body
    condition: Condition
    holds: tuple[str, ...]
    lies_on: tuple[str, ...]
    in_hand: bool

    def same_as(self, other: _Standing) -> bool:
        """Whether both are described alike. Bodies count by identity: by value, many numbers would be compared."""
        return self.body is other.body and self[1:] == other[1:]


class ObjectDescriber:
    """Describes the objects of worlds; what it says of an object that did not change is kept for the next event."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[_Standing, dict[str, Any]]] = {}
        self._house: House | None = None
        self._structure: tuple[tuple[dict[str, Any], Point3], ...] = ()

    def describe(self, world: ActionState) -> list[dict[str, Any]]:
        """One new dict an object: things, what is held, doors, windows, floors, walls; as the filter lets them."""
        if world.filter is not None and not world.filter:
            return []
        if world.house is not self._house:
            self._house, self._kept = world.house, {}
            self._structure = () if world.house is None else structure_metadata(world.house)
        parents = {body.id: parent_ids(world, body) for body in (*world.scene, *world.hand)}
        if len(self._kept) > 2 * len(parents) + _SPARE:
            self._kept.clear()
        holds = _turned_round(parents)
        return self._things(world, parents, holds) + self._structure_rows(world, holds)

    def _things(
        self, world: ActionState, parents: Mapping[str, tuple[str, ...]], holds: Mapping[str, tuple[str, ...]]
    ) -> list[dict[str, Any]]:
        sight, held = seen(world, world.filter), world.held_bodies()
        rows = []
        for in_hand, bodies in ((False, world.scene), (True, held), (False, world.opening_bodies)):
            for body in bodies:
                if world.filter is not None and body.id not in world.filter:
                    continue
                name, condition = body.id, world.condition(body.id)
                standing = _Standing(body, condition, holds.get(name, ()), parents.get(name, ()), in_hand)
                rows.append(
                    {
                        **self._described(standing),
                        "distance": math.dist(world.agent.position, body.position),
                        "visible": in_hand or name in sight.visible,
                        "isInteractable": in_hand or name in sight.interactable,
                    }
                )
        return rows

    def _described(self, standing: _Standing) -> dict[str, Any]:
        kept = self._kept.get(standing.body.id)
        if kept is None or not kept[0].same_as(standing):
            kept = (standing, _thing(standing))
            self._kept[standing.body.id] = kept
        return kept[1]

    def _structure_rows(self, world: ActionState, holds: Mapping[str, tuple[str, ...]]) -> list[dict[str, Any]]:
        rows = []
        for row, place in self._structure:
            if world.filter is None or row["objectId"] in world.filter:
                rows.append({**row, "distance": math.dist(world.agent.position, place)})
                if row["receptacle"]:
                    rows[-1]["receptacleObjectIds"] = list(holds.get(row["objectId"], ()))
        return rows


def parent_ids(world: ActionState, body: Body) -> tuple[str, ...]:
    """What the body lies on or in: another object, the floor of the house, or nothing (as on a wall, in the hand)."""
    if body.parent_id is not None:
        held = body.parent_id in world.scene or any(other.id == body.parent_id for other in world.hand)
        return (body.parent_id,) if held else ()
    if world.house is None or body.id not in world.scene or not -ON_FLOOR_M <= body.bottom <= ON_FLOOR_M:
        return ()
    return (floor_id(world.house),)


def _turned_round(parents: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """Ids of what lies on or in each object or on the floor, in the order of the scene."""
    found: dict[str, list[str]] = {}
    for name, above in parents.items():
        for parent in above:
            found.setdefault(parent, []).append(name)
    return {parent: tuple(children) for parent, children in found.items()}


def _thing(standing: _Standing) -> dict[str, Any]:
    body, condition = standing.body, standing.condition
    asset = body.asset
    traits = frozenset(asset.secondary_properties)
    openness = openness_of(asset, condition.openness)
    is_on = asset.object_type in ON_BY_THEMSELVES if condition.is_on is None else condition.is_on
    receptacle = "Receptacle" in traits
    return {
        **entry(body.id, asset.object_type, asset.asset_id, body.position, body.rotation),
        "receptacle": receptacle,
        "receptacleObjectIds": list(standing.holds) if receptacle or standing.holds else None,
        "parentReceptacles": list(standing.lies_on) or None,
        "toggleable": "CanToggleOnOff" in traits,
        "isToggled": "CanToggleOnOff" in traits and is_on,
        "breakable": "CanBreak" in traits,
        "isBroken": condition.is_broken,
        "canFillWithLiquid": "CanBeFilled" in traits,
        "isFilledWithLiquid": condition.liquid is not None,
        "fillLiquid": condition.liquid,
        "dirtyable": "CanBeDirty" in traits,
        "isDirty": "CanBeDirty" in traits and condition.is_dirty,
        "canBeUsedUp": "CanBeUsedUp" in traits,
        "isUsedUp": condition.is_used_up,
        "cookable": "CanBeCooked" in traits,
        "isCooked": condition.is_cooked,
        "isHeatSource": "isHeatSource" in traits,
        "isColdSource": "isColdSource" in traits,
        "sliceable": "CanBeSliced" in traits,
        "openable": "CanOpen" in traits,
        "isOpen": openness > 0,
        "openness": openness,
        "pickupable": asset.primary_property == "CanPickup",
        "isPickedUp": standing.in_hand,
        "moveable": asset.primary_property == "Moveable",
        "mass": mass_kg(asset),
        "salientMaterials": salient_materials(asset),
        "axisAlignedBoundingBox": aligned_box(body, condition.openness),
        "objectOrientedBoundingBox": oriented_box(body, condition.openness) if can_be_moved(asset) else None,
    }
