"""The corpus on disk: the contract between making frames and learning from them.

    corpus/
      manifest.json                        written last: format, classes, conventions, houses, config
      contact-sheet.png
      pretrain/procthor-train-000017.tar   WebDataset: <key>.rgb.png .depth.png ... .json
      pretrain/procthor-train-000017.json  its record: count, sha256, house, coverage; written after the tar
      eval/procthor-train-000017.tar

A shard without its record does not exist yet. Everything is byte-identical for the same settings:
no time, host or worker goes into any file.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tst_sim.errors import UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.modalities import MODALITIES, Frame, Modality, decode_stored, encode, from_stored
from tst_sim.simulator import Instance
from tst_sim.storage import atomic_write, file_sha256, read_json, write_json

FORMAT_VERSION = 1
FRAME_SETS = ("pretrain", "eval")
MANIFEST = "manifest.json"


def sample_key(house_name: str, frame_set: str, frame: int) -> str:
    """`procthor-train-000017_pretrain_000003`: no dots, sortable, unique in any corpus."""
    return f"{house_name}_{frame_set}_{frame:06d}"


@dataclass(frozen=True)
class Sample:
    """A frame with what is known of it, under one key."""

    key: str
    frame: Frame
    pose: Pose
    intrinsics: Intrinsics
    instances: tuple[Instance, ...]
    """Those visible in the frame, by rising id."""
    room_id: str = ""

    def metadata(self) -> dict[str, Any]:
        """The sample's JSON: one fixed schema, whatever the frame holds."""
        return {
            "key": self.key,
            "room_id": self.room_id,
            "position": list(map(float, self.pose.position_m)),
            "yaw": float(self.pose.yaw_deg),
            "pitch": float(self.pose.pitch_deg),
            "fov": float(self.intrinsics.fov_deg),
            "width": self.intrinsics.width,
            "height": self.intrinsics.height,
            "camera_to_world": self.pose.camera_to_world().tolist(),
            "intrinsics": self.intrinsics.matrix().tolist(),
            "instances": [asdict(row) for row in self.instances],
        }


@dataclass(frozen=True)
class ShardRecord:
    """What the sidecar of a finished shard says."""

    house: str
    frame_set: str
    samples: int
    bytes: int
    sha256: str
    facts: dict[str, Any]
    """House digest, coverage, rejected poses, ...: facts that belong to this shard, JSON values."""


def shard_path(root: Path, frame_set: str, house_name: str) -> Path:
    """Where the shard of one house and frame set lies."""
    return root / frame_set / f"{house_name}.tar"


def write_shard(
    root: Path,
    frame_set: str,
    house_name: str,
    samples: Iterable[Sample],
    *,
    facts: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
    jpeg_quality: int | None = None,
) -> ShardRecord:
    """Write one shard and then its record, each appearing only when whole.

    `facts` may be a function: it is called after the last sample, when measurements are complete.
    """
    path = shard_path(root, frame_set, house_name)
    path.with_suffix(".json").unlink(missing_ok=True)
    count = 0
    with atomic_write(path) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for sample in samples:
            _add_sample(tar, sample, jpeg_quality)
            count += 1
    known = dict(facts() if callable(facts) else facts)
    record = ShardRecord(house_name, frame_set, count, path.stat().st_size, file_sha256(path), known)
    write_json(path.with_suffix(".json"), asdict(record))
    return record


def _add_sample(tar: tarfile.TarFile, sample: Sample, jpeg_quality: int | None) -> None:
    for name, image in sample.frame.items():
        extension, data = encode(MODALITIES[name], image, jpeg_quality=jpeg_quality)
        _add_file(tar, f"{sample.key}.{extension}", data)
    text = json.dumps(sample.metadata(), sort_keys=True, allow_nan=False)
    _add_file(tar, f"{sample.key}.json", text.encode())


