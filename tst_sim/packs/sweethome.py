"""Furniture libraries of Sweet Home 3D (`.sh3f`): a zip with a table of properties, OBJ models and textures.

Lengths are centimetres, models y up with the front at +z. The format is that of the program's furniture libraries; only
what drawing needs is read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tst_sim.errors import UserError, shown
from tst_sim.packs.archive import MAX_MODEL_BYTES, MAX_TEXT_BYTES, MAX_TEXTURE_BYTES, Archive, beside
from tst_sim.packs.library import Credit, Library, ModelEntry
from tst_sim.packs.properties import read_properties
from tst_sim.packs.source_model import MAX_TEXTURE_PIXELS, Model, read_texture
from tst_sim.packs.type_patterns import NAME_PATTERNS, types_of
from tst_sim.packs.wavefront import read_obj
from tst_sim.storage import file_sha256

TABLE = "PluginFurnitureCatalog.properties"
ENGLISH_TABLE = "PluginFurnitureCatalog_en.properties"
FOLDERS = ("/usr/share/sweethome3d/furniture", "~/.eteks/sweethome3d/furniture")
"""Where Debian's packages and the program itself put libraries."""
INSTALL = "sudo apt-get install sweethome3d-furniture"
MAX_MODELS = 20_000
MAX_NAME = 100
"""Letters of a name that are looked at."""
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def open_sweethome3d(place: str | None) -> Library:
    """The models of one library, of all in a folder, or (None) of those installed.

    UserError when there is none, or one is damaged or unsafe. Models whose rows are unusable are in `faults`.
    """
    entries: list[ModelEntry] = []
    faults: dict[str, str] = {}
    hashes = {}
    for file in library_files(place):
        catalogue = _Catalogue(Archive(file, file.name))
        for key, row in catalogue.rows.items():
            try:
                entries.append(catalogue.entry(key, row))
            except UserError as error:
                faults[key] = str(error)
        hashes[file.name] = file_sha256(file)
    library = Library("sweethome3d", entries, hashes)
    library.faults.update(faults)
    return library


def library_files(place: str | None) -> list[Path]:
    """The `.sh3f` files of a place, sorted by name."""
    if place is None:
        files = [file for folder in FOLDERS for file in sorted(Path(folder).expanduser().glob("*.sh3f"))]
        if not files:
            raise UserError(f"no Sweet Home 3D furniture in {' or '.join(FOLDERS)}; install it: {INSTALL}")
        return files
    path = Path(place).expanduser()
    if path.is_dir():
        files = sorted(path.glob("*.sh3f"))
        if not files:
            raise UserError(f"{path} has no .sh3f file; name another: sweethome3d:PATH")
        return files
    if not path.is_file():
        raise UserError(f"{path} does not exist; name a .sh3f file or a folder of them: sweethome3d:PATH")
    return [path]


