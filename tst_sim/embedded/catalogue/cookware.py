"""Pots, pans and the tools of cooking."""

from __future__ import annotations

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, part
from tst_sim.embedded.catalogue.tableware import vessel
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import box, lathe, loft, rod, solid, tube
from tst_sim.proportions import body_offset_m, body_size_m, has_long_handle


def pan(look: AssetAppearance) -> list[Part]:
    """A shallow or deep hollow body with a long handle or two grips."""
    metal = look.material_of_name("primary", "metal", "iron", "steel", "copper")
    grip = look.material_of_name("secondary", "plastic", "black", "charcoal")
    deep = look.asset.object_type == "Pot"
    body = vessel(look, 0.98 if deep else 0.95, 0.96 if deep else 0.84)
    handles = [_long_handle(look)] if has_long_handle(look.asset) else _grips(look)
    return [part(metal, body, name="body"), part(grip, *handles, name="handle")]


def _long_handle(look: AssetAppearance) -> Mesh:
    height, radius = look.size[1], body_size_m(look.asset)[2] / 2
    start = body_offset_m(look.asset)[1] + radius
    thick = min(0.011, 0.2 * height)
    low, high = 0.72 * height, height - thick
    path = [(0.0, low, start - 0.008), (0.0, high, start + 0.06), (0.0, high, look.z[1] - 0.01), (0.0, high, look.z[1])]
    bar = tube(path, [0.6 * thick, thick, thick, 0.7 * thick], sides=8)
    # Flat as a strap towards its end, where one takes hold of it.
    wide = bar.vertices.astype(np.float64)
    wide[:, 0] *= 1.0 + 0.9 * ((wide[:, 2] - start) / (look.z[1] - start)).clip(0, 1)
    return solid(wide, bar.triangles, crease_deg=50)


def _grips(look: AssetAppearance) -> list[Mesh]:
    width, height, depth = look.size
    along_x = width >= depth
    radius, reach = min(width, depth) / 2, max(width, depth) / 2
    thick = min(0.008, 0.15 * height, 0.45 * max(reach - radius, 0.004))
    y, half = 0.78 * height, 0.3 * radius
    grips = []
    for side in (-1, 1):
        root, tip = side * (0.93 * radius), side * max(reach - thick, 0.95 * radius)
        path = [(root, -half), (tip, -0.8 * half), (tip, 0.8 * half), (root, half)]
        grips.append(tube([(a, y, b) if along_x else (b, y, a) for a, b in path], thick, sides=6))
    return grips


def ladle(look: AssetAppearance) -> list[Part]:
    """A long handle with a small bowl at its front end."""
    metal = look.material_slot(0, "metal", "steel")
    grip = look.material_slot(1, "plastic", "black")
    width, height, _ = look.size
    radius = width / 2
    centre = look.z[1] - radius
    profile = [(0.0, 0.0), (0.7, 0.12), (1.0, 0.75), (0.95, 0.75), (0.62, 0.2), (0.0, 0.1)]
    bowl = lathe([(r * radius, y * height) for r, y in profile], at=(0, 0, centre), sides=20, crease_deg=60)
    neck = tube(
        [(0, 0.68 * height, centre - 0.9 * radius), (0, height - 0.006, centre - 1.6 * radius), (0, height - 0.006, 0)],
        0.005,
    )
    handle = box((-0.011, 0.011), (height - 0.014, height), (look.z[0], look.z[0] + 0.42 * look.size[2]), bevel=0.004)
    return [part(metal, bowl, neck, name="bowl"), part(grip, handle, name="handle")]


def spatula(look: AssetAppearance) -> list[Part]:
    """A slotted blade on a long handle."""
    metal = look.material_slot(0, "metal", "steel")
    grip = look.paint("plastic", "black", "charcoal", what="grip")
    height, root = look.size[1], look.z[1] - 0.34 * look.size[2]
    half = look.size[0] / 2
    bars = []
    for index in range(4):
        x = -half + 2 * half * index / 4
        bars.append(box((x + 0.002, x + 0.5 * half - 0.002), (0.0, 0.0025), (root + 0.012, look.z[1] - 0.006)))
    ends = [box((-half, half), (0.0, 0.0028), z) for z in ((root, root + 0.014), (look.z[1] - 0.014, look.z[1]))]
    neck = tube([(0, 0.0015, root + 0.004), (0, 0.6 * height, root - 0.03), (0, height - 0.005, 0.0)], 0.004, sides=6)
    handle = box((-0.012, 0.012), (height - 0.011, height), (look.z[0], 0.012), bevel=0.004)
    return [part(metal, *bars, *ends, neck, name="blade"), part(grip, handle, name="handle")]


def aluminum_foil(look: AssetAppearance) -> list[Part]:
    """A roll of foil lying along x, with its loose end in front."""
    foil = look.material_slot(0, "metal", "aluminium")
    core = look.paint("paper", "cardboard", what="core")
    height = look.size[1]
    radius = height / 2
    centre = look.z[0] + radius
    ends = (look.x[0] + 0.004, radius, centre), (look.x[1] - 0.004, radius, centre)
    roll = rod(*ends, radius, sides=20)
    inner = rod((look.x[0], radius, centre), (look.x[1], radius, centre), 0.5 * radius, sides=12)
    sheet = [(centre, 0.0004), (look.z[1], 0.0004), (look.z[1], 0.0016), (centre, 0.0016)]
    rings = np.array([[(x, y, z) for z, y in sheet] for x in (look.x[0] + 0.006, look.x[1] - 0.006)])
    return [part(foil, roll, loft(rings), name="foil"), part(core, inner, name="core")]


SHAPES = {"Pan": pan, "Pot": pan, "Ladle": ladle, "Spatula": spatula, "AluminumFoil": aluminum_foil}
