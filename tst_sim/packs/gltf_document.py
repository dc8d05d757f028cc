"""A look at the JSON of a GLB before it is read: what a small file declares must not become long work.

https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html: nodes form strict trees; counts are whole numbers.
"""

from __future__ import annotations

import json
import struct
from typing import Any

from tst_sim.errors import UserError, shown
from tst_sim.packs.source_model import MAX_PIECES, MAX_READ_TRIANGLES

MAX_JSON_BYTES = 4_000_000
MAX_NODES = 10_000
MAX_IMAGES = 64
MAX_ACCESSOR = 3 * MAX_READ_TRIANGLES
"""Elements of an accessor: three corners a triangle."""
_MAGIC, _JSON = 0x46546C67, 0x4E4F534A


def check_document(data: bytes, name: str) -> None:
    """UserError for a GLB whose JSON declares more than can be used, or nodes that are no trees."""
    document = _document(data, name)
    most = {"nodes": MAX_NODES, "meshes": MAX_PIECES, "images": MAX_IMAGES, "materials": MAX_PIECES}
    for key, limit in most.items():
        if len(_rows(document, key, name)) > limit:
            raise UserError(f"{name} has {len(document[key])} {key}, more than {limit}")
    for row in _rows(document, "accessors", name):
        _whole(row.get("count"), MAX_ACCESSOR, f"{name}: the count of an accessor")
    pieces = [len(_rows(mesh, "primitives", name)) for mesh in _rows(document, "meshes", name)]
    nodes = _rows(document, "nodes", name)
    drawn = [_whole(node["mesh"], len(pieces) - 1, f"{name}: the mesh of a node") for node in nodes if "mesh" in node]
    if sum(pieces[mesh] for mesh in drawn) > MAX_PIECES:
        raise UserError(f"{name} draws more than {MAX_PIECES} primitives")
    _check_trees(nodes, name)


def _document(data: bytes, name: str) -> dict[str, Any]:
    if len(data) < 20:
        raise UserError(f"{name} is not a readable GLB (it has {len(data)} bytes)")
    magic, _, _, length, kind = struct.unpack_from("<5I", data)
    if magic != _MAGIC or kind != _JSON or length > len(data) - 20:
        raise UserError(f"{name} is not a readable GLB (its header is damaged)")
    if length > MAX_JSON_BYTES:
        raise UserError(f"{name} has {length} bytes of JSON, more than {MAX_JSON_BYTES}")
    document = json.loads(data[20 : 20 + length])
    if not isinstance(document, dict):
        raise UserError(f"{name} is not a readable GLB (its JSON is {shown(document)})")
    return document


def _rows(group: dict[str, Any], key: str, name: str) -> list[dict[str, Any]]:
    rows = group.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UserError(f"{name} is not a readable GLB ({key} is {shown(rows)})")
    return rows


def _whole(value: Any, most: int, what: str) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise UserError(f"{what} is {shown(value)}; it must be a whole number up to {most}")
    return value


def _check_trees(nodes: list[dict[str, Any]], name: str) -> None:
    """Each node is the child of one other at most, and none its own ancestor."""
    parent: dict[int, int] = {}
    for number, node in enumerate(nodes):
        children = node.get("children", [])
        for child in children if isinstance(children, list) else [children]:
            _whole(child, len(nodes) - 1, f"{name}: a child of node {number}")
            if child in parent:
                raise UserError(f"{name}: node {child} is the child of {parent[child]} and of {number}")
            parent[child] = number
    done: set[int] = set()
    for start in range(len(nodes)):
        path: set[int] = set()
        above: int | None = start
        while above is not None and above not in done:
            if above in path:
                raise UserError(f"{name}: node {above} is its own ancestor")
            path.add(above)
            above = parent.get(above)
        done |= path
