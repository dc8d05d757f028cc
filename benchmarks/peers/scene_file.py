"""What all contenders draw, as one file: numpy alone reads it, whatever else a contender's environment has."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class SceneFile:
    """A mesh and cameras. World: left-handed, y up, metres; triangles run clockwise seen from their visible side."""

    vertices: np.ndarray
    """(n, 3) float32; vertices of one instance are consecutive, and none is shared by two."""
    triangles: np.ndarray
    """(m, 3) int32; triangles of one instance are consecutive, ids rising."""
    instances: np.ndarray
    """(m,) uint16, from 1."""
    colors: np.ndarray
    """(m, 3) float32 sRGB in [0, 1]."""
    classes: np.ndarray
    """(instances + 1,) uint8 class by instance, background first."""
    renderer: np.ndarray
    """(poses, 3) float64."""
    rotations: np.ndarray
    """(poses, 3, 3) float64 with columns right, up, forward."""
    angles: np.ndarray
    """(poses, 2) yaw and pitch, degrees, that the rotations follow from."""
    fov_deg: float
    size: int
    house: str
    """The house's JSON, and how often its triangles were cut in four: for our own engine."""
    name: str
    levels: int

    def save(self, path: Path) -> None:
        """Write everything, uncompressed."""
        np.savez(path, allow_pickle=False, **asdict(self))

    @classmethod
    def read(cls, path: Path) -> SceneFile:
        """The scene of a file that `save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            arrays: dict[str, Any] = {key: file[key] for key in file}
        plain = {key: value.item() for key, value in arrays.items() if value.ndim == 0}
        return cls(**{**arrays, **plain})

    @property
    def house_document(self) -> Any:
        return json.loads(self.house)

    @property
    def slope(self) -> float:
        """Half the image per metre of depth."""
        return float(np.tan(np.radians(self.fov_deg) / 2))

    def parts(self) -> list[tuple[int, np.ndarray, np.ndarray, np.ndarray]]:
        """(instance, vertices (n, 3), triangles (m, 3) between them, mean color (3,)) of each instance."""
        ends = np.flatnonzero(np.diff(self.instances, append=0))
        rows, start = [], 0
        for end in (ends + 1).tolist():
            used, faces = np.unique(self.triangles[start:end], return_inverse=True)
            color = self.colors[start:end].mean(axis=0)
            rows.append((int(self.instances[start]), self.vertices[used], faces.reshape(-1, 3).astype(np.int32), color))
            start = end
        return rows

    def rays(self) -> np.ndarray:
        """(size * size, 3) float32 camera-space directions (right, up, forward 1): hit distances are planar depth."""
        steps = (2 * np.arange(self.size) + 1) / self.size - 1
        x, y = np.meshgrid(steps * self.slope, -steps * self.slope)
        return np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 3).astype(np.float32)
