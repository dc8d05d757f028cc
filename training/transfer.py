"""Transfer: a pre-trained encoder and a task head learn from an external labelled corpus."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from training.checkpoint import RunFolder, check_finished, final_weights, load_weights, read_checkpoint
from training.data.dataset import BatchLoader
from training.data.frame_cache import OnCache
from training.data.rows import described_rows
from training.encoders import ENCODERS
from training.encoders.sources import SCRATCH, Source, pretrained, scratch, stored_encoder
from training.encoders.vit import choose_attention
from training.loop import OnProgress
from training.precision import Compute, find_device, find_threads
from training.run import Job, Options, RunResult, data_settings, train_run
from training.tasks import TASKS
from training.tasks.rates import encoder_rates
from training.tasks.task import Task
from training.transfer_config import TransferConfig
from tst_sim.config import as_dict, widened
from tst_sim.corpus import Corpus
from tst_sim.errors import UserError
from tst_sim.randomness import rng_for
from tst_sim.registry import used_plugins

__all__ = ["SCRATCH", "Source", "load_task", "make_task", "pretrained", "scratch", "transfer"]

KIND = "transfer"


def transfer(
    config: TransferConfig,
    source: Source,
    corpus: Corpus | str | Path,
    out: str | Path,
    *,
    houses: Sequence[int] | Sequence[str] | None = None,
    supervised: bool = False,
    stop_after: int | None = None,
    on_progress: OnProgress | None = None,
    on_cache: OnCache | None = None,
    data_dir: str | os.PathLike[str] | None = None,
) -> RunResult[TransferConfig]:
    """Train a task on the labelled `pretrain` frames of some houses (None: all), or go on in `out`.

    `supervised` says that the houses are those to be evaluated in: an upper bound, marked as oracle.
    Otherwise evaluation refuses a house that was among them. UserError for a corpus without labels, for an encoder that
    does not read what the task does, for a folder that holds something else or in which another process trains, and
    under torchrun.
    """
    config = resolved_transfer(config)
    corpus = corpus if isinstance(corpus, Corpus) else Corpus(corpus)
    task = TASKS.named(config.task)
    source = source.reading(task.reads, config.task)
    _check_size(config, source)

    def make(config: TransferConfig, loader: BatchLoader, compute: Compute) -> Task:
        return make_task(config, source, corpus.classes, compute)

    def settings(config: TransferConfig, loader: BatchLoader) -> dict[str, Any]:
        return _settings(config, source, corpus, loader, supervised)

    options = Options(
        houses=houses, stop_after=stop_after, on_progress=on_progress, on_cache=on_cache, data_dir=data_dir
    )
    return train_run(Job(KIND, task.inputs, make, settings), config, corpus, out, options)


def resolved_transfer(config: TransferConfig) -> TransferConfig:
    """The settings with those of the task, at their defaults where they are not there yet."""
    return widened(config, TASKS.named(config.task).Config)


def plugins_of(config: TransferConfig, source: Source) -> list[dict[str, str]]:
    """The records of the users' plug-ins that a transfer uses, those of its encoder's pre-training included."""
    own = used_plugins((TASKS, config.task), (ENCODERS, source.model.type))
    inherited = source.run.settings.get("plugins", []) if source.run is not None else []
    return [*own, *(record for record in inherited if record not in own)]


def _check_size(config: TransferConfig, source: Source) -> None:
    if config.data.size % source.model.patch:
        raise UserError(f"data.size {config.data.size} must be a multiple of the encoder's patch {source.model.patch}")


def _settings(
    config: TransferConfig, source: Source, corpus: Corpus, loader: BatchLoader, supervised: bool
) -> dict[str, Any]:
    digests = {row["name"]: row.get("digest") for row in corpus.manifest["houses"]}
    encoder = {"model": as_dict(source.model), "signals": [row.name for row in source.rows], **source.facts}
    rows, plugins = described_rows(source.rows), plugins_of(config, source)
    encoder = {key: value for key, value in encoder.items() if key not in ("run", "commit")}
    encoder |= {"rows": rows} if rows else {}
    return {
        "config": as_dict(config),
        "data": {
            **data_settings(loader),
            "house_digests": {name: digests[name] for name in loader.store.houses},
            "classes": list(corpus.classes),
            "encoder": encoder,
            "supervised": supervised,
        },
        "corpus": str(corpus.folder.resolve()),
        "pretrained": source.facts,
        "supervised": supervised,
        "oracle": supervised or source.facts["oracle"],
        **({"plugins": plugins} if plugins else {}),
    }


def make_task(config: TransferConfig, source: Source, classes: Sequence[str], compute: Compute) -> Task:
    """The task with its encoder: pre-trained weights, or random ones; head weights from the run's seed."""
    config = resolved_transfer(config)
    encoder = source.encoder(seed=config.run.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng_for(config.run.seed, "head").integers(2**62)))
        task = TASKS.named(config.task)(config, encoder, classes)
    task.rates = encoder_rates(config, encoder, task.module)
    choose_attention(task.module, fused=compute.fused_attention)
    return task


def load_task(run: str | Path, *, device: str = "auto") -> tuple[RunFolder, Task, Compute]:
    """A finished transfer run, ready to predict; UserError when the folder is none."""
    folder = RunFolder.load(run)
    if folder.kind != KIND:
        raise UserError(f"{folder.path} is a {folder.kind} run; evaluate takes a transfer run (tst-sim transfer)")
    config = folder.checked().config(TransferConfig)
    check_finished(folder, config.optim.steps)
    data = folder.settings["data"]
    found = find_device(device if device != "auto" else _present(config.run.device))
    precision = config.run.precision if found.type == torch.device(config.run.device).type else "fp32"
    compute = Compute(found, precision, find_threads(config.run))
    task = TASKS.named(config.task)(config, stored_encoder(folder), data["classes"])
    _, tensors = read_checkpoint(folder.path)
    load_weights(task.module, tensors, folder.path, prefix=final_weights(tensors))
    choose_attention(task.module, fused=compute.fused_attention)
    task.module.to(found).eval()
    return folder, task, compute


def _present(device: str) -> str:
    """The run's own device where it exists, else whatever is here."""
    return device if device == "cpu" or torch.cuda.is_available() else "auto"
