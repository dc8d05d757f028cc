"""What is shown on things: pictures, screens, covers, print, bedding, and what lies outside the window.

Every function takes a generator of random numbers and gives linear RGB (SIDE, SIDE, 3) in [0, 1],
absolute, or a factor (SIDE, SIDE) around 1 that tints the color of what it is on. Row 0 is the top.
"""

from __future__ import annotations

import colorsys

import numpy as np

from tst_sim.embedded.textures.noise import SIDE, cloud, edge, grid
from tst_sim.embedded.textures.patterns import weave

Rng = np.random.Generator


_SKIES, _HILLS = (0.55, 0.58, 0.6, 0.08, 0.06), (0.27, 0.3, 0.22, 0.12, 0.09, 0.58)
"""Hues, in turns."""


def _hue(
    rng: Rng, lightness: tuple[float, float], saturation: tuple[float, float], hues: tuple[float, ...] = ()
) -> np.ndarray:
    hue = float(rng.choice(hues)) + 0.03 * float(rng.normal()) if hues else float(rng.random())
    rgb = colorsys.hls_to_rgb(hue % 1, float(rng.uniform(*lightness)), float(rng.uniform(*saturation)))
    return np.array(rgb) ** 2.2


def _over(below: np.ndarray, color: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    return below + (color - below) * np.clip(fraction, 0, 1)[..., None]


def _ridge(rng: Rng, waves: int, height: float) -> np.ndarray:
    """(SIDE,) heights of hills, seen from the side."""
    u = (np.arange(SIDE) + 0.5) / SIDE
    parts = [rng.normal() / n * np.sin(2 * np.pi * (n * u + rng.random())) for n in range(1, waves + 1)]
    return height * np.sum(parts, axis=0)


def landscape(rng: Rng) -> np.ndarray:
    """Hills under a sky, with a sun, or a sea: (SIDE, SIDE, 3) linear RGB."""
    _, v = grid()
    sky, low_sky = _hue(rng, (0.45, 0.7), (0.3, 0.8), _SKIES), _hue(rng, (0.7, 0.9), (0.3, 0.9), _SKIES)
    picture = sky + (low_sky - sky) * (v**0.7)[..., None]
    picture = _over(picture, np.full(3, 0.9), 0.35 * edge(cloud(rng, 1, 10, stretch=2) - 0.4, 1.2) * (v < 0.5))
    horizon, hue = rng.uniform(0.35, 0.55), _hue(rng, (0.3, 0.5), (0.25, 0.6), _HILLS)
    disc = np.hypot(grid()[0] - rng.uniform(0.2, 0.8), v - rng.uniform(0.12, horizon))
    picture = _over(picture, np.array([0.95, 0.8, 0.5]), edge(0.06 - disc, 0.01))
    for step in range(4):
        top = horizon + 0.13 * step + _ridge(rng, 4, 0.05)
        tone = hue * (1.1 - 0.24 * step) * np.exp(0.2 * rng.standard_normal(3))
        picture = _over(picture, tone * np.exp(0.25 * cloud(rng, 4, 70))[..., None], edge(v - top, 0.008))
    return np.clip(picture, 0, 1)


def abstract(rng: Rng) -> np.ndarray:
    """Blocks, discs and strokes in few colors: (SIDE, SIDE, 3) linear RGB."""
    u, v = grid()
    hues = [_hue(rng, (0.25, 0.75), (0.35, 0.9)) for _ in range(4)]
    picture = np.ones((SIDE, SIDE, 3)) * _hue(rng, (0.75, 0.92), (0.1, 0.5))
    for index in range(9):
        x, y, size = rng.random(), rng.random(), rng.uniform(0.08, 0.3)
        if index % 3 == 0:
            fraction = edge(size * 0.6 - np.hypot(u - x, v - y), 0.008)
        else:
            wide = size * rng.uniform(0.4, 1.8)
            fraction = edge(np.minimum(size - np.abs(v - y), wide - np.abs(u - x)), 0.008)
        picture = _over(picture, hues[index % 4], fraction * rng.uniform(0.7, 1.0))
    return np.clip(picture * np.exp(0.07 * cloud(rng, 8, 100))[..., None], 0, 1)


def expression(rng: Rng) -> np.ndarray:
    """A landscape in broad strokes: (SIDE, SIDE, 3) linear RGB."""
    scene = landscape(rng)
    rows, columns = np.indices((SIDE, SIDE))
    down, along = (14 * cloud(rng, 2, 9) + 6 * cloud(rng, 8, 40, stretch=3) for _ in range(2))
    places = (np.rint(axis + offset).astype(int).clip(0, SIDE - 1) for axis, offset in ((rows, down), (columns, along)))
    strokes = np.exp(0.22 * cloud(rng, 12, 70, stretch=3) + 0.12 * cloud(rng, 20, 110))
    return np.clip(scene[tuple(places)] ** 0.9 * strokes[..., None], 0, 1)


def still_life(rng: Rng) -> np.ndarray:
    """Rounded things on a table before a wall: (SIDE, SIDE, 3) linear RGB."""
    u, v = grid()
    wall, table = _hue(rng, (0.2, 0.6), (0.1, 0.4)), _hue(rng, (0.2, 0.4), (0.3, 0.6), (0.06, 0.08, 0.6))
    picture = np.where((v < 0.66)[..., None], wall * (1.2 - 0.5 * u)[..., None], table * (1.3 - v)[..., None])
    for x in np.linspace(0.2, 0.8, int(rng.integers(3, 6))):
        wide, tall = rng.uniform(0.07, 0.14), rng.uniform(0.09, 0.26)
        round_off = ((u - x) / wide) ** 2 + ((v - 0.74 + tall) / tall) ** 2
        lit = np.clip(1.25 - 0.9 * np.hypot((u - x + 0.4 * wide) / wide, (v - 0.74 + 1.4 * tall) / tall), 0.25, 1.3)
        shadow = edge(1.6 - ((u - x - wide / 2) / wide) ** 2 - ((v - 0.76) / 0.03) ** 2, 1.0)
        picture = picture * (1 - 0.35 * shadow)[..., None]
        picture = _over(picture, _hue(rng, (0.35, 0.6), (0.5, 0.95)) * lit[..., None], edge(1 - round_off, 0.12))
    return np.clip(picture * np.exp(0.08 * cloud(rng, 6, 60))[..., None], 0, 1)


def _lines(rng: Rng, count: int, columns: int, *, ragged: float = 0.35) -> np.ndarray:
    """Share of ink of lines of words, in columns."""
    u, v = grid()
    row = np.floor(v * count).astype(int)
    column = np.floor(u * columns).astype(int)
    inside = u * columns % 1
    ends = 1 - ragged * rng.random((count, columns)) * (rng.random((count, columns)) < 0.35)
    words = (rng.random((count, SIDE // 3)) > 0.16)[row, np.arange(SIDE) // 3 % (SIDE // 3)]
    line = (v * count % 1 > 0.3) & (v * count % 1 < 0.75)
    return (line & words & (inside > 0.08) & (inside < 0.94 * ends[row, column])).astype(float)


def page(rng: Rng) -> np.ndarray:
    """A printed page: factors (SIDE, SIDE) on the material's color."""
    return 1.02 - 0.6 * _lines(rng, 34, 1)


def print_page(rng: Rng) -> np.ndarray:
    """A newspaper's page with columns and a picture: factors (SIDE, SIDE)."""
    u, v = grid()
    ink = _lines(rng, 56, 4)
    box = (np.abs(u - 0.35) < 0.22) & (np.abs(v - 0.4) < 0.15)
    picture = 0.45 + 0.2 * cloud(rng, 1, 14)
    head = (np.abs(v - 0.08) < 0.045) & (u > 0.05) & (u < 0.95) & (rng.random(SIDE // 8)[np.arange(SIDE) // 8] > 0.2)
    return np.where(box, np.clip(picture, 0.2, 0.9), np.where(v < 0.14, 1 - 0.75 * head, 1 - 0.5 * ink))


def cover(rng: Rng) -> np.ndarray:
    """A book's cover with a title, a frame or bands, an emblem: factors (SIDE, SIDE)."""
    u, v = grid()
    factor = np.ones((SIDE, SIDE))
    light = float(rng.choice([0.35, 2.4, 2.0]))
    border = np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v))
    if rng.random() < 0.6:
        factor = np.where((border > 0.06) & (border < 0.085), light, factor)
    top = rng.uniform(0.15, 0.3)
    for line in range(int(rng.integers(1, 4))):
        ends = 0.5 - rng.uniform(0.15, 0.34)
        letters = (rng.random(64) > 0.2)[np.arange(SIDE) // 4]
        word = (np.abs(v - top - 0.09 * line) < 0.028) & (u > ends) & (u < 1 - ends) & letters
        factor = np.where(word, light, factor)
    petals = 0.02 * np.sin(float(rng.integers(3, 9)) * np.arctan2(v - 0.6, u - 0.5))
    emblem = np.hypot(u - 0.5, v - rng.uniform(0.55, 0.7)) + petals
    factor = np.where(np.abs(emblem - 0.1) < rng.uniform(0.02, 0.09), light, factor)
    return factor * np.exp(0.04 * cloud(rng, 4, 60))


def desktop(rng: Rng) -> np.ndarray:
    """A computer's screen with a background, windows with text, a bar: (SIDE, SIDE, 3) linear RGB."""
    u, v = grid()
    picture = 0.6 * landscape(rng)
    for _ in range(2):
        x, y = rng.uniform(0.25, 0.7), rng.uniform(0.3, 0.6)
        window = (np.abs(u - x) < 0.24) & (np.abs(v - y) < 0.22)
        text = _lines(rng, 40, 2) * (np.abs(u - x) < 0.21) * (v > y - 0.14) * (v < y + 0.19)
        content = np.where((v < y - 0.17)[..., None], [0.2, 0.25, 0.35], (0.85 - 0.6 * text)[..., None] * np.ones(3))
        picture = np.where(window[..., None], content, picture)
    icons = (v > 0.95) & (np.abs(u - 0.5) < 0.3) & (u * 24 % 1 > 0.3)
    picture = np.where((v > 0.93)[..., None], np.where(icons[..., None], [0.3, 0.5, 0.7], [0.03, 0.04, 0.06]), picture)
    return np.clip(picture, 0.004, 1)


def broadcast(rng: Rng) -> np.ndarray:
    """A television's picture, a landscape or a game with a caption: (SIDE, SIDE, 3) linear RGB."""
    u, v = grid()
    picture = landscape(rng) if rng.random() < 0.6 else still_life(rng)
    band = (v > 0.82) & (v < 0.93) & (u > 0.06) & (u < 0.7)
    letters = (np.abs(v - 0.875) < 0.025) & (u < 0.6) & (u > 0.1) & (rng.random(64) > 0.25)[np.arange(SIDE) // 4]
    picture = np.where(band[..., None], _hue(rng, (0.25, 0.4), (0.6, 0.9)), picture)
    return np.clip(np.where((band & letters)[..., None], 0.9, picture), 0.004, 1)


def phone(rng: Rng) -> np.ndarray:
    """A telephone's screen with icons on a gradient: (SIDE, SIDE, 3) linear RGB."""
    u, v = grid()
    first, second = _hue(rng, (0.2, 0.5), (0.4, 0.9)), _hue(rng, (0.4, 0.7), (0.4, 0.9))
    picture = first + (second - first) * v[..., None]
    inside = np.maximum(np.abs(u * 4 % 1 - 0.5), np.abs(v * 7 % 1 - 0.5)) < 0.32
    place = np.floor(u * 4).astype(int) + 4 * np.floor(v * 7).astype(int)
    hues = np.stack([_hue(rng, (0.4, 0.8), (0.3, 0.9)) for _ in range(28)])
    shown = inside & (v > 0.28) & (rng.random(28) > 0.25)[place]
    return np.clip(np.where(shown[..., None], hues[place], picture), 0.004, 1)


def striped(rng: Rng) -> np.ndarray:
    """Bedding with stripes: factors (SIDE, SIDE)."""
    u = grid()[0]
    stripes = np.cos(2 * np.pi * 6 * u) + 0.5 * np.cos(2 * np.pi * 18 * u + 6 * rng.random())
    return (0.75 + 0.5 * edge(stripes, 0.4)) * weave(rng).factor


def checked(rng: Rng) -> np.ndarray:
    """Checks, as of a picnic cloth: factors (SIDE, SIDE)."""
    u, v = grid()
    first, second = (edge(np.cos(2 * np.pi * 6 * axis), 0.3) for axis in (u, v))
    return (0.7 + 0.3 * first + 0.3 * second) * weave(rng).factor


def dotted(rng: Rng) -> np.ndarray:
    """Small flowers, each second row shifted: factors (SIDE, SIDE)."""
    u, v = grid()
    x = (u * 6 + 0.5 * (np.floor(v * 6) % 2)) % 1 - 0.5
    y = v * 6 % 1 - 0.5
    petals = np.hypot(x, y) - 0.06 * np.cos(5 * np.arctan2(y, x))
    return (0.85 + 0.9 * edge(0.2 - petals, 0.05) - 0.7 * edge(0.07 - np.hypot(x, y), 0.03)) * weave(rng).factor


def quilted(rng: Rng) -> np.ndarray:
    """Diamonds sewn into a cover: factors (SIDE, SIDE)."""
    u, v = grid()
    seams = np.minimum(np.abs((u + v) * 6 % 1 - 0.5), np.abs((u - v) * 6 % 1 - 0.5))
    return (0.72 + 0.33 * edge(seams, 0.35)) * weave(rng).factor


def ornament(rng: Rng) -> np.ndarray:
    """An oriental rug's field and figures: factors (SIDE, SIDE)."""
    u, v = grid()
    x, y = np.abs(u * 3 % 1 - 0.5), np.abs(v * 3 % 1 - 0.5)
    star = np.cos(9 * np.pi * np.maximum(x, y)) + np.cos(7 * np.pi * (x + y)) + np.cos(8 * np.arctan2(y, x)) * 0.6
    return (0.65 + 0.55 * edge(star, 0.5) + 0.35 * edge(-star - 1.0, 0.4)) * np.exp(0.12 * cloud(rng, 25, 110))


def parcel(rng: Rng) -> np.ndarray:
    """A cardboard box's face with flutes, tape, a mark and a label: factors (SIDE, SIDE)."""
    u, v = grid()
    factor = np.exp(0.03 * np.sin(2 * np.pi * 64 * v) + 0.06 * cloud(rng, 2, 60, stretch=2))
    x, y = rng.uniform(0.25, 0.75), rng.uniform(0.35, 0.65)
    label = (np.abs(u - x) < 0.15) & (np.abs(v - y) < 0.1)
    factor = np.where(label, 1.75 - 1.0 * _lines(rng, 60, 1), factor)
    arrow = (np.abs(u - 0.12) < 0.05 * np.clip((v - 0.72) / 0.08, 0, 1)) & (v < 0.84) & (v > 0.72)
    return np.where(arrow, 0.45, factor)
