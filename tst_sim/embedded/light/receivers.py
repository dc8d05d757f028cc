"""Sample points of the light bake: lightmap texels of flat faces, and clusters of vertices elsewhere.

Walls, floors, ceilings and the flat faces of furniture (table tops, shelves, doors) have charts in the
light map; the vertices of what is small or round are lit one by one, those that nearly coincide together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse

from tst_sim.embedded.light.light_map import Chart, lay_out
from tst_sim.embedded.scene.scene import Scene
from tst_sim.embedded.scene.structure import Surface

TEXEL_OF_CLASS_M = {"Floor": 0.07, "Wall": 0.1, "Ceiling": 0.16}
FACE_TEXEL_M = (0.1, 0.06)
"""Of faces of objects: in general, and of those that look up, where things stand."""
MIN_FACE_M = (0.12, 0.3)
"""Short and long side from which on a flat face of an object has a chart."""
GROUP_M = 0.04
"""Vertices of an object within a cube of this size that face the same way share their light."""
MAX_TEXELS = 260_000
"""Where there would be more, all are made larger."""
MAX_GROUPS = 90_000
"""Where there would be more, their cubes are made larger."""
MAP_WIDTHS = (512, 1024)
_OUTDOOR_TEXEL_M = 1e9


class Face(NamedTuple):
    """A flat piece with a chart: a surface of the structure or a face of an object."""

    corner: np.ndarray
    axes: np.ndarray
    normal: np.ndarray
    vertices: np.ndarray
    """Rows of the scene's vertices."""
    instance: int
    surface: Surface | None = None

    @property
    def outdoors(self) -> bool:
        """Whether it is the outside of the house: seen through windows only."""
        return self.surface is not None and self.surface.outdoors

    @property
    def texel_m(self) -> float:
        """Side of a texel in the world, metres; coarser outdoors."""
        if self.surface is None:
            return FACE_TEXEL_M[int(self.normal[1] > 0.9)]
        return _OUTDOOR_TEXEL_M if self.outdoors else TEXEL_OF_CLASS_M[self.surface.class_name]


@dataclass(frozen=True)
class Receivers:
    """Texels first (`texel_cells`, chart by chart), groups of vertices after them."""

    faces: list[Face]
    charts: list[Chart]
    size: tuple[int, int]
    """(width, height) of the map; its last row is white, for what the vertices alone light."""
    points: np.ndarray
    """(n, 3) float32 on the surfaces."""
    normals: np.ndarray
    patterns: np.ndarray
    """(n,) uint8 below 16: neighbours differ, so that their samples do."""
    instances: np.ndarray
    """(n,) int32 index of the instance."""
    usable: np.ndarray
    """(n,) bool; False off a floor's outline, and outdoors."""
    reach: np.ndarray
    """(n, 2, 3) float32 metres: the sides of a texel; none across the border of a chart, and of groups."""
    texel_cells: np.ndarray
    """(texels,) int64 row * width + column in the map."""
    texel_face: np.ndarray
    """(texels,) int32."""
    group_of_vertex: np.ndarray
    """(vertices,) int64 index among the groups, -1 for what has a chart."""

    @property
    def texels(self) -> int:
        """Number of lightmap texels; the other receivers are groups of vertices."""
        return len(self.texel_cells)


def receivers_of(scene: Scene) -> Receivers:
    """Charts and groups for everything that a house shows."""
    faces = _structure_faces(scene) + _object_faces(scene)
    area = sum(np.prod(np.linalg.norm(face.axes, axis=1) / face.texel_m + 1.5) for face in faces)
    coarser = max(1.0, float(area / MAX_TEXELS)) ** 0.5
    width = next((width for width in MAP_WIDTHS if area < width * width), MAP_WIDTHS[-1])
    charts, (width, height) = lay_out(faces, [coarser * face.texel_m for face in faces], width)
    grids = [chart.points(face).reshape(-1, 3) for chart, face in zip(charts, faces)]
    counts = [len(grid) for grid in grids]
    texel_face = np.repeat(np.arange(len(faces), dtype=np.int32), counts)
    rows, columns = (np.concatenate(values) for values in zip(*map(_places, charts)))
    group_of_vertex, points, normals, instances = _groups(scene, faces)
    own = [
        np.full(len(grid), True) if face.surface is None else _usable(face.surface, grid)
        for face, grid in zip(faces, grids)
    ]
    return Receivers(
        faces=faces,
        charts=charts,
        size=(width, height + 1),
        points=np.concatenate([*grids, points]).astype(np.float32),
        normals=np.concatenate([np.array([face.normal for face in faces])[texel_face], normals]).astype(np.float32),
        patterns=np.concatenate([rows % 4 * 4 + columns % 4, np.arange(len(points)) * 7 % 16]).astype(np.uint8),
        instances=np.concatenate([np.array([face.instance for face in faces])[texel_face], instances]).astype(np.int32),
        usable=np.concatenate([*own, np.full(len(points), True)]),
        reach=np.concatenate([*map(_sides, charts, faces), np.zeros((len(points), 2, 3), np.float32)]),
        texel_cells=rows * width + columns,
        texel_face=texel_face,
        group_of_vertex=group_of_vertex,
    )


def _places(chart: Chart) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.indices((chart.rows, chart.columns))
    return (rows + chart.top).ravel(), (columns + chart.left).ravel()


