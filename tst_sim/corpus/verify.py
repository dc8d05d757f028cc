"""Re-read a corpus from its bytes up and say what is wrong where.

The manifest against the plan and itself (`manifest_check`); each house's shards against their records and the manifest,
and every sample against all of them (`shard_check`, `sample_check`);
layers against the shards (`layer_check`). Time grows with the number of frames, no faster.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from tst_sim.corpus import FRAME_SETS, MANIFEST, HouseRow, Manifest
from tst_sim.corpus.layer_check import check_layer, checked_layers
from tst_sim.corpus.layers import Layer
from tst_sim.corpus.manifest_check import PLAN, manifest_faults
from tst_sim.corpus.shard_check import Fault, ShardReport, check_house
from tst_sim.errors import UserError, one_line

MIN_HOUSES_FOR_PROCESSES = 2


@dataclass(frozen=True)
class _Job:
    """One house to check; `header` is the manifest without its houses."""

    root: Path
    header: Manifest
    row: HouseRow
    layers: tuple[Layer, ...]


def verify(folder: str | os.PathLike[str], *, workers: int = 0) -> Iterator[ShardReport]:
    """One report for the folder itself, then one for each shard, in order. `workers` processes share the houses.

    UserError when the folder is no corpus at all, or a process is ended from outside.
    """
    root = Path(folder)
    if not (root / MANIFEST).exists() and not (root / PLAN).exists():
        raise UserError(f"{root} is no corpus: it has no {MANIFEST}; make one with: tst-sim generate --out {root}")
    manifest, faults = _read(root)
    if manifest is None:
        yield ShardReport(MANIFEST, 0, faults)
        return
    houses = manifest.houses
    shards = sum(row.count(name) for row in houses for name in FRAME_SETS)
    layers, layer_faults = checked_layers(root, manifest)
    yield ShardReport(MANIFEST, 0, (*faults, *layer_faults), shards * (1 + len(layers)))
    header = replace(manifest, houses=(), quarantined=(), values={})
    jobs = [_Job(root, header, row, tuple(layers)) for row in houses]
    if workers == 0 or len(jobs) < MIN_HOUSES_FOR_PROCESSES:
        for job in jobs:
            yield from _check(job)
        return
    yield from _checked_by_processes(jobs, workers)


def _read(root: Path) -> tuple[Manifest | None, tuple[Fault, ...]]:
    """(manifest, its faults); no manifest when the houses cannot be told from it."""
    if not (root / MANIFEST).exists():
        what = "missing: the corpus is not finished; run the same generate command again"
        return None, (Fault(MANIFEST, what),)
    try:
        manifest = Manifest.read(root)
    except UserError as error:
        return None, (Fault(MANIFEST, str(error)),)
    try:
        faults = tuple(manifest_faults(root, manifest))
    except Exception as error:  # as for houses, see _check
        faults = (Fault(MANIFEST, f"cannot be checked: {type(error).__name__}: {one_line(error)[:200]}"),)
    whole = all(row.shards for row in manifest.houses)
    return (manifest if whole else None), faults


def _checked_by_processes(jobs: list[_Job], workers: int) -> Iterator[ShardReport]:
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=get_context("spawn")) as pool:
        try:
            for reports in pool.map(_check, jobs):
                yield from reports
        except BrokenProcessPool as error:
            raise UserError(
                "a process of verify was ended from outside (out of memory?); nothing is known of the shards it read: "
                "verify again with fewer --workers"
            ) from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _check(job: _Job) -> list[ShardReport]:
    """The reports on a house. What the checks trip over is told as its fault: damaged files may hold anything."""
    try:
        reports = list(check_house(job.root, job.header, job.row))
        for layer in job.layers:
            reports += check_layer(layer, job.row, job.header.classes)
        return reports
    except Exception as error:
        where, name = f"{FRAME_SETS[0]}/{job.row.name}", type(error).__name__
        return [ShardReport(where, 0, (Fault(where, f"cannot be checked: {name}: {one_line(error)[:200]}"),))]
