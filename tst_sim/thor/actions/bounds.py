"""How far a scene reaches, and the camera that sees all of it from above."""

from __future__ import annotations

from dataclasses import dataclass

from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.houses import House, Point3


@dataclass(frozen=True)
class Bounds:
    """A world-axis-aligned box, metres."""

    low: Point3
    high: Point3

    def __contains__(self, point: Point3) -> bool:
        return all(low <= value <= high for low, value, high in zip(self.low, point, self.high))

    @property
    def size(self) -> Point3:
        """Extent along x, y and z, metres."""
        x, y, z = (high - low for low, high in zip(self.low, self.high))
        return (x, y, z)

    @property
    def center(self) -> Point3:
        """Middle of the box, world metres."""
        x, y, z = ((high + low) / 2 for low, high in zip(self.low, self.high))
        return (x, y, z)


def scene_bounds(house: House | None) -> Bounds:
    """From the floor to the top of the walls; an empty scene has no extent, so no agent can go anywhere in it."""
    if house is None:
        return Bounds((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    corners = [corner for room in house.rooms for corner in room.floor_polygon]
    corners += [(x, z) for wall in house.walls for x, _, z in wall.polygon]
    xs, zs = zip(*corners)
    return Bounds((min(xs), 0.0, min(zs)), (max(xs), house.ceiling_height_m, max(zs)))


def map_view(house: House | None) -> CameraSpec:
    """Orthographic, straight down from the top of the scene's bounds, all of it in view if the image is square."""
    bounds = scene_bounds(house)
    x, _, z = bounds.center
    half = max(bounds.size[0], bounds.size[2]) / 2 or 1.0
    return CameraSpec((x, bounds.high[1], z), (90.0, 0.0, 0.0), orthographic_size_m=half)
