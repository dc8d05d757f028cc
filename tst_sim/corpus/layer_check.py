"""Are the layers of a corpus what their records say, and do they belong to its shards?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tst_sim.codecs import from_stored
from tst_sim.corpus.frame_sets import FRAME_SETS, FrameSetRecord, read_record
from tst_sim.corpus.layers import (
    LAYER,
    LAYERS,
    Layer,
    LayerRecord,
    read_layer,
    read_layer_record,
    readable_layer_record,
    totals,
)
from tst_sim.corpus.manifest import HouseRow, Manifest
from tst_sim.corpus.sample_check import files_fault
from tst_sim.corpus.shard_check import MAX_FAULTS_PER_SHARD, Fault, ShardReport, changes_text, tar_faults
from tst_sim.corpus.shards import Shard, ShardRecord, record_path, shard_path
from tst_sim.errors import UserError, one_line
from tst_sim.modality import Kind, Modality


def checked_layers(root: Path, manifest: Manifest) -> tuple[list[Layer], list[Fault]]:
    """(layers whose tars can be checked, faults of the layers as wholes)."""
    layers: list[Layer] = []
    faults: list[Fault] = []
    holders = {row.name: "the shards" for row in manifest.modalities}
    folders = sorted(path for path in (root / LAYERS).glob("*") if path.is_dir()) if (root / LAYERS).is_dir() else []
    for folder in folders:
        where = f"{LAYERS}/{folder.name}/{LAYER}"
        if not (folder / LAYER).exists():
            faults.append(Fault(where, "missing: the layer is not finished; write it again, or delete its folder"))
            continue
        try:
            layer = read_layer(root, folder.name)
        except UserError as error:
            faults.append(Fault(where, str(error)))
            continue
        for row in layer.rows:
            if row.name in holders:
                faults.append(Fault(where, f"holds {row.name}, as {holders[row.name]} do"))
            holders[row.name] = f"those of layer {layer.name}"
        layers.append(layer)
        faults += _whole_faults(layer, manifest)
    return layers, faults


def _whole_faults(layer: Layer, manifest: Manifest) -> Iterator[Fault]:
    """Tars of houses or shards that the manifest has not; totals that are not those of the records."""
    records: list[LayerRecord] = []
    known: set[Path] = set()
    for row, name in ((row, name) for row in manifest.houses for name in FRAME_SETS):
        count = row.count(name)
        paths = [layer.path(name, row.name, number, count) for number in range(count)]
        known.update(paths)
        records += [record for record in map(readable_layer_record, paths) if record is not None]
    where = f"{LAYERS}/{layer.name}"
    for path in sorted((layer.root / where).glob("*/*.tar")):
        if path not in known:
            yield Fault(str(path.relative_to(layer.root)), "belongs to no shard of the manifest")
    if len(records) < len(known):
        return  # told with the tars
    stated = {"samples": dict(layer.samples), "bytes": layer.bytes, "sha256": layer.sha256}
    changes = changes_text(totals(records), stated)
    if changes:
        yield Fault(f"{where}/{LAYER}", f"its records say otherwise ({changes})")


def check_layer(layer: Layer, row: HouseRow, classes: Sequence[str]) -> Iterator[ShardReport]:
    """A report for each tar of a layer and house; its samples are not counted, they are those of the shards."""
    for name in FRAME_SETS:
        count = row.count(name)
        try:
            shards = read_record(layer.root, name, row.name)
        except UserError:
            shards = None  # told with the shard
        for number in range(count):
            path = layer.path(name, row.name, number, count)
            shard = _record_of(shards, number, count)
            where = str(path.relative_to(layer.root))
            faults = [Fault(where, what) for what in _tar_faults(layer, path, shard)]
            source = Shard(shard_path(layer.root, name, row.name, number, count))
            for key, what in _sample_faults(layer, Shard(path), source, classes):
                if len(faults) < MAX_FAULTS_PER_SHARD:
                    faults.append(Fault(f"{where}: {key}" if key else where, what))
            yield ShardReport(where, 0, tuple(faults))


def _record_of(shards: FrameSetRecord | None, number: int, count: int) -> ShardRecord | None:
    return shards.shards[number] if shards is not None and len(shards.shards) == count else None


def _tar_faults(layer: Layer, path: Path, shard: ShardRecord | None) -> Iterator[str]:
    """Presence, record, size, hash and end mark of a tar, and whether it was made for the shard as it is."""
    record = None
    if path.is_file():
        try:
            record = read_layer_record(path)
            if record is None:
                yield f"its record {record_path(path).name} is missing"
        except UserError as error:
            yield str(error)
    if record is not None:
        changes = changes_text(layer.identity(), {name: getattr(record, name) for name in layer.identity()})
        if changes:
            yield f"its record and {LAYER} contradict each other: {changes}"
        if shard is not None and record.shard_sha256 != shard.sha256:
            yield "was made for another shard than the one that is there now: write the layer again"
        if shard is not None and record.samples != shard.samples:
            yield f"its record says {record.samples} samples, that of the shard {shard.samples}"
    stated = (record.bytes, record.sha256) if record is not None else (None, None)
    yield from tar_faults(path, *stated, who="its record", remedy="write the layer again")


def _sample_faults(layer: Layer, tar: Shard, shard: Shard, classes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(key, fault) for everything wrong in a tar's samples; the key is empty where it is the tar's own."""
    if not tar.path.is_file():
        return
    try:
        keys = tar.keys
    except UserError as error:
        yield "", str(error)
        return
    try:
        expected = shard.keys
    except UserError:
        return  # told with the shard
    if keys != expected:
        odd = next((pair for pair in zip(keys, expected) if pair[0] != pair[1]), (f"{len(keys)} keys", len(expected)))
        yield "", f"its keys are not those of its shard in their order: {odd[0]} in the place of {odd[1]}"
        return
    for key in keys:
        try:
            problem = files_fault(set(tar.files[key]), layer.rows)
            if problem:
                yield key, problem
                continue
            values = shard.metadata(key)
            for row in layer.rows:
                what = _value_fault(row, tar.stored(key, row, (values["width"], values["height"])), classes)
                if what:
                    yield key, f"{row.name} {what}"
        except UserError as error:
            yield key, str(error)
        except Exception as error:  # as for shards: what a check trips over is the fault of what it reads
            yield key, f"cannot be read: {type(error).__name__}: {one_line(error)[:200]}"


def _value_fault(row: Modality, stored: np.ndarray, classes: Sequence[str]) -> str | None:
    """Numbers that are none, labels without a name."""
    if row.kind is Kind.TEXT:
        return None
    if np.issubdtype(stored.dtype, np.floating):
        wrong = int((~np.isfinite(stored)).sum())
        return f"has {wrong} values that are not finite" if wrong else None
    values = from_stored(row, stored)
    names = row.names_of_ids(classes)
    if row.kind is Kind.LABELS and names:
        known = values[values != row.invalid] if row.invalid is not None else values
        if known.size and not 0 <= int(known.min()) <= int(known.max()) < len(names):
            return f"has the id {int(known.max())}, its classes are {len(names)}"
    return None
