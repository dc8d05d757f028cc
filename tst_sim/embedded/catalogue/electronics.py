"""Televisions, computers, phones, remotes, clocks, watches and discs."""

from __future__ import annotations

import math

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, from_the_front, glowing, part, shrunk
from tst_sim.embedded.catalogue.curved import slab
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import box, cylinder, disc, lathe, loft, moved, post, rod, rounded, turned


def television(look: AssetAppearance) -> list[Part]:
    """A thin screen in a bezel: on a foot, or flat where it hangs on the wall."""
    case = look.paint("plastic", "black", "charcoal", "dark grey")
    screen = look.paint("screen", "screen", what="screen")
    (width, height, depth) = look.size
    hangs = depth < 0.12
    thin = depth - 0.003 if hangs else min(0.05, 0.25 * depth)
    low = 0.0 if hangs else 0.1 * height
    middle = look.z[0] + thin / 2 if hangs else 0.0
    front = middle + thin / 2
    body = box(look.x, (low, height), (middle - thin / 2, front), bevel=0.006)
    bezel = min(0.03, 0.025 * width)
    pane = box(
        shrunk(look.x, bezel),
        (low + 1.3 * bezel, height - bezel),
        (front - 0.004, look.z[1] if hangs else front + 0.003),
    )
    parts = [part(case, body, name="case"), part(screen, pane, name="screen")]
    if hangs:
        return parts
    foot: list[Mesh]
    if look.choice("foot", 2):
        half = 0.25 * width
        foot = [box((-half, half), (0.0, 0.018), look.z, bevel=0.006)]
        foot.append(box((-0.09 * width, 0.09 * width), (0.01, low + 0.05), (middle - 0.4 * thin, middle + 0.3 * thin)))
    else:
        foot = []
        for x in (-0.36 * width, 0.36 * width):
            for z in look.z:
                edge = z - math.copysign(0.012, z)
                foot.append(post((x, 0.0, edge), (x, low + 0.01, 0.3 * thin * math.copysign(1, z)), (0.024, 0.024)))
    return [*parts, part(case, *foot, name="foot")]


def laptop(look: AssetAppearance) -> list[Part]:
    """A base with keys and a lid with the screen, wide open unless an openness says otherwise.

    The lid is as long as the base, so that shut it stays in the box; how far it tilts back when open
    follows from the box: height = lid cos(tilt), depth = lid (1 + sin(tilt)).
    """
    case = look.material_of_name("primary", "metal", "aluminium", "charcoal", "white")
    keys_paint = look.material_of_name("secondary", "plastic", "black", "charcoal")
    screen = look.paint("screen", "screen", what="screen")
    if look.openness is not None and look.openness > 0.2:
        screen = glowing(screen, 0.2)
    (width, height, _), thick = look.size, 0.018
    tilt = math.pi / 2 - 2 * math.atan((height - thick) / look.size[2])
    angle = (90 + math.degrees(tilt)) * (1.0 if look.openness is None else look.openness)
    lid = (height - thick) / math.cos(tilt)
    hinge = look.z[0] + max(0.0, lid * math.sin(tilt))
    base_z = hinge, look.z[1]
    base = slab(look.x, (0.0, thick), base_z, 0.015, edge=0.004, steps=1)
    reach = base_z[1] - base_z[0]
    keys = []
    for row, widths in enumerate(_KEY_ROWS):
        z, left = base_z[0] + reach * (0.09 + 0.115 * row), -0.43 * width
        for fraction in widths:
            span = 0.86 * width * fraction
            keys.append(
                _key((left + 0.07 * span, left + 0.93 * span), (thick - 0.001, thick + 0.002), (z, z + 0.1 * reach))
            )
            left += span
    pad = box(
        (-0.16 * width, 0.16 * width), (thick - 0.001, thick + 0.0008), (base_z[0] + 0.66 * reach, base_z[1] - 0.03)
    )
    # The lid is drawn closed, lying on the base, and turned up about the hinge.
    about = 0.0, thick, hinge
    cover = slab(look.x, (thick + 0.002, thick + 0.01), (hinge, hinge + lid), 0.015, steps=1)
    pane = box(shrunk(look.x, 0.012), (thick + 0.001, thick + 0.003), (hinge + 0.02, hinge + lid - 0.012))
    return [
        part(case, base, pad, turned(cover, "x", -angle, about), name="case"),
        part(keys_paint, *keys, name="keys"),
        part(screen, turned(pane, "x", -angle, about), name="screen"),
    ]


