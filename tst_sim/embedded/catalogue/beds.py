"""Beds and dog beds."""

from __future__ import annotations

import math

from tst_sim.embedded.catalogue.appearance import AssetAppearance, Range, part, shrunk
from tst_sim.embedded.catalogue.curved import cushion, draped, slab, upright_slab
from tst_sim.embedded.catalogue.storage import frame_level
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import box, lathe, post, prism, rod, rounded
from tst_sim.proportions import (
    BED_DRAWER_INSET_M,
    BOARD_M,
    bed_depth_m,
    bed_drawers_m,
    headboard_depth_m,
    inner_floor_m,
    is_bunk_bed,
    mattress_top_m,
    wall_thickness_m,
)

_BLANKETS = ("navy", "sage", "rose", "sand", "grey", "teal", "maroon", "sky", "lavender")


def bed(look: AssetAppearance) -> list[Part]:
    """A frame with a headboard, a mattress, and a blanket over its lower two thirds; the head is at -z."""
    wood = look.material_of_family(("wood", "metal"), "wood", "walnut", "oak", "white", "black")
    head = look.material_of_family(("fabric", "leather"), "wood", "walnut") if _is_padded(look) else wood
    top_y, height, board = mattress_top_m(look.asset), look.size[1], headboard_depth_m(look.asset)
    z = look.z[0] + board, look.z[1] - 0.02
    drawers = bed_drawers_m(look.asset)
    rail = top_y - bed_depth_m(look.asset) + 0.06 if drawers else 0.55 * top_y
    feet = (0.0, 0.08, 0.14)[look.choice("feet", 3)] if top_y > 0.35 else 0.0
    base = [frame_level(look.x, (feet, rail), (z[0], look.z[1]), 0.03)]
    if not drawers:
        base.append(box(shrunk(look.x, 0.03), (rail - 0.1, rail - 0.06), (z[0] + 0.03, look.z[1] - 0.03)))
    for drawer in drawers:
        inside = look.z[0] + BED_DRAWER_INSET_M + 0.02, look.z[1] - BED_DRAWER_INSET_M
        base.append(box(shrunk(look.x, BED_DRAWER_INSET_M), (drawer - BOARD_M, drawer), inside))
    if feet:
        base += [
            post((x, 0, depth), (x, feet + 0.01, depth), (0.04, 0.04), head=(0.06, 0.06))
            for x in shrunk(look.x, 0.06)
            for depth in (z[0] + 0.06, look.z[1] - 0.06)
        ]
    parts = [part(wood, *base, name="frame"), part(head, *_headboard(look, (look.z[0], z[0])), name="headboard")]
    parts += _bedding(look, (rail - 0.06, top_y), (z[0], z[1] - 0.015))
    if is_bunk_bed(look.asset):
        parts += _bunk(look, wood, z)
    elif height > 1.5:
        parts.append(part(wood, *_canopy(look, top_y), name="canopy"))
    return parts


def _is_padded(look: AssetAppearance) -> bool:
    return any(word in name for _, name in look.asset.materials for word in ("Carpet", "Kramfors"))


def _headboard(look: AssetAppearance, z: Range) -> list[Mesh]:
    height, top_y = look.size[1], mattress_top_m(look.asset)
    high = min(height, top_y + 0.75) if height > 1.5 else height
    style = look.choice("headboard", 3)
    if _is_padded(look):
        return _upholstered(look, (0.0, high), z)
    if style == 0 or high - top_y < 0.2:
        return [_arched(look.x, high, min(0.12, 0.4 * (high - top_y)) * look.choice("arch", 3) / 2, z)]
    posts = [box(x, (0.0, high), z, bevel=0.008) for x in _ends(look.x, 0.06)]
    inside, thin = shrunk(look.x, 0.06), shrunk(z, 0.01)
    posts.append(box(inside, (high - 0.1, high - 0.01), thin, bevel=0.008))
    posts.append(box(inside, (0.4 * top_y, top_y), thin))
    count = 5 if style == 1 else max(7, round(look.size[0] / 0.14))
    width = 0.7 if style == 1 else 0.25
    step = (inside[1] - inside[0]) / count
    for index in range(count):
        middle = inside[0] + (index + 0.5) * step
        bar = middle - width * step / 2, middle + width * step / 2
        posts.append(box(bar, (top_y, high - 0.1), shrunk(z, 0.018)))
    return posts


def _upholstered(look: AssetAppearance, y: Range, z: Range) -> list[Mesh]:
    """A padded headboard: a soft board behind a row of stuffed panels."""
    count = max(2, round(look.size[0] / 0.4))
    step = (look.x[1] - look.x[0]) / count
    panels = [
        upright_slab(shrunk((look.x[0] + i * step, look.x[0] + (i + 1) * step), 0.002), y, z, 0.03, edge=0.02, steps=1)
        for i in range(count)
    ]
    return [box(shrunk(look.x, 0.01), shrunk(y, 0.01), (z[0], sum(z) / 2)), *panels]


def _arched(x: Range, high: float, rise: float, z: Range) -> Mesh:
    """A board whose upper edge rises in an arc by `rise` metres."""
    if rise < 0.01:
        return box(x, (0.0, high), z, bevel=0.012)
    fractions = [-1 + index / 4 for index in range(9)]
    arc = [(fraction * x[1], high - rise * (1 - math.cos(fraction * math.pi / 2))) for fraction in reversed(fractions)]
    return prism([(x[0], 0.0), (x[1], 0.0), *arc], z, axis="z")


