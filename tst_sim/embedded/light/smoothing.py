"""Denoising of traced light: edge-avoiding averages over neighbouring texels and vertex clusters.

Texels by the edge-avoiding a-trous filter of H. Dammertz et al., "Edge-Avoiding A-Trous Wavelet
Transform for fast Global Illumination Filtering", High-Performance Graphics 2010.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from tst_sim.embedded.light.receivers import Receivers

GROUP_REACH_M = 0.15
GROUP_NEIGHBOURS = 8
_TAPS = tuple((y, x, (2 - abs(y)) * (2 - abs(x))) for y in (-1, 0, 1) for x in (-1, 0, 1))


def smooth_texels(
    receivers: Receivers,
    light: np.ndarray,
    guide: np.ndarray,
    weight: np.ndarray,
    *,
    steps: tuple[int, ...],
    edge: float,
) -> np.ndarray:
    """(t, 3) light of texels, averaged with those `steps` texels away, once for each step.

    Only texels of the same face, with a `weight` (t,) above 0 and a `guide` (t,) that differs by not much
    more than `edge` have a say; where the texel's own weight is 0, all of the others have.
    """
    width, height = receivers.size
    faces = np.full(width * height, -1, np.int32)
    faces[receivers.texel_cells] = receivers.texel_face
    faces = faces.reshape(height, width)
    image, guides, weights = (
        _on_map(receivers, values) for values in (light, guide[:, None] / np.float32(edge), weight[:, None])
    )
    for step in steps:
        total, fraction = np.zeros_like(image), np.zeros_like(weights)
        for y, x, tap in _TAPS:
            here, there = _overlap(height, y * step), _overlap(height, -y * step)
            left, right = _overlap(width, x * step), _overlap(width, -x * step)
            apart = guides[here, left] - guides[there, right]
            alike = np.exp(-apart * apart)
            alike = np.where(weights[here, left] > 0, alike, 1) * weights[there, right]
            alike *= tap * (faces[here, left] == faces[there, right])[..., None]
            total[here, left] += alike * image[there, right]
            fraction[here, left] += alike
        known = fraction > 0
        image = np.where(known, total / np.maximum(fraction, 1e-9), image)
        weights = np.where(known & (weights == 0), np.float32(1e-3), weights)
    return image.reshape(-1, 3)[receivers.texel_cells]


def _overlap(count: int, shift: int) -> slice:
    """What of a row of `count` has a neighbour `shift` further on."""
    return slice(max(0, -shift), count - max(0, shift))


def _on_map(receivers: Receivers, values: np.ndarray) -> np.ndarray:
    width, height = receivers.size
    image = np.zeros((height * width, values.shape[1]), np.float32)
    image[receivers.texel_cells] = values
    return image.reshape(height, width, -1)


def smooth_groups(receivers: Receivers, light: np.ndarray, weight: np.ndarray, *, keep: bool) -> np.ndarray:
    """(g, c) light of groups, averaged with that of near groups of the same object that face the same way.

    Only groups of a `weight` (g,) above 0 have a say; `keep` leaves these themselves as they are.
    """
    known = np.flatnonzero(weight > 0)
    asked = np.flatnonzero(weight == 0) if keep else np.arange(len(light))
    if not len(known) or not len(asked):
        return light
    first = receivers.texels
    place = np.column_stack(
        [
            receivers.points[first:] / GROUP_REACH_M,
            receivers.normals[first:] * 1.5,
            receivers.instances[first:, None] * 100.0,
        ]
    )
    count = min(GROUP_NEIGHBOURS, len(known))
    distance, nearest = KDTree(place[known]).query(place[asked], k=count)
    distance, nearest = distance.reshape(-1, count), known[nearest.reshape(-1, count)]
    fraction = np.exp(-((distance - distance[:, :1]) ** 2)) * (distance < distance[:, :1] + 3)
    fraction /= fraction.sum(axis=1, keepdims=True)
    result = light.copy()
    result[asked] = np.einsum("gk,gkc->gc", fraction, light[nearest])
    return result.astype(np.float32)
