"""Towels, cloths and pillows."""

from __future__ import annotations

import numpy as np

from tst_sim.embedded.catalogue.look import Look, Range, part, shrunk
from tst_sim.embedded.mesh import Mesh, Part
from tst_sim.embedded.primitives import block, loft, rounded, solid

_TOWELS = ("white", "sky", "sage", "rose", "sand", "teal", "navy", "lavender")


def folds(x: Range, y: Range, z: Range, waves: int, thick: float) -> Mesh:
    """A hanging cloth over x and y whose folds swing between the two ends of z."""
    count = 6 * waves
    phase = np.linspace(0, 2 * np.pi * waves, count + 1)
    across = np.linspace(x[0], x[1], count + 1)
    along = sum(z) / 2 + (z[1] - z[0] - thick) / 2 * np.sin(phase)
    rings = np.empty((count + 1, 4, 3))
    rings[..., 0] = across[:, None]
    rings[..., 1] = (y[0], y[1], y[1], y[0])
    rings[..., 2] = along[:, None] + np.array([-1, -1, 1, 1]) * thick / 2
    return loft(rings, crease_deg=60)


def towel(look: Look) -> list[Part]:
    """A towel folded over a bar: a long front, a shorter rear, and a fringe band."""
    cloth = look.slot(0, "fabric", *_TOWELS)
    band_paint = look.paint("fabric", *_TOWELS, what="band")
    height, (back, front) = look.size[1], look.z
    thick = 0.4 * look.size[2]
    fold = rounded(look.x, (height - 2 * thick, height), look.z, plan=0.15, side=0.9, sides=12, rings=6)
    face = folds(look.x, (0.0, height - thick), (front - thick, front - 0.001), 3, 0.6 * thick)
    rear = block(
        (look.x[0] + 0.004, look.x[1] - 0.004), (0.12 * height, height - thick), (back, back + thick), bevel=0.3 * thick
    )
    band = folds(shrunk(look.x, 0.0006), (0.08 * height, 0.12 * height), (front - thick + 0.001, front), 3, 0.6 * thick)
    return [part(cloth, fold, face, rear, name="towel"), part(band_paint, band, name="band")]


def cloth(look: Look) -> list[Part]:
    """A crumpled flat cloth: a thick sheet with soft waves."""
    paint = look.slot(0, "fabric", *_TOWELS)
    count, phase = 10, look.choice("phase", 7)
    grid = np.linspace(-1, 1, count + 1)
    thick = 0.3 * look.size[1]
    wave = look.size[1] - thick
    rings = []
    for u in grid:
        tops = [0.5 + 0.5 * np.sin(3.1 * u + 2.3 * v + phase) * np.cos(2.7 * v - 1.9 * u) for v in grid]
        x = u * look.x[1] * (1 - 0.05 * np.cos(2 * u))
        upper = [
            (x * (1 - 0.06 * v * v), thick + wave * t, v * look.z[1] * (1 - 0.06 * u * u)) for v, t in zip(grid, tops)
        ]
        lower = [(px, py - thick, pz) for px, py, pz in upper[::-1]]
        rings.append(upper + lower)
    return [part(paint, loft(np.array(rings), crease_deg=60), name="cloth")]


def pillow(look: Look) -> list[Part]:
    """A cushion with four drawn-out corners; it leans a little towards a square."""
    case = look.slot(0, "fabric", "white", "teal", "rose", "sand", "navy", "sage", "yellow", "grey", "maroon")
    mesh = rounded(look.x, (0.0, look.size[1]), look.z, plan=0.3, side=0.75, sides=24, rings=10)
    points = mesh.vertices.astype(np.float64)
    u, v = points[:, 0] / look.x[1], points[:, 2] / look.z[1]
    # Sides pull in between the corners, as a stuffed square does.
    points[:, 0] *= 1 - 0.09 * (1 - v * v).clip(0) * np.abs(u)
    points[:, 2] *= 1 - 0.09 * (1 - u * u).clip(0) * np.abs(v)
    return [part(case, solid(points, mesh.triangles, crease_deg=60), name="pillow")]


SHAPES = {"Towel": towel, "HandTowel": towel, "Cloth": cloth, "Pillow": pillow}
