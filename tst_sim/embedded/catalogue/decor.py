"""Vases, statues, pictures and ornaments."""

from __future__ import annotations

import numpy as np

from tst_sim.embedded.catalogue.appearance import AssetAppearance, part, shrunk
from tst_sim.embedded.mesh.mesh import Material, Mesh, Part
from tst_sim.embedded.mesh.primitives import box, circle, curve, frame, lathe, loft, rounded, solid, tube, turned
from tst_sim.randomness import rng_for


def vase(look: AssetAppearance) -> list[Part]:
    """A hollow turned body; the silhouette follows from the height and the asset."""
    glaze = look.material_slot(0, "ceramic", "white", "sand", "turquoise", "terracotta", "navy")
    silhouettes = (
        [(0.55, 0), (0.9, 0.25), (1.0, 0.45), (0.75, 0.75), (0.42, 0.9), (0.5, 1.0)],
        [(0.6, 0), (0.62, 0.06), (0.4, 0.22), (0.44, 0.55), (0.66, 0.86), (1.0, 1.0)],
        [(0.5, 0), (1.0, 0.3), (0.9, 0.55), (0.35, 0.72), (0.3, 0.9), (0.42, 1.0)],
        [(0.85, 0), (1.0, 0.08), (0.95, 0.8), (0.7, 0.93), (0.72, 1.0)],
    )
    outer = silhouettes[look.choice("silhouette", 4)]
    return [part(glaze, _hollow(look, outer, 0.06), name="vase")]


def _hollow(look: AssetAppearance, outer: list[tuple[float, float]], wall: float) -> Mesh:
    width, height, depth = look.size
    outer = curve(outer, 2)
    inner = [(max(r - wall, 0.05), max(y, 0.05)) for r, y in outer[::-2]]
    profile = [(0.0, 0.0), *outer, *inner, (0.0, 0.05)]
    return lathe([(r, y * height) for r, y in profile], sides=14, stretch=(width / 2, depth / 2), crease_deg=50)


def statue(look: AssetAppearance) -> list[Part]:
    """A seated dog, or a standing figure on a base."""
    stone = look.material_slot(0, "stone", "marble", "granite", "terracotta", "charcoal")
    if "Dog" in look.asset.asset_id:
        return [part(stone, *_dog(look), name="dog")]
    if "Hand" in look.asset.asset_id:
        return [part(stone, *_hand(look), name="hand")]
    return [part(stone, *_woman(look), name="figure")]


_BODY = (
    (0.05, 0.0, 0.56, 0.6),
    (0.25, 0.04, 0.5, 0.5),
    (0.38, 0.03, 0.66, 0.58),
    (0.46, 0.0, 0.56, 0.48),
    (0.54, -0.04, 0.4, 0.38),
    (0.62, -0.03, 0.55, 0.5),
    (0.69, 0.0, 0.68, 0.36),
    (0.735, 0.0, 0.4, 0.26),
    (0.76, 0.0, 0.16, 0.18),
    (0.83, 0.01, 0.15, 0.17),
)
"""A standing woman in a long dress: height, shift to the side, half width and half depth, as shares of the box."""


def _woman(look: AssetAppearance) -> list[Mesh]:
    """A standing woman on a round plinth, one hip out; her arms hang, are folded or one is raised."""
    width, height, depth = look.size
    plump = 1.15 if "Fertility" in look.asset.asset_id else 0.95
    outline, rings = circle(10), []
    for y, shift, half_x, half_z in _BODY:
        ring = np.empty((len(outline), 3))
        ring[:, 0] = (shift + outline[:, 0] * min(0.75, plump * half_x)) * width / 2
        ring[:, 1], ring[:, 2] = y * height, outline[:, 1] * min(0.75, plump * half_z) * depth / 2
        rings.append(ring)
    plinth = [(0, 0), (1.0, 0), (1.0, 0.02 * height), (0.9, 0.03 * height), (0.9, 0.052 * height), (0, 0.052 * height)]
    meshes = [loft(np.array(rings), crease_deg=60), lathe(plinth, sides=12, stretch=(width / 2, depth / 2))]
    head_x, head_z = 0.055 * height, 0.065 * height
    meshes.append(rounded((-head_x, head_x), (0.8 * height, 0.975 * height), (-head_z, head_z), sides=8, rings=5))
    meshes.append(_ball((0.0, 0.945 * height, -0.06 * height), 0.055 * height))
    raised = "Waving" in look.asset.asset_id
    for side in (-1, 1):
        shoulder = (side * 0.3 * width, 0.695 * height, 0.0)
        elbow, hand = (
            (side * 0.43 * width, 0.56 * height, 0.02 * depth),
            (side * 0.12 * width, 0.5 * height, 0.3 * depth),
        )
        if raised and side > 0:
            elbow, hand = (0.46 * width, 0.78 * height, 0.0), (0.36 * width, 0.92 * height, 0.1 * depth)
        meshes.append(tube([shoulder, elbow, hand], [0.034 * height, 0.028 * height, 0.02 * height], sides=5))
    return meshes


