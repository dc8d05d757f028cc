"""Doors and windows: where they stand in the wall they are cut from."""

from __future__ import annotations

from dataclasses import dataclass

from tst_sim.embedded.structure import WallFrame
from tst_sim.houses import House, Point3


@dataclass(frozen=True)
class PlacedAsset:
    """One asset at its place: box centre in world metres, Euler angles in degrees (z, x, y)."""

    object_id: str
    asset_id: str
    position: Point3
    rotation: Point3
    color: tuple[float, float, float] | None
    openness: float | None


def placed_openings(house: House) -> list[PlacedAsset]:
    """Doors, then windows, in the order of the house; an asset faces (+z) the room of its first wall."""
    walls = {wall.id: wall for wall in house.walls}
    placed = []
    for opening in house.doors + house.windows:
        if not opening.wall_ids:
            continue
        frame = WallFrame.of(walls[opening.wall_ids[0]])
        x, y, z = opening.asset_position
        position = frame.point(x, y) + frame.normal * z
        placed.append(
            PlacedAsset(
                object_id=opening.id,
                asset_id=opening.asset_id,
                position=(float(position[0]), float(position[1]), float(position[2])),
                rotation=(0.0, frame.yaw_deg + 180.0, 0.0),
                color=None,
                openness=opening.openness,
            )
        )
    return placed
