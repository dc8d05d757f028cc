"""Fruit, vegetables, bread and eggs."""

from __future__ import annotations

import math

import numpy as np

from tst_sim.embedded.catalogue.look import Look, part
from tst_sim.embedded.mesh import Part
from tst_sim.embedded.primitives import curve, lathe, leaf, moved, prism, rod, rounded, solid, turned


def apple(look: Look) -> list[Part]:
    """A round fruit with dimples at both ends, a stalk and a leaf."""
    skin = look.slot(0, "food", "red", "lime", "yellow")
    width, height, depth = look.size
    body_y = 0.86 * height
    knots = [(0.0, 0.06), (0.3, 0.0), (0.8, 0.2), (1.0, 0.6), (0.78, 0.93), (0.3, 0.99), (0.0, 0.84)]
    profile = [(r, y * body_y) for r, y in curve(knots, 2)]
    body = lathe(profile, sides=16, stretch=(width / 2, depth / 2), crease_deg=70)
    stalk = rod((0, 0.8 * body_y, 0), (0.05 * width, height, 0), 0.012 * width + 0.0008, sides=5)
    leaf_of_it = leaf((0.0, 0.93 * body_y, 0.0), (0.28 * width, 0.98 * height, 0.1 * depth), 0.14 * width)
    return [
        part(skin, body, name="apple"),
        part(look.paint("wood", "walnut"), stalk, name="stalk"),
        part(look.paint("leaf", "green"), leaf_of_it, name="leaf"),
    ]


def tomato(look: Look) -> list[Part]:
    """A flattened round fruit with a green star on top."""
    skin = look.slot(0, "food", "red", "red", "orange")
    width, height, depth = look.size
    body_y = 0.93 * height
    knots = [(0.0, 0.04), (0.45, 0.02), (0.88, 0.22), (1.0, 0.52), (0.84, 0.84), (0.4, 0.98), (0.0, 0.92)]
    profile = [(r, y * body_y) for r, y in curve(knots, 2)]
    body = lathe(profile, sides=16, stretch=(width / 2, depth / 2), crease_deg=70)
    star = []
    for index in range(5):
        angle = 2 * math.pi * index / 5
        tip = 0.22 * width * math.cos(angle), body_y + 0.015 * height, 0.22 * depth * math.sin(angle)
        star.append(leaf((0.0, 0.95 * body_y, 0.0), tip, 0.09 * width))
    star.append(rod((0, 0.9 * body_y, 0), (0.02 * width, height, 0), 0.025 * width, sides=5))
    return [part(skin, body, name="tomato"), part(look.paint("leaf", "green", "leaf"), *star, name="star")]


def potato(look: Look) -> list[Part]:
    """A lumpy ellipsoid."""
    mesh = rounded(look.x, (0.0, look.size[1]), look.z, plan=0.85, side=0.9, sides=16, rings=10)
    bumps = mesh.vertices.copy()
    wave = 1 + 0.035 * (look.choice("lumps", 5) - 2)
    for axis, other in ((0, 2), (1, 0)):
        bumps[:, axis] *= 1 + 0.07 * wave * np.sin(bumps[:, other] / look.size[other] * 6 + look.choice("phase", 6))
    return [part(look.slot(0, "food", "tan", "wicker"), solid(bumps, mesh.triangles, crease_deg=60), name="potato")]


def egg(look: Look) -> list[Part]:
    """An egg, the blunt end down."""
    width, height, depth = look.size
    profile = [
        (math.sin(t) * (1 - 0.16 * -math.cos(t)), (1 - math.cos(t)) / 2 * height)
        for t in (math.pi * i / 12 for i in range(13))
    ]
    widest = max(r for r, _ in profile)
    profile = [(max(r, 0.0) / widest, y) for r, y in profile]
    body = lathe(profile, sides=16, stretch=(width / 2, depth / 2), crease_deg=60)
    return [part(look.slot(0, "food", "ivory", "sand", "cream", "skin"), body, name="egg")]


def bread(look: Look) -> list[Part]:
    """A loaf: boxy with a domed top, or a round-ended one with cuts."""
    crust = look.slot(0, "food", "honey", "tan", "teak")
    crumb = look.paint("food", "cream", "sand", what="crumb")
    width, height, depth = look.size
    if look.choice("loaf", 2):
        half = width / 2
        side = [(-0.86, 0.0), (0.86, 0.0), (0.9, 0.45), (1.0, 0.62), (0.9, 0.85), (0.5, 1.0), (-0.5, 1.0), (-0.9, 0.85)]
        outline = [(x * half, y * height) for x, y in [*side, (-1.0, 0.62), (-0.9, 0.45)]]
        return [part(crust, prism(outline, look.z, axis="z", crease_deg=60), name="loaf")]
    body = rounded(look.x, (0.0, 0.98 * height), look.z, plan=0.8, side=0.6, sides=18, rings=8)
    cuts = []
    for index in range(3):
        z = (index - 1) * 0.24 * depth
        cut_x = -0.22 * width, 0.22 * width
        cuts.append(rounded(cut_x, (0.9 * height, height), (z - 0.035 * depth, z + 0.035 * depth), sides=8, rings=4))
    return [part(crust, body, name="loaf"), part(crumb, *cuts, name="cuts")]


def lettuce(look: Look) -> list[Part]:
    """A heart in two ruffled cups of leaves; the head lies along z, its root at -z."""
    green = look.slot(0, "leaf", "lime", "green", "sage")
    pale = look.paint("leaf", "mint", "lime", what="heart")
    width, height, depth = look.size
    cups = []
    for reach, rim, phase in ((1.0, 0.85, 0.0), (0.82, 1.0, 2.0)):
        profile = [(0, 0), (0.6, 0.06), (0.98, 0.4), (0.86, 0.92), (0.78, 0.9), (0.88, 0.42), (0.0, 0.12)]
        cup = lathe([(r * reach, y * rim) for r, y in profile], sides=15, crease_deg=60)
        points = cup.vertices.astype(np.float64)
        angle = np.arctan2(points[:, 2], points[:, 0]) * 5 + phase
        points *= (1 + 0.12 * np.sin(angle) * points[:, 1])[:, None] * (1, 0, 1) + (0, 1, 0)
        points[:, 1] *= 1 + 0.06 * np.cos(angle * 0.6)
        shape = solid(points * (width / 2, depth, height / 2), cup.triangles, crease_deg=60)
        cups.append(moved(turned(shape, "x", 90), (0.0, height / 2, -depth / 2)))
    heart = rounded(_share(look.x, 0.6), (0.2 * height, 0.8 * height), _share(look.z, 0.75), sides=9, rings=5)
    return [part(pale, heart, name="heart"), part(green, *cups, name="leaves")]


def _share(span: tuple[float, float], share: float) -> tuple[float, float]:
    return span[0] * share, span[1] * share


SHAPES = {"Apple": apple, "Tomato": tomato, "Potato": potato, "Egg": egg, "Bread": bread, "Lettuce": lettuce}
