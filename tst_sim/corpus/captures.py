"""`write_corpus`: frames from anywhere - photographs with poses, another simulator's images - become a corpus."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tst_sim import __version__
from tst_sim.corpus.card import CARD, dataset_card
from tst_sim.corpus.frame_sets import FRAME_SETS, FrameSetRecord, shard_spans
from tst_sim.corpus.manifest import HOUSE_NAME, MANIFEST, HouseRow, Manifest, makers
from tst_sim.corpus.shards import Sample, sample_key, write_shard
from tst_sim.errors import UserError, check_within, shown
from tst_sim.modalities import MODALITIES, Modality
from tst_sim.owners import LOCK, owned
from tst_sim.partial_files import is_partial, sweep
from tst_sim.storage import atomic_write

SHARD_FRAMES = 16
MAX_SHARD_FRAMES = 100_000


@dataclass(frozen=True)
class Scene:
    """One place that was captured: what a house is in a rendered corpus."""

    name: str
    """Letters, digits, - and _; unique in its corpus."""
    pretrain: Sequence[Sample]
    """Frames to learn from. A sequence that reads each frame when it is asked for it needs no memory for all."""
    eval: Sequence[Sample] = ()
    """Frames to measure on."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What else the manifest shall say of it: JSON values."""

    def samples(self, frame_set: str) -> Sequence[Sample]:
        """Those of `pretrain` or `eval`."""
        return self.pretrain if frame_set == "pretrain" else self.eval


def write_corpus(
    folder: str | os.PathLike[str],
    scenes: Sequence[Scene],
    *,
    classes: Sequence[str] = ("Background",),
    modalities: Sequence[str | Modality] = ("rgb",),
    source: Mapping[str, Any] | None = None,
    maker: Mapping[str, str] | None = None,
    min_distance_m: float = 0.0,
    shard_frames: int = SHARD_FRAMES,
    jpeg_quality: int | None = None,
) -> Manifest:
    """Write a corpus of scenes that no simulator of ours drew. The manifest comes last; keys of samples are given here.

    Every sample holds all `modalities` (names, or rows of its own), in physical units and the conventions of
    `tst_sim.geometry`; cameras may have roll and calibrated lenses, frames may differ in size. `classes` are names by
    class id, 0 for what is unknown. `source` says where the captures come from, `maker` what wrote them. The same
    scenes give the same bytes. UserError, with no manifest written: for a folder that is in use or holds something
    else, for names, sizes and values that do not fit. What a killed run has left is written over.
    """
    check_within("shard_frames", shard_frames, 1, MAX_SHARD_FRAMES)
    root, rows = Path(folder), _rows(modalities)
    _check(scenes, classes)
    made_by = {"tst_sim": __version__, **(maker or {})}
    with owned(root, "write_corpus"):
        _check_folder(root)
        sweep(root, below=True)
        cameras = _Cameras()
        records = {
            (scene.name, name): _frame_set(root, scene, name, rows, cameras, made_by, shard_frames, jpeg_quality)
            for scene in scenes
            for name in FRAME_SETS
        }
        houses = [
            HouseRow.of_records(index, scene.name, {name: records[scene.name, name] for name in FRAME_SETS})
            for index, scene in enumerate(scenes)
        ]
        manifest = Manifest(
            modalities=tuple(rows.values()), classes=tuple(classes), houses=tuple(houses),
            source=dict(source or {"source": "captures"}), made_by=makers(list(records.values())),
            min_distance_m=float(min_distance_m), **cameras.common(),
        )  # fmt: skip
        with atomic_write(root / CARD) as file:
            file.write(dataset_card(manifest).encode())
        manifest.write(root)
    return Manifest.read(root)


