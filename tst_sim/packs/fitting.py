"""A model fitted to an asset's real box: turned to the front, stretched, reduced, facing outwards, colored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tst_sim.embedded.mesh.materials import Rgb, srgb_to_linear
from tst_sim.embedded.mesh.mesh import Material, Mesh, Part, merge
from tst_sim.embedded.mesh.primitives import solid
from tst_sim.errors import UserError
from tst_sim.packs.colors import ColorCloud, by_color, without_holes
from tst_sim.packs.meshes import facing_out, reduced, welded
from tst_sim.packs.source_model import Model, Piece, SourceMaterial

TRIANGLES_AT_2_M = 4000
MIN_TRIANGLES = 300
MAX_OVER_BUDGET = 2.5
"""A house of 70 models then has about 100,000 triangles, three times as many as with the built-in shapes, whose budgets
are 200 to 700; Debian's models have 4,000 in the median and up to 198,000."""
CREASE_DEG = 40.0
INVISIBLE = 0.05
MAX_COORDINATE = 1e9
MAX_CUT_OUT = 0.35
"""Share of the area that textures may cut out; leaves that are painted on squares would be drawn as squares."""
MAX_GLASSY = 0.7
"""Opacity below which something is glass."""
_FAMILY_WORDS = (
    (r"leather|cuir", "leather"),
    (r"fabric|cloth|cushion|textile|tissu|cotton|linen|sheet|blanket|mattress|pillow|carpet|velvet", "fabric"),
    (r"wood|oak|teak|pine|walnut|cherry|birch|mahogany|bois|madera|parquet", "wood"),
    (r"chrome|steel|metal|alumin|iron|inox|brass|gold|silver|copper|nickel", "metal"),
    (r"marble|granite|stone|marmol", "stone"),
    (r"leaf|leaves|foliage|hoja|plant|grass", "leaf"),
    (r"ceramic|porcelain|china|enamel", "ceramic"),
    (r"glass|vidrio|verre|mirror", "glass"),
    (r"paper|cardboard|carton", "paper"),
    (r"rubber|tire|tyre", "rubber"),
    (r"soil|earth|dirt|tierra", "soil"),
)
"""First come, first served: materials as modellers of several countries name them."""
_WELD_M = 1e-5
_MIRROR_X = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Fit:
    """How a model is put into an asset's box."""

    turn: np.ndarray
    """(3, 3), applied to the file's coordinates first: afterwards y is up and the front at +z."""
    support: tuple[float, float] = (1.0, 1.0)
    """(share of the model's height, share of the box's height) of the surface that carries things; what is below and
    what is above are stretched each by its own factor."""


def triangle_budget(size_m: Sequence[float]) -> int:
    """Triangles for an asset of this size: what is twice as wide is seen at twice the distance's detail."""
    return max(MIN_TRIANGLES, int(TRIANGLES_AT_2_M * (max(size_m) / 2.0) ** 0.5))


def fitted(
    model: Model, stand: Fit, size_m: Sequence[float], *, name: str, color: Rgb | None = None
) -> tuple[Part, ...]:
    """Parts in the asset's frame (left-handed, y up, front +z, origin in the middle) that fill its box exactly.

    `color` (sRGB) replaces that of the largest part. UserError, naming the model, when there is nothing to draw.
    """
    size = np.asarray(size_m, np.float64)
    pieces = _whole(_placed(model, stand, size, name), name)
    budget = triangle_budget(size_m)
    surfaces = _reduced_to_budget(pieces, budget)
    count = sum(len(surface.triangles) for surface in surfaces)
    if count > MAX_OVER_BUDGET * budget:
        raise UserError(f"{name} cannot be reduced to {budget} triangles; {count} are left")
    outside = facing_out(*_joined([(surface.vertices, surface.triangles) for surface in surfaces]))
    drawn = [item for item in _split(outside, surfaces) if len(item[0].triangles)]
    if not drawn:
        raise UserError(f"{name} has nothing to draw")
    colored = [item for mesh, piece in drawn for item in _colored(mesh, piece)]
    filled = _filling([mesh for mesh, _ in colored], size)
    main = max(range(len(filled)), key=lambda i: _surface_area(filled[i].vertices, filled[i].triangles))
    return tuple(
        Part(mesh, _material(paint, color if i == main else None), paint.name)
        for i, (mesh, (_, paint)) in enumerate(zip(filled, colored))
    )


def _placed(model: Model, stand: Fit, size_m: np.ndarray, name: str) -> list[Piece]:
    """Turned, mirrored into the left-handed world, stretched to the box; triangles wound the other way round."""
    seen = [piece for piece in model if piece.paint.opacity > INVISIBLE and len(piece.triangles)]
    if not seen:
        raise UserError(f"{name} has nothing to draw")
    turned = [piece.vertices @ stand.turn.T * _MIRROR_X for piece in seen]
    used = np.concatenate([points[np.unique(piece.triangles)] for points, piece in zip(turned, seen)])
    if not (np.abs(used) < MAX_COORDINATE).all():
        raise UserError(
            f"{name} reaches {np.abs(used).max():g} from its origin; no coordinate may exceed {MAX_COORDINATE:g}"
        )
    low, extent = used.min(axis=0), np.ptp(used, axis=0)
    if (extent <= 1e-9 * max(1e-9, extent.max())).any():
        raise UserError(f"{name} is flat: its box is {extent[0]:g} x {extent[1]:g} x {extent[2]:g}")
    placed = []
    for piece, points in zip(seen, turned):
        fraction = (points - low) / extent
        fraction[:, 1] = np.interp(fraction[:, 1], [0.0, stand.support[0], 1.0], [0.0, stand.support[1], 1.0])
        placed.append(replace(piece, vertices=(fraction - 0.5) * size_m, triangles=piece.triangles[:, ::-1]))
    return placed


