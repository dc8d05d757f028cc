"""Curved pieces that many families share: slabs with round corners, cushions, bows, draped cloth.

Lengths are metres, ranges (low, high) pairs; every mesh is a closed solid, as the primitives are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tst_sim.embedded.mesh.mesh import Mesh
from tst_sim.embedded.mesh.primitives import Point, Range, lathe, loft, turned


def corner_outline(half: tuple[float, float], radius: float, steps: int) -> np.ndarray:
    """Points (n, 2) about a rectangle of half extents `half` with round corners, n = 4 (steps + 1),
    counter-clockwise."""
    radius = min(radius, 0.98 * min(half))
    angles = np.radians(np.linspace(0, 90, steps + 1))
    corner = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radius
    pieces = []
    for quarter, (u, v) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        turn = np.array([[1, 0], [0, 1]]) if quarter == 0 else _quarter_turn(quarter)
        pieces.append(corner @ turn.T + (u * (half[0] - radius), v * (half[1] - radius)))
    return np.concatenate(pieces)


def _quarter_turn(quarter: int) -> np.ndarray:
    cosine, sine = round(math.cos(quarter * math.pi / 2)), round(math.sin(quarter * math.pi / 2))
    return np.array([[cosine, -sine], [sine, cosine]])


def stacked(x: Range, z: Range, levels: Sequence[tuple[float, float]], corner: float, *, steps: int = 2) -> Mesh:
    """A solid of level round-cornered rectangles; each of `levels` is (inset from x and z, height)."""
    half = abs(x[1] - x[0]) / 2, abs(z[1] - z[0]) / 2
    rings = np.empty((len(levels), 4 * (steps + 1), 3))
    for ring, (inset, height) in zip(rings, levels):
        inset = min(inset, 0.95 * min(half))
        outline = corner_outline((half[0] - inset, half[1] - inset), max(corner - inset, 0.2 * corner), steps)
        ring[:, 0], ring[:, 1], ring[:, 2] = outline[:, 0] + sum(x) / 2, height, outline[:, 1] + sum(z) / 2
    return loft(rings, crease_deg=50)


def slab(x: Range, y: Range, z: Range, corner: float, *, edge: float = 0.0, steps: int = 2) -> Mesh:
    """A board with round corners in plan; `edge` rounds its upper and lower rim too."""
    edge = min(edge, 0.45 * (y[1] - y[0]))
    if edge <= 0:
        return stacked(x, z, [(0.0, y[0]), (0.0, y[1])], corner, steps=steps)
    levels = [(edge, y[0]), (0.3 * edge, y[0] + 0.3 * edge), (0.0, y[0] + edge)]
    levels += [(0.0, y[1] - edge), (0.3 * edge, y[1] - 0.3 * edge), (edge, y[1])]
    return stacked(x, z, levels, corner, steps=steps)


def cushion(x: Range, y: Range, z: Range, *, crown: float, corner: float | None = None, steps: int = 2) -> Mesh:
    """A stuffed seat: a flat top whose rim falls off over `crown`, a seam half-way, a flatter underside."""
    low, high = y
    thick = high - low
    drop = min(0.55 * thick, 0.8 * crown)
    seam = min(0.004, 0.08 * thick)
    levels = [(0.5 * crown, low), (0.08 * crown, low + 0.18 * thick), (seam, high - drop - 0.03 * thick)]
    levels += [(0.0, high - drop), (0.12 * crown, high - 0.45 * drop), (0.45 * crown, high - 0.12 * drop)]
    return stacked(x, z, [*levels, (crown, high)], corner or 0.8 * crown, steps=steps)


def standing_cushion(x: Range, y: Range, z: Range, *, crown: float, steps: int = 2) -> Mesh:
    """A cushion on edge, its soft side to +z."""
    return turned(cushion(x, z, (-y[1], -y[0]), crown=crown, steps=steps), "x", 90)


def upright_slab(x: Range, y: Range, z: Range, corner: float, *, edge: float = 0.0, steps: int = 2) -> Mesh:
    """A board with round corners seen from the front."""
    return turned(slab(x, z, (-y[1], -y[0]), corner, edge=edge, steps=steps), "x", 90)


def bow(start: Point, end: Point, size: tuple[float, float], bend: Point, *, steps: int = 4) -> Mesh:
    """A four-sided bar between two points on one level, bent by `bend` at its middle; `size` is (y, z) or (y, x)."""
    fraction = np.linspace(0, 1, steps + 1)
    first, last = np.asarray(start), np.asarray(end)
    middle = first + fraction[:, None] * (last - first) + (4 * fraction * (1 - fraction))[:, None] * np.asarray(bend)
    across = np.array([0, 0, 1.0]) if abs(last[0] - first[0]) >= abs(last[2] - first[2]) else np.array([1.0, 0, 0])
    up, out = np.array([0, size[0] / 2, 0]), across * size[1] / 2
    rings = np.stack([middle - up - out, middle + up - out, middle + up + out, middle - up + out], axis=1)
    return loft(rings, crease_deg=40)


def draped(x: Range, y: Range, z: Range, *, waves: float, swing: float, phase: float = 0.0, steps: int = 9) -> Mesh:
    """A cover over a mattress: flat on top, its sides hanging in folds that swing in by up to `swing`.

    Its front end (+z) hangs down as well; its rear end is upright and flat.
    """
    round_m = min(0.45 * (y[1] - y[0]), 0.07)
    middle, half = sum(x) / 2, (x[1] - x[0]) / 2
    along = np.concatenate([np.linspace(z[0], z[1] - round_m, steps), [z[1] - 0.3 * round_m, z[1], z[1] - 0.2 * swing]])
    drops = np.concatenate([np.zeros(steps), [0.3 * round_m, round_m, y[1] - y[0]]])
    rings = []
    for depth, drop in zip(along, drops):
        turn = waves * 2 * math.pi * (depth - z[0]) / (z[1] - z[0]) + phase
        hem = y[0] + 0.25 * swing * (1 + math.sin(1.7 * turn))
        top = max(y[1] - drop, hem + 0.003)
        left = _hanging(hem, top, round_m, swing * (0.5 + 0.5 * math.sin(turn)))
        right = _hanging(hem, top, round_m, swing * (0.5 + 0.5 * math.sin(turn + 1.3)))
        line = [(middle - half + inset, height) for inset, height in left]
        line += [(middle + half - inset, height) for inset, height in reversed(right)]
        rings.append([(px, py, depth) for px, py in line])
    return loft(np.array(rings), crease_deg=60)


def _hanging(hem: float, top: float, round_m: float, swing: float) -> list[tuple[float, float]]:
    """(inset, height) from the hem of a side up to where the flat top begins."""
    edge = min(round_m, 0.6 * (top - hem))
    return [(swing, hem), (0.5 * swing, (hem + top - edge) / 2), (0.0, top - edge), (0.3 * edge, top - 0.3 * edge),
            (edge, top)]  # fmt: skip


def turned_leg(at: tuple[float, float], y: Range, width: float, *, sides: int = 6) -> Mesh:
    """A leg off the lathe: a tapering foot, a bulb, a neck and a plain head."""
    shape = [(0.36, 0.0), (0.3, 0.15), (0.5, 0.62), (0.32, 0.7), (0.5, 0.76), (0.5, 1.0)]
    profile = [(radius * width, y[0] + fraction * (y[1] - y[0])) for radius, fraction in shape]
    return lathe(profile, at=(at[0], 0.0, at[1]), sides=sides)
