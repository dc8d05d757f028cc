"""The fraction of a house's visible surface that its pre-training frames have seen.

Surface elements are cubes of 10 cm that unprojected depth falls into. All that counts as visible: every element seen
by a reference set of small renders spread over the free floor, looking all around, or by a pre-training frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tst_sim.geometry import Intrinsics, Pose, unproject
from tst_sim.modalities import MODALITIES
from tst_sim.simulator import FreeSpace, Simulator

ELEMENT_M = 0.1
INSET_M = 0.02
"""Points are drawn this much nearer, so that a wall on the border of two cubes always falls into the same one."""
SAMPLES_PX = 96
"""Frames are read at about so many rows and columns."""
REFERENCE_STANDS = 12
REFERENCE_YAWS = (0.0, 90.0, 180.0, 270.0)
REFERENCE_PITCHES = (-25.0, 30.0)
REFERENCE_EYE_M = 1.5
REFERENCE_FOV_DEG = 90.0


def surface_elements(depth_m: np.ndarray, pose: Pose, intrinsics: Intrinsics) -> np.ndarray:
    """Sorted int64 codes of the elements that a planar depth image (h, w) sees."""
    step = max(1, min(depth_m.shape) // SAMPLES_PX)
    points = unproject(np.maximum(depth_m - INSET_M, 0), pose, intrinsics)[::step, ::step]
    cells = np.floor(points[depth_m[::step, ::step] > 0] / ELEMENT_M).astype(np.int64) + (1 << 20)
    return np.unique((cells[:, 0] << 42) | (cells[:, 1] << 21) | cells[:, 2])


class Coverage:
    """Adds up what frames see; `facts()` for the shard's record and the manifest."""

    def __init__(self, reference: Sequence[np.ndarray]) -> None:
        self._reference = list(reference)
        self._seen: list[np.ndarray] = []

    def add(self, depth_m: np.ndarray, pose: Pose, intrinsics: Intrinsics) -> None:
        """Counts the surface elements of a view's depth (h, w), metres."""
        self._seen.append(surface_elements(depth_m, pose, intrinsics))

    def facts(self) -> dict[str, float | int]:
        """Shares of the visible elements that at least one and at least three frames saw."""
        everything = np.unique(np.concatenate([*self._reference, *self._seen])) if self._seen else np.zeros(0, np.int64)
        if not len(everything):
            return {"elements": 0, "seen_once": 0.0, "seen_three_times": 0.0}
        _, counts = np.unique(np.concatenate(self._seen), return_counts=True)
        total = len(everything)
        return {
            "elements": total,
            "seen_once": round(len(counts) / total, 4),
            "seen_three_times": round(int(np.count_nonzero(counts >= 3)) / total, 4),
        }


def reference_elements(simulator: Simulator, space: FreeSpace) -> list[np.ndarray]:
    """Surface elements (n, 3) that can be seen at all: from points spread over the free floor of the loaded house."""
    small = Intrinsics(SAMPLES_PX, SAMPLES_PX, REFERENCE_FOV_DEG)
    poses = [
        Pose((float(x), float(y) + REFERENCE_EYE_M, float(z)), yaw, pitch)
        for x, y, z in space.positions_m[_spread(space.positions_m, REFERENCE_STANDS)]
        for pitch in REFERENCE_PITCHES
        for yaw in REFERENCE_YAWS
    ]
    frames = simulator.render(poses, (MODALITIES["depth"],), intrinsics=small)
    return [surface_elements(frame["depth"], pose, small) for frame, pose in zip(frames, poses)]


def _spread(points: np.ndarray, count: int) -> np.ndarray:
    """Indices of points far from each other: each next one is the farthest from those before."""
    chosen = [0]
    gaps = np.linalg.norm(points - points[0], axis=1)
    while len(chosen) < min(count, len(points)):
        chosen.append(int(np.argmax(gaps)))
        gaps = np.minimum(gaps, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return np.array(chosen)
