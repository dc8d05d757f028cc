"""Fridges, microwaves, toasters, coffee machines, kettles, washing machines and dryers."""

from __future__ import annotations

from tst_sim.embedded.catalogue.look import Look, from_the_front, glowing, part, shrunk
from tst_sim.embedded.mesh import Part
from tst_sim.embedded.primitives import arc, block, cylinder, disc, lathe, rod, rounded, tube
from tst_sim.proportions import fridge_split_m

_ENAMEL = ("white", "steel", "charcoal", "red", "cream", "black")


def fridge(look: Look) -> list[Part]:
    """A body with a lower and an upper door, side by side where it is wide, and their handles."""
    body_paint = look.of_name("primary", "painted metal", *_ENAMEL)
    metal = look.of_name("metal", "metal", "steel")
    dark = look.paint("rubber", "charcoal", what="seal")
    (width, height, _), split = look.size, fridge_split_m(look.asset)
    handle = 0.045
    front = look.z[1] - handle
    door_z = front - 0.06, front
    body = block(look.x, (0.03, height), (look.z[0], door_z[0] - 0.012), bevel=0.006)
    seal = block(shrunk(look.x, 0.012), (0.05, height - 0.012), (door_z[0] - 0.012, door_z[0]))
    foot = block(shrunk(look.x, 0.03), (0.0, 0.03), (look.z[0] + 0.03, door_z[0] - 0.02))
    doors, handles = [], []
    halves = [look.x]
    if width > 0.85:
        halves = [(look.x[0], -0.003), (0.003, look.x[1])]
    for index, x in enumerate(halves):
        # A pair of doors opens from the middle; a single door has its handle on the left.
        grip = (x[1] - 0.05) if index == 0 and len(halves) == 2 else (x[0] + 0.05)
        for y in ((0.06, split - 0.004), (split + 0.004, height)):
            doors.append(block(x, y, door_z, bevel=0.01))
            low = y[1] - 0.08 - min(0.5, 0.6 * (y[1] - y[0])) if y[0] < split else y[0] + 0.06
            high = min(low + 0.45, y[1] - 0.06)
            points = [(grip, low, front - 0.004), (grip, low + 0.01, look.z[1] - 0.01)]
            points += [(grip, high - 0.01, look.z[1] - 0.01), (grip, high, front - 0.004)]
            handles.append(tube(points, 0.01, sides=6))
    return [
        part(body_paint, body, *doors, name="body"),
        part(metal, *handles, name="handles"),
        part(dark, seal, foot, name="seal"),
    ]


def microwave(look: Look) -> list[Part]:
    """A box with a dark window in its door, a handle and a panel with keys and a clock."""
    case = look.of_name("primary", "painted metal", *_ENAMEL)
    metal = look.of_name("metal", "metal", "steel")
    dark = look.paint("glass", "dark glass", what="window")
    keys = look.of_name("secondary", "plastic", "light grey", "black")
    clock = glowing(look.paint("screen", "green", "sky", what="clock"), 0.6)
    height, front = look.size[1], look.z[1] - 0.03
    split = look.x[1] - 0.25 * look.size[0]
    body = block(look.x, (0.012, height), (look.z[0], front - 0.02), bevel=0.006)
    door = block((look.x[0] + 0.004, split), (0.02, height - 0.008), (front - 0.02, front), bevel=0.005)
    panel = block(
        (split + 0.004, look.x[1] - 0.004), (0.02, height - 0.008), (front - 0.02, front - 0.002), bevel=0.004
    )
    pane_x = look.x[0] + 0.05, split - 0.07
    window = block(pane_x, (0.2 * height, 0.82 * height), (front - 0.004, front + 0.0015))
    grip_x = split - 0.03
    grip = [(grip_x, 0.15 * height, front - 0.003), (grip_x, 0.18 * height, look.z[1] - 0.008)]
    grip += [(grip_x, 0.85 * height, look.z[1] - 0.008), (grip_x, 0.88 * height, front - 0.003)]
    centre = (split + look.x[1]) / 2
    buttons = []
    for row in range(4):
        for column in (-1, 0, 1):
            x, y = centre + 0.04 * column, (0.18 + 0.13 * row) * height
            buttons.append(block((x - 0.013, x + 0.013), (y - 0.013, y + 0.013), (front - 0.003, front + 0.002)))
    digits = block((centre - 0.045, centre + 0.045), (0.76 * height, 0.88 * height), (front - 0.003, front))
    feet = [
        cylinder(0.015, (0.0, 0.014), at=(x, z), sides=8) for x in shrunk(look.x, 0.05) for z in shrunk(look.z, 0.08)
    ]
    return [
        part(case, body, door, panel, name="case"),
        part(metal, tube(grip, 0.008, sides=6), name="handle"),
        part(dark, window, name="window"),
        part(keys, *buttons, *feet, name="keys"),
        part(clock, digits, name="clock"),
    ]


