"""A folder of GLB files with a table that says what each is for: `assets.csv`, `assets.yaml` or `assets.yml`.

A row with a type and a size brings a new asset, which houses may then name: Holodeck's from Objaverse, for instance.
Models are as glTF has them: y up, the front at +z, unless the table names another front.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tst_sim.assets import Asset, add_assets, asset_table
from tst_sim.classes import OBJECT_TYPES
from tst_sim.errors import UserError, did_you_mean, one_line
from tst_sim.packs.archive import MAX_MODEL_BYTES, MAX_TEXT_BYTES
from tst_sim.packs.binary_gltf import read_glb
from tst_sim.packs.library import Credit, Library, ModelEntry
from tst_sim.plain_yaml import read_plain_yaml
from tst_sim.storage import file_sha256, size_text

TABLES = ("assets.csv", "assets.yaml", "assets.yml")
COLUMNS = ("file", "for", "front", "carries_at", "author", "licence", "type", "width", "height", "depth")
SIZES = COLUMNS[-3:]
MAX_SIZE_M = 20.0
_YAW_OF_FRONT = {"+z": 0.0, "-x": 90.0, "-z": 180.0, "+x": -90.0}
"""Turn about y (right-handed, degrees) that brings each side to +z."""


def open_gltf(place: str | None) -> Library:
    """The models of a folder's table. UserError for a table or row that cannot be used; a GLB that cannot be read is
    found when it is drawn."""
    assert place is not None, "pack_names refuses a gltf pack without a folder"
    folder = Path(place).expanduser()
    table = next((folder / name for name in TABLES if (folder / name).is_file()), None)
    if table is None:
        raise UserError(f"{folder} has no {TABLES[0]} (columns: {', '.join(COLUMNS)}); see docs/asset-packs.md")
    entries = [_entry(folder, row, f"{table.name}, row {number}") for number, row in enumerate(_rows(table), 1)]
    if not entries:
        raise UserError(f"{table} lists no model")
    hashes = {table.name: file_sha256(table)}
    hashes |= {entry.key: file_sha256(folder / entry.key) for entry in entries}
    return Library("gltf", _merged(entries), hashes)


def _rows(table: Path) -> list[dict[str, Any]]:
    if table.stat().st_size > MAX_TEXT_BYTES:
        raise UserError(f"{table} has {size_text(table.stat().st_size)}, more than {size_text(MAX_TEXT_BYTES)}")
    try:
        data = table.read_bytes()
        if table.suffix != ".csv":
            rows = read_plain_yaml(data, str(table)) or []
        else:
            rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{table} cannot be read: {one_line(error)}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UserError(f"{table} must be a list of rows with {', '.join(COLUMNS)}")
    return rows


def _entry(folder: Path, row: Mapping[str, Any], where: str) -> ModelEntry:
    unknown = [key for key in row if key not in COLUMNS]
    if unknown:
        raise UserError(f"{where}: {unknown[0]!r} is not a column{did_you_mean(str(unknown[0]), COLUMNS)}")
    values = {key: str(value).strip() for key, value in row.items() if value is not None}
    for column in ("file", "for", "licence"):
        if not values.get(column):
            raise UserError(f"{where}: {column!r} is missing")
    file = _checked_file(folder, values["file"], where)
    types, assets = _purpose(values, where)
    front = values.get("front") or "+z"
    if front not in _YAW_OF_FRONT:
        raise UserError(f"{where}: front {front!r} must be one of {', '.join(_YAW_OF_FRONT)}")
    path = folder / file
    return ModelEntry(
        key=file,
        types=types,
        assets=assets,
        size_m=None,
        turn=_about_y(_YAW_OF_FRONT[front]),
        carries_at=_carries_at(values.get("carries_at"), where),
        any_front=frozenset(),
        credit=Credit(file, values.get("author") or "not stated", values["licence"]),
        read=lambda: read_glb(path, f"{folder.name}/{file}"),
    )


def _checked_file(folder: Path, name: str, where: str) -> str:
    """The name of a GLB within the folder, with forward slashes."""
    if os.path.isabs(name) or ".." in Path(name).parts:
        raise UserError(f"{where}: file {name!r} lies outside the folder")
    path = folder / name
    if not os.path.isfile(path):  # False, unlike pathlib's, also for a name that no file can have
        raise UserError(f"{where}: file {name!r} does not exist")
    if path.suffix.lower() != ".glb":
        raise UserError(f"{where}: file {name!r} is no .glb; export binary glTF, which holds its textures")
    if path.stat().st_size > MAX_MODEL_BYTES:
        size = size_text(path.stat().st_size)
        raise UserError(f"{where}: file {name!r} has {size}, more than {size_text(MAX_MODEL_BYTES)}")
    return Path(name).as_posix()


def _purpose(values: Mapping[str, str], where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(object types, asset ids): one of them, as the table names either. A new asset becomes known."""
    name = values["for"]
    if any(values.get(column) for column in ("type", *SIZES)):
        add_assets([_new_asset(name, values, where)])
    if name in asset_table():
        return (), (name,)
    if name in OBJECT_TYPES:
        return (name,), ()
    raise UserError(
        f"{where}: {name!r} is neither an object type nor an asset id{did_you_mean(name, OBJECT_TYPES)}; "
        f"a new asset needs type, {', '.join(SIZES)}"
    )


def _new_asset(name: str, values: Mapping[str, str], where: str) -> Asset:
    """An asset of the table's type and box that can do, and is made of, what the first of its type is."""
    kind = values.get("type", "")
    if kind not in OBJECT_TYPES:
        raise UserError(f"{where}: type {kind!r} of {name!r} is no object type{did_you_mean(kind, OBJECT_TYPES)}")
    if name in OBJECT_TYPES:
        raise UserError(f"{where}: {name!r} is an object type; a new asset needs an id of its own")
    width, height, depth = (_size_m(values.get(column), f"{where}: {column} of {name!r}") for column in SIZES)
    alike = next(asset for asset in asset_table().values() if asset.object_type == kind)
    return Asset(
        asset_id=name,
        object_type=kind,
        size_m=(width, height, depth),
        split=None,
        primary_property=alike.primary_property,
        secondary_properties=alike.secondary_properties,
        materials=alike.materials,
    )


def _size_m(text: str | None, what: str) -> float:
    try:
        size = float(text or "nan")
    except ValueError:
        size = math.nan
    if not 0 < size <= MAX_SIZE_M:
        raise UserError(f"{what} is {text!r}; give metres, above 0 and at most {MAX_SIZE_M:g}")
    return size


def _carries_at(text: str | None, where: str) -> float:
    """Share of the height at which the model carries things; its top where nothing is said."""
    if not text:
        return 1.0
    try:
        fraction = float(text)
    except ValueError:
        fraction = -1.0
    if not 0 < fraction <= 1:
        raise UserError(f"{where}: carries_at {text!r} must be a share of the height, above 0 and at most 1")
    return fraction


def _about_y(angle_deg: float) -> np.ndarray:
    sine, cosine = np.sin(np.radians(angle_deg)), np.cos(np.radians(angle_deg))
    return np.round(np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]]), 12)


def _merged(entries: list[ModelEntry]) -> list[ModelEntry]:
    """Rows of one file that serve several assets stay apart, under keys of their own."""
    seen: dict[str, int] = {}
    merged = []
    for entry in entries:
        seen[entry.key] = seen.get(entry.key, 0) + 1
        again = seen[entry.key] > 1
        merged.append(ModelEntry(**{**vars(entry), "key": f"{entry.key} ({seen[entry.key]})"}) if again else entry)
    return merged
