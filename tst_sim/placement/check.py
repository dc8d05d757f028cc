"""Measuring a house: does anything float, does anything stick in anything else?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tst_sim.houses import House
from tst_sim.placement.body import Body
from tst_sim.placement.boxes import footprint_overlap, overlap_depth
from tst_sim.placement.scene import PlacementScene
from tst_sim.placement.settle import settled_scene

TOLERANCE_M = 0.01
HUNG_TYPES = frozenset(
    [
        "Blinds",
        "HandTowelHolder",
        "LightSwitch",
        "Painting",
        "ShowerCurtain",
        "ShowerHead",
        "Television",
        "ToiletPaperHanger",
        "TowelHolder",
    ]
)
HUNG_WITHIN_M = 0.08
"""An object of these types and this close to a wall hangs on it."""


@dataclass(frozen=True)
class PlacementReport:
    """What was found in one house, or in several added up with `+`."""

    houses: int
    objects: int
    floating: tuple[tuple[str, float], ...]
    """(object id, gap below it in metres)."""
    overlapping: tuple[tuple[str, str, float], ...]
    """(object id, object id, penetration in metres), parent and child left out."""

    def __add__(self, other: PlacementReport) -> PlacementReport:
        return PlacementReport(
            self.houses + other.houses,
            self.objects + other.objects,
            self.floating + other.floating,
            self.overlapping + other.overlapping,
        )


def floating_and_overlapping(house: House, tolerance_m: float = TOLERANCE_M) -> PlacementReport:
    """Every object of the settled house that floats or interpenetrates by more than the tolerance."""
    scene = settled_scene(house)
    floating = [(f"{house.name}/{body.id}", gap) for body in scene if (gap := _gap(scene, body)) > tolerance_m]
    return PlacementReport(1, len(scene), tuple(floating), tuple(_overlaps(house.name, scene, tolerance_m)))


def _gap(scene: PlacementScene, body: Body) -> float:
    """Distance down to the nearest thing under the body's parts; 0 where it hangs on a wall."""
    boxes, owners = scene.boxes()
    names = [other.id for other in scene]
    others = boxes.select(owners != names.index(body.id))
    below = footprint_overlap(body.boxes, others) > 0
    tops = np.where(below & (others.top[None] <= body.boxes.bottom[:, None] + 0.02), others.top[None], 0.0)
    gap = float((body.boxes.bottom - np.maximum(tops.max(axis=1, initial=0.0), 0.0)).min())
    if gap > 0 and body.parent_id is None and _hangs(scene, body):
        return 0.0
    return gap


def _hangs(scene: PlacementScene, body: Body) -> bool:
    if body.asset.object_type not in HUNG_TYPES:
        return False
    return bool((footprint_overlap(body.hull, scene.walls) > -HUNG_WITHIN_M).any())


def _overlaps(name: str, scene: PlacementScene, tolerance_m: float) -> list[tuple[str, str, float]]:
    boxes, owners = scene.boxes()
    bodies = list(scene)
    depth = overlap_depth(boxes, boxes)
    rows, columns = np.nonzero(depth > tolerance_m)
    deepest: dict[tuple[int, int], float] = {}
    for row, column in zip(rows, columns):
        pair = (int(owners[row]), int(owners[column]))
        if pair[0] < pair[1] and not _related(bodies[pair[0]], bodies[pair[1]]):
            deepest[pair] = max(deepest.get(pair, 0.0), float(depth[row, column]))
    return [(f"{name}/{bodies[a].id}", f"{name}/{bodies[b].id}", value) for (a, b), value in sorted(deepest.items())]


def _related(first: Body, second: Body) -> bool:
    return first.parent_id == second.id or second.parent_id == first.id
