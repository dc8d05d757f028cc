"""Bowls, plates, cups, mugs, cutlery, bottles and shakers."""

from __future__ import annotations

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, part
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import arc, box, cylinder, disc, lathe, loft, prism, rounded, tube, turned
from tst_sim.proportions import body_offset_m, body_size_m, inner_floor_m, inner_half_extents_m, wall_thickness_m

_GLAZES = ("white", "ivory", "sky", "sage", "terracotta", "navy", "rose", "teal", "yellow")


def vessel(look: AssetAppearance, bulge: float, foot: float, *, sides: int = 24) -> Mesh:
    """A hollow turned body with the shared inner floor; `bulge` and `foot` are its radii half-way and below (rim 1)."""
    width, height, depth = body_size_m(look.asset)
    at_x, at_z = body_offset_m(look.asset)
    wall = 2 * wall_thickness_m(look.asset) / min(width, depth)
    floor = inner_floor_m(look.asset)
    inner = 2 * inner_half_extents_m(look.asset)[0] / width
    profile = [(0.0, 0.0), (foot, 0.0), ((foot + bulge) / 2 + 0.02, 0.2 * height), (bulge, 0.5 * height), (1.0, height)]
    profile += [
        (1.0 - wall, height),
        (max(bulge - wall, inner), 0.5 * height + 0.3 * floor),
        (inner, floor),
        (0.0, floor),
    ]
    return lathe(profile, at=(at_x, 0.0, at_z), sides=sides, stretch=(width / 2, depth / 2), crease_deg=50)


def bowl(look: AssetAppearance) -> list[Part]:
    """A hollow half sphere on a small foot."""
    return [part(look.material_slot(0, "ceramic", *_GLAZES), vessel(look, 0.84, 0.5), name="bowl")]


def plate(look: AssetAppearance) -> list[Part]:
    """A flat disc with a raised rim."""
    width, height, depth = look.size
    floor = inner_floor_m(look.asset)
    profile = [(0.0, 0.0), (0.58, 0.0), (0.98, 0.82 * height), (1.0, 0.92 * height), (0.98, height)]
    profile += [(0.72, 0.66 * height), (0.64, floor), (0.0, floor)]
    body = lathe(profile, sides=28, stretch=(width / 2, depth / 2), crease_deg=9)
    return [part(look.material_slot(0, "ceramic", *_GLAZES), body, name="plate")]


def cup(look: AssetAppearance) -> list[Part]:
    """A tumbler without a handle, straight or tapered."""
    foot = (0.7, 0.78, 0.9)[look.choice("taper", 3)]
    return [
        part(
            look.material_slot(0, "glass", "glass", "sky", "white"),
            vessel(look, (1 + foot) / 2, foot, sides=24),
            name="cup",
        )
    ]


def mug(look: AssetAppearance) -> list[Part]:
    """A cylinder with a handle at +x."""
    glaze = look.material_slot(0, "ceramic", *_GLAZES)
    width, height, _ = look.size
    body_width = body_size_m(look.asset)[0]
    edge = look.x[0] + body_width
    reach, thick = width - body_width, 0.055 * height
    # An ear: an arc that is flattened against the wall, both ends sunk into it.
    far, path = reach - thick, []
    for x, y, z in arc((edge - 0.003, 0.5 * height, 0.0), 1.0, 90, -90, steps=8):
        path.append(
            (
                edge - 0.003 + max(x - edge + 0.003, 0.0) ** 0.7 * (far + 0.003),
                0.5 * height + (y - 0.5 * height) * 0.3 * height,
                z,
            )
        )
    return [part(glaze, vessel(look, 1.0, 0.92, sides=24), tube(path, thick, sides=7), name="mug")]


def _handle_of_cutlery(look: AssetAppearance, neck_z: float) -> Mesh:
    """A flat tapered handle from the front end of the box to the neck."""
    width, height, _ = look.size
    half, thin = min(0.45 * width, 0.008), max(0.12 * height, 0.0012)
    rings = []
    for z, across, y in (
        (look.z[0], half, 0.35 * height),
        (look.z[0] + 0.02, half, 0.35 * height),
        (neck_z, 0.45 * half, 0.55 * height),
    ):
        rings.append([(-across, y - thin, z), (across, y - thin, z), (across, y + thin, z), (-across, y + thin, z)])
    return loft(np.array(rings))