class _Cameras:
    """Sizes and fields of view seen so far."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, int, float | None]] = set()

    def add(self, sample: Sample) -> None:
        lens = sample.intrinsics
        self._seen.add((lens.width, lens.height, float(lens.fov_deg) if lens.is_centred else None))

    def common(self) -> dict[str, Any]:
        """width, height and fov_deg of all frames; None where they differ."""
        sizes, fields_of_view = {seen[:2] for seen in self._seen}, {seen[2] for seen in self._seen}
        width, height = sizes.pop() if len(sizes) == 1 else (None, None)
        return {"width": width, "height": height, "fov_deg": fields_of_view.pop() if len(fields_of_view) == 1 else None}


def _rows(modalities: Sequence[str | Modality]) -> dict[str, Modality]:
    rows = [MODALITIES.named(item) if isinstance(item, str) else item for item in modalities]
    names = [row.name for row in rows]
    if not rows or len(set(names)) != len(names):
        raise UserError(f"modalities {', '.join(names) or 'none'} must be one or more, each once")
    return {row.name: row for row in rows}


def _check(scenes: Sequence[Scene], classes: Sequence[str]) -> None:
    if not classes or len(set(classes)) != len(classes) or not all(isinstance(name, str) for name in classes):
        raise UserError(f"classes {shown(list(classes))} must be names, each once; id 0 stands for what is unknown")
    names = [scene.name for scene in scenes]
    for name in names:
        if not isinstance(name, str) or not HOUSE_NAME.fullmatch(name):
            raise UserError(f"scene name {shown(name)} must be 1 to 200 letters, digits, - and _")
        if names.count(name) > 1:
            raise UserError(f"scene {name} is there twice; names must be unique in a corpus")
    if not any(len(scene.pretrain) for scene in scenes):
        raise UserError("no scene has a frame to learn from; a corpus has one at least")
    for scene in scenes:
        wrong = {"made_by", "views"} & set(scene.facts)
        if wrong:
            raise UserError(f"scene {scene.name} states {wrong.pop()}, which is not for its facts")


def _check_folder(root: Path) -> None:
    """UserError unless a folder is empty, or holds what a killed `write_corpus` left."""
    if (root / MANIFEST).exists():
        raise UserError(f"{root} holds a finished corpus; choose another folder")
    ours = {*FRAME_SETS, LOCK, CARD}
    foreign = sorted(name for name in os.listdir(root) if name not in ours and not is_partial(name))
    if foreign:
        raise UserError(f"{root} is not empty ({foreign[0][:80]}); choose an empty or new folder")


def _frame_set(
    root: Path,
    scene: Scene,
    frame_set: str,
    rows: Mapping[str, Modality],
    cameras: _Cameras,
    made_by: Mapping[str, str],
    shard_frames: int,
    jpeg_quality: int | None,
) -> FrameSetRecord:
    """Write the shards of one scene and frame set."""
    spans = shard_spans(len(scene.samples(frame_set)), shard_frames)

    def checked(span: range) -> Iterator[Sample]:
        for number in span:
            sample = replace(scene.samples(frame_set)[number], key=sample_key(scene.name, frame_set, number))
            _check_sample(sample, rows)
            cameras.add(sample)
            yield sample

    return FrameSetRecord(
        tuple(
            write_shard(
                root, frame_set, scene.name, checked(span), facts={**scene.facts, "made_by": dict(made_by)},
                jpeg_quality=jpeg_quality, number=number, count=len(spans), rows=rows,
            )
            for number, span in enumerate(spans)
        )
    )  # fmt: skip


def _check_sample(sample: Sample, rows: Mapping[str, Modality]) -> None:
    """UserError unless a sample holds every modality at the grid of its own size."""
    if set(sample.frame) != set(rows):
        raise UserError(f"{sample.key} holds {', '.join(sample.frame) or 'nothing'}, not {', '.join(rows)}")
    width, height = sample.intrinsics.width, sample.intrinsics.height
    for name, row in rows.items():
        shape = np.shape(sample.frame[name])
        if shape != row.shape(height, width):
            raise UserError(
                f"{name} of {sample.key} has the shape {shape}; at {width}x{height} pixels it has "
                f"{row.shape(height, width)}"
            )
