"""The manifest: what a finished corpus says of itself, as one typed object, checked when it is read.

A corpus is rendered (`Manifest.rendering` says with which settings) or comes from anywhere else: captures with poses.
The names of the JSON's fields are spelled in this file alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tst_sim.corpus.frame_sets import FRAME_SETS, FrameSetRecord, joined_sha256
from tst_sim.corpus.shards import SHA256
from tst_sim.errors import UserError, one_line
from tst_sim.geometry import CONVENTIONS
from tst_sim.modality import Modality
from tst_sim.storage import read_json, write_json

MANIFEST = "manifest.json"
FORMAT_VERSION = 2
"""Written. In 2 a house and frame set may have several shards, rows say more, and layers and captures exist."""
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
    "width": (int, type(None)),
    "height": (int, type(None)),
    "fov_deg": (float, int, type(None)),
}
"""What every reader relies on."""


@dataclass(frozen=True)
class ShardSummary:
    """The shards of one house and frame set, as the manifest states them."""

    sha256: str
    bytes: int
    count: int = 1

    def describe(self) -> dict[str, Any]:
        """JSON values; `count` is left out of a single shard."""
        several = {"count": self.count} if self.count > 1 else {}
        return {"sha256": self.sha256, "bytes": self.bytes, **several}


@dataclass(frozen=True)
class HouseRow:
    """What the manifest says of one house: of a rendered one, or of a captured scene."""

    index: int
    name: str
    frames: int | None = None
    """Of `pretrain`; None where an early manifest does not say."""
    eval_frames: int | None = None
    shards: Mapping[str, ShardSummary] = field(default_factory=dict)
    """By frame set."""
    views: Mapping[str, Any] = field(default_factory=dict)
    """By frame set: views probed, rejected and why; null of captures."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """`digest`, and what else is known: rooms, objects, area_m2, coverage."""

    @classmethod
    def of_records(cls, index: int, name: str, records: Mapping[str, FrameSetRecord]) -> HouseRow:
        """The row that follows from the records of a house's frame sets alone.

        The digest of a house that has none of its own (a captured scene) is that of its shards.
        """
        facts = {key: value for key, value in records["pretrain"].facts.items() if key not in ("made_by", "views")}
        if "digest" not in facts:
            facts["digest"] = joined_sha256(records[frame_set].sha256 for frame_set in FRAME_SETS)
        shards = {frame_set: ShardSummary(**records[frame_set].summary()) for frame_set in FRAME_SETS}
        views = {frame_set: records[frame_set].facts.get("views") for frame_set in FRAME_SETS}
        return cls(index, name, records["pretrain"].samples, records["eval"].samples, shards, views, facts)

    @classmethod
    def of_json(cls, values: Mapping[str, Any]) -> HouseRow:
        """The row of a manifest that was found to be of its form."""
        known = ("index", "name", "frames", "eval_frames", "shards", "views")
        return cls(
            values["index"],
            values["name"],
            values.get("frames"),
            values.get("eval_frames"),
            {name: ShardSummary(**stated) for name, stated in values.get("shards", {}).items()},
            values.get("views", {}),
            {name: value for name, value in values.items() if name not in known},
        )

    def samples(self, frame_set: str) -> int | None:
        """Frames in a frame set; None where an early manifest does not say."""
        return self.frames if frame_set == "pretrain" else self.eval_frames

    def count(self, frame_set: str) -> int:
        """Shards of a frame set."""
        return self.shards[frame_set].count if frame_set in self.shards else 1

    def describe(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "index": self.index,
            "name": self.name,
            "frames": self.frames,
            "eval_frames": self.eval_frames,
            "shards": {name: summary.describe() for name, summary in self.shards.items()},
            "views": dict(self.views) if isinstance(self.views, Mapping) else self.views,
            **self.facts,
        }


@dataclass(frozen=True)
class Rendering:
    """What a rendered corpus was asked for, beside its houses."""

    config: Mapping[str, Any]
    """The resolved settings."""
    asked_for: str
    """The houses, as `3,17,40-49`."""
    seed: int
    assets: Sequence[Mapping[str, Any]]
    """Asset packs: names, digests, files, credits."""


@dataclass(frozen=True)
class Quarantined:
    """A house that could not be made, and why."""

    index: int
    name: str
    reason: str


@dataclass(frozen=True)
class Manifest:
    """A finished corpus, described: `Manifest.read(folder)`, `manifest.write(folder)`."""

    modalities: tuple[Modality, ...]
    """Of the shards; layers have their own."""
    classes: tuple[str, ...]
    houses: tuple[HouseRow, ...]
    source: Mapping[str, Any]
    """Where the houses or captures come from: JSON values."""
    made_by: Sequence[Mapping[str, Any]]
    rendering: Rendering | None = None
    """None: the frames come from elsewhere."""
    quarantined: Sequence[Quarantined] = ()
    width: int | None = None
    """Of every frame, pixels; None where they differ."""
    height: int | None = None
    fov_deg: float | None = None
    """Vertical field of view of every frame; None where they differ, or cameras are calibrated."""
    min_distance_m: float = 0.0
    """Least horizontal distance between cameras of the two frame sets of a house."""
    class_list_version: int | None = None
    """Of tst-sim's own list of classes; None for a list of the corpus's own."""
    conventions: Mapping[str, str] = field(default_factory=lambda: dict(CONVENTIONS))
    format_version: int = FORMAT_VERSION
    values: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The JSON as it was read; empty of one that was not."""

    @classmethod
    def read(cls, folder: Path) -> Manifest:
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
        return cls.of_json(values)

    @classmethod
    def of_json(cls, values: Mapping[str, Any]) -> Manifest:
        """The manifest of JSON that was found to be of its form; what `verify` alone asks for may be missing."""
        rendering = None
        if "config" in values:
            rendering = Rendering(*(values.get(name) for name in ("config", "asked_for", "seed", "assets")))  # type: ignore[arg-type]
        rule = values.get("frame_sets")
        distance_m = rule.get("min_distance_m") if isinstance(rule, dict) else None
        quarantined = [row if isinstance(row, dict) else {"index": row} for row in values["quarantined"]]
        return cls(
            modalities=tuple(map(Modality.described, values["modalities"])),
            classes=tuple(values["classes"]),
            houses=tuple(map(HouseRow.of_json, values["houses"])),
            source=values.get("source", {}),
            made_by=values.get("made_by", ()),
            rendering=rendering,
            quarantined=tuple(Quarantined(*(row.get(n) for n in ("index", "name", "reason"))) for row in quarantined),  # type: ignore[arg-type]
            min_distance_m=distance_m if isinstance(distance_m, (int, float)) else 0.0,
            class_list_version=values.get("class_list_version"),
            values=values,
            **{name: values[name] for name in ("width", "height", "fov_deg", "conventions", "format_version")},
        )

    def write(self, folder: Path) -> None:
        """Write it, whole or not at all: from then on the corpus is finished."""
        write_json(folder / MANIFEST, self.describe())

    def describe(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "format_version": self.format_version,
            "modalities": [row.describe() for row in self.modalities],
            "classes": list(self.classes),
            "class_list_version": self.class_list_version,
            "conventions": dict(self.conventions),
            "source": dict(self.source),
            "width": self.width,
            "height": self.height,
            "fov_deg": self.fov_deg,
            "made_by": list(self.made_by),
            "frame_sets": frame_set_rule(self.min_distance_m),
            "houses": [row.describe() for row in self.houses],
            "quarantined": [{"index": row.index, "name": row.name, "reason": row.reason} for row in self.quarantined],
            "frames": {name: self.frames(name) for name in FRAME_SETS},
            "bytes": sum(summary.bytes for row in self.houses for summary in row.shards.values()),
            **self._rendering(),
        }

    def _rendering(self) -> dict[str, Any]:
        rendering = self.rendering
        if rendering is None:
            return {}
        asked = {"config": rendering.config, "asked_for": rendering.asked_for, "seed": rendering.seed}
        return {**asked, "assets": list(rendering.assets)}

    def frames(self, frame_set: str) -> int:
        """Frames in a frame set."""
        return sum(row.samples(frame_set) or 0 for row in self.houses)


