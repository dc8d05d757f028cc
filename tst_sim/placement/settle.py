"""Settling: small objects come down onto what carries them, the same way every time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tst_sim.houses import House, Point3
from tst_sim.placement.body import UPRIGHT_TOLERANCE_DEG, Body
from tst_sim.placement.boxes import overlap_depth
from tst_sim.placement.scene import CONTACT_M, PlacementScene

SLENDERNESS = 4.0
"""An object this many times taller than wide falls over when it is dropped at a slant."""
SINKING_M = 0.06
"""An object comes to lie on another only if it was above it, or in it by no more than this."""
LYING_FROM_DEG = 80.0
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
    position: tuple[float, float]
    """World (x, z) of the body's centre on it."""


def settle(house: House) -> Mapping[str, SettledPose]:
    """The resting pose of every object by id; the house itself stays as it is.

    Children come down (or up) to the surface of their parent that is nearest to their bottom;
    objects that are free to move come down to the floor. Kinematic objects without a parent stay.
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
    if _is_slanted(body) and height > SLENDERNESS * max(width, depth):
        lying = _lying_down(scene, body)
        return lying if lying is not None else _at_rest(scene, body.moved(body.position, (0.0, body.yaw_deg, 0.0)))
    return _at_rest(scene, body)


def _is_slanted(body: Body) -> bool:
    """Neither upright nor lying on its side."""
    tilts = [abs((angle + 90) % 180 - 90) for angle in body.rotation[::2]]
    return any(UPRIGHT_TOLERANCE_DEG < tilt < LYING_FROM_DEG for tilt in tilts)


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
    position = (support.position[0], bottom + offset, support.position[1])
    for _ in range(STACKING_STEPS):
        resting = body.moved((position[0], bottom + offset, position[2]))
        others = scene.obstacles(resting.hull, (body.id, body.parent_id or ""), walls=False)
        hit = (overlap_depth(resting.boxes, others) > CONTACT_M).any(axis=0)
        if not hit.any():
            return resting
        higher = float(others.top[hit].max())
        too_high = higher + (body.top - body.bottom) > support.height_m + support.free_m
        if higher <= bottom or higher > body.bottom + SINKING_M or too_high:
            break
        bottom = higher
    return body.moved((position[0], support.height_m + offset, position[2]))


def _support(scene: PlacementScene, body: Body) -> _Support:
    """The parent's surface nearest to the body's bottom that can hold it; else the floor."""
    here = (body.position[0], body.position[2])
    if body.parent_id is None or body.parent_id not in scene:
        return _Support(0.0, math.inf, here)
    parent = scene[body.parent_id]
    choices = []
    for surface in parent.surfaces:
        height = parent.surface_height(surface)
        aside, position = _pulled_inside(body, parent, surface.rectangle)
        too_tall = body.top - body.bottom > surface.free_m
        wrong_kind = (surface.kind == "rim") != (body.asset.object_type == "Faucet")
        choices.append((too_tall, wrong_kind, aside + abs(body.bottom - height), height, surface.free_m, position))
    if not choices:
        return _Support(parent.top, math.inf, here)
    _, _, _, height, free, position = min(choices)
    return _Support(height, free, position)


def _pulled_inside(
    body: Body, parent: Body, rectangle: tuple[float, float, float, float]
) -> tuple[float, tuple[float, float]]:
    """How far the body's base centre lies outside the rectangle, and its centre when pulled inside."""
    low_x, low_z, high_x, high_z = rectangle
    x, z = parent.to_local(*body.base_centre)
    inside_x, inside_z = min(max(x, low_x), high_x), min(max(z, low_z), high_z)
    if (inside_x, inside_z) == (x, z):
        return 0.0, (body.position[0], body.position[2])
    world_x, world_z = parent.to_world(inside_x, inside_z)
    was_x, was_z = body.base_centre
    position = (body.position[0] + world_x - was_x, body.position[2] + world_z - was_z)
    return math.hypot(world_x - was_x, world_z - was_z), position
