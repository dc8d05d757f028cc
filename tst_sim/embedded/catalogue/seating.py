"""Chairs, armchairs, sofas, stools, ottomans and footstools."""

from __future__ import annotations

import math

from tst_sim.embedded.catalogue.look import Look, part, shrunk
from tst_sim.embedded.mesh import Mesh, Part
from tst_sim.embedded.primitives import block, cylinder, post, rod, rounded, tube
from tst_sim.proportions import (
    arm_height_m,
    arm_width_m,
    back_depth_m,
    is_round_top,
    seat_height_m,
    table_leg_m,
)


def chair(look: Look) -> list[Part]:
    """Seat, back and four legs; the office chairs turn on a five-armed foot."""
    if "office_chair" in look.asset.asset_id or "Chair_313" in look.asset.asset_id:
        return _office_chair(look)
    wood = look.of_family(("wood", "metal", "plastic"), "wood", "oak", "walnut", "birch", "white")
    soft = look.of_family(("fabric", "leather"), "fabric", "beige", "charcoal", "teal")
    padded = look.has_family("fabric", "leather")
    seat_y, board = seat_height_m(look.asset), 0.03
    top = seat_y - (0.035 if padded else 0.0)
    seat = block(look.x, (top - board, top), (look.z[0] + 0.01, look.z[1]), bevel=0.008)
    parts = [part(wood, seat, *_chair_legs(look, top - board), *_chair_back(look, seat_y, padded), name="frame")]
    if padded:
        pad_z = (look.z[0] + back_depth_m(look.asset) + 0.005, look.z[1] - 0.008)
        pads = [block(shrunk(look.x, 0.012), (top, seat_y), pad_z, bevel=0.015)]
        pads.append(_back_pad(look, seat_y))
        parts.append(part(soft, *pads, name="cushion"))
    return parts


def _chair_legs(look: Look, under: float) -> list[Mesh]:
    leg = table_leg_m(look.asset)
    tapered = 0.6 if look.choice("taper", 2) else 1.0
    legs = []
    for x in shrunk(look.x, leg / 2 + 0.004):
        for z in (look.z[0] + leg / 2 + 0.012, look.z[1] - leg / 2 - 0.004):
            legs.append(post((x, 0, z), (x, under, z), (leg * tapered, leg * tapered), head=(leg, leg)))
    if look.choice("stretcher", 2):
        x_in = shrunk(look.x, leg / 2 + 0.004)
        for x in x_in:
            height = 0.4 * under
            legs.append(rod((x, height, look.z[0] + leg), (x, height, look.z[1] - leg), 0.35 * leg, sides=6))
    return legs


def _chair_back(look: Look, seat_y: float, padded: bool) -> list[Mesh]:
    leg, height = table_leg_m(look.asset), look.size[1]
    depth, back = back_depth_m(look.asset), look.z[0]
    foot = 0.8 * leg, 0.5 * depth
    meshes = []
    for x in shrunk(look.x, leg / 2 + 0.004):
        meshes.append(post((x, seat_y - 0.035, back + 0.75 * depth), (x, height - 0.03, back + 0.25 * depth), foot))
    inside = shrunk(look.x, 0.85 * leg)
    meshes.append(block(look.x, (height - 0.09, height), (back, back + 0.5 * depth), bevel=0.01))
    if padded:
        return meshes
    style = look.choice("back", 3)
    low, high = seat_y + 0.04, height - 0.085
    if style == 0:
        count = 3 + look.choice("slats", 3)
        for index in range(count):
            x = inside[0] + (inside[1] - inside[0]) * (index + 0.5) / count
            top = x, high, back + 0.27 * depth
            meshes.append(post((x, seat_y - 0.01, back + 0.72 * depth), top, (0.025, 0.3 * depth)))
    elif style == 1:
        for share in (0.25, 0.62):
            y = low + share * (high - low)
            z = back + (0.62 - 0.35 * share) * depth
            meshes.append(block(inside, (y - 0.025, y + 0.025), (z - 0.15 * depth, z + 0.15 * depth)))
    else:
        middle = 0.0, (low + high) / 2 + 0.1 * (high - low)
        width = inside[1] - inside[0] + 0.01
        bottom = 0.0, middle[1] - 0.25 * (high - low), back + 0.55 * depth
        meshes.append(post(bottom, (0.0, high + 0.01, back + 0.28 * depth), (width, 0.3 * depth)))
    return meshes


def _back_pad(look: Look, seat_y: float) -> Mesh:
    depth, height = back_depth_m(look.asset), look.size[1]
    leg = table_leg_m(look.asset)
    low, high = seat_y + 0.06, height - 0.085
    width = look.size[0] - 1.7 * leg
    bottom = 0.0, low, look.z[0] + 0.62 * depth
    return post(bottom, (0.0, high, look.z[0] + 0.38 * depth), (width, 0.7 * depth), head=(width, 0.6 * depth))


def _office_chair(look: Look) -> list[Part]:
    frame = look.of_family(("metal", "plastic"), "plastic", "black", "charcoal", "light grey")
    soft = look.slot(0, "fabric", "charcoal", "navy", "grey")
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
    legs.append(block(shrunk(look.x, 0.15), (seat_y - 0.085, seat_y - 0.055), shrunk(look.z, 0.15)))
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
            arms.append(block((x - 0.022, x + 0.022), (seat_y + 0.17, seat_y + 0.2), (-0.13, 0.13), bevel=0.01))
            arms.append(post((x, seat_y - 0.05, 0.0), (x, seat_y + 0.172, 0.0), (0.025, 0.05)))
            arms.append(block((x, 0.6 * x), (seat_y - 0.075, seat_y - 0.05), (-0.025, 0.025)))
    margin = 0.05 if arms else 0.0
    seat_z = look.z[0] + 0.06, look.z[1]
    seat = rounded(shrunk(look.x, margin), (seat_y - 0.08, seat_y), seat_z, plan=0.45, side=0.3, sides=20, rings=6)
    back_y = seat_y + 0.09, height
    back = rounded(shrunk(look.x, 0.04 + margin), back_y, (look.z[0], look.z[0] + 0.07), plan=0.6, side=0.4, sides=16)
    return [part(frame, *legs, *arms, name="frame"), part(soft, seat, back, name="cushion")]


