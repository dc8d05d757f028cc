"""Dining, coffee and side tables, desks and kitchen counters."""

from __future__ import annotations

import math

import numpy as np

from tst_sim.counters import COUNTER_RUN_DEPTH_M, CounterRun, counter_outline, counter_runs
from tst_sim.embedded.catalogue.appearance import AssetAppearance, Range, part, shrunk
from tst_sim.embedded.catalogue.curved import slab, turned_leg
from tst_sim.embedded.catalogue.drawers import carcass, drawer_fronts, panel_door, pulled_fronts
from tst_sim.embedded.catalogue.storage import frame_level, shelf_boards
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import box, cylinder, lathe, post, prism, tube, turned
from tst_sim.proportions import (
    BOARD_M,
    drawer_floors_m,
    drawer_rectangle,
    has_hutch,
    has_lower_shelf,
    hutch_depth_m,
    is_closed_side_table,
    is_round_top,
    shelf_heights_m,
    shelf_thickness_m,
    table_leg_m,
    table_top_m,
    table_top_thickness_m,
)


def table(look: AssetAppearance) -> list[Part]:
    """A round or square top on four legs, two trestles or one column."""
    if is_closed_side_table(look.asset):
        return _night_stand(look)
    top_y, thick = table_top_m(look.asset), table_top_thickness_m(look.asset)
    wood = look.material_of_family(("wood", "metal", "plastic"), "wood", "oak", "walnut", "birch", "white", "teak")
    board = look.material_of_family(("glass", "stone"), "wood", "oak") if look.has_family("glass", "stone") else wood
    if len(look.asset.materials) > 1 and not look.has_family("glass", "stone"):
        board, wood = look.material_slot(0, "wood", "oak"), look.material_slot(1, "wood", "oak")
    if is_round_top(look.asset):
        return _round_table(look, board, wood)
    corner = (0.008, 0.03, 0.09)[look.choice("top corner", 3)] * min(1.0, 2 * min(look.size[0], look.size[2]))
    top = slab(look.x, (top_y - thick, top_y), look.z, corner, edge=0.006, steps=1 if corner < 0.02 else 3)
    legs = _legs(look, (0.0, top_y - thick))
    if not look.has_family("glass") and top_y > 0.3:
        legs += _apron(look, top_y - thick)
    if has_lower_shelf(look.asset):
        legs.append(_lower_shelf(look))
    legs += _table_drawer(look, top_y - thick)
    return [part(board, top, name="top"), part(wood, *legs, name="legs")]


def _lower_shelf(look: AssetAppearance) -> Mesh:
    shelf_y, leg = shelf_heights_m(look.asset)[0], table_leg_m(look.asset)
    thick = shelf_thickness_m(look.asset)
    return box(shrunk(look.x, leg + 0.004), (shelf_y - thick, shelf_y), shrunk(look.z, 0.3 * leg))


def _table_drawer(look: AssetAppearance, under: float) -> list[Mesh]:
    """The drawer under a table's top: a floor and four walls up to the top."""
    low_x, low_z, high_x, high_z = drawer_rectangle(look.asset)
    meshes = []
    for floor in drawer_floors_m(look.asset):
        meshes.append(box((low_x, high_x), (floor - BOARD_M, floor), (low_z, high_z)))
        meshes.append(frame_level((low_x, high_x), (floor - BOARD_M, under), (low_z, high_z), 0.012))
    return meshes


