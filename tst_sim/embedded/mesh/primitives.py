"""Mesh primitives that every shape of the catalogue is assembled from.

Every primitive is a closed solid (a positive volume), so that winding and normals follow from it:
triangles run clockwise seen from outside in the left-handed world, which is the order in which the
cross product of their edges points outwards. Lengths are metres, angles degrees. Ranges are
(low, high) pairs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from tst_sim.embedded.mesh.mesh import Mesh

Range = tuple[float, float]
Point = tuple[float, float, float]

_WELD_M = 4e-6
_MIN_AREA_M2 = 1e-10
_MIN_AGREEMENT = 0.35


def solid(vertices: np.ndarray, triangles: np.ndarray, crease_deg: float = 35.0, *, closed: bool = True) -> Mesh:
    """A mesh of shared vertices (n, 3) and triangles (m, 3) of either winding, with normals.

    Coincident vertices are welded, degenerate triangles dropped, the winding chosen so that the
    volume is positive; of what is not `closed`, it stays. Normals are smooth across edges that bend less than
    `crease_deg`.
    """
    vertices, triangles = _welded(np.asarray(vertices, np.float64), np.asarray(triangles, np.int64))
    corners = vertices[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    volume = np.einsum("ij,ij->", corners[:, 0] - vertices.mean(axis=0), normals)
    if closed and volume < 0:
        triangles, normals = triangles[:, ::-1], -normals
    doubled = np.linalg.norm(normals, axis=1)
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    large = (doubled > 2 * _MIN_AREA_M2) & (doubled > _WELD_M * longest)
    return _shaded(vertices, triangles[large], normals[large], crease_deg)


def _welded(vertices: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    cells = np.round(vertices / _WELD_M).astype(np.int64) + (1 << 20)
    assert cells.min() >= 0 and cells.max() < 1 << 21, "primitives are at most 4 m from the origin"
    keys = (cells[:, 0] << 42) | (cells[:, 1] << 21) | cells[:, 2]
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    triangles = inverse.reshape(-1)[triangles]
    a, b, c = triangles.T
    return vertices[first], triangles[(a != b) & (b != c) & (c != a)]


def _shaded(vertices: np.ndarray, triangles: np.ndarray, face_normals: np.ndarray, crease_deg: float) -> Mesh:
    """Corner normals: the area-weighted mean over the faces at the vertex that bend less than the crease."""
    corner_vertex = triangles.reshape(-1)
    order = np.argsort(corner_vertex, kind="stable")
    face = order // 3
    counts = np.bincount(corner_vertex, minlength=len(vertices))
    repeats = counts[corner_vertex[order]]
    left = np.repeat(np.arange(len(order)), repeats)
    starts = (np.cumsum(counts) - counts)[corner_vertex[order]]
    right = np.arange(len(left)) - np.repeat(np.cumsum(repeats) - repeats, repeats) + np.repeat(starts, repeats)
    unit = face_normals / np.linalg.norm(face_normals, axis=1, keepdims=True)
    alike = np.einsum("ij,ij->i", unit[face[left]], unit[face[right]]) > math.cos(math.radians(crease_deg))
    summed = np.stack(
        [np.bincount(left, face_normals[face[right], axis] * alike, minlength=len(order)) for axis in range(3)], axis=1
    )
    summed = summed / np.linalg.norm(summed, axis=1, keepdims=True)
    # Where faces fold sharply the mean can lean away from a sliver among them: that corner stays flat.
    leaning = np.einsum("ij,ij->i", summed, unit[face]) < _MIN_AGREEMENT
    corner_normals = np.empty_like(summed)
    corner_normals[order] = np.where(leaning[:, None], unit[face], summed)
    steps = np.round(corner_normals * 500).astype(np.int64) + 512
    keys = (corner_vertex << 30) | (steps[:, 0] << 20) | (steps[:, 1] << 10) | steps[:, 2]
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return Mesh(
        vertices[corner_vertex[first]].astype(np.float32),
        corner_normals[first].astype(np.float32),
        inverse.reshape(-1, 3).astype(np.uint32),
    )


def loft(rings: np.ndarray, *, closed: bool = False, crease_deg: float = 35.0) -> Mesh:
    """A skin over rings (k, n, 3) of points, one after the other.

    Ends are capped by a fan, so the first and the last ring must be star-shaped from their mean;
    `closed` joins the last ring to the first instead.
    """
    rings = np.asarray(rings, np.float64)
    count, size = rings.shape[:2]
    index = np.arange(count * size).reshape(count, size)
    following = np.roll(index, -1, axis=1)
    low, high = (index, np.roll(index, -1, axis=0)) if closed else (index[:-1], index[1:])
    low_next, high_next = (following, np.roll(following, -1, axis=0)) if closed else (following[:-1], following[1:])
    sides = np.stack([low, high, high_next, low, high_next, low_next], axis=-1).reshape(-1, 3)
    if closed:
        return solid(rings.reshape(-1, 3), sides, crease_deg)
    vertices = np.concatenate([rings.reshape(-1, 3), rings[[0, -1]].mean(axis=1)])
    if size == 4:
        caps = [index[0, [0, 1, 2]], index[0, [0, 2, 3]], index[-1, [2, 1, 0]], index[-1, [3, 2, 0]]]
        return solid(vertices, np.concatenate([sides, np.array(caps)]), crease_deg)
    bottom = np.stack([index[0], following[0], np.full(size, count * size)], axis=-1)
    top = np.stack([following[-1], index[-1], np.full(size, count * size + 1)], axis=-1)
    return solid(vertices, np.concatenate([sides, bottom, top]), crease_deg)


def box(x: Range, y: Range, z: Range, *, bevel: float = 0.0) -> Mesh:
    """An axis-parallel box, 12 triangles; with rounded edges, 44. The ends of a range may come in either order.

    The six faces are flat; a bevel is shaded from the normal of one face to that of the next.
    """
    low, high = np.sort(np.array([x, y, z], np.float64), axis=1).T
    bevel = min(bevel, 0.45 * float((high - low).min()))
    signs, triangles = _box_topology(bevel > 2 * _WELD_M)
    half = (high - low) / 2 - max(bevel, 0.0) * (1 - np.abs(np.eye(3)))[np.tile(np.arange(3), 8)]
    vertices = np.repeat(signs, 3, axis=0) * half + (low + high) / 2
    normals = (np.repeat(signs, 3, axis=0) * np.tile(np.eye(3), (8, 1))).astype(np.float32)
    return Mesh(vertices.astype(np.float32), normals, triangles)


@cache
def _box_topology(bevelled: bool) -> tuple[np.ndarray, np.ndarray]:
    """The signs (8, 3) of a box's corners, and its triangles over three vertices a corner, one for each axis."""
    signs = np.array([(u, v, w) for u in (-1, 1) for v in (-1, 1) for w in (-1, 1)])
    index = {tuple(sign): 3 * row for row, sign in enumerate(signs.tolist())}
    quads = []
    for axis in range(3):
        a, b = (other for other in range(3) if other != axis)
        loop = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        for side in (-1, 1):
            quads.append([index[_corner(axis, side, u, v)] + axis for u, v in loop])
        for u, v in loop if bevelled else ():
            first, second = index[_corner(axis, -1, u, v)], index[_corner(axis, 1, u, v)]
            quads.append([first + a, second + a, second + b, first + b])
    triangles = [corner for q in quads for corner in ((q[0], q[1], q[2]), (q[0], q[2], q[3]))]
    if bevelled:
        triangles += [(row, row + 1, row + 2) for row in range(0, 24, 3)]
    points = np.repeat(signs, 3, axis=0) * (1 - 0.3 * (1 - np.tile(np.eye(3), (8, 1))) * bevelled)
    return signs, _facing_out(points, np.array(triangles)).astype(np.uint32)


