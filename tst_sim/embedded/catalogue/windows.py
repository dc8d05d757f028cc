"""Windows (fixed, hung, sliding, bay) and blinds; both stand in a wall's opening, the room is at +z."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, Range, glowing, part, shrunk
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import box, frame, loft, prism, rod, turned

_PANE_M = 0.006
_BLINDS_DROP_M = 1.2
_DAYLIGHT_GLOW = 2.0
"""There is no outdoors behind the panes, so they shine like a clouded sky, whatever lights the room."""


def window(look: AssetAppearance) -> list[Part]:
    """A frame with sashes and glass panes, after the kind named in the asset id."""
    wood = look.material_of_family(("wood", "plastic", "metal"), "wood", "white")
    glass = glowing(look.paint("glass", "daylight", what="pane"), _DAYLIGHT_GLOW)
    if "Bay" in look.asset.asset_id:
        frames, panes = _bay(look)
    else:
        frames, panes = _flat(look)
    return [part(wood, *frames, name="frame"), part(glass, *panes, name="pane")]


def _flat(look: AssetAppearance) -> tuple[list[Mesh], list[Mesh]]:
    bar, y = min(0.06, 0.07 * min(look.size[:2])), (0.0, look.size[1])
    frames = [frame(look.x, y, look.z, bar)]
    # Sashes reach a little into the frame: where faces only touch, pixels shine through.
    x, y = shrunk(look.x, bar - 0.003), shrunk(y, bar - 0.003)
    panes = []
    for sash_x, sash_y, z in _sashes(look, x, y):
        sash, half = min(0.035, 0.5 * bar + 0.01), 0.22 * look.size[2]
        frames.append(frame(sash_x, sash_y, (z - half, z + half), sash))
        clear_x, clear_y = shrunk(sash_x, sash), shrunk(sash_y, sash)
        panes.append(box(shrunk(clear_x, -0.002), shrunk(clear_y, -0.002), (z - _PANE_M / 2, z + _PANE_M / 2)))
        if look.choice("bars", 2):
            thin = 0.009
            middle_x, middle_y = sum(clear_x) / 2, sum(clear_y) / 2
            frames.append(box((middle_x - thin, middle_x + thin), clear_y, (z - 0.012, z + 0.012)))
            for side in ((clear_x[0], middle_x - thin), (middle_x + thin, clear_x[1])):
                frames.append(box(side, (middle_y - thin, middle_y + thin), (z - 0.012, z + 0.012)))
    return frames, panes


def _sashes(look: AssetAppearance, x: Range, y: Range) -> list[tuple[Range, Range, float]]:
    """The (x, y, depth) of each sash: one, two above each other, or two side by side."""
    rear, front = -0.22 * look.size[2], 0.22 * look.size[2]
    if "Hung" in look.asset.asset_id:
        middle = sum(y) / 2
        return [(x, (y[0], middle + 0.018), front), (x, (middle - 0.018, y[1]), rear)]
    if "Slider" in look.asset.asset_id:
        return [((x[0], 0.018), y, rear), ((-0.018, x[1]), y, front)]
    if look.size[0] > 2.0:
        return [((x[0], 0.0), y, 0.0), ((0.0, x[1]), y, 0.0)]
    return [(x, y, 0.0)]


def _bay(look: AssetAppearance) -> tuple[list[Mesh], list[Mesh]]:
    """Three facets that stand out of the wall towards -z, between a sill and a head."""
    height, bar = look.size[1], 0.05
    inset = min(0.22 * look.size[0], 0.7 * look.size[2])
    corners = [
        (look.x[0], look.z[1]),
        (look.x[0] + inset, look.z[0]),
        (look.x[1] - inset, look.z[0]),
        (look.x[1], look.z[1]),
    ]
    frames = [prism(corners, span) for span in ((0.0, bar), (height - bar, height))]
    panes = []
    inner = [(0.94 * x, z + 0.03 if z < 0 else z) for x, z in corners]
    for (x, z), (u, v) in zip(corners, inner):
        square = [(min(x, u), min(z, v)), (max(x, u), min(z, v)), (max(x, u), max(z, v)), (min(x, u), max(z, v))]
        if abs(z - v) < 0.01:
            square = [(min(x, u), z - 0.05), (max(x, u), z - 0.05), (max(x, u), z), (min(x, u), z)]
        frames.append(prism(square, (bar, height - bar)))
    middle = [((x + u) / 2, (z + v) / 2) for (x, z), (u, v) in zip(corners, inner)]
    for start, end in pairwise(middle):
        along = np.subtract(end, start)
        across = np.array([along[1], -along[0]]) / np.linalg.norm(along) * _PANE_M / 2
        a, b = np.add(start, 0.06 * along), np.subtract(end, 0.06 * along)
        quad = np.array(
            [[p[0] + s * across[0], 0.0, p[1] + s * across[1]] for p, s in ((a, 1), (b, 1), (b, -1), (a, -1))]
        )
        low, high = quad.copy(), quad.copy()
        low[:, 1], high[:, 1] = bar - 0.002, height - bar + 0.002
        panes.append(loft(np.array([low, high])))
    return frames, panes


def blinds(look: AssetAppearance) -> list[Part]:
    """A head rail with a stack of slats drawn up under it, a bottom rail and cords; shut, the slats hang down 1.2 m."""
    slat_paint = look.material_slot(0, "wood", "white", "ivory")
    cord = look.paint("fabric", "ivory", what="cord")
    height, count = look.size[1], 9
    shut = 1.0 - (1.0 if look.openness is None else look.openness)
    head = box(look.x, (0.78 * height, height), look.z, bevel=0.003)
    low, count = -_BLINDS_DROP_M * shut, round(count * (1 + 3 * shut))
    slats = []
    for index in range(count):
        y = low + 0.08 * height + (0.68 * height - low) * index / count
        slat = box(shrunk(look.x, 0.01), (y + 0.006 * height, y + 0.035 * height), shrunk(look.z, 0.003))
        slats.append(turned(slat, "x", 55 * shut, (0.0, y, 0.0)))
    bottom = box(shrunk(look.x, 0.008), (low, low + 0.07 * height), shrunk(look.z, 0.002))
    cords = [
        rod((x, low + 0.06 * height, 0), (x, 0.8 * height, 0), 0.0015, sides=4)
        for x in (-0.3 * look.size[0], 0.3 * look.size[0])
    ]
    return [part(slat_paint, head, *slats, bottom, name="slats"), part(cord, *cords, name="cords")]


SHAPES = {"Window": window, "Blinds": blinds}
