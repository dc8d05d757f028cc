"""House plants, vases, statues, pictures and ornaments."""

from __future__ import annotations

import math

import numpy as np

from tst_sim.embedded.catalogue.look import Look, part, shrunk
from tst_sim.embedded.mesh import Material, Mesh, Part
from tst_sim.embedded.primitives import block, curve, frame, lathe, leaf, moved, rod, rounded, solid, tube, turned
from tst_sim.randomness import rng_for


def house_plant(look: Look) -> list[Part]:
    """A pot with soil, and leaves: a bush, swords, a small tree, or a hanging fern."""
    pot_paint = look.of_name("pot_primary", "ceramic", "terracotta", "white", "charcoal", "sand", "teal")
    width, height, depth = look.size
    pot_y = (0.24 + 0.04 * look.choice("pot", 4)) * height
    radius = min(0.36 * min(width, depth), 0.62 * pot_y)
    profile = [(0, 0), (0.7, 0), (0.94, 0.86), (1.0, 0.86), (1.0, 1.0), (0.88, 1.0), (0.85, 0.9), (0, 0.9)]
    if look.choice("round pot", 2):
        profile = [(0, 0), (0.6, 0), (0.97, 0.35), (1.0, 0.6), (0.86, 1.0), (0.76, 1.0), (0.8, 0.88), (0, 0.88)]
    pot = lathe([(r * radius, y * pot_y) for r, y in profile], sides=20, crease_deg=40)
    soil = lathe(
        [(0.0, 0.8 * pot_y), (0.8 * radius, 0.8 * pot_y), (0.8 * radius, 0.92 * pot_y), (0.0, 0.94 * pot_y)], sides=14
    )
    style = look.choice("plant", 4)
    grow = (_bush, _swords, _tree, _fern)[style]
    stems, leaves = grow(look, pot_y, rng_for(0, "plant", look.asset.asset_id))
    green = look.of_name("leaves", "leaf", "leaf", "green", "dark leaf", "olive")
    bark = look.paint("wood", "walnut", "teak", what="bark") if style == 2 else look.paint("leaf", "olive", what="stem")
    parts = [part(pot_paint, pot, name="pot"), part(look.paint("soil", "soil", what="soil"), soil, name="soil")]
    parts.append(part(green, *leaves, name="leaves"))
    return [*parts, part(bark, *stems, name="stems")] if stems else parts


Growth = tuple[list[Mesh], list[Mesh]]


def _bush(look: Look, pot_y: float, rng: np.random.Generator) -> Growth:
    (width, height, depth), stems, leaves = look.size, [], []
    for index in range(38):
        angle, lift = 2.4 * index + rng.uniform(-0.3, 0.3), (index + 0.5) / 38
        reach = math.cos(0.5 * math.pi * lift * 0.8)
        joint = (
            0.25 * width * reach * math.cos(angle),
            pot_y + (0.75 * lift + 0.02) * (height - pot_y),
            0.25 * depth * reach * math.sin(angle),
        )
        tip = (
            0.5 * width * reach * math.cos(angle),
            joint[1] + 0.25 * (height - pot_y),
            0.5 * depth * reach * math.sin(angle),
        )
        leaves.append(leaf(joint, tip, 0.16 * min(width, depth) + 0.02 * width, droop=0.03 * height))
        if index % 3 == 0:
            stems.append(rod((0.1 * joint[0], 0.9 * pot_y, 0.1 * joint[2]), joint, 0.008 * width + 0.001, sides=4))
    return stems, leaves


def _swords(look: Look, pot_y: float, rng: np.random.Generator) -> Growth:
    (width, height, depth), leaves = look.size, []
    for index in range(24):
        angle, reach = 2.4 * index, 0.15 + 0.85 * (index / 23)
        base = 0.1 * width * math.cos(angle), 0.85 * pot_y, 0.1 * depth * math.sin(angle)
        top = height if index == 0 else pot_y + (height - pot_y) * float(rng.uniform(0.6, 1.0)) * (1.1 - 0.35 * reach)
        tip = 0.5 * reach * width * math.cos(angle), min(top, height), 0.5 * reach * depth * math.sin(angle)
        leaves.append(leaf(base, tip, 0.11 * min(width, depth)))
    return [], leaves


