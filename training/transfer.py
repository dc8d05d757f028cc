"""Transfer: a pre-trained encoder and a task head learn from an external labelled corpus."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from training.checkpoint import WEIGHTS, RunFolder, check_finished, load_weights, read_checkpoint
from training.config import ModelConfig, PretrainConfig, resolved
from training.data.dataset import BatchLoader, house_names
from training.data.frame_cache import OnCache
from training.data.rows import described_rows, kept_rows
from training.encoders.vit import Encoder, choose_attention, initialise
from training.loop import OnProgress, TrainResult, train
from training.precision import Machine, find_device, find_threads
from training.precision_choice import choose_machine, stored_choices, with_machine
from training.pretrain import rows_of_run, stored_config
from training.tasks import TASKS
from training.tasks.task import Task
from training.transfer_config import TransferConfig, with_task_settings
from tst_sim.config import as_dict, build
from tst_sim.corpus import Corpus
from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES, RGB, Modality
from tst_sim.owners import owned, refuse_torchrun
from tst_sim.randomness import rng_for
from tst_sim.storage import file_sha256

KIND = "transfer"
SCRATCH = "scratch"


@dataclass(frozen=True)
class Source:
    """Where an encoder's weights come from: a pre-trained run, or nowhere (`scratch`)."""

    model: ModelConfig
    rows: tuple[Modality, ...]
    """Of the modalities that the encoder reads."""
    run: RunFolder | None
    facts: dict[str, Any]
    """What is kept of it beside every result: objective, modalities, houses, seed, commit, oracle."""


@dataclass(frozen=True)
class TransferResult:
    """The run folder, and how training went in this call."""

    folder: Path
    config: TransferConfig
    train: TrainResult
    notice: str
    """Why frames were decoded on the fly, if they were."""


def pretrained(run: str | Path) -> Source:
    """A finished pre-training run as a source; UserError for anything else."""
    folder = RunFolder.load(run)
    config = stored_config(folder)
    check_finished(folder, config.optim.steps)
    if RGB not in config.modalities:
        raise UserError(f"{folder.path} was pre-trained on {', '.join(config.modalities)}; transfer reads rgb")
    facts = {
        "source": "run",
        "run": str(folder.path.resolve()),
        "weights_sha256": _weights_sha256(folder.path),
        "objective": config.objective,
        "modalities": list(config.modalities),
        "houses": sorted(folder.settings["data"]["houses"]),
        "steps": config.optim.steps,
        "images": config.optim.steps * config.optim.batch_size,
        "seed": config.run.seed,
        "commit": folder.settings["code"]["commit"],
        "oracle": folder.settings["oracle"],
    }
    return Source(config.model, rows_of_run(folder), folder, facts)


def _weights_sha256(run: Path) -> str:
    try:
        return file_sha256(run / WEIGHTS)
    except OSError as error:
        raise UserError(f"{run / WEIGHTS} cannot be read ({error.strerror}); run its pretrain command again") from error


def scratch(config: PretrainConfig) -> Source:
    """Random weights of a preset's architecture: the lower bound."""
    facts = {"source": SCRATCH, "objective": SCRATCH, "modalities": [], "houses": [], "oracle": False}
    return Source(resolved(config).model, (MODALITIES[RGB],), None, facts)


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
) -> TransferResult:
    """Train a task on the labelled `pretrain` frames of some houses (None: all), or go on in `out`.

    `supervised` says that the houses are those to be evaluated in: an upper bound, marked as oracle.
    Otherwise evaluation refuses a house that was among them. UserError for a corpus without
    labels, for a folder that holds something else or in which another process trains, and under torchrun.
    """
    refuse_torchrun("transfer")
    config = with_task_settings(config)
    corpus = corpus if isinstance(corpus, Corpus) else Corpus(corpus)
    out = Path(out)
    RunFolder.exists(out)  # a foreign folder is refused before anything is written there
    with owned(out, "transfer") as owner:
        config = replace(config, run=stored_choices(config.run, out))
        _check_size(config, source)
        device = find_device(config.run.device)
        loader = BatchLoader(
            corpus, "pretrain", house_names(corpus, houses), TASKS[config.task].inputs, config.data,
            batch_size=config.optim.batch_size, seed=config.run.seed, device=device,
            on_cache=on_cache, data_dir=data_dir,
        )  # fmt: skip

        def make(machine: Machine) -> Task:
            return make_task(config, source, corpus.classes, machine)

        machine = choose_machine(config.run, device, make, config.optim, loader)
        config = replace(config, run=with_machine(config.run, machine))
        task = make(machine)
        run = RunFolder.open(out, KIND, _settings(config, source, corpus, loader, supervised), owner)
        outcome = train(
            task, loader, run, config.optim, machine,
            seed=config.run.seed, stop_after=stop_after, on_progress=on_progress,
        )  # fmt: skip
    return TransferResult(out, config, outcome, loader.store.notice)


