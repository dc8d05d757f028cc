"""`generate`: houses to a finished corpus, in any number of processes, resumable at any moment."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from generators.config import GenerateConfig
from generators.plan import (
    Estimate,
    Finished,
    HouseJob,
    OnHeld,
    Plan,
    check_provenance,
    claimed,
    estimate,
    finished,
    make_plan,
    unfinished,
    whole_frame_sets,
)
from generators.pool import run_in_process, run_with_ray
from generators.views.contact_sheet import write_contact_sheet
from generators.worker import Outcome
from tst_sim.classes import CLASS_LIST_VERSION, CLASSES
from tst_sim.corpus import FRAME_SETS, MANIFEST, FrameSetRecord
from tst_sim.corpus.card import CARD, dataset_card
from tst_sim.corpus.frame_sets import shard_paths
from tst_sim.corpus.manifest import HouseRow, Manifest, Quarantined, Rendering, makers
from tst_sim.corpus.shards import record_path
from tst_sim.errors import StorageError, UserError
from tst_sim.modalities import modalities_named
from tst_sim.plugins import loaded_names
from tst_sim.storage import atomic_write, existing_folder, remove, size_text

CONTACT_SHEET = "contact-sheet.png"
DISK_MARGIN = 1.1


@dataclass(frozen=True)
class Start:
    """What is known before the first house: for the caller to say."""

    folder: Path
    houses: int
    finished_houses: int
    estimate: Estimate
    free_bytes: int


@dataclass(frozen=True)
class Summary:
    """What a run did."""

    folder: Path
    houses: int
    made: int
    frames: int
    bytes: int
    seconds: float
    quarantined: tuple[Quarantined, ...]


def generate(
    config: GenerateConfig,
    houses: Sequence[int] | None,
    out: str | os.PathLike[str] | None = None,
    *,
    workers: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
    on_start: Callable[[Start], None] | None = None,
    on_house: Callable[[Outcome], None] | None = None,
    on_wait: Callable[[str], None] | None = None,
    on_held: OnHeld | None = None,
) -> Summary:
    """Make a corpus, or go on with one: finished shards are kept, the manifest comes last.

    The bytes of every file follow from the settings alone (on one machine, driver and version), not from `workers`
    (0: in this process, without Ray), their order or any interruption. A house that cannot be used is quarantined;
    if it is the only one, or all are, UserError. UserError also for a folder made with other settings and a disk that
    is too small. `on_wait` gets a line when Ray keeps the run waiting, for a free CPU of a cluster, say. A folder in
    which another process is making a corpus: UserError, unless `on_held` is given, which is called with its owner,
    once, before it is waited for.
    """
    began = time.monotonic()
    plan = make_plan(replace(config, plugins=loaded_names()), houses)
    folder = Path(out) if out is not None else plan.default_folder(data_dir)
    with claimed(folder, plan, on_held):
        done = finished(folder, plan)
        tasks = unfinished(plan, done)
        _begin(plan, tasks, folder, workers, on_start)
        outcomes = []
        for outcome in _outcomes(plan, folder, tasks, workers, done, on_wait):
            outcomes.append(outcome)
            if on_house:
                on_house(outcome)
        quarantined = _quarantined(plan, outcomes)
        if tasks or not (folder / MANIFEST).exists():
            _finish(folder, plan, quarantined)
    return Summary(
        folder=folder,
        houses=len(plan.houses) - len(quarantined),
        made=sum(outcome.fault is None for outcome in outcomes),
        frames=sum(outcome.frames for outcome in outcomes),
        bytes=sum(outcome.bytes for outcome in outcomes),
        seconds=time.monotonic() - began,
        quarantined=quarantined,
    )


def ensure_corpus(
    houses: Sequence[int],
    *,
    config: GenerateConfig | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    workers: int = 0,
    on_start: Callable[[Start], None] | None = None,
    on_house: Callable[[Outcome], None] | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> Path:
    """The folder of the corpus of some houses in the data root, made first when it is missing.

    Settings are the defaults unless given; a finished corpus is recognised by its manifest and the size of its shards.
    When another process is making it, it is waited for (`on_wait` gets a line that says by whom) and taken.
    UserError when a house cannot be made: what asked for it needs all of them.
    """
    folder = find_corpus(houses, config=config, data_dir=data_dir)
    if folder is not None:
        return folder
    say = on_wait or (lambda line: None)
    summary = generate(
        config or GenerateConfig(),
        houses,
        workers=workers,
        data_dir=data_dir,
        on_start=on_start,
        on_house=on_house,
        on_wait=on_wait,
        on_held=lambda holder: say(f"this corpus is being made by {holder or 'another process'}; waiting for it"),
    )
    if summary.quarantined:
        first = summary.quarantined[0]
        raise UserError(f"house {first.index} cannot be made: {first.reason}; choose other houses")
    return summary.folder


def find_corpus(
    houses: Sequence[int],
    *,
    config: GenerateConfig | None = None,
    data_dir: str | os.PathLike[str] | None = None,
) -> Path | None:
    """The folder of a finished corpus in the data root with exactly these settings and houses, or None."""
    plan = make_plan(config or GenerateConfig(), houses)
    folder = plan.default_folder(data_dir)
    if not (folder / MANIFEST).exists() or unfinished(plan, finished(folder, plan, hashes=False)):
        return None
    return folder


def _begin(
    plan: Plan, tasks: Sequence[HouseJob], folder: Path, workers: int, on_start: Callable[[Start], None] | None
) -> None:
    """Say what it will take; StorageError when the disk is too small."""
    needed = estimate(plan, tasks, workers)
    free = shutil.disk_usage(existing_folder(folder.absolute())).free
    if on_start:
        on_start(Start(folder, len(plan.houses), len(plan.houses) - len(tasks), needed, free))
    if needed.bytes * DISK_MARGIN > free:
        raise StorageError(
            f"{len(tasks)} houses need about {size_text(needed.bytes)}, the disk of {folder} has {size_text(free)} "
            "free; lower --houses, --frames or --size, or give another --out or --data-dir"
        )


def _outcomes(
    plan: Plan,
    folder: Path,
    tasks: Sequence[HouseJob],
    workers: int,
    done: Finished,
    say: Callable[[str], None] | None,
) -> Iterator[Outcome]:
    if not tasks:
        return

    def check(describe: dict[str, str]) -> None:
        check_provenance(done, describe, folder)

    out = str(folder.absolute())
    if workers == 0:
        yield from run_in_process(plan.config, out, tasks, check)
    else:
        yield from run_with_ray(plan.config, out, tasks, check, workers=workers, say=say)


def _quarantined(plan: Plan, outcomes: Sequence[Outcome]) -> tuple[Quarantined, ...]:
    """The houses that failed, by index; UserError when nothing else is left."""
    faults = sorted((outcome.index, outcome.fault) for outcome in outcomes if outcome.fault is not None)
    if len(faults) == len(plan.houses):
        index, reason = faults[0]
        what = f"house {index}" if len(faults) == 1 else f"all {len(faults)} houses, the first of them, {index}:"
        raise UserError(f"cannot make {what}: {reason}" if len(faults) > 1 else f"{what}: {reason}")
    return tuple(Quarantined(index, plan.house_name(index), reason) for index, reason in faults)


def _finish(folder: Path, plan: Plan, quarantined: Sequence[Quarantined]) -> None:
    """Contact sheet, dataset card, then the manifest, from the records alone: the same whoever made the shards."""
    remove(folder / MANIFEST)
    for house in quarantined:
        _remove_shards(folder, house.name)
    records = whole_frame_sets(plan, finished(folder, plan, hashes=False))
    made = [index for index in plan.houses if all((index, name) in records for name in FRAME_SETS)]
    pretrain = [records[index, "pretrain"] for index in made]
    manifest = _manifest(plan, made, records, quarantined)
    write_contact_sheet(folder, pretrain, manifest.modalities, manifest.classes, folder / CONTACT_SHEET)
    with atomic_write(folder / CARD) as file:
        file.write(dataset_card(manifest).encode())
    manifest.write(folder)


def _remove_shards(folder: Path, house_name: str) -> None:
    """Take a quarantined house's shards away: a reader of `pretrain/*.tar` must find the manifest's houses alone."""
    for path in (path for name in FRAME_SETS for path in shard_paths(folder, name, house_name)):
        remove(record_path(path))
        remove(path)


def _manifest(
    plan: Plan,
    made: Sequence[int],
    records: Mapping[tuple[int, str], FrameSetRecord],
    quarantined: Sequence[Quarantined],
) -> Manifest:
    config, settings = plan.config, plan.settings()
    rows = (
        HouseRow.of_records(index, plan.house_name(index), {name: records[index, name] for name in FRAME_SETS})
        for index in made
    )
    return Manifest(
        modalities=modalities_named(config.modalities),
        classes=CLASSES,
        class_list_version=CLASS_LIST_VERSION,
        houses=tuple(rows),
        source=settings["source"],
        made_by=makers(list(records.values())),
        rendering=Rendering(settings["config"], settings["houses"], config.seed, plan.assets),
        quarantined=quarantined,
        width=config.width,
        height=config.height,
        fov_deg=config.fov_deg,
        min_distance_m=config.poses.eval_distance_m,
    )
