"""Fridges, microwaves, toasters, coffee machines, kettles, washing machines and dryers."""

from __future__ import annotations

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, Range, from_the_front, glowing, part, shrunk
from tst_sim.embedded.catalogue.curved import slab
from tst_sim.embedded.catalogue.openable import is_open, lifted, lining, open_box, swung
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import (
    arc,
    box,
    cylinder,
    disc,
    lathe,
    moved,
    prism,
    rod,
    rounded,
    stretched,
    tube,
    turned,
)
from tst_sim.proportions import FRIDGE_ARCH, fridge_shelves_m, fridge_split_m, is_arched_fridge

_ENAMEL = ("white", "steel", "charcoal", "red", "cream", "black")


def fridge(look: AssetAppearance) -> list[Part]:
    """A body with a lower and an upper door, pairs of them where it is wide; shelves show behind open doors.

    Doors have a slightly curved front; some fridges have a rounded head, some drawers for a freezer.
    """
    body_paint = look.material_of_name("primary", "painted metal", *_ENAMEL)
    metal, inner = (
        look.material_of_name("metal", "metal", "steel"),
        look.material_of_name("interior", "plastic", "white"),
    )
    dark = look.paint("rubber", "charcoal", what="seal")
    (width, height, _), split = look.size, fridge_split_m(look.asset)
    front, arched = look.z[1] - 0.045, is_arched_fridge(look.asset)
    door_z = front - 0.06, front
    body_x, body_y, body_z = look.x, (0.03, height), (look.z[0], door_z[0] - 0.012)
    foot = box(shrunk(look.x, 0.03), (0.0, 0.03), (look.z[0] + 0.03, door_z[0] - 0.02))
    doors, handles = [], []
    halves = [look.x] if width <= 0.85 else [(look.x[0], -0.005), (0.005, look.x[1])]
    for y in ((0.06, split - 0.007), (split + 0.007, height)):
        for index, x in enumerate(halves):
            right = index == len(halves) - 1
            hinge = (x[1] if right else x[0], door_z[0])
            doors += swung(look, [_fridge_door(look, x, y, door_z)], hinge, right=right)
            handles += swung(look, [_fridge_handle(look, x, y, front, right=right)], hinge, right=right)
    parts = [part(metal, *handles, name="handles"), part(body_paint, *doors, name="doors")]
    if len(halves) == 2 and look.choice("dispenser", 2):
        panel = swung(look, _dispenser(halves[0], split, front), (halves[0][0], door_z[0]), right=False)
        parts += [part(dark, panel[0], name="dispenser"), part(metal, *panel[1:], name="dispenser tray")]
    if not is_open(look):
        body = _fridge_block(look, body_x, body_y, body_z) if arched else box(body_x, body_y, body_z, bevel=0.006)
        seal_y = 0.05, height - (FRIDGE_ARCH * width if arched else 0.0) - 0.012
        seal = box(shrunk(look.x, 0.012), seal_y, (door_z[0] - 0.012, door_z[0]))
        return [part(body_paint, body, name="body"), *parts, part(dark, seal, foot, name="seal")]
    shelves = [
        box(shrunk(body_x, 0.05), (y - 0.01, y), shrunk(body_z, 0.05))
        for y in (0.5 * split, *fridge_shelves_m(look.asset))
    ]
    middle = box(shrunk(body_x, 0.05), (split - 0.05, split), (body_z[0] + 0.05, body_z[1]))
    rise = FRIDGE_ARCH * width if arched else 0.0
    walls_y = body_y[0], height - rise
    shell = open_box(body_x, walls_y, body_z, 0.05)
    if arched:
        shell.append(_fridge_block(look, body_x, (height - rise - 0.003, height), body_z))
    skin = part(inner, *lining(body_x, walls_y, body_z, 0.05), middle, *shelves, name="inside")
    return [part(body_paint, *shell, name="body"), *parts, part(dark, foot, name="seal"), skin]


