"""The plan of a corpus: its settings and folder, the houses to make, what is finished, and an estimate."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generators.config import GenerateConfig
from generators.sources.house_source import SOURCES, is_named
from generators.sources.houses import HouseSource, open_house_source
from tst_sim import __version__
from tst_sim.cluster.address import asked_for
from tst_sim.cluster.cpus import usable_cpus
from tst_sim.config import as_dict, differences, fingerprint
from tst_sim.corpus import (
    FRAME_SETS,
    MANIFEST,
    FrameSetRecord,
    ShardRecord,
    read_shard_record,
    shard_path,
    shard_spans,
)
from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES, Kind, Modality, modalities_named
from tst_sim.owners import Holder, is_vacant, owned
from tst_sim.packs.names import PACKS, place_of
from tst_sim.packs.selection import open_packs
from tst_sim.partial_files import sweep
from tst_sim.registry import used_plugins
from tst_sim.storage import data_root, existing_folder, file_sha256, read_json, write_json

PLAN = "plan.json"
OnHeld = Callable[[Holder | None], None]
"""Called with the owner of a folder that is in use, before it is waited for."""


@dataclass(frozen=True)
class Plan:
    """A corpus as it was asked for: the bytes of its shards follow from this, the code and the driver."""

    config: GenerateConfig
    houses: tuple[int, ...]
    source: Mapping[str, Any]
    """The house source's identity; for files with a digest of the houses asked for."""
    assets: Sequence[Mapping[str, Any]] = ({"name": "builtin"},)
    """The asset packs: names, digests, files, credits."""

    def settings(self) -> dict[str, Any]:
        """JSON values that two runs must share to work on one folder; free of paths, so that folders can move."""
        values = as_dict(self.config)
        if not is_named(self.config.source):
            values["source"] = self.source["source"]
        del values["thor"]
        values["assets"] = [
            " ".join([row["name"], *([row["digest"]] if "digest" in row else [])]) for row in self.assets
        ]
        if self.config.simulator == "thor":
            values["thor"] = self.config.thor.identity()
        if plugins := plugins_of(self.config):
            values["plugins"] = [f"{record['name']} {record['sha256']}" for record in plugins]
        return {"config": values, "houses": house_ranges(self.houses), "source": dict(self.source)}

    def default_folder(self, data_dir: str | os.PathLike[str] | None) -> Path:
        """Where this corpus lives in the data root; other settings live beside it."""
        name = f"{self.source['source']}-{self.config.split}-{fingerprint(self.settings())}"
        return data_root(data_dir) / "corpora" / name

    def spans(self, frame_set: str) -> tuple[range, ...]:
        """Frame numbers of each shard of a house."""
        return shard_spans(self.config.frames_in(frame_set), self.config.output.shard_frames)

    def house_name(self, index: int) -> str:
        """The name a source gives house `index`, known before the house is made."""
        return f"{self.source['source']}-{self.config.split}-{index:06d}"


def plugins_of(config: GenerateConfig) -> list[dict[str, str]]:
    """The records of the users' plug-ins that a corpus is made with."""
    modalities = [(MODALITIES, name) for name in config.modalities]
    packs = [(PACKS, place_of(name)[0]) for name in config.assets]
    return used_plugins((SOURCES, config.source.partition("@")[0]), *modalities, *packs)


@dataclass(frozen=True)
class HouseJob:
    """One house, the frame sets that are not finished, and the shards of them that are: (frame set, number)."""

    index: int
    frame_sets: tuple[str, ...]
    kept: tuple[tuple[str, int], ...] = ()


Finished = Mapping[tuple[int, str], Mapping[int, ShardRecord]]
"""{(house index, frame set): {shard number: record}} of the shards that are whole."""


def make_plan(config: GenerateConfig, houses: Sequence[int] | None) -> Plan:
    """A plan for some house indices; None: every house of the files. UserError when there are no such houses."""
    source = open_house_source(config.source, config.split, config.thor)
    total = len(source) if hasattr(source, "__len__") else None  # type: ignore[arg-type]
    if houses is None:
        if total is None:
            raise UserError("no house given; say --houses 1000 (the first thousand), --houses 3,17,40-49 or --house 17")
        houses = range(total)
    chosen = tuple(sorted(set(houses)))
    if not chosen:
        raise UserError("no house given; the list of houses is empty")
    if total is not None and chosen[-1] >= total:
        raise UserError(f"house {chosen[-1]} is not in {config.source}; it holds houses 0 to {total - 1}")
    identity = dict(source.identity)
    if total is not None and "sha256" not in identity:
        identity["digest"] = _content_digest(source, chosen)
    return Plan(config, chosen, identity, open_packs(config.assets).record())


