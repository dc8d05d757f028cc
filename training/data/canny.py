"""Canny edges of a picture (Canny, PAMI 1986), in numpy: grey, blur, gradient, thinning, hysteresis."""

from __future__ import annotations

import numpy as np

SIGMA_KERNEL = np.array([1, 4, 6, 4, 1], np.float32) / 16
"""Binomial, standard deviation 1 pixel."""
GREY = np.array([0.299, 0.587, 0.114], np.float32)
"""Luma of ITU-R BT.601."""


def canny(rgb: np.ndarray, low: float = 5.0, high: float = 12.0) -> np.ndarray:
    """Edges (h, w) uint8, 1 on an edge, of an (h, w, 3) uint8 picture.

    A pixel is an edge where the Sobel gradient (grey levels per pixel) is largest along its own
    direction and above `high`, or above `low` and connected (8 neighbours) to such a pixel.
    """
    grey = np.pad(rgb.astype(np.float32) @ GREY, 3, mode="edge")
    blurred = _along(_along(grey, SIGMA_KERNEL, 0), SIGMA_KERNEL, 1)
    smooth, slope = np.array([1, 2, 1], np.float32) / 4, np.array([-1, 0, 1], np.float32) / 2
    dx = _along(_along(blurred, smooth, 0), slope, 1)
    dy = _along(_along(blurred, smooth, 1), slope, 0)
    strength = _thinned(np.hypot(dx, dy), dx, dy)
    return _hysteresis(strength > low, strength > high).astype(np.uint8)


def _along(image: np.ndarray, kernel: np.ndarray, axis: int) -> np.ndarray:
    """Correlation along one axis, without padding."""
    length = image.shape[axis] - len(kernel) + 1
    parts = (weight * image.take(range(i, i + length), axis) for i, weight in enumerate(kernel))
    return np.sum(list(parts), axis=0)


def _thinned(strength: np.ndarray, dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Gradient kept where it is not below its two neighbours along the gradient (4 directions)."""
    sector = np.rint(np.arctan2(dy, dx) / (np.pi / 4)).astype(int) % 4
    padded = np.pad(strength, 1)
    height, width = strength.shape
    kept = np.zeros_like(strength)
    for number, (y, x) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead = padded[1 + y : 1 + y + height, 1 + x : 1 + x + width]
        behind = padded[1 - y : 1 - y + height, 1 - x : 1 - x + width]
        peak = (sector == number) & (strength > ahead) & (strength >= behind)
        kept[peak] = strength[peak]
    return kept


def _hysteresis(weak: np.ndarray, strong: np.ndarray) -> np.ndarray:
    """Weak pixels connected to strong ones, by growing the strong set until it stops."""
    while True:
        padded = np.pad(strong, 1)
        height, width = strong.shape
        grown = np.zeros_like(strong)
        for y in range(3):
            for x in range(3):
                grown |= padded[y : y + height, x : x + width]
        grown &= weak
        if (grown == strong).all():
            return strong
        strong = grown
