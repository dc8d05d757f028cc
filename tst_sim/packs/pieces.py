"""A model as its file has it, before it is fitted: right-handed, y up, front at +z, any unit of length."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tst_sim.errors import UserError

MOST_READ_TRIANGLES = 1_000_000
MOST_TEXTURE_PIXELS = 64_000_000
TEXTURE_SIDE_PX = 256
"""Textures are shrunk to this side: only their colours are kept."""


@dataclass(frozen=True)
class Paint:
    """A material as far as the engine draws it."""

    name: str
    color: tuple[float, float, float]
    """sRGB in [0, 1]; a texture takes its place."""
    opacity: float = 1.0
    roughness: float = 0.6
    metallic: float = 0.0
    emission: float = 0.0
    texture_name: str = ""
    """File name of the texture, which often says what it shows."""
    texture: np.ndarray | None = None
    """(h, w, 4) uint8 sRGB and alpha, row 0 at the top."""


@dataclass(frozen=True)
class Piece:
    """Triangles of one material.

    vertices (n, 3) float64; triangles (m, 3) int64, counter-clockwise seen from outside; uv (n, 2), v
    upwards, or None.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    paint: Paint
    uv: np.ndarray | None = None


Model = tuple[Piece, ...]


def read_texture(data: bytes, name: str) -> np.ndarray:
    """(h, w, 4) uint8 of an image file, shrunk; UserError when it is no image or too large."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MOST_TEXTURE_PIXELS:
                raise UserError(f"{name} has {image.width} x {image.height} pixels, more than {MOST_TEXTURE_PIXELS}")
            image.draft("RGB", (TEXTURE_SIDE_PX, TEXTURE_SIDE_PX))
            return shrunk_texture(image)
    except UserError:
        raise
    except Exception as error:  # Pillow raises many types for damaged files
        raise UserError(f"{name} is not a readable image ({error})") from error


def shrunk_texture(image: Image.Image) -> np.ndarray:
    """(h, w, 4) uint8 sRGB and alpha of an image."""
    if image.mode not in ("RGB", "RGBA"):
        image = image.convert("RGBA")
    image.thumbnail((TEXTURE_SIDE_PX, TEXTURE_SIDE_PX))
    return np.asarray(image.convert("RGBA"))