_KEY_ROWS = ((0.125,) * 8, (0.16, *(0.12,) * 7), (0.22, *(0.13,) * 6), (0.14, 0.12, 0.48, 0.13, 0.13))
"""Keys of a keyboard's rows, rear to front, as shares of its width; the long one is the space bar."""


def _key(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]) -> Mesh:
    """A key cap, a little narrower at its top."""
    inset = 0.12 * min(x[1] - x[0], z[1] - z[0])
    low = [(x[0], y[0], z[0]), (x[1], y[0], z[0]), (x[1], y[0], z[1]), (x[0], y[0], z[1])]
    rim, far = shrunk(x, inset), shrunk(z, inset)
    high = [(rim[0], y[1], far[0]), (rim[1], y[1], far[0]), (rim[1], y[1], far[1]), (rim[0], y[1], far[1])]
    return loft(np.array([low, high]))


def desktop(look: AssetAppearance) -> list[Part]:
    """A monitor on a foot beside a tower, with a keyboard in front."""
    case = look.material_slot(0, "metal", "aluminium")
    dark = look.paint("plastic", "charcoal", "black", what="dark")
    screen = look.paint("screen", "screen", what="screen")
    (width, height, _), back = look.size, look.z[0]
    tower = box((look.x[0], look.x[0] + 0.2), (0.0, 0.75 * height), look.z, bevel=0.008)
    slot = box(
        (look.x[0] + 0.03, look.x[0] + 0.17), (0.62 * height, 0.65 * height), (look.z[1] - 0.001, look.z[1] + 0.001)
    )
    x = look.x[0] + 0.26, look.x[1]
    middle = sum(x) / 2
    monitor = box(x, (0.2 * height, height), (back + 0.05, back + 0.09), bevel=0.006)
    pane = box(shrunk(x, 0.02), (0.2 * height + 0.03, height - 0.02), (back + 0.088, back + 0.093))
    neck = box((middle - 0.03, middle + 0.03), (0.01, 0.4 * height), (back + 0.03, back + 0.052))
    foot = box((middle - 0.12, middle + 0.12), (0.0, 0.012), (back + 0.0, back + 0.16), bevel=0.004)
    board_x, board_z = (middle - 0.25 * width, middle + 0.2 * width), (look.z[1] - 0.12, look.z[1])
    board = slab(board_x, (0.002, 0.014), board_z, 0.012, edge=0.004, steps=1)
    keys = []
    for row, widths in enumerate(_KEY_ROWS):
        z, left = board_z[0] + 0.01 + 0.026 * row, board_x[0] + 0.01
        for fraction in widths:
            span = (board_x[1] - board_x[0] - 0.02) * fraction
            keys.append(_key((left + 0.07 * span, left + 0.93 * span), (0.013, 0.019), (z, z + 0.022)))
            left += span
    mouse_x = middle + 0.24 * width
    mouse = rounded((mouse_x, mouse_x + 0.06), (0.0, 0.032), (look.z[1] - 0.11, look.z[1]), side=0.8, sides=12, rings=6)
    return [
        part(case, tower, neck, foot, name="case"),
        part(dark, monitor, board, slot, name="monitor"),
        part(look.paint("plastic", "light grey", what="keys"), *keys, mouse, name="keys"),
        part(screen, pane, name="screen"),
    ]


def cell_phone(look: AssetAppearance) -> list[Part]:
    """A rounded slab with a glass face."""
    case = look.material_slot(0, "plastic", "black", "white", "blue", "rose")
    glass, lens = look.paint("screen", "screen", what="glass"), look.paint("metal", "steel", what="lens")
    height = look.size[1]
    thin = 0.08 * height
    corner = 0.13 * look.size[0]
    body = slab(look.x, (0.0, height - thin), look.z, corner, edge=0.3 * height)
    face = slab(shrunk(look.x, 0.003), (height - 1.5 * thin, height), shrunk(look.z, 0.003), 0.9 * corner)
    bar = box(
        (-0.12 * look.size[0], 0.12 * look.size[0]),
        (height - thin, height + 0.0003),
        (look.z[1] - 0.007, look.z[1] - 0.0055),
    )
    return [part(case, body, name="case"), part(glass, face, name="screen"), part(lens, bar, name="speaker")]


