"""Boxes turned about the vertical axis: overlap and coverage, many against many."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Boxes:
    """World boxes, each turned about y. All arrays have one row per box."""

    centre: np.ndarray
    """(n, 3) metres."""
    half: np.ndarray
    """(n, 3) half extents along the box's own axes, metres."""
    direction: np.ndarray
    """(n, 2): cosine and sine of the yaw."""

    def __len__(self) -> int:
        return len(self.centre)

    def select(self, rows: np.ndarray | slice) -> Boxes:
        """Some rows, by index (k,), mask (n,) or slice."""
        return Boxes(self.centre[rows], self.half[rows], self.direction[rows])

    @property
    def bottom(self) -> np.ndarray:
        """(n,) world height of each box's underside, metres."""
        return self.centre[:, 1] - self.half[:, 1]

    @property
    def top(self) -> np.ndarray:
        """(n,) world height of each box's upper side, metres."""
        return self.centre[:, 1] + self.half[:, 1]

    def reach(self) -> np.ndarray:
        """(n, 2) half extents of the world-axis-aligned footprint along x and z."""
        cosine, sine = np.abs(self.direction).T
        x, z = self.half[:, 0], self.half[:, 2]
        return np.stack([cosine * x + sine * z, sine * x + cosine * z], axis=1)

    def corners(self) -> np.ndarray:
        """(n, 8, 3) world corners."""
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)
        local = signs[None] * self.half[:, None]
        cosine, sine = self.direction[:, :1], self.direction[:, 1:]
        x = local[..., 0] * cosine + local[..., 2] * sine
        z = -local[..., 0] * sine + local[..., 2] * cosine
        return np.stack([x, local[..., 1], z], axis=2) + self.centre[:, None]


def concatenate(pieces: list[Boxes]) -> Boxes:
    """All rows of the pieces, in their order."""
    if not pieces:
        return Boxes(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 2)))
    return Boxes(
        np.concatenate([piece.centre for piece in pieces]),
        np.concatenate([piece.half for piece in pieces]),
        np.concatenate([piece.direction for piece in pieces]),
    )


def footprint_overlap(first: Boxes, second: Boxes) -> np.ndarray:
    """(n, m) penetration depth of the footprints seen from above, metres; negative is a gap.

    Separating axes of two rectangles: the smallest overlap over the four edge directions.
    """
    delta = second.centre[None, :, ::2] - first.centre[:, None, ::2]
    (c1, s1), (c2, s2) = first.direction.T[:, :, None], second.direction.T[:, None, :]
    # The x axis of a box turned by yaw is (cos, -sin) in (x, z), its z axis (sin, cos).
    cosine, sine = np.abs(c1 * c2 + s1 * s2), np.abs(s1 * c2 - c1 * s2)
    x1, z1 = first.half[:, None, 0], first.half[:, None, 2]
    x2, z2 = second.half[None, :, 0], second.half[None, :, 2]
    depth = x1 + cosine * x2 + sine * z2 - np.abs(c1 * delta[..., 0] - s1 * delta[..., 1])
    depth = np.minimum(depth, z1 + sine * x2 + cosine * z2 - np.abs(s1 * delta[..., 0] + c1 * delta[..., 1]))
    depth = np.minimum(depth, x2 + cosine * x1 + sine * z1 - np.abs(c2 * delta[..., 0] - s2 * delta[..., 1]))
    return np.minimum(depth, z2 + sine * x1 + cosine * z1 - np.abs(s2 * delta[..., 0] + c2 * delta[..., 1]))


def overlap_depth(first: Boxes, second: Boxes) -> np.ndarray:
    """(n, m) penetration depth of the solid boxes, metres; negative where they are apart."""
    vertical = np.minimum(first.top[:, None] - second.bottom[None, :], second.top[None, :] - first.bottom[:, None])
    return np.minimum(footprint_overlap(first, second), vertical)


def turn(x: float, z: float, yaw_deg: float) -> tuple[float, float]:
    """(x, z) turned clockwise seen from above, as a yaw turns an asset."""
    cosine, sine = math.cos(math.radians(yaw_deg)), math.sin(math.radians(yaw_deg))
    return x * cosine + z * sine, -x * sine + z * cosine
