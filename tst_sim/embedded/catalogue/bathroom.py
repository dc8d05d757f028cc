"""Toilets, sinks, taps, showers, soap, paper and brushes."""

from __future__ import annotations

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, part, shrunk
from tst_sim.embedded.catalogue.curved import slab
from tst_sim.embedded.catalogue.drawers import drawer_fronts
from tst_sim.embedded.catalogue.openable import lifted
from tst_sim.embedded.catalogue.textiles import folds
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import arc, box, cylinder, disc, lathe, rod, rounded, tube
from tst_sim.proportions import back_depth_m, inner_floor_m, seat_height_m, wall_thickness_m


def toilet(look: AssetAppearance) -> list[Part]:
    """A tank with a lid, a bowl on a foot, a seat ring, and a cover that an openness leans on the tank."""
    china = look.material_slot(0, "ceramic", "porcelain")
    seat_paint = look.paint("plastic", "white", "ivory", what="seat")
    chrome = look.paint("metal", "chrome", what="chrome")
    (width, height, _), seat_y, tank_z = look.size, seat_height_m(look.asset), look.z[0] + back_depth_m(look.asset)
    tank_y, lid_y = (0.44 * height, 0.95 * height), (0.945 * height, height)
    tank = slab(shrunk(look.x, 0.01), tank_y, (look.z[0] + 0.004, tank_z - 0.012), 0.05, edge=0.02)
    lid = slab(look.x, lid_y, (look.z[0], tank_z), 0.055, edge=0.008)
    # The lid is as long as the tank is high above the seat, so that it leans there when it is open.
    half = min((look.z[1] - tank_z) / 2, (0.93 * height - seat_y) / 2)
    middle, rim = look.z[1] - half, seat_y - 0.035
    plan = {"at": (0.0, 0.0, middle), "sides": 22, "stretch": (0.36 * width, half), "crease_deg": 50}
    profile = [(0.0, 0.0), (0.66, 0.0), (0.56, 0.25 * rim), (0.6, 0.5 * rim), (0.96, 0.85 * rim), (0.98, rim)]
    profile += [(0.74, rim), (0.6, 0.72 * rim), (0.25, 0.55 * rim), (0.0, 0.55 * rim)]
    bowl = lathe(profile, **plan)
    ring = [(0.7, rim + 0.001), (1.0, rim + 0.001), (1.0, seat_y), (0.7, seat_y)]
    seat = lathe(ring, closed=True, **plan)
    behind = look.z[0] + 0.02, middle - 0.5 * half
    neck = slab((-0.3 * width, 0.3 * width), (0.3 * height, rim + 0.01), behind, 0.05, edge=0.02)
    foot = slab((-0.2 * width, 0.2 * width), (0.0, 0.4 * height), (look.z[0] + 0.05, middle - 0.5 * half), 0.05)
    cover_profile = [(0.0, seat_y - 0.001), (1.0, seat_y - 0.001), (1.02, seat_y + 0.008), (0.96, seat_y + 0.02)]
    cover = lathe([*cover_profile, (0.0, seat_y + 0.026)], **plan)
    cover = lifted(look, [cover], (seat_y + 0.01, middle - 0.97 * half), 96)[0]
    hinge = rod((-0.14 * width, seat_y, behind[1] - 0.4 * half), (0.14 * width, seat_y, behind[1] - 0.4 * half), 0.016)
    lever = rod((0.3 * width, 0.86 * height, tank_z - 0.012), (0.42 * width, 0.85 * height, tank_z + 0.012), 0.008)
    return [
        part(china, tank, lid, bowl, neck, foot, name="bowl"),
        part(seat_paint, seat, cover, hinge, name="seat"),
        part(chrome, lever, name="lever"),
    ]


