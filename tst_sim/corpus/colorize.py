"""Modalities as pictures for people: one palette a kind, for contact sheets, films and reports alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tst_sim.codecs import from_stored
from tst_sim.errors import UserError
from tst_sim.modality import Kind, Modality

FAR_M = 6.0
"""Depth from which on everything has the last color."""
# Dark violet over teal to yellow: rises in lightness, so it also reads in grey.
_RAMP = np.array([(40, 6, 60), (65, 68, 135), (42, 120, 142), (34, 168, 132), (122, 209, 81), (253, 231, 37)])
# Calm colors for what surrounds everything, so that objects stand out; other ids get vivid ones.
_STRUCTURE_COLORS = {
    "Floor": (176, 147, 112),
    "Wall": (203, 208, 214),
    "Ceiling": (236, 238, 240),
    "Door": (133, 94, 66),
    "Window": (150, 200, 235),
}


def colorize(row: Modality, values: np.ndarray, classes: Sequence[str] = ()) -> np.ndarray:
    """(h, w, 3) uint8 sRGB of one modality in physical units, at its own grid; black where nothing is known.

    Near is light and yellow, far dark. `classes`: those of the corpus, for labels that name them. Quantities go from
    dark (the least in the picture) to light; features are shown by their three principal components, each over its
    whole range. UserError for text, which is no picture.
    """
    if row.kind is Kind.TEXT:
        raise UserError(f"{row.name} is text, which is no picture")
    if row.kind is Kind.COLOR:
        return values if values.ndim == 3 else np.repeat(values[..., None], 3, axis=-1)
    if row.kind is Kind.DEPTH:
        return _ramped(1 - np.clip(values / FAR_M, 0, 1), values > 0)
    if row.kind is Kind.NORMAL:
        picture = np.rint((np.clip(values, -1, 1) + 1) * 127.5).astype(np.uint8)
        picture[~np.any(values, axis=-1)] = 0
        return picture
    if row.kind in (Kind.LABELS, Kind.TOKENS):
        ids = values if values.ndim == 2 else values[..., 0]
        names = row.names_of_ids(classes)
        return class_table(names, int(ids.max(initial=0)) + 1)[ids]
    numbers = np.asarray(values, np.float32)
    known = np.asarray(np.isfinite(numbers) if numbers.ndim == 2 else np.isfinite(numbers).all(-1))
    if numbers.ndim == 2:
        return _ramped(_over_range(numbers, known), known)
    parts = _principal(numbers, known) if numbers.shape[-1] > 3 else numbers
    picture = np.zeros((*known.shape, 3), np.uint8)
    for channel in range(min(3, parts.shape[-1])):
        picture[..., channel] = np.rint(_over_range(parts[..., channel], known) * 255)
    picture[~known] = 0
    return picture


def as_picture(row: Modality, stored: np.ndarray, classes: Sequence[str] = ()) -> np.ndarray:
    """`colorize` of a stored array (h, w) or (h, w, c): (h, w, 3) uint8."""
    return colorize(row, from_stored(row, stored), classes)


def class_table(names: Sequence[str], count: int = 0) -> np.ndarray:
    """(at least `count`, 3) uint8 colors by class id: structure in calm colors, objects in vivid ones; 0 is black."""
    table = label_table(max(len(names), count))
    for index, name in enumerate(names):
        if name in _STRUCTURE_COLORS:
            table[index] = _STRUCTURE_COLORS[name]
    return table


def label_table(count: int) -> np.ndarray:
    """(count, 3) uint8 colors that differ strongly between neighbouring ids; 0 is black.

    Hues step by the golden ratio, so any run of ids is spread evenly round the circle; saturation and value step
    by the first two powers of the inverse of the plastic number (1.3247...), so that ids of one hue differ too.
    """
    ids = np.arange(count)
    hue = ids * 0.61803398875 % 1
    saturation = 0.45 + 0.4 * (ids * 0.7548776662 % 1)
    value = 0.65 + 0.35 * (ids * 0.5698402910 % 1)
    channel = np.stack([(hue * 6 + shift) % 6 for shift in (5, 3, 1)], axis=-1)
    weight = np.clip(np.minimum(channel, 4 - channel), 0, 1)
    table = value[:, None] * (1 - saturation[:, None] * weight)
    table[:1] = 0
    return np.rint(table * 255).astype(np.uint8)


def _ramped(place: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Colors of the ramp at places 0 (dark) to 1 (light); black where nothing is known."""
    position = np.where(known, place, 0) * (len(_RAMP) - 1)
    low = np.minimum(position.astype(int), len(_RAMP) - 2)
    part = (position - low)[..., None]
    picture = np.rint(_RAMP[low] * (1 - part) + _RAMP[low + 1] * part).astype(np.uint8)
    picture[~known] = 0
    return picture


def _over_range(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Values as 0 to 1 between the least and the largest known one; 0 where all are the same."""
    if not known.any():
        return np.zeros(values.shape, np.float32)
    low, high = float(values[known].min()), float(values[known].max())
    return np.clip(np.where(known, values - low, 0) / max(high - low, 1e-12), 0, 1)


def _principal(features: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(h, w, 3) first principal components of (h, w, c) vectors, with signs that do not depend on the solver."""
    rows = features[known].astype(np.float64)
    parts = np.zeros((*known.shape, 3), np.float64)
    if len(rows) < 2:
        return parts
    centred = rows - rows.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:3]
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    parts[known, : len(axes)] = centred @ axes.T
    return parts
