"""Rays against boxes that are turned about the vertical axis."""

from __future__ import annotations

import numpy as np

from tst_sim.placement.boxes import Boxes


def entries(origin: np.ndarray, rays: np.ndarray, boxes: Boxes) -> np.ndarray:
    """(n, m) where rays (n, 3) from one point enter each box, in lengths of the ray; infinite where they miss.

    0 where the origin is inside.
    """
    start, along = _in_frames(origin[None] - boxes.centre, boxes)[None], _in_frames(rays[:, None], boxes)
    along = np.where(np.abs(along) < 1e-12, 1e-12, along)
    first, second = (-boxes.half - start) / along, (boxes.half - start) / along
    enters, leaves = np.minimum(first, second).max(axis=2), np.maximum(first, second).min(axis=2)
    return np.where((enters <= leaves) & (leaves >= 0), np.maximum(enters, 0.0), np.inf)


def _in_frames(vectors: np.ndarray, boxes: Boxes) -> np.ndarray:
    """(..., m, 3) vectors in the frame of each box."""
    cosine, sine = boxes.direction.T
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    return np.stack(np.broadcast_arrays(cosine * x - sine * z, y, sine * x + cosine * z), axis=-1)