def fork(look: AssetAppearance) -> list[Part]:
    """A handle, a neck and four tines."""
    metal = look.material_slot(0, "metal", "steel")
    width, height, depth = look.size
    root, thin = look.z[1] - 0.3 * depth, max(0.12 * height, 0.0012)
    half, low = width / 2, 0.4 * height
    shape = ((-0.1, 0.2, 0.4), (-0.04, 0.62, 0.2), (0.0, 0.96, 0.0), (0.04, 1.0, 0.0))
    palm = loft(
        np.array(
            [
                [(u * wide * half, low * (1 + lift) + v * thin, root + along * depth) for u, v in _FLAT]
                for along, wide, lift in shape
            ]
        ),
        crease_deg=50,
    )
    tines = []
    for index in range(4):
        x = (index - 1.5) * width / 3.9
        low, high = (x, 0.45 * height, root + 0.02 * depth), (x * 0.96, height - 2 * thin, look.z[1])
        tines.append(tube([low, (x, 0.05 * height + thin, (low[2] + high[2]) / 2), high], 0.07 * width, sides=5))
    return [part(metal, _handle_of_cutlery(look, root - 0.012), palm, *tines, name="fork")]


_FLAT = ((-1, -1), (1, -1), (1, 1), (-1, 1))


def spoon(look: AssetAppearance) -> list[Part]:
    """A handle and an oval bowl."""
    metal = look.material_slot(0, "metal", "steel")
    width, height, depth = look.size
    length = 0.3 * depth
    profile = [(0.0, 0.0), (0.6, 0.15), (1.0, 0.9), (0.94, 1.0), (0.5, 0.4), (0.0, 0.28)]
    bowl_of_it = lathe(
        [(r, y * 0.6 * height) for r, y in profile],
        at=(0.0, 0.0, look.z[1] - length / 2),
        sides=20,
        stretch=(width / 2, length / 2),
        crease_deg=60,
    )
    return [part(metal, _handle_of_cutlery(look, look.z[1] - 0.93 * length), bowl_of_it, name="spoon")]


def knife(look: AssetAppearance) -> list[Part]:
    """A blade and a handle, the edge down."""
    grip = look.material_of_family(("plastic", "wood", "rubber"), "plastic", "black", "charcoal")
    metal = look.paint("metal", "steel")
    split = look.z[0] + 0.4 * look.size[2]
    if look.asset.object_type == "ButterKnife":
        grip, split = look.material_slot(0, "metal", "steel"), look.z[0] + 0.5 * look.size[2]
    half, height = look.size[0] / 2, look.size[1]
    blunt = look.asset.object_type == "ButterKnife"
    shape = _BLUNT_BLADE if blunt else _CHEF_BLADE if look.choice("blade", 2) else _CARVING_BLADE
    length, rings = look.z[1] - split, []
    for along, low, high in shape:
        x, z = (0.3 if blunt else 0.2) * half * (1.2 - along), split - 0.01 + along * (length + 0.01)
        edge = 0.12 * x
        rings.append([(-x, high * height, z), (x, high * height, z), (edge, low * height, z), (-edge, low * height, z)])
    parts = [part(metal, loft(np.array(rings)), name="blade")]
    back = look.z[0]
    side = [
        (back, 0.42),
        (back + 0.1 * (split - back), 0.3),
        (split, 0.42),
        (split, 0.95),
        (back + 0.12 * (split - back), 1.0),
    ]
    if blunt:
        side = [(back, 0.35), (split, 0.45), (split, 0.85), (back, 0.95)]
    outline = [(z, y * height) for z, y in [*side, (back, 0.85)]]
    parts.append(part(grip, prism(outline, (-half, half), axis="x"), name="handle"))
    if not blunt:
        rivets = [_rivet(half, 0.66 * height, back + fraction * (split - back)) for fraction in (0.25, 0.5, 0.75)]
        bolster = box((-0.9 * half, 0.9 * half), (0.4 * height, 0.93 * height), (split - 0.001, split + 0.012))
        parts.append(part(metal, *rivets, bolster, name="rivets"))
    return parts