def _sides(chart: Chart, face: Face) -> np.ndarray:
    """(texels, 2, 3)."""
    rows, columns = np.indices((chart.rows, chart.columns)).reshape(2, -1)
    inner = np.column_stack([columns % (chart.columns - 1) > 0, rows % (chart.rows - 1) > 0])
    return (inner[..., None] * face.axes / np.array([[chart.columns - 1], [chart.rows - 1]])).astype(np.float32)


def _usable(surface: Surface, points: np.ndarray) -> np.ndarray:
    if surface.outline is None:
        return np.full(len(points), not surface.outdoors)
    return surface.holds(points[:, [0, 2]])


def _structure_faces(scene: Scene) -> list[Face]:
    ends = scene.first_vertex
    return [
        Face(surface.corner, surface.axes, surface.normal, np.arange(ends[index], ends[index + 1]), index, surface)
        for index, surface in enumerate(scene.surfaces)
    ]


def _object_faces(scene: Scene) -> list[Face]:
    """Flat pieces that share no vertex with anything else and do not shine."""
    triangles = scene.triangles[scene.first_triangle[len(scene.surfaces)] :].astype(np.int64)
    corners, normals = scene.vertices[triangles], scene.normals[triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    flat = np.all(np.einsum("mij,mj->mi", normals, across) > 0.9999, axis=1)
    flat &= np.all(scene.emission[triangles] == 0, axis=1)
    bent = np.zeros(len(scene.vertices), bool)
    bent[triangles[~flat]] = True
    count = len(scene.vertices)
    links = sparse.coo_matrix(
        (np.ones(2 * len(triangles), np.int8), (triangles[:, [0, 1]].ravel(), triangles[:, [1, 2]].ravel())),
        shape=(count, count),
    )
    _, piece = sparse.csgraph.connected_components(links, directed=False)
    spoiled = np.zeros(piece.max(initial=0) + 1, bool)
    spoiled[piece[bent]] = True
    spoiled[piece[: scene.structure_vertices]] = True
    return _faces_of_pieces(scene, np.where(spoiled[piece], -1, piece))


def _faces_of_pieces(scene: Scene, piece: np.ndarray) -> list[Face]:
    """Those pieces, by vertex (-1: none), that are large enough for a chart."""
    order = np.argsort(piece, kind="stable")
    order = order[np.searchsorted(piece[order], 0) :]
    starts = np.flatnonzero(np.diff(piece[order], prepend=-2))
    reach = np.maximum.reduceat(scene.vertices[order], starts) - np.minimum.reduceat(scene.vertices[order], starts)
    faces = []
    # What is flat and wide enough is so along two of the axes at least; a turned one is 0.7 as long along them.
    wide = np.sort(reach, axis=1)[:, 1] > 0.7 * MIN_FACE_M[0]
    for number in np.flatnonzero(wide & (np.linalg.norm(reach, axis=1) > MIN_FACE_M[1])):
        end = starts[number + 1] if number + 1 < len(starts) else len(order)
        face = _face(scene, order[starts[number] : end])
        sides = np.sort(np.linalg.norm(face.axes, axis=1))
        if sides[0] >= MIN_FACE_M[0] and sides[1] >= MIN_FACE_M[1]:
            faces.append(face)
    return faces


def _face(scene: Scene, rows: np.ndarray) -> Face:
    """The rectangle around flat vertices, along their longest side."""
    vertices, normal = scene.vertices[rows].astype(np.float64), scene.normals[rows[0]].astype(np.float64)
    edges = np.roll(vertices, -1, axis=0) - vertices
    edges -= (edges @ normal)[:, None] * normal
    first = edges[np.argmax(np.einsum("ij,ij->i", edges, edges))]
    first /= max(float(np.linalg.norm(first)), 1e-9)
    axes = np.array([first, np.cross(normal, first)])
    places = vertices @ axes.T
    low, high = places.min(axis=0), places.max(axis=0)
    corner = low @ axes + (vertices[0] @ normal) * normal
    return Face(corner, axes * (high - low)[:, None], normal, rows, int(scene.vertex_instance[rows[0]]) - 1)


def _groups(scene: Scene, faces: list[Face]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Group of each vertex (-1: it has a chart), and the groups' points, normals and instances."""
    single = np.ones(len(scene.vertices), bool)
    single[np.concatenate([face.vertices for face in faces])] = False
    vertices, normals, instances = (values[single] for values in (scene.vertices, scene.normals, scene.vertex_instance))
    size_m = GROUP_M
    group = _grouped(vertices - scene.vertices.min(axis=0), normals, instances, size_m)
    while group.max(initial=0) >= MAX_GROUPS:
        size_m *= 1.5
        group = _grouped(vertices - scene.vertices.min(axis=0), normals, instances, size_m)
    counts = np.bincount(group)
    points, mean = (
        np.stack([np.bincount(group, weights=values[:, axis]) for axis in range(3)], axis=1) / counts[:, None]
        for values in (vertices, normals)
    )
    mean /= np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
    owner = np.zeros(len(counts), np.int64)
    owner[group] = instances.astype(np.int64) - 1
    result = np.full(len(scene.vertices), -1)
    result[single] = group
    return result, points, mean, owner


def _grouped(places: np.ndarray, normals: np.ndarray, instances: np.ndarray, size_m: float) -> np.ndarray:
    """(n,) group of each vertex, counted from 0."""
    cells = np.floor(places / size_m).astype(np.int64)
    facing = np.rint(normals * 1.5 + 2).astype(np.int64)
    key = instances.astype(np.int64)
    for values, most in ((cells, 1 << 11), (facing, 5)):
        for axis in range(3):
            key = key * most + values[:, axis] % most
    _, group = np.unique(key, return_inverse=True)
    return group.reshape(-1)
