"""Decoded frames, kept as memory-mapped arrays of stored integers.

One `.npy` file per house, frame set and modality, named after the content of its shards, so that any choice of houses
and modalities shares it and shards that were made again never meet an old cache:

    <corpus>/cache/<frame set>/<house>-<first 12 digits of their sha256>.<modality>.by<k>.npy   (n, h, w[, c])
    <corpus>/cache/<frame set>/<house>-<first 12 digits of their sha256>.keys                 sample keys

What comes from a layer is named after the content of the layer's tars instead.

Frames at least twice as large as needed are reduced by a whole number k: by the mean of k x k pixels, or by
taking one of them, as the modality's row resamples. Files appear whole or not at all; two processes that make
the same file make the same bytes, so that nobody owns the folder. Every file ends in a checksum
(`tst_sim.sealed`) and is read through once before it is used: what is damaged is made anew.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from training.data.computed import COMPUTED
from training.data.rows import layer_digests, rows_of
from tst_sim.corpus import Corpus, HouseFrames
from tst_sim.errors import UserError
from tst_sim.modalities import Kind, Modality, Origin, Resampling
from tst_sim.partial_files import sweep
from tst_sim.sealed import is_sound, read_sealed, write_sealed
from tst_sim.storage import data_root, existing_folder, file_sha256

OPEN_MAPS = 256
"""Arrays mapped at a time: each holds a file descriptor, and a process has about a thousand."""

MAX_READERS = 8
"""Threads that read cached files through; checksums are computed beside each other."""

TEXT_BYTES = 400
"""Disk set aside for a frame's text: numpy keeps four bytes a letter, as many as the longest text has."""

OnCache = Callable[[int, int], None]
"""Called with (shards decoded, shards to decode) while the cache is made."""


