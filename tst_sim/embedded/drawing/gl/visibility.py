"""Conservative visibility of instances: frustum culling, and portal culling from room to room through openings.

Only instances that may be seen are sent to be drawn; pictures are the same with and without.
Angles are horizontal, in radians, relative to where the camera looks, rising to the right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tst_sim.embedded.drawing.camera import Camera
from tst_sim.embedded.scene.floor_plan import FloorPlan
from tst_sim.embedded.scene.scene import Scene
from tst_sim.embedded.scene.structure import Surface, WallFrame
from tst_sim.houses import House

_CELL_M = 0.05
_DOORSTEP_M = 0.15
"""Nearer to an opening than this, everything behind it counts as seen."""
_SLACK = 0.002


class _Portal(NamedTuple):
    """An opening between rooms: its two ends on the plan, and the room it leads to (None: outdoors)."""

    start: tuple[float, float]
    end: tuple[float, float]
    leads_to: int | None


class Visibility:
    """Answers for one scene which instances a camera may see."""

    def __init__(self, scene: Scene) -> None:
        self._floors = [_edges(surface) for surface in scene.surfaces if surface.class_name == "Floor"]
        self._plan = FloorPlan.of(scene.house, _CELL_M) if scene.house.rooms else None
        self._portals = _portals(scene.house, self._plan)
        levels = [surface.corner[1] for surface in scene.surfaces if surface.class_name == "Ceiling"]
        self._ceiling_m = float(min(levels, default=np.inf))
        self._planes = np.array([surface.normal for surface in scene.surfaces]).reshape(-1, 3)
        self._offsets = np.array([surface.normal @ surface.corner for surface in scene.surfaces])
        index = {room.id: number for number, room in enumerate(scene.house.rooms)}
        structure = [_room_row(surface, index) for surface in scene.surfaces]
        self._rooms_of = np.array(structure, bool).reshape(len(scene.surfaces), len(index))
        self._boxes = scene.boxes[: len(scene.surfaces)]
        self.set_boxes(scene.boxes)

    def set_boxes(self, boxes: np.ndarray) -> None:
        """The boxes (instances, 2, 3) of all instances as they are now; there may be more than before."""
        known = len(self._boxes)
        moved = np.flatnonzero((boxes[:known] != self._boxes).any(axis=(1, 2)))
        rooms = np.zeros((len(boxes), self._rooms_of.shape[1]), bool)
        rooms[:known] = self._rooms_of
        for number in [*moved.tolist(), *range(known, len(boxes))]:
            rooms[number] = self._rooms_at(boxes[number])
        self._boxes, self._rooms_of = boxes, rooms
        low, high = boxes[:, 0], boxes[:, 1]
        self._centres, self._extents = (low + high) / 2, (high - low) / 2
        self._lowest, self._highest = low[:, [0, 2]], high[:, [0, 2]]
        self._corners = np.stack(
            [np.stack([x[:, 0], z[:, 2]], axis=1) for x in (low, high) for z in (low, high)], axis=1
        )

    def visible(self, camera: Camera) -> np.ndarray:
        """(instances,) whether each may be seen; never False for one that is."""
        return self.visible_from([camera])[0]

    def visible_from(self, cameras: Sequence[Camera]) -> np.ndarray:
        """(cameras, instances) the same for each of several, all of them orthographic or none."""
        eyes = np.array([camera.eye for camera in cameras])
        rotations = np.array([camera.rotation for camera in cameras])
        extents_seen = np.array([camera.extent for camera in cameras])
        centres, extents = self._centres - eyes[:, None], self._extents
        structure = slice(0, len(self._planes))
        if cameras[0].orthographic:
            seen = _in_blocks(centres, extents, rotations, extents_seen)
            seen[:, structure] &= rotations[:, :, 2] @ self._planes.T < 1e-9
            return seen
        seen = _in_frustums(centres, extents, rotations, extents_seen)
        seen[:, structure] &= eyes @ self._planes.T > self._offsets
        walled = self._walled(cameras, eyes)
        if self._floors and walled.any():
            inside = [camera for camera, within in zip(cameras, walled) if within]
            yaws_deg = np.array([camera.yaw_deg for camera in inside])
            seen[walled] &= self._in_views(self._views(inside), yaws_deg, eyes[walled])
        return seen

    def farthest_m(self, camera: Camera) -> float:
        """How far along its view anything reaches, at most; 0 where all is behind it."""
        forward = camera.rotation[:, 2]
        reach = (self._centres - camera.eye) @ forward + self._extents @ np.abs(forward)
        return float(reach.max(initial=0.0))

    def _walled(self, cameras: Sequence[Camera], eyes: np.ndarray) -> np.ndarray:
        """(cameras,) whether walls hide what is behind them: from within, upright, and none cut by the near plane."""
        low, high = self._boxes[: len(self._planes)].transpose(1, 0, 2)
        gaps = np.maximum(np.maximum(low - eyes[:, None], eyes[:, None] - high), 0)
        nearest = np.sqrt(np.einsum("cij,cij->ci", gaps, gaps).min(axis=1, initial=np.inf))
        upright = np.array([camera.upright for camera in cameras])
        clipped = np.array([camera.clipped_m for camera in cameras])
        # From above the ceilings, walls hide nothing.
        return upright & (eyes[:, 1] >= 0) & (eyes[:, 1] <= self._ceiling_m) & (nearest >= clipped)

    def _rooms_at(self, box: np.ndarray) -> np.ndarray:
        """(rooms,) in which rooms a box stands; where in none, it may be seen from all."""
        row = np.zeros(len(self._floors), bool)
        if self._plan is not None:
            low, high = box[:, [0, 2]] + np.array([[-_CELL_M], [_CELL_M]])
            (i0, i1), (k0, k1) = self._plan.cells(np.stack([low, high]))
            found = np.unique(self._plan.rooms[i0 : i1 + 1, k0 : k1 + 1])
            row[found[found >= 0]] = True
        return row if row.any() else ~row

    def _views(self, cameras: Sequence[Camera]) -> np.ndarray:
        """(cameras, rooms, 2) the angles between which each room is seen (low > high: not at all)."""
        views = np.tile([-math.inf, math.inf], (len(cameras), len(self._floors), 1))
        for number, camera in enumerate(cameras):
            eye = float(camera.eye[0]), float(camera.eye[2])
            home = next((room for room, edges in enumerate(self._floors) if _holds(edges, *eye)), None)
            found = None if home is None else self._views_of(camera, home, eye)
            if found is not None:
                views[number] = found
        return views

    def _views_of(self, camera: Camera, home: int, eye: tuple[float, float]) -> list[tuple[float, float]] | None:
        """(rooms, 2) for a camera in room `home`; None: all may be seen."""
        half = _half_angle(camera)
        views = [(math.inf, -math.inf)] * len(self._floors)
        views[home] = -half, half
        waiting, yaw = [home], math.radians(camera.yaw_deg)
        while waiting:
            room = waiting.pop()
            for portal in self._portals[room]:
                for low, high in _through(portal, views[room], yaw, eye):
                    if portal.leads_to is None:
                        return None
                    known = views[portal.leads_to]
                    if low < known[0] - 1e-9 or high > known[1] + 1e-9:
                        views[portal.leads_to] = min(low, known[0]), max(high, known[1])
                        waiting.append(portal.leads_to)
        return views

    def _in_views(self, views: np.ndarray, yaws_deg: np.ndarray, eyes: np.ndarray) -> np.ndarray:
        """(cameras, instances) which touch a room within the angles that it is seen between."""
        places = eyes[:, None, [0, 2]]
        offsets = self._corners - places[:, None]
        angles = _wrapped(np.arctan2(offsets[..., 0], offsets[..., 1]) - np.radians(yaws_deg)[:, None, None])
        low, high = angles.min(axis=2)[:, :, None], angles.max(axis=2)[:, :, None]
        first, last = views[:, None, :, 0], views[:, None, :, 1]
        touched = (self._rooms_of & (low <= last) & (high >= first)).any(axis=2)
        behind = (high - low)[..., 0] >= math.pi
        around = ((places >= self._lowest) & (places <= self._highest)).all(axis=2)
        reached = (self._rooms_of & (first <= last)).any(axis=2)
        everything = np.isinf(views[:, :1, 0]) & (views[:, :1, 0] < 0)
        return everything | touched | (reached & (behind | around))


def _in_blocks(centres: np.ndarray, extents: np.ndarray, rotations: np.ndarray, extents_seen: np.ndarray) -> np.ndarray:
    """(cameras, instances) which boxes reach into what orthographic cameras see."""
    offsets, reaches = centres @ rotations, extents @ np.abs(rotations)
    within = (np.abs(offsets[..., :2]) - reaches[..., :2] <= extents_seen[:, None]).all(axis=2)
    return within & (offsets + reaches >= 0)[..., 2]


def _in_frustums(
    centres: np.ndarray, extents: np.ndarray, rotations: np.ndarray, extents_seen: np.ndarray
) -> np.ndarray:
    """(cameras, instances) which boxes reach into what perspective cameras see."""
    right, up, forward = rotations.transpose(2, 0, 1)
    across, along = extents_seen[:, :1], extents_seen[:, 1:]
    sides = [forward, right + across * forward, across * forward - right, up + along * forward, along * forward - up]
    planes = np.stack(sides, axis=2)
    return np.all(centres @ planes + extents @ np.abs(planes) >= 0, axis=2)


def _edges(floor: Surface) -> list[tuple[float, float, float, float]]:
    """Those of a floor's outline (x0, z0, x1, z1) that a line along x can cross."""
    assert floor.outline is not None
    ends = np.hstack([floor.outline, np.roll(floor.outline, -1, axis=0)])
    return [(x0, z0, x1, z1) for x0, z0, x1, z1 in ends.tolist() if z0 != z1]


