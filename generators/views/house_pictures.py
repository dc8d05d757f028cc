"""Pictures of one house for people: its best views, the view from above, and several of them on one sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from generators.poses import SURFACES
from tst_sim.corpus.colorize import as_picture
from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.errors import UserError
from tst_sim.geometry import Pose
from tst_sim.modalities import MODALITIES, Kind, Modality, to_stored
from tst_sim.simulator import FreeSpace

GAP_PX = 6
PAPER = (245, 246, 247)
"""sRGB of gaps and of what lies around the house."""
TOP_FOV_DEG = 25.0
EYE_M = 1.5
LOOK_DOWN_DEG = 12.0
SPACING_M = 0.25
CLEARANCE_M = 0.3
DIRECTIONS = 12
MAX_PROBES = 720
PROBE_PX = 36
"""Height of the small renders that views are judged by."""
NEAR_M, DOOR_NEAR_M = 1.1, 2.2
"""What is nearer is in the way; doors and their frames sooner."""
MIN_FRACTION = 0.003
"""Of the picture, from which on an object counts as shown."""
CUT_OFF = 0.3
"""What an object counts that the picture's border cuts."""
FINER = 2
"""Color is drawn this many times as large and averaged, so that edges are smooth."""
MAX_FINE_PX = 8192


@dataclass(frozen=True)
class _Probe:
    """What one candidate view shows."""

    pose: Pose
    room_id: str
    objects: dict[int, float]
    """Share of the picture by instance id."""
    calm: float
    """How good it is whatever it shows: far-reaching, nothing in front of the nose."""


def panels(
    simulator: EmbeddedSimulator, views: Sequence[CameraSpec], rows: Sequence[Modality], *, width: int, height: int
) -> list[np.ndarray]:
    """One (h, w, 3) uint8 picture a view, its modalities side by side; color with smooth edges, ids never blended."""
    fine = FINER if FINER * max(width, height) <= MAX_FINE_PX else 1
    color = [row for row in rows if row.kind is Kind.COLOR]
    others = [row for row in rows if row.kind is not Kind.COLOR]
    smooth = simulator.render_views(views, color, width=fine * width, height=fine * height) if color else views
    exact = simulator.render_views(views, others, width=width, height=height) if others else views
    pictures = []
    for large, small in zip(smooth, exact, strict=True):
        tiles = [_averaged(large["rgb"], fine)] if isinstance(large, dict) else []
        tiles += [as_picture(row, to_stored(row, small[row.name])) for row in others if isinstance(small, dict)]
        pictures.append(sheet(tiles, columns=len(tiles)))
    return pictures


def _averaged(picture: np.ndarray, fine: int) -> np.ndarray:
    height, width = picture.shape[:2]
    return np.asarray(Image.fromarray(picture).reduce(fine)) if fine > 1 else picture.reshape(height, width, 3)


def sheet(tiles: Sequence[np.ndarray], *, columns: int) -> np.ndarray:
    """Pictures (h, w, 3) of one size in rows of `columns`, with a gap between them; the last row is filled with
    paper."""
    height, width = tiles[0].shape[:2]
    rows = math.ceil(len(tiles) / columns)
    step_y, step_x = height + GAP_PX, width + GAP_PX
    page = np.full((rows * step_y - GAP_PX, columns * step_x - GAP_PX, 3), PAPER, np.uint8)
    for number, tile in enumerate(tiles):
        y, x = number // columns * step_y, number % columns * step_x
        page[y : y + height, x : x + width] = tile
    return page


def top_view(simulator: EmbeddedSimulator, *, aspect: float, fov_deg: float = TOP_FOV_DEG) -> CameraSpec:
    """The whole house from above, +z up in the picture; `aspect` is width over height.

    Ceilings face down and so are not seen. The camera is as high as the top of the walls demands.
    """
    low, high = _outline(simulator)
    slope = math.tan(math.radians(fov_deg) / 2)
    width, _, depth = high - low
    height = high[1] + 1.03 * max(width / 2 / (slope * aspect), depth / 2 / slope)
    sky = (PAPER[0] / 255, PAPER[1] / 255, PAPER[2] / 255)
    position = (float(low[0] + high[0]) / 2, float(height), float(low[2] + high[2]) / 2)
    return CameraSpec(position, (90.0, 0.0, 0.0), fov_deg, sky_color=sky)


def top_size(simulator: EmbeddedSimulator, longest_px: int) -> tuple[int, int]:
    """(width, height) in pixels that the house fills well from above."""
    low, high = _outline(simulator)
    width, _, depth = high - low
    aspect = min(max(width / depth, 0.5), 2.0)
    return (longest_px, round(longest_px / aspect)) if aspect > 1 else (round(longest_px * aspect), longest_px)


def _outline(simulator: EmbeddedSimulator) -> tuple[np.ndarray, np.ndarray]:
    """Low and high corner of everything: bay windows stand out of the walls."""
    boxes = simulator.scene.boxes
    return boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)


