"""A house as one GLB file (binary glTF 2.0, https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html).

Written without a library: the container is two headers, and what matters (accessors, hierarchy, lights, extras) the
libraries leave to their callers. Nodes: house > room > object > what stands on it. Every object is a node with its
object id as name and a mesh of its own; equal shapes share their data in the buffer.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from generators.exporters.gltf_looks import Looks, lamp_entry, rounded
from generators.exporters.house_model import MIRROR, Piece, Shape, finish_names, light_direction, mirrored_mesh, pieces
from tst_sim import __version__
from tst_sim.embedded.scene.instance_meshes import ShapeCache
from tst_sim.embedded.scene.scene import Scene
from tst_sim.houses import Light
from tst_sim.storage import atomic_write

FLOAT, SHORT, INT = 5126, 5123, 5125
VERTICES, INDICES = 34962, 34963
LIGHTS = "KHR_lights_punctual"
PLACE = "place"
"""The block of texture coordinates."""


def write_glb(
    scene: Scene, shapes: ShapeCache, path: Path, *, ceiling: bool = True, textures: bool = True, credit: str = ""
) -> dict[str, int]:
    """Write a house as GLB and return how many objects, materials, images, lamps, triangles and bytes it holds.

    `shapes` are those that the scene was built from; `credit` says whose models they are; without `textures`,
    materials have plain colors.
    """
    data = glb_bytes(scene, shapes, ceiling=ceiling, textures=textures, credit=credit)
    with atomic_write(path) as file:
        file.write(data)
    tree = read_tree(data)
    return {
        "objects": len(tree["meshes"]),
        "materials": len(tree["materials"]),
        "images": len(tree.get("images", [])),
        "lamps": len(tree.get("extensions", {}).get(LIGHTS, {}).get("lights", [])),
        "triangles": sum(tree["accessors"][p["indices"]]["count"] for m in tree["meshes"] for p in m["primitives"])
        // 3,
        "bytes": len(data),
    }


def read_tree(data: bytes) -> dict[str, Any]:
    """The JSON of a GLB."""
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length])


def glb_bytes(
    scene: Scene, shapes: ShapeCache, *, ceiling: bool = True, textures: bool = True, credit: str = ""
) -> bytes:
    """The whole file; the same house gives the same bytes."""
    writer = _Writer(pieces(scene, shapes, ceiling=ceiling, textures=textures))
    tree = writer.tree(scene)
    if credit:
        tree["asset"]["copyright"] = credit
    text = json.dumps(tree, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    body = writer.body()
    total = 12 + 8 + len(text) + 8 + len(body)
    header = struct.pack("<4sII", b"glTF", 2, total)
    return header + struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(body), b"BIN\0") + body


class _Writer:
    """Gathers accessors, materials and nodes; numbers are places in glTF's arrays."""

    def __init__(self, rows: Sequence[Piece]) -> None:
        self._rows = rows
        finishes = list(dict.fromkeys(shape.finish for row in rows for shape in row.shapes))
        self._numbers = {finish: number for number, finish in enumerate(finishes)}
        self._looks = Looks()
        self._materials = [self._looks.entry(finish, name) for finish, name in finish_names(finishes).items()]
        self._views: dict[tuple[str, int], list[bytes]] = {}
        self._accessors: list[dict[str, Any]] = []
        self._primitives: dict[Hashable, list[dict[str, Any]]] = {}
        self._nodes: list[dict[str, Any]] = []
        self._meshes: list[dict[str, Any]] = []

    def tree(self, scene: Scene) -> dict[str, Any]:
        """The JSON: rooms in the order of the house, their objects in that of the instance ids."""
        house = scene.house
        root = self._node({"name": house.name, "extras": {"digest": house.digest, "schema": house.schema}})
        rooms: dict[str, int] = {}
        for room in house.rooms:
            extras = {"roomId": room.id, "roomType": room.room_type}
            rooms[room.id] = self._node({"name": f"{room.id} {room.room_type}", "extras": extras}, root)
        placed: dict[str, tuple[int, Piece]] = {}
        for row in self._rows:
            above = placed.get(row.parent_id or "")
            number = self._node(
                self._object(row, above and above[1]), above[0] if above else rooms.get(row.room_id, root)
            )
            placed[row.object_id] = number, row
        lamps = [self._lamp(light, number, root) for number, light in enumerate(house.lights)]
        document: dict[str, Any] = {
            "asset": {"version": "2.0", "generator": f"tst-sim {__version__}"},
            "scene": 0,
            "scenes": [{"name": house.name, "nodes": [root]}],
            "nodes": self._nodes,
            "meshes": self._meshes,
            "materials": self._materials,
            **self._looks.tables(len(self._views)),
            "accessors": self._accessors,
            "bufferViews": self._buffer_views(),
            "buffers": [{"byteLength": len(self.body())}],
        }
        used = sorted({name for material in self._materials for name in material.get("extensions", {})})
        if lamps:
            document["extensions"] = {LIGHTS: {"lights": lamps}}
            used.append(LIGHTS)
        return document | ({"extensionsUsed": used} if used else {})

    def body(self) -> bytes:
        """The binary chunk: one block for each kind of number, then the images."""
        numbers = (b"".join(blocks) for blocks in self._views.values())
        return b"".join(_padded(block) for block in (*numbers, *self._looks.images.values()))

    def _buffer_views(self) -> list[dict[str, Any]]:
        views, offset = [], 0
        blocks = [(sum(map(len, parts)), _use(*key)) for key, parts in self._views.items()]
        for length, use in [*blocks, *((len(data), {}) for data in self._looks.images.values())]:
            views.append({"buffer": 0, "byteOffset": offset, "byteLength": length, **use})
            offset += length + -length % 4
        return views

    def _node(self, node: dict[str, Any], parent: int | None = None) -> int:
        self._nodes.append(node)
        if parent is not None:
            self._nodes[parent].setdefault("children", []).append(len(self._nodes) - 1)
        return len(self._nodes) - 1

    def _object(self, row: Piece, above: Piece | None) -> dict[str, Any]:
        position, rotation = row.position, row.rotation
        if above is not None:
            position, rotation = above.rotation.T @ (position - above.position), above.rotation.T @ rotation
        if row.kind not in self._primitives:
            self._primitives[row.kind] = [self._primitive(shape) for shape in row.shapes]
        self._meshes.append({"name": row.asset_id or row.object_id, "primitives": self._primitives[row.kind]})
        return {
            "name": row.object_id,
            "mesh": len(self._meshes) - 1,
            **_placement(position, rotation),
            "extras": {
                "objectId": row.object_id,
                "assetId": row.asset_id,
                "class": row.class_name,
                "instance": row.instance,
                "roomId": row.room_id,
            },
        }

    def _primitive(self, shape: Shape) -> dict[str, Any]:
        mesh = mirrored_mesh(shape.mesh)
        wide = len(mesh.vertices) > 0xFFFF
        attributes = {
            "POSITION": self._accessor("position", mesh.vertices, FLOAT, bounds=True),
            "NORMAL": self._accessor("normal", mesh.normals, FLOAT),
        }
        if shape.uv is not None:
            attributes["TEXCOORD_0"] = self._accessor(PLACE, shape.uv, FLOAT)
        return {
            "attributes": attributes,
            "indices": self._accessor("wide" if wide else "index", mesh.triangles, INT if wide else SHORT),
            "material": self._numbers[shape.finish],
        }

    def _accessor(self, block: str, values: np.ndarray, component: int, *, bounds: bool = False) -> int:
        kind = VERTICES if component == FLOAT else INDICES
        blocks = self._views.setdefault((block, kind), [])
        number = list(self._views).index((block, kind))
        entry: dict[str, Any] = {
            "bufferView": number,
            "byteOffset": sum(map(len, blocks)),
            "componentType": component,
            "count": len(values) if component == FLOAT else values.size,
            "type": ("VEC2" if block == PLACE else "VEC3") if component == FLOAT else "SCALAR",
        }
        if bounds:
            entry |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        blocks.append(values.astype({FLOAT: "<f4", SHORT: "<u2", INT: "<u4"}[component]).tobytes())
        self._accessors.append(entry)
        return len(self._accessors) - 1

    def _lamp(self, light: Light, number: int, root: int) -> dict[str, Any]:
        place = _placement(np.array(light.position) * MIRROR, light_direction(light))
        self._node({"name": light.id, **place, "extensions": {LIGHTS: {"light": number}}}, root)
        return lamp_entry(light)


def _use(block: str, kind: int) -> dict[str, int]:
    """What a view of numbers says beside where it lies."""
    stride = {"byteStride": 8 if block == PLACE else 12} if kind == VERTICES else {}
    return {**stride, "target": kind}


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _placement(position: np.ndarray, rotation: np.ndarray) -> dict[str, Any]:
    """A node's translation and rotation, left out where they change nothing."""
    turn = Rotation.from_matrix(rotation).as_quat(canonical=True)
    placement: dict[str, Any] = {"translation": rounded(position)} if np.any(position) else {}
    if not np.allclose(turn, (0, 0, 0, 1), atol=1e-9):
        placement["rotation"] = rounded(turn)
    return placement
