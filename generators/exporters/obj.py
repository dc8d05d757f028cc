"""A house as Wavefront OBJ with its MTL: one `o` an object, world coordinates, right-handed, metres.

OBJ knows no hierarchy, lamps or units; GLB does. MTL has no color space: its colors are written as sRGB, as most
programs take them, with the physically based extension (`Pr`, `Pm`, `Ke`) that Blender and others read. Images lie in
a folder beside it. They have the material's color in them, as some programs leave `Kd` out where there is a `map_Kd`
and others multiply the two: `Kd` is then white.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from generators.exporters.house_model import Piece, Shape, finish_names, mirrored_mesh, pieces
from generators.exporters.materials import PLAIN, WHITE, ExportMaterial, colored_png
from tst_sim import __version__
from tst_sim.embedded.mesh.materials import linear_to_srgb
from tst_sim.embedded.scene.instance_meshes import ShapeCache
from tst_sim.embedded.scene.scene import Scene
from tst_sim.storage import atomic_write

_IMAGE = re.compile(r"[A-Za-z_0-9]+-[0-9a-f]{12}\.png")
"""The names of our images: layer, and the digest of what is in the file."""


def write_obj(
    scene: Scene, shapes: ShapeCache, path: Path, *, ceiling: bool = True, textures: bool = True, credit: str = ""
) -> dict[str, int]:
    """Write `path` and, beside it, the MTL and a folder of images; return what they hold, as `write_glb` does.

    Images are named by what is in them and written first: whichever of OBJ and MTL are there, their images are whole.
    """
    rows = pieces(scene, shapes, ceiling=ceiling, textures=textures)
    names = finish_names(list(dict.fromkeys(shape.finish for row in rows for shape in row.shapes)))
    library, folder = path.with_suffix(".mtl"), path.with_name(f"{_word(path.stem)}_textures")
    images = {finish: colored_png(finish) for finish in names if finish.layer != PLAIN}
    maps = {finish: _image_name(finish, data) for finish, data in images.items()}
    materials = f"# tst-sim {__version__}, {scene.house.name}\n" + "".join(
        _material(finish, name, f"{folder.name}/{maps[finish]}" if finish in maps else "")
        for finish, name in names.items()
    )
    head = f"# tst-sim {__version__}, {scene.house.name}; right-handed, y up, metres\n"
    head += (f"# {credit}\n" if credit else "") + f"mtllib {library.name}\n"
    text = head + "".join(_objects(rows, names))
    files = {folder / maps[finish]: data for finish, data in images.items()}
    files |= {library: materials.encode(), path: text.encode()}
    _write_all(files, folder)
    return {
        "objects": len(rows),
        "materials": len(names),
        "images": len(files) - 2,
        "lamps": 0,
        "triangles": text.count("\nf "),
        "bytes": sum(map(len, files.values())),
    }


def _write_all(files: dict[Path, bytes], folder: Path) -> None:
    """Each file whole, in this order; what fails leaves no new images, what succeeds none of an earlier export."""
    before = _images(folder)
    try:
        for path, content in files.items():
            if path not in before:
                with atomic_write(path) as file:
                    file.write(content)
    except BaseException:
        _remove(_images(folder) - before, folder)
        raise
    _remove(before - set(files), folder)


def _images(folder: Path) -> set[Path]:
    """Those of ours in a folder that may not be there."""
    return {path for path in folder.glob("*.png") if _IMAGE.fullmatch(path.name)}


def _remove(images: set[Path], folder: Path) -> None:
    with suppress(OSError):  # clean-up does not speak over the error that it follows
        for path in images:
            path.unlink(missing_ok=True)
    with suppress(OSError):  # not there, or not empty
        folder.rmdir()


def _image_name(finish: ExportMaterial, data: bytes) -> str:
    return f"{finish.layer_name}-{hashlib.sha256(data).hexdigest()[:12]}.png"


def _objects(rows: Sequence[Piece], names: dict[ExportMaterial, str]) -> Iterator[str]:
    """The text of each piece; OBJ counts vertices, and places in images, through the whole file, from 1."""
    first = first_place = 1
    for row in rows:
        yield f"o {_word(row.object_id)}\ng {_word(row.room_id)}\n"
        for shape in row.shapes:
            yield f"usemtl {names[shape.finish]}\n"
            yield from _shape(row, shape, first, first_place)
            first += len(shape.mesh.vertices)
            first_place += 0 if shape.uv is None else len(shape.uv)


def _shape(row: Piece, shape: Shape, first: int, first_place: int) -> Iterator[str]:
    mesh = mirrored_mesh(shape.mesh)
    vertices = mesh.vertices.astype(np.float64) @ row.rotation.T + row.position
    normals = mesh.normals.astype(np.float64) @ row.rotation.T
    yield "".join(f"v {x:.6f} {y:.6f} {z:.6f}\n" for x, y, z in vertices + 0.0)
    yield "".join(f"vn {x:.4f} {y:.4f} {z:.4f}\n" for x, y, z in normals + 0.0)
    triangles = mesh.triangles.astype(np.int64)
    if shape.uv is None:
        yield "".join(f"f {a}//{a} {b}//{b} {c}//{c}\n" for a, b, c in triangles + first)
        return
    places = shape.uv.astype(np.float64) * (1, -1) + (0, 1)
    yield "".join(f"vt {u:.5f} {v:.5f}\n" for u, v in places + 0.0)
    corners = np.stack([triangles + first, triangles + first_place], axis=-1).reshape(-1, 6)
    yield "".join(f"f {a}/{i}/{a} {b}/{j}/{b} {c}/{k}/{c}\n" for a, i, b, j, c, k in corners)


def _material(finish: ExportMaterial, name: str, image: str) -> str:
    material = finish.material
    color = WHITE if image else material.color
    lines = [
        f"newmtl {name}",
        f"Kd {_words(color)}",
        f"Pr {finish.roughness:g}",
        f"Pm {material.metallic:g}",
        "illum 2",
    ]
    lines += [f"map_Kd {image}"] if image else []
    if material.emission:
        lines.append(f"Ke {_words([channel * material.emission for channel in color])}")
        lines += [f"map_Ke {image}"] if image else []
    return "\n".join(lines) + "\n\n"


def _words(linear: Sequence[float]) -> str:
    """Linear RGB as sRGB, cut off at 1."""
    return " ".join(f"{value:.4f}" for value in linear_to_srgb(np.array(linear)))


def _word(name: str) -> str:
    """OBJ's names end at the first space."""
    return "_".join(name.split()) or "_"
