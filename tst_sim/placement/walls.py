"""Which wall is meant by a place."""

from __future__ import annotations

import numpy as np

from tst_sim.houses import House


def nearest_wall(house: House, point: np.ndarray) -> str:
    """Id of the wall nearest to a place (x, z)."""
    return min(
        (_wall_distance(np.array(wall.polygon[0])[::2], np.array(wall.polygon[1])[::2], point), wall.id)
        for wall in house.walls
        if not wall.empty and not wall.exterior
    )[1]


def _wall_distance(start: np.ndarray, end: np.ndarray, point: np.ndarray) -> float:
    edge = end - start
    fraction = np.clip((point - start) @ edge / max(float(edge @ edge), 1e-9), 0, 1)
    return float(np.linalg.norm(point - start - fraction * edge))
