"""Triangles of packs made drawable: welded, reduced to a budget, turned to face outwards."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

_DIRECTIONS = np.array([*np.eye(3), *-np.eye(3), *np.stack(np.meshgrid(*[(-1.0, 1.0)] * 3), axis=-1).reshape(-1, 3)])
"""The sides and the corners of a cube."""
_CELLS_ACROSS = 56
_MAX_SAMPLES = 30_000
_MIN_COSINE = 0.35
_BACK_SHARE = 0.1
_INVERTED_SHARE = 0.8
"""Share of its seen samples from which on a component's backs are meant to be seen too; and alone."""


_ATTEMPTS = ((3.0, True), (3.0, False), (1.0, True), (6.0, False))
"""Aggressiveness of the reduction, and whether borders are held by fins. On Debian's models 7, the library's default,
tears thin parts to pieces; 3 is as exact as can be measured on most, and stops before the budget on some."""
MAX_OUTLIERS = 0.03
"""Of the model's size: the farthest that a vertex may come to lie from the surface it stands for, of which samples are
known at about 1 %."""
ENOUGH = 1.4
"""A reduction to so many times the budget is taken without trying another."""
_SAMPLES = 20_000


def welded(vertices: np.ndarray, triangles: np.ndarray, cell: float) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (n, 3) that share a cell become one; triangles (m, 3) keep their order, also those that collapse."""
    keys = np.round(vertices / cell).astype(np.int64)
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return vertices[first], inverse.reshape(-1)[triangles]


def reduced(
    vertices: np.ndarray, triangles: np.ndarray, piece: np.ndarray, most_triangles: int
) -> tuple[np.ndarray, np.ndarray]:
    """The same surface in about `most_triangles`, by quadric edge collapse: (vertices, triangles (m, 3) as before).

    Triangles that are gone have corners that coincide. Edges along which a piece ((m,) number of each triangle's) ends
    stay where they are if they can: fins stand on them while edges collapse. Where the surface cannot be kept within
    3 % of its size, or would fold, more triangles are left.
    """
    solid = triangles[_has_area(triangles)]
    if len(solid) <= most_triangles:
        return vertices, triangles
    surface = _surface_samples(vertices, solid)
    best, least = (vertices, triangles), len(solid)
    for aggressiveness, finned in _ATTEMPTS:
        points, index = _collapsed(
            vertices, triangles, solid, piece if finned else None, most_triangles, aggressiveness
        )
        count = int(_has_area(index[triangles]).sum())
        if 0 < count < least:
            points = _brought_back(points, vertices, index[: len(vertices)], surface)
            if _astray(points[np.unique(index[solid])], surface).max() <= MAX_OUTLIERS:
                best, least = (points, index[triangles]), count
        if least <= ENOUGH * most_triangles:
            break
    return best


def _collapsed(
    vertices: np.ndarray,
    triangles: np.ndarray,
    solid: np.ndarray,
    piece: np.ndarray | None,
    most_triangles: int,
    aggressiveness: float,
) -> tuple[np.ndarray, np.ndarray]:
    """(new vertices, the one of them that each old vertex has become; -1: it was in no triangle)."""
    import fast_simplification

    points, fins = (vertices, triangles[:0]) if piece is None else _fins(vertices, triangles, piece)
    faces = np.concatenate([solid, fins]).astype(np.int32)
    target = max(4, most_triangles * len(faces) // len(solid))
    collapses = fast_simplification.simplify(
        points, faces, target_count=target, agg=aggressiveness, return_collapses=True
    )[-1]
    moved, _, index = fast_simplification.replay_simplification(points, faces, collapses)
    return np.asarray(moved, np.float64), np.asarray(index, np.int64)


def _surface_samples(vertices: np.ndarray, triangles: np.ndarray) -> tuple[KDTree, float]:
    """Points all over a surface, and the size of its box."""
    corners = vertices[triangles]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    weights, owner = spread(areas, max(float(areas.sum()), 1e-30) / _SAMPLES)
    points = np.concatenate([np.einsum("ij,ijk->ik", weights, corners[owner]), corners.reshape(-1, 3)])
    return KDTree(points), float(np.ptp(points, axis=0).max())


def _astray(points: np.ndarray, surface: tuple[KDTree, float]) -> np.ndarray:
    """Share of the surface's size by which each of some points lies off it; infinite for what is no point at all."""
    tree, size = surface
    finite = np.isfinite(points).all(axis=1)
    astray = np.full(len(points), np.inf)
    astray[finite] = np.asarray(tree.query(points[finite])[0]) / size
    return astray


def _brought_back(
    points: np.ndarray, vertices: np.ndarray, index: np.ndarray, surface: tuple[KDTree, float]
) -> np.ndarray:
    """Points without those few that an ill-conditioned quadric has thrown far away: they get the mean of the vertices
    that they stand for."""
    far = np.flatnonzero(_astray(points, surface) > MAX_OUTLIERS)
    vertices, index = vertices[index >= 0], index[index >= 0]
    counts = np.bincount(index, minlength=len(points))
    sums = np.stack([np.bincount(index, vertices[:, axis], minlength=len(points)) for axis in range(3)], axis=1)
    far = far[counts[far] > 0]
    points = points.copy()
    points[far] = sums[far] / counts[far, None]
    return points


def _has_area(triangles: np.ndarray) -> np.ndarray:
    a, b, c = triangles.T
    return (a != b) & (b != c) & (c != a)


def _fins(vertices: np.ndarray, triangles: np.ndarray, piece: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertices with the tips of fins added, and a fin (k, 3) upright on every edge that one piece has once."""
    edges = triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    owner = np.repeat(np.arange(len(triangles)), 3)
    keys = np.column_stack([piece[owner], np.sort(edges, axis=1)])
    _, first, counts = np.unique(keys, axis=0, return_index=True, return_counts=True)
    border = first[counts == 1]
    corners = vertices[triangles[owner[border]]]
    upright = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(upright, axis=1, keepdims=True)
    low, high = vertices[edges[border, 0]], vertices[edges[border, 1]]
    reach = np.linalg.norm(high - low, axis=1, keepdims=True)
    usable = (length[:, 0] > 1e-14) & (reach[:, 0] > 1e-9)
    tips = ((low + high) / 2 + upright / np.maximum(length, 1e-30) * reach)[usable]
    fins = np.column_stack([edges[border][usable], len(vertices) + np.arange(len(tips))])
    return np.concatenate([vertices, tips]), fins


def facing_out(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Triangles (k, 3), wound so that the outside sees fronts alone.

    A connected component that is closed gets a positive volume. An open one is looked at from 14 directions amid all
    others: if backs are what is seen it is turned round; if both sides are (a leaf, an open cup) it is doubled.
    """
    if not len(triangles):
        return triangles
    component = _components(len(vertices), triangles)
    closed, inside_out = _closed(vertices, triangles, component)
    fronts, backs = _seen_sides(vertices, triangles, component)
    fraction = backs / np.maximum(1, fronts + backs)
    turns = np.where(closed, inside_out, fraction > _INVERTED_SHARE)
    both = ~closed & (fraction >= _BACK_SHARE) & ~turns
    turned = np.where(turns[component][:, None], triangles[:, ::-1], triangles)
    return np.concatenate([turned, triangles[both[component]][:, ::-1]])


def _closed(vertices: np.ndarray, triangles: np.ndarray, component: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By component: whether every edge is there once each way, and whether the volume is negative."""
    edges = triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    there, back = edges @ [len(vertices), 1], edges @ [1, len(vertices)]
    _, inverse, counts = np.unique(there, return_inverse=True, return_counts=True)
    matched = np.isin(back, there) & (counts[inverse.reshape(-1)] == 1)
    count = int(component.max()) + 1
    loose = np.bincount(component, ~matched.reshape(-1, 3).all(axis=1), minlength=count)
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    volume = np.bincount(component, np.einsum("ij,ij->i", a, np.cross(b, c)), minlength=count)
    return loose == 0, volume < 0


def _components(vertices: int, triangles: np.ndarray) -> np.ndarray:
    """(m,) number of the connected component of each triangle."""
    rows, columns = triangles[:, [0, 1]].T.reshape(-1), triangles[:, [1, 2]].T.reshape(-1)
    links = coo_matrix((np.ones(len(rows), bool), (rows, columns)), shape=(vertices, vertices))
    return connected_components(links, directed=False)[1][triangles[:, 0]]


def _seen_sides(vertices: np.ndarray, triangles: np.ndarray, component: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How often a front, and how often a back, of each component is the nearest thing seen."""
    corners = vertices[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas = np.linalg.norm(normals, axis=1)
    cell = max(float(np.ptp(vertices, axis=0).max()) / _CELLS_ACROSS, float(np.sqrt(2 * areas.sum() / _MAX_SAMPLES)))
    weights, owner = spread(areas, cell**2 / 2)
    points = np.einsum("ij,ijk->ik", weights, corners[owner])
    unit = normals / np.maximum(areas, 1e-30)[:, None]
    count = int(component.max()) + 1
    fronts, backs = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for direction in _DIRECTIONS / np.linalg.norm(_DIRECTIONS, axis=1, keepdims=True):
        cosine = unit[owner] @ direction
        front, back = _nearest(points, direction, cosine, cell)
        fronts += np.bincount(component[owner[front]], minlength=count)
        backs += np.bincount(component[owner[back]], minlength=count)
    return fronts, backs


def spread(areas: np.ndarray, area_each: float) -> tuple[np.ndarray, np.ndarray]:
    """Points spread over triangles, at least one on each: their barycentric weights (n, 3) and triangle (n,)."""
    counts = np.maximum(1, np.ceil(areas / area_each)).astype(np.int64)
    owner = np.repeat(np.arange(len(areas)), counts)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    # A low-discrepancy sequence (the plastic number's), folded into the triangle.
    u, v = (rank + 0.5) * 0.7548776662466927 % 1, (rank + 0.5) * 0.5698402909980532 % 1
    beyond = u + v > 1
    u, v = np.where(beyond, 1 - u, u), np.where(beyond, 1 - v, v)
    return np.stack([1 - u - v, u, v], axis=1), owner


def _nearest(
    points: np.ndarray, direction: np.ndarray, cosine: np.ndarray, cell: float
) -> tuple[np.ndarray, np.ndarray]:
    """Samples seen from afar along -direction: of fronts, and of backs that no front lies near or before."""
    across = np.linalg.svd(direction[None])[2][1:]
    cells = np.floor(points @ across.T / cell).astype(np.int64)
    cells -= cells.min(axis=0) - 1
    rows, columns = (cells.max(axis=0) + 2).tolist()
    flat, depth = cells[:, 0] * columns + cells[:, 1], points @ direction
    order = np.argsort(depth, kind="stable")

    def topmost(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """By cell: the chosen sample that lies highest along the direction (-1: none) and its height."""
        index = order[chosen[order]]
        top, height = np.full(rows * columns, -1, np.int64), np.full(rows * columns, -np.inf)
        top[flat[index]], height[flat[index]] = index, depth[index]
        return top, height

    front, front_depth = topmost(cosine > _MIN_COSINE)
    back, back_depth = topmost(cosine < -_MIN_COSINE)
    any_front = topmost(cosine > 0)[1].reshape(rows, columns)
    covered = ndimage.maximum_filter(any_front, size=3).reshape(-1) > back_depth - 1.5 * cell
    return front[(front >= 0) & (front_depth >= back_depth)], back[(back >= 0) & ~covered]