def _content_digest(source: HouseSource, houses: Sequence[int]) -> str:
    """Of the houses a plan reads from files, so that an edited file is seen as another corpus.

    A house that cannot be read is left for quarantine; a lone one is refused here, before anything is made.
    """
    digest = hashlib.sha256()
    for index in houses:
        try:
            digest.update(source.house(index).digest.encode())
        except Exception as error:
            if len(houses) == 1:
                raise
            digest.update(str(error).rpartition("/")[2].encode())
    return digest.hexdigest()[:16]


def house_ranges(houses: Sequence[int]) -> str:
    """`3,17,40-49`: a rising list of houses, written the way the command line reads it."""
    ranges: list[list[int]] = []
    for index in houses:
        if ranges and index == ranges[-1][1] + 1:
            ranges[-1][1] = index
        else:
            ranges.append([index, index])
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in ranges)


@contextmanager
def claimed(out: Path, plan: Plan, on_held: OnHeld | None = None) -> Iterator[None]:
    """Hold an output folder for one run: made, checked to be this plan's or empty, owned, swept of leftovers.

    UserError when it is another corpus (naming the settings that differ), foreign, unwritable or in use; `on_held`
    is called instead when it is in use, and waited.
    """
    check_folder(out, plan)
    with owned(out, "generate", on_wait=on_held):
        check_folder(out, plan)  # again: another process may have had it until now
        sweep(out, below=True)
        write_json(out / PLAN, plan.settings())
        try:
            yield
        finally:
            _leave(out)


def _leave(out: Path) -> None:
    """Take away half-written files, and the plan and folders of a corpus in which nothing was made."""
    sweep(out, below=True)
    if any(out.rglob("*.tar")) or (out / MANIFEST).exists():
        return
    with suppress(OSError):  # clean-up does not speak over the error that ends the run
        (out / PLAN).unlink(missing_ok=True)
    for name in FRAME_SETS:
        with suppress(OSError):
            (out / name).rmdir()


def check_folder(out: Path, plan: Plan) -> None:
    """UserError unless `out` is absent, empty, or holds (part of) the corpus of this very plan."""
    if os.path.isfile(out):
        raise UserError(f"{out} is a file; --out must be a folder")
    if not os.path.exists(out):
        above = existing_folder(out.absolute())
        if not above.is_dir() or not os.access(above, os.W_OK):
            raise UserError(f"cannot make {out}: {above} is not a writable folder; choose another --out")
        return
    if not os.access(out, os.W_OK | os.X_OK):
        raise UserError(f"{out} is not writable; choose another --out")
    if not (out / PLAN).exists():
        if not is_vacant(out):
            raise UserError(f"{out} is not empty and holds no corpus of ours; choose an empty or new folder")
        return
    changes = differences(read_json(out / PLAN, what="the plan of a corpus"), plan.settings())
    if changes:
        raise UserError(f"{out} was made with other settings ({'; '.join(changes)}); choose another --out")


def provenance(describe: Mapping[str, str]) -> dict[str, str]:
    """What the bytes of a shard depend on beside the plan; it goes into every record and the manifest."""
    return {"tst_sim": __version__, **describe}


def finished(out: Path, plan: Plan, *, hashes: bool = True) -> Finished:
    """The shards that are whole: size and, if wanted, sha256 as recorded."""
    found = {}
    for index in plan.houses:
        for frame_set in FRAME_SETS:
            count = len(plan.spans(frame_set))
            whole = (_whole(out, frame_set, plan.house_name(index), number, count, hashes) for number in range(count))
            records = {record.number: record for record in whole if record is not None}
            if records:
                found[index, frame_set] = records
    return found


