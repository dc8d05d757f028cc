"""One shard: a tar of samples, and the record beside it that says what the tar holds.

A frame set of one house is one shard, `<house>.tar`, or several of equally many frames (the last may have fewer),
`<house>-00000.tar`, `<house>-00001.tar`, ... Each has its record, `.json` in the place of `.tar`, written after it:
a shard without its record does not exist yet.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tst_sim.errors import UserError, one_line
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.modalities import MODALITIES, Frame, Modality, decode_stored, encode
from tst_sim.simulator import Instance
from tst_sim.storage import atomic_write, file_sha256, read_json, remove, write_json

TAR_BLOCK_BYTES = 512
SHA256 = re.compile(r"[0-9a-f]{64}")


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
        """The sample's JSON: one fixed schema, whatever the frame holds.

        `camera_to_world` and `intrinsics` are the truth. Angles and field of view say the same shorter: `roll` is
        there when the camera has one, `fov` when size and field of view are all there is to its lens.
        """
        return {
            "key": self.key,
            "room_id": self.room_id,
            "position": list(map(float, self.pose.position_m)),
            "yaw": float(self.pose.yaw_deg),
            "pitch": float(self.pose.pitch_deg),
            **({"roll": float(self.pose.roll_deg)} if self.pose.roll_deg else {}),
            **({"fov": float(self.intrinsics.fov_deg)} if self.intrinsics.is_centred else {}),
            "width": self.intrinsics.width,
            "height": self.intrinsics.height,
            "camera_to_world": self.pose.camera_to_world().tolist(),
            "intrinsics": self.intrinsics.matrix().tolist(),
            "instances": [asdict(row) for row in self.instances],
        }


@dataclass(frozen=True)
class ShardRecord:
    """The sidecar of a finished shard. Corpora of format 1 have one shard a frame set and no `number` and `count`."""

    house: str
    frame_set: str
    samples: int
    bytes: int
    sha256: str
    facts: dict[str, Any]
    """House digest, maker, and in the last shard of a frame set coverage and rejected poses: JSON values."""
    number: int = 0
    """Place of this shard among those of its house and frame set."""
    count: int = 1
    """Shards of this house and frame set."""


def shard_path(root: Path, frame_set: str, house_name: str, number: int = 0, count: int = 1) -> Path:
    """Path of shard `number` of the `count` shards of one house and frame set."""
    name = house_name if count == 1 else f"{house_name}-{number:05d}"
    return root / frame_set / f"{name}.tar"


def record_path(shard: Path) -> Path:
    """Path of the record beside a shard."""
    return shard.with_suffix(".json")


def write_shard(
    root: Path,
    frame_set: str,
    house_name: str,
    samples: Iterable[Sample],
    *,
    facts: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
    jpeg_quality: int | None = None,
    number: int = 0,
    count: int = 1,
    rows: Mapping[str, Modality] = MODALITIES,
) -> ShardRecord:
    """Write one shard and then its record, each appearing only when whole.

    `rows` say how a frame's modalities are stored. `facts` may be a function: it is called after the last sample, when
    measurements are complete. StorageError when the disk is full or read-only. Half-written files of killed processes
    are swept by the folder's owner, once: a look at thousands of shards for every new one would grow with their square.
    """
    path = shard_path(root, frame_set, house_name, number, count)
    remove(record_path(path))
    written = 0
    with (
        atomic_write(path, tidy=False) as file,
        tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for sample in samples:
            _add_sample(tar, sample, rows, jpeg_quality)
            written += 1
    known = dict(facts() if callable(facts) else facts)
    record = ShardRecord(
        house_name, frame_set, written, path.stat().st_size, file_sha256(path), known, number=number, count=count
    )
    write_json(record_path(path), asdict(record), tidy=False)
    return record


def _add_sample(tar: tarfile.TarFile, sample: Sample, rows: Mapping[str, Modality], jpeg_quality: int | None) -> None:
    for name, image in sample.frame.items():
        if name not in rows:
            raise UserError(f"{sample.key} holds {name}, which is none of {', '.join(rows)}")
        extension, data = encode(rows[name], image, jpeg_quality=jpeg_quality)
        add_file(tar, f"{sample.key}.{extension}", data)
    text = json.dumps(sample.metadata(), sort_keys=True, allow_nan=False)
    add_file(tar, f"{sample.key}.json", text.encode())


def add_file(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    """Append a file that says nothing of when and by whom it was written."""
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(data), 0, 0o644
    tar.addfile(info, io.BytesIO(data))


def read_shard_record(
    root: Path, frame_set: str, house_name: str, number: int = 0, count: int = 1
) -> ShardRecord | None:
    """The record of a finished shard, or None when it was not made yet. UserError when it is not a record of this
    shard. What it says of the tar (samples, size, sha256) is not compared with the tar here."""
    shard = shard_path(root, frame_set, house_name, number, count)
    path = record_path(shard)
    if not path.exists() or not shard.exists():
        return None
    values = read_json(path, what="a shard record")
    problem = _record_problem(values)
    if problem:
        raise UserError(f"{path} is not a shard record of this version ({problem}); delete it to make the shard again")
    record = ShardRecord(**values)
    place = {"house": house_name, "frame_set": frame_set, "number": number, "count": count}
    for name, expected in place.items():
        if getattr(record, name) != expected:
            raise UserError(f"{path} is the record of another shard: its {name} is {getattr(record, name)!r}")
    return record


_RECORD_TYPES: Mapping[str, type] = {
    "house": str,
    "frame_set": str,
    "samples": int,
    "bytes": int,
    "sha256": str,
    "facts": dict,
    "number": int,
    "count": int,
}


def _record_problem(values: Any) -> str | None:
    """The first thing that makes JSON no record."""
    if not isinstance(values, dict):
        return f"it holds {type(values).__name__}, not fields"
    needed = {field.name for field in fields(ShardRecord) if field.default is MISSING}
    wrong = sorted((needed - set(values)) | (set(values) - set(_RECORD_TYPES)))
    if wrong:
        return f"{wrong[0]} is {'missing' if wrong[0] in needed else 'no field of it'}"
    for name, value in values.items():
        if type(value) is not _RECORD_TYPES[name] or (isinstance(value, int) and value < 0):
            return f"{name} is {str(value)[:40]!r}"
    return None if SHA256.fullmatch(values["sha256"]) else f"sha256 is {values['sha256'][:40]!r}"


class Shard:
    """One finished shard, read by sample and modality without unpacking it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def files(self) -> dict[str, dict[str, tuple[int, int]]]:
        """{key: {extension: (offset, size)}} in the order of the tar. UserError when it is missing or damaged."""
        try:
            return _tar_index(self.path)
        except FileNotFoundError as error:
            raise UserError(f"shard {self.path} is missing; run the same generate command again") from error
        except (tarfile.TarError, OSError, ValueError) as error:
            raise UserError(f"shard {self.path} is damaged ({error}); delete it and generate again") from error

    @property
    def keys(self) -> tuple[str, ...]:
        """Sample keys in the order of the tar."""
        return tuple(self.files)

    def read(self, key: str, extension: str) -> bytes:
        """The bytes of one file of one sample."""
        files = self.files.get(key, {})
        if extension not in files:
            raise UserError(
                f"shard {self.path} has no {key}.{extension}; it holds {', '.join(files) or 'no such sample'}"
            )
        offset, size = files[extension]
        try:
            with open(self.path, "rb") as file:
                file.seek(offset)
                data = file.read(size)
        except OSError as error:
            raise UserError(f"shard {self.path} cannot be read ({error.strerror}); generate it again") from error
        if len(data) != size:
            raise UserError(f"shard {self.path} is cut short at {key}.{extension}; delete it and generate again")
        return data

    def stored(self, key: str, modality: Modality, size: tuple[int, int] | None = None) -> np.ndarray:
        """One modality (h, w) or (h, w, c) as stored, not yet in physical units. UserError when it is missing or no
        file of its row."""
        files = self.files.get(key, {})
        extension = next((name for name in modality.extensions if name in files), modality.extension)
        return decode_stored(modality, self.read(key, extension), size)

    def metadata(self, key: str) -> dict[str, Any]:
        """Pose, intrinsics and instance table of one sample. UserError when they are no JSON."""
        try:
            return json.loads(self.read(key, "json"))
        except (ValueError, RecursionError) as error:
            if isinstance(error, UserError):
                raise
            raise UserError(f"shard {self.path}: {key}.json cannot be read as JSON ({one_line(error)})") from error


def _tar_index(path: Path) -> dict[str, dict[str, tuple[int, int]]]:
    """Every file of a tar by key and extension.

    Stricter than `tarfile`, which ends without a word at a damaged header and believes any size: ValueError or
    TarError unless the tar is plain files, each once and within the tar, up to an end mark.
    """
    index: dict[str, dict[str, tuple[int, int]]] = {}
    size = path.stat().st_size
    with open(path, "rb") as file:
        while (header := file.read(TAR_BLOCK_BYTES)) != bytes(TAR_BLOCK_BYTES):
            start = file.tell()
            if not header:
                raise ValueError("it has no end-of-archive mark: cut short")
            info = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
            if info.type != tarfile.REGTYPE:
                raise ValueError(f"{info.name!r} is not a plain file")
            if not 0 <= info.size <= size - start:
                raise ValueError(f"{info.name!r} reaches beyond the end: cut short, or a wrong size")
            key, _, extension = info.name.partition(".")
            if extension in index.setdefault(key, {}):
                raise ValueError(f"{info.name!r} is there twice")
            index[key][extension] = start, info.size
            file.seek(start + -(-info.size // TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES)
    return index
