"""Does a manifest agree with its plan, with itself, with this version's modalities and with the files in its folder?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tst_sim.classes import CLASS_LIST_VERSION, CLASSES
from tst_sim.corpus import FRAME_SETS, MANIFEST, Manifest, shard_path
from tst_sim.corpus.shard_check import Fault, changes_text
from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES
from tst_sim.modality import is_former
from tst_sim.storage import read_json

PLAN = "plan.json"
_FIELDS: Mapping[str, type] = {
    "source": dict,
    "made_by": list,
    "frame_sets": dict,
    "frames": dict,
    "bytes": int,
}
_RENDERED_FIELDS: Mapping[str, type] = {
    "config": dict,
    "asked_for": str,
    "seed": int,
    "class_list_version": int,
}
"""What a rendered corpus states in addition."""
_ROW_FIELDS = ("digest", "frames", "eval_frames", "shards", "views")


def manifest_faults(root: Path, manifest: Manifest) -> Iterator[Fault]:
    """Everything that a manifest of the right form contradicts, the shards' content aside."""
    values, rendered = manifest.values, manifest.rendering is not None
    yield from _stray_shards(root, manifest)
    if not rendered and (root / PLAN).exists():
        yield Fault(MANIFEST, f"has no settings (config), but {PLAN} says that the corpus was rendered")
    types = {**_FIELDS, **(_RENDERED_FIELDS if rendered else {})}
    wrong = [name for name, kind in types.items() if type(values.get(name)) is not kind]
    lacking = [row["name"] for row in values["houses"] if not all(name in row for name in _ROW_FIELDS)]
    if wrong:
        yield Fault(MANIFEST, f"lacks {', '.join(wrong)}, or they are of another type")
    if lacking:
        yield Fault(MANIFEST, f"the row of {lacking[0]} lacks one of {', '.join(_ROW_FIELDS)}")
    if wrong or lacking:
        return
    if rendered:
        yield from _plan_faults(root, values)
        yield from _modality_faults(values)
        for what in (*_header_faults(manifest), *_house_faults(manifest)):
            yield Fault(MANIFEST, what)
    for what in (*_class_faults(manifest), *_total_faults(manifest), *_form_faults(manifest)):
        yield Fault(MANIFEST, what)


def _stray_shards(root: Path, manifest: Manifest) -> Iterator[Fault]:
    known = {
        shard_path(root, name, row.name, number, row.count(name))
        for row in manifest.houses
        for name in FRAME_SETS
        for number in range(row.count(name))
    }
    for path in sorted(path for name in FRAME_SETS for path in (root / name).glob("*.tar")):
        if path not in known:
            yield Fault(str(path.relative_to(root)), "is not in the manifest; it belongs to another corpus or to none")


def _plan_faults(root: Path, values: Mapping[str, Any]) -> Iterator[Fault]:
    try:
        plan = read_json(root / PLAN, what="the plan of a corpus")
    except UserError as error:
        yield Fault(PLAN, str(error))
        return
    if not isinstance(plan, dict):
        yield Fault(PLAN, f"holds {type(plan).__name__}, not the settings of a corpus")
        return
    stated = {"config": values["config"], "houses": values["asked_for"], "source": values["source"]}
    changes = changes_text(plan, stated)
    if changes:
        yield Fault(PLAN, f"says otherwise than the manifest: {changes}")


def _modality_faults(values: Mapping[str, Any]) -> Iterator[Fault]:
    """Rows of a rendered corpus that are not those of this version's table, or not spelled as they are written."""
    for row in values["modalities"]:
        if row["name"] not in MODALITIES:
            yield Fault(MANIFEST, f"modality {row['name']!r} is none that a simulator renders")
            continue
        changes = changes_text(_expected_row(row), row)
        if changes:
            yield Fault(MANIFEST, f"modality {row['name']!r} is not this version's: {changes}")


def _expected_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """The table's row of a modality as this corpus must state it; early corpora have fewer fields and other kinds."""
    expected = MODALITIES[row["name"]].describe()
    if not is_former(row):
        return expected
    kind = {"color": "image", "depth": "dense", "normal": "vector"}.get(expected["kind"], expected["kind"])
    return {name: expected[name] for name in row if name in expected} | {"kind": kind}


def _header_faults(manifest: Manifest) -> Iterator[str]:
    """What is stated twice: in the settings, and for readers."""
    values, config = manifest.values, manifest.values["config"]
    stated = {name: values[name] for name in ("seed", "width", "height", "fov_deg")}
    stated["modalities"] = [row.name for row in manifest.modalities]
    changes = changes_text({name: config.get(name) for name in stated}, stated)
    if changes:
        yield f"its settings (config) say otherwise: {changes}"
    poses = config.get("poses")
    distance_m = poses.get("eval_distance_m") if isinstance(poses, dict) else None
    if type(distance_m) is not type(manifest.min_distance_m) or distance_m != manifest.min_distance_m:
        yield f"frame_sets is not the rule of its settings: min_distance_m: {distance_m} -> {manifest.min_distance_m}"
    packs = [
        " ".join(str(row.get(name)) for name in ("name", "digest") if name in row) if isinstance(row, dict) else "?"
        for row in values.get("assets", [])
    ]
    if "assets" in values and packs != config.get("assets"):
        yield f"assets {', '.join(packs)} are not those of its settings"


def _class_faults(manifest: Manifest) -> Iterator[str]:
    if manifest.class_list_version == CLASS_LIST_VERSION and manifest.classes != CLASSES:
        yield f"classes are not those of class list {CLASS_LIST_VERSION}"
    if len(set(manifest.classes)) < len(manifest.classes):
        yield "one of its classes is there twice"


def _house_faults(manifest: Manifest) -> Iterator[str]:
    """Names that do not follow from source, split and index; houses asked for that are neither made nor given up."""
    config = manifest.values["config"]
    prefix = f"{manifest.source.get('source')}-{config.get('split')}"
    for row in manifest.houses:
        if row.name != f"{prefix}-{row.index:06d}":
            yield f"house {row.index} is called {row.name}, not {prefix}-{row.index:06d}"
        for name, frames in (("frames", row.frames), ("eval_frames", row.eval_frames)):
            if frames != config.get(name):
                yield f"house {row.name} has {name} {frames}, the settings say {config.get(name)}"
    made = [row.index for row in manifest.houses]
    if made != sorted(made):
        yield "its houses are not in the order of their indices"
    asked_for = manifest.values["asked_for"]
    if not _are_ranges(asked_for, [*made, *(row.index for row in manifest.quarantined)]):
        yield f"its houses and those quarantined are not the houses asked for ({asked_for[:80]})"


def _total_faults(manifest: Manifest) -> Iterator[str]:
    totals = manifest.describe()
    # Format 1 counted the bytes of shards that quarantined houses had left behind.
    names = ("frames",) if manifest.format_version == 1 and manifest.quarantined else ("frames", "bytes")
    changes = changes_text({name: totals[name] for name in names}, {name: manifest.values[name] for name in names})
    if changes:
        yield f"its totals are not those of its houses: {changes}"


def _form_faults(manifest: Manifest) -> Iterator[str]:
    """What is spelled otherwise than it is written, or is no field of a manifest. Totals and rows: see above."""
    aside = ("frames", "bytes", "modalities", "assets", "quarantined")
    expected, values = manifest.describe(), manifest.values
    names = [name for name in {*expected, *values} if name not in aside]
    changes = changes_text(
        {name: expected[name] for name in names if name in expected},
        {name: values[name] for name in names if name in values},
    )
    if changes:
        yield f"is not as it is written: {changes}"


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
