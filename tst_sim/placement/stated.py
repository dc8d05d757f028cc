"""What a house itself shows of its furniture: things at rest where the asset's known supports carry nothing.

Houses made with Unity have things on boards and in drawers of meshes that were never measured. Such a
thing stays where it is stated, and its furniture gets a support there, for placement and drawing alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tst_sim.placement.body import Body
from tst_sim.placement.parts import Surface

LET_DOWN_M = 0.005
"""Unity lets a thing down from so far above what it is placed on, and ProcTHOR states the place before the fall."""
LIFTED_M = 0.05
"""ProcTHOR states the place of what can break so much higher, lest it breaks."""
ON_M = 0.06
"""A thing so near a known support lies on that."""
OVERHANG_M = 0.05
"""The middle of a thing may be so far outside a support that carries it."""
SHUTTING_TYPES = ("Box", "Laptop")
"""Their stated middle is that of the box they have as far open as they are, so that their bottom is not known."""
NEVER_INSIDE = ("Bowl", "Box", "Cup", "DogBed", "GarbageCan", "LaundryHamper", "Mug", "Pan", "Plate", "Pot", "Sink")
"""Things in these lie on each other as they fell, not on boards."""
_ONE_SEAT = ("ArmChair", "Bed", "Chair", "Sofa")
_SAME_M = 0.03


def rest_height_m(body: Body) -> float:
    """World height at which a stated thing comes to rest, if its house was made by ProcTHOR with Unity."""
    lifted = LIFTED_M if "CanBreak" in body.asset.secondary_properties else 0.0
    return body.bottom - LET_DOWN_M - lifted


def stated_supports(parent: Body, children: Iterable[Body]) -> tuple[float, ...]:
    """Heights above the bottom of a piece of furniture, lowest first, at which things lie in it that nothing carries.

    A thing counts that stands upright, inside the box of the furniture as far as its middle goes, and below
    what is above it. What is stated at the top of the box or higher comes down, and is no evidence. Of a seat
    or a bed that has things where it is known to carry, the rest lies on those.
    """
    if not parent.upright or parent.asset.object_type in NEVER_INSIDE or not parent.surfaces:
        return ()
    heights: list[float] = []
    for child in sorted(children, key=rest_height_m):
        height = rest_height_m(child) - parent.bottom
        carried = _is_carried(parent, child, height)
        if carried and parent.asset.object_type in _ONE_SEAT:
            return ()
        if not carried and _is_evidence(parent, child, height) and all(abs(height - h) > _SAME_M for h in heights):
            heights.append(round(height, 3))
    return tuple(heights[:1] if parent.asset.object_type in _ONE_SEAT else heights)


def _is_carried(parent: Body, child: Body, height_m: float) -> bool:
    """Whether a support or a part of the furniture is just under the thing's middle."""
    x, z = parent.to_local(*child.base_centre)
    half = parent.asset.size_m[1] / 2
    found = [s.height_m + half for s in parent.surfaces if s.distance_m(x, z) <= OVERHANG_M]
    parts = parent.geometry.parts
    under = ((parts[:, 0, ::2] <= (x, z)) & ((x, z) <= parts[:, 1, ::2])).all(axis=1)
    found += (parts[under, 1, 1] + half).tolist()
    return any(abs(height_m - height) <= ON_M for height in found)


def _is_evidence(parent: Body, child: Body, height_m: float) -> bool:
    width, tall, depth = parent.asset.size_m
    if not child.upright or child.asset.object_type in SHUTTING_TYPES or not 0 < height_m < tall - 0.02:
        return False
    if parent.asset.object_type in _ONE_SEAT and height_m < 0.25 * tall:
        return False
    x, z = parent.to_local(*child.base_centre)
    if abs(x) > width / 2 or abs(z) > depth / 2:
        return False
    here = [surface for surface in parent.surfaces if surface.distance_m(x, z) <= OVERHANG_M]
    return _fits_below(parent, here, height_m, child.top - child.bottom)


def _fits_below(parent: Body, surfaces: Sequence[Surface], height_m: float, child_m: float) -> bool:
    """Whether a thing standing at a height ends below the next support; seats are moved, not built over."""
    above = [_above_bottom(parent, surface) for surface in surfaces if surface.kind != "seat"]
    return all(height_m + child_m <= other for other in above if other > height_m)


def _above_bottom(parent: Body, surface: Surface) -> float:
    return surface.height_m + parent.asset.size_m[1] / 2
