"""All layers by name, made at their first use: the numbers that vertices carry, and the texels the GPU gets."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from tst_sim.embedded.textures import contents
from tst_sim.embedded.textures.noise import SIDE
from tst_sim.embedded.textures.outdoors import outdoors
from tst_sim.embedded.textures.patterns import PATTERNS
from tst_sim.randomness import rng_for

RANGE = 4.0
"""Factors are stored as the square root of their share of this, in 8 bits."""

VARIANTS: dict[str, tuple[Callable[..., np.ndarray], int]] = {
    "landscape": (contents.landscape, 5),
    "abstract": (contents.abstract, 4),
    "expression": (contents.expression, 3),
    "still_life": (contents.still_life, 4),
    "page": (contents.page, 2),
    "print_page": (contents.print_page, 2),
    "cover": (contents.cover, 8),
    "desktop": (contents.desktop, 4),
    "broadcast": (contents.broadcast, 5),
    "phone": (contents.phone, 3),
    "striped": (contents.striped, 2),
    "checked": (contents.checked, 1),
    "dotted": (contents.dotted, 1),
    "quilted": (contents.quilted, 1),
    "ornament": (contents.ornament, 2),
    "parcel": (contents.parcel, 3),
}
"""What is shown on things, and how many there are of each."""
SKIES = ("Midday", "GoldenHour", "BlueHour", "Midnight")

NAMES: tuple[str, ...] = (
    *PATTERNS,
    *(f"{kind} {number}" for kind, (_, count) in VARIANTS.items() for number in range(count)),
    *(f"outdoors {time}" for time in SKIES),
)
"""Every layer's name; its place is its number."""
NUMBER = {name: number for number, name in enumerate(NAMES)}


class TextureLayer(NamedTuple):
    """A layer as it is drawn: what leaves a surface is `base`, or the material's own color, times the factor."""

    texels: np.ndarray
    """(SIDE, SIDE, 4) uint8: roots of the factor's share of `RANGE`, and the share of the gloss."""
    base: tuple[float, float, float] | None
    """Linear RGB of what has colors of its own; None: the material's color stays."""


@cache
def texture_layer(number: int) -> TextureLayer:
    """A layer, always the same for its name; see `NAMES`."""
    name = NAMES[number]
    rng = rng_for(0, "texture", name)
    if name in PATTERNS:
        layer = PATTERNS[name](rng)
        return TextureLayer(_coded(_tinting(layer.factor), layer.gloss), None)
    picture = _draw(name)(rng)
    gloss = np.ones((SIDE, SIDE))
    if picture.ndim == 2:
        return TextureLayer(_coded(_tinting(picture), gloss), None)
    base = np.maximum(picture.mean(axis=(0, 1)), picture.max(axis=(0, 1)) / RANGE)
    red, green, blue = base.tolist()
    return TextureLayer(_coded(picture / base, gloss), (red, green, blue))


def _draw(name: str) -> Callable[[np.random.Generator], np.ndarray]:
    kind, which = name.split()
    return partial(outdoors, time_of_day=which) if kind == "outdoors" else VARIANTS[kind][0]


def _tinting(factor: np.ndarray) -> np.ndarray:
    return np.repeat((factor / factor.mean())[..., None], 3, axis=2)


def _coded(factor: np.ndarray, gloss: np.ndarray) -> np.ndarray:
    roots = np.sqrt(np.clip(factor / RANGE, 0, 1))
    return np.rint(np.concatenate([roots, np.clip(gloss, 0, 1)[..., None]], axis=2) * 255).astype(np.uint8)
