"""Frames as pictures people can read: one coloring per modality, and PNGs inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tst_sim.classes import CLASS_IDS, CLASSES
from tst_sim.modalities import MODALITIES, Kind

# Near is bright yellow, far is dark violet: rising lightness, readable without color.
_DEPTH_STOPS = np.array([[255, 238, 150], [252, 165, 90], [214, 84, 110], [120, 42, 130], [24, 12, 60]], np.float32)


# Calm colors for what surrounds everything, so that objects stand out; other ids get vivid ones.
_STRUCTURE_COLORS = {
    "Floor": (176, 147, 112),
    "Wall": (203, 208, 214),
    "Ceiling": (236, 238, 240),
    "Door": (133, 94, 66),
    "Window": (150, 200, 235),
}


def colorise(modality: str, image: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3) picture of one modality in physical units; black where nothing was hit."""
    kind = MODALITIES[modality].kind
    if kind is Kind.DEPTH:
        return _depth(image)
    if kind is Kind.NORMAL:
        picture = np.rint((image + 1) * 127.5).astype(np.uint8)
        picture[~np.any(image, axis=-1)] = 0
        return picture
    if kind is Kind.LABELS:
        return class_colors(image) if modality == "semantic" else label_colors(image)
    return image


def class_colors(labels: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3) picture of semantic classes: structure in calm colors, objects in vivid ones."""
    table = label_table(max(len(CLASSES), int(labels.max(initial=0)) + 1))
    for name, color in _STRUCTURE_COLORS.items():
        table[CLASS_IDS[name]] = color
    return table[labels]


def label_colors(labels: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3): ids as well-spread colors, the same id always the same; 0 is black."""
    return label_table(int(labels.max(initial=0)) + 1)[labels]


def label_table(count: int) -> np.ndarray:
    """uint8 (count, 3): hues by the golden ratio, so that neighbouring ids differ much."""
    ids = np.arange(count)
    hue = ids * 0.61803398875 % 1
    saturation = 0.45 + 0.4 * (ids * 0.7548776662 % 1)
    value = 0.65 + 0.35 * (ids * 0.5698402910 % 1)
    channel = np.stack([(hue * 6 + shift) % 6 for shift in (5, 3, 1)], axis=-1)
    weight = np.clip(np.minimum(channel, 4 - channel), 0, 1)
    table = value[:, None] * (1 - saturation[:, None] * weight)
    table[0] = 0
    return np.rint(table * 255).astype(np.uint8)


def _depth(depth_m: np.ndarray) -> np.ndarray:
    hit = depth_m > 0
    far = max(float(depth_m.max(initial=0)), 1e-3)
    place = np.clip(depth_m / far, 0, 1) * (len(_DEPTH_STOPS) - 1)
    low = np.minimum(place.astype(int), len(_DEPTH_STOPS) - 2)
    share = (place - low)[..., None]
    picture = _DEPTH_STOPS[low] * (1 - share) + _DEPTH_STOPS[low + 1] * share
    return np.rint(picture * hit[..., None]).astype(np.uint8)


def stacked(pictures: Sequence[np.ndarray], *, axis: int) -> np.ndarray:
    """Pictures under (axis 0) or beside (axis 1) each other, with white lines of one pixel between them."""
    shape = list(pictures[0].shape)
    shape[axis] = 1
    line = np.full(shape, 255, np.uint8)
    return np.concatenate([part for picture in pictures for part in (line, picture)][1:], axis=axis)


def png_bytes(picture: np.ndarray) -> bytes:
    """PNG of a uint8 (h, w, 3) picture."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def data_uri(picture: np.ndarray | Path) -> str:
    """A picture, or a PNG file, as a `data:` address."""
    data = picture.read_bytes() if isinstance(picture, Path) else png_bytes(picture)
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")