def _dispenser(x: Range, split: float, front: float) -> list[Mesh]:
    """A recess for ice and water in a left door above the gap: a dark panel, its tray and its lever."""
    middle, low = sum(x) / 2 - 0.02, split + 0.07
    panel = box((middle - 0.08, middle + 0.08), (low, low + 0.24), (front - 0.02, front + 0.003), bevel=0.003)
    tray = box((middle - 0.065, middle + 0.065), (low + 0.015, low + 0.03), (front, front + 0.012))
    lever = box((middle - 0.02, middle + 0.02), (low + 0.11, low + 0.16), (front, front + 0.008))
    return [panel, tray, lever]


def _fridge_block(look: AssetAppearance, x: Range, y: Range, z: Range) -> Mesh:
    """A flat-fronted piece of an arched fridge: where it reaches the top, it follows the arc of the whole width."""
    rise, half = FRIDGE_ARCH * look.size[0], look.x[1]
    fractions = np.linspace(x[1], x[0], 7) / half
    arc = [(fraction * half, y[1] - rise * float(fraction) ** 2) for fraction in fractions]
    return prism([(x[0], y[0]), (x[1], y[0]), *arc], z, axis="z")


def _fridge_door(look: AssetAppearance, x: Range, y: Range, z: Range) -> Mesh:
    """A door whose front swells by a centimetre and a half; the upper one of an arched fridge is flat and arched."""
    if is_arched_fridge(look.asset) and y[1] == look.size[1]:
        return _fridge_block(look, x, y, z)
    steps, swell = 6, 0.0 if is_arched_fridge(look.asset) else 0.015
    face = []
    for index in range(steps + 1):
        fraction = 1 - 2 * index / steps
        edge = 0.012 if index in (0, steps) else 0.0
        across = sum(x) / 2 + fraction * (x[1] - x[0]) / 2
        face.append((across, z[1] - swell * fraction * fraction - edge))
    return prism([(x[0], z[0]), (x[1], z[0]), *face], y)


def _fridge_handle(look: AssetAppearance, x: Range, y: Range, front: float, *, right: bool) -> Mesh:
    """A long bar beside the free edge, near the gap between the upper and the lower door."""
    grip = x[0] + 0.05 if right else x[1] - 0.05
    low = y[1] - 0.08 - min(0.5, 0.6 * (y[1] - y[0])) if y[0] < 0.1 else y[0] + 0.06
    high = min(low + 0.45, y[1] - 0.06)
    points = [(grip, low, front - 0.02), (grip, low + 0.01, look.z[1] - 0.01)]
    points += [(grip, high - 0.01, look.z[1] - 0.01), (grip, high, front - 0.02)]
    return tube(points, 0.01, sides=6)


def microwave(look: AssetAppearance) -> list[Part]:
    """A box with a dark window in its door, a handle and a panel with keys and a clock."""
    case = look.material_of_name("primary", "painted metal", *_ENAMEL)
    metal = look.material_of_name("metal", "metal", "steel")
    dark = look.paint("glass", "dark glass", what="window")
    keys = look.material_of_name("secondary", "plastic", "light grey", "black")
    clock = glowing(look.paint("screen", "green", "sky", what="clock"), 0.6)
    height, front = look.size[1], look.z[1] - 0.03
    split = look.x[1] - 0.25 * look.size[0]
    door = box((look.x[0] + 0.004, split), (0.02, height - 0.008), (front - 0.02, front), bevel=0.005)
    panel = box((split + 0.004, look.x[1] - 0.004), (0.02, height - 0.008), (front - 0.02, front - 0.002), bevel=0.004)
    pane_x = look.x[0] + 0.05, split - 0.07
    window = box(pane_x, (0.2 * height, 0.82 * height), (front - 0.004, front + 0.0015))
    grip_x = split - 0.03
    grip = [(grip_x, 0.15 * height, front - 0.003), (grip_x, 0.18 * height, look.z[1] - 0.008)]
    grip += [(grip_x, 0.85 * height, look.z[1] - 0.008), (grip_x, 0.88 * height, front - 0.003)]
    centre = (split + look.x[1]) / 2
    buttons = []
    for row in range(4):
        for column in (-1, 0, 1):
            x, y = centre + 0.04 * column, (0.18 + 0.13 * row) * height
            buttons.append(box((x - 0.013, x + 0.013), (y - 0.013, y + 0.013), (front - 0.003, front + 0.002)))
    digits = box((centre - 0.045, centre + 0.045), (0.76 * height, 0.88 * height), (front - 0.003, front))
    feet = [
        cylinder(0.015, (0.0, 0.014), at=(x, z), sides=8) for x in shrunk(look.x, 0.05) for z in shrunk(look.z, 0.08)
    ]
    hinge = look.x[0] + 0.004, front - 0.02
    leaf = swung(look, [door, tube(grip, 0.008, sides=6), window], hinge, right=False)
    parts = [
        part(case, *_microwave_body(look, split, front - 0.02), leaf[0], panel, name="case"),
        part(metal, leaf[1], name="handle"),
        part(dark, leaf[2], name="window"),
        part(keys, *buttons, *feet, name="keys"),
        part(clock, digits, name="clock"),
    ]
    if is_open(look):
        plate = cylinder(
            0.36 * min(split - look.x[0], look.size[2]), (0.05, 0.058), at=((look.x[0] + split) / 2, -0.03)
        )
        parts.append(part(look.paint("glass", "glass", what="plate"), plate, name="plate"))
    return parts