def _tree(look: Look, pot_y: float, rng: np.random.Generator) -> Growth:
    (width, height, depth) = look.size
    fork = pot_y + 0.45 * (height - pot_y)
    stems = [
        tube([(0, 0.85 * pot_y, 0), (0.02 * width, (pot_y + fork) / 2, 0), (0, fork, 0)], 0.02 * width + 0.003, sides=6)
    ]
    leaves = []
    for index in range(52):
        angle, rise = 2.4 * index, -0.6 + 1.6 * (index + 0.5) / 52
        flat = math.sqrt(max(0.0, 1 - rise * rise)) * float(rng.uniform(0.75, 1.0))
        middle = fork + 0.4 * (height - fork)
        tip = (
            0.5 * width * flat * math.cos(angle),
            middle + 0.6 * rise * (height - fork),
            0.5 * depth * flat * math.sin(angle),
        )
        root = 0.35 * tip[0], fork + 0.6 * (tip[1] - fork), 0.35 * tip[2]
        leaves.append(leaf(root, tip, 0.17 * min(width, depth), droop=0.02 * height))
        if index % 7 == 0:
            stems.append(rod((0, fork - 0.02, 0), root, 0.008 * width + 0.001, sides=4))
    return stems, leaves


def _fern(look: Look, pot_y: float, rng: np.random.Generator) -> Growth:
    (width, height, depth), leaves = look.size, []
    for index in range(30):
        angle, inner = 2.4 * index, index % 3
        out, up = (0.5, 0.36, 0.22)[inner], (0.35, 0.75, 1.0)[inner]
        knee_y = pot_y + up * (height - pot_y) * float(rng.uniform(0.9, 1.0))
        knee = 0.6 * out * width * math.cos(angle), knee_y, 0.6 * out * depth * math.sin(angle)
        tip_y = knee_y - (0.3 - 0.12 * inner) * (height - pot_y)
        tip = out * width * math.cos(angle), tip_y, out * depth * math.sin(angle)
        leaves.append(leaf((0.08 * knee[0], 0.85 * pot_y, 0.08 * knee[2]), knee, 0.07 * width))
        leaves.append(leaf((0.97 * knee[0], knee[1] - 0.01, 0.97 * knee[2]), tip, 0.09 * width, droop=0.02 * height))
    return [], leaves


def vase(look: Look) -> list[Part]:
    """A hollow turned body; the silhouette follows from the height and the asset."""
    glaze = look.slot(0, "ceramic", "white", "sand", "turquoise", "terracotta", "navy")
    silhouettes = (
        [(0.55, 0), (0.9, 0.25), (1.0, 0.45), (0.75, 0.75), (0.42, 0.9), (0.5, 1.0)],
        [(0.6, 0), (0.7, 0.3), (0.85, 0.65), (1.0, 1.0)],
        [(0.5, 0), (1.0, 0.3), (0.9, 0.55), (0.35, 0.72), (0.3, 0.9), (0.42, 1.0)],
        [(0.85, 0), (1.0, 0.08), (0.95, 0.8), (0.7, 0.93), (0.72, 1.0)],
    )
    outer = silhouettes[look.choice("silhouette", 4)]
    return [part(glaze, _hollow(look, outer, 0.06), name="vase")]


def _hollow(look: Look, outer: list[tuple[float, float]], wall: float) -> Mesh:
    width, height, depth = look.size
    outer = curve(outer, 2)
    inner = [(max(r - wall, 0.05), max(y, 0.05)) for r, y in outer[::-2]]
    profile = [(0.0, 0.0), *outer, *inner, (0.0, 0.05)]
    return lathe([(r, y * height) for r, y in profile], sides=14, stretch=(width / 2, depth / 2), crease_deg=50)


def statue(look: Look) -> list[Part]:
    """A seated dog, or a standing figure on a base."""
    stone = look.slot(0, "stone", "marble", "granite", "terracotta", "charcoal")
    if "Dog" in look.asset.asset_id:
        return [part(stone, *_dog(look), name="dog")]
    if "Hand" in look.asset.asset_id:
        return [part(stone, *_hand(look), name="hand")]
    width, height, depth = look.size
    base = block(look.x, (0.0, 0.06 * height), look.z, bevel=0.004)
    body = [(0.5, 0.05), (0.72, 0.2), (0.62, 0.38), (0.5, 0.5), (0.72, 0.68), (0.6, 0.78), (0.22, 0.82), (0.0, 0.83)]
    torso = lathe(
        [(0.0, 0.05 * height), *((r, y * height) for r, y in body)],
        sides=12,
        stretch=(0.5 * width, 0.5 * depth),
        crease_deg=60,
    )
    head_half = 0.11 * height
    head = rounded(
        (-0.8 * head_half, 0.8 * head_half),
        (height - 2 * head_half, height),
        (-0.85 * head_half, 0.85 * head_half),
        sides=10,
        rings=6,
    )
    arms = [
        tube(
            [
                (side * 0.3 * width, 0.72 * height, 0),
                (side * 0.44 * width, 0.55 * height, 0.05 * depth),
                (side * 0.2 * width, 0.42 * height, 0.32 * depth),
            ],
            [0.045 * height, 0.04 * height, 0.03 * height],
            sides=6,
        )
        for side in (-1, 1)
    ]
    return [part(stone, base, torso, head, *arms, name="figure")]


