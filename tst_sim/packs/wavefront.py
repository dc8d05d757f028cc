"""Wavefront OBJ with its MTL: polygons to triangles, materials to paints."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from tst_sim.errors import UserError, shortened, shown
from tst_sim.packs.source_model import MAX_READ_TRIANGLES, Model, Piece, SourceMaterial, checked_model

MAX_LINES = 4_000_000
"""Of an OBJ or MTL."""
MAX_VERTICES = 2_000_000
MAX_LIBRARIES = 16
"""Different MTL files of a model; each is read once."""
MAX_NUMBER = 2**31
"""Of a vertex."""
GREY = SourceMaterial("no material", (0.7, 0.7, 0.7))
"""What has no material, or one that no file describes, is drawn in this."""

ReadText = Callable[[str], bytes]
"""The bytes of a file that the OBJ names; UserError where it is missing."""
ReadTexture = Callable[[str], np.ndarray]
"""(h, w, 4) uint8 of an image that an MTL names; UserError where it is missing or no image."""


@dataclass
class _Faces:
    """The corners of all polygons of one material: position and texture numbers, counted from 0; -1: none."""

    corners: list[tuple[int, int]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


@dataclass
class _Reading:
    """What has been read so far."""

    positions: list[str] = field(default_factory=list)
    textures: list[str] = field(default_factory=list)
    faces: dict[str, _Faces] = field(default_factory=dict)
    libraries: dict[str, None] = field(default_factory=dict)
    """Names of MTL files in order, each once."""
    material: str = ""
    triangles: int = 0
    known: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Corners by their text: most appear in several polygons."""

    def polygon(self, words: list[str]) -> None:
        if len(words) < 3:
            return
        faces = self.faces.setdefault(self.material, _Faces())
        faces.corners += [self.known.get(word) or self._corner(word) for word in words]
        faces.sizes.append(len(words))
        self.triangles += len(words) - 2

    def _corner(self, word: str) -> tuple[int, int]:
        position, _, rest = word.partition("/")
        texture = rest.partition("/")[0]
        corner = _index(position, len(self.positions)), _index(texture, len(self.textures)) if texture else -1
        if "-" not in word:  # what counts from the end means another corner later on
            self.known[word] = corner
        return corner


def read_obj(data: bytes, name: str, read_text: ReadText, read_texture: ReadTexture) -> Model:
    """The pieces of an OBJ, one a material; UserError naming line or number where it cannot be read.

    Polygons are cut into fans. What names no material, or one that its MTL does not have, is grey.
    """
    reading = _read_lines(data, name)
    if not reading.faces:
        raise UserError(f"{name} has no faces")
    positions = _numbers(reading.positions, 3, name, "v")
    textures = _numbers(reading.textures, 2, name, "vt")
    paints = _paints(reading, name, read_text, read_texture)
    pieces = [
        _piece(faces, paints.get(material, GREY), positions, textures, name)
        for material, faces in reading.faces.items()
    ]
    return checked_model(pieces, name)


def _read_lines(data: bytes, name: str) -> _Reading:
    reading = _Reading()
    lists = {"v": reading.positions, "vt": reading.textures}
    for number, line in enumerate(_lines(data, name, joined=True), 1):
        keyword, _, rest = line.strip().partition(" ")
        if keyword in lists:
            lists[keyword].append(rest)
            if len(lists[keyword]) > MAX_VERTICES:
                raise UserError(f"{name} has more than {MAX_VERTICES} lines of {keyword!r}")
        elif keyword == "f":
            try:
                reading.polygon(rest.split())
            except ValueError as error:
                reason = shortened(str(error), 80)
                raise UserError(f"{name}, line {number}: {shown(line.strip())} is not a face ({reason})") from error
            if reading.triangles > MAX_READ_TRIANGLES:
                raise UserError(f"{name} has more than {MAX_READ_TRIANGLES} triangles")
        elif keyword == "usemtl":
            reading.material = rest.strip()
        elif keyword == "mtllib":
            reading.libraries[rest.strip()] = None
    return reading


def _lines(data: bytes, name: str, *, joined: bool = False) -> list[str]:
    """Lines of a text, `joined` where a backslash ends them; UserError when there are too many."""
    text = data.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\\\n", " ") if joined else text
    if text.count("\n") > MAX_LINES:
        raise UserError(f"{name} has more than {MAX_LINES} lines")
    return text.split("\n")


def _index(text: str, known: int) -> int:
    """A number counted from 1, or from the end where negative, as one counted from 0."""
    number = int(text)
    if number == 0 or not -known <= number < MAX_NUMBER:
        raise ValueError(f"{shown(number)} names nothing")
    return number - 1 if number > 0 else known + number


