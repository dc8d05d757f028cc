"""Chests of drawers: fronts, what is behind them, and how far they are drawn out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, Range, part, shrunk
from tst_sim.embedded.catalogue.curved import slab, turned_leg
from tst_sim.embedded.catalogue.openable import is_open, open_box
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import box, disc, frame, moved, post
from tst_sim.proportions import BOARD_M, drawer_floors_m, drawer_rectangle, table_top_thickness_m

PULL = 0.6
"""Of its depth, how far the lowest drawer is drawn out at an openness of 1; those above less, so that all show."""


def drawer_fronts(
    look: AssetAppearance, x: Range, y: Range, front: float, rows: int | Sequence[float], columns: int
) -> tuple[list[Mesh], Part]:
    """Drawer fronts, 2 cm proud of z = `front`, in a grid over x and y, and the part with their handles.

    `rows` is how many there are one above the other, or the heights between which they are.
    """
    metal = look.paint("metal", "steel", "brass", "dark metal", "chrome", what="handles")
    knob, fronts, handles = look.choice("knobs", 2), [], []
    gap = 0.006
    xs = np.linspace(*shrunk(x, gap / 2), columns + 1)
    ys = np.linspace(*shrunk(y, gap / 2), rows + 1) if isinstance(rows, int) else rows
    for left, right in pairwise(xs):
        for low, high in pairwise(ys):
            span, level = shrunk((float(left), float(right)), gap / 2), shrunk((float(low), float(high)), gap / 2)
            fronts.append(box(span, level, (front - 0.01, front + 0.012), bevel=0.005))
            middle, height = sum(span) / 2, sum(level) / 2
            if knob:
                handles.append(disc((middle, height, 0), 0.011, (front + 0.012, front + 0.02), sides=10))
            else:
                half = min(0.07, 0.3 * (span[1] - span[0]))
                handles.append(
                    box((middle - half, middle + half), (height - 0.005, height + 0.005), (front + 0.012, front + 0.02))
                )
    return fronts, part(metal, *handles, name="handles")


def panel_door(x: Range, y: Range, front: float) -> list[Mesh]:
    """A cupboard door with a sunken panel: a mitred border, 1.2 cm proud of z = `front`, about a thin board."""
    bar = min(0.06, 0.2 * min(x[1] - x[0], y[1] - y[0]))
    return [
        frame(x, y, (front - 0.004, front + 0.012), bar),
        box(shrunk(x, 0.9 * bar), shrunk(y, 0.9 * bar), (front - 0.004, front + 0.004)),
    ]


def front_edges(look: AssetAppearance) -> list[float]:
    """Heights between which the fronts of a chest's drawers are, from just below its lowest floor to its top."""
    floors = drawer_floors_m(look.asset)
    return [*(floor - BOARD_M - 0.002 for floor in floors), look.size[1] - table_top_thickness_m(look.asset) - 0.006]


def carcass(look: AssetAppearance, x: Range, y: Range, front: float) -> list[Mesh]:
    """The body of a chest: five walls, a face behind the fronts while it is shut, and the floors of its drawers."""
    walls = open_box(x, y, (look.z[0], front), 0.016)
    if not is_open(look):
        walls.append(box(shrunk(x, 0.004), shrunk(y, 0.004), (front - 0.03, front - 0.006)))
    return walls + [tray for trays in drawer_trays(look) for tray in trays]


def drawer_trays(look: AssetAppearance) -> list[list[Mesh]]:
    """Of each row of drawers, lowest first: its floor, and its sides while it stands out."""
    low_x, low_z, high_x, high_z = drawer_rectangle(look.asset)
    edges, trays = front_edges(look), []
    for row, floor in enumerate(drawer_floors_m(look.asset)):
        out = pulled_m(look, row)
        z = low_z + out, high_z + out
        tray = [box((low_x, high_x), (floor - BOARD_M, floor), z)]
        if out:
            side = (floor, floor + 0.6 * (edges[row + 1] - floor))
            tray += [box(x, side, z) for x in ((low_x, low_x + 0.008), (high_x - 0.008, high_x))]
            tray.append(box((low_x, high_x), side, (z[0], z[0] + 0.008)))
        trays.append(tray)
    return trays


