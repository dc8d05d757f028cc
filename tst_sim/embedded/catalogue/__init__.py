"""The catalogue: a parametric shape for every object type, scaled to each asset's real box.

One file per family of furniture; each ends in a table `SHAPES` from AI2-THOR's object type to the
function that draws it. `build_asset` is the door to all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tst_sim.assets import Asset
from tst_sim.embedded.catalogue import (
    bathroom,
    beds,
    cleaning,
    cookware,
    decor,
    doors,
    drawers,
    electronics,
    food,
    kitchen_appliances,
    lighting,
    plants,
    seating,
    stationery,
    storage,
    tables,
    tableware,
    textiles,
    toys_and_sport,
    windows,
)
from tst_sim.embedded.catalogue.appearance import AssetAppearance, Shape, part, shrunk
from tst_sim.embedded.mesh.materials import Rgb
from tst_sim.embedded.mesh.mesh import Mesh, Part
from tst_sim.embedded.mesh.primitives import box, moved, stretched
from tst_sim.errors import UserError
from tst_sim.proportions import BOARD_M, EXTRA_BOARD_INSET_M, extra_boards_m

SHAPES: dict[str, Shape] = {
    object_type: shape
    for family in (
        bathroom,
        beds,
        cleaning,
        cookware,
        doors,
        drawers,
        electronics,
        food,
        kitchen_appliances,
        lighting,
        plants,
        decor,
        seating,
        stationery,
        storage,
        tables,
        tableware,
        textiles,
        toys_and_sport,
        windows,
    )
    for object_type, shape in family.SHAPES.items()
}
"""Object type to shape, all families together."""


def build_asset(asset: Asset, *, color: Rgb | None = None, openness: float | None = None) -> tuple[Part, ...]:
    """The parts of an asset in its own frame: origin at the centre of its box, y up, the front at +z, metres.

    Together they fill the asset's box exactly. `color` is sRGB in [0, 1] and replaces the color of
    the main part. `openness` from 0 to 1 opens what can be opened (doors, laptops, books); an open
    door or a closed laptop leaves the box, whose place and size stay those of the closed door and
    the open laptop. UserError for an object type without a shape.
    """
    shape = SHAPES.get(asset.object_type)
    if shape is None:
        raise UserError(f"no shape for object type {asset.object_type!r}; known are {', '.join(sorted(SHAPES))}")
    look = AssetAppearance(asset, color)
    parts = shape(look)
    low, high = _bounds(parts)
    if openness is not None:
        parts = shape(replace(look, openness=openness))
    parts = [*parts, *_extra_boards(look)]
    factors = np.asarray(asset.size_m) / (high - low)
    drawn = (piece for piece in parts if len(piece.mesh.triangles))
    return tuple(replace(piece, mesh=_fitted(piece, (low + high) / 2, factors)) for piece in drawn)


def _extra_boards(look: AssetAppearance) -> list[Part]:
    """Plain boards where things are known to lie and the shape of the type has nothing that carries them."""
    boards = [
        box(shrunk(look.x, EXTRA_BOARD_INSET_M), (y - BOARD_M, y), shrunk(look.z, EXTRA_BOARD_INSET_M))
        for y in extra_boards_m(look.asset)
    ]
    return [part(look.material_slot(0, "wood", "oak"), *boards, name="boards")] if boards else []


def _bounds(parts: Sequence[Part]) -> tuple[np.ndarray, np.ndarray]:
    points = np.concatenate([piece.mesh.vertices for piece in parts]).astype(np.float64)
    return points.min(axis=0), points.max(axis=0)


def _fitted(piece: Part, centre: np.ndarray, factors: np.ndarray) -> Mesh:
    shifted = moved(piece.mesh, tuple(-centre))
    return stretched(shifted, tuple(factors))