def sink(look: AssetAppearance) -> list[Part]:
    """A basin: drop-in where the box is low, on a pedestal or in a cabinet where it is tall."""
    china = look.material_slot(0, "ceramic", "porcelain", "white")
    metal = look.paint("metal", "steel", what="steel")
    chrome = look.paint("metal", "chrome", what="chrome")
    height, floor, wall = look.size[1], inner_floor_m(look.asset), wall_thickness_m(look.asset)
    body = metal if height < 0.3 and look.choice("steel", 2) else china
    under = max(0.0, floor - 0.03) if height > 0.4 else 0.0
    rim = 1 - 2 * wall / min(look.size[0], look.size[2])
    round_m, reach = 0.012, min(look.size[0], look.size[2]) / 2
    lip, deep = round_m / reach, min(0.05, 0.4 * (height - floor))
    profile = [
        (0.0, under),
        (0.95, under),
        (1.0, height - 2 * round_m),
        (1.0, height - round_m),
        (1 - 0.7 * lip, height),
    ]
    profile += [(rim + 0.7 * lip, height), (rim, height - round_m), (rim - 0.01, floor + deep)]
    profile += [(rim - 0.03 - 0.4 * deep / reach, floor + 0.2 * deep), (rim - deep / reach - 0.03, floor), (0.0, floor)]
    plan = look.size[0] / 2, look.size[2] / 2
    basin = [lathe(profile, sides=24, stretch=plan, power=0.25, crease_deg=50)]
    drains = [0.0] if look.size[0] <= 1.2 else [-0.25 * look.size[0], 0.25 * look.size[0]]
    drain = [cylinder(0.03, (floor, floor + 0.003), at=(x, 0.0), sides=14) for x in drains]
    parts = [part(body, *basin, name="basin"), part(chrome, *drain, name="drain")]
    if height <= 0.4:
        return parts
    if look.choice("cabinet", 2) or height < 0.8:
        return parts + _vanity(look, under)
    column = [(0.0, 0.0), (0.5, 0.0), (0.42, 0.04), (0.26, 0.2), (0.24, 0.6), (0.34, 0.9), (0.7, 1.0), (0.0, 1.0)]
    points = [(r, y * (under + 0.004)) for r, y in column]
    pedestal = lathe(
        points, at=(0, 0, look.z[0] * 0.25), sides=20, stretch=(0.42 * look.size[0], 0.45 * look.size[2] * 0.8)
    )
    return [*parts, part(china, pedestal, name="pedestal")]


def _vanity(look: AssetAppearance, under: float) -> list[Part]:
    wood = look.paint("wood", "white", "oak", "walnut", "charcoal", what="cabinet")
    x, front = shrunk(look.x, 0.02), look.z[1] - 0.045
    body = box(x, (0.08, under), (look.z[0], front))
    plinth = box(shrunk(x, 0.02), (0.0, 0.08), (look.z[0], front - 0.04))
    fronts, handles = drawer_fronts(look, x, (0.09, under - 0.01), front, 1, 2)
    return [part(wood, body, plinth, *fronts, name="cabinet"), handles]


def faucet(look: AssetAppearance) -> list[Part]:
    """A spout, a swan neck where it is tall, with one lever, or two handles where it is wide."""
    metal = look.material_slot(0, "metal", "chrome", "steel", "brass")
    width, height, depth = look.size
    radius = min(0.014, 0.2 * min(width, height, depth))
    foot = min(0.03, 0.5 * width, 0.2 * depth)
    back, front = look.z[0] + foot, look.z[1] - radius
    swan = height > 0.8 * depth
    meshes = [cylinder(foot, (0.0, 0.06 * height), at=(0.0, back), top=0.8 * foot, sides=14)]
    meshes.append(
        tube(_swan_neck(height, back, front, radius) if swan else _low_spout(height, back, front), radius, sides=10)
    )
    if width > 0.15:
        for side in (-1, 1):
            x = side * (width / 2 - 0.035)
            meshes.append(cylinder(0.02, (0.0, 0.3 * min(height, 0.25)), at=(x, back), top=0.013, sides=12))
            y = 0.3 * min(height, 0.25) + 0.006
            meshes.append(rod((x - 0.035, y, back), (x + 0.035, y, back), 0.007, sides=8))
            meshes.append(rod((x, y, back - 0.03), (x, y, back + 0.03), 0.007, sides=8))
        rail = (-width / 2 + 0.02, width / 2 - 0.02)
        meshes.append(box(rail, (0.0, 0.03 * height), (back - 0.022, back + 0.022), bevel=0.004))
        if not swan:
            meshes.append(cylinder(1.2 * radius, (0.5 * height, height), at=(0.0, back), top=0.8 * radius, sides=12))
    elif swan:
        lever = [
            (0.0, 0.3 * height, back),
            (0.5 * width - 0.006, 0.34 * height, back),
            (0.5 * width - 0.006, 0.45 * height, back),
        ]
        meshes.append(tube(lever, 0.006, sides=8))
    else:
        meshes.append(cylinder(1.5 * radius, (0.03 * height, 0.82 * height), at=(0.0, back), sides=14))
        tip = (0.0, height - 0.5 * radius, look.z[0] + 0.42 * depth)
        meshes.append(tube([(0.0, 0.78 * height, back), (0.0, 0.9 * height, back), tip], 0.5 * radius, sides=8))
    return [part(metal, *meshes, name="tap")]


