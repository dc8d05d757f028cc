"""Bins, bags, vacuum cleaners, bottles, sponges and watering cans."""

from __future__ import annotations

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, part
from tst_sim.embedded.catalogue.curved import slab
from tst_sim.embedded.mesh.mesh import Part
from tst_sim.embedded.mesh.primitives import arc, box, cylinder, disc, lathe, prism, rod, solid, tube, turned
from tst_sim.proportions import inner_floor_m, wall_thickness_m


def garbage_can(look: AssetAppearance) -> list[Part]:
    """An open tapered bin, round or square, with a rim and sometimes a pedal."""
    body_paint = look.material_slot(0, "plastic", "charcoal", "steel", "white", "sage", "navy")
    rim_paint = look.material_slot(1, "plastic", "black", "light grey")
    width, height, depth = look.size
    wall, floor = 2 * wall_thickness_m(look.asset) / min(width, depth), inner_floor_m(look.asset)
    square = abs(width - depth) > 0.12 * width or look.choice("square", 3) == 0
    foot = 0.84
    top = height - 0.004
    profile = [(0.0, 0.0), (foot, 0.0), (0.965, top), (0.965 - wall, top), (foot - wall, floor), (0.0, floor)]
    plan = {"sides": 24, "stretch": (width / 2, depth / 2), "power": 0.3 if square else 1.0}
    ring = [(0.955, height - 0.035), (1.0, height - 0.03), (1.0, height), (0.955, height)]
    parts = [
        part(body_paint, lathe(profile, **plan), name="body"),
        part(rim_paint, lathe(ring, closed=True, **plan), name="rim"),
    ]
    if look.choice("pedal", 3) == 0:
        reach = foot * look.z[1]
        pedal = box((-0.06, 0.06), (0.012, 0.03), (reach - 0.02, look.z[1]), bevel=0.004)
        parts.append(part(rim_paint, pedal, name="pedal"))
    return parts


def garbage_bag(look: AssetAppearance) -> list[Part]:
    """A bulging bag with its neck tied."""
    plastic, tie = (
        look.material_slot(0, "plastic", "black", "charcoal"),
        look.paint("plastic", "red", "yellow", what="tie"),
    )
    width, height, depth = look.size
    profile = [
        (0, 0.02),
        (0.6, 0.0),
        (0.93, 0.12),
        (1.0, 0.3),
        (0.88, 0.5),
        (0.55, 0.68),
        (0.18, 0.78),
        (0.12, 0.82),
        (0.3, 0.95),
        (0.22, 1.0),
        (0, 0.97),
    ]
    profile = [(r, y * height) for r, y in profile]
    mesh = lathe(profile, sides=24, stretch=(width / 2, depth / 2), crease_deg=60)
    points = mesh.vertices.astype(np.float64)
    angle = np.arctan2(points[:, 2], points[:, 0])
    swell = 1 + 0.05 * np.sin(5 * angle + look.choice("phase", 6)) * np.sin(points[:, 1] / height * 3.0)
    points[:, 0] *= swell
    points[:, 2] *= swell
    knot = cylinder(0.09 * width, (0.78 * height, 0.82 * height), sides=12)
    return [
        part(plastic, solid(points, mesh.triangles, crease_deg=60), name="bag"),
        part(tie, knot, name="tie"),
    ]


def vacuum_cleaner(look: AssetAppearance) -> list[Part]:
    """An upright cleaner: a floor head, wheels, a dust cylinder and a handle."""
    yellow, black = look.material_slot(0, "plastic", "yellow"), look.material_slot(1, "plastic", "black")
    grey = look.paint("plastic", "light grey", what="dust")
    width, height, depth = look.size
    head = box(look.x, (0.01, 0.1 * height), (look.z[1] - 0.45 * depth, look.z[1]), bevel=0.02)
    back = look.z[0] + 0.2 * depth
    body = tube(
        [(0, 0.09 * height, 0.0), (0, 0.3 * height, back + 0.03), (0, 0.6 * height, back)],
        [0.2 * width, 0.22 * width, 0.12 * width],
        sides=14,
    )
    dust = cylinder(0.2 * width, (0.18 * height, 0.46 * height), at=(0.0, 0.12 * depth), sides=18)
    pole = [(0, 0.55 * height, back), (0, 0.88 * height, look.z[0] + 0.06), (0, height - 0.02, look.z[0] + 0.02)]
    pole += [(0, height - 0.02, look.z[0] + 0.12), (0, 0.88 * height, look.z[0] + 0.1)]
    wheels = [
        turned(disc((0, 0.06, 0), 0.06, (side * 0.3 * width - 0.02, side * 0.3 * width + 0.02), sides=14), "y", 90)
        for side in (-1, 1)
    ]
    lid = cylinder(0.21 * width, (0.46 * height, 0.5 * height), at=(0.0, 0.12 * depth), sides=18)
    hose = tube(arc((0.24 * width, 0.38 * height, 0.0), 0.16 * height, -100, 100, plane="zy", steps=10), 0.016, sides=8)
    return [
        part(yellow, head, body, lid, name="body"),
        part(black, *wheels, tube(pole, 0.016, sides=8), hose, name="handle"),
        part(grey, dust, name="dust"),
    ]


