"""Pre-training: a corpus goes in, a run folder with an encoder comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from training.cache import OnCache
from training.checkpoint import RunFolder, load_weights, read_checkpoint
from training.config import PretrainConfig, resolved
from training.dataset import Batch, BatchLoader, house_names
from training.loop import OnProgress, Trainer, TrainResult, train
from training.model import Encoder, choose_attention
from training.objectives.mae import MaeObjective
from training.objectives.multimodal import MultimodalObjective
from training.precision import Machine, find_device, find_precision, find_threads
from training.reconstruct import save_reconstructions
from tst_sim.config import as_dict, build
from tst_sim.corpus import Corpus
from tst_sim.errors import UserError

OBJECTIVES: dict[str, Callable[[PretrainConfig], MultimodalObjective]] = {
    "mm": MultimodalObjective,
    "mae": MaeObjective,
}


@dataclass(frozen=True)
class PretrainResult:
    """The run folder, and how training went in this call."""

    folder: Path
    config: PretrainConfig
    train: TrainResult
    notice: str
    """Why frames were decoded on the fly, if they were."""


def pretrain(
    config: PretrainConfig,
    corpus: Corpus | str | Path,
    out: str | Path,
    *,
    houses: Sequence[int] | Sequence[str] | None = None,
    stop_after: int | None = None,
    on_progress: OnProgress | None = None,
    on_cache: OnCache | None = None,
) -> PretrainResult:
    """Pre-train on the `pretrain` frames of some houses (None: all) into the folder `out`, or go on there.

    `stop_after` ends early, as if interrupted, after that many steps. UserError for a folder that
    holds something else or was made with other settings.
    """
    corpus = corpus if isinstance(corpus, Corpus) else Corpus(corpus)
    out = Path(out)
    names = house_names(corpus, houses)
    config = _with_stored_choices(resolved(config), out)
    device = find_device(config.run.device)
    loader = BatchLoader(
        corpus,
        "pretrain",
        names,
        config.modalities,
        config.data,
        batch_size=config.optim.batch_size,
        seed=config.run.seed,
        device=device,
        on_cache=on_cache,
    )
    objective = OBJECTIVES[config.objective](config)
    config, machine = _choose_machine(config, device, objective.config, loader.batch(0))
    run = RunFolder.open(out, "pretrain", _settings(config, corpus, loader))
    choose_attention(objective.module, fused=machine.fused_attention)
    outcome = train(
        objective, loader, run, config.optim, machine,
        seed=config.run.seed, stop_after=stop_after, on_progress=on_progress,
    )  # fmt: skip
    if outcome.finished:
        save_reconstructions(objective, loader, machine, run.path, seed=config.run.seed)
    return PretrainResult(out, config, outcome, loader.store.notice)


def _settings(config: PretrainConfig, corpus: Corpus, loader: BatchLoader) -> dict[str, Any]:
    return {
        "config": as_dict(config),
        "data": {"frame_set": "pretrain", "frames": len(loader), "houses": loader.store.data_fingerprint},
        "corpus": str(corpus.folder.resolve()),
        "oracle": config.oracle,
    }


def _with_stored_choices(config: PretrainConfig, out: Path) -> PretrainConfig:
    """What the program chose when the run was made stays chosen: nothing is probed again."""
    if not RunFolder.exists(out):
        return config
    stored = RunFolder.load(out).settings.get("config", {}).get("run", {})
    run = config.run
    chosen = {
        "device": stored.get("device", run.device) if run.device == "auto" else run.device,
        "precision": stored.get("precision", run.precision) if run.precision == "auto" else run.precision,
        "threads": run.threads or stored.get("threads"),
    }
    return replace(config, run=replace(run, **chosen))


def _choose_machine(
    config: PretrainConfig, device: torch.device, probed: PretrainConfig, batch: Batch
) -> tuple[PretrainConfig, Machine]:
    """Device, number type and threads, put into the settings; the probe trains a throw-away copy."""

    def step(machine: Machine) -> None:
        if machine.precision not in trainers:
            objective = OBJECTIVES[probed.objective](probed)
            choose_attention(objective.module, fused=machine.fused_attention)
            trainers[machine.precision] = Trainer(objective, probed.optim, machine, seed=0)
        trainers[machine.precision].one_step(0, batch)

    trainers: dict[str, Trainer] = {}
    threads = find_threads(config.run)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    precision = find_precision(config.run, device, step)
    torch.set_num_threads(before)
    run = replace(config.run, device=str(device), precision=precision, threads=threads)
    return replace(config, run=run), Machine(device, precision, threads)


def stored_config(run: RunFolder) -> PretrainConfig:
    """The resolved settings of a pre-training run; UserError when the run is of another kind."""
    if run.kind != "pretrain":
        raise UserError(f"{run.path} is a {run.kind} run, not a pre-training run")
    return build(PretrainConfig, run.settings["config"])


def load_encoder(run: str | Path) -> Encoder:
    """The encoder of a pre-training run, in evaluation mode, on the CPU.

    Call it with RGB (b, 3, h, w) in [0, 1], sides multiples of its `patch`: a feature map
    (b, dim, h / patch, w / patch); ImageNet normalisation is inside. `encode({"rgb": ..., "depth": ...})`
    takes any subset of the signals it was trained with and gives tokens (b, n, dim).
    """
    folder = RunFolder.load(run)
    config = stored_config(folder)
    encoder = Encoder(config.model, config.modalities)
    _, tensors = read_checkpoint(folder.path)
    load_weights(encoder, tensors, folder.path, prefix="model.encoder.")
    return encoder.eval()
