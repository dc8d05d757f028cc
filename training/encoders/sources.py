"""Where the weights of an encoder come from: a pre-trained run, or nowhere (`scratch`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from training.checkpoint import WEIGHTS, RunFolder, check_finished, final_weights, load_weights, read_checkpoint
from training.config import ArchitectureConfig, PretrainConfig, resolved
from training.data.rows import kept_rows
from training.encoders import ENCODERS
from training.encoders.encoder import Encoder, as_module
from training.objectives import OBJECTIVES
from tst_sim.config import build
from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES, RGB, Modality
from tst_sim.randomness import rng_for
from tst_sim.storage import file_sha256

SCRATCH = "scratch"


@dataclass(frozen=True)
class Source:
    """An encoder to start from: its architecture, what it reads, and its weights."""

    model: ArchitectureConfig
    rows: tuple[Modality, ...]
    """Of the modalities that the encoder reads."""
    run: RunFolder | None
    """The pre-training run that the weights are of, if they are."""
    facts: dict[str, Any]
    """What is kept of it beside every result: objective, modalities, houses, seed, commit, oracle."""
    weights: Callable[[nn.Module], None] | None = None
    """Loads them into an encoder of this architecture; None: they are drawn from the run's seed."""

    @property
    def is_random(self) -> bool:
        """Whether the weights are random ones."""
        return self.weights is None

    def encoder(self, *, seed: int) -> Encoder:
        """The encoder with its weights, on the CPU; random ones follow from the seed of the run that asks."""
        encoder = make_encoder(self.model, self.rows)
        if self.weights is None:
            encoder.initialise(seed=int(rng_for(seed, "weights").integers(2**62)))
        else:
            self.weights(as_module(encoder))
        return encoder

    def reading(self, names: tuple[str, ...], task: str) -> Source:
        """This source for a task that shows its encoder some modalities.

        UserError when a pre-trained encoder never learnt one of them; random weights read whatever is asked for.
        """
        if self.is_random:
            return replace(self, rows=tuple(MODALITIES[name] for name in names))
        known = [row.name for row in self.rows]
        missing = [name for name in names if name not in known]
        if missing:
            where = self.run.path if self.run is not None else self.facts["source"]
            raise UserError(f"{where} was pre-trained on {', '.join(known)}; {task} reads {', '.join(missing)}")
        return self


def scratch(config: PretrainConfig) -> Source:
    """Random weights of a preset's architecture: the lower bound."""
    facts = {"source": SCRATCH, "objective": SCRATCH, "modalities": [], "houses": [], "oracle": False}
    return Source(resolved(config).model, (MODALITIES[RGB],), None, facts)


def pretrained(run: str | Path) -> Source:
    """A finished pre-training run as a source; UserError for anything else."""
    folder = RunFolder.load(run)
    config = stored_config(folder)
    check_finished(folder, config.optim.steps)
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

    def load(encoder: nn.Module) -> None:
        _load_encoder_weights(encoder, folder, config)

    return Source(config.model, rows_of_run(folder, config), folder, facts, load)


def load_encoder(run: str | Path) -> Any:
    """The encoder of a pre-training run, in evaluation mode, on the CPU.

    Call it with RGB (b, 3, h, w) in [0, 1], sides multiples of its `patch`: a feature map
    (b, dim, h / patch, w / patch); ImageNet normalisation is inside. `encode({"rgb": ..., "depth": ...})`
    takes any subset of the modalities it was trained with and gives tokens (b, n, dim). So do encoders `vit`; those of
    plug-ins offer what `training.encoders.encoder.Encoder` says.
    """
    folder = RunFolder.load(run)
    config = stored_config(folder)
    encoder = make_encoder(config.model, rows_of_run(folder, config))
    _load_encoder_weights(as_module(encoder), folder, config)
    return as_module(encoder).eval()


def make_encoder(model: ArchitectureConfig, rows: tuple[Modality, ...]) -> Encoder:
    """An encoder of an architecture, with the weights that its constructor draws."""
    return ENCODERS.named(model.type)(model, rows)


def stored_config(run: RunFolder) -> PretrainConfig:
    """The resolved settings of a pre-training run; UserError when the run is of another kind."""
    if run.kind != "pretrain":
        raise UserError(f"{run.path} is a {run.kind} run, not a pre-training run")
    return run.checked().config(PretrainConfig)


def rows_of_run(run: RunFolder, config: PretrainConfig) -> tuple[Modality, ...]:
    """The rows of the modalities that the encoder of a pre-training run reads."""
    names = OBJECTIVES.named(config.objective).encoder_inputs(config)
    return kept_rows(names, run.settings["data"].get("rows", {}))


def stored_encoder(run: RunFolder) -> Encoder:
    """The encoder that a transfer run began with, without its weights; UserError naming what is damaged."""
    stored = run.settings["data"]["encoder"]
    try:
        model = build(ArchitectureConfig, stored["model"], "model")
        return make_encoder(model, kept_rows(tuple(stored["signals"]), stored.get("rows", {})))
    except UserError as error:
        raise UserError(f"{run.path} is damaged: config.json, data.encoder: {error}") from error


def _load_encoder_weights(encoder: nn.Module, run: RunFolder, config: PretrainConfig) -> None:
    _, tensors = read_checkpoint(run.path)
    prefix = OBJECTIVES.named(config.objective).encoder_weights
    load_weights(encoder, tensors, run.path, prefix=final_weights(tensors) + prefix)


def _weights_sha256(run: Path) -> str:
    try:
        return file_sha256(run / WEIGHTS)
    except OSError as error:
        raise UserError(f"{run / WEIGHTS} cannot be read ({error.strerror}); run its pretrain command again") from error
