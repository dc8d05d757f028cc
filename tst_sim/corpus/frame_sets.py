"""The frames of one house in one frame set (`pretrain` or `eval`): their division into shards, records and reading."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tst_sim.corpus.shards import Shard, ShardRecord, read_shard_record, record_path, shard_path
from tst_sim.errors import UserError
from tst_sim.modalities import Modality
from tst_sim.storage import read_json

FRAME_SETS = ("pretrain", "eval")


def shard_spans(frames: int, shard_frames: int) -> tuple[range, ...]:
    """Frame numbers of each shard: `shard_frames` each, the last with the rest. No frame at all is one empty shard."""
    starts = range(0, max(frames, 1), shard_frames)
    return tuple(range(start, min(start + shard_frames, frames)) for start in starts)


def joined_sha256(digests: Iterable[str]) -> str:
    """sha256 of hex digests, one after another: what several files are together."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()


@dataclass(frozen=True)
class FrameSetRecord:
    """The records of all shards of one house and frame set, added up."""

    shards: tuple[ShardRecord, ...]

    @property
    def house(self) -> str:
        """Name of the house."""
        return self.shards[0].house

    @property
    def frame_set(self) -> str:
        """`pretrain` or `eval`."""
        return self.shards[0].frame_set

    @property
    def samples(self) -> int:
        """Frames in all shards."""
        return sum(shard.samples for shard in self.shards)

    @property
    def bytes(self) -> int:
        """Size of all shards."""
        return sum(shard.bytes for shard in self.shards)

    @property
    def sha256(self) -> str:
        """Of the shard's bytes; of several: of their hex digests, one after another."""
        if len(self.shards) == 1:
            return self.shards[0].sha256
        return joined_sha256(shard.sha256 for shard in self.shards)

    @property
    def facts(self) -> dict[str, Any]:
        """Those of the last shard, which was written when all measurements were complete."""
        return self.shards[-1].facts

    def summary(self) -> dict[str, Any]:
        """The manifest's words for these shards: sha256 and bytes, and their number when there are several."""
        several = {"count": len(self.shards)} if len(self.shards) > 1 else {}
        return {"sha256": self.sha256, "bytes": self.bytes, **several}


def read_record(root: Path, frame_set: str, house_name: str) -> FrameSetRecord | None:
    """The records of one house and frame set, or None while one of its shards is missing.

    UserError when one of them is not the record of its shard.
    """
    count = _shard_count(root, frame_set, house_name)
    records = []
    for number in range(count):
        record = read_shard_record(root, frame_set, house_name, number, count)
        if record is None:
            return None
        records.append(record)
    return FrameSetRecord(tuple(records)) if records else None


def _shard_count(root: Path, frame_set: str, house_name: str) -> int:
    """How many shards there should be, by the first record; 0 when there is none."""
    if record_path(shard_path(root, frame_set, house_name)).exists():
        return 1
    first = record_path(shard_path(root, frame_set, house_name, 0, 2))
    if not first.exists():
        return 0
    values = read_json(first, what="a shard record")
    count = values.get("count") if isinstance(values, dict) else None
    if type(count) is not int or count < 2:
        raise UserError(f"{first} is not a shard record of this version; delete it to make the shard again")
    return count


class HouseFrames:
    """The frames of one house in a frame set, read from its shards in order as if they were one.

    `layers`: for each modality that lies beside the shards what opens its tars, one for each shard, at first use.
    """

    def __init__(
        self, shards: Sequence[Shard], layers: Mapping[str, Callable[[], Sequence[Shard]]] | None = None
    ) -> None:
        self.shards = tuple(shards)
        self._layers = dict(layers or {})
        self._opened: dict[str, tuple[Shard, ...]] = {}

    @cached_property
    def _number_of(self) -> dict[str, int]:
        return {key: number for number, shard in enumerate(self.shards) for key in shard.keys}

    @property
    def keys(self) -> tuple[str, ...]:
        """Sample keys in the order of the frames."""
        return tuple(self._number_of)

    def _number(self, key: str) -> int:
        if key not in self._number_of:
            raise UserError(f"shard {self.shards[0].path} has no sample {key}")
        return self._number_of[key]

    def stored(self, key: str, modality: Modality) -> np.ndarray:
        """One modality (h, w) or (h, w, c) as stored, not yet in physical units; from its layer where it lies in
        one."""
        name, shards = modality.name, self.shards
        if name in self._layers:
            if name not in self._opened:
                self._opened[name] = tuple(self._layers[name]())
            shards = self._opened[name]
        return shards[self._number(key)].stored(key, modality)

    def metadata(self, key: str) -> dict[str, Any]:
        """Pose, intrinsics and instance table of one sample."""
        return self.shards[self._number(key)].metadata(key)


def open_frames(
    root: Path, record: FrameSetRecord, layers: Mapping[str, Callable[[], Sequence[Shard]]] | None = None
) -> HouseFrames:
    """The frames that a record speaks of. UserError when a shard has another size than its record says."""
    shards = []
    for row in record.shards:
        path = shard_path(root, row.frame_set, row.house, row.number, row.count)
        if path.stat().st_size != row.bytes:
            raise UserError(
                f"shard {path} is {path.stat().st_size} bytes long, its record says {row.bytes}; "
                "delete it and run the same generate command again"
            )
        shards.append(Shard(path))
    return HouseFrames(shards, layers)


def shard_paths(root: Path, frame_set: str, house_name: str) -> Iterator[Path]:
    """Every shard of a house and frame set that lies in the folder, whether finished or not."""
    single = shard_path(root, frame_set, house_name)
    if single.exists():
        yield single
    yield from sorted((root / frame_set).glob(f"{house_name}-[0-9]*.tar"))