def _corner(axis: int, side: int, u: int, v: int) -> tuple[int, int, int]:
    return ((side, u, v), (u, side, v), (u, v, side))[axis]


def _facing_out(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The triangles of a solid that is star-shaped from the origin, all wound outwards."""
    corners = vertices[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inwards = np.einsum("ij,ij->i", corners.mean(axis=1), normals) < 0
    return np.where(inwards[:, None], triangles[:, ::-1], triangles)


def curve(points: Sequence[tuple[float, float]], steps: int = 3) -> list[tuple[float, float]]:
    """A smooth profile through the points, `steps` pieces between two (Catmull and Rom 1974)."""
    given = np.asarray(points, np.float64)
    padded = np.concatenate([2 * given[:1] - given[1:2], given, 2 * given[-1:] - given[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:]):
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    smooth = np.concatenate([*pieces, given[-1:]])
    smooth[:, 0] = smooth[:, 0].clip(0.0, given[:, 0].max())
    return [(float(radius), float(height)) for radius, height in smooth]


def circle(sides: int, power: float = 1.0, start_deg: float = 0.0) -> np.ndarray:
    """(sides, 2) points of the unit circle; `power` < 1 bulges it towards a square (a superellipse)."""
    angles = 2 * np.pi * np.arange(sides) / sides + math.radians(start_deg)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.sign(points) * np.abs(points) ** power


def lathe(
    profile: Sequence[tuple[float, float]],
    *,
    at: Point = (0.0, 0.0, 0.0),
    sides: int = 16,
    stretch: tuple[float, float] = (1.0, 1.0),
    power: float = 1.0,
    closed: bool = False,
    crease_deg: float = 35.0,
) -> Mesh:
    """The solid swept by a profile of (radius, height) points about the vertical axis through `at`.

    The profile starts and ends on the axis or is capped flat there; one that comes back down
    inside makes a vessel, a `closed` one that stays off the axis a pipe or a
    ring. `stretch` scales the radius along x and z, `power` < 1 squares the plan.
    """
    outline = circle(sides, power, 180 / sides if power < 1 else 0.0)
    rings = np.zeros((len(profile), sides, 3))
    for ring, (radius, height) in zip(rings, profile):
        ring[:, 0], ring[:, 2] = outline[:, 0] * radius * stretch[0], outline[:, 1] * radius * stretch[1]
        ring[:, 1] = height
    return loft(rings + np.asarray(at), closed=closed, crease_deg=crease_deg)


def cylinder(
    radius: float, y: Range, *, at: tuple[float, float] = (0.0, 0.0), top: float | None = None, sides: int = 16
) -> Mesh:
    """An upright cylinder, or a cone frustum with radius `top` at its upper end, about (x, z) = `at`."""
    return lathe([(radius, y[0]), (radius if top is None else top, y[1])], at=(at[0], 0.0, at[1]), sides=sides)


def rod(start: Point, end: Point, radius: float, *, end_radius: float | None = None, sides: int = 8) -> Mesh:
    """A round bar from one point to another."""
    return tube([start, end], [radius, radius if end_radius is None else end_radius], sides=sides)


def disc(centre: Point, radius: float, z: Range, *, sides: int = 16, radius_y: float | None = None) -> Mesh:
    """A cylinder that lies along z: a wheel, a dial, a lens."""
    outline = circle(sides) * (radius, radius if radius_y is None else radius_y) + np.asarray(centre[:2])
    return loft(np.stack([np.column_stack([outline, np.full(sides, depth)]) for depth in z]))


def post(
    bottom: Point,
    top: Point,
    foot: tuple[float, float],
    *,
    head: tuple[float, float] | None = None,
    crease_deg: float = 35.0,
) -> Mesh:
    """A four-sided bar with level ends, e.g. a splayed or tapered leg; `foot` and `head` are its (x, z) sizes."""
    rings = []
    for centre, size in ((bottom, foot), (top, head or foot)):
        x, z = size[0] / 2, size[1] / 2
        rings.append(
            [(centre[0] + u * x, centre[1], centre[2] + v * z) for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        )
    return loft(np.array(rings), crease_deg=crease_deg)


def tube(path: Sequence[Point], radius: float | Sequence[float], *, sides: int = 8, closed: bool = False) -> Mesh:
    """A round bar along a path of points; `closed` joins its ends. One radius, or one for each point."""
    points = np.asarray(path, np.float64)
    radii = np.broadcast_to(np.asarray(radius, np.float64), (len(points),))
    ahead = np.roll(points, -1, axis=0) - points
    behind = points - np.roll(points, 1, axis=0)
    if not closed:
        ahead[-1], behind[0] = behind[-1], ahead[0]
    unit_ahead = ahead / np.linalg.norm(ahead, axis=1, keepdims=True)
    unit_behind = behind / np.linalg.norm(behind, axis=1, keepdims=True)
    tangents = unit_ahead + unit_behind
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    side = np.cross(tangents[0], (0.0, 1.0, 0.0) if abs(tangents[0, 1]) < 0.9 else (1.0, 0.0, 0.0))
    outline, rings = circle(sides, start_deg=180 / sides), np.empty((len(points), sides, 3))
    for row, tangent in enumerate(tangents):
        side = side - tangent * (side @ tangent)
        side /= np.linalg.norm(side)
        up = np.cross(side, tangent)
        rings[row] = points[row] + radii[row] * (outline[:, :1] * side + outline[:, 1:] * up)
    return loft(rings, closed=closed, crease_deg=50.0)


def arc(
    centre: Point, radius: float, start_deg: float, end_deg: float, *, plane: str = "xy", steps: int = 8
) -> list[Point]:
    """Points on an arc in the plane of two axes, e.g. a handle's path; angles from the first axis to the second."""
    first, second = ("xyz".index(name) for name in plane)
    points = np.tile(np.asarray(centre, np.float64), (steps + 1, 1))
    angles = np.radians(np.linspace(start_deg, end_deg, steps + 1))
    points[:, first] += radius * np.cos(angles)
    points[:, second] += radius * np.sin(angles)
    return [(float(x), float(y), float(z)) for x, y, z in points]


def rounded(
    x: Range, y: Range, z: Range, *, plan: float = 1.0, side: float = 1.0, sides: int = 16, rings: int = 8
) -> Mesh:
    """An ellipsoid in a box; `plan` and `side` below 1 square it up seen from above and from the side.

    1, 1 is an ellipsoid, 0.3, 0.6 a cushion, 0.3, 0.3 a soft brick (superellipsoid, Barr 1981).
    """
    outline = circle(sides, plan, 180 / sides if plan < 1 else 0.0)
    outline /= np.abs(outline).max(axis=0)
    latitudes = np.linspace(-np.pi / 2, np.pi / 2, rings + 1)
    radii, heights = np.cos(latitudes).clip(0) ** side, np.sign(latitudes) * np.abs(np.sin(latitudes)) ** side
    centre = np.array([sum(x) / 2, sum(y) / 2, sum(z) / 2])
    half = np.array([x[1] - x[0], y[1] - y[0], z[1] - z[0]]) / 2
    points = np.empty((rings + 1, sides, 3))
    points[..., 0], points[..., 2] = radii[:, None] * outline[:, 0], radii[:, None] * outline[:, 1]
    points[..., 1] = heights[:, None]
    return loft(points * half + centre, crease_deg=60.0)


def frame(x: Range, y: Range, z: Range, bar: float) -> Mesh:
    """A rectangular frame in the xy plane, `bar` wide and mitred: a picture's, a window's."""
    rings = []
    for u, v, inward in ((0, 0, (1, 1)), (1, 0, (-1, 1)), (1, 1, (-1, -1)), (0, 1, (1, -1))):
        outer, inner = (x[u], y[v]), (x[u] + inward[0] * bar, y[v] + inward[1] * bar)
        rings.append([(*outer, z[0]), (*outer, z[1]), (*inner, z[1]), (*inner, z[0])])
    return loft(np.array(rings), closed=True)


def prism(outline: Sequence[tuple[float, float]], span: Range, *, axis: str = "y", crease_deg: float = 35.0) -> Mesh:
    """A simple polygon, also a concave one, drawn out along an axis.

    The outline is in (x, z) for axis y, (x, y) for axis z and (z, y) for axis x.
    """
    points = np.asarray(outline, np.float64)
    count = len(points)
    columns = {"y": (0, 2, 1), "z": (0, 1, 2), "x": (2, 1, 0)}[axis]
    vertices = np.empty((2 * count, 3))
    vertices[:, columns[0]], vertices[:, columns[1]] = np.tile(points, (2, 1)).T
    vertices[:, columns[2]] = np.repeat(span, count)
    index = np.arange(count)
    following = np.roll(index, -1)
    sides = np.concatenate(
        [
            np.stack([index, following, following + count], axis=1),
            np.stack([index, following + count, index + count], axis=1),
        ]
    )
    cap = _ears(points)
    return solid(vertices, np.concatenate([sides, cap[:, ::-1], cap + count]), crease_deg)


def _ears(points: np.ndarray) -> np.ndarray:
    """Triangles of a simple polygon by ear clipping, wound as the polygon runs."""
    following = np.roll(points, -1, axis=0)
    turn = 1.0 if np.sum(points[:, 0] * following[:, 1] - following[:, 0] * points[:, 1]) > 0 else -1.0
    left, triangles = list(range(len(points))), []
    while len(left) > 3:
        position = next((i for i in range(len(left)) if _is_ear(points, left, i, turn)), 0)
        triangles.append((left[position - 1], left[position], left[(position + 1) % len(left)]))
        del left[position]
    return np.array([*triangles, tuple(left)])


def _is_ear(points: np.ndarray, left: list[int], position: int, turn: float) -> bool:
    a, b, c = (points[left[(position + step) % len(left)]] for step in (-1, 0, 1))
    if turn * _cross2(b - a, c - b) <= 1e-15:
        return False
    others = [
        points[row] for row in left if row not in (left[position - 1], left[position], left[(position + 1) % len(left)])
    ]
    return not any(
        all(turn * _cross2(end - start, point - start) >= 0 for start, end in ((a, b), (b, c), (c, a)))
        for point in others
    )


def _cross2(a: np.ndarray, b: np.ndarray) -> float:
    return float(a[0] * b[1] - a[1] * b[0])


def leaf(base: Point, tip: Point, width: float, *, droop: float = 0.0) -> Mesh:
    """A pointed leaf from base to tip with a keel, closed, 8 triangles; `droop` metres higher where it is widest."""
    start, end = np.asarray(base, np.float64), np.asarray(tip, np.float64)
    along = end - start
    across = np.cross(along, (0.0, 1.0, 0.0)) if abs(along[1]) < 0.98 * np.linalg.norm(along) else np.array([1.0, 0, 0])
    across *= width / 2 / np.linalg.norm(across)
    upward = np.cross(across, along)
    upward *= 0.08 * width / np.linalg.norm(upward)
    middle = start + 0.42 * along + np.array([0.0, droop, 0.0])
    rim = [middle - across, middle + upward, middle + across, middle - upward]
    triangles = [(4, (row + 1) % 4, row) for row in range(4)] + [(5, row, (row + 1) % 4) for row in range(4)]
    return solid(np.array([*rim, start, end]), np.array(triangles), crease_deg=20.0)


def moved(mesh: Mesh, offset: Point) -> Mesh:
    """The mesh, shifted by (x, y, z) metres."""
    return Mesh((mesh.vertices + np.asarray(offset)).astype(np.float32), mesh.normals, mesh.triangles)


def turned(mesh: Mesh, axis: str, angle_deg: float, about: Point = (0.0, 0.0, 0.0)) -> Mesh:
    """The mesh, turned about an axis through `about`: x takes y to z, y takes z to x (yaw), z takes x to y."""
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    cosine, sine = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    matrix[first, first] = matrix[second, second] = cosine
    matrix[second, first], matrix[first, second] = sine, -sine
    centre = np.asarray(about)
    vertices = (mesh.vertices - centre) @ matrix.T + centre
    return Mesh(vertices.astype(np.float32), (mesh.normals @ matrix.T).astype(np.float32), mesh.triangles)


def stretched(mesh: Mesh, factors: Point) -> Mesh:
    """The mesh, scaled about the origin by positive (x, y, z) factors; normals stay perpendicular."""
    scale = np.asarray(factors)
    normals = mesh.normals / scale
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Mesh((mesh.vertices * scale).astype(np.float32), normals.astype(np.float32), mesh.triangles)


def mirrored(mesh: Mesh) -> Mesh:
    """The mesh with left and right (x) exchanged."""
    flip = np.array([-1, 1, 1], np.float32)
    return Mesh(mesh.vertices * flip, mesh.normals * flip, mesh.triangles[:, ::-1].copy())
