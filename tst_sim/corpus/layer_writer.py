"""`write_layer`: what a function says of every frame of a corpus, kept beside its shards."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tst_sim.codecs import encode
from tst_sim.config import differences
from tst_sim.corpus.corpus import Corpus
from tst_sim.corpus.frame_sets import FRAME_SETS
from tst_sim.corpus.layers import (
    LAYER,
    LAYERS,
    Layer,
    LayerRecord,
    identity_of,
    read_layer,
    readable_layer_record,
    totals,
)
from tst_sim.corpus.shards import ShardRecord, add_file, record_path
from tst_sim.errors import UserError, check_within, one_line, shown
from tst_sim.modality import Modality, Origin
from tst_sim.owners import owned
from tst_sim.partial_files import sweep
from tst_sim.registry import NAME
from tst_sim.storage import atomic_write, file_sha256, remove, write_json

Make = Callable[[Sequence[str], Sequence[Mapping[str, np.ndarray]]], Mapping[str, Sequence[Any]]]
"""(keys, frames) of a batch -> {modality: one array, or text, for each key}, in physical units."""
OnSamples = Callable[[int, int], None]
"""Called with (samples done, samples in all)."""
MAX_BATCH = 4096


def write_layer(
    corpus: Corpus,
    name: str,
    rows: Sequence[Modality],
    maker: Mapping[str, Any],
    settings: Mapping[str, Any],
    make: Make,
    *,
    reads: Sequence[str] = ("rgb",),
    batch_size: int = 16,
    on_samples: OnSamples | None = None,
) -> Layer:
    """Write a layer, or go on with one: tars that are whole and belong to the shards as they are now are kept.

    `make` gets the keys of a batch (of one shard, `batch_size` at most) and its frames, as `Corpus.frame` gives the
    modalities `reads`, and returns a value of every row for every key. Its results must follow from its arguments,
    `maker` and `settings`: then the bytes are the same whatever was killed. UserError, with nothing half-written: for
    rows that the corpus has already, values that their row cannot hold, a layer of this name that was made otherwise,
    and a folder in which another process is writing it.
    """
    check_within("batch_size", batch_size, 1, MAX_BATCH)
    plan = _Plan(corpus, name, tuple(rows), _plain("maker", maker), _plain("settings", settings))
    plan.check()
    folder = corpus.folder / LAYERS / name
    with owned(folder, "write_layer"):
        sweep(folder, below=True)
        plan.check_folder(folder)
        shards = [
            shard for house in corpus.house_names for frame_set in FRAME_SETS
            for shard in corpus.record(frame_set, house).shards
        ]  # fmt: skip
        total, done, records = sum(shard.samples for shard in shards), 0, []
        for shard in shards:
            record = plan.whole(shard)
            if record is None:
                remove(folder / LAYER)
                record = plan.write(shard, make, tuple(reads), batch_size)
            records.append(record)
            done += shard.samples
            if on_samples:
                on_samples(done, total)
        layer = plan.layer(records)
        if not (folder / LAYER).exists() or read_layer(corpus.folder, name) != layer:
            write_json(folder / LAYER, layer.describe())
    corpus.refresh()
    return layer


def _plain(what: str, values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return json.loads(json.dumps(dict(values), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise UserError(f"{what} of a layer must be JSON values: {one_line(error)}") from error


@dataclass(frozen=True)
class _Plan:
    """A layer as it was asked for."""

    corpus: Corpus
    name: str
    rows: tuple[Modality, ...]
    maker: dict[str, Any]
    settings: dict[str, Any]

    def check(self) -> None:
        """UserError for a layer that cannot be added to its corpus."""
        if not NAME.fullmatch(self.name):
            raise UserError(f"layer name {shown(self.name)} must be 1 to 40 lowercase letters, digits and _")
        if not isinstance(self.maker.get("name"), str) or not self.maker["name"]:
            raise UserError(f"maker {shown(self.maker)} of layer {self.name} needs a name, and should have a version")
        names = [row.name for row in self.rows]
        if not names or len(set(names)) != len(names):
            raise UserError(
                f"layer {self.name} must have one row or more, each once; it has {', '.join(names) or 'none'}"
            )
        for row in self.rows:
            if row.origin is not Origin.LAYER:
                raise UserError(f"modality {row.name} of a layer must be of origin layer, not {row.origin.value}")
            holder = self.corpus.holder(row.name)
            if holder is not None and holder != self.name:
                where = f"in its layer {holder}" if holder else "in its shards"
                raise UserError(f"corpus {self.corpus.folder} has {row.name} already, {where}; choose another name")

    def check_folder(self, folder: Path) -> None:
        """UserError when (part of) another layer of this name lies in the folder."""
        if (folder / LAYER).exists():
            try:
                stated = read_layer(self.corpus.folder, self.name).identity()
            except UserError:
                remove(folder / LAYER)  # damaged: it is written again from the records
            else:
                self._check_same(folder, stated)
        for path in sorted(folder.glob("*/*.tar")):
            record = readable_layer_record(path)
            if record is not None:
                self._check_same(folder, {key: getattr(record, key) for key in self.identity()})

    def _check_same(self, folder: Path, stated: Mapping[str, Any]) -> None:
        changes = differences(stated, self.identity())
        if changes:
            what = one_line("; ".join(changes))[:300]
            raise UserError(f"{folder} was made otherwise ({what}); choose another name, or delete that folder")

    def identity(self) -> dict[str, Any]:
        return identity_of(self.rows, self.maker, self.settings)

    def layer(self, records: Sequence[LayerRecord]) -> Layer:
        """The finished layer of these tars."""
        return Layer(self.corpus.folder, self.name, self.rows, self.maker, self.settings, **totals(records))

    def path(self, shard: ShardRecord) -> Path:
        return self.layer(()).path(shard.frame_set, shard.house, shard.number, shard.count)

    def whole(self, shard: ShardRecord) -> LayerRecord | None:
        """The record of a shard's tar where both are there, undamaged, and made for this very shard."""
        path = self.path(shard)
        record = readable_layer_record(path)
        if record is None or (record.shard_sha256, record.samples) != (shard.sha256, shard.samples):
            return None
        return record if path.stat().st_size == record.bytes and file_sha256(path) == record.sha256 else None

    def write(self, shard: ShardRecord, make: Make, reads: tuple[str, ...], batch_size: int) -> LayerRecord:
        """Write the tar of a shard and then its record, each appearing only when whole."""
        path = self.path(shard)
        remove(record_path(path))
        keys = self.corpus.shard(shard.frame_set, shard.house, shard.number).keys
        if len(keys) != shard.samples:
            raise UserError(f"the shard of {path.name} holds {len(keys)} samples, its record says {shard.samples}")
        with (
            atomic_write(path, tidy=False) as file,
            tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar,
        ):
            for start in range(0, len(keys), batch_size):
                for extension, data in self._files(keys[start : start + batch_size], make, reads):
                    add_file(tar, extension, data)
        record = LayerRecord(
            self.name, shard.house, shard.frame_set, shard.number, shard.count, shard.samples,
            path.stat().st_size, file_sha256(path), shard.sha256, **self.identity(),
        )  # fmt: skip
        write_json(record_path(path), asdict(record), tidy=False)
        return record

    def _files(self, keys: Sequence[str], make: Make, reads: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
        """(file name, bytes) of a batch, sample by sample."""
        made = make(keys, [self.corpus.frame(key, reads) for key in keys])
        names = {row.name for row in self.rows}
        if set(made) != names or any(len(values) != len(keys) for values in made.values()):
            lengths = ", ".join(f"{len(values)} {name}" for name, values in made.items())
            raise UserError(
                f"layer {self.name} got {lengths or 'nothing'} for {len(keys)} keys, not {len(keys)} of each row"
            )
        for number, key in enumerate(keys):
            size = self.corpus.frame_size(key)
            for row in self.rows:
                value = made[row.name][number]
                expected = row.shape(size[1], size[0])
                if np.shape(value) != expected:
                    raise UserError(f"{row.name} of {key} has the shape {np.shape(value)}, its row says {expected}")
                extension, data = encode(row, value)
                yield f"{key}.{extension}", data