def _whole(out: Path, frame_set: str, name: str, number: int, count: int, hashes: bool) -> ShardRecord | None:
    path = shard_path(out, frame_set, name, number, count)
    try:
        record = read_shard_record(out, frame_set, name, number, count)
        if record is None or path.stat().st_size != record.bytes:
            return None
        return record if not hashes or file_sha256(path) == record.sha256 else None
    except (UserError, OSError):
        return None


def whole_frame_sets(plan: Plan, done: Finished) -> dict[tuple[int, str], FrameSetRecord]:
    """{(house index, frame set): record} where every shard is there."""
    return {
        place: FrameSetRecord(tuple(records[number] for number in sorted(records)))
        for place, records in done.items()
        if len(records) == len(plan.spans(place[1]))
    }


def unfinished(plan: Plan, done: Finished) -> list[HouseJob]:
    """The houses still to be made, in order."""
    whole, tasks = whole_frame_sets(plan, done), []
    for index in plan.houses:
        missing = tuple(name for name in FRAME_SETS if (index, name) not in whole)
        kept = tuple((name, number) for name in missing for number in done.get((index, name), {}))
        if missing:
            tasks.append(HouseJob(index, missing, kept))
    return tasks


def check_provenance(done: Finished, describe: Mapping[str, str], out: Path) -> None:
    """UserError when finished shards come from another version or driver than the one that would go on."""
    now = provenance(describe)
    for record in (record for records in done.values() for record in records.values()):
        changes = differences(record.facts.get("made_by", {}), now)
        if changes:
            raise UserError(
                f"{out} was begun by another version or driver ({'; '.join(changes)}); choose another --out"
            )


# Processor time of one core with software GL, houses of procthor, with a third to spare; see benchmarks/generate.py.
SECONDS_PER_HOUSE = 3.0
SECONDS_PER_FRAME = 0.006
SECONDS_PER_MEGAPIXEL = 0.33
SECONDS_TO_START_RAY = 8.0
# Bytes of a compressed image of p pixels: factor * p ** PIXEL_EXPONENT, fitted at 64 and 224 px.
PIXEL_EXPONENT = 0.72
BYTE_FACTOR: Mapping[tuple[Kind, str], float] = {
    (Kind.COLOR, "uint8"): 10.2,
    (Kind.DEPTH, "uint16"): 5.5,
    (Kind.NORMAL, "uint8"): 2.4,
    (Kind.LABELS, "uint16"): 0.9,
    (Kind.LABELS, "uint8"): 0.65,
}
"""By kind and stored type: what is seldom repeated compresses least."""
JPEG_SHARE = 0.6
"""Size of a JPEG beside the PNG, at most, for the qualities people use."""
BYTES_PER_SAMPLE = 5000
BYTES_PER_FILE = 768
"""Tar header and padding."""


@dataclass(frozen=True)
class Estimate:
    """What a run will take, from measured constants."""

    seconds: float
    bytes: int
    frames: int


def estimate(plan: Plan, tasks: Sequence[HouseJob], workers: int) -> Estimate:
    """Time and disk of the unfinished tasks."""
    config = plan.config
    frames = sum(
        len(span)
        for task in tasks
        for name in task.frame_sets
        for number, span in enumerate(plan.spans(name))
        if (name, number) not in task.kept
    )
    pixels = config.width * config.height
    each_frame = BYTES_PER_SAMPLE + sum(
        _image_bytes(row, pixels, config.jpeg_quality) for row in modalities_named(config.modalities)
    )
    seconds = len(tasks) * SECONDS_PER_HOUSE + frames * (SECONDS_PER_FRAME + SECONDS_PER_MEGAPIXEL * pixels / 1e6)
    cores = workers if asked_for() else usable_cpus()
    parallel = max(1, min(workers, len(tasks), cores))
    start = SECONDS_TO_START_RAY if workers and tasks else 0.0
    return Estimate(start + seconds / parallel, int(frames * each_frame), frames)


def _image_bytes(row: Modality, pixels: int, jpeg_quality: int | None) -> float:
    fraction = JPEG_SHARE if row.kind is Kind.COLOR and jpeg_quality is not None else 1.0
    factor = BYTE_FACTOR.get((row.kind, row.stored_dtype), max(BYTE_FACTOR.values()))
    return BYTES_PER_FILE + fraction * factor * pixels**PIXEL_EXPONENT