def _check_size(config: TransferConfig, source: Source) -> None:
    if config.data.size % source.model.patch:
        raise UserError(f"data.size {config.data.size} must be a multiple of the encoder's patch {source.model.patch}")


def _settings(
    config: TransferConfig, source: Source, corpus: Corpus, loader: BatchLoader, supervised: bool
) -> dict[str, Any]:
    digests = {row["name"]: row.get("digest") for row in corpus.manifest["houses"]}
    encoder = {"model": as_dict(source.model), "signals": [row.name for row in source.rows], **source.facts}
    rows = described_rows(source.rows)
    encoder = {key: value for key, value in encoder.items() if key not in ("run", "commit")}
    encoder |= {"rows": rows} if rows else {}
    return {
        "config": as_dict(config),
        "data": {
            "frame_set": "pretrain",
            "frames": len(loader),
            "houses": loader.store.data_fingerprint,
            "house_digests": {name: digests[name] for name in loader.store.houses},
            "classes": list(corpus.classes),
            "encoder": encoder,
            "supervised": supervised,
        },
        "corpus": str(corpus.folder.resolve()),
        "pretrained": source.facts,
        "supervised": supervised,
        "oracle": supervised or source.facts["oracle"],
    }


def make_task(config: TransferConfig, source: Source, classes: Sequence[str], machine: Machine) -> Task:
    """The task with its encoder: pre-trained weights, or random ones; head weights from the run's seed."""
    encoder = Encoder(source.model, source.rows)
    if source.run is None:
        initialise(encoder, seed=int(rng_for(config.run.seed, "weights").integers(2**62)))
    else:
        _, tensors = read_checkpoint(source.run.path)
        load_weights(encoder, tensors, source.run.path, prefix="model.encoder.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng_for(config.run.seed, "head").integers(2**62)))
        task = TASKS[config.task](config, encoder, classes)
    choose_attention(task.module, fused=machine.fused_attention)
    return task


def load_task(run: str | Path, *, device: str = "auto") -> tuple[RunFolder, Task, Machine]:
    """A finished transfer run, ready to predict; UserError when the folder is none."""
    folder = RunFolder.load(run)
    if folder.kind != KIND:
        raise UserError(f"{folder.path} is a {folder.kind} run; evaluate takes a transfer run (tst-sim transfer)")
    config = folder.checked().config(TransferConfig)
    check_finished(folder, config.optim.steps)
    data = folder.settings["data"]
    found = find_device(device if device != "auto" else _present(config.run.device))
    precision = config.run.precision if found.type == torch.device(config.run.device).type else "fp32"
    machine = Machine(found, precision, find_threads(config.run))
    encoder = Encoder(*_stored_encoder(folder))
    task = TASKS[config.task](config, encoder, data["classes"])
    _, tensors = read_checkpoint(folder.path)
    load_weights(task.module, tensors, folder.path)
    choose_attention(task.module, fused=machine.fused_attention)
    task.module.to(found).eval()
    return folder, task, machine


def _stored_encoder(run: RunFolder) -> tuple[ModelConfig, tuple[Modality, ...]]:
    """(architecture, rows of its modalities) of the encoder that a transfer run began with."""
    stored = run.settings["data"]["encoder"]
    try:
        return build(ModelConfig, stored["model"], "model"), kept_rows(tuple(stored["signals"]), stored.get("rows", {}))
    except UserError as error:
        raise UserError(f"{run.path} is damaged: config.json, data.encoder: {error}") from error


def _present(device: str) -> str:
    """The run's own device where it exists, else whatever is here."""
    return device if device == "cpu" or torch.cuda.is_available() else "auto"
