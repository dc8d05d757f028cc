"""Fruit, vegetables, bread and eggs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, part
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import curve, lathe, leaf, loft, moved, rod, rounded, solid, turned


def apple(look: AssetAppearance) -> list[Part]:
    """A round fruit with dimples at both ends, a stalk and a leaf."""
    skin = look.material_slot(0, "food", "red", "lime", "yellow")
    width, height, depth = look.size
    body_y = 0.86 * height
    knots = [(0.0, 0.06), (0.3, 0.0), (0.8, 0.2), (1.0, 0.6), (0.78, 0.93), (0.3, 0.99), (0.0, 0.84)]
    profile = [(r, y * body_y) for r, y in curve(knots, 2)]
    body = lathe(profile, sides=14, stretch=(width / 2, depth / 2), crease_deg=70)
    stalk = rod((0, 0.8 * body_y, 0), (0.05 * width, height, 0), 0.012 * width + 0.0008, sides=5)
    leaf_of_it = leaf((0.0, 0.93 * body_y, 0.0), (0.28 * width, 0.98 * height, 0.1 * depth), 0.14 * width)
    return [
        part(skin, body, name="apple"),
        part(look.paint("wood", "walnut"), stalk, name="stalk"),
        part(look.paint("leaf", "green"), leaf_of_it, name="leaf"),
    ]


def tomato(look: AssetAppearance) -> list[Part]:
    """A flattened round fruit with a green star on top."""
    skin = look.material_slot(0, "food", "red", "red", "orange")
    width, height, depth = look.size
    body_y = 0.93 * height
    knots = [(0.0, 0.04), (0.45, 0.02), (0.88, 0.22), (1.0, 0.52), (0.84, 0.84), (0.4, 0.98), (0.0, 0.92)]
    profile = [(r, y * body_y) for r, y in curve(knots, 2)]
    body = lathe(profile, sides=14, stretch=(width / 2, depth / 2), crease_deg=70)
    star = []
    for index in range(5):
        angle = 2 * math.pi * index / 5
        tip = 0.22 * width * math.cos(angle), body_y + 0.015 * height, 0.22 * depth * math.sin(angle)
        star.append(leaf((0.0, 0.95 * body_y, 0.0), tip, 0.09 * width))
    star.append(rod((0, 0.9 * body_y, 0), (0.02 * width, height, 0), 0.025 * width, sides=5))
    return [part(skin, body, name="tomato"), part(look.paint("leaf", "green", "leaf"), *star, name="star")]


def potato(look: AssetAppearance) -> list[Part]:
    """A lumpy ellipsoid."""
    mesh = rounded(look.x, (0.0, look.size[1]), look.z, plan=0.85, side=0.9, sides=16, rings=10)
    bumps = mesh.vertices.copy()
    wave = 1 + 0.035 * (look.choice("lumps", 5) - 2)
    for axis, other in ((0, 2), (1, 0)):
        bumps[:, axis] *= 1 + 0.07 * wave * np.sin(bumps[:, other] / look.size[other] * 6 + look.choice("phase", 6))
    return [
        part(look.material_slot(0, "food", "tan", "wicker"), solid(bumps, mesh.triangles, crease_deg=60), name="potato")
    ]


def egg(look: AssetAppearance) -> list[Part]:
    """An egg, the blunt end down."""
    width, height, depth = look.size
    profile = [
        (math.sin(t) * (1 - 0.16 * -math.cos(t)), (1 - math.cos(t)) / 2 * height)
        for t in (math.pi * i / 9 for i in range(10))
    ]
    widest = max(r for r, _ in profile)
    profile = [(max(r, 0.0) / widest, y) for r, y in profile]
    body = lathe(profile, sides=14, stretch=(width / 2, depth / 2), crease_deg=60)
    return [part(look.material_slot(0, "plaster", "ivory", "sand", "cream", "white", "skin"), body, name="egg")]


def bread(look: AssetAppearance) -> list[Part]:
    """A tin loaf with a domed, overhanging top, or a round-ended hand-shaped one with slanting cuts."""
    crust = look.material_slot(0, "food", "honey", "tan", "teak")
    crumb = look.paint("food", "cream", "sand", what="crumb")
    width, height, depth = look.size
    if look.choice("loaf", 2):
        return [part(crust, _tin_loaf(look), name="loaf")]
    body = rounded(look.x, (0.0, 0.97 * height), look.z, plan=0.8, side=0.6, sides=18, rings=8)
    cuts = []
    along = max(width, depth)
    for index in range(4):
        at = (index - 1.5) * 0.19 * along
        size = 0.026 * along, 0.24 * min(width, depth)
        top = height * (1 - 0.5 * (abs(at) / (0.62 * along)) ** 2)
        cut = rounded((-size[1], size[1]), (top - 0.09 * height, top), (-size[0], size[0]), sides=8, rings=4)
        cut = turned(cut, "y", 25 if depth >= width else 65)
        cuts.append(moved(cut, (0.0, 0.0, at) if depth >= width else (at, 0.0, 0.0)))
    return [part(crust, body, name="loaf"), part(crumb, *cuts, name="cuts")]


def _tin_loaf(look: AssetAppearance) -> Mesh:
    """Upright sides, a waist where the tin ended, and a dome that bulges over it; both ends are round."""
    width, height, depth = look.size
    half = width / 2
    right = [(0.84, 0.0), (0.87, 0.42), (0.93, 0.5), (1.0, 0.64), (0.95, 0.82), (0.7, 0.95), (0.3, 1.0)]
    outline = np.array([(x * half, y * height) for x, y in right] + [(-x * half, y * height) for x, y in right[::-1]])
    middle = np.array([0.0, 0.45 * height])
    rings = []
    for fraction, size in (
        (-1.0, 0.72),
        (-0.97, 0.88),
        (-0.86, 0.98),
        (0.0, 1.0),
        (0.86, 0.98),
        (0.97, 0.88),
        (1.0, 0.72),
    ):
        points = middle + (outline - middle) * (size, size)
        points[outline[:, 1] == 0.0, 1] = 0.0
        rings.append(np.column_stack([points, np.full(len(points), fraction * depth / 2)]))
    return loft(np.array(rings), crease_deg=60)


def lettuce(look: AssetAppearance) -> list[Part]:
    """A crinkled round head in loose outer leaves whose ruffled rims stand off; the root is at -z."""
    green = look.material_slot(0, "leaf", "lime", "green", "sage")
    pale = replace(
        green, color=tuple(0.55 * channel + 0.45 * mix for channel, mix in zip(green.color, (0.62, 0.75, 0.3)))
    )
    height = look.size[1]
    head = rounded(
        _fraction(look.x, 0.84), (0.08 * height, 0.92 * height), (0.8 * look.z[0], 0.94 * look.z[1]), sides=12, rings=6
    )
    points = head.vertices.astype(np.float64)
    angle = np.arctan2(points[:, 1] - height / 2, points[:, 0])
    crinkle = 1 + 0.09 * np.sin(4 * angle + 9 * points[:, 2] / look.size[2]) + 0.04 * np.sin(9 * angle)
    points[:, :2] = (points[:, :2] - (0, height / 2)) * crinkle[:, None] + (0, height / 2)
    stalk = rod((0, height / 2, look.z[0]), (0, height / 2, 0.7 * look.z[0]), 0.1 * look.size[0], sides=7)
    leaves = [_wrapping_leaf(look, 2 * math.pi * index / 5 + 0.4, index) for index in range(5)]
    heart = solid(points, head.triangles, crease_deg=60)
    return [part(green, *leaves, name="leaves"), part(pale, heart, stalk, name="heart")]


def _wrapping_leaf(look: AssetAppearance, angle: float, index: int) -> Mesh:
    """One leaf, thin: it clings to the head from the root on and curls away from it at its wavy rim."""
    (width, height, depth), rows = look.size, []
    for u, bend in ((0.0, 0.25), (0.55, 1.15), (1.0, 1.75 + 0.2 * (index % 2))):
        line = []
        for v in (-1.0, -0.5, 0.0, 0.5, 1.0):
            radius = 0.9 + 0.1 * u * u + 0.11 * u * math.cos(2 * math.pi * v + index)
            side = angle + 0.8 * v * (0.5 + 0.5 * math.sin(2.2 * u))
            flat = radius * math.sin(bend - 0.12 * v * v * u)
            x, y = flat * math.cos(side) * width / 2, flat * math.sin(side) * height / 2
            line.append((x, y, -radius * math.cos(bend) * depth / 2))
        rows.append(line + [(0.93 * x, 0.93 * y, 0.95 * z) for x, y, z in reversed(line)])
    return moved(loft(np.array(rows), crease_deg=60), (0.0, height / 2, 0.0))


def _fraction(span: tuple[float, float], fraction: float) -> tuple[float, float]:
    return span[0] * fraction, span[1] * fraction


SHAPES = {"Apple": apple, "Tomato": tomato, "Potato": potato, "Egg": egg, "Bread": bread, "Lettuce": lettuce}
