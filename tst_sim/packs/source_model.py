"""A model as its file has it, before it is fitted: right-handed, y up, front at +z, any unit of length."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tst_sim.errors import UserError, shortened

MAX_READ_TRIANGLES = 1_000_000
MAX_PIECES = 1000
"""Materials of a model, or primitives; each is gone through on its own."""
MAX_TEXTURE_PIXELS = 64_000_000
"""Of all textures of a model together."""
TEXTURE_SIDE_PX = 256
"""Textures are shrunk to this side: only their colors are kept."""


@dataclass(frozen=True)
class SourceMaterial:
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
    paint: SourceMaterial
    uv: np.ndarray | None = None


Model = tuple[Piece, ...]


def checked_model(pieces: Sequence[Piece], name: str) -> Model:
    """The pieces as a model that can be drawn; UserError when one has nothing, too much, or names what is not there."""
    if len(pieces) > MAX_PIECES:
        raise UserError(f"{name} has {len(pieces)} materials or primitives, more than {MAX_PIECES}")
    count = sum(len(piece.triangles) for piece in pieces)
    if not 0 < count <= MAX_READ_TRIANGLES:
        raise UserError(f"{name} has {count} triangles; between 1 and {MAX_READ_TRIANGLES} can be used")
    for piece in pieces:
        known = len(piece.vertices)
        if piece.triangles.size and not 0 <= piece.triangles.min() <= piece.triangles.max() < known:
            raise UserError(f"{name}: a triangle names vertex {piece.triangles.max()} of {known}")
        if not np.isfinite(piece.vertices).all():
            raise UserError(f"{name} has vertices that are not finite")
        if piece.uv is not None and (piece.uv.shape != (known, 2) or not np.isfinite(piece.uv).all()):
            raise UserError(f"{name} has texture coordinates that are not finite, or not one for each vertex")
    return tuple(pieces)


def read_texture(data: bytes, name: str, most_pixels: int = MAX_TEXTURE_PIXELS) -> tuple[np.ndarray, int]:
    """((h, w, 4) uint8 of an image file, shrunk; its pixels in the file); UserError when it is none or too large."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            pixels = image.width * image.height
            if pixels > most_pixels:
                raise UserError(f"{name} has {image.width} x {image.height} pixels, more than {most_pixels}")
            image.draft("RGB", (TEXTURE_SIDE_PX, TEXTURE_SIDE_PX))
            return shrunk_texture(image), pixels
    except UserError:
        raise
    except Exception as error:  # Pillow raises many types for damaged files
        raise UserError(f"{name} is not a readable image ({shortened(str(error))})") from error


def shrunk_texture(image: Image.Image) -> np.ndarray:
    """(h, w, 4) uint8 sRGB and alpha of an image."""
    if image.mode not in ("RGB", "RGBA"):
        image = image.convert("RGBA")
    image.thumbnail((TEXTURE_SIDE_PX, TEXTURE_SIDE_PX))
    return np.asarray(image.convert("RGBA"))