def _microwave_body(look: AssetAppearance, split: float, front: float) -> list[Mesh]:
    """One block, or walls about the cooking space where the door is open."""
    y, z = (0.012, look.size[1]), (look.z[0], front)
    if not is_open(look):
        return [box(look.x, y, z, bevel=0.006)]
    return [*open_box((look.x[0], split + 0.004), y, z, 0.03), box((split + 0.004, look.x[1]), y, z)]


def toaster(look: AssetAppearance) -> list[Part]:
    """A rounded case with two slots on top and a lever at the front."""
    case = look.material_of_name("primary", "painted metal", *_ENAMEL)
    trim = look.material_of_name("secondary", "plastic", "black", "charcoal")
    metal = look.material_of_name("metal", "metal", "steel")
    (width, height, _), end = look.size, look.z[1] - 0.03
    body = rounded(look.x, (0.015, height), (look.z[0], end), plan=0.25, side=0.3, sides=20, rings=6)
    base = box(shrunk(look.x, 0.01), (0.0, 0.05), (look.z[0] + 0.012, end - 0.012), bevel=0.006)
    slots, rims = [], []
    for x in (-0.19 * width, 0.19 * width):
        slot_z = look.z[0] + 0.06, end - 0.06
        rims.append(box((x - 0.02, x + 0.02), (height - 0.013, height - 0.0005), shrunk(slot_z, -0.006)))
        slots.append(box((x - 0.012, x + 0.012), (height - 0.012, height + 0.0003), slot_z))
    lever = box((-0.025, 0.025), (0.62 * height, 0.7 * height), (end - 0.01, look.z[1]), bevel=0.004)
    track = box((-0.004, 0.004), (0.3 * height, 0.85 * height), (end - 0.004, end + 0.002))
    dial = disc((0.0, 0.2 * height, 0), 0.016, (end - 0.004, end + 0.012), sides=12)
    dark = look.paint("rubber", "black", what="slot")
    return [
        part(case, body, name="case"),
        part(trim, base, lever, dial, name="trim"),
        part(metal, *rims, name="rims"),
        part(dark, *slots, track, name="slots"),
    ]


