"""Floor lamps, desk lamps, light switches and candles."""

from __future__ import annotations

from tst_sim.embedded.catalogue.appearance import AssetAppearance, glowing, part
from tst_sim.embedded.mesh.mesh import Part
from tst_sim.embedded.mesh.primitives import arc, box, cylinder, lathe, moved, rod, rounded, tube, turned

_SHADE_GLOW = 0.35
_BULB_GLOW = 1.0


def lamp(look: AssetAppearance) -> list[Part]:
    """A foot, a pole and a glowing shade; three legs, a bent neck or a straight pole."""
    pole = look.material_of_name("primary", "metal", "dark metal", "steel", "brass", "white")
    foot_paint = look.material_of_name("secondary", "metal", "dark metal", "steel")
    if look.has_family("metal", "wood"):
        pole = foot_paint = look.material_of_family(("metal", "wood"), "metal", "steel")
    shade = glowing(look.material_of_name("shade", "lampshade", "ivory", "cream", "white"), _SHADE_GLOW)
    bulb = glowing(look.paint("lampshade", "ivory", what="bulb"), _BULB_GLOW)
    style = look.choice("lamp", 3)
    if style == 2 and look.size[1] > 1.3 * max(look.size[0], look.size[2]):
        return _bent_lamp(look, pole, foot_paint, bulb)
    (width, height, depth) = look.size
    radius = min(width, depth) / 2
    tall = look.asset.object_type == "FloorLamp"
    shade_y = (1 - (0.2 if tall else 0.42)) * height
    thin = 0.014 if tall else 0.011
    top = (0.62, 0.75, 0.95)[look.choice("shade", 3)]
    ring = [(0.97, shade_y), (1.0, shade_y), (top, height), (top - 0.03, height)]
    shell = lathe(ring, sides=28, stretch=(width / 2, depth / 2), closed=True)
    globe_y = shade_y + 0.3 * (height - shade_y)
    size = min(0.03, 0.18 * (height - shade_y))
    globe = rounded((-size, size), (globe_y, globe_y + 2.5 * size), (-size, size), sides=10, rings=6)
    spokes = [
        rod((0, height - 0.015, 0), (x * top * 0.98 * width / 2, height - 0.012, 0), 0.003, sides=5) for x in (-1, 1)
    ]
    upright = rod((0, 0.01, 0), (0, height - 0.014, 0), thin, sides=10)
    feet = []
    if style == 1 and tall:
        for index in range(3):
            leg = rod((0, 0.45 * height, 0), (0, 0.0, 0.75 * radius), thin, end_radius=0.7 * thin, sides=8)
            feet.append(turned(leg, "y", 120 * index + 20))
        upright = rod((0, 0.44 * height, 0), (0, height - 0.014, 0), thin, sides=10)
    elif tall or look.choice("foot", 2):
        profile = [(0, 0), (0.62, 0), (0.62, 0.012), (0.2, 0.03), (0, 0.035)]
        feet.append(lathe([(r * radius, y) for r, y in profile], sides=24))
    else:
        belly = [(0, 0), (0.4, 0), (0.42, 0.02), (0.2, 0.1), (0.5, 0.45), (0.42, 0.75), (0.12, 0.95), (0, 0.95)]
        feet.append(lathe([(r * radius, y * shade_y) for r, y in belly], sides=20, crease_deg=50))
    return [
        part(pole, upright, *spokes, name="pole"),
        part(foot_paint, *feet, name="foot"),
        part(shade, shell, name="shade"),
        part(bulb, globe, name="bulb"),
    ]


def _bent_lamp(look: AssetAppearance, pole, foot_paint, bulb) -> list[Part]:
    """A reading lamp: an arm that bends forward over a cone which opens downwards."""
    (width, height, depth), back = look.size, look.z[0] + 0.3 * look.size[2]
    cone = 0.42 * min(width, 0.6 * depth)
    foot_r = min(0.48 * width, 0.28 * depth)
    thin = 0.012 if look.asset.object_type == "FloorLamp" else 0.008
    head_z = look.z[1] - cone
    bend = arc(
        (0, height - 0.5 * cone - (head_z - back) / 2, (back + head_z) / 2),
        (head_z - back) / 2,
        180,
        0,
        plane="zy",
        steps=8,
    )
    path = [(0.0, 0.01, back), *bend]
    foot = lathe(
        [(0, 0), (foot_r, 0), (foot_r, 0.012), (0.25 * foot_r, 0.028), (0, 0.03)],
        at=(0, 0, look.z[0] + foot_r),
        sides=24,
    )
    tip_y = path[-1][1]
    low = tip_y - 1.5 * cone
    shell = lathe(
        [(1.0, low), (1.02, low), (0.28, tip_y + 0.01), (0.0, tip_y + 0.01), (0.0, tip_y), (0.25, tip_y)],
        at=(0, 0, head_z),
        sides=20,
        stretch=(cone, cone),
        closed=True,
    )
    size = min(0.028, 0.3 * cone)
    globe = rounded(
        (-size, size),
        (low + 0.2 * cone, low + 0.2 * cone + 2 * size),
        (head_z - size, head_z + size),
        sides=10,
        rings=6,
    )
    return [
        part(pole, tube(path, thin, sides=8), name="pole"),
        part(foot_paint, foot, shell, name="foot"),
        part(bulb, globe, name="bulb"),
    ]


