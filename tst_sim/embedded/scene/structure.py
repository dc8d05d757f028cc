"""The structure of a house: floors, one-sided walls with holes, ceilings, as flat charted surfaces.

A wall's visible face lies exactly on its room's polygon. Every surface is flat and knows a
rectangle (its chart) that covers it, so that light can be baked into a map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tst_sim.embedded.mesh.materials import surface_material
from tst_sim.embedded.mesh.mesh import Material, Mesh
from tst_sim.embedded.mesh.polygons import Rectangle, rectangle_with_holes, triangulate
from tst_sim.houses import House, Opening, Room, SurfaceMaterial, Wall

OVERLAP_M = 0.02
"""Walls reach this far below the floor and above the ceiling, so that no crack shows between them."""


@dataclass(frozen=True)
class Surface:
    """One flat piece of the structure and the rectangle that covers it."""

    object_id: str
    class_name: str
    room_id: str
    mesh: Mesh
    material: Material
    corner: np.ndarray
    """(3,) world metres: where the chart starts."""
    axes: np.ndarray
    """(2, 3) edges of the chart, metres: the chart is corner + s axes[0] + t axes[1], s and t in [0, 1]."""
    normal: np.ndarray
    outline: np.ndarray | None = None
    """(n, 2) corners (x, z) of a floor or ceiling."""
    outdoors: bool = False
    """True for what is seen from outside the house."""

    def holds(self, points: np.ndarray) -> np.ndarray:
        """(n,) whether plan points (n, 2) lie within the outline: an odd number of edges to their left."""
        assert self.outline is not None
        inside = np.zeros(len(points), bool)
        x, z = points.T
        for (x0, z0), (x1, z1) in zip(self.outline, np.roll(self.outline, -1, axis=0)):
            if z0 != z1:
                inside ^= ((z0 <= z) != (z1 <= z)) & (x > x0 + (z - z0) / (z1 - z0) * (x1 - x0))
        return inside


@dataclass(frozen=True)
class WallFrame:
    """A wall's own coordinates: x along it from its start, y up, z out of the room behind it."""

    origin: np.ndarray
    along: np.ndarray
    length: float
    low: float
    high: float

    @classmethod
    def of(cls, wall: Wall) -> WallFrame:
        """The frame of a wall; exterior walls state their corners in reverse, which changes nothing here."""
        start, end = np.array(wall.polygon[0]), np.array(wall.polygon[1])
        heights = [corner[1] for corner in wall.polygon]
        edge = (end - start) * (1, 0, 1)
        length = float(np.linalg.norm(edge))
        origin = np.array([start[0], min(heights), start[2]])
        return cls(origin, edge / max(length, 1e-9), length, min(heights), max(heights))

    @property
    def normal(self) -> np.ndarray:
        """(3,) unit vector into the room: to the right of the wall's direction, seen from above."""
        return np.array([self.along[2], 0.0, -self.along[0]])

    @property
    def yaw_deg(self) -> float:
        """The turn that carries an asset's x axis onto the wall's direction."""
        return float(-np.degrees(np.arctan2(self.along[2], self.along[0])))

    def point(self, x: float, y: float) -> np.ndarray:
        """(3,) world point on the wall's face, metres."""
        return self.origin + self.along * x + np.array([0.0, y, 0.0])


def structure_surfaces(house: House) -> list[Surface]:
    """Floors, then walls, then ceilings, each in the order of the house; empty walls are left out."""
    holes = wall_holes(house)
    floors = [floor_surface(room) for room in house.rooms]
    walls = [wall_surface(wall, holes.get(wall.id, [])) for wall in house.walls if not wall.empty]
    ceilings = [ceiling_surface(room, house) for room in house.rooms]
    return floors + [wall for wall in walls if len(wall.mesh.triangles)] + ceilings


def floor_surface(room: Room) -> Surface:
    """A room's floor at y = 0, face up."""
    return _level(room, f"floor|{room.id}", "Floor", 0.0, 1.0, _material(room.floor_material))


def ceiling_surface(room: Room, house: House) -> Surface:
    """A room's ceiling at the height of its walls, face down."""
    heights = [corner[1] for wall in house.walls if wall.room_id == room.id for corner in wall.polygon]
    height = max(heights, default=house.ceiling_height_m)
    return _level(room, f"ceiling|{room.id}", "Ceiling", height, -1.0, _material(house.ceiling_material))


def _material(surface: SurfaceMaterial) -> Material:
    color = dict(zip("rgb", surface.color)) if surface.color else None
    return surface_material(surface.name, color)


def _level(room: Room, object_id: str, class_name: str, height: float, up: float, material: Material) -> Surface:
    plan = np.array(room.floor_polygon, np.float64)
    triangles = triangulate(plan)
    vertices = np.column_stack([plan[:, 0], np.full(len(plan), height), plan[:, 1]])
    normal = np.array([0.0, up, 0.0])
    low, high = plan.min(axis=0), plan.max(axis=0)
    corner = np.array([low[0], height, low[1]])
    axes = np.array([[high[0] - low[0], 0, 0], [0, 0, high[1] - low[1]]])
    mesh = _flat(vertices, triangles, normal)
    return Surface(object_id, class_name, room.id, mesh, material, corner, axes, normal, outline=plan)


def wall_surface(wall: Wall, holes: Sequence[Rectangle]) -> Surface:
    """A wall's face with rectangular holes cut out."""
    frame = WallFrame.of(wall)
    height = frame.high - frame.low
    outer = (0.0, -OVERLAP_M, frame.length, height + OVERLAP_M)
    points, triangles = rectangle_with_holes(outer, holes)
    vertices = frame.origin + points[:, :1] * frame.along + points[:, 1:] * np.array([[0.0, 1.0, 0.0]])
    corner = frame.point(0.0, -OVERLAP_M)
    axes = np.array([frame.along * frame.length, [0.0, height + 2 * OVERLAP_M, 0.0]])
    mesh = _flat(vertices, triangles, frame.normal)
    material = _material(wall.material)
    return Surface(wall.id, "Wall", wall.room_id, mesh, material, corner, axes, frame.normal, outdoors=wall.exterior)


def _flat(vertices: np.ndarray, triangles: np.ndarray, normal: np.ndarray) -> Mesh:
    """A flat mesh whose triangles, of either winding, are all turned to face along the normal."""
    corners = vertices[triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) @ normal
    triangles = np.where(facing[:, None] < 0, triangles[:, ::-1], triangles)
    normals = np.broadcast_to(normal, vertices.shape).astype(np.float32)
    return Mesh(vertices.astype(np.float32), normals, triangles.astype(np.uint32))


def wall_holes(house: House) -> Mapping[str, list[Rectangle]]:
    """The holes of each wall in its own coordinates; a hole is stated in those of its first wall."""
    walls = {wall.id: wall for wall in house.walls}
    holes: dict[str, list[Rectangle]] = {}
    for opening in house.doors + house.windows:
        if not opening.wall_ids:
            continue
        frame = WallFrame.of(walls[opening.wall_ids[0]])
        for wall_id in dict.fromkeys(opening.wall_ids):
            holes.setdefault(wall_id, []).append(_hole_in(WallFrame.of(walls[wall_id]), frame, opening))
    return holes


def _hole_in(frame: WallFrame, first: WallFrame, opening: Opening) -> Rectangle:
    ends = [first.point(x, y) for x, y in (opening.hole_min, opening.hole_max)]
    along = sorted(float((end - frame.origin) @ frame.along) for end in ends)
    heights = sorted(float(end[1] - frame.low) for end in ends)
    return along[0], heights[0], along[1], heights[1]