def _swan_neck(height: float, back: float, front: float, radius: float) -> list[tuple[float, float, float]]:
    reach = (front - back) / 2
    rise = min(reach, 0.4 * height)
    level = height - radius - rise
    bend = [
        (0.0, level + rise * y / reach, back + reach + z)
        for _, y, z in arc((0, 0, 0), reach, 180, 0, plane="zy", steps=13)
    ]
    return [(0.0, 0.02 * height, back), *bend, (0.0, level - 0.12 * height, front)]


def _low_spout(height: float, back: float, front: float) -> list[tuple[float, float, float]]:
    return [
        (0.0, 0.5 * height, back),
        (0.0, 0.62 * height, back + 0.6 * (front - back)),
        (0.0, 0.58 * height, front - 0.01),
        (0.0, 0.36 * height, front),
    ]


def shower_head(look: AssetAppearance) -> list[Part]:
    """A wall bar with a hose and a head that faces down and forward."""
    metal = look.material_slot(0, "metal", "chrome")
    width, height, _ = look.size
    back = look.z[0] + 0.02
    head_r = 0.48 * min(width, 0.2)
    bar = rod((0, 0.0, back), (0, height - 0.06, back), 0.012, sides=10)
    arm = tube([(0, height - 0.1, back), (0, height - 0.02, back + 0.04), (0, height - 0.03, look.z[1] - head_r)], 0.01)
    head = lathe(
        [(0.0, 0.0), (head_r, 0.0), (head_r, 0.015), (0.3 * head_r, 0.04), (0.0, 0.04)],
        at=(0, height - 0.075, look.z[1] - head_r),
    )
    mounts = [
        box((-0.02, 0.02), (y - 0.02, y + 0.02), (look.z[0], back + 0.015), bevel=0.004) for y in (0.05, height - 0.12)
    ]
    hose_x = width / 2 - 0.01
    hose = [
        (0.01, 0.12 * height, back + 0.03),
        (0.8 * hose_x, 0.06 * height, back + 0.04),
        (hose_x, 0.3 * height, back + 0.04),
    ]
    hose += [(0.6 * hose_x, 0.6 * height, back + 0.04), (0.01, 0.72 * height, back + 0.03)]
    handles = [
        box((-width / 2, 0.03), (0.1 * height - 0.025, 0.1 * height + 0.025), (back - 0.01, back + 0.05), bevel=0.01)
    ]
    return [part(metal, bar, arm, head, tube(hose, 0.007, sides=6), *mounts, *handles, name="shower")]


def shower_curtain(look: AssetAppearance) -> list[Part]:
    """A gathered curtain below a rod with rings; shut (openness 0), it is drawn out to three times its width."""
    metal = look.material_slot(0, "metal", "steel")
    cloth = look.paint("fabric", "ivory", "sky", "sage", "white", "rose", what="curtain")
    rod_y = look.size[1] - 0.02
    drawn = 3 - 2 * (1.0 if look.openness is None else look.openness)
    x = look.x[0] * drawn, look.x[1] * drawn
    rail = rod((x[0], rod_y, 0), (x[1], rod_y, 0), 0.012, sides=10)
    z = look.z[0] / drawn**0.5, look.z[1] / drawn**0.5
    curtain = folds(shrunk(x, 0.01), (0.0, rod_y - 0.04), z, round(4 * drawn**0.5), 0.008)
    rings = [
        tube(arc((x, rod_y - 0.016, 0), 0.03, 0, 330, plane="yz", steps=8), 0.003, sides=5)
        for x in np.linspace(x[0] + 0.03, x[1] - 0.03, 5)
    ]
    return [part(metal, rail, *rings, name="rod"), part(cloth, curtain, name="curtain")]