_CHEF_BLADE = ((0.0, 0.3, 0.9), (0.06, 0.0, 0.93), (0.5, 0.04, 0.92), (0.8, 0.25, 0.88), (1.0, 0.74, 0.8))
_CARVING_BLADE = ((0.0, 0.4, 0.9), (0.06, 0.18, 0.92), (0.55, 0.2, 0.9), (0.85, 0.36, 0.8), (1.0, 0.56, 0.6))
_BLUNT_BLADE = ((0.0, 0.5, 0.8), (0.15, 0.28, 0.86), (0.55, 0.08, 0.9), (0.88, 0.0, 0.94), (1.0, 0.3, 0.8))
"""Blades from the grip to the tip: share of the length, height of the edge and of the back as shares of the box."""


def _rivet(half: float, y: float, z: float) -> Mesh:
    radius = 0.3 * half
    return turned(disc((-z, y, 0.0), radius, (-half - 0.0006, half + 0.0006), sides=8), "y", 90)


def _turned_bottle(look: AssetAppearance, profile: list[tuple[float, float]], sides: int = 24) -> Mesh:
    width, height, depth = look.size
    points = [(0.0, 0.0), *((r, y * height) for r, y in profile), (0.0, profile[-1][1] * height)]
    return lathe(points, sides=sides, stretch=(width / 2, depth / 2))


def bottle(look: AssetAppearance) -> list[Part]:
    """A body, shoulders, a neck and a cap."""
    glass = look.material_slot(0, "glass", "green", "glass", "amber")
    shoulder = [(1.0, 0.52), (0.96, 0.6), (0.8, 0.69), (0.52, 0.77), (0.36, 0.84), (0.34, 0.93)]
    body = _turned_bottle(look, [(0.92, 0.0), (1.0, 0.03), *shoulder], 20)
    cap = look.paint("plastic", "white", "charcoal", "blue", what="cap")
    height, radius = look.size[1], 0.4 * look.size[0] / 2
    return [part(glass, body, name="bottle"), part(cap, cylinder(radius, (0.9 * height, height)), name="cap")]


def wine_bottle(look: AssetAppearance) -> list[Part]:
    """A dark bottle with a label and a foil."""
    body = _turned_bottle(look, [(0.94, 0.0), (1.0, 0.02), (1.0, 0.58), (0.8, 0.68), (0.36, 0.76), (0.34, 0.98)])
    label = look.paint("paper", "paper", "cream", what="label")
    foil = look.paint("metal", "maroon", "gold", what="foil")
    radius, height = look.size[0] / 2, look.size[1]
    band = cylinder(1.004 * radius, (0.2 * height, 0.45 * height), sides=24)
    neck = cylinder(0.38 * radius, (0.84 * height, height), sides=16)
    return [
        part(look.material_slot(0, "glass", "forest"), body, name="bottle"),
        part(label, band),
        part(foil, neck, name="foil"),
    ]


def shaker(look: AssetAppearance) -> list[Part]:
    """A small glass or metal body with a domed, pierced cap; taller ones are mills."""
    metal = look.material_of_family(("metal",), "metal", "steel")
    is_pepper = look.asset.object_type == "PepperShaker"
    body_paint = look.material_of_family(("plastic", "wood"), "ceramic", "charcoal" if is_pepper else "white")
    height = look.size[1]
    if height > 2.2 * look.size[0]:
        body = _turned_bottle(look, [(1.0, 0.0), (0.9, 0.08), (0.6, 0.35), (0.85, 0.62), (0.8, 0.72)], 16)
    else:
        body = _turned_bottle(look, [(1.0, 0.0), (1.0, 0.1), (0.85, 0.72)], 16)
    radius = 0.82 * look.size[0] / 2
    cap = rounded((-radius, radius), (0.68 * height, height), (-radius, radius), side=0.7, sides=16, rings=8)
    parts = [part(body_paint, body, name="body"), part(metal, cap, name="cap")]
    if height > 2.2 * look.size[0]:
        return parts
    holes = [
        cylinder(0.07 * radius, (0.95 * height, height + 0.0002), at=(x * radius, z * radius), sides=5)
        for x, z in ((0.0, 0.0), (0.22, 0.0), (-0.22, 0.0), (0.0, 0.22), (0.0, -0.22))
    ]
    return [*parts, part(look.paint("plastic", "black", what="holes"), *holes, name="holes")]


SHAPES = {
    "Bowl": bowl,
    "Plate": plate,
    "Cup": cup,
    "Mug": mug,
    "Fork": fork,
    "Spoon": spoon,
    "Knife": knife,
    "ButterKnife": knife,
    "Bottle": bottle,
    "WineBottle": wine_bottle,
    "SaltShaker": shaker,
    "PepperShaker": shaker,
}
