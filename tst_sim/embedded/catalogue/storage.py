"""Shelves, television stands, carts, safes, boxes and hampers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, Range, from_the_front, part, shrunk
from tst_sim.embedded.catalogue.curved import cushion, slab, stacked
from tst_sim.embedded.catalogue.openable import is_open, lifted, open_box, swung
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import arc, box, cylinder, disc, frame, loft, moved, post, rod, tube, turned
from tst_sim.proportions import (
    inner_floor_m,
    shelf_heights_m,
    shelf_thickness_m,
    wall_thickness_m,
)


def shelf_boards(x: Range, tops: Sequence[float], thick: float, z: Range) -> list[Mesh]:
    """Boards over x and z whose upper faces are at the given heights."""
    return [box(x, (top - thick, top), z) for top in tops]


def shelving_unit(look: AssetAppearance) -> list[Part]:
    """Boards between side panels, or between four posts, open at the front."""
    board = look.material_slot(0, "wood", "oak", "white", "walnut", "black")
    side = look.material_slot(1, "wood", "oak", "white") if len(look.asset.materials) > 1 else board
    thick, height = shelf_thickness_m(look.asset), look.size[1]
    tops = shelf_heights_m(look.asset)
    sides = []
    if look.choice("posts", 3) == 0 or look.material_of_family(("metal",), "wood", "oak").family == "metal":
        radius = 0.5 * thick + 0.006
        for x in shrunk(look.x, radius):
            for z in shrunk(look.z, radius):
                sides.append(box((x - radius, x + radius), (0.0, height - thick), (z - radius, z + radius)))
        inner = shelf_boards(shrunk(look.x, 0.004), tops[:-1], thick, shrunk(look.z, 0.004))
        inner.append(box(look.x, (height - thick, height), look.z))
        return [part(board, *inner, name="boards"), part(side, *sides, name="posts")]
    for x in ((look.x[0], look.x[0] + thick), (look.x[1] - thick, look.x[1])):
        sides.append(box(x, (0.0, height), look.z))
    inside = shrunk(look.x, thick)
    back = look.z[0] + 0.5 * thick
    boards = shelf_boards(inside, tops, thick, (back, look.z[1] - 0.002))
    if look.choice("back", 2):
        sides.append(box(inside, (tops[0] - thick, height - thick / 2), (look.z[0] + 0.001, back)))
    return [part(board, *boards, name="boards"), part(side, *sides, name="sides")]


def television_stand(look: AssetAppearance) -> list[Part]:
    """A low open cabinet: a thick top, boards, sides and a back, on a plinth or on short splayed legs."""
    wood = look.material_of_family(("wood",), "wood", "walnut", "oak", "white", "black")
    other = look.material_of_family(("glass", "metal"), "wood", "walnut") if look.has_family("glass", "metal") else wood
    thick, height = shelf_thickness_m(look.asset), look.size[1]
    lowest, *middle, _ = shelf_heights_m(look.asset)
    inside, overhang = shrunk(look.x, thick), 0.004
    top = slab(look.x, (height - thick, height), look.z, 0.01, edge=0.004, steps=1)
    on_legs = lowest - thick > 0.03 and look.choice("legs", 2) == 0
    foot = lowest - thick if on_legs else 0.0
    sides = []
    for x in (look.x[0] + overhang, look.x[1] - overhang):
        inner = x + thick - overhang if x < 0 else x - thick + overhang
        sides.append(box((x, inner), (foot, height - thick), shrunk(look.z, overhang)))
    back = look.z[0] + overhang
    sides.append(box(inside, (lowest - thick, height - thick), (back, back + 0.012)))
    plinth = [box(inside, (0.0, lowest - thick), (back, look.z[1] - 0.03))]
    if on_legs:
        plinth = [
            post((x, 0.0, z), (0.94 * x, foot + 0.002, 0.94 * z), (0.025, 0.025), head=(0.045, 0.045))
            for x in shrunk(look.x, 0.025)
            for z in shrunk(look.z, 0.025)
        ]
    floor = shelf_boards(inside, (lowest,), thick, (back + 0.012, look.z[1] - 0.006))
    boards = shelf_boards(inside, middle, thick, (back + 0.012, look.z[1] - 0.012))
    parts = [part(wood, *sides, *plinth, *floor, name="sides"), part(other, *boards, name="boards")]
    return [*parts, part(other if other.family == "glass" else wood, top, name="top")]


def cart(look: AssetAppearance) -> list[Part]:
    """Trays between four posts on castors, with a handle."""
    metal = look.material_slot(0, "metal", "steel", "white")
    rubber = look.paint("rubber", "charcoal")
    height, radius, wheel = look.size[1], 0.012, 0.06
    posts, wheels, trays = [], [], []
    for x in shrunk(look.x, 0.03):
        for z in shrunk(look.z, 0.03):
            posts.append(rod((x, wheel, z), (x, height - radius, z), radius, sides=8))
            wheels.append(moved(turned(disc((0, 0, 0), 0.03, (-0.012, 0.012), sides=12), "y", 90), (x, 0.03, z)))
        ends = [(x, height - radius, z) for z in shrunk(look.z, 0.03)]
        posts.append(rod(ends[0], ends[1], radius, sides=8))
    for top in shelf_heights_m(look.asset):
        trays.append(box(look.x, (top - 0.02, top), look.z, bevel=0.005))
        if top < 0.8 * height:
            trays.append(frame_level(look.x, (top, top + 0.05), look.z, 0.008))
    return [part(metal, *posts, *trays, name="frame"), part(rubber, *wheels, name="wheels")]


def frame_level(x: Range, y: Range, z: Range, bar: float) -> Mesh:
    """A level rectangular rim, `bar` thick: a tray's edge, a box's wall."""
    return turned(frame(x, (-z[1], -z[0]), y, bar), "x", -90)


def safe(look: AssetAppearance) -> list[Part]:
    """A steel box with a heavy door on hinges, a keypad with a display and a three-armed wheel."""
    steel = look.material_slot(0, "painted metal", "dark grey", "charcoal", "steel")
    chrome, dark = look.paint("metal", "chrome"), look.paint("plastic", "charcoal", what="keypad")
    (width, height, _), front = look.size, look.z[1] - 0.05
    door = box(shrunk(look.x, 0.03), (0.03, height - 0.03), (front - 0.004, front + 0.02), bevel=0.006)
    wheel_at, radius = (-0.18 * width, 0.5 * height), 0.1 * width
    hub = disc((*wheel_at, 0), 0.35 * radius, (front + 0.02, look.z[1]), sides=12)
    ring = tube(arc((*wheel_at, front + 0.038), radius, 0, 330, steps=11), 0.008, sides=5, closed=True)
    arms = [
        rod((*wheel_at, front + 0.038), arc((*wheel_at, front + 0.038), radius, angle, angle + 1)[0], 0.007)
        for angle in (90, 210, 330)
    ]
    pad_x = 0.1 * width, 0.32 * width
    pad = box(pad_x, (0.42 * height, 0.72 * height), (front + 0.018, front + 0.027), bevel=0.003)
    hinges = [
        cylinder(0.014, (y - 0.04, y + 0.04), at=(look.x[1] - 0.02, front + 0.012), sides=8)
        for y in (0.22 * height, 0.78 * height)
    ]
    keys = [
        box((x - 0.011, x + 0.011), (y - 0.011, y + 0.011), (front + 0.025, front + 0.03))
        for x in np.linspace(pad_x[0] + 0.02, pad_x[1] - 0.02, 3)
        for y in np.linspace(0.45 * height, 0.62 * height, 4)
    ]
    leaf = swung(look, [door, hub, ring, *arms, pad, *keys], (look.x[1] - 0.02, front), right=True)
    y, z = (0.0, height), (look.z[0], front)
    walls = open_box(look.x, y, z, 0.03) if is_open(look) else [box(look.x, y, z, bevel=0.012)]
    return [
        part(steel, *walls, leaf[0], name="body"),
        part(chrome, *hinges, *leaf[1:6], name="wheel"),
        part(dark, leaf[6], name="keypad"),
        part(look.paint("plastic", "light grey", what="keys"), *leaf[7:], name="keys"),
    ]


def cardboard_box(look: AssetAppearance) -> list[Part]:
    """A cardboard box, its flaps raised and leaning out; at an openness below a half it is shut and taped."""
    card = look.material_slot(0, "paper", "cardboard", "tan", "cardboard")
    dark = look.paint("paper", "brown", what="inside")
    wall, floor, height = wall_thickness_m(look.asset), inner_floor_m(look.asset), look.size[1]
    flap = 0.25 * min(look.size[0], look.size[2]) if "CanOpen" in look.asset.secondary_properties else 0.0
    shut = look.openness is not None and look.openness < 0.5
    lean = min(0.3 * flap, 0.024)
    x, z = shrunk(look.x, lean), shrunk(look.z, lean)
    rim = height - 0.5 * flap
    meshes = [frame_level(x, (0, rim), z, wall), box(shrunk(x, wall), (0, floor), shrunk(z, wall))]
    if shut:
        meshes.append(box(shrunk(x, 0.4 * wall), (rim - 2 * wall, rim - 0.001), shrunk(z, 0.4 * wall)))
    elif flap:
        for side in (-1, 1):
            edges = (side * x[1], rim), (side * look.x[1], height)
            meshes.append(_flap(*edges, shrunk(z, 0.004), wall, "x"))
            edges = (side * z[1], rim), (side * look.z[1], height)
            meshes.append(_flap(*edges, shrunk(x, 0.004), wall, "z"))
    tapes = [box((-0.025, 0.025), (0.62 * rim, rim - 0.002), (z[1], z[1] + 0.001))]
    tapes += [box((-0.025, 0.025), (0.62 * rim, rim - 0.002), (z[0] - 0.001, z[0]))]
    if not flap:
        tapes = [frame_level(shrunk(x, -0.002), (0.76 * rim, rim - 0.002), shrunk(z, -0.002), wall)]
    if shut:
        tapes.append(box((-0.025, 0.025), (rim - 0.002, rim + (0.0006 if flap else -0.0004)), shrunk(z, 0.5 * wall)))
    return [part(card, *meshes, name="box"), part(dark, *tapes, name="tape")]


def _flap(low: tuple[float, float], high: tuple[float, float], span: Range, wall: float, axis: str) -> Mesh:
    """A flap from the rim (across, up) to its free edge, along the other level axis."""
    out = 1 if high[0] > 0 else -1
    inner = low[0] - out * wall, low[1] - 0.001
    tip = high[0] - out * wall, high[1]
    corners = [low, inner, tip, high]
    rings = []
    for along in span:
        rings.append([(a, y, along) if axis == "x" else (along, y, a) for a, y in corners])
    return loft(np.array(rings))


def laundry_hamper(look: AssetAppearance) -> list[Part]:
    """A tall woven basket: standing ribs between hoops, a lid on hinges, handles; empty inside."""
    cloth = look.material_slot(0, "wood", "wicker", "ivory")
    trim = look.paint("wood", "oak", "walnut", "wenge", what="trim")
    (width, height, depth), wall = look.size, wall_thickness_m(look.asset)
    rim_y, narrow = height - 0.035, 0.08 * min(width, depth)
    profile = [(narrow, 0.0), (0.014, rim_y), (0.014 + wall, rim_y), (narrow + wall, inner_floor_m(look.asset))]
    body = stacked(look.x, look.z, profile if is_open(look) else profile[:2], 0.03)
    lid = cushion(look.x, (height - 0.045, height), look.z, crown=0.035)
    grip = box((-0.05, 0.05), (height - 0.03, height - 0.012), (look.z[1] - 0.006, look.z[1]))
    lid, grip = lifted(look, [lid, grip], (rim_y, look.z[0] + 0.01), 95)
    bands, ribs = [], []
    for fraction in (0.03, 0.34, 0.65, 0.94):
        inset = narrow + (0.014 - narrow) * fraction - 0.006
        points = [(u * (width / 2 - inset), fraction * rim_y, v * (depth / 2 - inset)) for u, v in _CORNERS]
        bands.append(tube(points, 0.009, sides=5, closed=True))
    for side, reach in ((0, width), (2, depth)):
        for fraction in np.linspace(-0.8, 0.8, max(3, round(reach / 0.08))):
            for end in (-1, 1):
                low, high = np.zeros(3), np.array([0.0, rim_y, 0.0])
                other = 2 - side
                for point, inset in ((low, narrow), (high, 0.014)):
                    point[side] = fraction * (reach / 2 - inset)
                    point[other] = end * ((depth if side == 0 else width) / 2 - inset)
                ribs.append(rod((low[0], low[1], low[2]), (high[0], high[1], high[2]), 0.005, sides=3))
    return [part(cloth, body, lid, *ribs, name="basket"), part(trim, *bands, grip, name="rim")]


_CORNERS = ((-1, -1), (1, -1), (1, 1), (-1, 1))


SHAPES = {
    "ShelvingUnit": shelving_unit,
    "TVStand": television_stand,
    "Cart": cart,
    "Safe": from_the_front(safe),
    "Box": cardboard_box,
    "LaundryHamper": laundry_hamper,
}