def best_views(simulator: EmbeddedSimulator, count: int, *, fov_deg: float, aspect: float) -> list[CameraSpec]:
    """`count` eye-level views of the loaded house that together show most of it, the best first.

    Candidates stand on free floor in every room and look in all directions; small renders judge them. One is taken
    after the other: an object that was shown already counts less, a room that was not counts more. UserError where
    nobody can stand in the house.
    """
    probes = _probes(simulator, fov_deg, aspect)
    shown: dict[int, int] = {}
    rooms: set[str] = set()
    chosen: list[CameraSpec] = []
    while probes and len(chosen) < count:
        best = max(probes, key=lambda probe: _worth(probe, shown, rooms))
        probes.remove(best)
        chosen.append(CameraSpec.of(best.pose, fov_deg))
        rooms.add(best.room_id)
        for number in best.objects:
            shown[number] = shown.get(number, 0) + 1
    return chosen


def _worth(probe: _Probe, shown: dict[int, int], rooms: set[str]) -> float:
    seen = sum(
        math.sqrt(min(fraction, 0.08)) * 0.35 ** shown.get(number, 0) for number, fraction in probe.objects.items()
    )
    return seen + probe.calm + 0.6 * (probe.room_id not in rooms)


def _probes(simulator: EmbeddedSimulator, fov_deg: float, aspect: float) -> list[_Probe]:
    space = simulator.free_space(SPACING_M)
    spots = _spots(space)
    poses, homes = [], []
    for index in spots:
        x, _, z = space.positions_m[index].tolist()
        for turn in range(DIRECTIONS):
            poses.append(Pose((x, EYE_M, z), 360.0 * turn / DIRECTIONS, LOOK_DOWN_DEG))
            homes.append(space.room_ids[index])
    structure = {row.id for row in simulator.instances() if row.class_name in SURFACES}
    doors = [row.id for row in simulator.instances() if row.class_name == "Door"]
    rows = (MODALITIES["depth"], MODALITIES["instance"])
    width = max(16, round(PROBE_PX * aspect))
    frames = simulator.render_views(
        [CameraSpec.of(pose, fov_deg) for pose in poses], rows, width=width, height=PROBE_PX
    )
    return [
        _judged(pose, home, frame["depth"], frame["instance"], structure, doors)
        for pose, home, frame in zip(poses, homes, frames, strict=True)
    ]


def _spots(space: FreeSpace) -> list[int]:
    """Points of the free floor, as many in each room, spread over it."""
    rooms = sorted(set(space.room_ids))
    if not rooms:
        raise UserError("the house has no free floor to look from; give --pose or --top")
    wide = space.clearance_m >= CLEARANCE_M
    spots: list[int] = []
    for room in rooms:
        mine = np.array([index for index, name in enumerate(space.room_ids) if name == room])
        mine = mine[wide[mine]] if wide[mine].any() else mine
        many = max(4, MAX_PROBES // DIRECTIONS // len(rooms))
        spots += _spread(space.positions_m[mine][:, [0, 2]], mine, many)
    return spots


def _spread(points: np.ndarray, numbers: np.ndarray, count: int) -> list[int]:
    """Some of the points, each as far as can be from those before it; the first is the one nearest to a corner."""
    taken = [int(np.argmin(points.sum(axis=1)))]
    gaps = np.full(len(points), np.inf)
    while len(taken) < min(count, len(points)):
        gaps = np.minimum(gaps, np.linalg.norm(points - points[taken[-1]], axis=1))
        taken.append(int(np.argmax(gaps)))
    return [int(numbers[index]) for index in taken]


def _judged(
    pose: Pose, room_id: str, depth: np.ndarray, instance: np.ndarray, structure: set[int], doors: list[int]
) -> _Probe:
    ids, pixels = np.unique(instance, return_counts=True)
    fractions = dict(zip(ids.tolist(), (pixels / instance.size).tolist()))
    cut_off = set(np.concatenate([instance[0], instance[-1], instance[:, 0], instance[:, -1]]).tolist())
    objects = {
        number: fraction * (CUT_OFF if number in cut_off else 1.0)
        for number, fraction in fractions.items()
        if number and number not in structure and number not in doors and fraction > MIN_FRACTION
    }
    in_the_way = (depth > 0) & ((depth < NEAR_M) | (np.isin(instance, doors) & (depth < DOOR_NEAR_M)))
    near, blank = float(np.mean(in_the_way)), float(np.mean(depth <= 0))
    largest = max((fraction for number, fraction in fractions.items() if number in structure), default=0.0)
    calm = 0.3 * min(float(np.median(depth)) / 3, 1.0) - 3 * max(0.0, near - 0.03) - max(0.0, largest - 0.35) - blank
    return _Probe(pose, room_id, objects, calm)
