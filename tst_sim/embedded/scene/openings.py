"""Doors and windows: their places in the walls they are cut from, and the backdrops behind glass.

Panes are opaque and have the color of the sky, as pictures, depth and ids must come from the same
surface; behind each opening to the outside a box closes the hole, so that no view leaves the house.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from tst_sim.assets import asset_table, procthor_data_file
from tst_sim.embedded.mesh.materials import Rgb, painted
from tst_sim.embedded.mesh.mesh import Material, Mesh, Part
from tst_sim.embedded.scene.structure import WallFrame
from tst_sim.houses import House, Opening, Point3

SKIES: dict[str, tuple[Rgb, float]] = {
    "Midday": ((0.80, 0.89, 0.97), 0.75),
    "GoldenHour": ((0.97, 0.83, 0.66), 0.45),
    "BlueHour": ((0.36, 0.45, 0.66), 0.1),
    "Midnight": ((0.05, 0.07, 0.12), 0.0),
}
"""sRGB color and emission of the sky by procthor's time of day."""

SHUT = "shut"
_GAP: Rgb = (0.05, 0.045, 0.04)

BAY_INTO_ROOM_M = 0.03
"""A bay window's face is this far in the room; the rest stands out of the house. Others are centred in the wall."""
_BAY_DEPTH_M = 0.3


@dataclass(frozen=True)
class WindowBackdrop:
    """What is behind an opening to the outside, in the asset's frame (the room at +z)."""

    hole_min: tuple[float, float]
    hole_max: tuple[float, float]
    wall_z: float
    depth_z: float
    time_of_day: str
    """One of `SKIES`; of a shut door, `SHUT`."""

    @property
    def shows_sky(self) -> bool:
        """Whether daylight comes through."""
        return self.time_of_day != SHUT


@dataclass(frozen=True)
class PlacedAsset:
    """One asset at its place: box centre in world metres, Euler angles in degrees (z, x, y)."""

    object_id: str
    asset_id: str
    position: Point3
    rotation: Point3
    color: tuple[float, float, float] | None
    openness: float | None
    view: WindowBackdrop | None = None
    supports_m: tuple[float, ...] = ()
    """Heights above its bottom at which its house has things lie in it, beyond those known of the asset."""


def placed_openings(house: House) -> list[PlacedAsset]:
    """Doors, then windows, in the order of the house; an asset faces (+z) the room of its first wall."""
    walls = {wall.id: WallFrame.of(wall) for wall in house.walls}
    time = time_of_day(house.skybox_id)
    return [
        _placed(opening, walls[opening.wall_ids[0]], time)
        for opening in house.doors + house.windows
        if opening.wall_ids
    ]


def leads_outdoors(opening: Opening) -> bool:
    """Whether it joins a room with the outside rather than two rooms."""
    return len(set(opening.room_ids)) < 2


def is_shut(opening: Opening) -> bool:
    """Whether a closed leaf stands in it."""
    return opening.openness == 0 and asset_table()[opening.asset_id].object_type == "Doorway"


def seen_through(item: PlacedAsset, house: House) -> PlacedAsset:
    """An opening with what is behind it as it stands now: a door to the outside shows the sky once it is open."""
    if item.view is None or asset_table()[item.asset_id].object_type != "Doorway":
        return item
    time = time_of_day(house.skybox_id) if item.openness else SHUT
    return item if item.view.time_of_day == time else replace(item, view=replace(item.view, time_of_day=time))


def _placed(opening: Opening, frame: WallFrame, time: str) -> PlacedAsset:
    x, y, z = opening.asset_position
    depth = asset_table()[opening.asset_id].size_m[2]
    if depth > _BAY_DEPTH_M:
        z += BAY_INTO_ROOM_M - depth / 2
    view = None
    if leads_outdoors(opening):
        # The asset looks against the wall's own x axis: what is right along the wall is left in its frame.
        low, high = (
            (x - opening.hole_max[0], opening.hole_min[1] - y),
            (x - opening.hole_min[0], opening.hole_max[1] - y),
        )
        view = WindowBackdrop(low, high, -z, -depth / 2 - 0.005, SHUT if is_shut(opening) else time)
    position = (frame.point(x, y) + frame.normal * z).tolist()
    return PlacedAsset(
        object_id=opening.id,
        asset_id=opening.asset_id,
        position=(position[0], position[1], position[2]),
        rotation=(0.0, frame.yaw_deg + 180.0, 0.0),
        color=None,
        openness=opening.openness,
        view=view,
    )


def glazed(parts: Sequence[Part], view: WindowBackdrop) -> tuple[Part, ...]:
    """An opening's parts, panes of sky in windows, and what is behind them."""
    if view.time_of_day == SHUT:
        return (*parts, _backdrop(view, painted("wood", _GAP, name="gap")))
    color, emission = SKIES[view.time_of_day]
    sky = painted("glass", color, name=f"sky {view.time_of_day}", emission=emission)
    panes = [replace(part, material=sky) if part.material.family == "glass" else part for part in parts]
    return (*panes, _backdrop(view, sky))


def _backdrop(view: WindowBackdrop, material: Material) -> Part:
    """The five sides of a box behind the hole, seen from inside, open to the room."""
    (left, low), (right, high) = view.hole_min, view.hole_max
    far, near = min(view.depth_z, view.wall_z - 0.01), view.wall_z
    corners = [(x, y, z) for x in (left, right) for y in (low, high) for z in (far, near)]
    sides = [((0, 2, 3, 1), (1, 0, 0)), ((4, 5, 7, 6), (-1, 0, 0)), ((0, 1, 5, 4), (0, 1, 0))]
    sides += [((2, 6, 7, 3), (0, -1, 0)), ((0, 4, 6, 2), (0, 0, 1))]
    vertices, normals, triangles = [], [], []
    for quad, normal in sides:
        start = len(vertices)
        vertices += [corners[index] for index in quad]
        normals += [normal] * 4
        a, b, c = np.array([corners[index] for index in quad[:3]])
        order = (0, 1, 2, 3) if np.cross(b - a, c - a) @ normal > 0 else (0, 3, 2, 1)
        triangles += [[start + order[i] for i in (0, 1, 2)], [start + order[i] for i in (0, 2, 3)]]
    mesh = Mesh(np.array(vertices, np.float32), np.array(normals, np.float32), np.array(triangles, np.uint32))
    return Part(mesh, material, "backdrop")


def time_of_day(skybox_id: str) -> str:
    """One of `SKIES`; a sky that procthor does not know is that of midday."""
    time = _times_of_day().get(skybox_id, "Midday")
    return time if time in SKIES else "Midday"


@cache
def _times_of_day() -> dict[str, str]:
    rows = json.loads(procthor_data_file("skyboxes.json").read_text())
    return {name: row["timeOfDay"] for name, row in rows.items()}
