"""House plants: pots with soil, and what grows in them."""

from __future__ import annotations

import math

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, part
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import Point, lathe, leaf, rod, solid, tube
from tst_sim.randomness import rng_for

Growth = tuple[list[Mesh], list[Mesh]]
"""Stems and leaves."""


def house_plant(look: AssetAppearance) -> list[Part]:
    """A pot with soil, and a rubber plant, swords, a small tree, a fern, a palm, or where it is low a rosette."""
    pot_paint = look.material_of_name("pot_primary", "ceramic", "terracotta", "white", "charcoal", "sand", "teal")
    height = look.size[1]
    tall = height > 1.4 * max(look.size[0], look.size[2])
    growths = (_rubber_plant, _swords, _tree, _palm) if tall else (_rubber_plant, _fern, _tree, _rosette, _fern)
    style = look.choice("plant", len(growths))
    pot_y = (0.2 + 0.04 * look.choice("pot", 4)) * height
    pot, soil = _pot(look, pot_y)
    stems, leaves = growths[style](look, pot_y, rng_for(0, "plant", look.asset.asset_id))
    green = look.material_of_name("leaves", "leaf", "leaf", "green", "dark leaf", "olive")
    woody = growths[style] in (_tree, _palm)
    bark = look.paint("wood", "walnut", "teak", what="bark") if woody else look.paint("leaf", "olive", what="stem")
    parts = [part(pot_paint, *pot, name="pot"), part(look.paint("soil", "soil", what="soil"), soil, name="soil")]
    parts.append(part(green, *leaves, name="leaves"))
    return [*parts, part(bark, *stems, name="stems")] if stems else parts


_POTS = (
    [(0, 0), (0.7, 0), (0.92, 0.84), (1.0, 0.84), (1.0, 1.0), (0.88, 1.0), (0.85, 0.9), (0, 0.9)],
    [(0, 0), (0.6, 0), (0.97, 0.35), (1.0, 0.6), (0.86, 1.0), (0.76, 1.0), (0.8, 0.88), (0, 0.88)],
    [(0, 0), (0.88, 0), (0.96, 0.06), (1.0, 1.0), (0.9, 1.0), (0.88, 0.9), (0, 0.9)],
)
"""A flower pot with a collar, a belly and a straight planter; radius and height as shares."""


def _pot(look: AssetAppearance, pot_y: float) -> tuple[list[Mesh], Mesh]:
    width, _, depth = look.size
    radius = min(0.36 * min(width, depth), 0.62 * pot_y)
    shape = _POTS[look.choice("pot shape", 3)]
    pot = [lathe([(r * radius, y * pot_y) for r, y in shape], sides=16, crease_deg=40)]
    if look.choice("saucer", 2):
        rim = 0.09 * pot_y
        saucer = [(0, 0), (0.85, 0), (1.12, rim), (1.05, rim), (0.8, 0.3 * rim), (0, 0.3 * rim)]
        pot.append(lathe([(r * radius, y) for r, y in saucer], sides=16, crease_deg=40))
    low, high = 0.8 * pot_y, 0.93 * pot_y
    soil = lathe([(0.0, low), (0.8 * radius, low), (0.8 * radius, high - 0.01 * pot_y), (0.0, high)], sides=12)
    return pot, soil


def broad_leaf(base: Point, tip: Point, width: float, *, arch: float = 0.0) -> Mesh:
    """A rounded leaf with a groove along its middle, closed, 16 triangles; `arch` metres higher half-way."""
    start, end = np.asarray(base, np.float64), np.asarray(tip, np.float64)
    along = end - start
    across = np.cross(along, (0.0, 1.0, 0.0)) if abs(along[1]) < 0.98 * np.linalg.norm(along) else np.array([1.0, 0, 0])
    across *= 0.5 * width / np.linalg.norm(across)
    upward = np.cross(across, along)
    upward *= 0.05 * width / np.linalg.norm(upward)
    points = [start, end]
    for fraction, wide, lift in ((0.3, 0.9, 0.85), (0.68, 0.85, 0.8)):
        spine = start + fraction * along + np.array([0.0, lift * arch, 0.0])
        rim = upward * 2.5
        points += [spine - wide * across + rim, spine + wide * across + rim, spine + upward, spine - upward]
    upper = [(0, 2, 4), (0, 4, 3), (2, 6, 8), (2, 8, 4), (4, 8, 7), (4, 7, 3), (6, 1, 8), (8, 1, 7)]
    lower = [tuple({4: 5, 8: 9}.get(corner, corner) for corner in row[::-1]) for row in upper]
    return solid(np.array(points), np.array(upper + lower), crease_deg=30.0)


