"""AI2-THOR's images as frames of ours: metres, unit vectors, ids of the house's table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tst_sim.modalities import Frame
from tst_sim.thor.labels import Palette

UNITY_DEPTH_SCALE = (20.0 - 0.1) / 20.0
"""Unity's shader gives (far - near) / far of the true depth, with AI2-THOR's planes of 0.1 and 20 m."""


@dataclass(frozen=True)
class Decoder:
    """What an event's third-party images mean in one house."""

    palette: Palette
    classes: np.ndarray
    """(instances + 1,) uint8 class id by instance id."""
    depth_scale: float
    """Depth as sent over true depth."""

    def frame(self, event: Any, camera: int, modalities: Sequence[str]) -> tuple[Frame, dict[str, int]]:
        """(one camera's frame, {colors that belong to nothing: pixels}). Arrays are copies, their own memory.

        Where the id image shows background (or an unknown color), nothing was hit: depth and normal are 0.
        """
        instance, unknown = self.palette.instances(event.third_party_instance_segmentation_frames[camera])
        nothing = instance == 0
        frame: dict[str, np.ndarray] = {}
        for name in modalities:
            if name == "rgb":
                frame[name] = np.ascontiguousarray(event.third_party_camera_frames[camera][..., :3])
            elif name == "depth":
                frame[name] = self._depth(event.third_party_depth_frames[camera], nothing)
            elif name == "normal":
                frame[name] = unit_normals(event.third_party_normals_frames[camera], nothing)
            elif name == "instance":
                frame[name] = instance
            else:
                assert name == "semantic", name
                frame[name] = self.classes[instance]
        return frame, unknown

    def _depth(self, image: np.ndarray, nothing: np.ndarray) -> np.ndarray:
        depth = np.array(image, np.float32).reshape(nothing.shape)
        if self.depth_scale != 1.0:
            depth /= np.float32(self.depth_scale)
        depth[nothing] = 0
        return depth


def unit_normals(image: np.ndarray, nothing: np.ndarray) -> np.ndarray:
    """(h, w, 3) float32 unit vectors of an 8-bit view-space image (h, w, 3 or more); 0 where nothing was hit."""
    normals = image[..., :3].astype(np.float32) * np.float32(2 / 255) - np.float32(1)
    lengths = np.sqrt(np.einsum("hwc,hwc->hw", normals, normals))
    normals /= np.maximum(lengths, np.float32(1e-6))[..., None]
    normals[nothing] = 0
    return normals
