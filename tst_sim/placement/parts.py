"""What placement geometry is made of: boxes that are in the way, rectangles that carry things."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

Rectangle = tuple[float, float, float, float]
"""(x low, z low, x high, z high), metres, in the asset's frame."""


@dataclass(frozen=True)
class Surface:
    """A horizontal rectangle of an asset on which things can stand."""

    kind: str
    """`top`, `seat`, `inside` (a hollow thing's floor, a shelf), `drawer` (behind its front, out of sight) or `rim`
    (a sink's, for faucets)."""
    height_m: float
    """y in the asset's frame (origin at the centre of its box)."""
    rectangle: Rectangle
    free_m: float = math.inf
    """Free height above the surface."""

    @property
    def area_m2(self) -> float:
        """Its area."""
        low_x, low_z, high_x, high_z = self.rectangle
        return (high_x - low_x) * (high_z - low_z)

    def distance_m(self, x: float, z: float) -> float:
        """From a point of the asset's frame to the rectangle, seen from above; 0 inside."""
        low_x, low_z, high_x, high_z = self.rectangle
        return math.hypot(max(low_x - x, x - high_x, 0.0), max(low_z - z, z - high_z, 0.0))


@dataclass(frozen=True)
class PlacementGeometry:
    """Collision parts and support surfaces of one asset, in its own frame."""

    parts: np.ndarray
    """(n, 2, 3): lowest and highest corner of each box, metres; their hull is the asset's box."""
    surfaces: tuple[Surface, ...]
    base: Rectangle
    """The area it stands on: the whole footprint, but for things that stand on a small foot."""


@dataclass
class PartsBuilder:
    """Collects parts and surfaces of an asset, with heights counted from the bottom of its box."""

    size_m: tuple[float, float, float]
    boxes: list[tuple[Rectangle, float, float]] = field(default_factory=list)
    surfaces: list[Surface] = field(default_factory=list)
    base: Rectangle | None = None

    @property
    def footprint(self) -> Rectangle:
        """(low x, low z, high x, high z) of the asset's box in its own frame, metres."""
        half_x, half_z = self.size_m[0] / 2, self.size_m[2] / 2
        return (-half_x, -half_z, half_x, half_z)

    def box(self, rectangle: Rectangle, low_m: float, high_m: float) -> None:
        """A solid box over a rectangle between two heights above the bottom; empty ones are left out."""
        low_x, low_z, high_x, high_z = rectangle
        if high_x > low_x and high_z > low_z and high_m > low_m:
            self.boxes.append((rectangle, low_m, high_m))

    def surface(self, kind: str, rectangle: Rectangle, height_m: float, free_m: float = math.inf) -> None:
        """A support surface at a height above the bottom; empty ones are left out."""
        low_x, low_z, high_x, high_z = rectangle
        if high_x > low_x and high_z > low_z and free_m > 0:
            self.surfaces.append(Surface(kind, height_m - self.size_m[1] / 2, rectangle, free_m))

    def build(self) -> PlacementGeometry:
        """The finished geometry; with no box given, the whole bounding box is solid."""
        if not self.boxes:
            self.box(self.footprint, 0.0, self.size_m[1])
        shift = self.size_m[1] / 2
        corners = [
            ((low_x, low - shift, low_z), (high_x, high - shift, high_z))
            for (low_x, low_z, high_x, high_z), low, high in self.boxes
        ]
        parts = np.array(corners, np.float64)
        parts.setflags(write=False)
        return PlacementGeometry(parts, tuple(self.surfaces), self.base or self.footprint)


def inset(rectangle: Rectangle, margin_m: float) -> Rectangle:
    """The rectangle made smaller by a margin on every side; may come out empty."""
    low_x, low_z, high_x, high_z = rectangle
    return (low_x + margin_m, low_z + margin_m, high_x - margin_m, high_z - margin_m)


def scaled(rectangle: Rectangle, factor: float) -> Rectangle:
    """The rectangle scaled about its centre."""
    low_x, low_z, high_x, high_z = rectangle
    middle_x, middle_z = (low_x + high_x) / 2, (low_z + high_z) / 2
    half_x, half_z = factor * (high_x - low_x) / 2, factor * (high_z - low_z) / 2
    return (middle_x - half_x, middle_z - half_z, middle_x + half_x, middle_z + half_z)