def _legs(look: AssetAppearance, y: Range) -> list[Mesh]:
    leg, style = table_leg_m(look.asset), look.choice("legs", 5)
    if look.has_family("metal") and look.choice("metal legs", 2):
        style = 5
    inset = leg / 2 + 0.01
    legs = []
    for x in shrunk(look.x, inset):
        for z in shrunk(look.z, inset):
            if style == 0:
                legs.append(post((x, y[0], z), (x, y[1], z), (0.55 * leg, 0.55 * leg), head=(leg, leg)))
            elif style == 1:
                legs.append(cylinder(0.3 * leg, y, at=(x, z), top=0.45 * leg, sides=10))
            elif style == 4:
                legs.append(turned_leg((x, z), y, leg, sides=8))
            elif style == 5:
                legs.append(cylinder(0.2 * leg, y, at=(x, z), sides=8))
            else:
                legs.append(post((x, y[0], z), (x, y[1], z), (0.9 * leg, 0.9 * leg)))
    if style == 3 and look.asset.object_type != "DiningTable":  # chairs tuck in at its ends
        for x in shrunk(look.x, inset):
            legs.append(box((x - 0.35 * leg, x + 0.35 * leg), (0.04, 0.04 + leg), shrunk(look.z, 1.2 * leg)))
    return legs


def _apron(look: AssetAppearance, under: float) -> list[Mesh]:
    leg, thin = table_leg_m(look.asset), 0.02
    y, inset = (under - min(0.08, 0.2 * under), under), table_leg_m(look.asset) / 2 + 0.01
    rails = []
    for x in shrunk(look.x, inset):
        rails.append(box((x - thin / 2, x + thin / 2), y, shrunk(look.z, inset + 0.4 * leg)))
    for z in shrunk(look.z, inset):
        rails.append(box(shrunk(look.x, inset + 0.4 * leg), y, (z - thin / 2, z + thin / 2)))
    return rails


def _round_table(look: AssetAppearance, board, wood) -> list[Part]:
    width, height, depth = look.size
    thick = table_top_thickness_m(look.asset)
    profile = [(0.0, height - thick), (0.97, height - thick), (1.0, height - 0.6 * thick), (1.0, height), (0.0, height)]
    top = lathe(profile, sides=32, stretch=(width / 2, depth / 2))
    radius, under = min(width, depth) / 2, height - thick
    style = look.choice("column", 3)
    if style == 2:
        legs = _claw_foot(radius, under)
    elif style == 1:
        column = [(0.0, 0.0), (0.55, 0.0), (0.55, 0.02), (0.16, 0.06), (0.1, 0.12), (0.1, under - 0.06), (0.25, under)]
        legs = [lathe([(r * radius, min(y, under)) for r, y in column], sides=20)]
    else:
        legs = []
        for index in range(3 + look.choice("leg count", 2)):
            angle = 2 * math.pi * index / (3 + look.choice("leg count", 2)) + 0.5
            foot = 0.8 * radius * math.cos(angle), 0.0, 0.8 * radius * math.sin(angle)
            leg = table_leg_m(look.asset)
            legs.append(post(foot, (0.6 * foot[0], under, 0.6 * foot[2]), (0.6 * leg, 0.6 * leg), head=(leg, leg)))
    return [part(board, top, name="top"), part(wood, *legs, name="legs")]


def _claw_foot(radius: float, under: float) -> list[Mesh]:
    """A turned column on three curved feet."""
    r, low = radius, min(0.22, 0.35 * under)
    shape = [
        (0.0, 0.6 * low),
        (0.12, 0.6 * low),
        (0.16, low),
        (0.1, 1.3 * low),
        (0.09, 0.7 * under),
        (0.14, 0.85 * under),
    ]
    legs = [lathe([(fraction * r, y) for fraction, y in [*shape, (0.3, under)]], sides=12, crease_deg=50)]
    for index in range(3):
        path = [(0.0, low, 0.06 * r), (0.0, 0.85 * low, 0.3 * r), (0.0, 0.2 * low, 0.55 * r), (0.0, 0.018, 0.68 * r)]
        foot = tube(path, [0.09 * r, 0.08 * r, 0.06 * r, min(0.018, 0.06 * r)], sides=6)
        legs.append(turned(foot, "y", 120 * index + 30))
    return legs


