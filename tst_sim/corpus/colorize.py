"""Modalities as pictures for people: depth as color, ids as distinct colors."""

from __future__ import annotations

import numpy as np

from tst_sim.modalities import Kind, Modality

FAR_M = 6.0
"""Depth from which on everything has the last color."""
# Dark violet over teal to yellow: rises in lightness, so it also reads in grey.
_DEPTH_COLORS = np.array([(253, 231, 37), (122, 209, 81), (34, 168, 132), (42, 120, 142), (65, 68, 135), (40, 6, 60)])


def as_picture(modality: Modality, stored: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 sRGB of a stored image: near is light and yellow, far dark; label 0 and no depth are black."""
    if modality.kind is Kind.DEPTH:
        return _depth_picture(stored)
    if modality.kind is Kind.LABELS:
        return label_colors(int(stored.max(initial=0)) + 1)[stored]
    return stored


def label_colors(count: int) -> np.ndarray:
    """(count, 3) uint8 colors that differ strongly between neighbours; 0 is black.

    Hues step by the golden ratio, so any run of ids is spread evenly round the circle.
    """
    index = np.arange(count)
    hue = (index * 0.6180339887498949) % 1.0
    lightness = np.array([1.0, 0.72, 0.86])[index % 3]
    offsets = (hue[:, None] * 6 + np.array([5.0, 3.0, 1.0])) % 6
    colors = lightness[:, None] * (1 - 0.75 * np.clip(np.minimum(offsets, 4 - offsets), 0, 1))
    colors[0] = 0
    return np.rint(colors * 255).astype(np.uint8)


def _depth_picture(stored_mm: np.ndarray) -> np.ndarray:
    position = np.clip(stored_mm / (1000 * FAR_M), 0, 1) * (len(_DEPTH_COLORS) - 1)
    low = np.minimum(position.astype(int), len(_DEPTH_COLORS) - 2)
    part = (position - low)[..., None]
    picture = np.rint(_DEPTH_COLORS[low] * (1 - part) + _DEPTH_COLORS[low + 1] * part).astype(np.uint8)
    picture[stored_mm == 0] = 0
    return picture