def pulled_m(look: AssetAppearance, row: int) -> float:
    """How far a row of drawers, counted from the lowest, stands out."""
    rows = len(drawer_floors_m(look.asset))
    return PULL * (look.openness or 0.0) * look.size[2] * (rows - row) / rows


def pulled_fronts(look: AssetAppearance, x: Range, front: float, columns: int) -> tuple[list[Mesh], list[Part]]:
    """The fronts of all rows where they stand, and the parts with their handles."""
    edges = front_edges(look)
    if not is_open(look):
        fronts, handles = drawer_fronts(look, x, (edges[0], edges[-1]), front, edges, columns)
        return fronts, [handles]
    meshes, parts = [], []
    for row, (low, high) in enumerate(pairwise(edges)):
        fronts, handles = drawer_fronts(look, x, (low, high), front, [low, high], columns)
        shift = (0.0, 0.0, pulled_m(look, row))
        meshes += [moved(mesh, shift) for mesh in fronts]
        parts.append(part(handles.material, moved(handles.mesh, shift), name=handles.name))
    return meshes, parts


def dresser(look: AssetAppearance) -> list[Part]:
    """A chest of drawers on short feet."""
    width, height, _ = look.size
    thick = table_top_thickness_m(look.asset)
    wood = look.material_slot(0, "wood", "oak", "walnut", "white", "birch")
    board = look.material_slot(1, "wood", "oak") if look.choice("two-tone", 2) and look.has_family("wood") else wood
    if len(look.asset.materials) < 2:
        board = wood
    lowest = drawer_floors_m(look.asset)[0] - BOARD_M - 0.016
    foot = max(0.0, min((0.0, 0.08, 0.14)[look.choice("feet", 3)], lowest))
    foot = foot if foot > 0.02 else 0.0
    front = look.z[1] - 0.022
    body = carcass(look, shrunk(look.x, 0.008), (foot, height - thick), front)
    top = slab(look.x, (height - thick, height), look.z, 0.012, edge=0.004, steps=1)
    columns, x, edges = max(1, min(3, round(width / 0.75))), shrunk(look.x, 0.012), front_edges(look)
    doors: list[Mesh] = []
    if height > 0.7 and look.choice("cupboard", 3) == 0 and not is_open(look):
        doors, knobs = _cupboard(x, (edges[0], edges[-2]), front, max(2, columns))
        doors += knobs
        fronts, grips = drawer_fronts(look, x, (edges[-2], edges[-1]), front, edges[-2:], columns)
        handles = [grips]
    else:
        fronts, handles = pulled_fronts(look, x, front, columns)
    feet = []
    if foot:
        for leg_x in shrunk(look.x, 0.04):
            for z in (look.z[0] + 0.03, look.z[1] - 0.05):
                if look.choice("turned feet", 2):
                    feet.append(turned_leg((leg_x, z), (0.0, foot), 0.055))
                else:
                    feet.append(post((leg_x, 0, z), (leg_x, foot, z), (0.035, 0.035), head=(0.055, 0.045)))
    return [part(wood, *body, *feet, name="body"), part(board, top, *fronts, *doors, name="fronts"), *handles]


def _cupboard(x: Range, y: Range, front: float, count: int) -> tuple[list[Mesh], list[Mesh]]:
    """A row of doors with sunken panels, and a turned wooden knob on each."""
    doors, knobs = [], []
    for index, (left, right) in enumerate(pairwise(np.linspace(*x, count + 1).tolist())):
        span = shrunk((left, right), 0.003)
        doors += panel_door(span, shrunk(y, 0.003), front)
        grip = span[1] - 0.03 if index % 2 == 0 else span[0] + 0.03
        knobs.append(disc((grip, 0.6 * y[1] + 0.4 * y[0], 0), 0.012, (front + 0.012, front + 0.02), sides=10))
    return doors, knobs


SHAPES = {"Dresser": dresser}
