"""Books, newspapers, pens, cards, keys and tissues."""

from __future__ import annotations

import math

from tst_sim.embedded.catalogue.look import Look, from_the_front, part, shrunk
from tst_sim.embedded.mesh import Part
from tst_sim.embedded.primitives import arc, block, disc, moved, prism, rod, rounded, tube, turned

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


def book(look: Look) -> list[Part]:
    """Two covers, a spine at -x and the pages; the wide flat one lies open."""
    cover_paint = look.paint("paper", *_COVERS)
    label, pages_paint = look.paint("paper", *_COVERS, what="label"), look.paint("paper", "paper", what="pages")
    width, height, depth = look.size
    if width > 1.15 * depth or (look.openness or 0.0) > 0.5:
        return _open_book(look, cover_paint, pages_paint)
    board = min(0.003, 0.14 * height)
    covers = [block(look.x, (0.0, board), look.z), block(look.x, (height - board, height - 0.0006), look.z)]
    covers.append(block((look.x[0], look.x[0] + board), (board, height - board), look.z))
    pages = block((look.x[0] + board, look.x[1] - 0.004), (board, height - board), shrunk(look.z, 0.004))
    title = block((-0.3 * width, 0.34 * width), (height - 0.0008, height), (0.12 * depth, 0.34 * depth))
    band = block((-0.3 * width, 0.34 * width), (height - 0.0008, height - 0.0002), (-0.38 * depth, -0.3 * depth))
    return [
        part(cover_paint, *covers, name="cover"),
        part(pages_paint, pages, name="pages"),
        part(label, title, band, name="title"),
    ]


def _open_book(look: Look, cover_paint, pages_paint) -> list[Part]:
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
    cover = block(look.x, (0.0, board), look.z)
    return [
        part(cover_paint, cover, name="cover"),
        part(pages_paint, *halves, name="pages"),
        part(ink, *lines, name="lines"),
    ]


def _page_line(side: int, half: float, height: float, z: tuple[float, float]):
    """A line of print that lies on the slope between 0.3 and 0.6 of a page."""
    slope = math.degrees(math.atan2(0.15 * height, 0.3 * half))
    line = block((-0.14 * half, 0.14 * half), (-0.0002, 0.0006), z)
    return moved(turned(line, "z", -side * slope), (side * 0.45 * half, 0.925 * height, 0.0))


def newspaper(look: Look) -> list[Part]:
    """A folded paper with a headline, a picture and columns; a thick narrow one is rolled."""
    paper, ink = look.paint("paper", "paper", "ivory"), look.paint("paper", "grey", "dark grey", what="ink")
    width, height, depth = look.size
    layers = []
    for index in range(3):
        y = height * index / 3, height * (index + 1) / 3 - 0.001
        layers.append(block(shrunk(look.x, 0.004 * index), (y[0], y[1]), shrunk(look.z, 0.003 * index), bevel=0.002))
    fold = rod(
        (look.x[0], height / 2, look.z[0] + height / 2),
        (look.x[1], height / 2, look.z[0] + height / 2),
        height / 2,
        sides=10,
    )
    top = height - 0.0012
    headline = block((-0.42 * width, 0.42 * width), (top, height), (0.28 * depth, 0.38 * depth))
    picture = block((-0.42 * width, -0.05 * width), (top, height - 0.0003), (-0.3 * depth, 0.2 * depth))
    text = [
        block((0.02 * width, 0.42 * width), (top, height - 0.0003), (z * depth, (z + 0.035) * depth))
        for z in (-0.3, -0.2, -0.1, 0.0, 0.1)
    ]
    return [part(paper, *layers, fold, name="paper"), part(ink, headline, picture, *text, name="print")]