def light_switch(look: AssetAppearance) -> list[Part]:
    """A wall plate with one rocker, or two where it is wide."""
    plate = look.paint("plastic", "white", "ivory", "steel", "charcoal")
    rocker = look.paint("plastic", "white", "light grey", what="rocker")
    screw = look.paint("metal", "steel", what="screw")
    width, height, depth = look.size
    front = look.z[0] + 0.45 * depth
    base = box(look.x, (0.0, height), (look.z[0], front), bevel=0.3 * depth)
    count = 2 if width > 0.16 else 1
    rockers, screws = [], []
    for index in range(count):
        x = (index - (count - 1) / 2) * width / 2
        half_x, half_y = 0.16 * min(width, height), 0.26 * height
        paddle = box(
            (x - half_x, x + half_x),
            (height / 2 - half_y, height / 2 + half_y),
            (front - 0.002, look.z[1] - 0.15 * depth),
        )
        rockers.append(moved(turned(moved(paddle, (0, -height / 2, 0)), "x", 3), (0, height / 2, 0)))
        rockers.append(
            box((x - 0.5 * half_x, x + 0.5 * half_x), (0.42 * height, 0.5 * height), (front, look.z[1]), bevel=0.001)
        )
        for y in (0.12 * height, 0.88 * height):
            screws.append(box((x - 0.003, x + 0.003), (y - 0.003, y + 0.003), (front - 0.001, front + 0.001)))
    return [part(plate, base, name="plate"), part(rocker, *rockers, name="rocker"), part(screw, *screws, name="screws")]


def candle(look: AssetAppearance) -> list[Part]:
    """Wax with a wick, on a metal dish where the asset has one."""
    wax = look.material_of_family(("wax",), "wax", "wax", "rose", "sage")
    wick = look.paint("fabric", "charcoal", what="wick")
    flame = glowing(look.paint("wax", "amber", what="flame"), 1.0)
    width, height, depth = look.size
    has_dish = look.has_family("metal")
    radius = min(width, depth) / 2
    body_r, low = (0.5 * radius, 0.12 * height) if has_dish else (radius, 0.0)
    top = height - min(0.03, 0.2 * height)
    profile = [(0, low), (0.97, low), (1.0, low + 0.02 * height), (1.0, top), (0.8, top - 0.004), (0, top - 0.006)]
    parts = [part(wax, lathe([(r * body_r, y) for r, y in profile], sides=18), name="wax")]
    parts.append(part(wick, rod((0, top - 0.008, 0), (0, top + 0.4 * (height - top), 0), 0.0012, sides=5), name="wick"))
    drop = lathe([(0, 0), (0.7, 0.25), (0.55, 0.5), (0.0, 1.0)], sides=8)
    size = 0.6 * (height - top)
    points = drop.vertices * (0.3 * size, size, 0.3 * size) + (0, height - size, 0)
    parts.append(part(flame, type(drop)(points.astype("float32"), drop.normals, drop.triangles), name="flame"))
    if has_dish:
        dish = lathe(
            [(0, 0), (0.7, 0), (1.0, 0.06 * height), (0.97, 0.08 * height), (0.66, 0.03 * height), (0, 0.03 * height)],
            sides=20,
            stretch=(radius, radius),
        )
        holder = cylinder(1.15 * body_r, (0.02 * height, 0.2 * height), sides=16)
        parts.append(part(look.material_of_family(("metal",), "metal", "brass"), dish, holder, name="dish"))
    return parts


SHAPES = {"FloorLamp": lamp, "DeskLamp": lamp, "LightSwitch": light_switch, "Candle": candle}