def remote_control(look: AssetAppearance) -> list[Part]:
    """A narrow slab with rows of keys."""
    case = look.paint("plastic", "charcoal", "black", "light grey")
    keys_paint, power = (
        look.paint("rubber", "light grey", "grey", what="keys"),
        look.paint("rubber", "red", what="power"),
    )
    width, height, depth = look.size
    body_y = 0.82 * height
    body = slab(look.x, (0.0, body_y), look.z, 0.25 * width, edge=0.25 * height)
    keys = []
    for row in range(7):
        z = look.z[0] + depth * (0.2 + 0.1 * row)
        for column in (-1, 0, 1):
            x = 0.27 * width * column
            keys.append(
                box(
                    (x - 0.09 * width, x + 0.09 * width), (body_y - 0.001, height), (z - 0.03 * depth, z + 0.03 * depth)
                )
            )
    first = cylinder(0.1 * width, (body_y - 0.001, height), at=(-0.25 * width, look.z[0] + 0.08 * depth), sides=12)
    return [part(case, body, name="case"), part(keys_paint, *keys, name="keys"), part(power, first, name="power")]


def alarm_clock(look: AssetAppearance) -> list[Part]:
    """A round dial on feet with two bells, or a wedge with glowing digits where it is wide."""
    case = look.material_of_name("primary", "plastic", "red", "teal", "white", "black")
    trim = look.material_of_name("secondary", "metal", "steel", "black")
    width, height, depth = look.size
    if width > 1.25 * height or look.choice("digital", 3) == 0:
        glow = glowing(look.material_of_name("readout", "screen", "red", "green", "sky"), 0.8)
        body = box(look.x, (0.0, 0.96 * height), (look.z[0], look.z[1] - 0.003), bevel=0.12 * min(height, depth))
        face = box(shrunk(look.x, 0.1 * width), (0.2 * height, 0.76 * height), (look.z[1] - 0.006, look.z[1] - 0.001))
        bar = box((-0.2 * width, 0.2 * width), (0.95 * height, height), (-0.15 * depth, 0.15 * depth))
        digits = _digits(look, (0.3 * height, 0.66 * height), look.z[1])
        dark = look.paint("screen", "screen", what="face")
        return [
            part(case, body, name="case"),
            part(trim, bar, name="bar"),
            part(dark, face, name="face"),
            part(glow, *digits, name="digits"),
        ]
    return _bell_clock(look, case, trim)


def _digits(look: AssetAppearance, y: tuple[float, float], front: float) -> list[Mesh]:
    """Four figures made of seven-segment bars, a colon between."""
    lit = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abfgcd")
    width, z = 0.13 * look.size[0], (front - 0.002, front)
    thick, middle = 0.16 * width, sum(y) / 2
    bars = []
    for index, x in enumerate((-0.29, -0.12, 0.12, 0.29)):
        left, right = x * look.size[0] - width / 2, x * look.size[0] + width / 2
        rails = {"a": y[1] - thick, "g": middle - thick / 2, "d": y[0]}
        posts = {"f": (left, middle), "b": (right - thick, middle), "e": (left, y[0]), "c": (right - thick, y[0])}
        for segment in lit[look.choice(f"digit {index}", (2, 10, 6, 10)[index])]:
            if segment in rails:
                low = rails[segment]
                bars.append(box((left + thick, right - thick), (low, low + thick), z))
            else:
                start, low = posts[segment]
                bars.append(box((start, start + thick), (low + 0.2 * thick, low + (y[1] - y[0]) / 2 - 0.2 * thick), z))
    for fraction in (-0.28, 0.28):
        at = middle + fraction * (y[1] - y[0])
        bars.append(box((-thick / 2, thick / 2), (at - thick / 2, at + thick / 2), z))
    return bars