class FrameStore:
    """Stored integers of a corpus's frames by number and modality, from the cache or decoded on the fly.

    `keys[i]` is the sample key of frame i; the order is the corpus's. `notice` says in one sentence
    why frames are decoded on the fly, if they are.
    """

    def __init__(
        self,
        corpus: Corpus,
        frame_set: str,
        houses: Sequence[str] | None,
        modalities: Sequence[str],
        *,
        size: int | None = None,
        limit_bytes: float = float("inf"),
        on_cache: OnCache | None = None,
        data_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        self.corpus, self.frame_set = corpus, frame_set
        self.rows = rows_of(corpus, modalities)
        self.modalities = tuple(row.name for row in self.rows)
        self._row = {row.name: row for row in self.rows}
        self.houses = tuple(corpus.house_names if houses is None else houses)
        records = [corpus.record(frame_set, house) for house in self.houses]
        self._shard_digests = tuple(tuple(shard.sha256 for shard in record.shards) for record in records)
        self._digests = tuple(record.sha256 for record in records)
        self._row_digests = {
            row.name: tuple(corpus.sha256_of(frame_set, house, row.source or row.name) for house in self.houses)
            for row in self.rows
        }
        self._starts = np.cumsum([0, *(record.samples for record in records)])
        if not len(self):
            raise UserError(f"corpus {corpus.folder} has no {frame_set} frames of the chosen houses")
        self.reduction = max(1, min(corpus.size) // size) if size else 1
        self.notice = ""
        self._remember()
        self._folder = self._choose_folder(limit_bytes, data_dir)
        self.keys = tuple(key for house in range(len(self.houses)) for key in self._keys(house))
        if self._folder is not None:
            self._fill(on_cache)

    def _remember(self) -> None:
        """Open maps and checked shards belong to one process."""
        self._open = lru_cache(maxsize=OPEN_MAPS)(self._map)
        self._checked = lru_cache(maxsize=None)(self._frames)

    def __getstate__(self) -> dict[str, Any]:
        """For pickle: another process opens and checks files itself, whatever its working folder."""
        state = {name: value for name, value in self.__dict__.items() if name not in ("_open", "_checked")}
        return state | {"_folder": self._folder.absolute() if self._folder else None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._remember()

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def data_fingerprint(self) -> dict[str, str]:
        """{house: sha256 of its shard}: what the frames are, whoever made them."""
        return dict(zip(self.houses, self._digests))

    @property
    def layer_fingerprint(self) -> dict[str, str]:
        """{layer: sha256}: the layers that the modalities come from, beside the shards."""
        return layer_digests(self.corpus, self.rows)

    def gather(self, modality: str, indices: Sequence[int]) -> np.ndarray:
        """Frames (b, h, w[, c]) as stored values; of text (b,) strings."""
        return np.stack([self._one(modality, int(index)) for index in indices])

    def _one(self, modality: str, index: int) -> np.ndarray:
        house = int(np.searchsorted(self._starts, index, side="right")) - 1
        if self._folder is None:
            return self._decoded(modality, house, self.keys[index])
        return self._open(modality, house)[index - self._starts[house]]

    def _decoded(self, modality: str, house: int, key: str) -> np.ndarray:
        row = self._row[modality]
        if row.origin is not Origin.COMPUTED:
            stored = self._checked(house).stored(key, row)
            _check_tokens(stored, row, key)
            return reduce(stored, self.reduction, row)
        source = self.corpus.row(row.source)
        stored = reduce(self._checked(house).stored(key, source), self.reduction, source)
        return COMPUTED.named(modality)(stored)

    def _frames(self, house: int) -> HouseFrames:
        """The frames of a house, once the bytes of its shards are known to be those of their records."""
        frames = self.corpus.frames_of(self.frame_set, self.houses[house])
        for shard, digest in zip(frames.shards, self._shard_digests[house], strict=True):
            if file_sha256(shard.path) != digest:
                raise UserError(
                    f"shard {shard.path} is damaged: it differs from its record; delete it and generate again"
                )
        for name in self.layer_fingerprint:
            self._check_layer(name, house)
        return frames

    def _check_layer(self, name: str, house: int) -> None:
        """UserError when a tar of a layer differs from its record."""
        layer, record = self.corpus.layers[name], self.corpus.record(self.frame_set, self.houses[house])
        for shard, stated in zip(layer.shards(record), layer.records(record), strict=True):
            if file_sha256(shard.path) != stated.sha256:
                raise UserError(f"{shard.path} is damaged: it differs from its record; write layer {name} again")

    def _keys(self, house: int) -> tuple[str, ...]:
        """Sample keys of a house, from the cache: reading a tar's index takes long for many houses."""
        path = None if self._folder is None else self._file(house, "keys")
        kept = read_sealed(path) if path is not None else None
        if kept is not None:
            return tuple(json.loads(kept))
        keys = self._checked(house).keys
        if path is not None:
            with write_sealed(path) as file:
                file.write(json.dumps(keys).encode())
        return keys

    def _file(self, house: int, ending: str, digest: str | None = None) -> Path:
        assert self._folder is not None
        digits = (digest or self._digests[house])[:12]
        return self._folder / self.frame_set / f"{self.houses[house]}-{digits}.{ending}"

    def _path(self, modality: str, house: int) -> Path:
        return self._file(house, f"{modality}.by{self.reduction}.npy", self._row_digests[modality][house])

    def _map(self, modality: str, house: int) -> np.ndarray:
        return np.load(self._path(modality, house), mmap_mode="r", allow_pickle=False)

    def _choose_folder(self, limit_bytes: float, data_dir: str | os.PathLike[str] | None) -> Path | None:
        """Beside the shards, else in the data root; None when the limit or the disk is too small, or both read-only."""
        width, height = (side // self.reduction for side in self.corpus.size)
        needed = len(self) * sum(_bytes(row, width, height, self.reduction) for row in self.rows)
        if needed > limit_bytes:
            self.notice = f"decoded frames would take {needed / 1e9:.1f} GB, the limit is {limit_bytes / 1e9:.1f} GB"
            return None
        beside = self.corpus.folder / "cache"
        folder = next(
            (place for place in (beside, data_root(data_dir) / "cache" / self.corpus.folder.name) if _writable(place)),
            None,
        )
        if folder is None:
            self.notice = f"neither {self.corpus.folder} nor the data root {data_root(data_dir)} can be written"
            return None
        sweep(folder / self.frame_set)
        if needed > shutil.disk_usage(existing_folder(folder)).free:
            self.notice = f"decoded frames would take {needed / 1e9:.1f} GB, more than the disk has free"
            return None
        return folder

    def _fill(self, on_cache: OnCache | None) -> None:
        """Read every file that is there through, and make those that are missing or damaged."""
        places = [(house, name) for house in range(len(self.houses)) for name in self.modalities]
        with ThreadPoolExecutor(min(MAX_READERS, os.cpu_count() or 1)) as readers:
            sound = dict(zip(places, readers.map(lambda place: is_sound(self._path(place[1], place[0])), places)))
        missing = [
            (house, absent)
            for house in range(len(self.houses))
            if (absent := [name for name in self.modalities if not sound[house, name]])
        ]
        for done, (house, absent) in enumerate(missing):
            if on_cache:
                on_cache(done, len(missing))
            for name in absent:
                self._make(name, house)
        if on_cache and missing:
            on_cache(len(missing), len(missing))

    def _make(self, modality: str, house: int) -> None:
        keys = self.keys[self._starts[house] : self._starts[house + 1]]
        frames = [self._decoded(modality, house, key) for key in keys]
        with write_sealed(self._path(modality, house)) as file:
            np.save(file, np.stack(frames), allow_pickle=False)


def _writable(folder: Path) -> bool:
    """True when files can be made in a folder, or in the nearest one above it that exists."""
    place = existing_folder(folder.absolute())
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)


def _bytes(row: Modality, width: int, height: int, reduction: int) -> int:
    """Bytes of one decoded frame of a modality, at most; of a text a guess."""
    if row.kind is Kind.TEXT:
        return TEXT_BYTES
    cell = max(1, row.channels) * np.dtype(row.stored_dtype).itemsize
    return width * height * cell if row.stride == 1 else width * height * cell * reduction**2 // row.stride**2


def _check_tokens(stored: np.ndarray, row: Modality, key: str) -> None:
    """UserError for an entry beyond the codebook, which no model could predict."""
    if row.kind is Kind.TOKENS and row.vocabulary:
        ids = stored if row.invalid is None else stored[stored != row.invalid]
        if ids.size and not 0 <= int(ids.min()) <= int(ids.max()) < row.vocabulary:
            raise UserError(
                f"sample {key}: {row.name} has ids from {ids.min()} to {ids.max()}; its vocabulary has {row.vocabulary}"
            )


def reduce(stored: np.ndarray, factor: int, row: Modality) -> np.ndarray:
    """Shrink (h, w[, c]) by a whole factor: by the mean of each cell, or by its middle pixel, as the row resamples.

    What lies on a coarser grid than the frame's stays as it is.
    """
    if factor == 1 or row.stride > 1 or row.kind is Kind.TEXT:
        return stored
    height, width = (side // factor * factor for side in stored.shape[:2])
    if row.resampling is Resampling.NEAREST:
        return np.ascontiguousarray(stored[factor // 2 : height : factor, factor // 2 : width : factor])
    cells = stored[:height, :width].reshape(height // factor, factor, width // factor, factor, *stored.shape[2:])
    mean = cells.mean(axis=(1, 3), dtype=np.float32)
    return (np.rint(mean) if stored.dtype.kind in "ui" else mean).astype(stored.dtype)
