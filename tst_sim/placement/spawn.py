"""Putting an object onto a support surface at random, without touching anything else."""

from __future__ import annotations

import numpy as np

from tst_sim.houses import Point3
from tst_sim.placement.body import Body
from tst_sim.placement.boxes import turn
from tst_sim.placement.parts import Rectangle, Surface
from tst_sim.placement.scene import PlacementScene

ATTEMPTS_PER_SURFACE = 12
DRAWER_WEIGHT = 0.2
"""Of a drawer's area against a top's: in Unity's public houses two of five things on dressers lie in a drawer."""
EDGE_MARGIN_M = 0.005
FACING_FRONT = ("Faucet",)
"""Types that stand on a sink's rim and face the way it faces, instead of turning at random."""


def spawn_on(scene: PlacementScene, body: Body, receptacle: Body, rng: np.random.Generator) -> Body | None:
    """The body at a free place on the receptacle, or None when no attempt found one.

    It stands wholly inside a surface, under its free height, turned by a multiple of 90 degrees
    against the receptacle. Surfaces are tried in random order, larger ones earlier on average.
    """
    surfaces = [surface for surface in receptacle.surfaces if suits(body, surface)]
    if not surfaces:
        return None
    areas = np.array([surface.area_m2 * (DRAWER_WEIGHT if surface.kind == "drawer" else 1) for surface in surfaces])
    for index in rng.choice(len(surfaces), len(surfaces), replace=False, p=areas / areas.sum()):
        for _ in range(ATTEMPTS_PER_SURFACE):
            placed = _attempt(body, receptacle, surfaces[index], rng)
            if placed is not None and not scene.collides(placed):
                return placed
    return None


def suits(body: Body, surface: Surface) -> bool:
    """Faucets go to a rim where there is one to go to; everything must fit under what is above."""
    if surface.kind == "rim" and body.asset.object_type not in FACING_FRONT:
        return False
    if surface.kind == "inside" and body.asset.object_type in FACING_FRONT:
        return False
    return body.asset.size_m[1] < surface.free_m


def _attempt(body: Body, receptacle: Body, surface: Surface, rng: np.random.Generator) -> Body | None:
    quarter = 0 if body.asset.object_type in FACING_FRONT else int(rng.integers(4))
    low_x, low_z, high_x, high_z = turned_rectangle(
        body.geometry.base if surface.kind == "rim" else footprint(body), quarter
    )
    along_x, along_z = rng.random(2)
    margin = 0.0 if surface.kind == "rim" else EDGE_MARGIN_M
    x = _between(surface.rectangle[0] - low_x + margin, surface.rectangle[2] - high_x - margin, along_x)
    z = _between(surface.rectangle[1] - low_z + margin, surface.rectangle[3] - high_z - margin, along_z)
    if x is None or z is None:
        return None
    world_x, world_z = receptacle.to_world(x, z)
    height = receptacle.surface_height(surface) + body.asset.size_m[1] / 2
    position: Point3 = (world_x, height, world_z)
    rotation = (0.0, (receptacle.yaw_deg + 90.0 * quarter) % 360.0, 0.0)
    return body.put(position, rotation, receptacle.id)


def footprint(body: Body) -> Rectangle:
    """The area an upright body covers, in its own frame."""
    width, _, depth = body.asset.size_m
    return (-width / 2, -depth / 2, width / 2, depth / 2)


def turned_rectangle(rectangle: Rectangle, quarter: int) -> Rectangle:
    """A rectangle about the origin turned by quarters of a full turn."""
    low_x, low_z, high_x, high_z = rectangle
    (x0, z0), (x1, z1) = turn(low_x, low_z, 90.0 * quarter), turn(high_x, high_z, 90.0 * quarter)
    return (min(x0, x1), min(z0, z1), max(x0, x1), max(z0, z1))


def _between(low: float, high: float, fraction: float) -> float | None:
    return None if low > high else low + (high - low) * fraction