def toaster(look: Look) -> list[Part]:
    """A rounded case with two slots on top and a lever at the front."""
    case = look.of_name("primary", "painted metal", *_ENAMEL)
    trim = look.of_name("secondary", "plastic", "black", "charcoal")
    metal = look.of_name("metal", "metal", "steel")
    (width, height, _), end = look.size, look.z[1] - 0.03
    body = rounded(look.x, (0.015, height), (look.z[0], end), plan=0.25, side=0.3, sides=20, rings=8)
    base = block(shrunk(look.x, 0.01), (0.0, 0.05), (look.z[0] + 0.012, end - 0.012), bevel=0.006)
    slots, rims = [], []
    for x in (-0.19 * width, 0.19 * width):
        slot_z = look.z[0] + 0.06, end - 0.06
        rims.append(block((x - 0.02, x + 0.02), (height - 0.013, height - 0.0005), shrunk(slot_z, -0.006)))
        slots.append(block((x - 0.012, x + 0.012), (height - 0.012, height + 0.0003), slot_z))
    lever = block((-0.025, 0.025), (0.62 * height, 0.7 * height), (end - 0.01, look.z[1]), bevel=0.004)
    track = block((-0.004, 0.004), (0.3 * height, 0.85 * height), (end - 0.004, end + 0.002))
    dial = disc((0.0, 0.2 * height, 0), 0.016, (end - 0.004, end + 0.012), sides=12)
    dark = look.paint("rubber", "black", what="slot")
    return [
        part(case, body, name="case"),
        part(trim, base, lever, dial, name="trim"),
        part(metal, *rims, name="rims"),
        part(dark, *slots, track, name="slots"),
    ]


def coffee_machine(look: Look) -> list[Part]:
    """A tower with a head that overhangs a drip tray and a cup."""
    case = look.of_name("primary", "plastic", *_ENAMEL)
    trim = look.of_name("secondary", "plastic", "black", "charcoal")
    metal = look.of_name("metal", "metal", "steel")
    (width, height, _), back = look.size, look.z[0] + 0.42 * look.size[2]
    tower = block(look.x, (0.0, height), (look.z[0], back), bevel=0.02)
    head = block(shrunk(look.x, 0.02), (0.62 * height, height - 0.01), (back - 0.02, look.z[1] - 0.02), bevel=0.02)
    tray = block(shrunk(look.x, 0.02), (0.0, 0.09 * height), (back - 0.02, look.z[1]), bevel=0.006)
    grate = block(shrunk(look.x, 0.04), (0.09 * height, 0.1 * height), (back + 0.01, look.z[1] - 0.02))
    mid = (back + look.z[1]) / 2 - 0.01
    spouts = [cylinder(0.012, (0.53 * height, 0.63 * height), at=(x, mid), sides=10) for x in (-0.03, 0.03)]
    group = cylinder(min(0.05, 0.12 * width), (0.57 * height, 0.63 * height), at=(0.0, mid), sides=16)
    dial = disc((0.25 * width, 0.82 * height, 0), 0.028, (look.z[1] - 0.024, look.z[1] - 0.005), sides=14)
    keys = [
        disc((x, 0.82 * height, 0), 0.012, (look.z[1] - 0.024, look.z[1] - 0.012), sides=10)
        for x in (-0.25 * width, -0.12 * width, 0.0)
    ]
    return [
        part(case, tower, head, name="case"),
        part(trim, tray, *keys, name="trim"),
        part(metal, grate, *spouts, group, dial, name="metal"),
    ]


