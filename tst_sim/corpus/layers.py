"""Layers: data that were added to a finished corpus, beside its shards.

    <corpus>/layers/<layer>/layer.json                          its rows, maker and settings; written last
    <corpus>/layers/<layer>/pretrain/<house>[-NNNNN].tar        <key>.<modality>.<codec> for every key of that shard
    <corpus>/layers/<layer>/pretrain/<house>[-NNNNN].json       its record; written after the tar

Each shard has one tar in a layer, with the same keys in the same order. Shards and manifest are never touched. A record
states the sha256 of its shard: when that was made again, the layer belongs to frames that no longer exist and is
refused. `tst_sim.corpus.layer_writer.write_layer` makes layers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tst_sim.corpus.frame_sets import FRAME_SETS, FrameSetRecord, joined_sha256
from tst_sim.corpus.shards import SHA256, Shard, ShardRecord, record_path, shard_path
from tst_sim.errors import UserError, shown
from tst_sim.modality import Modality
from tst_sim.registry import NAME
from tst_sim.storage import read_json

LAYERS = "layers"
LAYER = "layer.json"


@dataclass(frozen=True)
class LayerRecord:
    """The sidecar of one finished tar of a layer."""

    layer: str
    house: str
    frame_set: str
    number: int
    count: int
    samples: int
    bytes: int
    sha256: str
    shard_sha256: str
    """Of the shard whose frames it describes."""
    modalities: list[dict[str, Any]]
    """The layer's rows, as `Modality.describe` gives them."""
    maker: dict[str, Any]
    """Name, version or digest, licence of what made it: JSON values."""
    settings: dict[str, Any]


@dataclass(frozen=True)
class Layer:
    """A finished layer of a corpus."""

    root: Path
    """Folder of the corpus."""
    name: str
    rows: tuple[Modality, ...]
    maker: Mapping[str, Any]
    settings: Mapping[str, Any]
    samples: Mapping[str, int]
    """Of each frame set."""
    bytes: int
    sha256: str
    """Of the hex digests of its tars, one after another: houses in the manifest's order, `pretrain` before `eval`."""

    def path(self, frame_set: str, house_name: str, number: int = 0, count: int = 1) -> Path:
        """Path of the tar beside a shard."""
        return shard_path(self.root / LAYERS / self.name, frame_set, house_name, number, count)

    def identity(self) -> dict[str, Any]:
        """What the bytes of its tars follow from, beside the frames: rows, maker and settings as JSON values."""
        return identity_of(self.rows, self.maker, self.settings)

    def describe(self) -> dict[str, Any]:
        """The fields of `layer.json`."""
        rest = {"samples": dict(self.samples), "bytes": self.bytes, "sha256": self.sha256}
        return {"name": self.name, **self.identity(), **rest}

    def shards(self, record: FrameSetRecord) -> tuple[Shard, ...]:
        """Its tars of one house and frame set. UserError for a missing one, and when the shards were made again."""
        return tuple(Shard(self._checked(shard)) for shard in record.shards)

    def records(self, record: FrameSetRecord) -> tuple[LayerRecord, ...]:
        """The records of its tars of one house and frame set; UserError for a missing one."""
        return tuple(self._record(shard) for shard in record.shards)

    def _record(self, shard: ShardRecord) -> LayerRecord:
        path = self.path(shard.frame_set, shard.house, shard.number, shard.count)
        record = read_layer_record(path)
        if record is None:
            raise UserError(f"layer {self.name} of {self.root} lacks {path} or its record; {_REMEDY}")
        return record

    def _checked(self, shard: ShardRecord) -> Path:
        record = self._record(shard)
        path = self.path(shard.frame_set, shard.house, shard.number, shard.count)
        if record.shard_sha256 != shard.sha256:
            raise UserError(
                f"layer {self.name} of {self.root} was made for another {shard.frame_set}/{path.name}, which was made "
                f"again since; {_REMEDY}"
            )
        if path.stat().st_size != record.bytes:
            raise UserError(f"{path} is {path.stat().st_size} bytes long, its record says {record.bytes}; {_REMEDY}")
        return path


_REMEDY = "write the layer again, or delete its folder"


