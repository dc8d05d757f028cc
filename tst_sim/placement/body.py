"""One object standing somewhere: its parts and surfaces in the world."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tst_sim.assets import Asset, asset_table
from tst_sim.houses import HouseObject, Point3
from tst_sim.placement.boxes import Boxes, turn
from tst_sim.placement.parts import PlacementGeometry, Rectangle, Surface
from tst_sim.placement.shapes import placement_geometry

UPRIGHT_TOLERANCE_DEG = 0.5
LYING_FROM_DEG = 80.0


@dataclass(frozen=True)
class Body:
    """An object at a pose. Tilted objects are boxed in the frame of their yaw (exact at 90 degrees)."""

    id: str
    asset_id: str
    position: Point3
    """Centre of its box, metres."""
    rotation: Point3 = (0.0, 0.0, 0.0)
    """Euler angles in degrees, applied z, x, y as Unity does."""
    parent_id: str | None = None
    supports_m: tuple[float, ...] = ()
    """Heights above its bottom at which its house has things lie in it, beyond those known of the asset."""

    @classmethod
    def of(cls, item: HouseObject, parent: HouseObject | None) -> Body:
        """The body of a house's object, and of its parent's if it has one."""
        return cls(item.id, item.asset_id, item.position, item.rotation, parent.id if parent else None)

    @property
    def asset(self) -> Asset:
        """Its row of the asset database."""
        return asset_table()[self.asset_id]

    @property
    def geometry(self) -> PlacementGeometry:
        """Its support surfaces and collision parts, in the asset's frame."""
        return placement_geometry(self.asset_id, self.supports_m)

    @property
    def yaw_deg(self) -> float:
        """Its turn about the vertical axis."""
        return self.rotation[1]

    @property
    def upright(self) -> bool:
        """Whether it stands: neither pitched nor rolled by more than UPRIGHT_TOLERANCE_DEG."""
        return all(abs((angle + 180) % 360 - 180) <= UPRIGHT_TOLERANCE_DEG for angle in self.rotation[::2])

    @cached_property
    def local_parts(self) -> np.ndarray:
        """(n, 2, 3) parts in the frame of its yaw: tilted, then boxed again."""
        parts = self.geometry.parts
        if self.upright:
            return parts
        tilt = _tilt(self.rotation[0], self.rotation[2])
        middle, half = parts.mean(axis=1) @ tilt.T, (parts[:, 1] - parts[:, 0]) / 2 @ np.abs(tilt).T
        return np.stack([middle - half, middle + half], axis=1)

    @cached_property
    def boxes(self) -> Boxes:
        """Its parts in the world."""
        return _in_world(self.local_parts, self.position, self.yaw_deg)

    @cached_property
    def hull(self) -> Boxes:
        """Its whole bounding box in the world, one row."""
        parts = self.local_parts
        whole = np.stack([parts[:, 0].min(axis=0), parts[:, 1].max(axis=0)])[None]
        return _in_world(whole, self.position, self.yaw_deg)

    @cached_property
    def bottom(self) -> float:
        """World height of its lowest point, metres."""
        return float(self.hull.bottom[0])

    @property
    def top(self) -> float:
        """World height of its highest point, metres."""
        return float(self.hull.top[0])

    @property
    def base(self) -> Rectangle:
        """The area it stands on, in the frame of its yaw."""
        if self.upright:
            return self.geometry.base
        parts = self.local_parts
        low, high = parts[:, 0].min(axis=0), parts[:, 1].max(axis=0)
        return (float(low[0]), float(low[2]), float(high[0]), float(high[2]))

    @property
    def slanted(self) -> bool:
        """Neither upright nor lying on its side."""
        tilts = [abs((angle + 90) % 180 - 90) for angle in self.rotation[::2]]
        return any(UPRIGHT_TOLERANCE_DEG < tilt < LYING_FROM_DEG for tilt in tilts)

    @property
    def base_centre(self) -> tuple[float, float]:
        """World (x, z) of the middle of its base; of what is slanted, of the end that is lower."""
        if self.slanted:
            end = _tilt(self.rotation[0], self.rotation[2])[:, 1] * self.asset.size_m[1] / 2
            x, _, z = (-math.copysign(1.0, end[1]) * end).tolist()
            x, z = turn(x, z, self.yaw_deg)
            return self.position[0] + x, self.position[2] + z
        low_x, low_z, high_x, high_z = self.base
        x, z = turn((low_x + high_x) / 2, (low_z + high_z) / 2, self.yaw_deg)
        return self.position[0] + x, self.position[2] + z

    @property
    def surfaces(self) -> tuple[Surface, ...]:
        """Surfaces in its own frame; an object that does not stand upright carries nothing."""
        return self.geometry.surfaces if self.upright else ()

    def surface_height(self, surface: Surface) -> float:
        """World height of one of its support surfaces, metres."""
        return self.position[1] + surface.height_m

    def to_local(self, x: float, z: float) -> tuple[float, float]:
        """World (x, z) in the frame of its yaw."""
        return turn(x - self.position[0], z - self.position[2], -self.yaw_deg)

    def to_world(self, x: float, z: float) -> tuple[float, float]:
        """(x, z) in the frame of its yaw as world coordinates."""
        turned_x, turned_z = turn(x, z, self.yaw_deg)
        return self.position[0] + turned_x, self.position[2] + turned_z

    def moved(self, position: Point3, rotation: Point3 | None = None) -> Body:
        """The body at another place and, if given, rotation."""
        return replace(self, position=position, rotation=rotation or self.rotation)

    def put(self, position: Point3, rotation: Point3, parent_id: str | None = None) -> Body:
        """The same object somewhere else, on the parent named or on none."""
        return replace(self, position=position, rotation=rotation, parent_id=parent_id)


def _tilt(pitch_deg: float, roll_deg: float) -> np.ndarray:
    """(3, 3) rotation about z (roll), then about x (pitch), in Unity's left-handed sense."""
    cos_x, sin_x = math.cos(math.radians(pitch_deg)), math.sin(math.radians(pitch_deg))
    cos_z, sin_z = math.cos(math.radians(roll_deg)), math.sin(math.radians(roll_deg))
    about_x = np.array([[1, 0, 0], [0, cos_x, -sin_x], [0, sin_x, cos_x]])
    about_z = np.array([[cos_z, -sin_z, 0], [sin_z, cos_z, 0], [0, 0, 1]])
    return about_x @ about_z


def _in_world(parts: np.ndarray, position: Point3, yaw_deg: float) -> Boxes:
    cosine, sine = math.cos(math.radians(yaw_deg)), math.sin(math.radians(yaw_deg))
    middle, half = parts.mean(axis=1), (parts[:, 1] - parts[:, 0]) / 2
    centre = np.stack(
        [
            middle[:, 0] * cosine + middle[:, 2] * sine + position[0],
            middle[:, 1] + position[1],
            -middle[:, 0] * sine + middle[:, 2] * cosine + position[2],
        ],
        axis=1,
    )
    return Boxes(centre, half, np.tile([cosine, sine], (len(parts), 1)))
