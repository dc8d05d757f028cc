"""The `baked` light: path-traced from lamps, sky and sun, with bounces by radiosity."""

from __future__ import annotations

import numpy as np
import scipy

from tst_sim.embedded.light.bake_cache import cache_key, cached
from tst_sim.embedded.light.exposure import Exposure, compressed, room_gains
from tst_sim.embedded.light.light_bake import LightBake, white_texel
from tst_sim.embedded.light.radiosity import Gathered, Radiosity, sky_of
from tst_sim.embedded.light.ray_scene import RayScene
from tst_sim.embedded.light.ray_scene import version as ray_version
from tst_sim.embedded.light.receivers import Receivers, receivers_of
from tst_sim.embedded.light.room_light import OUTDOORS, with_margins
from tst_sim.embedded.light.sampling import sobol_samples
from tst_sim.embedded.light.smoothing import smooth_groups, smooth_texels
from tst_sim.embedded.light.sources import ShadingPoints, Source, WindowLight, sources_of
from tst_sim.embedded.scene.floor_plan import FloorPlan, connected_rooms
from tst_sim.embedded.scene.scene import Scene
from tst_sim.randomness import rng_for

VERSION = 3
"""Raised whenever the same house is lit otherwise: what is kept of older versions is not looked at."""
STORED = {
    "light_map": (np.dtype(np.float16), 3),
    "vertex_light": (np.dtype(np.float16), 2),
    "vertex_chart": (np.dtype(np.uint16), 2),
    "gains": (np.dtype(np.float32), 1),
}
AFTER_RAYS = 64
CLEAR_M = 0.01
"""Rays start this far in front of a surface."""
LAMP_SAMPLES, SKY_SAMPLES = 4, 8
BOUNCE_RAYS = (4, 4)
"""Of the passes that find what surfaces send on; the last pass finds what is shown."""
FINAL_RAYS = 32
MAX_BACKFACE_FRACTION = 0.5
"""A point from which more of the rays meet the rear of things is inside of something."""
_APART_M = 5e-4
"""The faces of a wall towards two rooms lie on one plane; so much in front of it, rays meet the right one."""
MAX_PROXIMITY = 7.0
"""Mean nearness per metre from which on a point is in a cleft."""
_CELL_M, _INSIDE_M = 0.05, 0.08


