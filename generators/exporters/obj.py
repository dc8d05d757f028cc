"""A house as Wavefront OBJ with its MTL: one `o` an object, world coordinates, right-handed, metres.

OBJ knows no hierarchy, lamps or units; GLB does. MTL has no colour space: its colours are written as sRGB, as most
programs take them, with the physically based extension (`Pr`, `Pm`, `Ke`) that Blender and others read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from generators.exporters.house_model import Piece, material_names, mirrored_mesh, pieces
from tst_sim import __version__
from tst_sim.embedded.mesh import Material
from tst_sim.embedded.scene import Scene
from tst_sim.embedded.solids import ShapeCache
from tst_sim.storage import atomic_write


def write_obj(
    scene: Scene, shapes: ShapeCache, path: Path, *, ceiling: bool = True, credit: str = ""
) -> dict[str, int]:
    """Write `path` and, beside it, the MTL of the same name; return what they hold, as `write_glb` does."""
    rows = pieces(scene, shapes, ceiling=ceiling)
    names = material_names(list(dict.fromkeys(part.material for row in rows for part in row.parts)))
    library = path.with_suffix(".mtl")
    materials = f"# tst-sim {__version__}, {scene.house.name}\n" + "".join(
        _material(material, name) for material, name in names.items()
    )
    head = f"# tst-sim {__version__}, {scene.house.name}; right-handed, y up, metres\n"
    head += (f"# {credit}\n" if credit else "") + f"mtllib {library.name}\n"
    text = head + "".join(_objects(rows, names))
    for file_path, content in ((library, materials), (path, text)):
        with atomic_write(file_path) as file:
            file.write(content.encode())
    return {
        "objects": len(rows),
        "materials": len(names),
        "lamps": 0,
        "triangles": text.count("\nf "),
        "bytes": len(text.encode()) + len(materials.encode()),
    }


def _objects(rows: Sequence[Piece], names: dict[Material, str]) -> Iterator[str]:
    """The text of each piece; OBJ counts vertices through the whole file, from 1."""
    first = 1
    for row in rows:
        yield f"o {_word(row.object_id)}\ng {_word(row.room_id)}\n"
        for part in row.parts:
            mesh = mirrored_mesh(part.mesh)
            vertices = mesh.vertices.astype(np.float64) @ row.rotation.T + row.position
            normals = mesh.normals.astype(np.float64) @ row.rotation.T
            yield f"usemtl {names[part.material]}\n"
            yield "".join(f"v {x:.6f} {y:.6f} {z:.6f}\n" for x, y, z in vertices + 0.0)
            yield "".join(f"vn {x:.4f} {y:.4f} {z:.4f}\n" for x, y, z in normals + 0.0)
            yield "".join(f"f {a}//{a} {b}//{b} {c}//{c}\n" for a, b, c in mesh.triangles + first)
            first += len(vertices)


def _material(material: Material, name: str) -> str:
    lines = [
        f"newmtl {name}",
        f"Kd {_words(_srgb(material.color))}",
        f"Pr {material.roughness:g}",
        f"Pm {material.metallic:g}",
        "illum 2",
    ]
    if material.emission:
        lines.append(f"Ke {_words(_srgb(channel * material.emission for channel in material.color))}")
    return "\n".join(lines) + "\n\n"


def _srgb(color: Iterable[float]) -> list[float]:
    """The inverse of `srgb_to_linear` (IEC 61966-2-1), cut off at 1."""
    values = (min(1.0, channel) for channel in color)
    return [12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055 for value in values]


def _words(values: Sequence[float]) -> str:
    return " ".join(f"{value:.4f}" for value in values)


def _word(name: str) -> str:
    """OBJ's names end at the first space."""
    return "_".join(name.split()) or "_"