def kettle(look: Look) -> list[Part]:
    """A round body with a lid, a spout and a handle over it."""
    metal, grip = look.slot(0, "metal", "steel"), look.slot(1, "rubber", "charcoal")
    radius, height = 0.36 * look.size[2], look.size[1]
    body_y = 0.68 * height
    profile = [(0.0, 0.0), (0.92, 0.0), (1.0, 0.12 * body_y), (0.95, 0.5 * body_y), (0.6, 0.92 * body_y), (0.5, body_y)]
    body = lathe([(r * radius, y) for r, y in [*profile, (0.0, body_y)]], sides=16)
    lid = lathe(
        [(0.0, body_y - 0.01), (0.48 * radius, body_y), (0.3 * radius, body_y + 0.012), (0.0, body_y + 0.016)], sides=12
    )
    knob = rounded((-0.012, 0.012), (body_y + 0.012, body_y + 0.034), (-0.012, 0.012), sides=8, rings=4)
    spout = tube(
        [(0, 0.3 * body_y, 0.85 * radius), (0, 0.55 * body_y, 1.2 * radius), (0, 0.95 * body_y, 1.42 * radius)],
        [0.028, 0.02, 0.012],
        sides=10,
    )
    handle = tube(arc((0, 0.62 * height, 0), 0.92 * radius, 15, 165, plane="zy", steps=10), 0.011, sides=6)
    return [part(metal, body, lid, spout, name="body"), part(grip, handle, knob, name="handle")]


def washing_machine(look: Look) -> list[Part]:
    """A white box with a round door, a drawer and a dial; a dryer has a darker door."""
    case = look.slot(0, "painted metal", "white", "white", "light grey", "charcoal")
    metal, dark = look.paint("metal", "chrome", what="ring"), look.paint("glass", "dark glass", what="door")
    panel = look.paint("plastic", "light grey", "charcoal", what="panel")
    (width, height, _), front = look.size, look.z[1] - 0.04
    body = block(look.x, (0.0, height), (look.z[0], front), bevel=0.008)
    radius, centre = 0.32 * width, (0.0, 0.47 * height, 0.0)
    ring = disc(centre, radius, (front - 0.002, front + 0.02), sides=32)
    rim = disc(centre, 0.86 * radius, (front + 0.02, front + 0.03), sides=32)
    glass = disc(centre, 0.7 * radius, (front + 0.03, look.z[1]), sides=32)
    strip = block(shrunk(look.x, 0.02), (0.85 * height, 0.97 * height), (front - 0.002, front + 0.006), bevel=0.002)
    dial = disc((0.22 * width, 0.91 * height, 0), 0.035, (front + 0.006, front + 0.028), sides=20)
    drawer = block((look.x[0] + 0.04, -0.1 * width), (0.87 * height, 0.95 * height), (front + 0.006, front + 0.01))
    keys = [
        disc((x, 0.91 * height, 0), 0.01, (front + 0.006, front + 0.012), sides=10) for x in (0.0, 0.05, 0.34 * width)
    ]
    grip = rod((radius * 0.8, 0.42 * height, front + 0.024), (radius * 0.8, 0.52 * height, front + 0.024), 0.01)
    is_dryer = look.asset.object_type == "ClothesDryer"
    return [
        part(case, body, drawer, name="body"),
        part(case if is_dryer else metal, ring, name="ring"),
        part(metal, rim, dial, *keys, grip, name="trim"),
        part(dark, glass, name="glass"),
        part(panel, strip, name="panel"),
    ]


SHAPES = {
    "Fridge": fridge,
    "Microwave": from_the_front(microwave),
    "Toaster": toaster,
    "CoffeeMachine": from_the_front(coffee_machine),
    "Kettle": kettle,
    "WashingMachine": from_the_front(washing_machine),
    "ClothesDryer": from_the_front(washing_machine),
}
