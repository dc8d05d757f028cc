"""Towels, cloths and pillows."""

from __future__ import annotations

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, Range, part, shrunk
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import box, loft, rounded, solid, tube

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


def towel(look: AssetAppearance) -> list[Part]:
    """A towel folded over a bar: a long front, a shorter rear, and a fringe band."""
    cloth = look.material_slot(0, "fabric", *_TOWELS)
    band_paint = look.paint("fabric", *_TOWELS, what="band")
    height, (back, front) = look.size[1], look.z
    thick = 0.4 * look.size[2]
    fold = rounded(look.x, (height - 2 * thick, height), look.z, plan=0.15, side=0.9, sides=12, rings=6)
    face = folds(look.x, (0.0, height - thick), (front - thick, front - 0.001), 3, 0.6 * thick)
    rear = box(
        (look.x[0] + 0.004, look.x[1] - 0.004), (0.12 * height, height - thick), (back, back + thick), bevel=0.3 * thick
    )
    band = folds(shrunk(look.x, 0.0006), (0.08 * height, 0.12 * height), (front - thick + 0.001, front), 3, 0.6 * thick)
    return [part(cloth, fold, face, rear, name="towel"), part(band_paint, band, name="band")]


def cloth(look: AssetAppearance) -> list[Part]:
    """A dropped cloth: its border lies flat, its middle is heaped up in ridges that run in several directions."""
    paint = look.material_slot(0, "fabric", *_TOWELS)
    count, phase = 10, 0.9 * look.choice("phase", 7)
    grid = np.linspace(-1, 1, count + 1)
    thick = min(0.3 * look.size[1], 0.0035)
    heap = look.size[1] - thick
    rings = []
    for u in grid:
        upper = []
        for v in grid:
            ridge = abs(np.sin(2.6 * u + 1.9 * v + phase)) ** 0.7 * (0.6 + 0.4 * np.cos(3.3 * v - 1.7 * u + phase))
            inside = (1 - abs(u) ** 3) * (1 - abs(v) ** 3)
            pull = 1 - 0.16 * (1 - v * v) * abs(np.sin(2 * v + phase)) - 0.1 * v * v
            x, z = u * look.x[1] * pull, v * look.z[1] * (1 - 0.18 * (1 - u * u) * abs(np.cos(2.2 * u + phase)))
            upper.append((x, thick + heap * ridge * inside, z))
        lower = [(px, py - thick, pz) for px, py, pz in upper[::-1]]
        rings.append(upper + lower)
    return [part(paint, loft(np.array(rings), crease_deg=60), name="cloth")]


def pillow(look: AssetAppearance) -> list[Part]:
    """A stuffed square: full in the middle, a thin seam around it, corners drawn out; scatter cushions have piping."""
    case = look.material_slot(0, "fabric", "white", "teal", "rose", "sand", "navy", "sage", "yellow", "grey", "maroon")
    points, triangles = _stuffed(look, 9)
    parts = [part(case, solid(points, triangles, crease_deg=60), name="pillow")]
    if look.choice("piping", 2) and max(look.size) < 0.6:
        trim = look.paint("fabric", "white", "navy", "sand", "charcoal", "maroon", what="piping")
        parts.append(part(trim, tube(_seam(look, 5), 0.007, sides=3, closed=True), name="piping"))
    return parts


def _stuffed(look: AssetAppearance, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and triangles of two bulging sheets (each `count` by `count`) that share their rim."""
    grid = np.sin(np.linspace(-np.pi / 2, np.pi / 2, count))
    u, v = np.meshgrid(grid, grid, indexing="ij")
    bulge = ((1 - u**4) * (1 - v**4)) ** 0.45
    # Sides pull in between the corners, as a stuffed square does.
    x = u * look.x[1] * (1 - 0.07 * (1 - v * v))
    z = v * look.z[1] * (1 - 0.07 * (1 - u * u))
    half = look.size[1] / 2
    sheets = [np.stack([x, half + side * half * bulge, z], axis=-1).reshape(-1, 3) for side in (1, -1)]
    index = np.arange(count * count).reshape(count, count)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    top = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return np.concatenate(sheets), np.concatenate([top, top[:, ::-1] + count * count])


def _seam(look: AssetAppearance, count: int) -> list[tuple[float, float, float]]:
    """Points around the rim of a pillow, half-way up."""
    half, inset = look.size[1] / 2, -0.002
    grid = np.sin(np.linspace(-np.pi / 2, np.pi / 2, count))[:-1]
    pull = [1 - 0.07 * (1 - fraction * fraction) for fraction in grid]
    side = list(zip(grid, pull))
    square = [(p, -s) for s, p in side] + [(-s, -p) for s, p in side]
    square += [(-p, s) for s, p in side] + [(s, p) for s, p in side]
    return [(u * (look.x[1] - inset), half, v * (look.z[1] - inset)) for u, v in square]


SHAPES = {"Towel": towel, "HandTowel": towel, "Cloth": cloth, "Pillow": pillow}
