"""Doors and lids that an openness moves, and the hollow bodies that they close.

Shapes here are drawn as a viewer before the thing sees it, x to the right and the front at +z (see `from_the_front`).
"""

from __future__ import annotations

from collections.abc import Iterable

from tst_sim.embedded.catalogue.appearance import AssetAppearance, Range, shrunk
from tst_sim.embedded.mesh.mesh import Mesh
from tst_sim.embedded.mesh.primitives import box, turned

DOOR_DEG = 105.0
"""How far the door of an appliance swings at an openness of 1."""


def is_open(look: AssetAppearance) -> bool:
    """Whether anything of the inside can be seen."""
    return (look.openness or 0.0) > 0.0


def swung(look: AssetAppearance, meshes: Iterable[Mesh], hinge: tuple[float, float], *, right: bool) -> list[Mesh]:
    """A door's meshes, turned out about the upright axis at (x, z) = `hinge` as far as the openness says."""
    angle = DOOR_DEG * (look.openness or 0.0) * (1 if right else -1)
    return [turned(mesh, "y", angle, (hinge[0], 0.0, hinge[1])) for mesh in meshes] if angle else list(meshes)


def lifted(look: AssetAppearance, meshes: Iterable[Mesh], hinge: tuple[float, float], most_deg: float) -> list[Mesh]:
    """A lid's meshes, turned up about the level axis at (y, z) = `hinge` behind it."""
    angle = -most_deg * (look.openness or 0.0)
    return [turned(mesh, "x", angle, (0.0, hinge[0], hinge[1])) for mesh in meshes] if angle else list(meshes)


def open_box(x: Range, y: Range, z: Range, wall: float) -> list[Mesh]:
    """Five walls about a room that is open at +z."""
    side_y = shrunk(y, wall)
    return [
        box(x, (y[0], side_y[0]), z),
        box(x, (side_y[1], y[1]), z),
        box((x[0], x[0] + wall), side_y, z),
        box((x[1] - wall, x[1]), side_y, z),
        box(shrunk(x, wall), side_y, (z[0], z[0] + wall)),
    ]


def lining(x: Range, y: Range, z: Range, wall: float) -> list[Mesh]:
    """A thin skin on the inner faces of `open_box`, for a color of its own."""
    inside_x, inside_y = shrunk(x, wall - 0.002), shrunk(y, wall - 0.002)
    return open_box(inside_x, inside_y, (z[0] + wall - 0.002, z[1] - 0.001), 0.004)