def _ball(centre: tuple[float, float, float], radius: float) -> Mesh:
    x, y, z = ((c - radius, c + radius) for c in centre)
    return rounded(x, y, z, sides=6, rings=4)


def _dog(look: AssetAppearance) -> list[Mesh]:
    """A seated dog, drawn along z and turned to look along x, as its box is long."""
    depth, height, width = look.size
    w = width / 2

    def at(x: float, y: float, z: float) -> tuple[float, float, float]:
        return x * w, y * height, z * depth

    trunk = [at(0, 0.14, -0.3), at(0, 0.24, -0.22), at(0, 0.4, -0.06), at(0, 0.58, 0.06), at(0, 0.78, 0.1)]
    meshes = [tube(trunk, [0.45 * w, 0.78 * w, 0.72 * w, 0.62 * w, 0.44 * w], sides=8)]
    meshes.append(
        tube([at(0, 0.84, 0.02), at(0, 0.84, 0.14), at(0, 0.8, 0.26)], [0.4 * w, 0.56 * w, 0.42 * w], sides=8)
    )
    meshes.append(tube([at(0, 0.78, 0.22), at(0, 0.73, 0.47)], [0.34 * w, 0.24 * w], sides=6))
    meshes.append(_ball(at(0, 0.77, 0.465), 0.1 * w))
    for side in (-1, 1):
        ear = [at(side * 0.42, 0.98, 0.06), at(side * 0.62, 0.84, 0.04), at(side * 0.62, 0.66, 0.07)]
        meshes.append(tube(ear, [0.1 * w, 0.2 * w, 0.12 * w], sides=4))
        meshes.append(tube([at(side * 0.42, 0.52, 0.12), at(side * 0.44, 0.05, 0.2)], [0.24 * w, 0.17 * w], sides=5))
        meshes.append(tube([at(side * 0.44, 0.05, 0.15), at(side * 0.44, 0.045, 0.32)], 0.19 * w, sides=5))
        thigh = rounded(_pair(side, 0.35 * w, w), (0.0, 0.4 * height), (-0.34 * depth, 0.06 * depth), sides=7, rings=4)
        meshes += [thigh, tube([at(side * 0.7, 0.05, -0.05), at(side * 0.7, 0.045, 0.16)], 0.19 * w, sides=5)]
    tail = [at(0, 0.1, -0.3), at(0.2, 0.1, -0.42), at(0.5, 0.24, -0.49)]
    meshes.append(tube(tail, [0.18 * w, 0.14 * w, 0.08 * w], sides=5))
    return [turned(mesh, "y", 90) for mesh in meshes]


def _hand(look: AssetAppearance) -> list[Mesh]:
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


def painting(look: AssetAppearance) -> list[Part]:
    """A frame, a mat where it is a photo, and a picture of a few flat colors; its front is +z."""
    wood = look.material_slot(0, "wood", "black", "walnut", "oak")
    mat = look.paint("paper", "paper", "ivory", what="mat")
    width, height, depth = look.size
    bar = 0.055 * min(width, height)
    y = 0.0, height
    style = look.choice("moulding", 3)
    meshes = [frame(look.x, y, look.z, bar)] if style == 0 else [_moulding(look, bar, hollow=style == 2)]
    inner_x, inner_y = shrunk(look.x, bar), shrunk(y, bar)
    ground = box(inner_x, inner_y, (look.z[0], look.z[0] + 0.4 * depth))
    margin = 0.12 * min(width, height) if "Photo" in look.asset.asset_id else 0.0
    picture_x, picture_y = shrunk(inner_x, margin), shrunk(inner_y, margin)
    return [
        part(wood, *meshes, name="frame"),
        part(mat, ground, name="mat"),
        *_picture(look, picture_x, picture_y, look.z[0] + 0.4 * depth),
    ]


