"""Pre-training: a corpus goes in, a run folder with an encoder comes out."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from training.checkpoint import RunFolder, load_weights, read_checkpoint
from training.config import PretrainConfig, resolved
from training.data.dataset import BatchLoader, house_names
from training.data.frame_cache import OnCache
from training.data.rows import described_rows, kept_rows
from training.encoders.vit import Encoder, choose_attention
from training.loop import OnProgress, TrainResult, train
from training.objectives.mae import MaeObjective
from training.objectives.multimae import MultimodalObjective
from training.objectives.reconstructions import RECONSTRUCTIONS, save_reconstructions
from training.precision import Machine, find_device
from training.precision_choice import choose_machine, stored_choices, with_machine
from tst_sim.config import as_dict, fingerprint
from tst_sim.corpus import Corpus, read_record
from tst_sim.errors import UserError
from tst_sim.modalities import Modality
from tst_sim.owners import owned, refuse_torchrun
from tst_sim.storage import data_root

OBJECTIVES: dict[str, Callable[[PretrainConfig, Sequence[Modality] | None], MultimodalObjective]] = {
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
    data_dir: str | os.PathLike[str] | None = None,
) -> PretrainResult:
    """Pre-train on the `pretrain` frames of some houses (None: all) into the folder `out`, or go on there.

    `stop_after` ends early, as if interrupted, after that many steps; `data_dir` is the data root in which the frames
    of a read-only corpus are decoded. UserError for a folder that holds something else, was made with other settings or
    in which another process trains, and under torchrun.
    """
    refuse_torchrun("pretrain")
    corpus = corpus if isinstance(corpus, Corpus) else Corpus(corpus)
    out = Path(out)
    names = house_names(corpus, houses)
    config = resolved(config)
    RunFolder.exists(out)  # a foreign folder is refused before anything is written there
    with owned(out, "pretrain") as owner:
        config = replace(config, run=stored_choices(config.run, out))
        device = find_device(config.run.device)
        loader = BatchLoader(
            corpus, "pretrain", names, config.modalities, config.data,
            batch_size=config.optim.batch_size, seed=config.run.seed, device=device,
            on_cache=on_cache, data_dir=data_dir,
        )  # fmt: skip
        make = partial(_objective, config, loader.rows)
        machine = choose_machine(config.run, device, make, config.optim, loader)
        config = replace(config, run=with_machine(config.run, machine))
        run = RunFolder.open(out, "pretrain", _settings(config, corpus, loader), owner)
        objective = _objective(config, loader.rows, machine)
        outcome = train(
            objective, loader, run, config.optim, machine,
            seed=config.run.seed, stop_after=stop_after, on_progress=on_progress,
        )  # fmt: skip
        if outcome.finished and not (out / RECONSTRUCTIONS).exists():
            save_reconstructions(objective, loader, machine, run.path, seed=config.run.seed)
    return PretrainResult(out, config, outcome, loader.store.notice)


def default_folder(
    config: PretrainConfig,
    corpus: Corpus,
    houses: Sequence[int] | Sequence[str] | None,
    preset: str,
    data_dir: str | os.PathLike[str] | None = None,
) -> Path:
    """`runs/<objective>-<preset>-<fingerprint>` in the data root: the same settings and frames find it again."""
    shards = {name: read_record(corpus.folder, "pretrain", name) for name in house_names(corpus, houses)}
    frames = {name: record.sha256 for name, record in shards.items() if record}
    digits = fingerprint({"config": as_dict(resolved(config)), "frames": frames})
    return data_root(data_dir) / "runs" / f"{config.objective}-{preset}-{digits}"


def _objective(config: PretrainConfig, rows: Sequence[Modality], machine: Machine) -> MultimodalObjective:
    objective = OBJECTIVES[config.objective](config, rows)
    choose_attention(objective.module, fused=machine.fused_attention)
    return objective


def _settings(config: PretrainConfig, corpus: Corpus, loader: BatchLoader) -> dict[str, Any]:
    data = {"frame_set": "pretrain", "frames": len(loader), "houses": loader.store.data_fingerprint}
    rows = described_rows(loader.rows)
    return {
        "config": as_dict(config),
        "data": data | ({"rows": rows} if rows else {}),
        "corpus": str(corpus.folder.resolve()),
        "oracle": any(row.ground_truth for row in loader.rows),
    }


def stored_config(run: RunFolder) -> PretrainConfig:
    """The resolved settings of a pre-training run; UserError when the run is of another kind."""
    if run.kind != "pretrain":
        raise UserError(f"{run.path} is a {run.kind} run, not a pre-training run")
    return run.checked().config(PretrainConfig)


def rows_of_run(run: RunFolder) -> tuple[Modality, ...]:
    """The rows of the modalities that a run was pre-trained on."""
    return kept_rows(tuple(run.settings["config"]["modalities"]), run.settings["data"].get("rows", {}))


def load_encoder(run: str | Path) -> Encoder:
    """The encoder of a pre-training run, in evaluation mode, on the CPU.

    Call it with RGB (b, 3, h, w) in [0, 1], sides multiples of its `patch`: a feature map
    (b, dim, h / patch, w / patch); ImageNet normalisation is inside. `encode({"rgb": ..., "depth": ...})`
    takes any subset of the modalities it was trained with and gives tokens (b, n, dim).
    """
    folder = RunFolder.load(run)
    config = stored_config(folder)
    encoder = Encoder(config.model, rows_of_run(folder))
    _, tensors = read_checkpoint(folder.path)
    load_weights(encoder, tensors, folder.path, prefix="model.encoder.")
    return encoder.eval()
