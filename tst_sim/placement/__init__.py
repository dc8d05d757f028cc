"""Placement geometry: where things can stand, and what is in their way.

The answers to the house generator's questions come from here. The geometry depends on an asset's
type and its real bounding box alone, never on the drawn shape, and is versioned: a change that
moves an object in any house is a new `PLACEMENT_VERSION`.
"""

from tst_sim.placement.check import PlacementReport, floating_and_overlapping
from tst_sim.placement.parts import PlacementGeometry, Surface
from tst_sim.placement.settle import SettledPose, settle
from tst_sim.placement.shapes import PLACEMENT_VERSION, placement_geometry

__all__ = [
    "PLACEMENT_VERSION",
    "PlacementGeometry",
    "PlacementReport",
    "SettledPose",
    "Surface",
    "floating_and_overlapping",
    "placement_geometry",
    "settle",
]
