"""Sobol points for rays, split into interleaved subsets; neighbouring texels use different ones (dithered sampling)."""

from __future__ import annotations

import numpy as np

DITHER_PATTERNS = 16
"""Ways of sampling; each is even by itself, and all together are."""


def sobol_samples(count: int, shift: np.ndarray | None = None) -> np.ndarray:
    """(count, DITHER_PATTERNS, 2) float32 places in the unit square: `count`, a power of 2, for each pattern.

    Consecutive pieces of I. M. Sobol's sequence in two dimensions, so that every power of 2 of them leaves no
    gaps. `shift` (2,) moves all, round the edges.
    """
    assert count & (count - 1) == 0, count
    places = _sobol(count * DITHER_PATTERNS).reshape(DITHER_PATTERNS, count, 2).swapaxes(0, 1)
    moved = (places + 0.5 / (count * DITHER_PATTERNS) + (0.0 if shift is None else shift)) % 1
    return np.minimum(moved, 1 - 1e-6).astype(np.float32)


def _sobol(count: int) -> np.ndarray:
    """(count, 2) float64: bits reversed, and bits through the matrix of the polynomial x + 1."""
    index = np.arange(count, dtype=np.uint32)
    places = np.zeros((2, count), np.uint32)
    first = second = np.uint32(1 << 31)
    for bit in range(int(count).bit_length()):
        has = (index >> np.uint32(bit)) & np.uint32(1)
        places[0] ^= has * first
        places[1] ^= has * second
        first, second = first >> np.uint32(1), second ^ (second >> np.uint32(1))
    return (places / 2.0**32).T


def hemisphere(squares: np.ndarray) -> np.ndarray:
    """Cosine-weighted unit vectors about +z, (k, DITHER_PATTERNS, 3) float32, from points (k, DITHER_PATTERNS, 2).

    Malley's method: points of the disc, lifted.
    """
    radius, angle = np.sqrt(squares[..., 0]), 2 * np.pi * squares[..., 1]
    height = np.sqrt(np.maximum(1 - squares[..., 0], 0))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=-1).astype(np.float32)


def sphere(square: np.ndarray) -> np.ndarray:
    """(n, 3) float32 evenly spread unit vectors of places (n, 2) (Archimedes' hat-box theorem)."""
    height = 2 * square[:, 0] - 1
    across = np.sqrt(np.maximum(1 - height**2, 0))
    angle = 2 * np.pi * square[:, 1]
    return np.stack([across * np.cos(angle), height, across * np.sin(angle)], axis=1).astype(np.float32)


def tangents(normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two float32 unit vectors (n, 3) at right angles to each normal and to one another.

    T. Duff et al., "Building an Orthonormal Basis, Revisited", JCGT 6(1), 2017.
    """
    x, y, z = normals.T
    sign = np.where(z >= 0, 1, -1).astype(np.float32)
    a = -1 / (sign + z)
    b = x * y * a
    first = np.stack([1 + sign * x * x * a, sign * b, -sign * x], axis=1)
    second = np.stack([b, sign + y * y * a, -y], axis=1)
    return first.astype(np.float32), second.astype(np.float32)
