"""The patterns of materials, one function each: a factor around 1 and a share of the gloss.

Every function takes a generator of random numbers and gives a `Layer`. Planks, boards and grain
run along u.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tst_sim.embedded.textures.noise import SIDE, cells, cloud, edge, grid, scattered, shifted

Rng = np.random.Generator


class Layer(NamedTuple):
    """factor (SIDE, SIDE) or (SIDE, SIDE, 3), linear, of any mean; gloss (SIDE, SIDE) in [0, 1]."""

    factor: np.ndarray
    gloss: np.ndarray


def _even(factor: np.ndarray) -> Layer:
    return Layer(factor, np.ones((SIDE, SIDE)))


def plain(rng: Rng) -> Layer:
    """Nothing: what has no texture."""
    return _even(np.ones((SIDE, SIDE)))


def _fibres(rng: Rng, contrast: float, rings: float) -> np.ndarray:
    """Wood along u: fine pores, broad bands, and the flame of the year rings."""
    v = grid()[1]
    pores = cloud(rng, 8, 120, stretch=14)
    bands = cloud(rng, 1, 14, stretch=9)
    bent = cloud(rng, 1, 5, stretch=2.5)
    year = np.sin(2 * np.pi * (rings * v + 0.35 * bent + 0.12 * bands))
    return contrast * (0.35 * pores + 0.45 * bands + 0.4 * year)


def grain(rng: Rng) -> Layer:
    """Smooth wood as of furniture."""
    return _even(np.exp(_fibres(rng, 0.10, 5) + 0.03 * cloud(rng, 20, 120, stretch=10)))


def worn_wood(rng: Rng) -> Layer:
    """Rough, cracked boards."""
    cracks = cloud(rng, 4, 60, stretch=20)
    return _even(np.exp(_fibres(rng, 0.22, 7)) * (1 - 0.5 * edge(cracks - 1.6, 0.8)))


def painted_wood(rng: Rng) -> Layer:
    """Wood whose grain hardly shows through the paint."""
    return _even(np.exp(_fibres(rng, 0.035, 5)))


def _boards(rng: Rng, rows: int, joints: int, gap: float) -> tuple[np.ndarray, np.ndarray]:
    """A number for each board of a floor, and 1 on boards, 0 in the gaps between them."""
    u, v = grid()
    row = np.floor(v * rows).astype(int)
    place = u * joints + rng.random(rows)[row]
    number = row * joints + np.floor(place).astype(int) % joints
    across = np.abs((v * rows) % 1 - 0.5)
    along = np.abs(place % 1 - 0.5)
    near = np.minimum((0.5 - across) / rows, (0.5 - along) / joints)
    return number, edge(near, gap)


def _laid(rng: Rng, number: np.ndarray, solid: np.ndarray, spread: float, contrast: float, groove: float) -> Layer:
    """Boards of wood, each with a tone and a piece of grain of its own."""
    tones = np.exp(spread * rng.standard_normal(int(number.max()) + 1))
    places = rng.integers(0, SIDE, (int(number.max()) + 1, 2))
    fibres = shifted(_fibres(rng, contrast, 11), places[number, 0], places[number, 1])
    factor = tones[number] * np.exp(fibres) * (1 - groove * (1 - solid))
    return Layer(factor, 0.35 + 0.65 * solid)


def planks(rng: Rng) -> Layer:
    """A floor of broad boards."""
    return _laid(rng, *_boards(rng, 8, 1, 0.006), 0.10, 0.11, 0.6)


def strips(rng: Rng) -> Layer:
    """A ship's floor: narrow strips."""
    return _laid(rng, *_boards(rng, 14, 3, 0.004), 0.13, 0.10, 0.45)


def painted_planks(rng: Rng) -> Layer:
    """Painted boards with dark gaps."""
    return _laid(rng, *_boards(rng, 8, 1, 0.007), 0.02, 0.03, 0.5)


def parquet(rng: Rng) -> Layer:
    """Basket parquet: squares of strips, turned by turns."""
    number, solid = _boards(rng, 16, 4, 0.005)
    upright = np.floor(grid()[0] * 4).astype(int) + np.floor(grid()[1] * 4).astype(int)
    flat = _laid(rng, number, solid, 0.11, 0.1, 0.5)
    turned = (upright % 2 == 1)[:SIDE, :SIDE]
    return Layer(np.where(turned, flat.factor.T, flat.factor), np.where(turned, flat.gloss.T, flat.gloss))


def cross_parquet(rng: Rng) -> Layer:
    """Herringbone: diagonal strips that meet in rows."""
    u, v = grid()
    column = np.floor(u * 4).astype(int)
    slope = np.where(column % 2 == 0, 1, -1)
    height = v * 8 + slope * (u * 4 % 1)
    number = column * 8 + np.floor(height).astype(int) % 8
    near = np.minimum(0.5 - np.abs(height % 1 - 0.5), 0.5 - np.abs(u * 4 % 1 - 0.5)) / 8
    return _laid(rng, number, edge(near, 0.004), 0.12, 0.08, 0.5)


