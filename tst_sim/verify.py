"""Re-read a corpus from its bytes up and say what is wrong where.

Files: presence, size, sha256, end-of-archive mark, counts. Samples: keys, file set, decoding, sizes, the schema of the
JSON, labels against the instance table. Alignment: depth against normals, depth and instances between frames.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tst_sim.config import differences
from tst_sim.corpus import FORMAT_VERSION, FRAME_SETS, MANIFEST, Corpus, Shard, read_record, shard_path
from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES
from tst_sim.sample_check import SampleCheck
from tst_sim.storage import file_sha256

PLAN = "plan.json"
NEEDED = ("modalities", "classes", "conventions", "config", "houses", "quarantined", "width", "height", "fov_deg")
MOST_FAULTS_PER_SHARD = 20
TAR_RECORD_BYTES = 10240
"""Tar files are padded with zeros to a multiple of this; the last two blocks of 512 are the end mark."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong."""

    where: str
    """File, and key where there is one, relative to the corpus."""
    what: str


@dataclass(frozen=True)
class ShardReport:
    """What was found in one shard."""

    shard: str
    samples: int
    faults: tuple[Fault, ...]
    shards: int = 0
    """Of the whole corpus, in the first report."""


def verify(folder: str | os.PathLike[str], *, workers: int = 0) -> Iterator[ShardReport]:
    """One report for the folder itself, then one for each shard, in order. `workers` processes share the reading.

    UserError when the folder is no corpus at all.
    """
    root = Path(folder)
    if not (root / MANIFEST).exists() and not (root / PLAN).exists():
        raise UserError(f"{root} is no corpus: it has no {MANIFEST}; make one with: tst-sim generate --out {root}")
    faults = list(_folder_faults(root))
    if faults:
        yield ShardReport(MANIFEST, 0, tuple(faults))
        return
    houses = Corpus(root).manifest["houses"]
    yield ShardReport(MANIFEST, 0, (), len(houses) * len(FRAME_SETS))
    jobs = [(str(root), name, index) for index in range(len(houses)) for name in FRAME_SETS]
    if workers == 0 or len(jobs) < 4:
        yield from map(_verify_shard, jobs)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(_verify_shard, jobs)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _folder_faults(root: Path) -> Iterator[Fault]:
    """What makes the manifest unusable, or no shard belong to it."""
    if not (root / MANIFEST).exists():
        yield Fault(MANIFEST, "missing: the corpus is not finished; run the same generate command again")
        return
    try:
        manifest = Corpus(root).manifest
        missing = [key for key in NEEDED if key not in manifest]
    except UserError as error:
        yield Fault(MANIFEST, str(error))
        return
    if missing:
        yield Fault(MANIFEST, f"lacks {', '.join(missing)}; format version {FORMAT_VERSION} has them")
        return
    for row in manifest["modalities"]:
        ours = MODALITIES.get(row.get("name"))
        changes = differences(ours.describe(), row) if ours else ["no such modality"]
        if changes:
            yield Fault(MANIFEST, f"modality {row.get('name')!r} is not this version's: {'; '.join(changes)}")
    known = {shard_path(root, name, row["name"]) for row in manifest["houses"] for name in FRAME_SETS}
    for path in sorted(path for name in FRAME_SETS for path in (root / name).glob("*.tar")):
        if path not in known:
            yield Fault(str(path.relative_to(root)), "is not in the manifest; it belongs to another corpus or to none")


def _verify_shard(job: tuple[str, str, int]) -> ShardReport:
    folder, frame_set, number = job
    root = Path(folder)
    corpus = Corpus(root)
    row = corpus.manifest["houses"][number]
    path = shard_path(root, frame_set, row["name"])
    where = str(path.relative_to(root))
    faults = [Fault(where, what) for what in _file_faults(root, frame_set, row)]
    samples = 0
    for key, what in _sample_faults(corpus, frame_set, row):
        if what is None:
            samples += 1
        elif len(faults) < MOST_FAULTS_PER_SHARD:
            faults.append(Fault(f"{where}: {key}" if key else where, what))
    expected = row["frames" if frame_set == "pretrain" else "eval_frames"]
    if samples != expected and not faults:
        faults.append(Fault(where, f"holds {samples} samples, the manifest says {expected}"))
    return ShardReport(where, samples, tuple(faults))


def _file_faults(root: Path, frame_set: str, row: dict[str, Any]) -> Iterator[str]:
    """Presence, record, size, hash and end mark of one shard file."""
    path = shard_path(root, frame_set, row["name"])
    if not path.exists():
        yield "missing; run the same generate command again"
        return
    try:
        record = read_record(root, frame_set, row["name"])
    except UserError as error:
        yield str(error)
        record = None
    stated = row["shards"][frame_set]
    if record is None:
        yield f"its record {path.with_suffix('.json').name} is missing or unusable"
    elif asdict(record)["sha256"] != stated["sha256"]:
        yield "its record and the manifest state different hashes"
    size = path.stat().st_size
    if size != stated["bytes"]:
        yield f"is {size} bytes long, the manifest says {stated['bytes']}: cut short or overwritten"
    elif file_sha256(path) != stated["sha256"]:
        yield "its bytes are not those the manifest states (sha256 differs): damaged or edited"
    if size % TAR_RECORD_BYTES or not _ends_in_zeros(path):
        yield "has no end-of-archive mark: cut short"


def _ends_in_zeros(path: Path) -> bool:
    with open(path, "rb") as file:
        file.seek(-min(1024, path.stat().st_size), os.SEEK_END)
        return file.read() == bytes(1024)


def _sample_faults(corpus: Corpus, frame_set: str, row: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """(key, fault) for everything wrong in a shard's samples, and (key, None) for each sample that was read."""
    shard = Shard(shard_path(corpus.folder, frame_set, row["name"]))
    try:
        keys: Sequence[str] = shard.keys
    except UserError as error:
        if shard.path.exists():
            yield "", str(error)
        return
    check = SampleCheck(corpus, frame_set, row["name"])
    for number, key in enumerate(keys):
        try:
            for what in check.faults(shard, key, number):
                yield key, what
        except UserError as error:
            yield key, str(error)
        except (KeyError, TypeError, ValueError, IndexError, json.JSONDecodeError) as error:
            yield key, f"cannot be read: {type(error).__name__}: {error}"
        yield key, None
