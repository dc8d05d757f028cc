"""The objects of an event's metadata in AI2-THOR's schema: things, doors and windows, floors and walls."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tst_sim.embedded.actions.object_schema import box_around, entry
from tst_sim.embedded.actions.physical_traits import ON_BY_THEMSELVES, can_be_moved, mass_kg, salient_materials
from tst_sim.embedded.actions.sight import seen
from tst_sim.embedded.actions.structure_metadata import floor_id, structure_metadata
from tst_sim.embedded.actions.world import Condition, World
from tst_sim.houses import House
from tst_sim.placement.body import Body

ON_FLOOR_M = 0.02
"""What has its lowest point no higher than this stands on the floor."""
# AI2-THOR's order: the lower four corners, then the upper four, each round from (+x, +z).
_ORIENTED = np.array([(x, y, z) for y in (-1, 1) for x, z in ((1, 1), (-1, 1), (-1, -1), (1, -1))], np.float64)


@dataclass(frozen=True)
class _Standing:
    """What an object's description depends on; equal ones are described alike."""

    body: Body
    condition: Condition
    holds: tuple[str, ...]
    lies_on: tuple[str, ...]
    in_hand: bool

    def same_as(self, other: _Standing) -> bool:
        return (
            self.body is other.body
            and self.condition is other.condition
            and (self.holds, self.lies_on, self.in_hand) == (other.holds, other.lies_on, other.in_hand)
        )


class ObjectDescriber:
    """Describes the objects of worlds; what it says of an object that did not change is kept for the next event."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[_Standing, dict[str, Any]]] = {}
        self._structure: tuple[House | None, tuple[dict[str, Any], ...]] = (None, ())

    def describe(self, world: World) -> list[dict[str, Any]]:
        """One new dict an object: things, what is held, doors, windows, floors, walls; as the filter lets them."""
        if world.filter is not None and not world.filter:
            return []
        rows = self._things(world) + self._shell(world)
        return rows if world.filter is None else [row for row in rows if row["objectId"] in world.filter]

    def _things(self, world: World) -> list[dict[str, Any]]:
        sight, held = seen(world), world.held_bodies()
        holds = contents(world)
        described, rows = {}, []
        for in_hand, bodies in ((False, world.scene), (True, held), (False, world.opening_bodies)):
            for body in bodies:
                standing = _Standing(
                    body, world.condition(body.id), holds.get(body.id, ()), parent_ids(world, body), in_hand
                )
                described[body.id] = kept = self._described(standing)
                rows.append(
                    {
                        **kept[1],
                        "distance": math.dist(world.agent.position, body.position),
                        "visible": in_hand or body.id in sight.visible,
                        "isInteractable": in_hand or body.id in sight.interactable,
                    }
                )
        self._kept = described
        return rows

    def _described(self, standing: _Standing) -> tuple[_Standing, dict[str, Any]]:
        kept = self._kept.get(standing.body.id)
        if kept is not None and kept[0].same_as(standing):
            return kept
        return standing, _thing(standing)

    def _shell(self, world: World) -> list[dict[str, Any]]:
        if world.house is None:
            return []
        if world.house is not self._structure[0]:
            self._structure = (world.house, structure_metadata(world.house))
        floor, on_floor = floor_id(world.house), contents(world).get(floor_id(world.house), ())
        rows = []
        for row in self._structure[1]:
            position = row["position"]
            place = (position["x"], position["y"], position["z"])
            rows.append({**row, "distance": math.dist(world.agent.position, place)})
            if row["objectId"] == floor:
                rows[-1]["receptacleObjectIds"] = list(on_floor)
        return rows


def parent_ids(world: World, body: Body) -> tuple[str, ...]:
    """What the body lies on or in: another object, the floor of the house, or nothing (as on a wall, in the hand)."""
    if body.parent_id is not None:
        held = body.parent_id in world.scene or any(other.id == body.parent_id for other in world.hand)
        return (body.parent_id,) if held else ()
    in_scene = body.id in world.scene
    if world.house is None or not in_scene or not -ON_FLOOR_M <= body.bottom <= ON_FLOOR_M:
        return ()
    return (floor_id(world.house),)


def contents(world: World) -> Mapping[str, tuple[str, ...]]:
    """Ids of what lies on or in each object or on the floor, in the order of the scene."""
    found: dict[str, list[str]] = {}
    for body in (*world.scene, *world.hand):
        for parent in parent_ids(world, body):
            found.setdefault(parent, []).append(body.id)
    return {parent: tuple(children) for parent, children in found.items()}


def _thing(standing: _Standing) -> dict[str, Any]:
    body, condition = standing.body, standing.condition
    asset = body.asset
    traits = frozenset(asset.secondary_properties)
    openness = condition.openness or 0.0
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
        "canFillWithLiquid": "CanBeFilled" in traits,
        "dirtyable": "CanBeDirty" in traits,
        "isDirty": "CanBeDirty" in traits and condition.is_dirty,
        "canBeUsedUp": "CanBeUsedUp" in traits,
        "cookable": "CanBeCooked" in traits,
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
        "axisAlignedBoundingBox": aligned_box(body),
        "objectOrientedBoundingBox": oriented_box(body) if can_be_moved(asset) else None,
    }


def aligned_box(body: Body) -> dict[str, Any]:
    """The world-aligned box around the turned object."""
    (reach_x, reach_z), height = body.hull.reach()[0].tolist(), float(body.hull.half[0, 1])
    return box_around(body.position, (2 * reach_x, 2 * height, 2 * reach_z))


def oriented_box(body: Body) -> dict[str, Any]:
    """The box that turns with the object."""
    hull = body.hull
    local = _ORIENTED * hull.half[0]
    cosine, sine = hull.direction[0]
    corners = np.stack(
        [local[:, 0] * cosine + local[:, 2] * sine, local[:, 1], -local[:, 0] * sine + local[:, 2] * cosine], axis=1
    )
    return {"cornerPoints": (corners + body.position).tolist()}
