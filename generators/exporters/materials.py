"""Materials for export: the engine's texture layers as sRGB images, and the factors that go with them.

The engine draws color times factor, where factors reach 4. Files know shares of at most 1: what would reflect more
light than it gets is cut off there.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from tst_sim.embedded.mesh.materials import Rgb, linear_to_srgb
from tst_sim.embedded.mesh.mesh import Material
from tst_sim.embedded.textures.library import NAMES, NUMBER, RANGE, texture_layer

PLAIN = NUMBER["plain"]
WHITE: Rgb = (1.0, 1.0, 1.0)
_GAIN_DIGITS = 4


@dataclass(frozen=True)
class ExportMaterial:
    """A material with what is laid on it: equal ones are one material of a file."""

    material: Material
    roughness: float
    layer: int = PLAIN
    """A number of `textures.library.NAMES`; the plain one has no image."""

    @property
    def layer_name(self) -> str:
        """Of the layer, as a word."""
        return NAMES[self.layer].replace(" ", "_")


@dataclass(frozen=True)
class Tinted:
    """An image and the linear RGB factor that it is to be multiplied by; both at most 1."""

    key: tuple[int, float]
    """Equal for equal images."""
    factor: Rgb


def tinted(finish: ExportMaterial) -> Tinted:
    """The colors of a finish as an image that many share, and a factor.

    Pictures keep their colors, with a white factor. Everything else is a grey image, brightened until it or
    the factor would pass 1: dark materials of one layer have the same image.
    """
    if texture_layer(finish.layer).base is not None:
        return Tinted((finish.layer, 0.0), WHITE)
    color = np.array(finish.material.color)
    gain = min(1 / max(float(color.max()), 1e-6), float(_factor(finish.layer).max()))
    gain = round(gain, _GAIN_DIGITS)
    red, green, blue = np.minimum(color * gain, 1.0).tolist()
    return Tinted((finish.layer, gain), (red, green, blue))


@lru_cache(maxsize=256)
def tinted_png(key: tuple[int, float]) -> bytes:
    """The PNG of `Tinted.key`: RGB of a picture, else grey."""
    layer, gain = key
    base = texture_layer(layer).base
    if base is not None:
        return png(srgb_bytes(_factor(layer) * base))
    return png(srgb_bytes(_factor(layer)[..., 0] / gain))


def colored_png(finish: ExportMaterial) -> bytes:
    """The PNG, RGB, of a finish in its own colors: for programs that know no factors."""
    return png(srgb_bytes(_factor(finish.layer) * np.array(finish.material.color)))


@lru_cache(maxsize=256)
def specular(layer: int) -> tuple[float, bytes | None]:
    """The greatest share of the gloss that a layer leaves and, where it varies, the PNG whose alpha is times that."""
    fraction = texture_layer(layer).texels[..., 3]
    most = int(fraction.max())
    if most == int(fraction.min()):
        return most / 255, None
    alpha = np.rint(255.0 * fraction / most).astype(np.uint8)
    return most / 255, png(np.stack([np.full_like(alpha, 255), alpha], axis=-1))


def srgb_bytes(linear: np.ndarray) -> np.ndarray:
    """8-bit sRGB of linear values (...,), of the same shape."""
    return np.rint(255 * linear_to_srgb(linear)).astype(np.uint8)


def png(pixels: np.ndarray) -> bytes:
    """Pixels uint8 as a PNG: (h, w) grey, (h, w, 2) with alpha, (h, w, 3) RGB; equal pixels give equal bytes."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _factor(layer: int) -> np.ndarray:
    """(SIDE, SIDE, 3) linear."""
    return (texture_layer(layer).texels[..., :3] / 255) ** 2 * RANGE
