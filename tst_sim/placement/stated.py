"""What a house itself shows of its furniture: things at rest where the asset's known supports carry nothing.

Houses made with Unity have things on boards and in drawers of meshes that were never measured. Such a
thing stays where it is stated, and its furniture gets a support there, for placement and drawing alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tst_sim.placement.body import Body
from tst_sim.placement.boxes import footprint_overlap
from tst_sim.proportions import HOLLOW_TYPES

LET_DOWN_M = 0.005
"""Unity lets a thing down from so far above what it is placed on, and ProcTHOR states the place before the fall."""
LIFTED_M = 0.05
"""ProcTHOR states the place of what can break so much higher, lest it breaks."""
ON_M = 0.025
"""A thing so near a known support lies on that."""
OVERHANG_M = 0.05
"""The middle of a thing may be so far outside a support that carries it."""
SHUTTING_TYPES = ("Box", "Laptop")
"""Their stated middle is that of the box they have as far open as they are, so that their bottom is not known."""
WITHOUT_BOARDS = (*HOLLOW_TYPES, "LaundryHamper", "Toilet")
"""Things in these lie on each other as they fell, or on a lid."""
SHELVED_TYPES = ("Cart", "Dresser", "Fridge", "ShelvingUnit", "TVStand")
"""Their boards are arranged about those that are known, so that only their top is in a thing's way."""
ONE_SEAT_TYPES = ("ArmChair", "Bed", "Chair", "Sofa")
BED_DRAWER_BELOW = 0.25
"""Of a bed's height."""
_SAME_M = 0.03


def rest_height_m(body: Body) -> float:
    """World height at which a stated thing comes to rest, if its house was made by ProcTHOR with Unity."""
    lifted = LIFTED_M if "CanBreak" in body.asset.secondary_properties else 0.0
    return body.bottom - LET_DOWN_M - lifted


def off_m(body: Body, height_m: float) -> float:
    """How far a stated thing is from resting at a world height.

    What can break may have been lifted or not; a shut laptop's bottom is up to half its open height higher.
    """
    off = height_m - rest_height_m(body)
    if body.asset.object_type == "Laptop" and 0 <= off <= body.asset.size_m[1] / 2:
        return 0.1 * (body.asset.size_m[1] / 2 - off)
    return min(abs(off), abs(height_m - body.bottom))


def stated_supports(parent: Body, children: Sequence[Body]) -> tuple[float, ...]:
    """Heights above the bottom of a piece of furniture, lowest first, at which things lie in it that nothing carries.

    A thing counts that stands upright, inside the box of the furniture as far as its middle goes, and below
    what is above it. What is stated at the top of the box or higher comes down, and is no evidence. Of a seat
    or a bed that has things where it is known to carry, the rest lies on those.
    """
    if not parent.upright or parent.asset.object_type in WITHOUT_BOARDS or not parent.surfaces:
        return ()
    things = [
        child
        for child in children
        if child.upright and child.asset.object_type not in SHUTTING_TYPES and not _is_stacked(child, children)
    ]
    heights: tuple[float, ...] = ()
    for _ in range(len(things)):  # a new board may move others, on which things lay
        found = _uncarried(replace(parent, supports_m=heights), things)
        if found is None:
            break
        heights = tuple(sorted({*heights, found}))
    return heights


def _is_stacked(child: Body, others: Sequence[Body]) -> bool:
    """Whether a thing is stated just above another one."""
    near = [other for other in others if other is not child and abs(rest_height_m(child) - other.top) <= LIFTED_M]
    return any(bool((footprint_overlap(child.hull, other.hull) > 0.01).any()) for other in near)


def _uncarried(parent: Body, things: Sequence[Body]) -> float | None:
    """The lowest height at which something lies that nothing carries; None when all is carried, or no evidence."""
    one_seat = parent.asset.object_type in ONE_SEAT_TYPES
    low = BED_DRAWER_BELOW * parent.asset.size_m[1]
    for thing in sorted(things, key=rest_height_m):
        height = rest_height_m(thing) - parent.bottom
        if (
            one_seat
            and height > low
            and ((parent.supports_m and parent.supports_m[-1] > low) or _sat_on(parent, things))
        ):
            return None
        known = (*parent.supports_m, *(surface.height_m + parent.asset.size_m[1] / 2 for surface in parent.surfaces))
        is_new = all(abs(height - other) > _SAME_M for other in parent.supports_m)
        if is_new and not _is_carried(parent, thing) and _is_evidence(parent, thing, height, known):
            return round(height, 3)
    return None


def _sat_on(parent: Body, things: Sequence[Body]) -> bool:
    return any(_is_carried(parent, thing) for thing in things if thing.bottom > parent.bottom + 0.02)


def _is_carried(parent: Body, thing: Body) -> bool:
    """Whether a support or a part of the furniture is just under the thing's middle."""
    x, z = parent.to_local(*thing.base_centre)
    found = [parent.surface_height(s) for s in parent.surfaces if s.distance_m(x, z) <= OVERHANG_M]
    parts = parent.geometry.parts
    under = ((parts[:, 0, ::2] <= (x, z)) & ((x, z) <= parts[:, 1, ::2])).all(axis=1)
    found += (parts[under, 1, 1] + parent.position[1]).tolist()
    return any(off_m(thing, height) <= ON_M for height in found)


def _is_evidence(parent: Body, thing: Body, height_m: float, known_m: Sequence[float]) -> bool:
    (width, tall, depth), kind = parent.asset.size_m, parent.asset.object_type
    x, z = parent.to_local(*thing.base_centre)
    if not 0 < height_m < tall - 0.02 or abs(x) > width / 2 or abs(z) > depth / 2:
        return False
    if kind in ONE_SEAT_TYPES:
        return kind == "Bed" or height_m > BED_DRAWER_BELOW * tall
    in_the_way = [tall] if kind in SHELVED_TYPES else [known for known in known_m if known > height_m]
    return all(height_m + thing.top - thing.bottom <= other for other in in_the_way)
