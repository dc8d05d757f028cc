"""What can be seen from a pose, conservatively: the frustum, and rooms only through their openings.

Only instances that may be seen are sent to be drawn; pictures are the same with and without.
Angles are horizontal, in radians, relative to where the camera looks, rising to the right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tst_sim.embedded.floor_plan import FloorPlan
from tst_sim.embedded.scene import Scene
from tst_sim.embedded.structure import Surface, WallFrame
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House

_CELL_M = 0.05
_DOORSTEP_M = 0.15
"""Nearer to an opening than this, everything behind it counts as seen."""
_SLACK = 0.002


class _Portal(NamedTuple):
    """An opening between rooms: its two ends on the plan, and the room it leads to (None: outdoors)."""

    start: np.ndarray
    end: np.ndarray
    leads_to: int | None


class Visibility:
    """Answers for one scene which instances a camera may see."""

    def __init__(self, scene: Scene) -> None:
        self._boxes = scene.boxes
        self._floors = [surface for surface in scene.surfaces if surface.class_name == "Floor"]
        self._portals = _portals(scene.house)
        self._rooms_of = _rooms_of(scene)
        low, high = scene.boxes[:, 0], scene.boxes[:, 1]
        self._corners = np.stack(
            [np.stack([x[:, 0], z[:, 2]], axis=1) for x in (low, high) for z in (low, high)], axis=1
        )
        self._planes = np.array([surface.normal for surface in scene.surfaces])
        self._offsets = np.array([surface.normal @ surface.corner for surface in scene.surfaces])

    def visible(self, pose: Pose, camera: Intrinsics) -> np.ndarray:
        """(instances,) whether each may be seen; never False for one that is."""
        eye = np.array(pose.position_m)
        seen = self._in_frustum(pose, camera, eye)
        seen[: len(self._planes)] &= self._planes @ eye > self._offsets
        views = self._views(pose, camera, eye[[0, 2]])
        return seen if views is None else seen & self._in_views(views, pose, eye[[0, 2]])

    def _in_frustum(self, pose: Pose, camera: Intrinsics, eye: np.ndarray) -> np.ndarray:
        right, up, forward = pose.rotation().T
        across, along = camera.width / 2 / camera.focal_px, camera.height / 2 / camera.focal_px
        planes = np.stack(
            [forward, right + across * forward, across * forward - right, up + along * forward, along * forward - up]
        )
        centre, half = self._boxes.mean(axis=1) - eye, (self._boxes[:, 1] - self._boxes[:, 0]) / 2
        return (centre @ planes.T + half @ np.abs(planes).T >= 0).all(axis=1)

    def _views(self, pose: Pose, camera: Intrinsics, eye: np.ndarray) -> np.ndarray | None:
        """(rooms, 2) the angles between which each room is seen (low > high: not), or None: all may be."""
        home = next((i for i, floor in enumerate(self._floors) if floor.holds(eye[None])[0]), None)
        if home is None:
            return None
        half = _half_angle(pose, camera)
        views = np.tile([math.inf, -math.inf], (len(self._floors), 1))
        views[home] = -half, half
        waiting = [home]
        while waiting:
            room = waiting.pop()
            for portal in self._portals[room]:
                for low, high in _through(portal, views[room], pose, eye):
                    if portal.leads_to is None:
                        return None
                    known = views[portal.leads_to]
                    if low < known[0] - 1e-9 or high > known[1] + 1e-9:
                        views[portal.leads_to] = min(low, known[0]), max(high, known[1])
                        waiting.append(portal.leads_to)
        return views

    def _in_views(self, views: np.ndarray, pose: Pose, eye: np.ndarray) -> np.ndarray:
        angles = _angles(self._corners - eye, pose)
        low, high = angles.min(axis=1)[:, None], angles.max(axis=1)[:, None]
        touched = self._rooms_of & (low <= views[:, 1]) & (high >= views[:, 0])
        behind = (high - low)[:, 0] >= math.pi
        around = ((eye >= self._boxes[:, 0][:, [0, 2]]) & (eye <= self._boxes[:, 1][:, [0, 2]])).all(axis=1)
        reached = (self._rooms_of & (views[:, 0] <= views[:, 1])).any(axis=1)
        return touched.any(axis=1) | (reached & (behind | around))


def _angles(offsets: np.ndarray, pose: Pose) -> np.ndarray:
    """Angles in (-pi, pi] of plan offsets (..., 2)."""
    angles = np.arctan2(offsets[..., 0], offsets[..., 1]) - math.radians(pose.yaw_deg)
    return math.pi - np.mod(math.pi - angles, 2 * math.pi)


def _half_angle(pose: Pose, camera: Intrinsics) -> float:
    """Half of the horizontal angle the frustum spans; pi where it holds the vertical."""
    across, along = camera.width / 2 / camera.focal_px, camera.height / 2 / camera.focal_px
    if abs(math.radians(pose.pitch_deg)) + math.atan(along) >= math.radians(89):
        return math.pi
    right, up, forward = pose.rotation().T
    corners = [forward + u * across * right + v * along * up for u in (-1, 1) for v in (-1, 1)]
    return float(np.abs(_angles(np.array(corners)[:, [0, 2]], pose)).max()) + _SLACK


def _through(portal: _Portal, view: np.ndarray, pose: Pose, eye: np.ndarray) -> Iterator[tuple[float, float]]:
    """What of a view goes on through a portal: no, one or two ranges of angle."""
    edge = portal.end - portal.start
    share = np.clip((eye - portal.start) @ edge / max(float(edge @ edge), 1e-9), 0, 1)
    if np.linalg.norm(portal.start + share * edge - eye) < _DOORSTEP_M:
        yield float(view[0]), float(view[1])
        return
    first, second = sorted(_angles(np.array([portal.start, portal.end]) - eye, pose).tolist())
    ranges = [(first, second)] if second - first <= math.pi else [(-math.pi, first), (second, math.pi)]
    for low, high in ranges:
        low, high = max(low - _SLACK, float(view[0])), min(high + _SLACK, float(view[1]))
        if low < high:
            yield low, high


def _portals(house: House) -> list[list[_Portal]]:
    """The openings of each room: doorways to other rooms, and walls that are not there."""
    index = {room.id: number for number, room in enumerate(house.rooms)}
    walls = {wall.id: WallFrame.of(wall) for wall in house.walls}
    plan = FloorPlan.of(house, _CELL_M)
    portals: list[list[_Portal]] = [[] for _ in house.rooms]
    for door in house.doors:
        rooms = [index[room] for room in dict.fromkeys(door.room_ids) if room in index]
        if not door.wall_ids or len(rooms) < 2:
            continue
        frame = walls[door.wall_ids[0]]
        start, end = (frame.point(x, 0.0)[[0, 2]] for x in (door.hole_min[0], door.hole_max[0]))
        for room in rooms:
            portals[room] += [_Portal(start, end, other) for other in rooms if other != room]
    for wall in house.walls:
        if wall.empty and wall.room_id in index:
            frame = walls[wall.id]
            behind = (frame.point(frame.length / 2, 0.0) - 2 * _CELL_M * frame.normal)[[0, 2]]
            other = int(plan.room_at(behind[None])[0])
            ends = frame.point(0.0, 0.0)[[0, 2]], frame.point(frame.length, 0.0)[[0, 2]]
            portals[index[wall.room_id]].append(_Portal(*ends, other if other >= 0 else None))
    return portals


def _rooms_of(scene: Scene) -> np.ndarray:
    """(instances, rooms) in which rooms an instance stands; outdoors, in none."""
    index = {room.id: number for number, room in enumerate(scene.house.rooms)}
    plan = FloorPlan.of(scene.house, _CELL_M)
    rooms = np.zeros((len(scene.instances), len(index)), bool)
    for number, surface in enumerate(scene.surfaces):
        rooms[number] = _room_row(surface, index)
    for number in range(len(scene.surfaces), len(scene.instances)):
        low, high = scene.boxes[number][:, [0, 2]] + np.array([[-_CELL_M], [_CELL_M]])
        (i0, i1), (k0, k1) = plan.cells(np.stack([low, high]))
        found = np.unique(plan.rooms[i0 : i1 + 1, k0 : k1 + 1])
        rooms[number, found[found >= 0]] = True
        if not rooms[number].any():
            rooms[number] = True
    return rooms


def _room_row(surface: Surface, index: dict[str, int]) -> np.ndarray:
    row = np.zeros(len(index), bool)
    if not surface.outdoors and surface.room_id in index:
        row[index[surface.room_id]] = True
    return row
