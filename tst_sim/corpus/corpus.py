"""A finished corpus, read: houses, keys, frames in physical units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from tst_sim.corpus.frame_sets import FRAME_SETS, FrameSetRecord, HouseFrames, open_frames, read_record
from tst_sim.corpus.layers import Layer, combined_sha256, read_layers
from tst_sim.corpus.manifest import HouseRow, Manifest
from tst_sim.corpus.shards import Shard
from tst_sim.errors import UserError
from tst_sim.modalities import Modality, from_stored


class Corpus:
    """A finished corpus: `Corpus(folder)`, then `keys()`, `frame(key)`, `metadata(key)`, iteration.

    A copy made by pickle, for another process, reads the same folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.contents = Manifest.read(self.folder)
        self._frames: dict[tuple[str, str], HouseFrames] = {}

    def __getstate__(self) -> dict[str, Any]:
        found_here = ("layers", "_layer_rows")  # they hold the folder's path, which may be relative
        state = {name: value for name, value in self.__dict__.items() if name not in found_here}
        return state | {"folder": self.folder.absolute(), "_frames": {}}

    @property
    def manifest(self) -> dict[str, Any]:
        """The JSON of the manifest, as `docs/corpus-format.md` describes it; `contents` is the same, typed."""
        return dict(self.contents.values)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names by class id, as this corpus has them."""
        return self.contents.classes

    @cached_property
    def layers(self) -> Mapping[str, Layer]:
        """The finished layers beside the shards, by name. UserError when one of them cannot be understood."""
        layers = read_layers(self.folder)
        for layer in layers.values():
            twice = [row.name for row in layer.rows if row.name in self._shard_rows]
            if twice:
                raise UserError(f"layer {layer.name} of {self.folder} holds {twice[0]}, as the shards do; delete it")
        return layers

    def refresh(self) -> None:
        """Look for layers again: one was written or deleted since they were last looked for."""
        for name in ("layers", "_layer_rows"):
            self.__dict__.pop(name, None)
        self._frames.clear()

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of what lies in the shards, then of what lies in layers."""
        return (*self._shard_rows, *self._layer_rows)

    def row(self, name: str) -> Modality:
        """The row of a modality as the corpus states it, so that reading needs no plug-in. UserError without one."""
        row = self._shard_rows.get(name) or (self._layer_rows[name][1] if name in self._layer_rows else None)
        if row is None:
            raise UserError(f"corpus {self.folder} has no {name}; it has {', '.join(self.modalities)}")
        return row

    def holder(self, name: str) -> str | None:
        """Where a modality lies: the name of its layer, the empty text for the shards, None for nowhere."""
        if name in self._shard_rows:
            return ""
        return self._layer_rows[name][0].name if name in self._layer_rows else None

    def sha256_of(self, frame_set: str, house_name: str, name: str) -> str:
        """What the data of a modality are: the hash of a house's shards, or of its tars in the modality's layer."""
        record = self.record(frame_set, house_name)
        if not self.holder(self.row(name).name):
            return record.sha256
        return combined_sha256(self._layer_rows[name][0].records(record))

    @cached_property
    def _shard_rows(self) -> dict[str, Modality]:
        return {row.name: row for row in self.contents.modalities}

    @cached_property
    def _layer_rows(self) -> dict[str, tuple[Layer, Modality]]:
        return {row.name: (layer, row) for layer in self.layers.values() for row in layer.rows}

    @property
    def house_names(self) -> tuple[str, ...]:
        """Names of all houses, in the manifest's order."""
        return tuple(row.name for row in self.contents.houses)

    @cached_property
    def _rows(self) -> dict[str, HouseRow]:
        return {row.name: row for row in self.contents.houses}

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of every frame, pixels. UserError where frames differ in size: see `frame_size`."""
        width, height = self.contents.width, self.contents.height
        if width is None or height is None:
            raise UserError(f"the frames of corpus {self.folder} differ in size; this needs frames of one size")
        return width, height

    def houses_at(self, indices: Sequence[int] | None) -> tuple[str, ...]:
        """Names of the houses with these source indices (None: all); a missing one is a UserError."""
        by_index = {row.index: row.name for row in self.contents.houses}
        if indices is None:
            return tuple(by_index.values())
        missing = [index for index in indices if index not in by_index]
        if missing:
            raise UserError(f"corpus {self.folder} has no house {missing[0]}; it has {', '.join(map(str, by_index))}")
        return tuple(by_index[index] for index in indices)

    def record(self, frame_set: str, house_name: str) -> FrameSetRecord:
        """The record of one house's frames. UserError when it is missing or the manifest says otherwise."""
        record = read_record(self.folder, frame_set, house_name)
        if record is None:
            raise UserError(
                f"corpus {self.folder} has no {frame_set} shard of {house_name}, or one of them or its record is "
                "missing; run the same generate command again"
            )
        row = self._rows.get(house_name)
        summary = row.shards.get(frame_set) if row else None
        samples = row.samples(frame_set) if row else None
        if (summary and summary.sha256 != record.sha256) or samples not in (None, record.samples):
            raise UserError(
                f"the record of the {frame_set} frames of {house_name} in {self.folder} contradicts the manifest: one "
                "of them was edited; run the same generate command again, or see what tst-sim verify says"
            )
        return record

    def frames_of(self, frame_set: str, house_name: str) -> HouseFrames:
        """One house's frames in a frame set; the index of its shards is read once and kept."""
        place = frame_set, house_name
        if place not in self._frames:
            record = self.record(frame_set, house_name)
            opened = {name: partial(layer.shards, record) for name, (layer, _) in self._layer_rows.items()}
            frames = open_frames(self.folder, record, opened)
            if len(frames.keys) != record.samples:
                raise UserError(
                    f"the {frame_set} shards of {house_name} in {self.folder} hold {len(frames.keys)} samples, "
                    f"their records say {record.samples}; delete them and run the same generate command again"
                )
            self._frames[place] = frames
        return self._frames[place]

    def shard(self, frame_set: str, house_name: str, number: int = 0) -> Shard:
        """One of the shards of a house's frame set, whose size is that of its record."""
        shards = open_frames(self.folder, self.record(frame_set, house_name)).shards
        if not 0 <= number < len(shards):
            raise UserError(f"{house_name} has {len(shards)} {frame_set} shards; there is no shard {number}")
        return shards[number]

    def keys(self, frame_set: str, houses: Sequence[str] | None = None) -> Iterator[tuple[str, str]]:
        """(house name, key) of every sample of a frame set, in a fixed order."""
        for name in houses if houses is not None else self.house_names:
            for key in self.frames_of(frame_set, name).keys:
                yield name, key

    def frame(self, key: str, modalities: Sequence[str] | None = None) -> dict[str, np.ndarray]:
        """One frame, arrays (h, w) or (h, w, c) in physical units: metres, unit vectors, ids; text as a 0-d array of
        type `str`."""
        frames = self._frames_with(key)
        rows = [self.row(name) for name in modalities or self.modalities]
        return {row.name: from_stored(row, frames.stored(key, row)) for row in rows}

    def frame_size(self, key: str) -> tuple[int, int]:
        """(width, height) of one frame, pixels."""
        values = self.metadata(key)
        return values["width"], values["height"]

    def metadata(self, key: str) -> dict[str, Any]:
        """Pose, intrinsics and instance table of one sample."""
        return self._frames_with(key).metadata(key)

    def _frames_with(self, key: str) -> HouseFrames:
        parts = key.rsplit("_", 2)
        if len(parts) != 3 or parts[0] not in self._rows or parts[1] not in FRAME_SETS:
            raise UserError(f"corpus {self.folder} has no sample {key!r}; keys() lists them")
        return self.frames_of(parts[1], parts[0])