def _moulding(look: AssetAppearance, bar: float, *, hollow: bool) -> Mesh:
    """A mitred picture frame with a profile: it slopes towards the picture, from a rounded or a hollowed bar."""
    (back, front), height = look.z, look.size[1]
    deep = front - back
    profile = [(0.0, 0.0), (0.0, 0.7), (0.2, 1.0), (0.55, 0.92), (1.0, 0.55), (1.0, 0.0)]
    if hollow:
        profile = [(0.0, 0.0), (0.0, 1.0), (0.25, 1.0), (0.45, 0.7), (0.85, 0.7), (1.0, 0.85), (1.0, 0.0)]
    rings = []
    for x, y, u, v in (
        (look.x[0], 0.0, 1, 1),
        (look.x[1], 0.0, -1, 1),
        (look.x[1], height, -1, -1),
        (look.x[0], height, 1, -1),
    ):
        rings.append([(x + u * inset * bar, y + v * inset * bar, back + depth * deep) for inset, depth in profile])
    return loft(np.array(rings), closed=True)


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


def _picture(look: AssetAppearance, x: tuple[float, float], y: tuple[float, float], z: float) -> list[Part]:
    rng = rng_for(0, "picture", look.asset.asset_id)
    step = 0.1 * look.size[2]
    inset = 0.0005
    ground = box(shrunk(x, inset), shrunk(y, inset), (z - step, z + step))
    parts = [part(_tint(look, "ground"), ground, name="picture")]
    style = look.choice("picture", 3)
    for index in range(4):
        inset = 0.001 * (index + 1)
        lift = z + 0.1 * step * index, z + step * (2 + 0.5 * index)
        if style == 0:
            low = y[0] + (y[1] - y[0]) * (0.55 - 0.16 * index)
            spot = box(shrunk(x, inset), (y[0] + inset, low), lift)
        elif style == 1:
            u, v = np.sort(rng.uniform(0.03, 0.97, 2)), np.sort(rng.uniform(0.03, 0.97, 2))
            spot = box(_within(x, u), _within(y, v), lift)
        else:
            size, u, v = rng.uniform(0.12, 0.25), *rng.uniform(0.27, 0.73, 2)
            ratio = (y[1] - y[0]) / (x[1] - x[0])
            spot = box(
                _within(x, (u - size * ratio * 0.8, u + size * ratio * 0.8)), _within(y, (v - size, v + size)), lift
            )
        parts.append(part(_tint(look, str(index)), spot, name="picture"))
    return parts


def _tint(look: AssetAppearance, what: str) -> Material:
    return look.paint("paper", *_TINTS, what=f"tint {what}")


def _within(span: tuple[float, float], fractions) -> tuple[float, float]:
    low, high = (float(np.clip(fraction, 0.0, 1.0)) for fraction in fractions)
    high = max(high, low + 0.05)
    return span[0] + low * (span[1] - span[0]), span[0] + min(high, 1.0) * (span[1] - span[0])


def room_decor(look: AssetAppearance) -> list[Part]:
    """A tall floor ornament: a stone foot, a turned column and a sphere."""
    wood, stone = look.material_slot(0, "wood", "walnut"), look.material_slot(1, "stone", "marble")
    width, height, depth = look.size
    foot = box(look.x, (0.0, 0.08 * height), look.z, bevel=0.01)
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


def table_top_decor(look: AssetAppearance) -> list[Part]:
    """A wide glass bowl with a waved rim."""
    mesh = _hollow(look, [(0.3, 0), (0.4, 0.12), (0.75, 0.45), (1.0, 1.0)], 0.04)
    points = mesh.vertices.astype(np.float64)
    angle = np.arctan2(points[:, 2] / look.z[1], points[:, 0] / look.x[1])
    points[:, 1] *= 1 - 0.12 * (0.5 + 0.5 * np.cos(6 * angle)) * points[:, 1] / look.size[1]
    glass = look.material_slot(0, "glass", "turquoise")
    return [part(glass, solid(points, mesh.triangles, crease_deg=50), name="bowl")]


SHAPES = {
    "Vase": vase,
    "Statue": statue,
    "Painting": painting,
    "RoomDecor": room_decor,
    "TableTopDecor": table_top_decor,
}
