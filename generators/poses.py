"""Dense camera poses from a house's free space, in two frame sets that keep their distance.

Rule between the sets: evaluation cameras stand on *stands*, floor points drawn first from the house and the seed
alone. Pre-training cameras stand at least `eval_distance_m` from every stand, used or not. So no frame of either
set depends on how many frames the other has, and frame k is the same whatever number is asked for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import KDTree

from generators.config import PoseConfig
from tst_sim.errors import UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import MODALITIES, Frame
from tst_sim.randomness import rng_for
from tst_sim.simulator import FreeSpace, Simulator

SURFACES = ("Floor", "Wall", "Ceiling")
CANDIDATES = 12
"""Random floor points per camera, of which the one farthest from the earlier cameras is taken (Mitchell 1991)."""
PROBE_BATCH = 64
ROUNDING_M = 1e-3
"""More than the rounding of positions to 0.1 mm can take away."""


@dataclass(frozen=True)
class CandidateView:
    """A pose that was judged worth rendering, and the room it stands in."""

    pose: Pose
    room_id: str


@dataclass
class ViewStatistics:
    """What became of the proposed views: nothing is dropped silently."""

    probed: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    forced: int = 0
    """Frames whose every try was rejected: the try that showed most was taken."""

    def facts(self) -> dict[str, int | dict[str, int]]:
        """The counts as JSON values, as a shard's record holds them."""
        return {"probed": self.probed, "rejected": dict(sorted(self.rejected.items())), "forced": self.forced}


@dataclass(frozen=True)
class CameraPositions:
    """Where cameras of one frame set may stand."""

    points: np.ndarray
    """(n, 2) x and z, metres."""
    rooms: np.ndarray
    """(n,) room of each point, as an index into `room_ids`."""
    room_ids: tuple[str, ...]
    room_fractions: np.ndarray
    """Share of the cameras that each room gets: by the square root of its free floor, so that small rooms get some."""
    jitter_m: float
    """Largest shift along x and z that keeps clearance and the distance between the sets."""
    level_m: float


def floors(house: House, space: FreeSpace, config: PoseConfig, *, seed: int) -> tuple[CameraPositions, CameraPositions]:
    """(pre-training floor, evaluation stands) of one house; UserError when nobody can stand in it."""
    jitter = min(space.spacing_m / 2, config.clearance_m / 4)
    free = space.clearance_m >= config.clearance_m + jitter * math.sqrt(2)
    if not free.any():
        free, jitter = space.clearance_m > 0, 0.0
    if np.count_nonzero(free) < 2:
        raise UserError(f"house {house.name} has no free floor for a camera: at least two free points are needed")
    points = space.positions_m[free][:, [0, 2]]
    room_ids = tuple(sorted({room for room, ok in zip(space.room_ids, free) if ok}))
    rooms = np.array([room_ids.index(room) for room, ok in zip(space.room_ids, free) if ok])
    level = float(space.positions_m[free][0, 1])
    stands, kept = _stands(points, rooms, config, jitter, rng_for(seed, "poses", house.name, "stands"))
    if not kept.any():
        raise UserError(
            f"house {house.name} is too small to keep evaluation cameras {config.eval_distance_m} m from the others; "
            "lower poses.eval_distance_m"
        )
    fractions = np.sqrt(np.bincount(rooms, minlength=len(room_ids)))
    pretrain = CameraPositions(points[kept], rooms[kept], room_ids, fractions / fractions.sum(), jitter, level)
    return pretrain, CameraPositions(points[stands], rooms[stands], room_ids, fractions / fractions.sum(), 0.0, level)


