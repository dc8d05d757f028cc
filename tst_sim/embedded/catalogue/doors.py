"""Doorways with a leaf, and door frames without; both stand in a wall's opening."""

from __future__ import annotations

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, Range, part, shrunk
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import box, frame, loft, prism, rod, turned

_LEAF_M = 0.035
_STILE_M = 0.11
_OPEN_DEG = 90.0


def _jambs(look: AssetAppearance, z: Range, bar: float) -> list[Mesh]:
    """Two posts and a lintel; there is no threshold, the opening goes down to the floor."""
    height = look.size[1]
    left, right = (look.x[0], look.x[0] + bar), (look.x[1] - bar, look.x[1])
    return [box(x, (0.0, height), z) for x in (left, right)] + [box(shrunk(look.x, bar), (height - bar, height), z)]


def door_frame(look: AssetAppearance) -> list[Part]:
    """A frame around a free opening."""
    wood = look.material_of_family(("wood",), "wood", "white", "walnut", "oak")
    return [part(wood, *_jambs(look, look.z, _bar(look)), name="frame")]


def _bar(look: AssetAppearance) -> float:
    return min(0.07, 0.06 * look.size[0])


def doorway(look: AssetAppearance) -> list[Part]:
    """A frame with a panelled leaf that is hinged at -x and swings towards +z; two leaves in a double door."""
    wood = look.material_of_family(("wood",), "wood", "white", "walnut", "oak")
    last = len(look.asset.materials) - 1
    leaf_paint = look.material_slot(last, "wood", "white") if last > 0 else wood
    if leaf_paint.family != "wood":
        leaf_paint = wood
    metal = look.material_of_family(("metal",), "metal", "steel", "brass")
    bar, lever = _bar(look), 0.3 * look.size[2]
    frame_z = shrunk(look.z, lever)
    opening = shrunk(look.x, bar + 0.003)
    spans = [(opening, 1)]
    if "Double" in look.asset.asset_id:
        spans = [((opening[0], -0.002), 1), ((0.002, opening[1]), -1)]
    leaves, levers, panes = [], [], []
    for span, side in spans:
        hinge = span[0] if side > 0 else span[1]
        angle = -side * _OPEN_DEG * (look.openness or 0.0)
        about = hinge, 0.0, 0.0
        top = look.size[1] - bar - 0.003
        leaves += [turned(mesh, "y", angle, about) for mesh in _leaf(look, span, top)]
        panes += [turned(mesh, "y", angle, about) for mesh in _panes(look, span, top)]
        levers += [turned(mesh, "y", angle, about) for mesh in _levers(look, span, side)]
    parts = [
        part(wood, *_jambs(look, frame_z, bar), name="frame"),
        part(leaf_paint, *leaves, name="leaf"),
        part(metal, *levers, name="lever"),
    ]
    return (
        [*parts, part(look.material_of_family(("glass",), "glass", "glass"), *panes, name="pane")] if panes else parts
    )


def _leaf(look: AssetAppearance, x: Range, top: float) -> list[Mesh]:
    """A board with moulded panels on both faces, or, in a glazed door, rails and stiles about panes with bars."""
    half = min(_LEAF_M, 0.3 * look.size[2]) / 2
    if look.has_family("glass"):
        return [frame(x, (0.005, top), (-half, half), _STILE_M), *_bars(look, x, top, half)]
    meshes = [box(x, (0.005, top), (-half, half))]
    rows = ((0.12, 0.46), (0.52, 0.93)) if look.choice("panels", 2) else ((0.08, 0.32), (0.37, 0.62), (0.67, 0.94))
    columns = 2 if x[1] - x[0] > 0.7 and look.choice("columns", 2) else 1
    arched = look.choice("arched", 2) == 0
    width = (x[1] - x[0] - 0.1 * (columns + 1)) / columns
    for low, high in rows:
        for column in range(columns):
            left = x[0] + 0.1 + column * (width + 0.1)
            panel = (left, left + width), (low * top, high * top)
            for side in (-1, 1):
                meshes += _panel(*panel, half, side, arched=arched and high > 0.9)
    return meshes


def _panel(x: Range, y: Range, half: float, side: int, *, arched: bool) -> list[Mesh]:
    """A raised field in a moulded border on one face of a leaf (`side` 1 is the front)."""
    border, field = (half - 0.002, half + 0.009), (half - 0.002, half + 0.006)
    z = [(low, high) if side > 0 else (-high, -low) for low, high in (border, field)]
    if not arched:
        inside = shrunk(x, 0.045), shrunk(y, 0.045)
        return [frame(x, y, z[0], 0.018), box(*inside, z[1])]
    outer, inner, fill = (_arch(shrunk(x, inset), shrunk(y, inset)) for inset in (0.0, 0.018, 0.045))
    rings = [[(*a, z[0][0]), (*a, z[0][1]), (*b, z[0][1]), (*b, z[0][0])] for a, b in zip(outer, inner)]
    return [loft(np.array(rings), closed=True), prism(fill, z[1], axis="z")]


def _arch(x: Range, y: Range) -> list[tuple[float, float]]:
    """A rectangle whose upper side rises to a flat arc."""
    rise, half, middle = min(0.12, 0.4 * (x[1] - x[0])), (x[1] - x[0]) / 2, sum(x) / 2
    arc = [
        (middle + fraction * half, y[1] - rise * fraction * fraction)
        for fraction in (1.0, 0.67, 0.33, 0.0, -0.33, -0.67, -1.0)
    ]
    return [(x[0], y[0]), (x[1], y[0]), *arc]


def _bars(look: AssetAppearance, x: Range, top: float, half: float) -> list[Mesh]:
    """A lock rail, or a lattice of thin bars over the whole pane."""
    clear, height = shrunk(x, _STILE_M), (0.005 + _STILE_M, top - _STILE_M)
    if look.choice("lattice", 2) == 0:
        return [box(clear, (0.42 * top, 0.48 * top), (-half, half))]
    thin, rows, columns = 0.011, 5, max(2, round((clear[1] - clear[0]) / 0.25))
    ys, xs = np.linspace(*height, rows + 1)[1:-1].tolist(), np.linspace(*clear, columns + 1)[1:-1].tolist()
    bars = [box(clear, (y - thin, y + thin), (-0.7 * half, 0.7 * half)) for y in ys]
    return bars + [box((at - thin, at + thin), height, (-0.65 * half, 0.65 * half)) for at in xs]


def _panes(look: AssetAppearance, x: Range, top: float) -> list[Mesh]:
    clear = shrunk(x, _STILE_M)
    spans = ((0.005 + _STILE_M, 0.42 * top), (0.48 * top, top - _STILE_M))
    if look.choice("lattice", 2):
        spans = ((0.005 + _STILE_M, top - _STILE_M),)
    return [box(clear, y, (-0.003, 0.003)) for y in spans] if look.has_family("glass") else []


def _levers(look: AssetAppearance, x: Range, side: int) -> list[Mesh]:
    """A lever on each face, at the free edge; they reach to the front and the back of the box."""
    edge = x[1] - 0.06 if side > 0 else x[0] + 0.06
    y, thick, meshes = 1.0, 0.009, []
    for reach in look.z:
        out = reach - thick if reach > 0 else reach + thick
        meshes.append(rod((edge, y, 0.0), (edge, y, out), thick, sides=8))
        meshes.append(box((edge + side * thick, edge - side * 0.11), (y - thick, y + thick), (reach, out), bevel=0.003))
    return meshes


SHAPES = {"Doorway": doorway, "Doorframe": door_frame}