def _rubber_plant(look: AssetAppearance, pot_y: float, rng: np.random.Generator) -> Growth:
    """A few upright stems with broad leaves that alternate around them."""
    (width, height, depth), stems, leaves = look.size, [], []
    count = 3 + look.choice("stems", 2)
    for stem in range(count):
        heading = 2 * math.pi * stem / count + 0.4
        top_y = height * (0.93 if stem == 0 else float(rng.uniform(0.7, 0.88)))
        root = 0.05 * width * math.cos(heading), 0.85 * pot_y, 0.05 * depth * math.sin(heading)
        top = 0.16 * width * math.cos(heading), top_y, 0.16 * depth * math.sin(heading)
        stems.append(rod(root, top, 0.008 * width + 0.002, end_radius=0.004 * width + 0.001, sides=5))
        for index in range(8):
            fraction = 0.25 + 0.75 * index / 7
            joint = _between(root, top, fraction)
            angle = heading + 2.4 * index
            reach = (0.36 - 0.14 * fraction) * (1.0 if index < 7 else 0.4)
            rise = (0.1 + 0.12 * fraction) * (height - pot_y) if index < 7 else height - joint[1]
            tip = (
                joint[0] + reach * width * math.cos(angle),
                joint[1] + rise,
                joint[2] + reach * depth * math.sin(angle),
            )
            leaves.append(broad_leaf(joint, tip, 0.15 * min(width, depth) + 0.05 * width, arch=0.02 * height))
    return stems, leaves


def _between(start: Point, end: Point, fraction: float) -> Point:
    x, y, z = (a + fraction * (b - a) for a, b in zip(start, end))
    return x, y, z


def _swords(look: AssetAppearance, pot_y: float, rng: np.random.Generator) -> Growth:
    """Stiff blades that stand up from the soil."""
    (width, height, depth), leaves = look.size, []
    for index in range(24):
        angle, reach = 2.4 * index, 0.15 + 0.85 * (index / 23)
        base = 0.1 * width * math.cos(angle), 0.85 * pot_y, 0.1 * depth * math.sin(angle)
        top = height if index == 0 else pot_y + (height - pot_y) * float(rng.uniform(0.6, 1.0)) * (1.1 - 0.35 * reach)
        tip = 0.5 * reach * width * math.cos(angle), min(top, height), 0.5 * reach * depth * math.sin(angle)
        leaves.append(leaf(base, tip, 0.13 * min(width, depth)))
    return [], leaves


def _tree(look: AssetAppearance, pot_y: float, rng: np.random.Generator) -> Growth:
    """A trunk that forks into a round crown."""
    (width, height, depth) = look.size
    fork = pot_y + 0.4 * (height - pot_y)
    trunk = [(0, 0.85 * pot_y, 0), (0.04 * width, 0.6 * pot_y + 0.4 * fork, 0.02 * depth), (0, fork, 0)]
    stems = [tube(trunk, [0.028 * width + 0.003, 0.02 * width + 0.003, 0.016 * width + 0.002], sides=6)]
    leaves = []
    for index in range(46):
        angle, rise = 2.4 * index, -0.7 + 1.7 * (index + 0.5) / 46
        flat = math.sqrt(max(0.0, 1 - rise * rise)) * float(rng.uniform(0.75, 1.0))
        middle = fork + 0.42 * (height - fork)
        tip_y = middle + 0.58 * rise * (height - fork)
        tip = 0.5 * width * flat * math.cos(angle), tip_y, 0.5 * depth * flat * math.sin(angle)
        root = 0.45 * tip[0], fork + 0.65 * (tip_y - fork) + 0.06 * (height - fork), 0.45 * tip[2]
        size = 0.16 * min(width, depth)
        grown = broad_leaf(root, tip, size, arch=0.02 * height) if index % 3 == 0 else leaf(root, tip, size)
        leaves.append(grown)
        if index % 7 == 0:
            stems.append(rod((0, fork - 0.02, 0), root, 0.008 * width + 0.001, sides=4))
    return stems, leaves