def _night_stand(look: AssetAppearance) -> list[Part]:
    wood = look.material_slot(0, "wood", "oak", "walnut", "white", "birch", "teak")
    height, thick = look.size[1], table_top_thickness_m(look.asset)
    lowest = drawer_floors_m(look.asset)[0] - BOARD_M - 0.016
    foot = max(0.005, min(0.18 * height if look.choice("feet", 2) else 0.04, lowest))
    body = carcass(look, shrunk(look.x, 0.01), (foot, height - thick), look.z[1] - 0.02)
    top = slab(look.x, (height - thick, height), look.z, 0.012, edge=0.005, steps=1)
    legs = []
    for x in shrunk(look.x, 0.03):
        for z in shrunk((look.z[0], look.z[1] - 0.02), 0.025):
            legs.append(post((x, 0, z), (x, foot + 0.002, z), (0.03, 0.03), head=(0.04, 0.04)))
    fronts, handles = pulled_fronts(look, shrunk(look.x, 0.01), look.z[1] - 0.02, 1)
    return [part(wood, *body, top, *legs, *fronts, name="body"), *handles]


def desk(look: AssetAppearance) -> list[Part]:
    """A table with a drawer pedestal, and a shelf above it where the box is tall."""
    top_y, thick = table_top_m(look.asset), table_top_thickness_m(look.asset)
    wood = look.material_slot(0, "wood", "oak", "walnut", "birch", "white", "charcoal")
    other = look.material_slot(1, "wood", "walnut", "oak", "white") if len(look.asset.materials) > 1 else wood
    top = slab(look.x, (top_y - thick, top_y), look.z, 0.015, edge=0.005, steps=1)
    under = 0.0, top_y - thick
    pedestals = look.choice("pedestals", 3) if look.size[0] > 1.15 else 0
    drawer = _table_drawer(look, under[1])
    pedestals = 0 if drawer or has_lower_shelf(look.asset) else pedestals
    meshes, handles = [*drawer], []
    if has_lower_shelf(look.asset):
        meshes.append(_lower_shelf(look))
    width = min(0.4, look.size[0] / 2 - 0.28)
    for index, low in enumerate((look.x[0] + 0.01, look.x[1] - 0.01 - width)):
        x = low, low + width
        if index < pedestals:
            meshes.append(box(x, under, (look.z[0] + 0.01, look.z[1] - 0.03)))
            fronts, knobs = drawer_fronts(look, x, (0.03, under[1]), look.z[1] - 0.03, 3, 1)
            meshes += fronts
            handles.append(knobs)
        else:
            meshes += _desk_legs(look, low if index == 0 else low + width, under)
    if pedestals < 2:
        back = look.z[0] + 0.02
        meshes.append(box(shrunk(look.x, 0.06), (0.45 * top_y, under[1]), (back, back + 0.018)))
    parts = [part(wood, top, name="top"), part(other, *meshes, name="legs"), *handles]
    if has_hutch(look.asset):
        parts.append(part(wood, *_hutch(look), name="hutch"))
    return parts


def _desk_legs(look: AssetAppearance, edge: float, y: Range) -> list[Mesh]:
    leg = min(table_leg_m(look.asset), 0.05)
    x = edge + math.copysign(leg / 2, -edge)
    if look.choice("side panels", 3) == 0:
        return [box((x - 0.4 * leg, x + 0.4 * leg), y, shrunk(look.z, 0.012))]
    front, back = look.z[1] - leg, look.z[0] + leg
    foot = [post((x, y[0], z), (x, y[1], z), (leg, leg)) for z in (front, back)]
    return [*foot, box((x - 0.3 * leg, x + 0.3 * leg), (0.08, 0.08 + leg), (back + leg / 2, front - leg / 2))]


def _hutch(look: AssetAppearance) -> list[Mesh]:
    thick, desk_y = shelf_thickness_m(look.asset), table_top_m(look.asset)
    z = look.z[0], look.z[0] + hutch_depth_m(look.asset)
    meshes = [box(shrunk(look.x, thick), (desk_y, look.size[1] - thick), (z[0], z[0] + 0.012))]
    for x in ((look.x[0], look.x[0] + thick), (look.x[1] - thick, look.x[1])):
        meshes.append(box(x, (desk_y, look.size[1] - thick), z))
    *inner, highest = shelf_heights_m(look.asset)
    meshes += shelf_boards(shrunk(look.x, thick), inner, thick, (z[0] + 0.012, z[1]))
    meshes.append(box(look.x, (highest - thick, highest), z))
    return meshes