def _add_file(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(data), 0, 0o644
    tar.addfile(info, io.BytesIO(data))


def read_record(root: Path, frame_set: str, house_name: str) -> ShardRecord | None:
    """The record of a finished shard, or None when it was not made yet."""
    path = shard_path(root, frame_set, house_name).with_suffix(".json")
    if not path.exists() or not path.with_suffix(".tar").exists():
        return None
    values = read_json(path, what="a shard record")
    try:
        return ShardRecord(**values)
    except TypeError as error:
        raise UserError(f"{path} is not a shard record of this version; delete it to make the shard again") from error


class Shard:
    """One finished shard, read by sample and modality without unpacking it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _members(self) -> dict[str, dict[str, tuple[int, int]]]:
        """{key: {extension: (offset, size)}} in the order of the tar."""
        members: dict[str, dict[str, tuple[int, int]]] = {}
        try:
            with tarfile.open(self.path, "r:") as tar:
                for info in tar:
                    key, _, extension = info.name.partition(".")
                    members.setdefault(key, {})[extension] = (info.offset_data, info.size)
        except FileNotFoundError as error:
            raise UserError(f"shard {self.path} is missing; run the same generate command again") from error
        except tarfile.TarError as error:
            raise UserError(f"shard {self.path} is damaged ({error}); delete it and generate again") from error
        return members

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._members)

    def read(self, key: str, extension: str) -> bytes:
        """The bytes of one file of one sample."""
        files = self._members.get(key, {})
        if extension not in files:
            raise UserError(
                f"shard {self.path} has no {key}.{extension}; it holds {', '.join(files) or 'no such sample'}"
            )
        offset, size = files[extension]
        with open(self.path, "rb") as file:
            file.seek(offset)
            data = file.read(size)
        if len(data) != size:
            raise UserError(f"shard {self.path} is cut short at {key}.{extension}; delete it and generate again")
        return data

    def stored(self, key: str, modality: Modality) -> np.ndarray:
        """One modality as stored (uint8 or uint16), not yet in physical units."""
        extension = modality.extension
        if modality.name == "rgb" and extension not in self._members.get(key, {}):
            extension = "rgb.jpg"
        return decode_stored(modality, self.read(key, extension))

    def metadata(self, key: str) -> dict[str, Any]:
        return json.loads(self.read(key, "json"))


class Corpus:
    """A finished corpus: `Corpus(folder)`, then `keys()`, `frame(key)`, `metadata(key)`, iteration."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.manifest: dict[str, Any] = read_json(
            self.folder / MANIFEST, what="a finished corpus; make one with: tst-sim generate --out " + str(folder)
        )
        self._shards: dict[Path, Shard] = {}
        version = self.manifest.get("format_version")
        if version != FORMAT_VERSION:
            raise UserError(f"corpus {folder} has format version {version}, this code reads {FORMAT_VERSION}")

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.manifest["classes"])

    @property
    def modalities(self) -> tuple[str, ...]:
        return tuple(row["name"] for row in self.manifest["modalities"])

    @property
    def house_names(self) -> tuple[str, ...]:
        return tuple(row["name"] for row in self.manifest["houses"])

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of every frame, pixels."""
        return self.manifest["width"], self.manifest["height"]

    def houses_at(self, indices: Sequence[int] | None) -> tuple[str, ...]:
        """Names of the houses with these source indices (None: all); a missing one is a UserError."""
        by_index = {row["index"]: row["name"] for row in self.manifest["houses"]}
        if indices is None:
            return tuple(by_index.values())
        missing = [index for index in indices if index not in by_index]
        if missing:
            raise UserError(f"corpus {self.folder} has no house {missing[0]}; it has {', '.join(map(str, by_index))}")
        return tuple(by_index[index] for index in indices)

    def shard(self, frame_set: str, house_name: str) -> Shard:
        """One house's shard of a frame set; its index is read once and kept."""
        path = shard_path(self.folder, frame_set, house_name)
        if path not in self._shards:
            record = read_record(self.folder, frame_set, house_name)
            if record is not None and path.stat().st_size != record.bytes:
                raise UserError(
                    f"shard {path} is {path.stat().st_size} bytes long, its record says {record.bytes}; "
                    "delete it and run the same generate command again"
                )
            self._shards[path] = Shard(path)
        return self._shards[path]

    def keys(self, frame_set: str, houses: Sequence[str] | None = None) -> Iterator[tuple[str, str]]:
        """(house name, key) of every sample of a frame set, in a fixed order."""
        for name in houses if houses is not None else self.house_names:
            for key in self.shard(frame_set, name).keys:
                yield name, key

    def frame(self, key: str, modalities: Sequence[str] | None = None) -> dict[str, np.ndarray]:
        """One frame in physical units: metres, unit vectors, ids."""
        house_name, frame_set, _ = key.rsplit("_", 2)
        shard = self.shard(frame_set, house_name)
        rows = [MODALITIES[name] for name in modalities or self.modalities]
        return {row.name: from_stored(row, shard.stored(key, row)) for row in rows}

    def metadata(self, key: str) -> dict[str, Any]:
        """Pose, intrinsics and instance table of one sample."""
        house_name, frame_set, _ = key.rsplit("_", 2)
        return self.shard(frame_set, house_name).metadata(key)