def _fern(look: AssetAppearance, pot_y: float, rng: np.random.Generator) -> Growth:
    """Fronds that rise, bend over and hang."""
    (width, height, depth), leaves = look.size, []
    for index in range(30):
        angle, inner = 2.4 * index, index % 3
        out, up = (0.5, 0.36, 0.22)[inner], (0.35, 0.75, 1.0)[inner]
        knee_y = pot_y + up * (height - pot_y) * float(rng.uniform(0.9, 1.0))
        knee = 0.6 * out * width * math.cos(angle), knee_y, 0.6 * out * depth * math.sin(angle)
        tip_y = knee_y - (0.3 - 0.12 * inner) * (height - pot_y)
        tip = out * width * math.cos(angle), tip_y, out * depth * math.sin(angle)
        leaves.append(leaf((0.08 * knee[0], 0.85 * pot_y, 0.08 * knee[2]), knee, 0.08 * width))
        leaves.append(leaf((0.97 * knee[0], knee[1] - 0.01, 0.97 * knee[2]), tip, 0.1 * width, droop=0.02 * height))
    return [], leaves


def _palm(look: AssetAppearance, pot_y: float, rng: np.random.Generator) -> Growth:
    """Two or three bare canes of different height, each with a tuft of long, arching leaves."""
    (width, height, depth), stems, leaves = look.size, [], []
    count = 2 + look.choice("canes", 2)
    for cane in range(count):
        heading = 2.2 * cane + 0.7
        head_y = pot_y + (height - pot_y) * (0.72 - 0.22 * cane)
        lean = 0.05 + 0.05 * cane
        foot = 0.04 * width * math.cos(heading), 0.85 * pot_y, 0.04 * depth * math.sin(heading)
        head = lean * width * math.cos(heading), head_y, lean * depth * math.sin(heading)
        bend = 0.75 * head[0], (foot[1] + head_y) / 2, 0.75 * head[2]
        stems.append(tube([foot, bend, head], [0.022 * width + 0.002, 0.018 * width + 0.002, 0.016 * width], sides=6))
        for index in range(15 - 3 * cane):
            angle, steep = heading + 2.4 * index, 1 - index / 14
            reach = (0.44 - 0.1 * cane) * (1 - 0.55 * steep) * float(rng.uniform(0.85, 1.0))
            rise = (height - head_y) * (1.0 if index == 0 else 0.25 + 0.65 * steep) * (1 - 0.3 * cane)
            knee = head[0] + 0.55 * reach * width * math.cos(angle), head_y + 0.8 * rise
            knee_z = head[2] + 0.55 * reach * depth * math.sin(angle)
            tip = head[0] + reach * width * math.cos(angle), head_y + (rise if steep > 0.6 else 0.3 * rise)
            tip_z = head[2] + reach * depth * math.sin(angle)
            leaves.append(leaf(head, (*knee, knee_z), 0.075 * width))
            leaves.append(leaf((knee[0], knee[1] - 0.004, knee_z), (*tip, tip_z), 0.07 * width))
    return stems, leaves


def _rosette(look: AssetAppearance, pot_y: float, rng: np.random.Generator) -> Growth:
    """Thick pointed leaves in whorls, the inner ones upright: an aloe."""
    (width, height, depth), leaves = look.size, []
    for index in range(22):
        angle, inner = 2.4 * index, 1 - index / 21
        out, up = 0.5 * (1 - 0.8 * inner), (0.3 + 0.7 * inner) * float(rng.uniform(0.9, 1.0)) if index else 1.0
        base = 0.05 * width * math.cos(angle), 0.9 * pot_y, 0.05 * depth * math.sin(angle)
        tip = out * width * math.cos(angle), pot_y + up * (height - pot_y), out * depth * math.sin(angle)
        knee = 0.45 * tip[0] + base[0], pot_y + 0.4 * up * (height - pot_y), 0.45 * tip[2] + base[2]
        size = 0.06 * min(width, depth)
        leaves.append(tube([base, knee, tip], [0.8 * size, size, 0.1 * size], sides=4))
    return [], leaves


SHAPES = {"HousePlant": house_plant}