def _tiled(rng: Rng, columns: int, rows: int, *, bond: float, grout: float, spread: float, light: float) -> Layer:
    """Tiles or bricks: `bond` shifts every second row, `light` is the grout's factor."""
    u, v = grid()
    row = np.floor(v * rows).astype(int)
    place = u * columns + bond * (row % 2)
    number = row * columns + np.floor(place).astype(int) % columns
    near = np.minimum((0.5 - np.abs(place % 1 - 0.5)) / columns, (0.5 - np.abs(v * rows % 1 - 0.5)) / rows)
    solid = edge(near - 0.4 * grout, 0.6 * grout)
    rim = 1 - 0.12 * (1 - edge(near - grout, 2 * grout))
    tones = np.exp(spread * rng.standard_normal(columns * rows))
    glaze = np.exp(0.02 * cloud(rng, 2, 20))
    return Layer(np.where(solid > 0, tones[number] * glaze * rim, 1) * solid + light * (1 - solid), solid)


def tiles(rng: Rng) -> Layer:
    """Square wall tiles."""
    return _tiled(rng, 4, 4, bond=0, grout=0.010, spread=0.03, light=0.72)


def floor_tiles(rng: Rng) -> Layer:
    """Large square tiles."""
    return _tiled(rng, 2, 2, bond=0, grout=0.007, spread=0.03, light=0.6)


def small_tiles(rng: Rng) -> Layer:
    """Mosaic."""
    return _tiled(rng, 12, 12, bond=0, grout=0.008, spread=0.10, light=0.75)


def subway(rng: Rng) -> Layer:
    """Flat tiles in running bond."""
    return _tiled(rng, 4, 8, bond=0.5, grout=0.009, spread=0.03, light=0.68)


def checkerboard(rng: Rng) -> Layer:
    """Tiles, light and dark by turns."""
    laid = _tiled(rng, 4, 4, bond=0, grout=0.008, spread=0.02, light=0.8)
    u, v = grid()
    dark = (np.floor(u * 4) + np.floor(v * 4)) % 2 == 1
    return Layer(laid.factor * np.where(dark, 0.35, 1.4), laid.gloss)


def hexagons(rng: Rng) -> Layer:
    """Six-sided tiles."""
    rows, columns = np.divmod(np.arange(48), 6)
    owner, away = cells(np.stack([(columns + 0.5 * (rows % 2)) / 6, rows / 8], axis=1) + 0.01)
    solid = edge(away - 0.006, 0.01)
    return Layer(np.exp(0.05 * rng.standard_normal(48))[owner] * solid + 0.6 * (1 - solid), solid)


def irregular_tiles(rng: Rng) -> Layer:
    """Broken tiles in grout."""
    owner, away = cells(scattered(rng, 7))
    solid = edge(away - 0.008, 0.012)
    tones = np.exp(0.22 * rng.standard_normal(49))
    return Layer(tones[owner] * solid + 0.6 * (1 - solid), solid)


def bricks(rng: Rng) -> Layer:
    """Rough bricks in running bond, with pale mortar."""
    laid = _tiled(rng, 4, 12, bond=0.5, grout=0.012, spread=0.16, light=1.35)
    rough = np.exp(0.09 * cloud(rng, 6, 90) + 0.05 * cloud(rng, 2, 12))
    return Layer(laid.factor * rough, np.zeros((SIDE, SIDE)))


def marble(rng: Rng) -> Layer:
    """Clouds, and veins where a bent field passes zero."""
    soft = cloud(rng, 1, 5)
    veins = np.abs(cloud(rng, 1.5, 7) + 0.25 * cloud(rng, 6, 30))
    thin = np.abs(cloud(rng, 3, 14))
    dark = 1 - 0.45 * (1 - edge(veins, 0.16)) - 0.18 * (1 - edge(thin, 0.10))
    return _even(np.exp(0.10 * soft) * dark)


def granite(rng: Rng) -> Layer:
    """Grains of several stones."""
    fine, coarse = cloud(rng, 20, 100), cloud(rng, 8, 45)
    return _even(np.exp(0.20 * fine) * (1 - 0.4 * edge(coarse - 0.9, 0.5) + 0.5 * edge(-coarse - 1.2, 0.5)))


def marble_tiles(rng: Rng) -> Layer:
    """Marble, cut into tiles."""
    laid, stone = _tiled(rng, 2, 2, bond=0, grout=0.006, spread=0.05, light=0.7), marble(rng)
    return Layer(laid.factor * stone.factor, laid.gloss)


def concrete(rng: Rng) -> Layer:
    """Blotches and pores."""
    pores = edge(cloud(rng, 25, 80) - 2.1, 0.5)
    return _even(np.exp(0.07 * cloud(rng, 1, 8) + 0.05 * cloud(rng, 8, 90)) * (1 - 0.35 * pores))