def spray_bottle(look: AssetAppearance) -> list[Part]:
    """A bottle with a trigger head; the nozzle points to +z."""
    body_paint = look.material_slot(0, "plastic", "sky", "white", "mint", "teal")
    head_paint, trigger_paint = (
        look.paint("plastic", "white", "charcoal", what="head"),
        look.paint("plastic", "red", "blue", "charcoal", what="trigger"),
    )
    width, height, depth = look.size
    narrow = width / 2
    body_r = min(0.4 * depth, 1.6 * narrow)
    middle = look.z[0] + body_r
    profile = [(0, 0), (0.95, 0), (1, 0.03), (1, 0.45), (0.7, 0.62), (0.32, 0.72), (0.32, 0.76), (0, 0.76)]
    body = lathe([(r, y * height) for r, y in profile], at=(0, 0, middle), sides=20, stretch=(narrow, body_r))
    half, top = 0.42 * narrow, 0.76 * height
    collar = cylinder(1.05 * half, (top - 0.02 * height, top + 0.06 * height), at=(0.0, middle), sides=12)
    # The head seen from the side: a hooked back, a flat top, a snout.
    back, nose = middle - 0.3 * depth, look.z[1] - 0.1 * depth
    side = [(middle - 0.5 * body_r, top + 0.06 * height), (back, 0.9 * height), (back + 0.06 * depth, height)]
    side += [
        (0.75 * nose, height),
        (nose, 0.985 * height),
        (nose, 0.89 * height),
        (middle + 0.7 * body_r, 0.87 * height),
    ]
    side += [(middle + 0.5 * body_r, top + 0.06 * height)]
    head = prism(side, (-half, half), axis="x")
    nozzle = rod((0, 0.937 * height, nose - 0.002), (0, 0.937 * height, look.z[1]), 0.75 * half, sides=8)
    pull = middle + 0.85 * body_r
    trigger = tube(
        [(0, 0.88 * height, pull), (0, 0.79 * height, pull + 0.12 * depth), (0, 0.7 * height, pull + 0.08 * depth)],
        [0.6 * half, 0.55 * half, 0.4 * half],
        sides=6,
    )
    label_paint = look.paint("paper", "white", "yellow", "sky", what="label")
    label = lathe(
        [(0.0, 0.12 * height), (1.012, 0.12 * height), (1.012, 0.4 * height), (0.0, 0.4 * height)],
        at=(0, 0, middle),
        sides=20,
        stretch=(narrow, body_r),
    )
    return [
        part(body_paint, body, name="bottle"),
        part(head_paint, head, collar, name="head"),
        part(trigger_paint, nozzle, trigger, name="trigger"),
        part(label_paint, label, name="label"),
    ]


def dish_sponge(look: AssetAppearance) -> list[Part]:
    """A sponge with a rough green side on top."""
    height = look.size[1]
    sponge, pad = look.paint("rubber", "yellow", "amber"), look.paint("fabric", "green", "forest", what="pad")
    split = 0.72 * height
    return [
        part(sponge, slab(look.x, (0.0, split), look.z, 0.012, edge=0.003), name="sponge"),
        part(pad, slab(look.x, (split, height), look.z, 0.012), name="pad"),
    ]


def watering_can(look: AssetAppearance) -> list[Part]:
    """A can with a long spout at +z, a rose, and a handle at the back."""
    plastic = look.material_slot(0, "plastic", "white", "green")
    width, height, depth = look.size
    radius, body_y = width / 2, 0.68 * height
    middle = look.z[0] + 0.2 * depth + 0.75 * radius
    profile = [(0, 0), (1, 0), (1, 0.08), (0.9, 0.95), (0.86, 1), (0.8, 0.98), (0.86, 0.1), (0, 0.08)]
    body = lathe([(r * radius, y * body_y) for r, y in profile], at=(0, 0, middle), sides=16, stretch=(1, 0.75))
    tip_z = look.z[1] - 0.03
    tip_y, front = 0.93 * height, middle + 0.7 * radius
    path = [(0, 0.16 * body_y, front - 0.01), (0, 0.3 * body_y, front + 0.1 * depth), (0, tip_y, tip_z)]
    spout = tube(path, [0.1 * width, 0.085 * width, 0.055 * width], sides=8)
    rose = tube(
        [
            (0, tip_y - 0.01, tip_z - 0.004),
            (0, height - 0.02, look.z[1] - 0.008),
            (0, height - 0.017, look.z[1] - 0.004),
        ],
        [0.06 * width, 0.2 * width, 0.2 * width],
        sides=12,
    )
    back = middle - 0.66 * radius
    grip = [(0, 0.92 * body_y, back), (0, 0.98 * height, back - 0.02), (0, 0.9 * height, look.z[0] + 0.012)]
    grip += [(0, 0.5 * body_y, look.z[0] + 0.012), (0, 0.22 * body_y, back)]
    handle = tube(grip, 0.009, sides=6)
    return [part(plastic, body, spout, rose, handle, name="can")]


SHAPES = {
    "GarbageCan": garbage_can,
    "GarbageBag": garbage_bag,
    "VacuumCleaner": vacuum_cleaner,
    "SprayBottle": spray_bottle,
    "DishSponge": dish_sponge,
    "WateringCan": watering_can,
}
