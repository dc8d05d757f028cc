"""Chairs, armchairs, sofas, stools, ottomans and footstools."""

from __future__ import annotations

import math

from tst_sim.embedded.catalogue.appearance import AssetAppearance, part, shrunk
from tst_sim.embedded.catalogue.curved import bow, cushion, slab, standing_cushion, turned_leg, upright_slab
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import box, cylinder, disc, moved, post, rod, rounded, tube, turned
from tst_sim.proportions import (
    arm_height_m,
    arm_width_m,
    back_depth_m,
    is_round_top,
    seat_height_m,
    table_leg_m,
)


def chair(look: AssetAppearance) -> list[Part]:
    """Seat, back and four legs; the office chairs turn on a five-armed foot."""
    if "office_chair" in look.asset.asset_id or "Chair_313" in look.asset.asset_id:
        return _office_chair(look)
    wood = look.material_of_family(("wood", "metal", "plastic"), "wood", "oak", "walnut", "birch", "white")
    soft = look.material_of_family(("fabric", "leather"), "fabric", "beige", "charcoal", "teal")
    padded = look.has_family("fabric", "leather")
    seat_y, board = seat_height_m(look.asset), 0.03
    top = seat_y - (0.035 if padded else 0.0)
    corner = (0.012, 0.05, 0.1)[look.choice("seat corner", 3)]
    seat = slab(
        look.x, (top - board, top), (look.z[0] + 0.01, look.z[1]), corner, edge=0.008, steps=1 if corner < 0.04 else 2
    )
    parts = [part(wood, seat, *_chair_legs(look, top - board), *_chair_back(look, seat_y, padded), name="frame")]
    if padded:
        pad_z = (look.z[0] + back_depth_m(look.asset) + 0.005, look.z[1] - 0.008)
        pads = [cushion(shrunk(look.x, 0.012), (top, seat_y), pad_z, crown=0.035, corner=0.05, steps=1)]
        pads.append(_back_pad(look, seat_y))
        parts.append(part(soft, *pads, name="cushion"))
    return parts


def _chair_legs(look: AssetAppearance, under: float) -> list[Mesh]:
    """Straight, tapered, turned or splayed legs, with or without stretchers between them."""
    leg, style = table_leg_m(look.asset), look.choice("leg style", 4)
    if look.has_family("metal") and not look.has_family("wood"):
        style = 3
    thin, splay = (0.7 * leg, 0.0) if style == 3 else (leg, 0.0)
    if look.choice("splay", 2) and style in (1, 3):
        splay = 0.04
    legs, feet = [], []
    for x in shrunk(look.x, leg / 2 + 0.004):
        for z in (look.z[0] + leg / 2 + 0.012, look.z[1] - leg / 2 - 0.004):
            head = (x * (1 - splay / look.x[1]), under, z * (1 - splay / look.z[1]))
            feet.append((x, 0.0, z, head))
            if style == 2:
                legs.append(turned_leg((x, z), (0.0, under), leg))
            elif style == 3:
                legs.append(rod((x, 0.0, z), head, 0.5 * thin, sides=7))
            else:
                taper = 0.6 if style == 1 else 1.0
                legs.append(post((x, 0, z), head, (leg * taper, leg * taper), head=(leg, leg)))
    if look.choice("stretcher", 2):
        for (x, _, back, _), (_, _, front, _) in (feet[:2], feet[2:]):
            x, height = x * (1 - 0.4 * splay / look.x[1]), 0.4 * under
            legs.append(rod((x, height, back), (x, height, front), 0.32 * leg, sides=6))
        if style == 2:
            legs.append(rod((look.x[0] + leg, 0.4 * under, 0.0), (look.x[1] - leg, 0.4 * under, 0.0), 0.3 * leg))
    return legs


def _chair_back(look: AssetAppearance, seat_y: float, padded: bool) -> list[Mesh]:
    """Two leaning posts, a bowed top rail, and between them slats, rungs, spindles or one shaped board."""
    leg, height = table_leg_m(look.asset), look.size[1]
    depth, back = back_depth_m(look.asset), look.z[0]
    foot = 0.8 * leg, 0.5 * depth
    meshes = []
    for x in shrunk(look.x, leg / 2 + 0.004):
        meshes.append(post((x, seat_y - 0.035, back + 0.75 * depth), (x, height - 0.03, back + 0.3 * depth), foot))
    inside = shrunk(look.x, 0.85 * leg)
    rail = 0.035 if _is_shell(look) else (0.09, 0.06, 0.13)[look.choice("rail", 3)]
    ends = [(x, height - rail / 2, back + 0.27 * depth + 0.012) for x in look.x]
    meshes.append(bow(ends[0], ends[1], (rail, 0.4 * depth), (0, 0.0, -0.012 - 0.07 * depth), steps=5))
    if padded:
        return meshes
    return meshes + _back_filling(look, inside, (seat_y + 0.04, height - 0.8 * rail), rail)