def _dog(look: Look) -> list[Mesh]:
    """A seated dog, drawn along z and turned to look along x, as its box is long."""
    depth, height, width = look.size
    w, z = width / 2, (-depth / 2, depth / 2)
    body = rounded((-0.8 * w, 0.8 * w), (0.0, 0.42 * height), (-0.42 * depth, 0.3 * depth), sides=10, rings=5)
    meshes = [moved(turned(body, "x", -38), (0, 0.16 * height, 0.0))]
    meshes.append(
        rounded((-0.6 * w, 0.6 * w), (0.6 * height, 0.96 * height), (-0.02 * depth, 0.34 * depth), sides=10, rings=5)
    )
    meshes.append(rounded((-0.32 * w, 0.32 * w), (0.64 * height, 0.8 * height), (0.2 * depth, z[1]), sides=8, rings=4))
    for side in (-1, 1):
        ear = rounded(_pair(side, 0.5 * w, 0.8 * w), (0.62 * height, height), (0.0, 0.16 * depth), sides=6, rings=3)
        thigh = rounded(
            _pair(side, 0.35 * w, w), (0.0, 0.42 * height), (z[0] + 0.12 * depth, 0.06 * depth), sides=6, rings=4
        )
        leg = rod((side * 0.4 * w, 0, 0.26 * depth), (side * 0.35 * w, 0.5 * height, 0.12 * depth), 0.2 * w, sides=6)
        paw = rounded(
            _pair(side, 0.15 * w, 0.65 * w), (0.0, 0.1 * height), (0.2 * depth, 0.4 * depth), sides=6, rings=3
        )
        meshes += [ear, thigh, leg, paw]
    tail = [
        (0, 0.1 * height, z[0] + 0.2 * depth),
        (0.1 * w, 0.1 * height, z[0] + 0.08 * depth),
        (0.3 * w, 0.3 * height, z[0]),
    ]
    meshes.append(tube(tail, 0.14 * w, sides=5))
    return [turned(mesh, "y", 90) for mesh in meshes]


def _hand(look: Look) -> list[Mesh]:
    """An open hand on its back, the wrist at -x, the fingers curling up."""
    width, height, depth = look.size
    thick = 0.2 * height
    meshes = [
        rounded(
            (-0.5 * width, 0.12 * width),
            (0.0, 0.42 * height),
            (-0.3 * depth, 0.36 * depth),
            plan=0.6,
            side=0.7,
            sides=12,
            rings=5,
        )
    ]
    for index, length in enumerate((0.36, 0.4, 0.38, 0.3)):
        z = (-0.24 + 0.17 * index) * depth
        path = [(0.04 * width, 0.22 * height, z), (0.04 * width + 0.7 * length * width, 0.35 * height, z)]
        path.append((0.08 * width + length * width, height * (0.7 + 0.08 * (index % 3)), z))
        meshes.append(tube(path, [thick, 0.9 * thick, 0.6 * thick], sides=7))
    thumb = [
        (-0.25 * width, 0.24 * height, -0.24 * depth),
        (-0.1 * width, 0.5 * height, -0.42 * depth),
        (0.08 * width, 0.8 * height, -0.44 * depth),
    ]
    meshes.append(tube(thumb, [1.1 * thick, thick, 0.6 * thick], sides=7))
    return meshes


def _pair(side: int, low: float, high: float) -> tuple[float, float]:
    return (low, high) if side > 0 else (-high, -low)


def painting(look: Look) -> list[Part]:
    """A frame, a mat where it is a photo, and a picture of a few flat colours; its front is +z."""
    wood = look.slot(0, "wood", "black", "walnut", "oak")
    mat = look.paint("paper", "paper", "ivory", what="mat")
    width, height, depth = look.size
    bar = 0.055 * min(width, height)
    y = 0.0, height
    meshes = [frame(look.x, y, look.z, bar)]
    inner_x, inner_y = shrunk(look.x, bar), shrunk(y, bar)
    ground = block(inner_x, inner_y, (look.z[0], look.z[0] + 0.4 * depth))
    margin = 0.12 * min(width, height) if "Photo" in look.asset.asset_id else 0.0
    picture_x, picture_y = shrunk(inner_x, margin), shrunk(inner_y, margin)
    return [
        part(wood, *meshes, name="frame"),
        part(mat, ground, name="mat"),
        *_picture(look, picture_x, picture_y, look.z[0] + 0.4 * depth),
    ]