def counter_top(look: AssetAppearance) -> list[Part]:
    """Base cabinets with doors under a stone top that overhangs them; I, L or C in plan."""
    height, thick = look.size[1], table_top_thickness_m(look.asset)
    stone, wood = look.material_slot(0, "stone", "marble", "granite"), look.material_slot(1, "wood", "walnut", "white")
    metal = look.paint("metal", "steel", "brass", "dark metal", what="handles")
    top = prism(counter_outline(look.asset), (height - thick, height))
    island = "Island" in look.asset.asset_id
    bases, fronts, handles = [], [], []
    for run in counter_runs(look.asset):
        (x0, z0, x1, z1), back = run.rectangle, run.front == "+z"
        box_x = (x0 + 0.03, x1 - 0.03) if island else (x0 + 0.03 * (run.front == "-x"), x1 - 0.03 * (run.front == "+x"))
        box_z = (z0 + 0.03, z1 - 0.03) if island else (z0, z1 - (0.03 if back else 0.01))
        bases.append(box(box_x, (0.1, height - thick), box_z))
        bases.append(box(shrunk(box_x, 0.02), (0.0, 0.1), (box_z[0] + 0.02, box_z[1] - 0.04)))
        doors, knobs = _cabinet_doors(run.front, _front_span(look, run), box_x, box_z, (0.12, height - thick - 0.02))
        fronts += doors
        handles += knobs
    return [
        part(stone, top, name="top"),
        part(wood, *bases, *fronts, name="cabinets"),
        part(metal, *handles, name="handles"),
    ]


def _front_span(look: AssetAppearance, run: CounterRun) -> Range:
    """The part of a run's front, along its length, that no other run hides."""
    x0, z0, x1, z1 = run.rectangle
    if run.front != "+z":
        return z0 + 0.01, z1 - 0.01
    sides = {other.front for other in counter_runs(look.asset)}
    left = COUNTER_RUN_DEPTH_M if "+x" in sides else 0.03
    right = COUNTER_RUN_DEPTH_M if "-x" in sides else 0.03
    return x0 + left, x1 - right


def _cabinet_doors(front: str, span: Range, box_x: Range, box_z: Range, y: Range) -> tuple[list[Mesh], list[Mesh]]:
    count = max(1, round((span[1] - span[0]) / 0.5))
    if span[1] - span[0] < 0.12:
        return [], []
    edges = np.linspace(*span, count + 1)
    side = {"+z": box_z[1], "+x": box_x[1], "-x": box_x[0]}[front]
    sign = -1 if front == "-x" else 1
    doors, knobs = [], []
    for low, high in zip(edges[:-1] + 0.006, edges[1:] - 0.006):
        for door_y in ((y[0], y[1] - 0.18), (y[1] - 0.17, y[1])):
            across, out = (float(low), float(high)), (side, side + sign * 0.018)
            middle, grip = (across[0] + across[1]) / 2, side + sign * 0.035
            bar_y = door_y[1] - 0.04
            ends = [(middle - 0.06, middle + 0.06), (side + sign * 0.018, grip)]
            leaf = box(across, door_y, out)
            if door_y[1] - door_y[0] > 0.25 and front == "+z":
                doors += panel_door(across, door_y, side + 0.006)
                knobs.append(box(ends[0], (bar_y - 0.006, bar_y + 0.006), ends[1]))
            elif front == "+z":
                doors.append(leaf)
                knobs.append(box(ends[0], (bar_y - 0.006, bar_y + 0.006), ends[1]))
            else:
                doors.append(box(out, door_y, across))
                knobs.append(box(ends[1], (bar_y - 0.006, bar_y + 0.006), ends[0]))
    return doors, knobs


SHAPES = {
    "CoffeeTable": table,
    "DiningTable": table,
    "SideTable": table,
    "Desk": desk,
    "CounterTop": counter_top,
}