def soap_bar(look: AssetAppearance) -> list[Part]:
    """A rounded brick."""
    soap = look.paint("plastic", "ivory", "sage", "rose", "sky")
    return [part(soap, rounded(look.x, (0.0, look.size[1]), look.z, plan=0.5, side=0.5), name="soap")]


def soap_bottle(look: AssetAppearance) -> list[Part]:
    """A bottle with a pump whose nozzle points forward."""
    body_paint = look.material_of_name("primary", "plastic", "white", "sky", "rose", "sage", "teal")
    pump_paint = look.material_of_name("secondary", "plastic", "white", "black")
    width, height, depth = look.size
    neck_y = 0.7 * height
    profile = [
        (0.0, 0.0),
        (0.93, 0.0),
        (1.0, 0.06 * height),
        (0.96, 0.5 * height),
        (0.7, 0.64 * height),
        (0.3, neck_y),
        (0.0, neck_y),
    ]
    power = 0.5 if look.choice("square", 2) else 1.0
    # The nozzle reaches to the front of the box, the body leaves room for it.
    body_depth = 0.92 * depth
    body = lathe(
        profile, at=(0, 0, -0.04 * depth), sides=20, stretch=(width / 2, body_depth / 2), power=power, crease_deg=50
    )
    radius = min(0.014, 0.16 * width)
    collar = cylinder(1.3 * radius, (neck_y - 0.01, neck_y + 0.07 * height), at=(0, -0.04 * depth), sides=14)
    stem = cylinder(0.5 * radius, (neck_y, height - 0.02), at=(0, -0.04 * depth), sides=8)
    head = box((-radius, radius), (height - 0.05 * height, height), (-0.04 * depth - radius, 0.4 * radius), bevel=0.003)
    nozzle = tube(
        [(0, height - 0.025 * height, 0), (0, height - 0.03 * height, look.z[1] - 0.005), (0, 0.9 * height, look.z[1])],
        0.006,
    )
    return [part(body_paint, body, name="bottle"), part(pump_paint, collar, stem, head, nozzle, name="pump")]


def toilet_paper(look: AssetAppearance) -> list[Part]:
    """An upright roll about a cardboard tube."""
    paper, card = look.paint("paper", "white"), look.paint("paper", "cardboard", what="core")
    width, height, depth = look.size
    if width < 0.06:
        return [part(card, _pipe(1.0, 0.92, (0.0, height), (width / 2, depth / 2)), name="core")]
    outer = _pipe(1.0, 0.42, (0.0, height), (width / 2, depth / 2))
    return [
        part(paper, outer, name="roll"),
        part(card, _pipe(0.42, 0.38, (0.001, height - 0.001), (width / 2, depth / 2)), name="core"),
    ]


def _pipe(outer: float, inner: float, y: tuple[float, float], stretch: tuple[float, float]) -> Mesh:
    ring = [(outer, y[0]), (outer, y[1]), (inner, y[1]), (inner, y[0])]
    return lathe(ring, sides=24, stretch=stretch, closed=True)


def paper_towel_roll(look: AssetAppearance) -> list[Part]:
    """A tall roll of kitchen paper."""
    return toilet_paper(look)


def toilet_paper_hanger(look: AssetAppearance) -> list[Part]:
    """A wall plate with an arm, or two arms and a bar."""
    metal = look.material_slot(0, "metal", "chrome", "brass", "dark metal")
    height, back = look.size[1], look.z[0]
    thick = min(0.009, 0.2 * height, 0.15 * look.size[2])
    y, out = 0.35 * height, look.z[1] - thick
    bar = rod((look.x[0] + 0.01, y, out), (look.x[1] - 0.01, y, out), thick, sides=10)
    arms, plates = [], []
    sides = (-1, 1) if look.choice("arms", 2) else (-1,)
    for side in sides:
        x = side * (look.x[1] - 0.014)
        arms.append(tube([(x, 0.6 * height, back), (x, 0.55 * height, out - 0.004), (x, y, out)], thick, sides=8))
        low, high = (0.2 * height, height) if height > 0.05 else (0.0, height)
        plates.append(
            box((min(x - 0.014, x), max(x + 0.014, x)), (low, high), (back, back + 0.3 * thick + 0.004), bevel=0.002)
        )
    return [part(metal, bar, *arms, *plates, name="hanger")]


