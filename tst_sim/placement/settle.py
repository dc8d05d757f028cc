"""Settling: small objects come down onto what carries them, the same way every time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tst_sim.houses import House, Point3
from tst_sim.placement.body import Body
from tst_sim.placement.boxes import overlap_depth
from tst_sim.placement.scene import CONTACT_M, PlacementScene
from tst_sim.placement.stated import OVERHANG_M, off_m

SLENDERNESS = 4.0
"""An object this many times taller than wide falls over when it is dropped at a slant."""
SINKING_M = 0.06
"""An object comes to lie on another only if it was above it, or in it by no more than this."""
RESTING_M = 0.02
"""An object stated so near to what carries it is at rest there: boxes that overlap beside it are not in its way."""
LEANING_M = 0.06
"""A slanted object leans, as it is, if its lowest point is so near to what is below it; from higher it falls over."""
TOUCHING_M = 0.005
STACKING_STEPS = 8
"""So many things an object may come to lie on, one above the other."""


@dataclass(frozen=True)
class SettledPose:
    """Where an object comes to rest: centre of its box in metres, Euler angles in degrees."""

    position: Point3
    rotation: Point3


class _Support(NamedTuple):
    height_m: float
    free_m: float


def settle(house: House) -> Mapping[str, SettledPose]:
    """The resting pose of every object by id; the house itself stays as it is.

    Nothing moves sideways. Children come down (or up) to the surface of their parent that is nearest to
    their bottom of those under their middle; where there is none, to what is below, the floor at last.
    Objects that are free to move come down to the floor. Kinematic objects without a parent stay.
    """
    return {body.id: SettledPose(body.position, body.rotation) for body in settled_scene(house)}


def settled_scene(house: House) -> PlacementScene:
    """The placement scene of the house with everything at rest."""
    scene = PlacementScene.of(house)
    free = {item.id for item, parent in house.all_objects() if parent is not None or not item.kinematic}
    depth = {item.id: 0 for item in house.objects}
    for item, parent in house.all_objects():
        if parent is not None:
            depth[item.id] = depth[parent.id] + 1
    fixed = [body for body in scene if body.id not in free]
    resting = PlacementScene(fixed, scene.walls)
    waiting = sorted((body for body in scene if body.id in free), key=lambda body: (depth[body.id], body.bottom))
    for body in waiting:
        resting.put(settled(resting, body))
    return PlacementScene((resting[body.id] for body in scene), scene.walls)


def settled(scene: PlacementScene, body: Body) -> Body:
    """The body at rest among the bodies of the scene; a slender one dropped at a slant lies down."""
    width, height, depth = body.asset.size_m
    if body.slanted and height > SLENDERNESS * max(width, depth):
        resting = _at_rest(scene, body)
        if abs(resting.bottom - body.bottom) <= LEANING_M:
            return resting
        lying = _lying_down(scene, body)
        return lying if lying is not None else _at_rest(scene, body.moved(body.position, (0.0, body.yaw_deg, 0.0)))
    return _at_rest(scene, body)


def _lying_down(scene: PlacementScene, body: Body) -> Body | None:
    """Flat on its side, turned from its yaw in steps until it lies on nothing but its support; else None."""
    for step in range(12):
        yaw = (body.yaw_deg + 30.0 * step) % 360.0
        lying = _at_rest(scene, body.moved(body.position, (90.0, yaw, 0.0)))
        stacked = lying.bottom > _support(scene, lying).height_m + CONTACT_M
        if not stacked and not scene.collides(lying, walls=True):
            return lying
    return None


def _at_rest(scene: PlacementScene, body: Body) -> Body:
    support = _support(scene, body)
    bottom = support.height_m
    offset = body.position[1] - body.bottom
    sinking = TOUCHING_M if abs(body.bottom - bottom) <= RESTING_M else SINKING_M
    for _ in range(STACKING_STEPS):
        resting = _lowered(body, bottom + offset)
        others = scene.obstacles(resting.hull, (body.id, body.parent_id or ""), walls=False)
        hit = (overlap_depth(resting.boxes, others) > CONTACT_M).any(axis=0)
        if not hit.any():
            return resting
        higher = float(others.top[hit].max())
        too_high = higher + (body.top - body.bottom) > support.height_m + support.free_m
        if higher <= bottom or higher > body.bottom + sinking or too_high:
            break
        bottom = higher
    return _lowered(body, support.height_m + offset)


def _lowered(body: Body, y: float) -> Body:
    return body.moved((body.position[0], y, body.position[2]))


def _support(scene: PlacementScene, body: Body) -> _Support:
    """The parent's surface nearest to the body's bottom that is under its middle; else what is below it there."""
    if body.parent_id is None or body.parent_id not in scene:
        return _Support(0.0, math.inf)
    parent = scene[body.parent_id]
    if not parent.surfaces:
        return _Support(parent.top, math.inf)
    x, z = parent.to_local(*body.base_centre)
    choices = []
    for surface in parent.surfaces:
        height = parent.surface_height(surface)
        wrong_kind = (surface.kind == "rim") != (body.asset.object_type == "Faucet")
        if surface.distance_m(x, z) <= OVERHANG_M or surface.kind == "rim":
            choices.append((wrong_kind, off_m(body, height), height, surface.free_m))
    if choices and not (min(choices)[0] and body.asset.object_type != "Faucet"):
        _, _, height, free = min(choices)
        return _Support(height, free)
    return _Support(_part_below(parent, x, z, body.bottom + SINKING_M), math.inf)


def _part_below(parent: Body, x: float, z: float, high_m: float) -> float:
    """World height of the highest part of a body under a point of its frame, up to a height; 0, the floor, else."""
    parts = parent.local_parts
    under = ((parts[:, 0, ::2] <= (x, z)) & ((x, z) <= parts[:, 1, ::2])).all(axis=1)
    tops = parts[under, 1, 1] + parent.position[1]
    return max(0.0, float(tops[tops <= high_m].max(initial=0.0)))
