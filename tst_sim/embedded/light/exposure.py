"""Per-room auto-exposure (partial adaptation), blended across doorways."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tst_sim.embedded.light.receivers import Receivers
from tst_sim.embedded.scene.floor_plan import FloorPlan
from tst_sim.embedded.scene.scene import Scene
from tst_sim.houses import House

TARGET_LIGHT = 0.56
"""Light that the middle of a room's light is brought to, as far as ADAPTATION has it."""
ADAPTATION = 0.8
GAINS = (0.4, 6.0)
_BLUR_M = 0.35
_CELL_M = 0.1
SHOULDER, MAX_LIGHT = 1.0, 1.9
"""Light above the first is compressed towards the second, which pictures can hold."""


class Exposure:
    """Gains by place: one a room, with smooth steps in between."""

    def __init__(self, house: House, gains: np.ndarray) -> None:
        """`gains` (rooms,)."""
        self._plan = FloorPlan.of(house, _CELL_M)
        nearest = ndimage.distance_transform_edt(self._plan.rooms < 0, return_distances=False, return_indices=True)
        of_cell = np.log(gains)[self._plan.rooms[tuple(nearest)]]  # type: ignore[arg-type]
        self._gain = np.exp(ndimage.gaussian_filter(of_cell, _BLUR_M / _CELL_M, mode="nearest")).astype(np.float32)

    def gain(self, points: np.ndarray) -> np.ndarray:
        """(n,) float32 factor for the light at points (n, 3)."""
        cells = (points[:, [0, 2]] - self._plan.origin).T / _CELL_M - 0.5
        return ndimage.map_coordinates(self._gain, cells, order=1, mode="nearest", prefilter=False)


def room_gains(scene: Scene, receivers: Receivers, light: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """(rooms,) float32 gains, from the light (t, 3) of the structure's texels where it is `valid` (t,)."""
    numbers = {room.id: number for number, room in enumerate(scene.house.rooms)}
    rooms = [numbers.get(face.surface.room_id, 0) if face.surface else 0 for face in receivers.faces]
    areas = [face.texel_m**2 if face.surface and not face.outdoors else 0.0 for face in receivers.faces]
    room, weight = np.array(rooms)[receivers.texel_face], np.array(areas)[receivers.texel_face] * valid
    logs = np.log(np.maximum(luminance(light), 1e-3))
    totals = np.bincount(room, weight, minlength=len(numbers))
    middles = np.bincount(room, weight * logs, minlength=len(numbers)) / np.maximum(totals, 1e-9)
    return np.exp(np.clip(ADAPTATION * (np.log(TARGET_LIGHT) - middles), *np.log(GAINS))).astype(np.float32)


def luminance(light: np.ndarray) -> np.ndarray:
    """(n,) of linear RGB (n, 3) (ITU-R BT.709)."""
    return light[:, 0] * 0.2126 + light[:, 1] * 0.7152 + light[:, 2] * 0.0722


def compressed(light: np.ndarray) -> np.ndarray:
    """Light (n, 3) above SHOULDER compressed to stay below MAX_LIGHT, hue kept (a shoulder, as of film)."""
    peak = np.maximum(light.max(axis=1, keepdims=True), 1e-6)
    room = np.float32(MAX_LIGHT - SHOULDER)
    bent = np.where(peak > SHOULDER, SHOULDER + room * np.tanh((peak - SHOULDER) / room), peak)
    return (light * (bent / peak)).astype(np.float32)