def towel_holder(look: AssetAppearance) -> list[Part]:
    """A bar between two wall mounts; the small one is a ring."""
    metal = look.material_slot(0, "metal", "steel", "chrome")
    height, thick = look.size[1], 0.008
    out = look.z[1] - thick
    if look.asset.object_type == "HandTowelHolder":
        radius = look.size[0] / 2 - 0.006
        ring = tube(arc((0, radius + 0.006, out), radius, 0, 345, steps=23), 0.006, sides=8, closed=True)
        mount = box((-0.025, 0.025), (height - 0.05, height), (look.z[0], look.z[0] + 0.012), bevel=0.003)
        return [
            part(
                metal,
                ring,
                mount,
                rod((0, height - 0.025, look.z[0]), (0, height - 0.03, look.z[1]), 0.009),
                name="ring",
            )
        ]
    meshes = [rod((look.x[0], height / 2, out), (look.x[1], height / 2, out), thick, sides=10)]
    for x in shrunk(look.x, 0.022):
        meshes.append(disc((x, height / 2, 0), height / 2, (look.z[0], look.z[0] + 0.01), sides=14))
        meshes.append(rod((x, height / 2, look.z[0]), (x, height / 2, out), 0.01, sides=8))
    return [part(metal, *meshes, name="bar")]


def plunger(look: AssetAppearance) -> list[Part]:
    """A rubber cup on a wooden stick."""
    wood, rubber = look.material_slot(0, "wood", "oak"), look.paint("rubber", "brick", "charcoal", "maroon")
    radius, height = look.size[0] / 2, look.size[1]
    profile = [(0, 0.02), (0.8, 0.0), (1.0, 0.01), (1.0, 0.04), (0.75, 0.13), (0.3, 0.19), (0.2, 0.26), (0, 0.26)]
    cup = lathe([(r * radius, y * height) for r, y in profile], sides=20, crease_deg=50)
    return [
        part(rubber, cup, name="cup"),
        part(wood, cylinder(0.14 * radius, (0.2 * height, height), sides=10), name="stick"),
    ]


def scrub_brush(look: AssetAppearance) -> list[Part]:
    """A toilet brush: a stick in an open cup with bristles."""
    white, grey = look.material_slot(0, "plastic", "white"), look.material_slot(1, "plastic", "light grey")
    radius, height = look.size[0] / 2, look.size[1]
    profile = [(0.0, 0.0), (0.9, 0.0), (1.0, 0.02), (0.85, 0.32), (0.78, 0.32), (0.85, 0.04), (0.0, 0.03)]
    holder = lathe([(r * radius, y * height) for r, y in profile], sides=20)
    bristles = cylinder(0.6 * radius, (0.06 * height, 0.38 * height), top=0.5 * radius, sides=12)
    stick = lathe(
        [
            (0.12 * radius, 0.3 * height),
            (0.12 * radius, 0.8 * height),
            (0.2 * radius, 0.85 * height),
            (0.2 * radius, height),
        ],
        sides=10,
    )
    return [part(white, holder, stick, name="holder"), part(grey, bristles, name="bristles")]


SHAPES = {
    "Toilet": toilet,
    "Sink": sink,
    "Faucet": faucet,
    "ShowerHead": shower_head,
    "ShowerCurtain": shower_curtain,
    "SoapBar": soap_bar,
    "SoapBottle": soap_bottle,
    "ToiletPaper": toilet_paper,
    "PaperTowelRoll": paper_towel_roll,
    "ToiletPaperHanger": toilet_paper_hanger,
    "TowelHolder": towel_holder,
    "HandTowelHolder": towel_holder,
    "Plunger": plunger,
    "ScrubBrush": scrub_brush,
}
