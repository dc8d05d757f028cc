"""Does a manifest agree with its plan, with itself, with this version's modalities and with the files in its folder?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tst_sim.classes import CLASS_LIST_VERSION, CLASSES
from tst_sim.corpus import FRAME_SETS, MANIFEST, shard_path
from tst_sim.corpus.manifest import frame_set_rule
from tst_sim.corpus.shard_check import Fault, changes_text
from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES
from tst_sim.storage import read_json

PLAN = "plan.json"
_FIELDS: Mapping[str, type] = {
    "config": dict,
    "source": dict,
    "asked_for": str,
    "seed": int,
    "made_by": list,
    "frame_sets": dict,
    "frames": dict,
    "bytes": int,
    "class_list_version": int,
}
_ROW_FIELDS = ("digest", "frames", "eval_frames", "shards", "views")


def manifest_faults(root: Path, manifest: Mapping[str, Any]) -> Iterator[Fault]:
    """Everything that a manifest of the right form contradicts, the shards' content aside."""
    yield from _stray_shards(root, manifest["houses"])
    wrong = [name for name, kind in _FIELDS.items() if type(manifest.get(name)) is not kind]
    lacking = [row["name"] for row in manifest["houses"] if not all(name in row for name in _ROW_FIELDS)]
    if wrong:
        yield Fault(MANIFEST, f"lacks {', '.join(wrong)}, or they are of another type")
    if lacking:
        yield Fault(MANIFEST, f"the row of {lacking[0]} lacks one of {', '.join(_ROW_FIELDS)}")
    if wrong or lacking:
        return
    yield from _plan_faults(root, manifest)
    yield from _modality_faults(manifest)
    for what in (*_header_faults(manifest), *_house_faults(manifest), *_total_faults(manifest)):
        yield Fault(MANIFEST, what)


def _stray_shards(root: Path, houses: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    known = {
        shard_path(root, name, row["name"], number, count)
        for row in houses
        for name in FRAME_SETS
        for count in (row.get("shards", {}).get(name, {}).get("count", 1),)
        for number in range(count)
    }
    for path in sorted(path for name in FRAME_SETS for path in (root / name).glob("*.tar")):
        if path not in known:
            yield Fault(str(path.relative_to(root)), "is not in the manifest; it belongs to another corpus or to none")


def _plan_faults(root: Path, manifest: Mapping[str, Any]) -> Iterator[Fault]:
    try:
        plan = read_json(root / PLAN, what="the plan of a corpus")
    except UserError as error:
        yield Fault(PLAN, str(error))
        return
    if not isinstance(plan, dict):
        yield Fault(PLAN, f"holds {type(plan).__name__}, not the settings of a corpus")
        return
    stated = {"config": manifest["config"], "houses": manifest["asked_for"], "source": manifest["source"]}
    changes = changes_text(plan, stated)
    if changes:
        yield Fault(PLAN, f"says otherwise than the manifest: {changes}")


def _modality_faults(manifest: Mapping[str, Any]) -> Iterator[Fault]:
    for row in manifest["modalities"]:
        changes = changes_text(_expected_row(row), row)
        if changes:
            yield Fault(MANIFEST, f"modality {row['name']!r} is not this version's: {changes}")


def _header_faults(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What is stated twice: in the settings, and for readers."""
    config = manifest["config"]
    stated = {name: manifest[name] for name in ("seed", "width", "height", "fov_deg")}
    stated["modalities"] = [row["name"] for row in manifest["modalities"]]
    changes = changes_text({name: config.get(name) for name in stated}, stated)
    if changes:
        yield f"its settings (config) say otherwise: {changes}"
    poses = config.get("poses")
    distance_m = poses.get("eval_distance_m") if isinstance(poses, dict) else None
    rule = frame_set_rule(distance_m if isinstance(distance_m, (int, float)) else math.nan)
    changes = changes_text(rule, manifest["frame_sets"])
    if changes:
        yield f"frame_sets is not the rule of its settings: {changes}"
    if manifest["class_list_version"] == CLASS_LIST_VERSION and tuple(manifest["classes"]) != CLASSES:
        yield f"classes are not those of class list {CLASS_LIST_VERSION}"
    packs = [
        " ".join(str(row.get(name)) for name in ("name", "digest") if name in row) if isinstance(row, dict) else "?"
        for row in manifest.get("assets", [])
    ]
    if "assets" in manifest and packs != config.get("assets"):
        yield f"assets {', '.join(packs)} are not those of its settings"


def _house_faults(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Names that do not follow from source, split and index; houses asked for that are neither made nor given up."""
    config = manifest["config"]
    prefix = f"{manifest['source'].get('source')}-{config.get('split')}"
    for row in manifest["houses"]:
        if row["name"] != f"{prefix}-{row['index']:06d}":
            yield f"house {row['index']} is called {row['name']}, not {prefix}-{row['index']:06d}"
        for name, setting in (("frames", "frames"), ("eval_frames", "eval_frames")):
            if row[name] != config.get(setting):
                yield f"house {row['name']} has {name} {row[name]}, the settings say {config.get(setting)}"
    made = [row["index"] for row in manifest["houses"]]
    given_up = [row.get("index") if isinstance(row, dict) else row for row in manifest["quarantined"]]
    if made != sorted(made):
        yield "its houses are not in the order of their indices"
    if not _are_ranges(manifest["asked_for"], [*made, *given_up]):
        yield f"its houses and those quarantined are not the houses asked for ({manifest['asked_for'][:80]})"


def _are_ranges(text: str, indices: Sequence[Any]) -> bool:
    """Whether indices, each once, are those of a text such as `3,17,40-49`."""
    if not all(type(index) is int for index in indices):
        return False
    ranges: list[list[int]] = []
    for index in sorted(indices):
        if ranges and index == ranges[-1][1] + 1:
            ranges[-1][1] = index
        else:
            ranges.append([index, index])
    return text == ",".join(f"{first}-{last}" if last > first else str(first) for first, last in ranges)


def _total_faults(manifest: Mapping[str, Any]) -> Iterator[str]:
    houses = manifest["houses"]
    totals = {
        "frames": {
            "pretrain": sum(row["frames"] for row in houses),
            "eval": sum(row["eval_frames"] for row in houses),
        },
        "bytes": sum(row["shards"][name]["bytes"] for row in houses for name in FRAME_SETS),
    }
    # Format 1 counted the bytes of shards that quarantined houses had left behind.
    names = ("frames",) if manifest["format_version"] == 1 and manifest["quarantined"] else ("frames", "bytes")
    changes = changes_text({name: totals[name] for name in names}, {name: manifest[name] for name in names})
    if changes:
        yield f"its totals are not those of its houses: {changes}"


def _expected_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """The table's row of a modality as this corpus must state it; early corpora have fewer fields and other kinds."""
    expected = MODALITIES[row["name"]].describe()
    if "stride" in row:
        return expected
    kind = {"color": "image", "depth": "dense", "normal": "vector"}.get(expected["kind"], expected["kind"])
    return {name: expected[name] for name in _EARLY_FIELDS} | {"kind": kind}


_EARLY_FIELDS = (
    "name", "kind", "channels", "memory_dtype", "stored_dtype", "extension", "unit", "scale", "offset", "invalid",
    "ground_truth",
)  # fmt: skip
