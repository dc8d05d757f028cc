"""Boxes around things as they are drawn: doors that swing out, lids that rise and curtains that are pulled reach beyond
the box of their asset, or leave a part of it empty.

Asset packs leave what has an openness to the built-in shapes, so these are what is drawn with any of them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from tst_sim.assets import Asset, asset_table
from tst_sim.embedded.catalogue import build_asset
from tst_sim.embedded.scene.instance_meshes import rotation_matrix
from tst_sim.placement.body import Body
from tst_sim.thor.actions.object_schema import box_around

SAME_M = 1e-3
"""A drawn shape that differs by less from its asset's box fills it."""
# AI2-THOR's order: the lower four corners, then the upper four, each round from (+x, +z).
_ORIENTED = np.array([(x, y, z) for y in (-1, 1) for x, z in ((1, 1), (-1, 1), (-1, -1), (1, -1))], np.float64)


def openness_of(asset: Asset, openness: float | None) -> float:
    """How far it stands open, 0 to 1: as it was set, else (None) as its asset comes and is drawn.

    Laptops, cardboard boxes, blinds, shower curtains and some books come open.
    """
    if openness is not None:
        return openness
    return 1.0 if "CanOpen" in asset.secondary_properties and _comes_open(asset.asset_id) else 0.0


def aligned_box(body: Body, openness: float | None) -> dict[str, Any]:
    """The world-aligned box around the turned object as it is drawn, in the form of the metadata."""
    outline = _outline(body, openness)
    if outline is None:
        (reach_x, reach_z), height = body.hull.reach()[0].tolist(), float(body.hull.half[0, 1])
        return box_around(body.position, (2 * reach_x, 2 * height, 2 * reach_z))
    points = outline @ rotation_matrix(body.rotation).T + body.position
    low, high = points.min(axis=0), points.max(axis=0)
    (x, y, z), (width, height, depth) = ((low + high) / 2).tolist(), (high - low).tolist()
    return box_around((x, y, z), (width, height, depth))


def oriented_box(body: Body, openness: float | None) -> dict[str, Any]:
    """The box that turns with the object, as it is drawn, in the form of the metadata."""
    return {"cornerPoints": oriented_corners(body, openness).tolist()}


def oriented_corners(body: Body, openness: float | None) -> np.ndarray:
    """(8, 3) world corners of the box that turns with the object, as it is drawn."""
    outline = _outline(body, openness)
    if outline is not None:
        low, high = outline.min(axis=0), outline.max(axis=0)
        local = (low + high) / 2 + _ORIENTED * (high - low) / 2
        return local @ rotation_matrix(body.rotation).T + body.position
    local = _ORIENTED * body.hull.half[0]
    cosine, sine = body.hull.direction[0]
    turned_x, turned_z = local[:, 0] * cosine + local[:, 2] * sine, -local[:, 0] * sine + local[:, 2] * cosine
    return np.stack([turned_x, local[:, 1], turned_z], axis=1) + body.position


def _outline(body: Body, openness: float | None) -> np.ndarray | None:
    """(n, 3) drawn points in the asset's own frame; None where its box says it all."""
    return None if openness is None else _beyond_its_box(body.asset_id, float(openness))


@lru_cache(maxsize=1024)
def _beyond_its_box(asset_id: str, openness: float) -> np.ndarray | None:
    asset = asset_table()[asset_id]
    points = _drawn(asset, openness)
    half = np.array(asset.size_m) / 2
    extent = np.stack([points.min(axis=0), points.max(axis=0)])
    return None if np.abs(extent - [-half, half]).max() < SAME_M else points


@lru_cache(maxsize=1024)
def _comes_open(asset_id: str) -> bool:
    asset = asset_table()[asset_id]
    plain, shut = _drawn(asset, None), _drawn(asset, 0.0)
    return plain.shape != shut.shape or bool(np.abs(plain - shut).max() > SAME_M)


def _drawn(asset: Asset, openness: float | None) -> np.ndarray:
    parts = build_asset(asset, openness=openness)
    return np.unique(np.concatenate([part.mesh.vertices for part in parts]).astype(np.float64), axis=0)