class Tracer:
    """Asks for light in one house: from its sources, and from its surfaces."""

    def __init__(self, scene: Scene, receivers: Receivers) -> None:
        self._rays = RayScene(scene.vertices + np.float32(_APART_M) * scene.normals, scene.triangles)
        self.radiosity = Radiosity(scene, receivers, self._rays)
        self._sources = sources_of(scene, sky_of(scene))
        self._plan = with_margins(FloorPlan.of(scene.house, _CELL_M))
        self._pairs = connected_rooms(scene.house)
        self._count = len(scene.house.rooms)
        self._shift = rng_for(0, "light", scene.house.content_digest).random(2)

    def direct(
        self, points: np.ndarray, normals: np.ndarray, patterns: np.ndarray, reach: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Light (n, 3) of the sources in each point's room and in those that it opens to: lamps and sun, and sky.

        `reach` (n, 2, 3): the sides of the texel around each point, over which the light is averaged.
        """
        # Well inside: cells of the plan that a wall runs through belong to either of its rooms.
        rooms = self._plan.room_at((points + _INSIDE_M * normals)[:, [0, 2]])
        hard, soft = np.zeros((2, len(points), 3), np.float32)
        for source in self._sources:
            rows = np.flatnonzero(self._reached(source)[rooms])
            lit = ShadingPoints(points[rows], normals[rows], patterns[rows])
            if isinstance(source, WindowLight):
                soft[rows] += source.light(self._rays, lit, self.samples(SKY_SAMPLES))
                continue
            rows = rows[source.reaches(lit)]
            lit = ShadingPoints(points[rows], normals[rows], patterns[rows])
            for square, place in zip(self.samples(LAMP_SAMPLES), sobol_samples(LAMP_SAMPLES)[::-1] - np.float32(0.5)):
                if reach is not None:
                    lit = lit._replace(points=points[rows] + np.einsum("ij,ijk->ik", place[lit.patterns], reach[rows]))
                hard[rows] += source.light(self._rays, lit, square[None]) / LAMP_SAMPLES
        return hard, soft

    def samples(self, count: int) -> np.ndarray:
        """(count, DITHER_PATTERNS, 2) places in the unit square, others in another house."""
        return sobol_samples(count, self._shift)

    def _reached(self, source: Source) -> np.ndarray:
        """(rooms,) bool."""
        if source.plan_point is None:
            return np.ones(self._count, bool)
        home = int(self._plan.room_at(source.plan_point[None])[0])
        return np.array([(home, room) in self._pairs for room in range(self._count)])


def trace(scene: Scene) -> LightBake:
    """Light of a house's lamps, sky and sun with all that bounces; UserError where rays cannot be traced.

    It is kept in the user's cache folder (see store.py): the second time, it is there at once.
    """
    parts = (scene.vertices, scene.normals, scene.triangles, scene.colors, scene.emission, scene.vertex_instance)
    made_by = f"{VERSION} {ray_version()} {np.__version__} {scipy.__version__}"
    stored = cached(cache_key([made_by, scene.house.content_digest, *parts]), lambda: _traced(scene), STORED)
    vertex_light = stored["vertex_light"].astype(np.float32)
    light_map = stored["light_map"].astype(np.float32)
    return LightBake(
        vertex_light + scene.emission[:, None],
        stored["vertex_chart"] / 65535,
        light_map,
        DynamicLight(scene, light_map, vertex_light, stored["gains"]).at,
    )


class DynamicLight:
    """The light of what came after the bake: from the sources, and from what the house was lit with."""

    def __init__(self, scene: Scene, light_map: np.ndarray, vertex_light: np.ndarray, gains: np.ndarray) -> None:
        self._scene, self._map, self._vertices, self._gains = scene, light_map, vertex_light, gains
        self._made: tuple[Tracer, Exposure] | None = None

    def at(self, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(n, 3) float32 light at points (n, 3) that face along normals (n, 3)."""
        tracer, exposure = self._ready()
        points, normals = points.astype(np.float32), normals.astype(np.float32)
        patterns = np.zeros(len(points), np.uint8)
        hard, soft = tracer.direct(points, normals, patterns)
        light = (hard + soft) * exposure.gain(points)[:, None]
        light += tracer.radiosity.gather(points, normals, patterns, tracer.samples(AFTER_RAYS)).light
        return compressed(light)

    def _ready(self) -> tuple[Tracer, Exposure]:
        """Made when something has moved, which in most houses nothing does."""
        if self._made is None:
            receivers = receivers_of(self._scene)
            tracer = Tracer(self._scene, receivers)
            tracer.radiosity.set_light(self._map.reshape(-1, 3)[receivers.texel_cells], self._vertices)
            self._made = tracer, Exposure(self._scene.house, self._gains)
        return self._made


def _traced(scene: Scene) -> dict[str, np.ndarray]:
    """What is kept of a bake, by the names in STORED."""
    receivers = receivers_of(scene)
    light, valid = _light(Tracer(scene, receivers), receivers)
    first = receivers.texels
    gains = room_gains(scene, receivers, light[:first], valid[:first])
    light = compressed(light * Exposure(scene.house, gains).gain(receivers.points)[:, None])
    light[:first][_outdoors(receivers)] = OUTDOORS
    width, height = receivers.size
    light_map = np.ones((height * width, 3), np.float32)
    light_map[receivers.texel_cells] = light[:first]
    groups = np.concatenate([light[first:], np.ones((1, 3), np.float32)])
    return {
        "light_map": light_map.reshape(height, width, 3).astype(np.float16),
        "vertex_light": groups[receivers.group_of_vertex].astype(np.float16),
        "vertex_chart": np.rint(_charts(scene, receivers) * 65535).astype(np.uint16),
        "gains": gains,
    }


def _light(tracer: Tracer, receivers: Receivers) -> tuple[np.ndarray, np.ndarray]:
    """Light (n, 3) of all receivers, and which of them (n,) it was found at rather than taken from neighbours."""
    use = np.flatnonzero(receivers.usable)
    hard, soft, indirect = np.zeros((3, len(receivers.points), 3), np.float32)
    hard[use], soft[use] = tracer.direct(*_asked(receivers, use), receivers.reach[use])
    valid = receivers.usable.copy()
    near = np.zeros(len(valid), np.float32)
    for count in (*BOUNCE_RAYS, FINAL_RAYS):
        _send(tracer, receivers, hard + soft + indirect)
        arrived = tracer.radiosity.gather(*_asked(receivers, use), tracer.samples(count))
        indirect[use], near[use], valid[use] = arrived.light, arrived.mean_inverse_distance, _seen(arrived)
        use = use[arrived.backface_fraction < 1]
    return _smoothed(receivers, hard, soft + indirect, near, valid), valid


def _asked(receivers: Receivers, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points clear of their surface, normals and patterns."""
    normals = receivers.normals[rows]
    return receivers.points[rows] + np.float32(CLEAR_M) * normals, normals, receivers.patterns[rows]


def _seen(arrived: Gathered) -> np.ndarray:
    """(n,) bool: points that lie free, and not in a cleft much narrower than a texel."""
    return (arrived.backface_fraction < MAX_BACKFACE_FRACTION) & (arrived.mean_inverse_distance < MAX_PROXIMITY)


def _send(tracer: Tracer, receivers: Receivers, light: np.ndarray) -> None:
    groups = np.concatenate([light[receivers.texels :], np.zeros((1, 3), np.float32)])
    tracer.radiosity.set_light(light[: receivers.texels], groups[receivers.group_of_vertex])


def _smoothed(
    receivers: Receivers, hard: np.ndarray, soft: np.ndarray, near: np.ndarray, valid: np.ndarray
) -> np.ndarray:
    """Sharp shadows stay where they are; soft light is smooth but at corners and where things touch."""
    first, weight = receivers.texels, valid.astype(np.float32)
    result = np.empty_like(hard)
    guide = np.log(near[:first] + 0.05)
    # The guide comes from few rays too: it is averaged before it guides.
    columns = np.repeat(guide[:, None], 3, axis=1)
    guide = smooth_texels(receivers, columns, guide, weight[:first], steps=(1, 2), edge=1.0)[:, 0]
    result[:first] = smooth_texels(receivers, soft[:first], guide, weight[:first], steps=(1, 2, 1, 4), edge=0.35)
    strong = hard[:first].max(axis=1)
    result[:first] += smooth_texels(receivers, hard[:first], strong, weight[:first], steps=(1, 2, 4), edge=0.08)
    result[first:] = smooth_groups(receivers, soft[first:], weight[first:], keep=False)
    result[first:] += smooth_groups(receivers, hard[first:], weight[first:], keep=True)
    return result


def _outdoors(receivers: Receivers) -> np.ndarray:
    return np.array([face.outdoors for face in receivers.faces])[receivers.texel_face]


def _charts(scene: Scene, receivers: Receivers) -> np.ndarray:
    places = np.tile(white_texel(receivers.size), (len(scene.vertices), 1))
    for chart, face in zip(receivers.charts, receivers.faces):
        places[face.vertices] = chart.coordinates(face, scene.vertices[face.vertices], receivers.size)
    return places
