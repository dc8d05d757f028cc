"""Collision parts as triangle meshes, in the form of AI2-THOR's GetInSceneAssetGeometry."""

from __future__ import annotations

from typing import Any

from tst_sim.placement.body import Body

# Corners are numbered x, y, z low before high (4x + 2y + z); faces clockwise seen from outside (left-handed world).
_QUADS = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
BOX_TRIANGLES = tuple(corner for a, b, c, d in _QUADS for corner in (a, b, c, a, c, d))


def part_meshes(body: Body, triangles: bool = True) -> list[dict[str, Any]]:
    """One mesh of 8 vertices and 12 triangles for each part, world-space metres."""
    meshes = []
    for corners in body.boxes.corners():
        mesh: dict[str, Any] = {"vertices": [{"x": x, "y": y, "z": z} for x, y, z in corners.tolist()]}
        if triangles:
            mesh["triangles"] = list(BOX_TRIANGLES)
        meshes.append(mesh)
    return meshes
