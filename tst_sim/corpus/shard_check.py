"""Are the shards of one house what their records and the manifest's row of the house say?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tst_sim.config import differences
from tst_sim.corpus import FRAME_SETS, MANIFEST, FrameSetRecord, Shard, ShardRecord, read_shard_record, shard_path
from tst_sim.corpus.manifest import HouseRow, Manifest
from tst_sim.corpus.sample_check import SampleCheck, nearest_pair
from tst_sim.corpus.shards import record_path
from tst_sim.errors import UserError, one_line
from tst_sim.storage import file_sha256

MAX_FAULTS_PER_SHARD = 20
TAR_RECORD_BYTES = 10240
"""Tar files are padded with zeros to a multiple of this; the last two blocks of 512 are the end mark."""
DISTANCE_TOLERANCE_M = 1e-6
MAX_CHANGES = 5
"""Differences spelled out in one line."""


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


def changes_text(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """The first differences between JSON values in one line, each cut short; None when they are equal."""
    found = [*differences(old, new), *_lacking(old, new)]
    lines = [one_line(line if len(line) < 160 else line[:157] + "...") for line in found]
    more = f"; and {len(lines) - MAX_CHANGES} more" if len(lines) > MAX_CHANGES else ""
    return "; ".join(lines[:MAX_CHANGES]) + more if lines else None


def _lacking(old: Mapping[str, Any], new: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """Fields that are null on one side and absent on the other: `differences` takes both for unset."""
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _lacking(before, after, f"{where}{key}.")
        elif before is after is None and (key in old) != (key in new):
            yield f"{where}{key}: {'null -> absent' if key in old else 'absent -> null'}"


def check_house(root: Path, header: Manifest, row: HouseRow) -> Iterator[ShardReport]:
    """A report for each shard of a house. `header` is the manifest, its houses are not read; `row` is the house's.

    What concerns the house as a whole is told with its last shard.
    """
    checks = {name: SampleCheck(header, name, row.name) for name in FRAME_SETS}
    reports = [report for name in FRAME_SETS for report in _FrameSet(root, header, row, name).reports(checks[name])]
    last = reports[-1][0]
    faults = [*last.faults, *_row_faults(row, [record for _, record in reports])]
    if not any(report.faults for report, _ in reports):
        faults += _distance_faults(header, row, checks)
    for report, _ in reports[:-1]:
        yield report
    yield ShardReport(last.shard, last.samples, tuple(faults))


class _FrameSet:
    """The shards of one house and frame set."""

    def __init__(self, root: Path, header: Manifest, row: HouseRow, name: str) -> None:
        self.root, self.header, self.row, self.name = root, header, row, name
        self.count: int = row.count(name)

    def reports(self, check: SampleCheck) -> Iterator[tuple[ShardReport, ShardRecord | None]]:
        """(report, record) of each shard in order; samples are numbered through all of them."""
        for number in range(self.count):
            path = shard_path(self.root, self.name, self.row.name, number, self.count)
            where = str(path.relative_to(self.root))
            record, faults = self._record(path, number)
            faults = [Fault(where, what) for what in (*faults, *self._file_faults(path, record))]
            before = check.samples
            for key, what in _sample_faults(path, check):
                if len(faults) < MAX_FAULTS_PER_SHARD:
                    faults.append(Fault(f"{where}: {key}" if key else where, what))
            samples = check.samples - before
            if record is not None and samples != record.samples:
                faults.append(Fault(where, f"holds {samples} samples, its record says {record.samples}"))
            yield ShardReport(where, samples, tuple(faults)), record

    def _record(self, path: Path, number: int) -> tuple[ShardRecord | None, list[str]]:
        if not path.exists():
            return None, []
        try:
            record = read_shard_record(self.root, self.name, self.row.name, number, self.count)
        except UserError as error:
            return None, [str(error)]
        if record is None:
            return None, [f"its record {record_path(path).name} is missing or unusable"]
        return record, list(self._fact_faults(record))

    def _fact_faults(self, record: ShardRecord) -> Iterator[str]:
        """Facts of the house that the manifest states otherwise, or that one of them lacks."""
        facts = {name: value for name, value in record.facts.items() if name not in ("made_by", "views", "coverage")}
        stated = {name: value for name, value in self.row.facts.items() if name != "coverage"}
        if self.header.rendering is None and "digest" not in facts:
            stated.pop("digest", None)  # that of the shards: see HouseRow.of_records
        changes = changes_text(stated, facts)
        if changes:
            yield f"its record and the manifest contradict each other: {changes}"
        if record.facts.get("made_by") not in self.header.made_by:
            yield "its record names a maker (made_by) that the manifest does not"

    def _file_faults(self, path: Path, record: ShardRecord | None) -> Iterator[str]:
        """Presence, size, hash and end mark of a shard."""
        stated = self.row.shards[self.name]
        size, digest, who = (stated.bytes, stated.sha256, "the manifest") if self.count == 1 else (None, None, "")
        if record is not None:
            size, digest, who = record.bytes, record.sha256, "its record"
        return tar_faults(path, size, digest, who=who, remedy="run the same generate command again")


def tar_faults(path: Path, size: int | None, digest: str | None, *, who: str, remedy: str) -> Iterator[str]:
    """Presence, size, hash and end mark of a tar; `who` states its size and hash, where they are known."""
    if not path.is_file():
        yield "is not a file" if path.exists() else f"missing; {remedy}"
        return
    try:
        actual = path.stat().st_size
        if size is not None and actual != size:
            yield f"is {actual} bytes long, {who} says {size}: cut short or overwritten"
        elif digest is not None and file_sha256(path) != digest:
            yield f"its bytes are not those {who} states (sha256 differs): damaged or edited"
        if actual % TAR_RECORD_BYTES or not _ends_in_zeros(path):
            yield "has no end-of-archive mark: cut short"
    except OSError as error:
        yield f"cannot be read ({error.strerror})"


def _ends_in_zeros(path: Path) -> bool:
    with open(path, "rb") as file:
        file.seek(-min(1024, path.stat().st_size), os.SEEK_END)
        return file.read() == bytes(1024)


def _sample_faults(path: Path, check: SampleCheck) -> Iterator[tuple[str, str]]:
    """(key, fault) for everything wrong in a shard's samples; the key is empty where it is the shard's own."""
    shard = Shard(path)
    try:
        keys = shard.keys
    except UserError as error:
        if path.is_file():
            yield "", str(error)
        return
    for key in keys:
        try:
            for what in check.faults(shard, key):
                yield key, what
        except UserError as error:
            yield key, str(error)
        except Exception as error:  # what a check trips over is the fault of what it reads: it may hold anything
            yield key, f"cannot be read: {type(error).__name__}: {one_line(error)[:200]}"


def _row_faults(row: HouseRow, records: list[ShardRecord | None]) -> Iterator[Fault]:
    """Whether the manifest's row of the house is the one that follows from its records."""
    if any(record is None for record in records):
        return  # told with its shard
    shards = {
        name: tuple(record for record in records if record is not None and record.frame_set == name)
        for name in FRAME_SETS
    }
    records_of = {name: FrameSetRecord(shards[name]) for name in FRAME_SETS}
    changes = changes_text(HouseRow.of_records(row.index, row.name, records_of).describe(), row.describe())
    if changes:
        yield Fault(MANIFEST, f"house {row.name}: its records say otherwise ({changes})")


def _distance_faults(header: Manifest, row: HouseRow, checks: Mapping[str, SampleCheck]) -> Iterator[Fault]:
    """Cameras of the two frame sets that stand nearer than the rule: what was trained on would be evaluated on."""
    stated = header.min_distance_m
    distance_m, pretrain, held_out = nearest_pair(checks["pretrain"].cameras, checks["eval"].cameras)
    if distance_m < stated - DISTANCE_TOLERANCE_M:
        what = f"the cameras of {pretrain} and {held_out} stand {distance_m:.3f} m apart, the least is {stated} m"
        yield Fault(MANIFEST, f"house {row.name}: {what}")
