"""Light that does not move is baked: irradiance into a map for the shell and per vertex elsewhere.

`bake` is the seam: whatever makes a `LightBake` (this cheap one, a path tracer) lights the pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tst_sim.embedded.scene import Scene


@dataclass(frozen=True)
class LightBake:
    """Linear RGB irradiance over pi (so that colour times light is what leaves a matt surface)."""

    vertex_light: np.ndarray
    """(n, 3) float32 by vertex of the scene; 1 where the map alone lights the vertex."""
    vertex_chart: np.ndarray
    """(n, 2) float32 place in the map, in [0, 1]."""
    light_map: np.ndarray
    """(h, w, 3) float32."""


def bake(scene: Scene) -> LightBake:
    """Light of a house."""
    up = scene.normals[:, 1:2] * 0.15 + 0.65 + 0.1 * scene.normals[:, 0:1]
    light = np.repeat(up, 3, axis=1).astype(np.float32)
    chart = np.zeros((len(scene.vertices), 2), np.float32)
    return LightBake(light, chart, np.ones((1, 1, 3), np.float32))
