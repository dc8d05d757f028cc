"""A walk through every room of a house: a smooth path over the free floor, and where a camera looks along it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from tst_sim.errors import UserError
from tst_sim.geometry import Pose
from tst_sim.simulator import FreeSpace

SPACING_M = 0.1
EYE_M = 1.5
LOOK_DOWN_DEG = 9.0
SPEED_M_S = 1.1
TURN_DEG_S = 70.0
RAMP_S = 0.6
"""Time to start or to stop walking or turning."""
AHEAD_M = 0.9
"""The camera looks at the place on the path that is so far ahead."""
COMFORT_M = 0.6
"""Clearance from which on a place is as good as any; narrower ones are walked through only where they are shorter."""
STEP_M = 0.05
SMOOTHINGS = 60
KEPT_CLEARANCE_M = 0.2
"""Smoothing takes no point nearer to anything than this."""


@dataclass(frozen=True)
class Tour:
    """A camera's way, one pose a picture of the film."""

    poses: tuple[Pose, ...]
    rooms: tuple[str, ...]
    """In the order of the walk."""
    cuts: int
    """How often the film jumps, as no way leads on to the next room."""
    length_m: float


@dataclass(frozen=True)
class _Ground:
    """The free floor as a graph and as a map of clearance."""

    points: np.ndarray
    graph: sparse.csr_matrix
    origin: np.ndarray
    clearance: np.ndarray

    @classmethod
    def of(cls, space: FreeSpace) -> _Ground:
        points = space.positions_m[:, [0, 2]]
        cells = np.rint(points / space.spacing_m).astype(int)
        origin = cells.min(axis=0) - 1
        shape = cells.max(axis=0) - origin + 2
        clearance, numbers = np.zeros(shape), np.full(shape, -1)
        clearance[tuple((cells - origin).T)] = space.clearance_m
        numbers[tuple((cells - origin).T)] = np.arange(len(points))
        graph = _graph(numbers, space.clearance_m, space.spacing_m)
        return cls(points, graph, origin * space.spacing_m, clearance)

    def clearance_at(self, points: np.ndarray) -> np.ndarray:
        """(n,) clearance, metres, at plan points (n, 2), between those of the grid; 0 off the free floor."""
        return ndimage.map_coordinates(self.clearance, (points - self.origin).T / SPACING_M, order=1, mode="constant")


def plan_tour(space: FreeSpace, *, fps: float) -> Tour:
    """A tour of all rooms with free floor; `space` has spacing `SPACING_M`. UserError where there is none.

    From a stop in each room a way leads to the next; at the stop the camera looks round.
    """
    if not len(space.positions_m):
        raise UserError("the house has no free floor to walk on; there can be no tour of it")
    ground = _Ground.of(space)
    legs = [_stretched(ground, stops) for stops in _legs(ground, space)]
    poses: list[Pose] = []
    length = 0.0
    for stops in legs:
        paths = [_smooth(ground, _way(ground, a, b)) for a, b in pairwise(stops)]
        length += sum(_length(path) for path in paths)
        poses += _film(ground.points[stops[0]], paths, fps)
    rooms = dict.fromkeys(space.room_ids[stop] for stops in legs for stop in stops)
    return Tour(tuple(poses), tuple(rooms), len(legs) - 1, length)