def _bedding(look: AssetAppearance, y: Range, z: Range) -> list[Part]:
    sheet = look.material_of_name("sheet1ao", "fabric", "white", "ivory")
    if look.asset.materials and not any("sheet1ao" in name.lower() for _, name in look.asset.materials):
        sheet = look.material_of_name("mattress", "fabric", "white", "ivory")
    blanket = look.paint("fabric", *_BLANKETS, what="blanket")
    for word in ("blanket", "bedsheet", "carpet", "kritter_purple"):
        if any(word in name.lower() for _, name in look.asset.materials):
            blanket = look.material_of_name(word, "fabric", "navy")
            break
    x, hem = shrunk(look.x, 0.035), max(y[0] + 0.065, y[1] - 0.24)
    fold = z[0] + 0.3 * (z[1] - z[0])
    # The sheet ends under the blanket, so that the two tops share one height without overlapping.
    mattress = slab(x, (y[0], y[1]), (z[0] + 0.005, fold), 0.05, edge=0.03, steps=1)
    under = box(shrunk(x, 0.02), (y[0], y[1] - 0.03), (fold - 0.02, z[1] - 0.03))
    wide, messy = shrunk(x, -0.018), any("Unmade" in name for _, name in look.asset.materials)
    swing, phase = 0.06 if messy else 0.035, 0.9 * look.choice("folds", 7)
    cover = draped(wide, (hem, y[1]), (fold, z[1] + 0.014), waves=3.5, swing=swing, phase=phase, steps=10)
    turned_back = draped(
        shrunk(wide, -0.004),
        (hem + 0.02, y[1] + 0.012),
        (fold - 0.03, fold + 0.16),
        waves=0.5,
        swing=swing,
        phase=phase,
        steps=3,
    )
    lining = look.paint("fabric", "white", "ivory", "light grey", "sky", what="lining")
    parts = [part(sheet, mattress, under, name="mattress"), part(blanket, cover, name="blanket")]
    return [*parts, part(lining, turned_back, name="turned back")]


def _bunk(look: AssetAppearance, wood, z: Range) -> list[Part]:
    height = look.size[1]
    deck = 0.72 * height
    posts = [box(x, (0.0, height), span) for x in _ends(look.x, 0.06) for span in _ends((z[0], look.z[1]), 0.06)]
    inside, along = shrunk(look.x, 0.06), (z[0] + 0.06, look.z[1] - 0.06)
    for x in _ends(look.x, 0.03):
        posts.append(box(x, (deck - 0.08, deck + 0.08), along))
        posts.append(box(x, (height - 0.14, height - 0.06), along))
    posts.append(box(inside, (deck - 0.04, deck), along))
    ladder_x = look.x[1] - 0.01
    for fraction in (0.2, 0.4, 0.6, 0.8):
        y = fraction * deck
        posts.append(rod((ladder_x, y, look.z[1] - 0.05), (ladder_x, y, look.z[1] - 0.4), 0.009, sides=6))
    mattress = cushion(shrunk(inside, 0.01), (deck, deck + 0.12), shrunk(along, 0.01), crown=0.04)
    blanket = look.paint("fabric", *_BLANKETS, what="upper")
    return [part(wood, *posts, name="bunk"), part(blanket, mattress, name="upper mattress")]


def _canopy(look: AssetAppearance, top_y: float) -> list[Mesh]:
    height = look.size[1]
    bars = [
        box(x, (0.7 * top_y, height), z)
        for x in _ends(shrunk(look.x, 0.002), 0.05)
        for z in _ends((look.z[0] + 0.002, look.z[1] - 0.002), 0.05)
    ]
    inside, along = shrunk(look.x, 0.052), (look.z[0] + 0.052, look.z[1] - 0.052)
    bars += [box(x, (height - 0.05, height - 0.004), along) for x in _ends(shrunk(look.x, 0.004), 0.045)]
    return bars + [box(inside, (height - 0.05, height - 0.004), z) for z in _ends(shrunk(look.z, 0.004), 0.045)]


def _ends(span: Range, width: float) -> tuple[Range, Range]:
    return (span[0], span[0] + width), (span[1] - width, span[1])


def dog_bed(look: AssetAppearance) -> list[Part]:
    """A round or oblong bolster about a soft hollow."""
    soft = look.material_slot(0, "fabric", "brown", "grey", "navy", "beige")
    inner = look.paint("fabric", "ivory", "sand", "cream", what="inner")
    width, height, depth = look.size
    bolster, floor = wall_thickness_m(look.asset) / min(width, depth) * 2, inner_floor_m(look.asset)
    profile = [(0.0, 0.0), (0.94, 0.0), (1.0, 0.4 * height), (0.96, 0.8 * height), (1 - bolster / 2, height)]
    profile += [(1 - 0.8 * bolster, 0.85 * height), (1 - bolster, floor - 0.002), (0.0, floor - 0.002)]
    square = max(width, depth) > 1.1 * min(width, depth)
    rim = lathe(profile, sides=32, stretch=(width / 2, depth / 2), power=0.5 if square else 1.0, crease_deg=60)
    reach = 1 - 0.9 * bolster
    pad = rounded(
        (look.x[0] * reach, look.x[1] * reach),
        (floor - 0.03, floor),
        (look.z[0] * reach, look.z[1] * reach),
        plan=0.5 if square else 1.0,
        side=0.2,
        sides=24,
        rings=6,
    )
    return [part(soft, rim, name="rim"), part(inner, pad, name="pad")]


SHAPES = {"Bed": bed, "DogBed": dog_bed}