def _holds(edges: list[tuple[float, float, float, float]], x: float, z: float) -> bool:
    """Whether a point lies within an outline, as `Surface.holds` has it."""
    crossed = [(z0 <= z) != (z1 <= z) and x > x0 + (z - z0) / (z1 - z0) * (x1 - x0) for x0, z0, x1, z1 in edges]
    return sum(crossed) % 2 == 1


def _wrapped(angles: np.ndarray) -> np.ndarray:
    """The same angles in (-pi, pi]."""
    return math.pi - np.mod(math.pi - angles, 2 * math.pi)


def _angle(across: float, ahead: float, yaw: float) -> float:
    """The angle in (-pi, pi] of an offset on the plan."""
    return math.pi - (math.pi - math.atan2(across, ahead) + yaw) % (2 * math.pi)


def _half_angle(camera: Camera) -> float:
    """Half of the horizontal angle the frustum spans; pi where it holds the vertical."""
    across, along = camera.extent
    pitch = math.radians(camera.pitch_deg)
    if abs(pitch) + math.atan(along) >= math.radians(89):
        return math.pi
    # The corner that is nearest the vertical is the furthest to the side.
    return math.atan2(across, math.cos(pitch) - along * abs(math.sin(pitch))) + _SLACK


def _through(
    portal: _Portal, view: tuple[float, float], yaw: float, eye: tuple[float, float]
) -> Iterator[tuple[float, float]]:
    """What of a view goes on through a portal: no, one or two ranges of angle."""
    (x0, z0), (x1, z1) = portal.start, portal.end
    along, deep = x1 - x0, z1 - z0
    fraction = ((eye[0] - x0) * along + (eye[1] - z0) * deep) / max(along * along + deep * deep, 1e-9)
    fraction = min(max(fraction, 0.0), 1.0)
    if math.hypot(x0 + fraction * along - eye[0], z0 + fraction * deep - eye[1]) < _DOORSTEP_M:
        yield view
        return
    first, second = sorted((_angle(x0 - eye[0], z0 - eye[1], yaw), _angle(x1 - eye[0], z1 - eye[1], yaw)))
    ranges = [(first, second)] if second - first <= math.pi else [(-math.pi, first), (second, math.pi)]
    for low, high in ranges:
        low, high = max(low - _SLACK, view[0]), min(high + _SLACK, view[1])
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
        start, end = (_on_plan(frame.point(x, 0.0)) for x in (door.hole_min[0], door.hole_max[0]))
        for room in rooms:
            portals[room] += [_Portal(start, end, other) for other in rooms if other != room]
    for wall in house.walls:
        if plan is not None and wall.empty and wall.room_id in index:
            frame = walls[wall.id]
            behind = (frame.point(frame.length / 2, 0.0) - 2 * _CELL_M * frame.normal)[[0, 2]]
            other = int(plan.room_at(behind[None])[0])
            ends = _on_plan(frame.point(0.0, 0.0)), _on_plan(frame.point(frame.length, 0.0))
            portals[index[wall.room_id]].append(_Portal(*ends, other if other >= 0 else None))
    return portals


def _on_plan(point: np.ndarray) -> tuple[float, float]:
    return float(point[0]), float(point[2])


def _room_row(surface: Surface, index: dict[str, int]) -> np.ndarray:
    row = np.zeros(len(index), bool)
    if not surface.outdoors and surface.room_id in index:
        row[index[surface.room_id]] = True
    return row