def concrete_boards(rng: Rng) -> Layer:
    """Concrete that keeps the marks of its boards."""
    cast, boards = concrete(rng), _boards(rng, 8, 1, 0.006)
    tones = np.exp(0.06 * rng.standard_normal(8))
    return Layer(cast.factor * tones[boards[0]] * (1 - 0.3 * (1 - boards[1])), cast.gloss)


def plaster(rng: Rng) -> Layer:
    """A wall's paint: hardly a texture."""
    return _even(np.exp(0.022 * cloud(rng, 10, 90) + 0.014 * cloud(rng, 1, 6)))


def carpet(rng: Rng) -> Layer:
    """Tufts."""
    return _even(np.exp(0.20 * cloud(rng, 25, 110) + 0.06 * cloud(rng, 2, 12)))


def patterned_carpet(rng: Rng) -> Layer:
    """Tufts in a repeated figure."""
    u, v = grid()
    figure = np.cos(2 * np.pi * 4 * u) * np.cos(2 * np.pi * 4 * v) + 0.5 * np.cos(2 * np.pi * 8 * (u + v))
    steps = edge(figure - 0.2, 0.15) + 0.5 * edge(-figure - 0.5, 0.15)
    return _even(carpet(rng).factor * (0.8 + 0.45 * steps))


def weave(rng: Rng) -> Layer:
    """Cloth: threads over and under each other, of uneven tone."""
    u, v = grid()
    over = np.sin(2 * np.pi * 48 * u) * np.sin(2 * np.pi * 48 * v)
    threads = 0.05 * cloud(rng, 20, 110, stretch=12) + 0.05 * cloud(rng, 20, 110, stretch=12).T
    return _even(np.exp(0.08 * over + threads + 0.04 * cloud(rng, 1, 7)))


def leather(rng: Rng) -> Layer:
    """Grain with fine creases."""
    _, away = cells(scattered(rng, 40))
    return _even(np.exp(0.06 * cloud(rng, 1, 10)) * (0.82 + 0.18 * edge(away, 0.012)))


def brushed(rng: Rng) -> Layer:
    """Metal, brushed along u."""
    lines = cloud(rng, 20, 120, stretch=40)
    return Layer(np.exp(0.035 * lines + 0.03 * cloud(rng, 1, 6)), np.clip(0.85 + 0.1 * lines, 0, 1))


def hammered(rng: Rng) -> Layer:
    """Metal with dents."""
    _, away = cells(scattered(rng, 14))
    return _even(0.85 + 0.25 * edge(away, 0.05) + 0.03 * cloud(rng, 4, 30))


def wicker(rng: Rng) -> Layer:
    """Canes woven over and under stakes."""
    u, v = grid()
    row = np.floor(v * 24)
    over = np.cos(2 * np.pi * (8 * u + 0.5 * (row % 2)))
    round_rods = np.sin(np.pi * (v * 24 % 1))
    return _even((0.45 + 0.55 * round_rods) * (0.8 + 0.3 * over) * np.exp(0.06 * cloud(rng, 10, 80, stretch=4)))


def foliage(rng: Rng) -> Layer:
    """A leaf's veins and mottles."""
    u, v = grid()
    rib = np.abs(v * 6 % 1 - 0.5)
    side = np.abs((u * 24 + np.abs(v * 6 % 1 - 0.5) * 6) % 1 - 0.5)
    veins = 1 + 0.35 * (1 - edge(rib, 0.05)) + 0.16 * (1 - edge(side, 0.12))
    return _even(veins * np.exp(0.12 * cloud(rng, 2, 30)))


def crumbs(rng: Rng) -> Layer:
    """Bread, fruit, earth: mottles and specks."""
    specks = edge(cloud(rng, 20, 70) - 1.7, 0.5)
    return _even(np.exp(0.12 * cloud(rng, 2, 25)) * (1 - 0.3 * specks))


def cardboard(rng: Rng) -> Layer:
    """Brown board with faint flutes."""
    return _even(np.exp(0.03 * np.sin(2 * np.pi * 64 * grid()[1]) + 0.05 * cloud(rng, 4, 90, stretch=3)))


PATTERNS: dict[str, Callable[[Rng], Layer]] = {
    shape.__name__: shape
    for shape in (
        plain, grain, worn_wood, painted_wood, planks, strips, painted_planks, parquet, cross_parquet, tiles,
        floor_tiles, small_tiles, subway, checkerboard, hexagons, irregular_tiles, bricks, marble, granite,
        marble_tiles, concrete, concrete_boards, plaster, carpet, patterned_carpet, weave, leather, brushed,
        hammered, wicker, foliage, crumbs, cardboard,
    )
}  # fmt: skip
"""All patterns by name; the first is what has no texture."""
