"""What lies behind the window, by the time of day: sky, horizon, trees, and lights at night.

Row 0 is `TOP_M` above the floor and the last one at the floor; the horizon is at the height of eyes.
"""

from __future__ import annotations

import numpy as np

from tst_sim.embedded.textures.noise import SIDE, cloud, edge, grid

TOP_M = 4.0
ACROSS_M = 4.0
HORIZON_M = 1.35

_SKIES: dict[str, tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]] = {
    "Midday": ((150, 192, 235), (222, 235, 245), (92, 122, 70), (128, 148, 96)),
    "GoldenHour": ((168, 178, 200), (250, 205, 140), (94, 84, 48), (140, 118, 66)),
    "BlueHour": ((62, 84, 140), (130, 128, 165), (26, 34, 46), (34, 42, 54)),
    "Midnight": ((10, 14, 28), (22, 28, 46), (5, 7, 10), (7, 9, 13)),
}
"""sRGB of the sky above, at the horizon, of trees and of the ground."""


def outdoors(rng: np.random.Generator, time_of_day: str) -> np.ndarray:
    """(SIDE, SIDE, 3) linear RGB; periodic across."""
    high, low, trees, ground = ((np.array(color) / 255) ** 2.2 for color in _SKIES[time_of_day])
    u, v = grid()
    height = TOP_M * (1 - v)
    rise = np.clip((height - HORIZON_M) / (TOP_M - HORIZON_M), 0, 1)[..., None] ** 0.6
    picture = low + (high - low) * rise
    clouds = edge(cloud(rng, 1, 9, stretch=2.2) - 0.3, 1.5) * np.clip(height - HORIZON_M, 0, 1)
    picture = picture + (low * 1.15 - picture) * (0.6 * clouds)[..., None]
    crowns = HORIZON_M + _crowns(rng, u[0])
    soft = np.exp(0.22 * cloud(rng, 3, 26))[..., None]
    picture = picture + (trees * soft - picture) * edge(crowns - height, 0.10)[..., None]
    near = ground * np.exp(0.12 * cloud(rng, 2, 20, stretch=3))[..., None]
    picture = picture + (near - picture) * edge(HORIZON_M - 0.12 - height, 0.08)[..., None]
    if time_of_day in ("BlueHour", "Midnight"):
        picture = picture + _windows(rng, u, height)
    return np.clip(picture, 0.0005, 1.0)


def _crowns(rng: np.random.Generator, u: np.ndarray) -> np.ndarray:
    """How far trees rise over the horizon, across the picture."""
    line = np.full(SIDE, 0.05)
    for _ in range(11):
        middle, wide, tall = rng.random(), rng.uniform(0.03, 0.10), rng.uniform(0.10, 0.42)
        away = np.abs(u - middle)
        away = np.minimum(away, 1 - away)
        line = np.maximum(line, tall * np.sqrt(np.clip(1 - (away / wide) ** 2, 0, 1)))
    return line


def _windows(rng: np.random.Generator, u: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Far lit windows near the horizon."""
    light = np.zeros((SIDE, SIDE))
    for _ in range(9):
        x, y = rng.random(), HORIZON_M + rng.uniform(-0.05, 0.22)
        light += 0.5 * edge(0.012 - np.hypot(u - x, (height - y) / ACROSS_M), 0.012)
    return light[..., None] * np.array([1.0, 0.7, 0.35])
