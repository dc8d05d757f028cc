"""A house as one GLB file (binary glTF 2.0, https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html).

Written without a library: the container is two headers, and what matters (accessors, hierarchy, lights, extras) the
libraries leave to their callers. Nodes: house > room > object > what stands on it. Every object is a node with its
object id as name and a mesh of its own; equal shapes share their data in the buffer.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from generators.exporters.house_model import (
    MIRROR,
    Piece,
    light_direction,
    material_names,
    mirrored_mesh,
    pieces,
)
from tst_sim import __version__
from tst_sim.embedded.materials import srgb_to_linear
from tst_sim.embedded.mesh import Material, Mesh
from tst_sim.embedded.scene import Scene
from tst_sim.embedded.solids import ShapeCache
from tst_sim.houses import Light
from tst_sim.storage import atomic_write

FLOAT, SHORT, INT = 5126, 5123, 5125
VERTICES, INDICES = 34962, 34963
LIGHTS = "KHR_lights_punctual"
STRENGTH = "KHR_materials_emissive_strength"
LAMP_DISTANCE_M = 2.0
"""Unity's lamps fall off as 1 / (1 + 25 (d / range)^2), glTF's as 1 / d^2; here they agree."""


def write_glb(
    scene: Scene, shapes: ShapeCache, path: Path, *, ceiling: bool = True, credit: str = ""
) -> dict[str, int]:
    """Write a house as GLB and return how many objects, materials, lamps, triangles and bytes it holds.

    `shapes` are those that the scene was built from; `credit` says whose models they are.
    """
    data = glb_bytes(scene, shapes, ceiling=ceiling, credit=credit)
    with atomic_write(path) as file:
        file.write(data)
    tree = read_tree(data)
    return {
        "objects": len(tree["meshes"]),
        "materials": len(tree["materials"]),
        "lamps": len(tree.get("extensions", {}).get(LIGHTS, {}).get("lights", [])),
        "triangles": sum(tree["accessors"][p["indices"]]["count"] for m in tree["meshes"] for p in m["primitives"])
        // 3,
        "bytes": len(data),
    }


def read_tree(data: bytes) -> dict[str, Any]:
    """The JSON of a GLB."""
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length])


def glb_bytes(scene: Scene, shapes: ShapeCache, *, ceiling: bool = True, credit: str = "") -> bytes:
    """The whole file; the same house gives the same bytes."""
    writer = _Writer(pieces(scene, shapes, ceiling=ceiling))
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
        materials = list(dict.fromkeys(part.material for row in rows for part in row.parts))
        self._materials = {material: number for number, material in enumerate(materials)}
        self._names = material_names(materials)
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
            "materials": [material_entry(material, name) for material, name in self._names.items()],
            "accessors": self._accessors,
            "bufferViews": self._buffer_views(),
            "buffers": [{"byteLength": len(self.body())}],
        }
        used = [STRENGTH] if any(STRENGTH in m.get("extensions", {}) for m in document["materials"]) else []
        if lamps:
            document["extensions"] = {LIGHTS: {"lights": lamps}}
            used.append(LIGHTS)
        return document | ({"extensionsUsed": used} if used else {})

    def body(self) -> bytes:
        """The binary chunk: one block for each kind of number."""
        return b"".join(_padded(b"".join(blocks)) for blocks in self._views.values())

    def _buffer_views(self) -> list[dict[str, Any]]:
        views, offset = [], 0
        for (_, kind), blocks in self._views.items():
            length = sum(map(len, blocks))
            view = {"buffer": 0, "byteOffset": offset, "byteLength": length}
            views.append(view | ({"byteStride": 12} if kind == VERTICES else {}) | {"target": kind})
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
        if row.shape not in self._primitives:
            self._primitives[row.shape] = [
                self._primitive(mirrored_mesh(part.mesh), self._materials[part.material]) for part in row.parts
            ]
        self._meshes.append({"name": row.asset_id or row.object_id, "primitives": self._primitives[row.shape]})
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

    def _primitive(self, mesh: Mesh, material: int) -> dict[str, Any]:
        wide = len(mesh.vertices) > 0xFFFF
        return {
            "attributes": {
                "POSITION": self._accessor("position", mesh.vertices, FLOAT, bounds=True),
                "NORMAL": self._accessor("normal", mesh.normals, FLOAT),
            },
            "indices": self._accessor("wide" if wide else "index", mesh.triangles, INT if wide else SHORT),
            "material": material,
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
            "type": "VEC3" if component == FLOAT else "SCALAR",
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


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _placement(position: np.ndarray, rotation: np.ndarray) -> dict[str, Any]:
    """A node's translation and rotation, left out where they change nothing."""
    turn = Rotation.from_matrix(rotation).as_quat(canonical=True)
    placement: dict[str, Any] = {"translation": _rounded(position)} if np.any(position) else {}
    if not np.allclose(turn, (0, 0, 0, 1), atol=1e-9):
        placement["rotation"] = _rounded(turn)
    return placement


def _rounded(values: np.ndarray) -> list[float]:
    return [float(value) for value in np.round(np.asarray(values, np.float64), 9) + 0.0]


def material_entry(material: Material, name: str) -> dict[str, Any]:
    """glTF's material: factors are linear as ours are. Textures, once materials have them, go in here."""
    entry: dict[str, Any] = {
        "name": name,
        "pbrMetallicRoughness": {
            "baseColorFactor": [*_rounded(np.clip(material.color, 0, 1)), 1.0],
            "metallicFactor": material.metallic,
            "roughnessFactor": material.roughness,
        },
    }
    emitted = np.array(material.color) * material.emission
    strength = float(emitted.max())
    if strength > 0:
        entry["emissiveFactor"] = _rounded(emitted / max(strength, 1.0))
    if strength > 1:
        entry["extensions"] = {STRENGTH: {"emissiveStrength": strength}}
    return entry


def lamp_entry(light: Light) -> dict[str, Any]:
    """A light of KHR_lights_punctual, as bright at exposure 1 as in Unity.

    Unity leaves pi out: a white wall that faces a directional light of intensity 1 is white. So its lux are pi times
    that, and a lamp's candela are such that it agrees `LAMP_DISTANCE_M` from it.
    """
    entry: dict[str, Any] = {
        "name": light.id,
        "type": light.kind,
        "color": _rounded(np.array(srgb_to_linear(light.color))),
    }
    if light.kind == "directional":
        return entry | {"intensity": round(math.pi * light.intensity, 6)}
    reach = light.range_m or 15.0
    falloff = 1 / (1 + 25 * (LAMP_DISTANCE_M / reach) ** 2)
    entry |= {"intensity": round(math.pi * light.intensity * falloff * LAMP_DISTANCE_M**2, 6), "range": reach}
    return entry | ({"spot": {}} if light.kind == "spot" else {})