def makers(records: Sequence[FrameSetRecord]) -> list[dict[str, str]]:
    """The versions and drivers that made some shards; one, unless a cluster mixes machines."""
    found: list[dict[str, str]] = []
    for shard in (shard for record in records for shard in record.shards):
        if shard.facts["made_by"] not in found:
            found.append(shard.facts["made_by"])
    return sorted(found, key=lambda maker: sorted(maker.items()))


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
    if "config" in values and any(values[name] is None for name in ("width", "height", "fov_deg")):
        return "has frames without a size or field of view, though it was rendered"
    if any(values[name] is not None and values[name] < 1 for name in ("width", "height")):
        return f"has frames of {values['width']}x{values['height']} pixels"
    if not all(isinstance(name, str) for name in values["classes"]):
        return "has a class that is no name"
    seen: set[str] = set()
    for number, row in enumerate(values["modalities"]):
        try:
            name = Modality.described(row).name
        except UserError as error:
            return f"has modalities[{number}] that is no row: {one_line(error)}"
        if name in seen:
            return f"has the modality {name} twice"
        seen.add(name)
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


def frame_set_rule(min_distance_m: float) -> dict[str, Any]:
    """How the frame sets are kept apart, in the manifest's words."""
    return {
        "names": list(FRAME_SETS),
        "min_distance_m": min_distance_m,
        "rule": "every pretrain camera is horizontally at least min_distance_m from every eval camera of its house",
    }


def _listed(values: tuple[Any, ...]) -> str:
    return " and ".join(map(str, values))