def _whole(pieces: Sequence[Piece], name: str) -> list[Piece]:
    """Pieces without what textures cut out; UserError when that is much of the model."""
    cut = [without_holes(piece) for piece in pieces]
    fraction = sum(area for _, area in cut) / max(
        sum(_surface_area(piece.vertices, piece.triangles) for piece in pieces), 1e-30
    )
    if fraction > MAX_CUT_OUT:
        raise UserError(f"{name} is cut out of its textures ({fraction:.0%} of it), which cannot be drawn")
    return [piece for piece, _ in cut if len(piece.triangles)]


@dataclass(frozen=True)
class _Surface:
    """A piece's triangles as they will be drawn."""

    vertices: np.ndarray
    triangles: np.ndarray
    piece: Piece


def _reduced_to_budget(pieces: Sequence[Piece], budget: int) -> list[_Surface]:
    """All pieces welded and reduced together, so that no gap opens between them."""
    vertices, triangles = _joined([(piece.vertices, piece.triangles) for piece in pieces])
    number = np.repeat(np.arange(len(pieces)), [len(piece.triangles) for piece in pieces])
    vertices, triangles = reduced(*welded(vertices, triangles, _WELD_M), number, budget)
    surfaces = []
    for index, piece in enumerate(pieces):
        used, inverse = np.unique(triangles[number == index], return_inverse=True)
        own = inverse.reshape(-1, 3)
        kept = own[(own != np.roll(own, 1, axis=1)).all(axis=1)]
        surfaces.append(_Surface(vertices[used], kept, piece))
    return surfaces


def _joined(surfaces: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """All (vertices, triangles) as one; their vertices stay apart."""
    offsets = np.cumsum([0] + [len(vertices) for vertices, _ in surfaces])
    triangles = [triangles + at for (_, triangles), at in zip(surfaces, offsets)]
    return np.concatenate([vertices for vertices, _ in surfaces]), np.concatenate(triangles)


def _split(triangles: np.ndarray, surfaces: Sequence[_Surface]) -> list[tuple[Mesh, Piece]]:
    """The joined triangles by surface again, with normals."""
    ends = np.cumsum([len(surface.vertices) for surface in surfaces])
    owner = np.searchsorted(ends, triangles[:, 0], side="right")
    split = []
    for number, surface in enumerate(surfaces):
        own = triangles[owner == number] - (ends[number] - len(surface.vertices))
        split.append((_two_sheets(surface.vertices, own), surface.piece))
    return split


def _two_sheets(vertices: np.ndarray, triangles: np.ndarray) -> Mesh:
    """Normals of each side on its own: where a triangle is there both ways, their mean would be nothing."""
    _, first = np.unique(np.sort(triangles, axis=1), axis=0, return_index=True)
    is_second = np.ones(len(triangles), bool)
    is_second[first] = False
    sheets = (triangles[~is_second], triangles[is_second])
    return merge([solid(vertices, sheet, CREASE_DEG, closed=False) for sheet in sheets if len(sheet)])


def _colored(mesh: Mesh, piece: Piece) -> list[tuple[Mesh, SourceMaterial]]:
    """One mesh a color."""
    cloud = ColorCloud.of(piece)
    if cloud is None:
        return [(mesh, piece.paint)]
    return [(part, replace(piece.paint, color=color)) for part, color in by_color(mesh, cloud.on(mesh))]


def _filling(meshes: Sequence[Mesh], size_m: np.ndarray) -> list[Mesh]:
    """The meshes, stretched by the little that reduction has taken from the box."""
    points = np.concatenate([mesh.vertices for mesh in meshes]).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    factors = size_m / np.maximum(high - low, 1e-9)
    return [
        replace(mesh, vertices=((mesh.vertices - (low + high) / 2) * factors).astype(np.float32)) for mesh in meshes
    ]


def _surface_area(vertices: np.ndarray, triangles: np.ndarray) -> float:
    corners = vertices[triangles].astype(np.float64)
    double = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    return float(double.sum()) / 2


def _material(paint: SourceMaterial, color: Rgb | None) -> Material:
    linear = srgb_to_linear(color or paint.color)
    return Material(paint.name, _family(paint), linear, paint.roughness, paint.metallic, paint.emission)


def _family(paint: SourceMaterial) -> str:
    """The family of `ROUGHNESS_AND_METALLIC` that the names of material and texture speak of."""
    if paint.opacity < MAX_GLASSY:
        return "glass"
    words = f"{paint.name} {paint.texture_name}".lower()
    found = next((family for pattern, family in _FAMILY_WORDS if re.search(pattern, words)), None)
    return found or ("metal" if paint.metallic > 0.5 else "plastic")