def _stands(
    points: np.ndarray, rooms: np.ndarray, config: PoseConfig, jitter: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(indices of the stands, mask of the points left for pre-training).

    Stands are added room by room in turn, apart from each other, while at most `eval_area_share` of the floor is lost
    to pre-training; one that would empty a room of pre-training points is not taken while there are others.
    """
    reach = config.eval_distance_m + jitter * math.sqrt(2) + ROUNDING_M
    kept, stands = np.ones(len(points), bool), []
    budget = max(1, int(len(points) * config.eval_area_share))
    in_room, lost_count = np.bincount(rooms), 0
    neighbours = KDTree(points)
    for candidate in _interleaved(rooms, rng):
        if lost_count >= budget:  # a stand loses its own point at least
            break
        if not kept[candidate]:
            continue
        near = np.array(neighbours.query_ball_point(points[candidate], reach + ROUNDING_M))
        lost = near[kept[near] & (np.hypot(*(points[near] - points[candidate]).T) < reach)]
        lost_here = np.count_nonzero(rooms[lost] == rooms[candidate])
        if lost_count + len(lost) <= budget and lost_here < in_room[rooms[candidate]]:
            stands.append(candidate)
            kept[lost] = False
            lost_count += len(lost)
            in_room -= np.bincount(rooms[lost], minlength=len(in_room))
    if not stands:
        stands = [int(rng.integers(len(points)))]
        kept = np.hypot(*(points - points[stands[0]]).T) >= reach
    return np.array(stands), kept


def _interleaved(rooms: np.ndarray, rng: np.random.Generator) -> Iterator[int]:
    """All points in random order, but in turn by room, large rooms more often."""
    order = rng.permutation(len(rooms))
    turn = np.empty(len(rooms))
    for room in np.unique(rooms):
        mine = order[rooms[order] == room]
        turn[mine] = (np.arange(len(mine)) + 0.5) / math.sqrt(len(mine))
    yield from (int(index) for index in order[np.argsort(turn[order], kind="stable")])


def choose_views(
    house: House,
    simulator: Simulator,
    floor: CameraPositions,
    config: PoseConfig,
    count: int,
    *,
    frame_set: str,
    intrinsics: Intrinsics,
    seed: int,
    statistics: ViewStatistics,
) -> list[CandidateView]:
    """`count` views of the loaded house that show something, in a fixed order.

    Small depth and instance renders judge them. Each frame has its own random stream; a frame whose tries are all
    rejected takes the one that showed most instances, and is counted as forced.
    """
    streams = [rng_for(seed, "poses", house.name, frame_set, frame) for frame in range(count)]
    spots = _spots(floor, count, streams)
    chosen: list[CandidateView | None] = [None] * count
    best: list[tuple[int, CandidateView]] = [(-1, CandidateView(Pose((0.0, 0.0, 0.0), 0.0, 0.0), ""))] * count
    structure = {row.id for row in simulator.instances() if row.class_name in SURFACES}
    small = Intrinsics(
        max(8, round(config.probe_px * intrinsics.width / intrinsics.height)), config.probe_px, intrinsics.fov_deg
    )
    for attempt in range(config.tries):
        waiting = [frame for frame in range(count) if chosen[frame] is None]
        if attempt == config.tries // 2:
            for frame in waiting:
                spots[frame] = _spot(floor, spots[frame][2], streams[frame])
        views = [_propose(floor, spots[frame], config, streams[frame]) for frame in waiting]
        for frame, view, probe in zip(waiting, views, _probes(simulator, views, small)):
            fault, shown = judge(probe, structure, config)
            statistics.probed += 1
            if fault is None:
                chosen[frame] = view
                continue
            statistics.rejected[fault] += 1
            if shown > best[frame][0]:
                best[frame] = (shown, view)
    statistics.forced += sum(view is None for view in chosen)
    return [view or fallback[1] for view, fallback in zip(chosen, best, strict=True)]


def _spots(floor: CameraPositions, count: int, streams: list[np.random.Generator]) -> list[tuple[float, float, int]]:
    """(x, z, room) of each frame: rooms in turn by their shares; inside a room far from the earlier cameras."""
    sizes = np.bincount(floor.rooms, minlength=len(floor.room_ids))
    given, spots = np.zeros(len(sizes)), []
    for frame in range(count):
        room = int(np.argmax(np.where(sizes > 0, floor.room_fractions * (frame + 1) - given, -np.inf)))
        earlier = np.array([(x, z) for x, z, other in spots if other == room]).reshape(-1, 2)
        spots.append(_spot(floor, room, streams[frame], earlier))
        given[room] += 1
    return spots


def _spot(
    floor: CameraPositions, room: int, rng: np.random.Generator, earlier: np.ndarray | None = None
) -> tuple[float, float, int]:
    points = floor.points[floor.rooms == room]
    drawn = points[rng.integers(len(points), size=CANDIDATES)]
    drawn = drawn + rng.uniform(-1, 1, drawn.shape) * floor.jitter_m
    best = 0
    if earlier is not None and len(earlier):
        gaps = np.hypot(*(drawn[:, None] - earlier[None]).transpose(2, 0, 1)).min(1)
        best = int(np.argmax(gaps))
    return float(drawn[best, 0]), float(drawn[best, 1]), room


def _propose(
    floor: CameraPositions, spot: tuple[float, float, int], config: PoseConfig, rng: np.random.Generator
) -> CandidateView:
    yaw, height, pitch = rng.uniform(0, 360), rng.uniform(*config.height_m), rng.uniform(*config.pitch_deg)
    x, z, room = spot
    position = (round(x, 4), round(floor.level_m + height, 4), round(z, 4))
    return CandidateView(Pose(position, round(yaw, 3) % 360, round(pitch, 3)), floor.room_ids[room])


def _probes(simulator: Simulator, views: list[CandidateView], small: Intrinsics) -> Iterator[Frame]:
    rows = (MODALITIES["depth"], MODALITIES["instance"])
    for start in range(0, len(views), PROBE_BATCH):
        poses = [view.pose for view in views[start : start + PROBE_BATCH]]
        yield from simulator.render(poses, rows, intrinsics=small)


def judge(probe: Frame, structure: set[int], config: PoseConfig) -> tuple[str | None, int]:
    """(why a view is rejected or None, how many instances it shows) from its small depth and instance images."""
    depth, instance = probe["depth"], probe["instance"]
    ids, pixels = np.unique(instance[instance > 0], return_counts=True)
    shown = ids[pixels >= config.min_instance_share * instance.size]
    objects = sum(int(index) not in structure for index in shown)
    if not len(ids) or np.count_nonzero(depth <= 0) > 0.5 * depth.size:
        return "nothing near", 0
    if pixels.max() > config.max_surface_share * instance.size:
        return "one surface fills the view", len(shown)
    if np.median(depth) < config.min_depth_m:
        return "too close", len(shown)
    if len(shown) < config.min_instances or objects < config.min_objects:
        return "too few instances", len(shown)
    return None, len(shown)


def distance_between(first: Sequence[Pose], second: Sequence[Pose]) -> float:
    """Least horizontal distance in metres between the cameras of two sets, infinite when one is empty."""
    if not first or not second:
        return math.inf
    a = np.array([pose.position_m for pose in first])[:, None, [0, 2]]
    b = np.array([pose.position_m for pose in second])[None, :, [0, 2]]
    return float(np.hypot(*(a - b).transpose(2, 0, 1)).min())