def coffee_machine(look: AssetAppearance) -> list[Part]:
    """A tower with a head over a tray: a filter machine with its jug, or one with spouts for two cups."""
    case = look.material_of_name("primary", "plastic", *_ENAMEL)
    trim = look.material_of_name("secondary", "plastic", "black", "charcoal")
    metal = look.material_of_name("metal", "metal", "steel")
    (width, height, _), back = look.size, look.z[0] + 0.36 * look.size[2]
    tower = slab(look.x, (0.0, height), (look.z[0], back), 0.04, edge=0.012, steps=1)
    head_z = back - 0.04, look.z[1] - 0.02
    head = slab(shrunk(look.x, 0.012), (0.62 * height, height - 0.008), head_z, 0.05, edge=0.015, steps=1)
    tray = slab(shrunk(look.x, 0.012), (0.002, 0.08 * height), (back - 0.04, look.z[1]), 0.05, edge=0.004, steps=1)
    mid, low = (back + look.z[1]) / 2 - 0.005, 0.08 * height
    dial = disc((0.27 * width, 0.82 * height, 0), 0.026, (look.z[1] - 0.03, look.z[1] - 0.006), sides=14)
    keys = [
        disc((x, 0.82 * height, 0), 0.012, (look.z[1] - 0.03, look.z[1] - 0.014), sides=10)
        for x in (-0.27 * width, -0.13 * width)
    ]
    parts = [part(case, tower, head, name="case")]
    if look.choice("jug", 2):
        funnel = lathe([(0.0, 0.54), (0.5, 0.54), (1.0, 0.63), (0.0, 0.63)], at=(0, 0, mid), sides=14)
        jug_r = 0.44 * min(look.z[1] - back, 0.8 * width)
        brew, handle = _jug((low, 0.53 * height), mid, jug_r)
        parts.append(part(trim, tray, *keys, _scaled_about(funnel, 0.3 * width, height), handle, name="trim"))
        parts.append(part(look.paint("glass", "dark glass", what="jug"), brew, name="jug"))
        return [*parts, part(metal, dial, name="metal")]
    grate = slab(shrunk(look.x, 0.03), (low, low + 0.005), (back + 0.01, look.z[1] - 0.015), 0.03)
    spouts = [cylinder(0.012, (0.5 * height, 0.63 * height), at=(x, mid), sides=8) for x in (-0.03, 0.03)]
    group = cylinder(min(0.05, 0.12 * width), (0.57 * height, 0.63 * height), at=(0.0, mid), sides=14)
    lever = rod((0.0, 0.6 * height, mid), (0.0, 0.58 * height, look.z[1] - 0.005), 0.012, sides=8)
    parts.append(part(trim, tray, *keys, lever, name="trim"))
    return [*parts, part(metal, grate, *spouts, group, dial, name="metal")]


def _jug(y: Range, z: float, radius: float) -> tuple[Mesh, Mesh]:
    """A round-bellied glass jug that stands at x 0, and its handle, which points forwards."""
    low, high = y
    rise = high - low
    profile = [(0.0, 0.0), (0.85, 0.0), (1.0, 0.25), (0.92, 0.6), (0.62, 0.88), (0.66, 1.0), (0.0, 1.0)]
    body = lathe([(r * radius, low + s * rise) for r, s in profile], at=(0, 0, z), sides=16, crease_deg=50)
    tips = [(0.62, 0.92), (1.35, 0.86), (1.35, 0.4), (0.98, 0.3)]
    return body, tube([(0.0, low + s * rise, z + r * radius) for r, s in tips], 0.009, sides=6)


def _scaled_about(mesh: Mesh, radius: float, height: float) -> Mesh:
    """A mesh drawn with unit radius about its own axis and unit height, at its real size."""
    centre = float(mesh.vertices[:, 2].mean())
    return moved(stretched(moved(mesh, (0, 0, -centre)), (radius, height, radius)), (0, 0, centre))


def kettle(look: AssetAppearance) -> list[Part]:
    """A round body with a lid, a spout and a handle over it."""
    metal, grip = look.material_slot(0, "metal", "steel"), look.material_slot(1, "rubber", "charcoal")
    radius, height = 0.36 * look.size[2], look.size[1]
    body_y = 0.68 * height
    profile = [(0.0, 0.0), (0.92, 0.0), (1.0, 0.12 * body_y), (0.95, 0.5 * body_y), (0.6, 0.92 * body_y), (0.5, body_y)]
    body = lathe([(r * radius, y) for r, y in [*profile, (0.0, body_y)]], sides=16)
    lid = lathe(
        [(0.0, body_y - 0.01), (0.48 * radius, body_y), (0.3 * radius, body_y + 0.012), (0.0, body_y + 0.016)], sides=12
    )
    knob = rounded((-0.012, 0.012), (body_y + 0.012, body_y + 0.034), (-0.012, 0.012), sides=8, rings=4)
    path = [(0, 0.32 * body_y, 0.8 * radius), (0, 0.45 * body_y, 1.15 * radius), (0, 0.8 * body_y, 1.36 * radius)]
    spout = tube([*path, (0, 0.98 * body_y, 1.6 * radius)], [0.024, 0.021, 0.014, 0.012], sides=8)
    handle = tube(arc((0, 0.62 * height, 0), 0.92 * radius, 15, 165, plane="zy", steps=10), 0.011, sides=6)
    lid, knob = lifted(look, [lid, knob], (body_y, -0.48 * radius), 70)
    return [part(metal, body, lid, spout, name="body"), part(grip, handle, knob, name="handle")]


