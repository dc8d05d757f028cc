"""Outgoing light of all surfaces, and gathering of what arrives at a point from a hemisphere of rays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tst_sim.embedded.light.ray_scene import RayScene
from tst_sim.embedded.light.receivers import Receivers
from tst_sim.embedded.light.sampling import hemisphere, tangents
from tst_sim.embedded.scene.scene import Scene

CHUNK = 1 << 16
"""Rays are traced so many at a time, for the sake of the processor's caches."""


class Gathered(NamedTuple):
    """What a hemisphere of rays brought to each point."""

    light: np.ndarray
    """(n, 3) float32 irradiance over pi."""
    backface_fraction: np.ndarray
    """(n,) share of the rays that met the rear of something: the point is inside of it."""
    mean_inverse_distance: np.ndarray
    """(n,) mean nearness of what was hit, 1 / (distance + 5 cm), per metre."""


class Cells:
    """Where on the map a ray's hit is found: texels of charts, and a cell of its own for any other triangle."""

    def __init__(self, scene: Scene, receivers: Receivers) -> None:
        width, height = receivers.size
        triangles = scene.triangles.astype(np.int64)
        places = np.zeros((len(scene.vertices), 2), np.float32)
        charted = np.zeros(len(scene.vertices), bool)
        for chart, face in zip(receivers.charts, receivers.faces):
            fractions = chart.coordinates(face, scene.vertices[face.vertices], receivers.size)
            places[face.vertices] = fractions * receivers.size
            charted[face.vertices] = True
        self.single = np.flatnonzero(~charted[triangles[:, 0]])
        """Triangles that have no chart."""
        own = np.arange(len(self.single)) + height * width
        places = places[triangles]
        places[:, 1:] -= places[:, :1]
        places[self.single, 0] = np.stack([own % width, own // width], axis=1) + 0.5
        places[self.single, 1:] = 0
        self._first, self._second, self._third = (np.ascontiguousarray(places[:, corner]) for corner in range(3))
        self._width = width
        self.count = (height + -(-len(self.single) // width)) * width

    def of(self, triangle: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """(n,) int64 cell of points on triangles."""
        place = self._first[triangle]
        place += u[:, None] * self._second[triangle]
        place += v[:, None] * self._third[triangle]
        return place[:, 1].astype(np.int64) * self._width + place[:, 0].astype(np.int64)


class Radiosity:
    """What every cell sends out, from what lights it."""

    def __init__(self, scene: Scene, receivers: Receivers, rays: RayScene) -> None:
        self._rays, self._receivers = rays, receivers
        self._cells = Cells(scene, receivers)
        faces = np.array([scene.colors[face.vertices[0]] for face in receivers.faces], np.float32)
        self._texel_color = faces[receivers.texel_face]
        self._corners = scene.triangles[self._cells.single].astype(np.int64)
        self._color = scene.colors[self._corners].mean(axis=1)
        self._glow = scene.emission[self._corners].mean(axis=1)[:, None] * self._color
        self._glow[sky_of(scene)[self._cells.single]] = 0
        self._sent = np.zeros((self._cells.count, 3), np.float32)

    def set_light(self, texels: np.ndarray, vertices: np.ndarray) -> None:
        """Light of texels (t, 3) and of the scene's vertices (n, 3), without what they give off themselves."""
        width, height = self._receivers.size
        self._sent[self._receivers.texel_cells] = self._texel_color * texels
        first = width * height
        sent = self._color * vertices[self._corners].mean(axis=1) + self._glow
        self._sent[first : first + len(sent)] = sent

    def gather(self, points: np.ndarray, normals: np.ndarray, patterns: np.ndarray, squares: np.ndarray) -> Gathered:
        """What arrives at points (n, 3) by cosine-weighted rays, `squares` (k, DITHER_PATTERNS, 2) by pattern (n,)."""
        table = hemisphere(squares)
        pieces = [slice(start, start + CHUNK) for start in range(0, len(points), CHUNK)]
        parts = [self._gather(points[piece], normals[piece], patterns[piece], table) for piece in pieces]
        if not parts:
            none = np.zeros(0, np.float32)
            return Gathered(np.zeros((0, 3), np.float32), none, none)
        return Gathered(*(np.concatenate(values) for values in zip(*parts)))

    def _gather(self, points: np.ndarray, normals: np.ndarray, patterns: np.ndarray, table: np.ndarray) -> Gathered:
        points = np.ascontiguousarray(points, np.float32)
        across, along = tangents(normals)
        light, front, near = (
            np.zeros((len(points), 3), np.float32),
            np.zeros(len(points), np.float32),
            np.zeros(len(points), np.float32),
        )
        for turned in table:
            local = turned[patterns]
            direction = local[:, :1] * across
            direction += local[:, 1:2] * along
            direction += local[:, 2:] * normals
            hits = self._rays.hits(points, direction)
            seen = (hits.front & (hits.triangle >= 0)).astype(np.float32)
            sent = self._sent[self._cells.of(hits.triangle, hits.u, hits.v)]
            sent *= seen[:, None]
            light += sent
            front += seen
            near += 1 / (hits.distance + np.float32(0.05))
        closed = 1 - front / len(table)
        return Gathered(light / np.maximum(front, 1)[:, None], closed, near / len(table))


def sky_of(scene: Scene) -> np.ndarray:
    """(triangles,) bool: panes of windows and what is behind openings to the outside."""
    shows = np.zeros(len(scene.instances) + 1, bool)
    for number, item in enumerate(scene.placed):
        shows[len(scene.surfaces) + number + 1] = item.view is not None and item.view.shows_sky
    first = scene.triangles[:, 0]
    return shows[scene.vertex_instance[first]] & (scene.emission[first] > 0)
