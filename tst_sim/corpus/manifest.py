"""The manifest: what a finished corpus says of itself, checked when it is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tst_sim.corpus.frame_sets import FRAME_SETS, FrameSetRecord
from tst_sim.corpus.shards import SHA256
from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES
from tst_sim.storage import read_json

MANIFEST = "manifest.json"
FORMAT_VERSION = 2
"""Written. 2 differs from 1 in this alone: a house and frame set may have several shards."""
READ_VERSIONS = (1, 2)
MAX_DEPTH = 32
"""Of nested JSON: what is deeper cannot be compared or told without running out of stack."""
HOUSE_NAME = re.compile(r"[\w-]{1,200}", re.ASCII)
"""Names are parts of file names and of sample keys."""

_FIELDS: Mapping[str, tuple[type, ...]] = {
    "modalities": (list,),
    "classes": (list,),
    "conventions": (dict,),
    "houses": (list,),
    "quarantined": (list,),
    "width": (int,),
    "height": (int,),
    "fov_deg": (float, int),
}
"""What every reader relies on."""


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a finished corpus. UserError when it is missing, of another version or not of its form."""
    path = folder / MANIFEST
    values = read_json(path, what=f"a finished corpus; make one with: tst-sim generate --out {folder}")
    if not isinstance(values, dict):
        raise UserError(f"{path} holds {type(values).__name__}, not the fields of a manifest")
    version = values.get("format_version")
    if type(version) is not int or version not in READ_VERSIONS:
        raise UserError(
            f"corpus {folder} has format version {str(version)[:40]}, this code reads {_listed(READ_VERSIONS)}"
        )
    problem = _problem(values)
    if problem:
        raise UserError(f"{path} {problem}; format version {version} has it otherwise")
    return values


def _problem(values: Mapping[str, Any]) -> str | None:
    """The first thing about a manifest that its readers could not work with."""
    if _is_deep(values):
        return f"is nested deeper than {MAX_DEPTH}"
    missing = [name for name in _FIELDS if name not in values]
    if missing:
        return f"lacks {', '.join(missing)}"
    for name, kinds in _FIELDS.items():
        if type(values[name]) not in kinds:
            return f"has {name} {str(values[name])[:40]!r}, not {kinds[0].__name__}"
    if values["width"] < 1 or values["height"] < 1:
        return f"has frames of {values['width']}x{values['height']} pixels"
    if not all(isinstance(name, str) for name in values["classes"]):
        return "has a class that is no name"
    for number, row in enumerate(values["modalities"]):
        if not isinstance(row, dict) or not isinstance(row.get("name"), str):
            return f"has modalities[{number}] without a name"
        if row["name"] not in MODALITIES:
            return f"has the modality {row['name'][:40]!r}, which this version does not know"
    for number, row in enumerate(values["houses"]):
        problem = _house_problem(row)
        if problem:
            return f"has houses[{number}] {problem}"
    return _duplicate(values["houses"])


def _is_deep(values: Any) -> bool:
    level = [values]
    for _ in range(MAX_DEPTH):
        inner = (value.values() if isinstance(value, dict) else value for value in level)
        level = [value for group in inner for value in group if isinstance(value, (dict, list))]
    return bool(level)


def _house_problem(row: Any) -> str | None:
    if not isinstance(row, dict):
        return f"that is {str(row)[:40]!r}, not fields"
    if type(row.get("index")) is not int or row["index"] < 0:
        return f"with index {str(row.get('index'))[:40]!r}, not a whole number"
    if not isinstance(row.get("name"), str) or not HOUSE_NAME.fullmatch(row["name"]):
        return f"with name {str(row.get('name'))[:40]!r}, which cannot be that of a house"
    for name in ("frames", "eval_frames"):
        if name in row and (type(row[name]) is not int or row[name] < 0):
            return f"with {name} {str(row[name])[:40]!r}, not a whole number"
    if "digest" in row and not isinstance(row["digest"], str):
        return f"with digest {str(row['digest'])[:40]!r}, not text"
    return _shards_problem(row["shards"]) if "shards" in row else None


def _shards_problem(shards: Any) -> str | None:
    if not isinstance(shards, dict) or set(shards) != set(FRAME_SETS):
        return f"whose shards are not those of {_listed(FRAME_SETS)}"
    for name, stated in shards.items():
        if not isinstance(stated, dict) or not {"sha256", "bytes"} <= set(stated) <= {"sha256", "bytes", "count"}:
            return f"whose {name} shards lack sha256 and bytes"
        if type(stated["bytes"]) is not int or not SHA256.fullmatch(str(stated["sha256"])):
            return (
                f"whose {name} shards have sha256 {str(stated['sha256'])[:40]!r}, bytes {str(stated['bytes'])[:40]!r}"
            )
        if type(stated.get("count", 1)) is not int or stated.get("count", 1) < 1:
            return f"whose {name} shards have count {str(stated['count'])[:40]!r}"
    return None


def _duplicate(houses: list[dict[str, Any]]) -> str | None:
    for name in ("index", "name"):
        seen: set[Any] = set()
        for row in houses:
            if row[name] in seen:
                return f"lists the house with {name} {row[name]} twice"
            seen.add(row[name])
    return None


def house_row(index: int, name: str, records: Mapping[str, FrameSetRecord]) -> dict[str, Any]:
    """The manifest's row of a house, from the records of its frame sets alone."""
    pretrain, held_out = (records[frame_set] for frame_set in FRAME_SETS)
    facts = {key: value for key, value in pretrain.facts.items() if key not in ("made_by", "views")}
    return {
        "index": index,
        "name": name,
        "frames": pretrain.samples,
        "eval_frames": held_out.samples,
        "shards": {frame_set: records[frame_set].summary() for frame_set in FRAME_SETS},
        "views": {frame_set: records[frame_set].facts.get("views") for frame_set in FRAME_SETS},
        **facts,
    }


def frame_set_rule(min_distance_m: float) -> dict[str, Any]:
    """How the frame sets are kept apart, in the manifest's words."""
    return {
        "names": list(FRAME_SETS),
        "min_distance_m": min_distance_m,
        "rule": "every pretrain camera is horizontally at least min_distance_m from every eval camera of its house",
    }


def _listed(values: tuple[Any, ...]) -> str:
    return " and ".join(map(str, values))