def _graph(numbers: np.ndarray, clearance: np.ndarray, spacing: float) -> sparse.csr_matrix:
    """Steps to the eight neighbours; a narrow place counts as up to four times as long."""
    rows, columns, costs = [], [], []
    dear = 1 + 3 * np.clip((COMFORT_M - clearance) / COMFORT_M, 0, 1)
    for di, dk in ((1, 0), (0, 1), (1, 1), (1, -1)):
        here = numbers[: numbers.shape[0] - di, max(0, -dk) : numbers.shape[1] - max(0, dk)]
        there = numbers[di:, max(0, dk) : numbers.shape[1] - max(0, -dk)]
        both = (here >= 0) & (there >= 0)
        a, b = here[both], there[both]
        rows.append(a)
        columns.append(b)
        costs.append(spacing * math.hypot(di, dk) * (dear[a] + dear[b]) / 2)
    count = int(numbers.max()) + 1
    pairs = (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_matrix((np.concatenate(costs), pairs), shape=(count, count))


def _legs(ground: _Ground, space: FreeSpace) -> list[list[int]]:
    """Stops, one a room, in walking order; one list for each part of the house that no way joins to the others."""
    _, part = csgraph.connected_components(ground.graph, directed=False)
    sizes = np.bincount(part)
    stops: dict[int, list[int]] = {}
    for room in sorted(set(space.room_ids)):
        mine = np.array([index for index, name in enumerate(space.room_ids) if name == room])
        mine = mine[sizes[part[mine]] == sizes[part[mine]].max()]
        middle = ground.points[mine].mean(axis=0)
        worth = np.minimum(space.clearance_m[mine], 1.0) - 0.25 * np.linalg.norm(ground.points[mine] - middle, axis=1)
        best = int(mine[np.argmax(worth)])
        stops.setdefault(int(part[best]), []).append(best)
    return [_in_order(ground, group) for _, group in sorted(stops.items(), key=lambda item: -len(item[1]))]


def _in_order(ground: _Ground, stops: Sequence[int]) -> list[int]:
    """The shortest of the walks that always go on to the nearest stop left, from any start."""
    distance = np.asarray(csgraph.dijkstra(ground.graph, directed=False, indices=stops))[:, list(stops)]
    walks = []
    for start in range(len(stops)):
        order, left, length = [start], set(range(len(stops))) - {start}, 0.0
        while left:
            following = min(left, key=lambda stop: (distance[order[-1], stop], stop))
            length += float(distance[order[-1], following])
            order.append(following)
            left.remove(following)
        walks.append((length, order))
    return [stops[index] for index in min(walks)[1]]


def _stretched(ground: _Ground, stops: list[int]) -> list[int]:
    """A lone room is walked through from end to end: through its stop, between the places farthest apart."""
    if len(stops) > 1:
        return stops
    roomy = np.flatnonzero(ground.clearance_at(ground.points) >= COMFORT_M)
    ends = []
    for start in (stops[0], None):
        distance = csgraph.dijkstra(ground.graph, directed=False, indices=ends[-1] if start is None else start)
        reached = roomy[np.isfinite(distance[roomy])]
        ends.append(int(reached[np.argmax(distance[reached])]) if len(reached) else stops[0])
    return list(dict.fromkeys([ends[0], stops[0], ends[1]]))


def _way(ground: _Ground, start: int, end: int) -> np.ndarray:
    """(n, 2) points of the best way between two stops, `STEP_M` apart."""
    _, before = csgraph.dijkstra(ground.graph, directed=False, indices=start, return_predecessors=True)
    trail = [end]
    while trail[-1] != start:
        trail.append(int(before[trail[-1]]))
    corners = ground.points[trail[::-1]]
    return _resampled(corners, max(2, math.ceil(_length(corners) / STEP_M)))


def _smooth(ground: _Ground, path: np.ndarray) -> np.ndarray:
    """The path with each point drawn to the middle of its neighbours, again and again, where that is clear."""
    path = path.copy()
    for _ in range(SMOOTHINGS):
        moved = (path[:-2] + 2 * path[1:-1] + path[2:]) / 4
        clear = ground.clearance_at(moved) >= np.minimum(KEPT_CLEARANCE_M, ground.clearance_at(path[1:-1]))
        path[1:-1][clear] = moved[clear]
    return path


def _length(path: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())


def _resampled(path: np.ndarray, count: int) -> np.ndarray:
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    return _at(path, along, np.linspace(0, along[-1], count))


def _at(path: np.ndarray, along: np.ndarray, where: np.ndarray) -> np.ndarray:
    return np.stack([np.interp(where, along, path[:, axis]) for axis in (0, 1)], axis=1)


def _film(start: np.ndarray, paths: Sequence[np.ndarray], fps: float) -> list[Pose]:
    """Poses of one leg: look round, walk, look round, ... ; turns never jump."""
    walks = [_walk(path, fps) for path in paths]
    places, yaws = [], []
    arrived = walks[0][1][0] - 360.0 if walks else 0.0
    here = start
    for number in range(len(walks) + 1):
        leaving = walks[number][1][0] if number < len(walks) else arrived
        turn = _turn(arrived, leaving, fps)
        places.append(np.tile(here, (len(turn), 1)))
        yaws.append(turn)
        if number < len(walks):
            points, heading = walks[number]
            heading = heading - heading[0] + turn[-1]
            places.append(points)
            yaws.append(heading)
            here, arrived = points[-1], heading[-1]
    yaw = ndimage.gaussian_filter1d(np.concatenate(yaws), 0.25 * fps, mode="nearest")
    return [
        Pose((round(x, 5), EYE_M, round(z, 5)), round(angle % 360, 4) % 360, LOOK_DOWN_DEG)
        for (x, z), angle in zip(np.concatenate(places).tolist(), yaw.tolist(), strict=True)
    ]


def _walk(path: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """(points (n, 2), yaw (n,) in unwrapped degrees) of walking a path, looking ahead along it."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    where = _eased(along[-1], SPEED_M_S, fps)
    ahead = np.minimum(where + AHEAD_M, along[-1])
    behind = np.minimum(where, max(along[-1] - 0.3, 0.0))
    looking = _at(path, along, ahead) - _at(path, along, behind)
    yaw = np.degrees(np.unwrap(np.arctan2(looking[:, 0], looking[:, 1])))
    return _at(path, along, where), ndimage.gaussian_filter1d(yaw, 0.3 * fps, mode="nearest")


def _turn(arrived: float, leaving: float, fps: float) -> np.ndarray:
    """(n,) yaw of looking round from one direction to another: by 150 to 360 degrees, whichever way that is."""
    angle = (leaving - arrived) % 360
    angle = 360.0 if angle < 1e-6 else angle if angle >= 150 else angle - 360
    return arrived + math.copysign(1, angle) * _eased(abs(angle), TURN_DEG_S, fps)


def _eased(whole: float, speed: float, fps: float) -> np.ndarray:
    """(n,) from 0 to `whole` at most at `speed` a second, starting and stopping gently."""
    seconds = whole / speed + RAMP_S
    frames = max(2, math.ceil(seconds * fps))
    ramp = min(RAMP_S / seconds, 0.5)
    time = (np.arange(frames) + 0.5) / frames
    pace = np.clip(np.minimum(time, 1 - time) / ramp, 0, 1)
    gone = np.concatenate([[0.0], np.cumsum(pace * pace * (3 - 2 * pace))])
    return whole * gone / gone[-1]
