"""Noise that repeats without a seam, and the fields that patterns are put together from.

All fields are (SIDE, SIDE) float64; row 0 is v = 0; what leaves at one side comes in at the other.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

SIDE = 256
"""Texels along the side of a layer."""


def cloud(rng: np.random.Generator, coarse: float, fine: float, *, stretch: float = 1.0) -> np.ndarray:
    """Band-limited Gaussian noise (SIDE, SIDE), mean 0, deviation 1: from `coarse` to `fine` waves along a side.

    `stretch` > 1 draws it out along u. White noise that is filtered in the Fourier domain is periodic.
    """
    waves = np.fft.fftfreq(SIDE, 1 / SIDE)
    across, along = np.meshgrid(waves[: SIDE // 2 + 1] * stretch, waves)
    length = np.hypot(np.abs(across), along)
    band = np.exp(-((length / fine) ** 2)) * (1 - np.exp(-((length / coarse) ** 2)))
    spectrum = np.fft.rfft2(rng.standard_normal((SIDE, SIDE))) * band / np.maximum(length, 1.0)
    field = np.fft.irfft2(spectrum, (SIDE, SIDE))
    return (field - field.mean()) / max(float(field.std()), 1e-9)


def grid() -> tuple[np.ndarray, np.ndarray]:
    """u and v (SIDE, SIDE) of the texels, in [0, 1)."""
    steps = (np.arange(SIDE) + 0.5) / SIDE
    u, v = np.meshgrid(steps, steps)
    return u, v


def shifted(field: np.ndarray, du: np.ndarray, dv: np.ndarray) -> np.ndarray:
    """The field (SIDE, SIDE), read `du` and `dv` texels further on at each texel (domain warping)."""
    rows, columns = np.indices(field.shape)
    return field[np.rint(rows + dv).astype(int) % SIDE, np.rint(columns + du).astype(int) % SIDE]


def edge(distance: np.ndarray, width: float) -> np.ndarray:
    """Of distances (SIDE, SIDE): 0 at 0, rising smoothly to 1 at `width` (smoothstep)."""
    t = np.clip(distance / width, 0, 1)
    return t * t * (3 - 2 * t)


def cells(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Voronoi cells of points (n, 2) in [0, 1): the cell of each texel, and the distance to its border.

    The distance, in sides, is the difference between those to the nearest two points (Worley 1996).
    """
    found = KDTree(points % 1.0, boxsize=1.0).query(np.stack(grid(), axis=-1).reshape(-1, 2), k=2)
    away, nearest = (np.asarray(values).reshape(SIDE, SIDE, 2) for values in found)
    return nearest[..., 0], away[..., 1] - away[..., 0]


def scattered(rng: np.random.Generator, count: int) -> np.ndarray:
    """(count x count, 2) points, one near the middle of each cell of a lattice."""
    rows, columns = np.divmod(np.arange(count * count), count)
    return (np.stack([columns, rows], axis=1) + 0.15 + 0.7 * rng.random((count * count, 2))) / count