def _is_shell(look: AssetAppearance) -> bool:
    """Whether a chair is all plastic and metal: its back is then one moulded board."""
    return look.has_family("plastic", "metal") and not look.has_family("wood", "fabric", "leather")


def _back_filling(
    look: AssetAppearance, inside: tuple[float, float], y: tuple[float, float], rail: float
) -> list[Mesh]:
    depth, back, style = back_depth_m(look.asset), look.z[0], look.choice("back", 4)
    low, high = y
    if _is_shell(look):
        board = upright_slab(inside, (0.6 * low + 0.4 * high, high + 0.02), (-0.008, 0.008), 0.04, edge=0.006, steps=2)
        return [turned(moved(board, (0.0, 0.0, back + 0.4 * depth)), "x", -6, (0.0, high, back + 0.3 * depth))]
    meshes = []
    if style in (0, 3):
        count = 3 + look.choice("slats", 3) + (2 if style == 3 else 0)
        for index in range(count):
            x = inside[0] + (inside[1] - inside[0]) * (index + 0.5) / count
            bottom, top = (x, low - 0.05, back + 0.72 * depth), (x, high, back + 0.27 * depth)
            meshes.append(rod(bottom, top, 0.007, sides=5) if style == 3 else post(bottom, top, (0.028, 0.3 * depth)))
    elif style == 1:
        for fraction in (0.12, 0.45, 0.78) if high - low > 0.3 else (0.25, 0.62):
            y_mid = low + fraction * (high - low)
            z = back + (0.7 - 0.38 * fraction) * depth
            ends = [(x, y_mid, z) for x in inside]
            meshes.append(bow(ends[0], ends[1], (0.05, 0.25 * depth), (0, 0, -0.15 * depth), steps=4))
    else:
        middle = low + 0.15 * (high - low)
        width = (inside[1] - inside[0]) * (0.36 if look.choice("splat", 2) else 1.0)
        bottom = 0.0, middle - 0.1 * (high - low), back + 0.6 * depth
        meshes.append(post(bottom, (0.0, high + 0.01, back + 0.28 * depth), (width, 0.3 * depth)))
        if width < inside[1] - inside[0]:
            meshes.append(rod((inside[0], low, back + 0.6 * depth), (inside[1], low, back + 0.6 * depth), 0.011))
    return meshes


def _back_pad(look: AssetAppearance, seat_y: float) -> Mesh:
    """An upholstered panel between the posts, leaning as they do."""
    depth, height = back_depth_m(look.asset), look.size[1]
    low, high = seat_y + 0.06, height - 0.05
    half = look.size[0] / 2 - 0.85 * table_leg_m(look.asset)
    front = look.z[0] + depth
    pad = standing_cushion((-half, half), (low, high), (front - 0.7 * depth, front), crown=0.5 * depth, steps=1)
    lean = math.degrees(math.atan2(0.24 * depth, high - low))
    return turned(pad, "x", -lean, (0.0, low, front - 0.4 * depth))


