"""The lightmap's layout: a rectangle of texels for every flat surface of the structure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import ndimage

TEXEL_M = 0.125
INSET_M = 0.03
"""Texels at a chart's border look at points this far inside it, clear of the surface next to it."""
_WIDTH = 512


class Flat(Protocol):
    """Something flat with a rectangle that covers it: corner + s axes[0] + t axes[1], s and t in [0, 1]."""

    @property
    def corner(self) -> np.ndarray:
        """(3,) world metres."""
        ...

    @property
    def axes(self) -> np.ndarray:
        """(2, 3) edges of the rectangle, metres."""
        ...


@dataclass(frozen=True)
class Chart:
    """The texels of one surface: `columns` x `rows` of them from (left, top)."""

    left: int
    top: int
    columns: int
    rows: int

    def points(self, surface: Flat) -> np.ndarray:
        """(rows, columns, 3) world points that the texels' light is asked for."""
        fractions = []
        for count, axis in zip((self.columns, self.rows), surface.axes):
            inset = min(0.5, INSET_M / max(float(np.linalg.norm(axis)), 1e-6))
            fractions.append(np.clip(np.linspace(0, 1, count), inset, 1 - inset))
        s, t = np.meshgrid(*fractions)
        return surface.corner + s[..., None] * surface.axes[0] + t[..., None] * surface.axes[1]

    def coordinates(self, surface: Flat, vertices: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """(n, 2) place in a map of `size` (width, height) of the surface's vertices (n, 3)."""
        offset = vertices.astype(np.float64) - surface.corner
        lengths = np.maximum(np.einsum("ij,ij->i", surface.axes, surface.axes), 1e-9)
        fractions = np.clip(offset @ surface.axes.T / lengths, 0, 1)
        texels = np.array([self.left, self.top]) + 0.5 + fractions * (self.columns - 1, self.rows - 1)
        return texels / np.array(size)


def lay_out(
    surfaces: Sequence[Flat], texels_m: Sequence[float] | None = None, width: int = _WIDTH
) -> tuple[list[Chart], tuple[int, int]]:
    """A chart for each surface, on shelves by falling height, and the size (width, height) of the map.

    `texels_m`: how wide a texel of each surface is at most, where its chart fits the map.
    """
    sizes = []
    for surface, texel_m in zip(surfaces, texels_m or [TEXEL_M] * len(surfaces)):
        lengths = np.linalg.norm(surface.axes, axis=1)
        sizes.append(tuple(int(n) for n in np.clip(np.ceil(lengths / texel_m) + 1, 2, width)))
    charts: list[Chart | None] = [None] * len(sizes)
    left = top = shelf = 0
    for index in sorted(range(len(sizes)), key=lambda i: (-sizes[i][1], i)):
        columns, rows = sizes[index]
        if left + columns > width:
            left, top, shelf = 0, top + shelf, 0
        charts[index] = Chart(left, top, columns, rows)
        left, shelf = left + columns, max(shelf, rows)
    return [chart for chart in charts if chart is not None], (width, top + shelf)


def filled(image: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """An image (h, w, 3) whose invalid texels take the value of the nearest valid one."""
    if valid.all() or not valid.any():
        return image
    nearest = ndimage.distance_transform_edt(~valid, return_distances=False, return_indices=True)
    return image[tuple(nearest)]  # type: ignore[arg-type]
