"""Frames as pictures people can read: one coloring per modality, and PNGs inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tst_sim.classes import CLASSES
from tst_sim.corpus.colorize import class_table, colorize, label_table
from tst_sim.modalities import MODALITIES


def colorise(modality: str, image: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3) picture of one modality in physical units; black where nothing was hit."""
    return colorize(MODALITIES[modality], image, CLASSES)


def class_colors(labels: np.ndarray, classes: Sequence[str] = CLASSES) -> np.ndarray:
    """uint8 (h, w, 3) picture of semantic classes: structure in calm colors, objects in vivid ones."""
    return class_table(classes, int(labels.max(initial=0)) + 1)[labels]


def label_colors(labels: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3): ids as well-spread colors, the same id always the same; 0 is black."""
    return label_table(int(labels.max(initial=0)) + 1)[labels]


def stacked(pictures: Sequence[np.ndarray], *, axis: int) -> np.ndarray:
    """Pictures (h, w, 3) under (axis 0) or beside (axis 1) each other, with white lines of one pixel between them."""
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
    """A picture (h, w, 3) uint8, or a PNG file, as a `data:` address."""
    data = picture.read_bytes() if isinstance(picture, Path) else png_bytes(picture)
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")