def _office_chair(look: AssetAppearance) -> list[Part]:
    frame = look.material_of_family(("metal", "plastic"), "plastic", "black", "charcoal", "light grey")
    soft = look.material_slot(0, "fabric", "charcoal", "navy", "grey")
    seat_y, (width, height, depth) = seat_height_m(look.asset), look.size
    reach_x, reach_z = width / 2 - 0.03, depth / 2 - 0.03
    legs = [cylinder(0.028, (0.09, seat_y - 0.06), sides=12), cylinder(0.045, (0.06, 0.12), sides=12)]
    for index in range(5):
        angle = math.radians(90 + 72 * index)
        tip = reach_x * math.cos(angle), 0.055, reach_z * math.sin(angle)
        legs.append(rod((0, 0.095, 0), tip, 0.025, end_radius=0.016, sides=6))
        legs.append(
            rounded((tip[0] - 0.028, tip[0] + 0.028), (0, 0.056), (tip[2] - 0.028, tip[2] + 0.028), sides=8, rings=6)
        )
    legs.append(box(shrunk(look.x, 0.15), (seat_y - 0.085, seat_y - 0.055), shrunk(look.z, 0.15)))
    spine = [
        (0, seat_y - 0.07, look.z[0] + 0.16),
        (0, seat_y - 0.05, look.z[0] + 0.05),
        (0, seat_y + 0.2, look.z[0] + 0.03),
    ]
    legs.append(tube(spine, 0.02, sides=6))
    arms = []
    if width > 0.55:
        for side in (-1, 1):
            x = side * (width / 2 - 0.022)
            arms.append(box((x - 0.022, x + 0.022), (seat_y + 0.17, seat_y + 0.2), (-0.13, 0.13), bevel=0.01))
            arms.append(post((x, seat_y - 0.05, 0.0), (x, seat_y + 0.172, 0.0), (0.025, 0.05)))
            arms.append(box((x, 0.6 * x), (seat_y - 0.075, seat_y - 0.05), (-0.025, 0.025)))
    margin = 0.05 if arms else 0.0
    seat_z = look.z[0] + 0.06, look.z[1]
    seat = cushion(shrunk(look.x, margin), (seat_y - 0.08, seat_y), seat_z, crown=0.06, corner=0.1, steps=3)
    back_x, back_y = shrunk(look.x, 0.04 + margin), (seat_y + 0.09, height)
    back = upright_slab(back_x, back_y, (look.z[0], look.z[0] + 0.07), 0.1, edge=0.03, steps=3)
    return [part(frame, *legs, *arms, name="frame"), part(soft, seat, back, name="cushion")]


def sofa(look: AssetAppearance) -> list[Part]:
    """A base on feet, two arms, a back, and as many cushions as fit; an armchair is a sofa for one."""
    soft = look.material_of_family(
        ("fabric", "leather"), "fabric", "charcoal", "beige", "navy", "sage", "maroon", "sand"
    )
    seat_y, arm_y, height = seat_height_m(look.asset), arm_height_m(look.asset), look.size[1]
    arm, back = arm_width_m(look.asset), back_depth_m(look.asset)
    foot = min(0.12, 0.14 * seat_y + 0.03 * look.choice("feet", 3))
    thick = min(0.14, 0.34 * seat_y)
    inside = shrunk(look.x, arm)
    front = look.z[1]
    body = [
        box(inside, (foot, seat_y - thick), (look.z[0] + 0.02, front - 0.02)),
        slab(inside, (foot, height - 0.04), (look.z[0], look.z[0] + 0.45 * back), 0.03, edge=0.03, steps=1),
    ]
    for side in (-1, 1):
        body += _arm(look, side, (foot, arm_y), arm)
    parts = [part(soft, *body, name="body"), _feet(look, foot)]
    parts.append(part(_cushion_material(look), *_cushions(look, inside, seat_y, thick), name="cushion"))
    return parts


def _arm(look: AssetAppearance, side: int, y: tuple[float, float], arm: float) -> list[Mesh]:
    """An arm rest: a soft block, a roll with a disc at its front, or a slim board with a pad."""
    low, high = sorted((side * look.x[1], side * (look.x[1] - arm)))
    (foot, top), front = y, look.z[1]
    style = look.choice("arm style", 3)
    if style == 0:
        return [slab((low, high), y, (look.z[0] + 0.01, front), 0.04, edge=0.04, steps=1)]
    if style == 1:
        radius = 0.5 * arm
        panel = box(shrunk((low, high), 0.15 * arm), (foot, top - 0.3 * arm), (look.z[0] + 0.01, front - 0.006))
        button = disc((sum((low, high)) / 2, top - radius, 0), 0.45 * radius, (front - 0.01, front), sides=10)
        return [panel, _roll(low, high, top, (look.z[0] + 0.02, front - 0.004)), button]
    board = slab(
        shrunk((low, high), 0.1 * arm), (foot, top - 0.05), (look.z[0] + 0.01, front - 0.01), 0.02, edge=0.01, steps=1
    )
    return [board, cushion((low, high), (top - 0.07, top), (look.z[0] + 0.02, front), crown=0.035, steps=1)]


def _roll(low: float, high: float, top: float, z: tuple[float, float]) -> Mesh:
    radius = (high - low) / 2
    centre = (low + high) / 2, top - radius
    return rod((*centre, z[0]), (*centre, z[1]), radius, sides=16)


def _cushion_material(look: AssetAppearance):
    names = [name.lower() for _, name in look.asset.materials]
    word = next((word for word in ("cusion", "cushion", "throw") if any(word in name for name in names)), None)
    if word and word != "throw":
        return look.material_of_name(word, "fabric", "beige")
    return look.material_of_family(
        ("fabric", "leather"), "fabric", "charcoal", "beige", "navy", "sage", "maroon", "sand"
    )