def pen(look: Look) -> list[Part]:
    """A six-sided pencil with a sharpened tip, or a round pen with a clip; it lies along z."""
    height, radius = look.size[1], look.size[0] / 2
    y, (back, front) = look.size[1] / 2, look.z
    sharp = front - min(0.02, 0.15 * look.size[2])
    if look.asset.object_type == "Pencil":
        body = look.paint("wood", "yellow", "red", "green", "navy", "orange")
        wood, rubber = look.paint("wood", "birch", what="wood"), look.paint("rubber", "rose", what="eraser")
        shaft = rod((0, y, back + 0.012), (0, y, sharp), radius, sides=6)
        cone = rod((0, y, sharp), (0, y, front), 0.98 * radius, end_radius=0.12 * radius, sides=6)
        eraser = rod((0, y, back), (0, y, back + 0.012), 0.95 * radius, sides=8)
        return [part(body, shaft, name="shaft"), part(wood, cone, name="tip"), part(rubber, eraser, name="eraser")]
    ink = look.paint("plastic", "navy", "black", "red", "teal")
    metal = look.paint("metal", "steel", what="clip")
    shaft = rod((0, y, back), (0, y, sharp), radius, sides=10)
    tip = rod((0, y, sharp), (0, y, front), 0.9 * radius, end_radius=0.15 * radius, sides=10)
    clip = block((-0.2 * radius, 0.2 * radius), (height - 0.3 * radius, height), (back + 0.004, back + 0.04))
    return [part(ink, shaft, name="shaft"), part(metal, tip, clip, name="tip")]


def credit_card(look: Look) -> list[Part]:
    """A card with a chip and a stripe of figures."""
    card = look.paint("plastic", "navy", "charcoal", "maroon", "teal", "gold")
    gold, pale = look.paint("metal", "gold", what="chip"), look.paint("plastic", "light grey", what="figures")
    width, height, depth = look.size
    top = 0.85 * height
    body = block(look.x, (0.0, top), look.z, bevel=0.3 * height)
    chip = block((-0.38 * width, -0.22 * width), (top - 0.0004, height), (0.0, 0.2 * depth))
    figures = [
        block((x * width, (x + 0.17) * width), (top - 0.0004, 0.95 * height), (-0.2 * depth, -0.1 * depth))
        for x in (-0.4, -0.2, 0.0, 0.2)
    ]
    return [part(card, body, name="card"), part(gold, chip, name="chip"), part(pale, *figures, name="figures")]


def key_chain(look: Look) -> list[Part]:
    """A ring with two keys and a tag."""
    steel = look.of_family(("metal",), "metal", "steel")
    brass = look.paint("metal", "brass", "copper", what="key")
    tag_paint = look.of_family(("plastic",), "plastic", "red", "blue")
    width, height, depth = look.size
    radius, thin = 0.2 * width, 0.16 * height
    middle = look.x[0] + radius
    ring = tube(
        [(x, height / 2, z) for x, _, z in arc((middle, 0, 0), radius - thin, 0, 340, plane="xz", steps=17)],
        thin,
        sides=6,
        closed=True,
    )
    keys = []
    for side in (-1, 1):
        head_x, z = middle + 1.2 * radius, side * 0.22 * depth
        bow = turned(disc((0.0, 0.0, 0.0), 0.18 * depth, (-0.2 * height, 0.2 * height), sides=14), "x", 90)
        keys.append(moved(bow, (head_x, height / 2, z)))
        keys.append(block((head_x, look.x[1]), (0.35 * height, 0.62 * height), (z - 0.05 * depth, z + 0.05 * depth)))
        bit = z + side * 0.05 * depth, z + side * 0.14 * depth
        keys.append(
            block(
                (look.x[1] - 0.14 * width, look.x[1] - 0.02 * width),
                (0.36 * height, 0.61 * height),
                (min(bit), max(bit)),
            )
        )
    tag = rounded(
        (middle - 0.1 * width, middle + 0.16 * width), (0.0, height), look.z, plan=0.5, side=0.4, sides=14, rings=4
    )
    return [part(steel, ring, name="ring"), part(brass, *keys, name="keys"), part(tag_paint, tag, name="tag")]


def tissue_box(look: Look) -> list[Part]:
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
        part(card, block(look.x, (0.0, box_y), look.z, bevel=0.002), name="box"),
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