def washing_machine(look: AssetAppearance) -> list[Part]:
    """A white box with a round door, a drawer and a dial; a dryer has a darker door."""
    case = look.material_slot(0, "painted metal", "white", "white", "light grey", "charcoal")
    metal, dark = look.paint("metal", "chrome", what="ring"), look.paint("glass", "dark glass", what="door")
    panel = look.paint("plastic", "light grey", "charcoal", what="panel")
    (width, height, _), front = look.size, look.z[1] - 0.04
    radius, centre = 0.32 * width, (0.0, 0.47 * height, 0.0)
    ring = disc(centre, radius, (front - 0.002, front + 0.02), sides=32)
    rim = disc(centre, 0.86 * radius, (front + 0.02, front + 0.03), sides=32)
    glass = disc(centre, 0.7 * radius, (front + 0.03, look.z[1]), sides=32)
    strip = box(shrunk(look.x, 0.02), (0.85 * height, 0.97 * height), (front - 0.002, front + 0.006), bevel=0.002)
    dial = disc((0.22 * width, 0.91 * height, 0), 0.035, (front + 0.006, front + 0.028), sides=20)
    drawer = box((look.x[0] + 0.04, -0.1 * width), (0.87 * height, 0.95 * height), (front + 0.006, front + 0.01))
    keys = [
        disc((x, 0.91 * height, 0), 0.01, (front + 0.006, front + 0.012), sides=10) for x in (0.0, 0.05, 0.34 * width)
    ]
    grip = rod((radius * 0.8, 0.42 * height, front + 0.024), (radius * 0.8, 0.52 * height, front + 0.024), 0.01)
    is_dryer = look.asset.object_type == "ClothesDryer"
    ring, rim, glass, grip = swung(look, [ring, rim, glass, grip], (-radius, front), right=False)
    body = box(look.x, (0.0, height), (look.z[0], front), bevel=0.008)
    drum = _drum(look, (0.0, centre[1]), 0.8 * radius, front) if is_open(look) else None
    parts = [
        part(case, *(drum[0] if drum else [body]), drawer, name="body"),
        part(case if is_dryer else metal, ring, name="ring"),
        part(metal, rim, dial, *keys, grip, name="trim"),
        part(dark, glass, name="glass"),
        part(panel, strip, name="panel"),
    ]
    return [*parts, part(metal, *drum[1], name="drum")] if drum else parts


def _drum(
    look: AssetAppearance, centre: tuple[float, float], radius: float, front: float
) -> tuple[list[Mesh], list[Mesh]]:
    """The body with a hole in its front, and the drum behind the hole."""
    hole_x, hole_y = (-radius, radius), (centre[1] - radius, centre[1] + radius)
    z, deep = (look.z[0], front), (look.z[0], max(look.z[0] + 0.1, front - 0.35))
    walls = [
        box((look.x[0], hole_x[0]), (0.0, look.size[1]), z),
        box((hole_x[1], look.x[1]), (0.0, look.size[1]), z),
        box(hole_x, (0.0, hole_y[0]), z),
        box(hole_x, (hole_y[1], look.size[1]), z),
        box(hole_x, hole_y, deep),
    ]
    ring = [(1.45 * radius, -0.002), (1.45 * radius, 0.002), (0.97 * radius, 0.002), (0.97 * radius, -0.002)]
    collar = turned(lathe(ring, sides=24, closed=True), "x", 90)
    pipe = [(radius, deep[1] - front), (radius, -0.004), (0.96 * radius, -0.004), (0.9 * radius, deep[1] - front)]
    shell = turned(lathe(pipe, sides=24, closed=True), "x", 90)
    return [*walls, moved(collar, (0.0, centre[1], front))], [moved(shell, (0.0, centre[1], front))]


SHAPES = {
    "Fridge": from_the_front(fridge),
    "Microwave": from_the_front(microwave),
    "Toaster": toaster,
    "CoffeeMachine": from_the_front(coffee_machine),
    "Kettle": kettle,
    "WashingMachine": from_the_front(washing_machine),
    "ClothesDryer": from_the_front(washing_machine),
}
