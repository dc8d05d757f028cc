"""Pre-training: a corpus goes in, a run folder with an encoder comes out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.checkpoint import RunFolder
from training.config import PretrainConfig, resolved
from training.data.dataset import BatchLoader, house_names
from training.data.frame_cache import OnCache
from training.data.rows import described_rows, layer_digests, rows_of
from training.encoders import ENCODERS
from training.encoders.vit import choose_attention
from training.loop import OnProgress
from training.objectives import OBJECTIVES
from training.objectives.objective import Objective
from training.precision import Compute
from training.run import Job, Options, RunResult, data_settings, train_run
from tst_sim.config import as_dict, fingerprint
from tst_sim.corpus import Corpus, read_record
from tst_sim.modalities import MODALITIES, Modality
from tst_sim.registry import used_plugins
from tst_sim.storage import data_root


def pretrain(
    config: PretrainConfig,
    corpus: Corpus | str | Path,
    out: str | Path,
    *,
    houses: Sequence[int] | Sequence[str] | None = None,
    stop_after: int | None = None,
    on_progress: OnProgress | None = None,
    on_cache: OnCache | None = None,
    data_dir: str | os.PathLike[str] | None = None,
) -> RunResult[PretrainConfig]:
    """Pre-train on the `pretrain` frames of some houses (None: all) into the folder `out`, or go on there.

    `stop_after` ends early, as if interrupted, after that many steps; `data_dir` is the data root in which the frames
    of a read-only corpus are decoded. UserError for a folder that holds something else, was made with other settings or
    in which another process trains, and under torchrun.
    """
    config = resolved(config)
    corpus = corpus if isinstance(corpus, Corpus) else Corpus(corpus)

    def make(config: PretrainConfig, loader: BatchLoader, compute: Compute) -> Objective:
        return make_objective(config, loader.rows, compute)

    def settings(config: PretrainConfig, loader: BatchLoader) -> dict[str, Any]:
        return _settings(config, corpus, loader)

    def finish(objective: Objective, loader: BatchLoader, compute: Compute, run: RunFolder) -> None:
        objective.save_pictures(loader, compute, run.path, seed=config.run.seed)

    job = Job("pretrain", config.modalities, make, settings, finish)
    options = Options(
        houses=houses, stop_after=stop_after, on_progress=on_progress, on_cache=on_cache, data_dir=data_dir
    )
    return train_run(job, config, corpus, out, options)


def default_folder(
    config: PretrainConfig,
    corpus: Corpus,
    houses: Sequence[int] | Sequence[str] | None,
    preset: str,
    data_dir: str | os.PathLike[str] | None = None,
) -> Path:
    """`runs/<objective>-<preset>-<fingerprint>` in the data root; the same settings, frames and layers find it."""
    config = resolved(config)
    shards = {name: read_record(corpus.folder, "pretrain", name) for name in house_names(corpus, houses)}
    frames = {name: record.sha256 for name, record in shards.items() if record}
    layers = layer_digests(corpus, rows_of(corpus, config.modalities))
    plugins = [record["sha256"] for record in plugins_of(config)]
    further = {"layers": layers, "plugins": plugins}  # without any, runs of before there were any are found again
    identity = {"config": as_dict(config), "frames": frames, **{key: value for key, value in further.items() if value}}
    digits = fingerprint(identity)
    return data_root(data_dir) / "runs" / f"{config.objective}-{preset}-{digits}"


def make_objective(config: PretrainConfig, rows: Sequence[Modality], compute: Compute) -> Objective:
    """The objective of resolved settings, its weights drawn from the run's seed."""
    objective = OBJECTIVES.named(config.objective)(config, rows)
    choose_attention(objective.module, fused=compute.fused_attention)
    return objective


def plugins_of(config: PretrainConfig) -> list[dict[str, str]]:
    """The records of the users' plug-ins that a pre-training uses."""
    used = [(MODALITIES, name) for name in config.modalities]
    return used_plugins((OBJECTIVES, config.objective), (ENCODERS, config.model.type), *used)


def _settings(config: PretrainConfig, corpus: Corpus, loader: BatchLoader) -> dict[str, Any]:
    rows, plugins = described_rows(loader.rows), plugins_of(config)
    return {
        "config": as_dict(config),
        "data": data_settings(loader) | ({"rows": rows} if rows else {}),
        "corpus": str(corpus.folder.resolve()),
        "oracle": any(row.ground_truth for row in loader.rows),
        **({"plugins": plugins} if plugins else {}),
    }
