"""Balls, bats, rackets, dumbbells, teddy bears and boots."""

from __future__ import annotations

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, part
from tst_sim.embedded.catalogue.curved import slab
from tst_sim.embedded.mesh.mesh import Part
from tst_sim.embedded.mesh.primitives import arc, box, disc, lathe, rod, rounded, tube, turned


def baseball_bat(look: AssetAppearance) -> list[Part]:
    """A turned club with a knob and a wrapped grip; it stands upright, as its box does."""
    wood = look.material_slot(0, "wood", "oak", "birch")
    wrap = look.paint("leather", "charcoal", "chocolate", what="wrap")
    width, height, depth = look.size
    profile = [
        (0, 0),
        (0.42, 0.0),
        (0.46, 0.012),
        (0.3, 0.03),
        (0.3, 0.2),
        (0.45, 0.45),
        (0.9, 0.75),
        (1.0, 0.93),
        (0.85, 0.99),
        (0, 1),
    ]
    bat = lathe([(r, y * height) for r, y in profile], sides=16, stretch=(width / 2, depth / 2))
    grip = lathe([(0.33, 0.04 * height), (0.34, 0.3 * height)], sides=16, stretch=(width / 2, depth / 2))
    return [part(wood, bat, name="bat"), part(wrap, grip, name="grip")]


def basket_ball(look: AssetAppearance) -> list[Part]:
    """An orange ball with dark seams."""
    orange, seam = look.paint("rubber", "orange"), look.paint("rubber", "black", what="seam")
    height = look.size[1]
    radius, middle = min(look.size) / 2, height / 2
    ball = rounded(look.x, (0.0, height), look.z, sides=14, rings=7)
    thin, reach = 0.013 * height, 0.99 * radius
    centre = (0.0, middle, 0.0)
    rings = [
        tube(arc(centre, reach, 0, 340, plane=plane, steps=17), thin, sides=3, closed=True) for plane in ("xy", "xz")
    ]
    rings.append(turned(tube(arc(centre, reach, 0, 340, plane="xy", steps=17), thin, sides=3, closed=True), "y", 90))
    return [part(orange, ball, name="ball"), part(seam, *rings, name="seams")]


def tennis_racket(look: AssetAppearance) -> list[Part]:
    """An oval head with strings, a throat and a wrapped handle; it lies along z."""
    frame_paint = look.material_slot(0, "plastic", "red", "blue", "charcoal")
    string = look.paint("plastic", "ivory", what="string")
    wrap = look.paint("leather", "charcoal", "brown", what="wrap")
    width, height, depth = look.size
    thin, y = min(0.011, 0.3 * height), height / 2
    half_x, half_z = width / 2 - thin, 0.27 * depth - thin
    middle = look.z[1] - thin - half_z
    angles = np.linspace(0, 2 * np.pi, 22, endpoint=False)
    hoop = tube([(half_x * np.cos(a), y, middle + half_z * np.sin(a)) for a in angles], thin, sides=5, closed=True)
    strings = []
    for fraction in np.linspace(-0.8, 0.8, 7):
        reach = np.sqrt(1 - fraction**2)
        x, z = half_x * fraction, half_z * fraction
        strings.append(
            box((x - 0.0008, x + 0.0008), (y - 0.0012, y + 0.0004), (middle - half_z * reach, middle + half_z * reach))
        )
        strings.append(
            box((-half_x * reach, half_x * reach), (y - 0.0004, y + 0.0012), (middle + z - 0.0008, middle + z + 0.0008))
        )
    root = look.z[0] + 0.33 * depth
    throat = [
        rod((side * 0.6 * half_x, y, middle - 0.78 * half_z), (side * 0.01, y, root), thin, sides=6) for side in (-1, 1)
    ]
    handle = rod((0, y, look.z[0]), (0, y, root + 0.01), height / 2, sides=8)
    return [
        part(frame_paint, hoop, *throat, name="frame"),
        part(string, *strings, name="strings"),
        part(wrap, handle, name="grip"),
    ]


def dumbbell(look: AssetAppearance) -> list[Part]:
    """Two six-sided weights on a bar along z."""
    iron, steel = look.material_slot(0, "metal", "black"), look.paint("metal", "steel", what="bar")
    height, depth = look.size[1], look.size[2]
    heads = []
    for z in ((look.z[0], look.z[0] + 0.3 * depth), (look.z[1] - 0.3 * depth, look.z[1])):
        heads.append(disc((0.0, height / 2, 0.0), look.size[0] / 2, z, sides=6, radius_y=height / 2 / 0.866))
    bar = rod((0, height / 2, -0.25 * depth), (0, height / 2, 0.25 * depth), 0.13 * height, sides=12)
    return [part(iron, *heads, name="weights"), part(steel, bar, name="bar")]