_TINTS = (
    "navy",
    "terracotta",
    "yellow",
    "sage",
    "teal",
    "maroon",
    "cream",
    "sky",
    "charcoal",
    "rose",
    "orange",
    "forest",
)


def _picture(look: Look, x: tuple[float, float], y: tuple[float, float], z: float) -> list[Part]:
    rng = rng_for(0, "picture", look.asset.asset_id)
    step = 0.1 * look.size[2]
    inset = 0.0005
    ground = block(shrunk(x, inset), shrunk(y, inset), (z - step, z + step))
    parts = [part(_tint(look, "ground"), ground, name="picture")]
    style = look.choice("picture", 3)
    for index in range(4):
        inset = 0.001 * (index + 1)
        lift = z + 0.1 * step * index, z + step * (2 + 0.5 * index)
        if style == 0:
            low = y[0] + (y[1] - y[0]) * (0.55 - 0.16 * index)
            spot = block(shrunk(x, inset), (y[0] + inset, low), lift)
        elif style == 1:
            u, v = np.sort(rng.uniform(0.03, 0.97, 2)), np.sort(rng.uniform(0.03, 0.97, 2))
            spot = block(_within(x, u), _within(y, v), lift)
        else:
            size, u, v = rng.uniform(0.12, 0.25), *rng.uniform(0.27, 0.73, 2)
            ratio = (y[1] - y[0]) / (x[1] - x[0])
            spot = block(
                _within(x, (u - size * ratio * 0.8, u + size * ratio * 0.8)), _within(y, (v - size, v + size)), lift
            )
        parts.append(part(_tint(look, str(index)), spot, name="picture"))
    return parts


def _tint(look: Look, what: str) -> Material:
    return look.paint("paper", *_TINTS, what=f"tint {what}")


def _within(span: tuple[float, float], shares) -> tuple[float, float]:
    low, high = (float(np.clip(share, 0.0, 1.0)) for share in shares)
    high = max(high, low + 0.05)
    return span[0] + low * (span[1] - span[0]), span[0] + min(high, 1.0) * (span[1] - span[0])


def room_decor(look: Look) -> list[Part]:
    """A tall floor ornament: a stone foot, a turned column and a sphere."""
    wood, stone = look.slot(0, "wood", "walnut"), look.slot(1, "stone", "marble")
    width, height, depth = look.size
    foot = block(look.x, (0.0, 0.08 * height), look.z, bevel=0.01)
    column = [(0.7, 0.08), (0.42, 0.14), (0.3, 0.4), (0.38, 0.6), (0.26, 0.72), (0.5, 0.76)]
    body = lathe(
        [(0, 0.08 * height), *((r, y * height) for r, y in column), (0, 0.76 * height)],
        sides=20,
        stretch=(0.5 * width, 0.5 * depth),
        crease_deg=50,
    )
    ball = rounded(
        (0.8 * look.x[0], 0.8 * look.x[1]),
        (0.75 * height, height),
        (0.8 * look.z[0], 0.8 * look.z[1]),
        sides=20,
        rings=10,
    )
    return [part(wood, body, name="column"), part(stone, foot, ball, name="stone")]


def table_top_decor(look: Look) -> list[Part]:
    """A wide glass bowl with a waved rim."""
    mesh = _hollow(look, [(0.3, 0), (0.4, 0.12), (0.75, 0.45), (1.0, 1.0)], 0.04)
    points = mesh.vertices.astype(np.float64)
    angle = np.arctan2(points[:, 2] / look.z[1], points[:, 0] / look.x[1])
    points[:, 1] *= 1 - 0.12 * (0.5 + 0.5 * np.cos(6 * angle)) * points[:, 1] / look.size[1]
    glass = look.slot(0, "glass", "turquoise")
    return [part(glass, solid(points, mesh.triangles, crease_deg=50), name="bowl")]


SHAPES = {
    "HousePlant": house_plant,
    "Vase": vase,
    "Statue": statue,
    "Painting": painting,
    "RoomDecor": room_decor,
    "TableTopDecor": table_top_decor,
}
