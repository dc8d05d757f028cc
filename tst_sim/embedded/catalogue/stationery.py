"""Books, newspapers, pens, cards, keys and tissues."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, from_the_front, part, shrunk
from tst_sim.embedded.catalogue.curved import slab
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import arc, box, lathe, moved, prism, rod, rounded, tube, turned

_COVERS = (
    "maroon",
    "navy",
    "forest",
    "terracotta",
    "teal",
    "charcoal",
    "yellow",
    "purple",
    "sky",
    "orange",
    "red",
    "ivory",
)


def book(look: AssetAppearance) -> list[Part]:
    """A bound book; the wide flat ones lie open. Opened, a shut one spreads to twice its width about its spine."""
    width, height, depth = look.size
    lies_open = width > 1.15 * depth
    opened = lies_open if look.openness is None else look.openness > 0.5
    if opened == lies_open:
        return _open_book(look) if opened else _shut_book(look)
    asset = replace(look.asset, size_m=(width * (2.0 if opened else 0.5), height, depth))
    if not opened:
        return _shut_book(replace(look, asset=asset))
    spread = _open_book(replace(look, asset=asset))
    return [replace(piece, mesh=moved(piece.mesh, (-width / 2, 0.0, 0.0))) for piece in spread]


def _shut_book(look: AssetAppearance) -> list[Part]:
    """Two covers, a rounded spine at -x, the pages, a title."""
    cover_paint = look.paint("paper", *_COVERS)
    label, pages_paint = look.paint("paper", *_COVERS, what="label"), look.paint("paper", "paper", what="pages")
    width, height, depth = look.size
    board = min(0.003, 0.14 * height)
    covers = [box(look.x, (0.0, board), look.z), box(look.x, (height - board, height - 0.0006), look.z)]
    covers.append(_spine(look, board))
    back = look.x[0] + 0.35 * (height - 2 * board)
    pages = _page_block(look, (back, look.x[1] - 0.004), (board, height - board))
    title = box((-0.3 * width, 0.34 * width), (height - 0.0008, height), (0.12 * depth, 0.34 * depth))
    band = box((-0.3 * width, 0.34 * width), (height - 0.0008, height - 0.0002), (-0.38 * depth, -0.3 * depth))
    return [
        part(cover_paint, *covers, name="cover"),
        part(pages_paint, pages, name="pages"),
        part(label, title, band, name="title"),
    ]


def _spine(look: AssetAppearance, board: float) -> Mesh:
    """A back that is rounded about the edges of the pages."""
    height, reach = look.size[1] - 0.0006, 0.35 * look.size[1]
    arc_ = [(look.x[0] + reach * (1 - math.sin(a)), height / 2 * (1 - math.cos(a))) for a in np.linspace(0, math.pi, 7)]
    inner = [(x + 1.2 * board, board + (height - 2 * board) * y / height) for x, y in reversed(arc_)]
    return prism([*arc_, *inner], look.z, axis="z", crease_deg=50)


def _page_block(look: AssetAppearance, x: tuple[float, float], y: tuple[float, float]) -> Mesh:
    """The leaves: hollow along the fore edge, as a rounded spine makes them."""
    deep = min(0.006, 0.2 * (y[1] - y[0]))
    edge = [
        (x[1] - deep * math.sin(fraction * math.pi), y[0] + fraction * (y[1] - y[0]))
        for fraction in (0.0, 0.25, 0.5, 0.75, 1)
    ]
    return prism([(x[0], y[0]), *edge, (x[0], y[1])], shrunk(look.z, 0.004), axis="z")


def _open_book(look: AssetAppearance) -> list[Part]:
    cover_paint, pages_paint = look.paint("paper", *_COVERS), look.paint("paper", "paper", what="pages")
    (half, height) = look.size[0] / 2, look.size[1]
    board = 0.003
    halves = []
    for side in (-1, 1):
        outline = [(0.0, board), (0.97 * half, board), (0.97 * half, 0.45 * height), (0.6 * half, 0.85 * height)]
        outline += [(0.3 * half, height), (0.1 * half, 0.9 * height), (0.0, 0.55 * height)]
        halves.append(prism([(side * x, y) for x, y in outline], shrunk(look.z, 0.004), axis="z", crease_deg=50))
    ink = look.paint("paper", "grey", what="ink")
    lines = []
    for side in (-1, 1):
        for row in range(7):
            z = look.z[0] + look.size[2] * (0.14 + 0.11 * row)
            lines.append(_page_line(side, half, height, (z - 0.004, z + 0.004)))
    cover = box(look.x, (0.0, board), look.z)
    return [
        part(cover_paint, cover, name="cover"),
        part(pages_paint, *halves, name="pages"),
        part(ink, *lines, name="lines"),
    ]


def _page_line(side: int, half: float, height: float, z: tuple[float, float]):
    """A line of print that lies on the slope between 0.3 and 0.6 of a page."""
    slope = math.degrees(math.atan2(0.15 * height, 0.3 * half))
    line = box((-0.14 * half, 0.14 * half), (-0.0002, 0.0006), z)
    return moved(turned(line, "z", -side * slope), (side * 0.45 * half, 0.925 * height, 0.0))


def newspaper(look: AssetAppearance) -> list[Part]:
    """A folded paper: sheets that spread at the open edge, a masthead, a headline, a picture and columns."""
    paper, ink = look.paint("paper", "paper", "ivory"), look.paint("paper", "grey", "dark grey", what="ink")
    black = look.paint("paper", "charcoal", what="masthead")
    width, height, depth = look.size
    top = height - 0.0012
    sheets = []
    for index in range(4):
        low, high = top * index / 4, top * (index + 1) / 4
        back, spread = look.z[0] + 0.35 * height, 0.006 * ((3 * index) % 4)
        side = [(back, low), (look.z[1] - spread, 0.7 * low), (look.z[1] - spread, max(0.7 * high, 0.7 * low + 0.001))]
        if index == 3:
            side[1:] = [(look.z[1] - spread, low), (look.z[1] - spread, high)]
        sheets.append(prism([*side, (back, high)], shrunk(look.x, 0.003 * (index % 3)), axis="x"))
    half = top / 2
    arc_ = [
        (look.z[0] + 0.36 * height * (1 - math.sin(a)), half * (1 - math.cos(a))) for a in np.linspace(0, math.pi, 7)
    ]
    fold = prism(arc_, look.x, axis="x", crease_deg=50)
    name = box((-0.34 * width, 0.34 * width), (top - 0.0005, height), (-0.44 * depth, -0.34 * depth))
    rule = box((-0.44 * width, 0.44 * width), (top - 0.0005, height - 0.0004), (-0.31 * depth, -0.3 * depth))
    lines = [box((-0.44 * width, 0.44 * width), (top - 0.0005, height - 0.0004), (-0.26 * depth, -0.18 * depth))]
    lines.append(box((-0.44 * width, -0.08 * width), (top - 0.0005, height - 0.0004), (-0.12 * depth, 0.2 * depth)))
    for left in (-0.03, 0.22):
        for z in np.linspace(-0.12, 0.36, 9):
            columns = (left * width, (left + 0.2) * width), (z * depth, (z + 0.025) * depth)
            lines.append(box(columns[0], (top - 0.0005, height - 0.0006), columns[1]))
    mirrored_front = [turned(mesh, "y", 180) for mesh in (*sheets, fold, name, rule, *lines)]
    count = len(sheets) + 1
    return [
        part(paper, *mirrored_front[:count], name="paper"),
        part(black, *mirrored_front[count : count + 2], name="masthead"),
        part(ink, *mirrored_front[count + 2 :], name="print"),
    ]


def pen(look: AssetAppearance) -> list[Part]:
    """A six-sided pencil with a sharpened tip, or a round pen with a clip; it lies along z."""
    height, radius = look.size[1], look.size[0] / 2
    y, (back, front) = look.size[1] / 2, look.z
    sharp = front - min(0.02, 0.15 * look.size[2])
    if look.asset.object_type == "Pencil":
        body = look.paint("wood", "yellow", "amber", "yellow", "red", "green", "navy", "orange", what="lacquer")
        wood, rubber = look.paint("wood", "birch", what="wood"), look.paint("rubber", "rose", what="eraser")
        shaft = rod((0, y, back + 0.012), (0, y, sharp), radius, sides=6)
        cone = rod((0, y, sharp), (0, y, front), 0.98 * radius, end_radius=0.12 * radius, sides=6)
        eraser = rod((0, y, back), (0, y, back + 0.012), 0.95 * radius, sides=8)
        return [part(body, shaft, name="shaft"), part(wood, cone, name="tip"), part(rubber, eraser, name="eraser")]
    ink = look.paint("plastic", "navy", "black", "red", "teal")
    metal = look.paint("metal", "steel", what="clip")
    shaft = rod((0, y, back), (0, y, sharp), radius, sides=10)
    tip = rod((0, y, sharp), (0, y, front), 0.9 * radius, end_radius=0.15 * radius, sides=10)
    clip = box((-0.2 * radius, 0.2 * radius), (height - 0.3 * radius, height), (back + 0.004, back + 0.04))
    return [part(ink, shaft, name="shaft"), part(metal, tip, clip, name="tip")]


def credit_card(look: AssetAppearance) -> list[Part]:
    """A card with a chip and a stripe of figures."""
    card = look.paint("plastic", "navy", "charcoal", "maroon", "teal", "gold")
    gold, pale = look.paint("metal", "gold", what="chip"), look.paint("plastic", "light grey", what="figures")
    width, height, depth = look.size
    top = 0.85 * height
    body = slab(look.x, (0.0, top), look.z, 0.06 * width)
    chip = box((-0.38 * width, -0.22 * width), (top - 0.0004, height), (0.0, 0.2 * depth))
    figures = [
        box((x * width, (x + 0.17) * width), (top - 0.0004, 0.95 * height), (-0.2 * depth, -0.1 * depth))
        for x in (-0.4, -0.2, 0.0, 0.2)
    ]
    return [part(card, body, name="card"), part(gold, chip, name="chip"), part(pale, *figures, name="figures")]


def key_chain(look: AssetAppearance) -> list[Part]:
    """A ring with two keys and a tag."""
    steel = look.material_of_family(("metal",), "metal", "steel")
    brass = look.paint("metal", "brass", "copper", what="key")
    tag_paint = look.material_of_family(("plastic",), "plastic", "red", "blue")
    width, height, depth = look.size
    thin = 0.14 * height
    radius = min(0.24 * width, 0.42 * depth)
    middle = look.x[0] + radius
    points = arc((middle, height / 2, 0), radius - thin, 0, 336, plane="xz", steps=14)
    ring = tube(points, thin, sides=4, closed=True)
    join, keys = middle + 0.86 * radius, []
    for side in (-1, 1):
        key = _key(look, look.x[1] - join, side)
        swing = 16 if side > 0 else -16
        keys += [moved(turned(mesh, "y", swing), (join, height / 2 + side * 0.12 * height, 0.0)) for mesh in key]
    tag = slab(
        (-0.34 * radius, 0.3 * width), (0.0, height), (-0.16 * depth, 0.16 * depth), 0.12 * depth, edge=0.2 * height
    )
    tag = moved(turned(tag, "y", 72), (middle - 0.2 * radius, 0.0, -0.5 * radius))
    return [part(steel, ring, name="ring"), part(brass, *keys, name="keys"), part(tag_paint, tag, name="tag")]


def _key(look: AssetAppearance, length: float, side: int) -> list[Mesh]:
    """A key along +x from the origin: a round bow with a hole, a shaft and three teeth."""
    thick, bow_r = 0.16 * look.size[1], 0.19 * look.size[2]
    ring = [(1.0, -thick), (1.0, thick), (0.4, thick), (0.4, -thick)]
    bow = moved(lathe(ring, sides=9, stretch=(bow_r, bow_r), closed=True), (0.6 * bow_r, 0.0, 0.0))
    shaft = box((1.4 * bow_r, length), (-thick, thick), (-0.2 * bow_r, 0.2 * bow_r))
    teeth = []
    for fraction, depth in ((0.78, 0.55), (0.94, 0.6)):
        x, z = fraction * length, sorted((0.15 * side * bow_r, side * (0.2 + depth) * bow_r))
        teeth.append(box((x - 0.05 * length, x + 0.05 * length), (-0.9 * thick, 0.9 * thick), (z[0], z[1])))
    return [bow, shaft, *teeth]


def tissue_box(look: AssetAppearance) -> list[Part]:
    """A box with a slot from which a tissue stands up."""
    card, white = look.paint("paper", "sky", "sage", "rose", "teal"), look.paint("paper", "white", what="tissue")
    width, height, depth = look.size
    box_y = 0.66 * height
    slot = look.paint("paper", "light grey", what="slot")
    opening = rounded(
        (-0.28 * width, 0.28 * width), (box_y - 0.002, box_y + 0.001), (-0.22 * depth, 0.22 * depth), sides=18, rings=4
    )
    tissue = [
        prism(
            [
                (-0.2 * width, box_y - 0.005),
                (0.2 * width, box_y - 0.005),
                (0.12 * width, 0.9 * height),
                (0.0, height),
                (-0.16 * width, 0.87 * height),
            ],
            (-0.004, 0.0),
            axis="z",
        ),
        turned(
            prism(
                [
                    (-0.12 * width, box_y - 0.005),
                    (0.14 * width, box_y - 0.005),
                    (0.06 * width, 0.93 * height),
                    (-0.1 * width, 0.84 * height),
                ],
                (0.004, 0.007),
                axis="z",
            ),
            "y",
            35,
        ),
    ]
    return [
        part(card, box(look.x, (0.0, box_y), look.z, bevel=0.002), name="box"),
        part(slot, opening, name="slot"),
        part(white, *tissue, name="tissue"),
    ]


SHAPES = {
    "Book": from_the_front(book),
    "Newspaper": from_the_front(newspaper),
    "Pen": pen,
    "Pencil": pen,
    "CreditCard": from_the_front(credit_card),
    "KeyChain": key_chain,
    "TissueBox": tissue_box,
}
