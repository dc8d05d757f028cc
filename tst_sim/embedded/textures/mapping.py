"""How layers lie on triangles: coordinates of the texture, gloss, and which facet a vertex belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from tst_sim.embedded.mesh.mesh import Material, Mesh, Part
from tst_sim.embedded.textures.choice import TextureChoice, texture_for, texture_for_structure
from tst_sim.embedded.textures.library import NUMBER, texture_layer
from tst_sim.embedded.textures.outdoors import ACROSS_M, TOP_M

SURFACE_ATTRIBUTES = np.dtype([("uv", "<f4", 2), ("layer", "u1"), ("gloss", "u1"), ("metal", "u1"), ("facet", "u1")])
"""What a vertex has beside place and color: uv in sides of the layer, `NAMES`' number, gloss and metal in
255ths, and a number that differs between neighbouring facets, so that creases can be told from flat places."""

SKY = "sky "
"""How the materials of what is outside the window are named, before the time of day."""
_MAX_FACETS = 251
_FLOOR_GLOSS = 0.42
_MATT = 0.9
"""Roughness from which on a surface mirrors nothing."""


def textured(parts: Sequence[Part], object_type: str = "", asset_id: str = "", floor_m: float = 0.0) -> list[tuple]:
    """(part, attributes) of each part of an asset, its vertices split where the texture needs it.

    `floor_m` is the height of the house's floor in the asset's frame, for what windows show.
    """
    result, first_facet = [], 0
    for part in parts:
        choice = texture_for(part, object_type, asset_id)
        family = [other.mesh.vertices for other in parts if other.name == part.name]
        piece, attributes = (
            _sky(part, floor_m) if part.material.name.startswith(SKY) else _textured(part, choice, family)
        )
        facets = facets_of(piece.mesh)
        attributes["facet"] = (facets + first_facet) % _MAX_FACETS
        first_facet += int(facets.max(initial=0)) + 1
        result.append((piece, attributes))
    return result


def surface_attributes(part: Part, corner: np.ndarray, axes: np.ndarray, *, floor: bool) -> np.ndarray:
    """Attributes (n,) of a flat surface of the structure; boards run along the longer edge of a floor, along walls."""
    choice = texture_for_structure(part.material)
    lengths = np.maximum(np.linalg.norm(axes, axis=1), 1e-6)
    metres = (part.mesh.vertices - corner) @ (axes / lengths[:, None]).T
    if floor and lengths[1] > lengths[0]:
        metres, lengths = metres[:, ::-1], lengths[::-1]
    attributes = _attributes(part.material, choice.layer, len(metres))
    assert choice.period_m
    attributes["uv"] = metres / choice.period_m - np.floor(lengths / 2 / choice.period_m)
    if floor and part.material.family in ("wood", "stone", "tiles", "ceramic"):
        attributes["gloss"] = np.maximum(attributes["gloss"], round(255 * _FLOOR_GLOSS))
    return attributes


def facets_of(mesh: Mesh) -> np.ndarray:
    """(vertices,) int: which of the pieces that share no vertex each one belongs to."""
    first, second = mesh.triangles[:, [0, 1]].ravel(), mesh.triangles[:, [1, 2]].ravel()
    count = len(mesh.vertices)
    joined = coo_matrix((np.ones(len(first), np.int8), (first, second)), shape=(count, count))
    return connected_components(joined, directed=False)[1]


def gloss_of(roughness: float) -> float:
    """The share of its surroundings that a surface mirrors as the engine draws it, in [0, 1]."""
    return max(1 - roughness / _MATT, 0.0) ** 2


def roughness_of(gloss: np.ndarray | float) -> np.ndarray:
    """The roughness of surfaces with some gloss, of the same shape; at most that of the matt. The inverse of
    `gloss_of`."""
    return _MATT * (1 - np.sqrt(gloss))


def _attributes(material: Material, layer: int, count: int) -> np.ndarray:
    attributes = np.zeros(count, SURFACE_ATTRIBUTES)
    attributes["layer"] = layer
    attributes["gloss"] = round(255 * gloss_of(material.roughness))
    attributes["metal"] = round(255 * material.metallic)
    return attributes


def _textured(part: Part, choice: TextureChoice, family: Sequence[np.ndarray]) -> tuple[Part, np.ndarray]:
    base = texture_layer(choice.layer).base
    if base is not None:
        emission = choice.glows or part.material.emission
        part = replace(part, material=replace(part.material, color=base, emission=emission))
    if choice.layer == NUMBER["plain"]:
        return part, _attributes(part.material, choice.layer, len(part.mesh.vertices))
    if choice.period_m is None:
        attributes = _attributes(part.material, choice.layer, len(part.mesh.vertices))
        attributes["uv"] = _facing(part.mesh, np.concatenate(family))
        return part, attributes
    mesh, uv = _boxed(part.mesh, choice.period_m)
    attributes = _attributes(part.material, choice.layer, len(mesh.vertices))
    attributes["uv"] = uv
    return replace(part, mesh=mesh), attributes


def _sky(part: Part, floor_m: float) -> tuple[Part, np.ndarray]:
    """What is outside the window, upright and in true size."""
    layer = NUMBER[f"outdoors {part.material.name.removeprefix(SKY)}"]
    attributes = _attributes(part.material, layer, len(part.mesh.vertices))
    x, y, z = part.mesh.vertices.T
    attributes["uv"] = np.stack([(x + 0.7 * z) / ACROSS_M, np.clip((TOP_M + floor_m - y) / TOP_M, 0.01, 0.99)], axis=1)
    base = texture_layer(layer).base
    assert base is not None
    return replace(part, material=replace(part.material, color=base)), attributes


def _facing(mesh: Mesh, extent: np.ndarray) -> np.ndarray:
    """(n, 2) place in a picture that is looked at from the front, or from above; `extent` (m, 3) just fills it."""
    corners = mesh.vertices[mesh.triangles].astype(np.float64)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal = normals[np.einsum("ij,ij->i", normals, normals).argmax()]
    normal /= np.linalg.norm(normal)
    if normal @ (0.1, 1.0, 1.1) < 0:
        normal = -normal
    up = np.array([0.0, 1.0, 0.0]) if abs(normal[1]) < 0.9 else np.array([0.0, 0.0, -1.0])
    up = up - normal * (up @ normal)
    up /= np.linalg.norm(up)
    axes = np.stack([np.cross(up, -normal), -up], axis=1)
    places = extent @ axes
    low, high = places.min(axis=0), places.max(axis=0)
    return (mesh.vertices @ axes - low) / np.maximum(high - low, 1e-6)


def _boxed(mesh: Mesh, period_m: float) -> tuple[Mesh, np.ndarray]:
    """The mesh, its vertices split between directions of projection, and (n, 2) coordinates in sides of the layer.

    u runs along the longer side of each facet, as wood's grain does; no two facets show the same place.
    """
    corners = mesh.vertices[mesh.triangles]
    normals = np.abs(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    axis = normals.argmax(axis=1)
    keys = mesh.triangles.astype(np.int64) * 3 + axis[:, None]
    chosen, triangles = np.unique(keys, return_inverse=True)
    vertex, axis = np.divmod(chosen, 3)
    facet = facets_of(mesh)[vertex]
    low, high = (np.full((int(facet.max()) + 1, 3), sign * np.inf) for sign in (1, -1))
    np.minimum.at(low, facet, mesh.vertices[vertex])
    np.maximum.at(high, facet, mesh.vertices[vertex])
    first, second = np.array([[2, 1], [0, 2], [0, 1]])[axis].T
    size, rows = (high - low)[facet], np.arange(len(vertex))
    swap = size[rows, second] > size[rows, first]
    first, second = np.where(swap, second, first), np.where(swap, first, second)
    places = mesh.vertices[vertex]
    offset = np.stack([facet * 0.377 % 1, (facet * 0.618 + 0.3 * axis) % 1], axis=1)
    uv = np.stack([places[rows, first], places[rows, second]], axis=1) / period_m + offset
    split = Mesh(places, mesh.normals[vertex], triangles.reshape(-1, 3).astype(np.uint32))
    return split, uv
