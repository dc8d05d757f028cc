"""What can be seen from a pose, conservatively: the frustum, and rooms only through their openings.

Only instances that may be seen are sent to be drawn; pictures are the same with and without.
Angles are horizontal, in radians, relative to where the camera looks, rising to the right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tst_sim.embedded.drawing.camera import Camera
from tst_sim.embedded.floor_plan import FloorPlan
from tst_sim.embedded.scene import Scene
from tst_sim.embedded.structure import Surface, WallFrame
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
        self._floors = [surface for surface in scene.surfaces if surface.class_name == "Floor"]
        self._plan = FloorPlan.of(scene.house, _CELL_M) if scene.house.rooms else None
        self._portals = _portals(scene.house, self._plan)
        levels = [surface.corner[1] for surface in scene.surfaces if surface.class_name == "Ceiling"]
        self._ceiling_m = float(min(levels, default=np.inf))
        self._planes = np.array([surface.normal for surface in scene.surfaces]).reshape(-1, 3)
        self._offsets = np.array([surface.normal @ surface.corner for surface in scene.surfaces])
        index = {room.id: number for number, room in enumerate(scene.house.rooms)}
        shell = [_room_row(surface, index) for surface in scene.surfaces]
        self._rooms_of = np.array(shell, bool).reshape(len(scene.surfaces), len(index))
        self._boxes = scene.boxes[: len(scene.surfaces)]
        self.arrange(scene.boxes)

    def arrange(self, boxes: np.ndarray) -> None:
        """The boxes (instances, 2, 3) of all instances as they are now; there may be more than before."""
        known = len(self._boxes)
        moved = np.flatnonzero((boxes[:known] != self._boxes).any(axis=(1, 2)))
        rooms = np.zeros((len(boxes), self._rooms_of.shape[1]), bool)
        rooms[:known] = self._rooms_of
        for number in [*moved.tolist(), *range(known, len(boxes))]:
            rooms[number] = self._rooms_at(boxes[number])
        self._boxes, self._rooms_of = boxes, rooms
        low, high = boxes[:, 0], boxes[:, 1]
        self._corners = np.stack(
            [np.stack([x[:, 0], z[:, 2]], axis=1) for x in (low, high) for z in (low, high)], axis=1
        )

    def visible(self, camera: Camera) -> np.ndarray:
        """(instances,) whether each may be seen; never False for one that is."""
        seen = self._in_frustum(camera)
        if camera.orthographic:
            seen[: len(self._planes)] &= self._planes @ camera.rotation[:, 2] < 1e-9
        else:
            seen[: len(self._planes)] &= self._planes @ camera.eye > self._offsets
        within = 0 <= camera.eye[1] <= self._ceiling_m  # from above the ceilings, walls hide nothing
        walled = camera.upright and within and not self._cuts_the_shell(camera)
        views = self._views(camera, camera.eye[[0, 2]]) if walled else None
        return seen if views is None else seen & self._in_views(views, camera, camera.eye[[0, 2]])

    def farthest_m(self, camera: Camera) -> float:
        """How far along its view anything reaches, at most; 0 where all is behind it."""
        forward = camera.rotation[:, 2]
        centre, half = self._boxes.mean(axis=1) - camera.eye, (self._boxes[:, 1] - self._boxes[:, 0]) / 2
        return float((centre @ forward + half @ np.abs(forward)).max(initial=0.0))

    def _cuts_the_shell(self, camera: Camera) -> bool:
        """Whether the near plane may cut a hole into a wall, and show what is behind it."""
        low, high = self._boxes[: len(self._planes)].transpose(1, 0, 2)
        gaps = np.maximum(np.maximum(low - camera.eye, camera.eye - high), 0)
        return bool((np.linalg.norm(gaps, axis=1) < camera.clipped_m).any())

    def _in_frustum(self, camera: Camera) -> np.ndarray:
        right, up, forward = camera.rotation.T
        across, along = camera.halves
        centre, half = self._boxes.mean(axis=1) - camera.eye, (self._boxes[:, 1] - self._boxes[:, 0]) / 2
        if camera.orthographic:
            offset, reach = centre @ camera.rotation, half @ np.abs(camera.rotation)
            return (np.abs(offset[:, :2]) - reach[:, :2] <= (across, along)).all(axis=1) & (offset + reach >= 0)[:, 2]
        planes = np.stack(
            [forward, right + across * forward, across * forward - right, up + along * forward, along * forward - up]
        )
        return (centre @ planes.T + half @ np.abs(planes).T >= 0).all(axis=1)

    def _rooms_at(self, box: np.ndarray) -> np.ndarray:
        """(rooms,) in which rooms a box stands; where in none, it may be seen from all."""
        row = np.zeros(len(self._floors), bool)
        if self._plan is not None:
            low, high = box[:, [0, 2]] + np.array([[-_CELL_M], [_CELL_M]])
            (i0, i1), (k0, k1) = self._plan.cells(np.stack([low, high]))
            found = np.unique(self._plan.rooms[i0 : i1 + 1, k0 : k1 + 1])
            row[found[found >= 0]] = True
        return row if row.any() else ~row

    def _views(self, camera: Camera, eye: np.ndarray) -> np.ndarray | None:
        """(rooms, 2) the angles between which each room is seen (low > high: not), or None: all may be."""
        home = next((i for i, floor in enumerate(self._floors) if floor.holds(eye[None])[0]), None)
        if home is None:
            return None
        half = _half_angle(camera)
        views = np.tile([math.inf, -math.inf], (len(self._floors), 1))
        views[home] = -half, half
        waiting = [home]
        while waiting:
            room = waiting.pop()
            for portal in self._portals[room]:
                for low, high in _through(portal, views[room], camera, eye):
                    if portal.leads_to is None:
                        return None
                    known = views[portal.leads_to]
                    if low < known[0] - 1e-9 or high > known[1] + 1e-9:
                        views[portal.leads_to] = min(low, known[0]), max(high, known[1])
                        waiting.append(portal.leads_to)
        return views

    def _in_views(self, views: np.ndarray, camera: Camera, eye: np.ndarray) -> np.ndarray:
        angles = _angles(self._corners - eye, camera)
        low, high = angles.min(axis=1)[:, None], angles.max(axis=1)[:, None]
        touched = self._rooms_of & (low <= views[:, 1]) & (high >= views[:, 0])
        behind = (high - low)[:, 0] >= math.pi
        around = ((eye >= self._boxes[:, 0][:, [0, 2]]) & (eye <= self._boxes[:, 1][:, [0, 2]])).all(axis=1)
        reached = (self._rooms_of & (views[:, 0] <= views[:, 1])).any(axis=1)
        return touched.any(axis=1) | (reached & (behind | around))


def _angles(offsets: np.ndarray, camera: Camera) -> np.ndarray:
    """Angles in (-pi, pi] of plan offsets (..., 2)."""
    angles = np.arctan2(offsets[..., 0], offsets[..., 1]) - math.radians(camera.yaw_deg)
    return math.pi - np.mod(math.pi - angles, 2 * math.pi)


def _half_angle(camera: Camera) -> float:
    """Half of the horizontal angle the frustum spans; pi where it holds the vertical."""
    across, along = camera.halves
    if abs(math.radians(camera.pitch_deg)) + math.atan(along) >= math.radians(89):
        return math.pi
    right, up, forward = camera.rotation.T
    corners = [forward + u * across * right + v * along * up for u in (-1, 1) for v in (-1, 1)]
    return float(np.abs(_angles(np.array(corners)[:, [0, 2]], camera)).max()) + _SLACK


def _through(portal: _Portal, view: np.ndarray, camera: Camera, eye: np.ndarray) -> Iterator[tuple[float, float]]:
    """What of a view goes on through a portal: no, one or two ranges of angle."""
    edge = portal.end - portal.start
    share = np.clip((eye - portal.start) @ edge / max(float(edge @ edge), 1e-9), 0, 1)
    if np.linalg.norm(portal.start + share * edge - eye) < _DOORSTEP_M:
        yield float(view[0]), float(view[1])
        return
    first, second = sorted(_angles(np.array([portal.start, portal.end]) - eye, camera).tolist())
    ranges = [(first, second)] if second - first <= math.pi else [(-math.pi, first), (second, math.pi)]
    for low, high in ranges:
        low, high = max(low - _SLACK, float(view[0])), min(high + _SLACK, float(view[1]))
        if low < high:
            yield low, high


def _portals(house: House, plan: FloorPlan | None) -> list[list[_Portal]]:
    """The openings of each room: doorways to other rooms, and walls that are not there."""
    index = {room.id: number for number, room in enumerate(house.rooms)}
    walls = {wall.id: WallFrame.of(wall) for wall in house.walls}
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
        if plan is not None and wall.empty and wall.room_id in index:
            frame = walls[wall.id]
            behind = (frame.point(frame.length / 2, 0.0) - 2 * _CELL_M * frame.normal)[[0, 2]]
            other = int(plan.room_at(behind[None])[0])
            ends = frame.point(0.0, 0.0)[[0, 2]], frame.point(frame.length, 0.0)[[0, 2]]
            portals[index[wall.room_id]].append(_Portal(*ends, other if other >= 0 else None))
    return portals


def _room_row(surface: Surface, index: dict[str, int]) -> np.ndarray:
    row = np.zeros(len(index), bool)
    if not surface.outdoors and surface.room_id in index:
        row[index[surface.room_id]] = True
    return row