def _cushions(look: AssetAppearance, inside: tuple[float, float], seat_y: float, thick: float) -> list[Mesh]:
    back, height = back_depth_m(look.asset), look.size[1]
    width = inside[1] - inside[0]
    count = max(1, round(width / 0.68))
    meshes = []
    for index in range(count):
        x = inside[0] + width * index / count + 0.001, inside[0] + width * (index + 1) / count - 0.001
        z = look.z[0] + 0.45 * back + 0.002, look.z[1]
        meshes.append(cushion(x, (seat_y - thick, seat_y), z, crown=0.05, corner=0.035, steps=1))
        meshes.append(_back_cushion(look, x, (seat_y, height), (look.z[0] + 0.45 * back, look.z[0] + back)))
    return meshes


def _back_cushion(
    look: AssetAppearance, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]
) -> Mesh:
    """A stuffed block against the back; one in three sofas has soft, sagging ones."""
    if look.choice("back cushion", 3) == 0:
        return rounded(x, y, z, plan=0.35, side=0.35, sides=12, rings=8)
    depth = z[1] - z[0]
    return standing_cushion(x, y, (z[0] - 0.2 * depth, z[1]), crown=min(0.06, 0.45 * depth), steps=1)


def _feet(look: AssetAppearance, foot: float) -> Part:
    wood = look.material_of_family(("wood", "metal"), "wood", "wenge", "walnut", "oak")
    legs = []
    for x in shrunk(look.x, 0.06):
        for z in shrunk(look.z, 0.06):
            if look.choice("round feet", 2):
                legs.append(cylinder(0.02, (0.0, foot + 0.005), at=(x, z), top=0.03, sides=8))
            else:
                legs.append(post((x, 0, z), (x, foot + 0.005, z), (0.035, 0.035), head=(0.055, 0.055)))
    return part(wood, *legs, name="feet")


def stool(look: AssetAppearance) -> list[Part]:
    """A round or square seat on splayed legs, with a foot rest where it is tall."""
    wood = look.material_slot(0, "wood", "oak", "black", "white")
    width, height, depth = look.size
    thick = min(0.045, 0.1 * height)
    if is_round_top(look.asset):
        seat = rounded(look.x, (height - thick, height), look.z, side=0.25, sides=24, rings=6)
    else:
        seat = slab(look.x, (height - thick, height), look.z, 0.03, edge=0.01)
    under, leg = height - 0.8 * thick, table_leg_m(look.asset)
    legs, ring = [], []
    for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        low = u * (width / 2 - leg), 0.0, v * (depth / 2 - leg)
        high = u * 0.32 * width, under, v * 0.32 * depth
        legs.append(post(low, high, (leg, leg)))
        ring.append(tuple(a + 0.35 * (b - a) for a, b in zip(low, high)))
    if height > 0.5:
        legs += [rod(start, end, 0.35 * leg, sides=6) for start, end in zip(ring, ring[1:] + ring[:1])]
    return [part(wood, seat, *legs, name="stool")]


def ottoman(look: AssetAppearance) -> list[Part]:
    """An upholstered block on short feet."""
    soft = look.material_of_family(("fabric", "leather"), "fabric", "maroon", "charcoal", "sand")
    wood = look.material_of_family(("wood", "metal"), "wood", "wenge", "walnut")
    height = look.size[1]
    foot, pad = 0.14 * height, 0.3 * height
    body = box(shrunk(look.x, 0.012), (foot, height - pad), shrunk(look.z, 0.012), bevel=0.01)
    top = cushion(look.x, (height - pad, height), look.z, crown=0.045)
    feet = []
    for x in shrunk(look.x, 0.06):
        for z in shrunk(look.z, 0.06):
            feet.append(post((x, 0, z), (x, foot + 0.004, z), (0.03, 0.03), head=(0.05, 0.05)))
    return [part(soft, body, top, name="body"), part(wood, *feet, name="feet")]


def footstool(look: AssetAppearance) -> list[Part]:
    """A low stool of wood, or an ottoman where it is upholstered."""
    return ottoman(look) if look.has_family("fabric", "leather") else stool(look)


SHAPES = {
    "Chair": chair,
    "ArmChair": sofa,
    "Sofa": sofa,
    "Stool": stool,
    "Ottoman": ottoman,
    "Footstool": footstool,
}