def identity_of(rows: Iterable[Modality], maker: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Rows, maker and settings as they stand in records and in `layer.json`."""
    return {"modalities": [row.describe() for row in rows], "maker": dict(maker), "settings": dict(settings)}


def combined_sha256(records: Iterable[LayerRecord]) -> str:
    """Of the hex digests of tars, one after another."""
    return joined_sha256(record.sha256 for record in records)


def totals(records: Sequence[LayerRecord]) -> dict[str, Any]:
    """`samples` (of each frame set), `bytes` and `sha256` of a layer, from the records of all its tars."""
    return {
        "samples": {name: sum(record.samples for record in records if record.frame_set == name) for name in FRAME_SETS},
        "bytes": sum(record.bytes for record in records),
        "sha256": combined_sha256(records),
    }


def read_layers(root: Path) -> dict[str, Layer]:
    """The finished layers of a corpus by name. UserError for one that is damaged, or states a modality twice."""
    layers = {path.parent.name: read_layer(root, path.parent.name) for path in sorted(root.glob(f"{LAYERS}/*/{LAYER}"))}
    owners: dict[str, str] = {}
    for name, row in ((name, row) for name, layer in layers.items() for row in layer.rows):
        if row.name in owners:
            raise UserError(f"layers {owners[row.name]} and {name} of {root} both hold {row.name}; delete one of them")
        owners[row.name] = name
    return layers


_TYPES: Mapping[str, type] = {
    "name": str, "modalities": list, "maker": dict, "settings": dict, "samples": dict, "bytes": int, "sha256": str,
}  # fmt: skip


def read_layer(root: Path, name: str) -> Layer:
    """A finished layer. UserError when it is missing or its `layer.json` is not of its form."""
    path = root / LAYERS / name / LAYER
    values = read_json(path, what="a finished layer of a corpus")
    problem = _form_problem(values, _TYPES)
    if problem is None and (values["name"] != name or not NAME.fullmatch(name)):
        problem = f"its name is {shown(values['name'])}"
    if problem is None and (
        set(values["samples"]) != set(FRAME_SETS) or any(type(n) is not int for n in values["samples"].values())
    ):
        problem = f"samples is {shown(values['samples'])}"
    if problem is not None:
        raise UserError(f"{path} does not describe layer {name} ({problem}); {_REMEDY}")
    values["rows"] = tuple(map(Modality.described, values.pop("modalities")))
    return Layer(root=root, **values)


def read_layer_record(tar: Path) -> LayerRecord | None:
    """The record of a tar of a layer, or None when it was not made yet. UserError when it is the record of another."""
    path = record_path(tar)
    if not path.exists() or not tar.exists():
        return None
    values = read_json(path, what="a record of a layer")
    types = {field.name: _FIELD_TYPES[str(field.type).partition("[")[0]] for field in fields(LayerRecord)}
    problem = _form_problem(values, types)
    if problem is None and not SHA256.fullmatch(values["shard_sha256"]):
        problem = f"shard_sha256 is {shown(values['shard_sha256'])}"
    if problem is None:
        record = LayerRecord(**values)
        layer = tar.parents[1]
        expected = shard_path(layer, record.frame_set, record.house, record.number, record.count)
        if layer.name == record.layer and expected == tar:
            return record
        problem = f"it is that of {record.layer}/{record.frame_set}/{record.house}, number {record.number}"
    raise UserError(f"{path} is not the record of its tar ({shown(problem)}); {_REMEDY}")


def readable_layer_record(tar: Path) -> LayerRecord | None:
    """The record of a tar; None also when it is damaged."""
    try:
        return read_layer_record(tar)
    except UserError:
        return None


_FIELD_TYPES: Mapping[str, type] = {"str": str, "int": int, "dict": dict, "list": list}


def _form_problem(values: Any, types: Mapping[str, type]) -> str | None:
    """The first thing for which JSON is not of a form: exactly these fields, of these types."""
    if not isinstance(values, dict):
        return f"it holds {type(values).__name__}, not fields"
    wrong = sorted(set(types) ^ set(values))
    if wrong:
        return f"{shown(wrong[0])} is {'missing' if wrong[0] in types else 'no field of it'}"
    for name, kind in types.items():
        if type(values[name]) is not kind or (kind is int and values[name] < 0):
            return f"{name} is {shown(values[name])}"
    return None if SHA256.fullmatch(values["sha256"]) else f"sha256 is {shown(values['sha256'])}"