def _numbers(lines: list[str], width: int, name: str, keyword: str) -> np.ndarray:
    """(n, width) float64 of the texts of one keyword; a missing second texture coordinate is 0."""
    rows = [line.split()[:width] for line in lines]
    try:
        values = np.array([row if len(row) == width else _filled(row, width) for row in rows], np.float64)
    except ValueError as error:
        raise UserError(
            f"{name}: a line of {keyword!r} has no {width} numbers ({shortened(str(error), 80)})"
        ) from error
    values = values.reshape(-1, width)
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
        raise UserError(f"{name}: {keyword} number {row + 1} is {shown(lines[row].strip())}, not finite")
    return values


def _filled(row: list[str], width: int) -> list[str]:
    if width == 2 and len(row) == 1:
        return [row[0], "0"]
    raise ValueError(f"found {' '.join(row)!r}")


def _piece(faces: _Faces, paint: SourceMaterial, positions: np.ndarray, textures: np.ndarray, name: str) -> Piece:
    corners = np.array(faces.corners, np.int64)
    for column, kind, known in ((0, "v", len(positions)), (1, "vt", len(textures))):
        if corners[:, column].max() >= known:
            raise UserError(f"{name}: a face names {kind} {corners[:, column].max() + 1} of {known}")
    used, inverse = np.unique(corners, axis=0, return_inverse=True)
    return Piece(
        vertices=positions[used[:, 0]],
        triangles=inverse.reshape(-1)[_fans(np.array(faces.sizes))],
        paint=paint,
        uv=textures[used[:, 1]] if (used[:, 1] >= 0).all() else None,
    )


def _fans(sizes: np.ndarray) -> np.ndarray:
    """(m, 3) corner numbers: each polygon as a fan from its first corner."""
    counts = sizes - 2
    first = np.repeat(np.cumsum(sizes) - sizes, counts)
    step = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.stack([first, first + step + 1, first + step + 2], axis=1)


def _paints(
    reading: _Reading, name: str, read_text: ReadText, read_texture: ReadTexture
) -> Mapping[str, SourceMaterial]:
    """The paints that faces use; libraries often hold more, whose textures nobody has packed."""
    if len(reading.libraries) > MAX_LIBRARIES:
        raise UserError(f"{name} names {len(reading.libraries)} MTL files, more than {MAX_LIBRARIES}")
    rows: dict[str, dict[str, str]] = {}
    for library in reading.libraries if reading.faces.keys() != {""} else ():
        rows |= read_mtl(read_text(library), library)
    read = cache(read_texture)  # many materials of a model often share one
    return {material: _paint(material, rows[material], read) for material in reading.faces if material in rows}


def read_mtl(data: bytes, name: str = "the MTL") -> dict[str, dict[str, str]]:
    """{material: {keyword: the rest of its line}}."""
    materials: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in _lines(data, name):
        keyword, _, rest = line.strip().partition(" ")
        if keyword == "newmtl":
            current = materials.setdefault(rest.strip(), {})
        elif keyword:
            current[keyword] = rest.strip()
    return materials


def _paint(name: str, rows: Mapping[str, str], read_texture: ReadTexture) -> SourceMaterial:
    """Numbers that cannot be read leave the default, as viewers do."""
    red, green, blue = _floats(rows.get("Kd", ""), 3) or GREY.color
    shine = _floats(rows.get("Ns", ""), 1) or (10.0,)
    specular = _floats(rows.get("Ks", ""), 3) or (0.0,)
    opacity = _floats(rows.get("d", ""), 1) or (1.0,)
    if "d" not in rows and "Tr" in rows:
        opacity = (1.0 - (_floats(rows["Tr"], 1) or (0.0,))[0],)
    glow = max(_floats(rows.get("Ke", ""), 3) or (0.0,))
    # A Phong exponent as roughness: the usual sqrt(2 / (n + 2)), and only as glossy as its highlight is strong.
    roughness = 1 - (1 - math.sqrt(2 / (max(0.0, shine[0]) + 2))) * min(1.0, max(specular))
    texture = rows.get("map_Kd", "")
    if texture.startswith("-"):  # options come before the name, which may itself have blanks where there are none
        texture = texture.split()[-1]
    return SourceMaterial(
        name=name,
        color=(_unit(red), _unit(green), _unit(blue)),
        opacity=_unit(opacity[0]),
        roughness=_unit(roughness),
        emission=_unit(glow),
        texture_name=texture,
        texture=read_texture(texture) if texture else None,
    )


def _floats(text: str, count: int) -> tuple[float, ...] | None:
    try:
        values = tuple(float(word) for word in text.split()[:count])
    except ValueError:
        return None
    return values if len(values) == count and all(map(math.isfinite, values)) else None


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))