def _bell_clock(look: AssetAppearance, case, trim) -> list[Part]:
    width, height, _ = look.size
    radius = 0.4 * height
    centre = 0.0, 0.08 * height + radius, 0.0
    reach = width / 2 / radius
    ring = disc(centre, width / 2, (look.z[0], look.z[1] - 0.006), sides=20, radius_y=radius)
    face = disc(centre, 0.88 * width / 2, (look.z[1] - 0.008, look.z[1] - 0.003), sides=20, radius_y=0.88 * radius)
    hour = box((-0.006, 0.0), (centre[1], centre[1] + 0.5 * radius), (look.z[1] - 0.004, look.z[1] - 0.001))
    minute = turned(
        box((-0.002, 0.002), (0, 0.75 * radius), (look.z[1] - 0.003, look.z[1])),
        "z",
        -30 * (1 + look.choice("hour", 5)),
    )
    bells = [
        rounded(
            (x - 0.3 * radius, x + 0.3 * radius),
            (0.84 * height, height),
            (-0.3 * radius, 0.3 * radius),
            sides=10,
            rings=5,
        )
        for x in (-0.5 * radius * reach, 0.5 * radius * reach)
    ]
    feet = [
        rod((0.5 * x, 0.2 * height, 0), (x, 0.0, 0), 0.03 * height, sides=6)
        for x in (-0.6 * radius * reach, 0.6 * radius * reach)
    ]
    white, dark = look.paint("paper", "paper", what="dial"), look.paint("plastic", "black", what="hands")
    return [
        part(case, ring, name="case"),
        part(trim, *bells, *feet, name="bells"),
        part(white, face, name="dial"),
        part(dark, hour, moved(minute, (0, centre[1], 0)), name="hands"),
    ]


def watch(look: AssetAppearance) -> list[Part]:
    """A round case on a closed strap, lying on its side."""
    strap = look.material_slot(0, "leather", "chocolate", "black")
    steel, face = look.paint("metal", "steel", what="case"), look.paint("paper", "paper", what="face")
    width, height, depth = look.size
    thin = 0.004
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    loop = [(width / 2 * math.cos(a), (depth / 2 - thin) * math.sin(a)) for a in angles]
    low, high = 0.25 * height, 0.75 * height
    # A strap is a band on edge: an outer and an inner wall between two heights.
    ring = [(1.0, low), (1.0, high), (1 - 2 * thin / depth, high), (1 - 2 * thin / depth, low)]
    band = lathe(ring, sides=len(loop), stretch=(width / 2, depth / 2 - thin), closed=True)
    radius = height / 2
    case = disc((0.0, radius, 0.0), radius, (look.z[1] - 0.009, look.z[1] - 0.001), sides=20)
    dial = disc((0.0, radius, 0.0), 0.8 * radius, (look.z[1] - 0.002, look.z[1]), sides=20)
    front = look.z[1] - 0.0004, look.z[1] + 0.0006
    hands = [
        box((-0.05 * radius, 0.05 * radius), (radius, 1.45 * radius), front),
        box((-0.6 * radius, 0.0), (0.96 * radius, 1.04 * radius), front),
    ]
    for index in range(4):
        tick = box((-0.03 * radius, 0.03 * radius), (1.62 * radius, 1.72 * radius), (front[0], front[1] - 0.0002))
        hands.append(turned(tick, "z", 90 * index, (0.0, radius, 0.0)))
    crown = box((-1.12 * radius, -0.95 * radius), (0.9 * radius, 1.1 * radius), (look.z[1] - 0.007, look.z[1] - 0.003))
    dark = look.paint("plastic", "black", what="hands")
    return [
        part(strap, band, name="strap"),
        part(steel, case, crown, name="case"),
        part(face, dial, name="dial"),
        part(dark, *hands, name="hands"),
    ]


def compact_disc(look: AssetAppearance) -> list[Part]:
    """A flat ring."""
    width, height, depth = look.size
    ring = [(1.0, 0.0), (1.0, height), (0.13, height), (0.13, 0.0)]
    metal = look.paint("metal", "chrome")
    return [part(metal, lathe(ring, sides=32, stretch=(width / 2, depth / 2), closed=True), name="disc")]


SHAPES = {
    "Television": television,
    "Laptop": laptop,
    "Desktop": from_the_front(desktop),
    "CellPhone": cell_phone,
    "RemoteControl": from_the_front(remote_control),
    "AlarmClock": from_the_front(alarm_clock),
    "Watch": watch,
    "CD": compact_disc,
}