class _Catalogue:
    """One library: its rows by model key, and how each is read."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        table = read_properties(archive.read(TABLE, MAX_TEXT_BYTES))
        if ENGLISH_TABLE in archive:
            table.update(read_properties(archive.read(ENGLISH_TABLE, MAX_TEXT_BYTES)))
        self.licence = table.get("license", "not stated")
        self.rows = _rows(table, archive.name)
        self._faults: dict[str, str] = {}

    def entry(self, key: str, row: Mapping[str, str]) -> ModelEntry:
        """UserError for a row that names no model of the archive or has unusable numbers."""
        what = f"{self.archive.name}: model {shown(key)}"
        size_m = tuple(_centimetres(row, name, what) for name in ("width", "height", "depth"))
        types = types_of(row.get("name", "")[:MAX_NAME])
        path = _model_path(row, what)
        outer = path.partition("!/")[0]
        if outer not in self.archive:
            raise UserError(f"{what}: entry {shown(outer)} is missing")
        return ModelEntry(
            key=key,
            types=types if row.get("doorOrWindow", "").lower() != "true" else (),
            assets=(),
            size_m=(size_m[0], size_m[1], size_m[2]),
            turn=_rotation(row.get("modelRotation"), what),
            carries_at=_carries_at(row, size_m[1]),
            any_front=frozenset(kind for kind in types if NAME_PATTERNS[kind].any_front),
            credit=Credit(row.get("name", key), row.get("creator", "not stated"), row.get("license", self.licence)),
            read=lambda: self._model(path),
        )

    def _model(self, path: str) -> Model:
        """The model of a path; what could not be read once is not read again, however many rows name it."""
        if path in self._faults:
            raise UserError(self._faults[path])
        try:
            return read_model(self.archive, path)
        except UserError as error:
            self._faults[path] = str(error)
            raise


def _rows(table: Mapping[str, str], name: str) -> dict[str, dict[str, str]]:
    """{model key: its properties without the number}, in the order of the numbers."""
    by_number: dict[int, dict[str, str]] = {}
    for key, value in table.items():
        field, _, number = key.partition("#")
        if number.isdecimal() and len(number) < 9:
            by_number.setdefault(int(number), {})[field] = value
    if not by_number:
        raise UserError(f"{name}: {TABLE} lists no furniture")
    if len(by_number) > MAX_MODELS:
        raise UserError(f"{name}: {TABLE} lists {len(by_number)} models, more than {MAX_MODELS}")
    rows: dict[str, dict[str, str]] = {}
    for number in sorted(by_number):
        row = by_number[number]
        key = row.get("id") or f"{name}#{number}"
        rows[key if key not in rows else f"{key} ({number})"] = row
    return rows


def _model_path(row: Mapping[str, str], what: str) -> str:
    path = row.get("model", "").removeprefix("jar:").lstrip("/")
    if not path:
        raise UserError(f"{what} has no model entry")
    return path


def _centimetres(row: Mapping[str, str], field: str, what: str) -> float:
    """A length of a row in metres; UserError unless it is a number above 0 and at most 100 m."""
    try:
        value = float(row.get(field, ""))
    except ValueError:
        value = math.nan
    if not 0 < value <= 10_000:
        raise UserError(f"{what}: {field} is {shown(row.get(field))}, not a length in centimetres")
    return value / 100


def _carries_at(row: Mapping[str, str], height_m: float) -> float | None:
    """Share of the height at which it carries things: the top where nothing is said, nowhere where it is negative."""
    try:
        fraction = float(row["dropOnTopElevation"]) / 100 / height_m if "dropOnTopElevation" in row else 1.0
    except ValueError:
        return 1.0
    return None if fraction <= 0 or not math.isfinite(fraction) else min(1.0, fraction)


def _rotation(text: str | None, what: str) -> np.ndarray:
    """(3, 3) of nine numbers, row by row, rounded back to a rotation where they were rounded."""
    try:
        numbers = [float(word) for word in text.split()] if text else list(_IDENTITY)
    except ValueError:
        numbers = []
    matrix = np.array(numbers).reshape(3, 3) if len(numbers) == 9 else np.zeros((3, 3))
    if not np.isfinite(matrix).all() or abs(abs(np.linalg.det(matrix)) - 1) > 0.05:
        raise UserError(f"{what}: modelRotation is {shown(text)}, not the nine numbers of a rotation")
    return matrix


def read_model(archive: Archive, path: str) -> Model:
    """The pieces of the OBJ at `path`, which may lie in a zip of its own (`sofa.zip!/sofa.obj`, or `sofa.zip`)."""
    outer, _, inner = path.partition("!/")
    if outer.lower().endswith(".zip"):
        archive = archive.nested(outer)
        path = inner or next((name for name in sorted(archive.entries) if name.lower().endswith(".obj")), "")
    if not path.lower().endswith(".obj"):
        raise UserError(f"{archive.name}: {shown(path or outer)} is not an OBJ model, the only kind that is read")
    name = f"{archive.name}: {path}"

    def read_text(file: str) -> bytes:
        return archive.read(_beside(archive, path, file), MAX_TEXT_BYTES)

    pixels_left = [MAX_TEXTURE_PIXELS]

    def texture(file: str) -> np.ndarray:
        entry = _beside(archive, path, file)
        picture, pixels = read_texture(
            archive.read(entry, MAX_TEXTURE_BYTES), f"{archive.name}: {entry}", pixels_left[0]
        )
        pixels_left[0] -= pixels
        return picture

    return read_obj(archive.read(path, MAX_MODEL_BYTES), name, read_text, texture)


def _beside(archive: Archive, path: str, file: str) -> str:
    entry = beside(path, file)
    if entry is None:
        raise UserError(f"{archive.name}: {path} names {shown(file)}, which lies outside the archive")
    return entry