def teddy_bear(look: AssetAppearance) -> list[Part]:
    """A seated bear of balls: body, head, ears, arms and legs, with a paler muzzle and belly."""
    fur = look.paint("fabric", "tan", "brown", "honey")
    pale, dark = look.paint("fabric", "cream", "sand", what="muzzle"), look.paint("plastic", "black", what="eyes")
    width, height, depth = look.size

    def ball(x: float, y: float, z: float, rx: float, ry: float, rz: float, sides: int = 12):
        x, y, z = x * width, y * height, z * depth
        rx, ry, rz = rx * width, ry * height, rz * depth
        return rounded((x - rx, x + rx), (y - ry, y + ry), (z - rz, z + rz), sides=sides, rings=max(3, sides // 2))

    furry = [ball(0, 0.3, -0.22, 0.27, 0.3, 0.28, 9), ball(0, 0.73, -0.2, 0.25, 0.22, 0.28, 9)]
    for side in (-1, 1):
        furry.append(ball(side * 0.19, 0.93, -0.22, 0.085, 0.07, 0.08, 6))
        shoulder = (side * 0.2 * width, 0.5 * height, -0.2 * depth)
        elbow, paw = (
            (side * 0.36 * width, 0.4 * height, -0.1 * depth),
            (side * 0.4 * width, 0.27 * height, 0.12 * depth),
        )
        furry.append(tube([shoulder, elbow, paw], [0.07 * width, 0.085 * width, 0.09 * width], sides=5))
        furry.append(ball(side * 0.4, 0.25, 0.13, 0.1, 0.09, 0.12, 5))
        hip, foot = (
            (side * 0.13 * width, 0.13 * height, -0.1 * depth),
            (side * 0.28 * width, 0.12 * height, 0.36 * depth),
        )
        furry.append(tube([hip, foot], [0.12 * width, 0.12 * width], sides=6))
        furry.append(ball(side * 0.28, 0.13, 0.4, 0.13, 0.13, 0.1, 6))
    pads = [ball(0, 0.66, 0.06, 0.11, 0.08, 0.1, 6), ball(0, 0.3, 0.0, 0.15, 0.18, 0.08, 6)]
    pads += [ball(side * 0.28, 0.13, 0.475, 0.085, 0.085, 0.03, 6) for side in (-1, 1)]
    eyes = [ball(side * 0.09, 0.78, 0.055, 0.02, 0.022, 0.02, 4) for side in (-1, 1)] + [
        ball(0, 0.69, 0.15, 0.035, 0.025, 0.03, 4)
    ]
    return [part(fur, *furry, name="fur"), part(pale, *pads, name="pads"), part(dark, *eyes, name="eyes")]


def boots(look: AssetAppearance) -> list[Part]:
    """A pair of boots: soles, feet and shafts, the toes at +z."""
    leather = look.paint("leather", "brown", "chocolate", "tan")
    sole_paint = look.paint("rubber", "charcoal", what="sole")
    width, height, depth = look.size
    uppers, soles = [], []
    for low, high in ((look.x[0], look.x[0] + 0.46 * width), (look.x[1] - 0.46 * width, look.x[1])):
        x = low, high
        middle, half = (low + high) / 2, (high - low) / 2
        soles.append(slab(x, (0.0, 0.05 * height), look.z, 0.36 * (high - low), steps=2))
        heel_z = look.z[0] + 0.004, look.z[0] + 0.32 * depth
        soles.append(slab((low + 0.008, high - 0.008), (0.001, 0.09 * height), heel_z, 0.3 * (high - low), steps=1))
        uppers.append(
            rounded(
                (low + 0.004, high - 0.004),
                (0.04 * height, 0.3 * height),
                (look.z[0] + 0.01, look.z[1] - 0.004),
                plan=0.5,
                side=0.6,
                sides=9,
                rings=4,
            )
        )
        shaft = [
            (0.9, 0.12 * height),
            (0.82, 0.35 * height),
            (1.0, height),
            (0.9, height),
            (0.74, 0.4 * height),
            (0.0, 0.38 * height),
        ]
        stretch = half - 0.004, 0.3 * depth
        uppers.append(
            lathe(
                [(0.0, 0.12 * height), *shaft],
                at=(middle, 0.0, look.z[0] + 0.31 * depth),
                sides=9,
                stretch=stretch,
                crease_deg=50,
            )
        )
    return [part(leather, *uppers, name="upper"), part(sole_paint, *soles, name="sole")]


SHAPES = {
    "BaseballBat": baseball_bat,
    "BasketBall": basket_ball,
    "TennisRacket": tennis_racket,
    "Dumbbell": dumbbell,
    "TeddyBear": teddy_bear,
    "Boots": boots,
}