def sofa(look: Look) -> list[Part]:
    """A base on feet, two arms, a back, and as many cushions as fit; an armchair is a sofa for one."""
    soft = look.of_family(("fabric", "leather"), "fabric", "charcoal", "beige", "navy", "sage", "maroon", "sand")
    seat_y, arm_y, height = seat_height_m(look.asset), arm_height_m(look.asset), look.size[1]
    arm, back = arm_width_m(look.asset), back_depth_m(look.asset)
    foot = min(0.12, 0.14 * seat_y + 0.03 * look.choice("feet", 3))
    cushion = min(0.14, 0.34 * seat_y)
    inside = shrunk(look.x, arm)
    front = look.z[1]
    body = [
        block(inside, (foot, seat_y - cushion), (look.z[0] + 0.02, front - 0.02)),
        block(inside, (foot, height - 0.04), (look.z[0], look.z[0] + 0.45 * back), bevel=0.02),
    ]
    for low, high in ((look.x[0], look.x[0] + arm), (look.x[1] - arm, look.x[1])):
        if look.choice("arms", 2):
            body.append(block((low, high), (foot, arm_y), (look.z[0] + 0.01, front), bevel=0.03))
        else:
            body.append(block(shrunk((low, high), 0.15 * arm), (foot, arm_y - 0.3 * arm), (look.z[0] + 0.01, front)))
            body.append(_roll(low, high, arm_y, (look.z[0] + 0.02, front)))
    parts = [part(soft, *body, name="body"), _feet(look, foot)]
    parts.append(part(_cushion_material(look), *_cushions(look, inside, seat_y, cushion), name="cushion"))
    return parts


def _roll(low: float, high: float, top: float, z: tuple[float, float]) -> Mesh:
    radius = (high - low) / 2
    centre = (low + high) / 2, top - radius
    return rod((*centre, z[0]), (*centre, z[1]), radius, sides=16)


def _cushion_material(look: Look):
    names = [name.lower() for _, name in look.asset.materials]
    word = next((word for word in ("cusion", "cushion", "throw") if any(word in name for name in names)), None)
    if word and word != "throw":
        return look.of_name(word, "fabric", "beige")
    return look.of_family(("fabric", "leather"), "fabric", "charcoal", "beige", "navy", "sage", "maroon", "sand")


def _cushions(look: Look, inside: tuple[float, float], seat_y: float, thick: float) -> list[Mesh]:
    back, height = back_depth_m(look.asset), look.size[1]
    width = inside[1] - inside[0]
    count = max(1, round(width / 0.68))
    meshes = []
    for index in range(count):
        x = inside[0] + width * index / count + 0.001, inside[0] + width * (index + 1) / count - 0.001
        z = look.z[0] + 0.45 * back + 0.002, look.z[1]
        meshes.append(block(x, (seat_y - thick, seat_y), z, bevel=0.03))
        lean = look.z[0] + 0.45 * back, look.z[0] + back
        meshes.append(rounded(x, (seat_y, height), lean, plan=0.35, side=0.35, sides=12, rings=8))
    return meshes


def _feet(look: Look, foot: float) -> Part:
    wood = look.of_family(("wood", "metal"), "wood", "wenge", "walnut", "oak")
    legs = []
    for x in shrunk(look.x, 0.06):
        for z in shrunk(look.z, 0.06):
            legs.append(post((x, 0, z), (x, foot + 0.005, z), (0.035, 0.035), head=(0.055, 0.055)))
    return part(wood, *legs, name="feet")


def stool(look: Look) -> list[Part]:
    """A round or square seat on splayed legs, with a foot rest where it is tall."""
    wood = look.slot(0, "wood", "oak", "black", "white")
    width, height, depth = look.size
    thick = min(0.045, 0.1 * height)
    if is_round_top(look.asset):
        seat = rounded(look.x, (height - thick, height), look.z, side=0.25, sides=24, rings=6)
    else:
        seat = block(look.x, (height - thick, height), look.z, bevel=0.01)
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


def ottoman(look: Look) -> list[Part]:
    """An upholstered block on short feet."""
    soft = look.of_family(("fabric", "leather"), "fabric", "maroon", "charcoal", "sand")
    wood = look.of_family(("wood", "metal"), "wood", "wenge", "walnut")
    height = look.size[1]
    foot, pad = 0.14 * height, 0.3 * height
    body = block(shrunk(look.x, 0.012), (foot, height - pad), shrunk(look.z, 0.012), bevel=0.01)
    cushion = block(look.x, (height - pad, height), look.z, bevel=0.035)
    feet = []
    for x in shrunk(look.x, 0.06):
        for z in shrunk(look.z, 0.06):
            feet.append(post((x, 0, z), (x, foot + 0.004, z), (0.03, 0.03), head=(0.05, 0.05)))
    return [part(soft, body, cushion, name="body"), part(wood, *feet, name="feet")]


def footstool(look: Look) -> list[Part]:
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
