"""A training run: what pre-training and transfer share, from the settings to the result."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from training.checkpoint import RunFolder
from training.config import DataConfig, OptimConfig, RunConfig
from training.data.dataset import BatchLoader, house_names
from training.data.frame_cache import OnCache
from training.loop import OnProgress, TrainResult, train
from training.objectives.objective import Trainable
from training.precision import Compute, find_device
from training.precision_choice import choose_compute, stored_choices, with_compute
from tst_sim.corpus import Corpus
from tst_sim.owners import owned, refuse_torchrun


class TrainingConfig(Protocol):
    """The settings that every kind of training has."""

    @property
    def data(self) -> DataConfig:
        """What of a frame is seen."""
        ...

    @property
    def optim(self) -> OptimConfig:
        """Steps and optimiser."""
        ...

    @property
    def run(self) -> RunConfig:
        """Seed and machine."""
        ...


Config = TypeVar("Config", bound=TrainingConfig)
Trained = TypeVar("Trained", bound=Trainable)


@dataclass(frozen=True)
class RunResult(Generic[Config]):
    """The run folder, and how training went in this call."""

    folder: Path
    config: Config
    train: TrainResult
    notice: str
    """Why frames were decoded on the fly, if they were."""


@dataclass(frozen=True)
class Job(Generic[Config, Trained]):
    """What differs between kinds of training."""

    kind: str
    """`pretrain` or `transfer`: the run's kind and the verb."""
    inputs: tuple[str, ...]
    """Modalities of a batch."""
    make: Callable[[Config, BatchLoader, Compute], Trained]
    """What is trained, its weights as they are before the first step."""
    settings: Callable[[Config, BatchLoader], Mapping[str, Any]]
    """What the run keeps of itself, see `RunFolder.open`."""
    finish: Callable[[Trained, BatchLoader, Compute, RunFolder], None] = lambda trained, loader, compute, run: None
    """What follows the last step."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a run is done, apart from its settings."""

    houses: Sequence[int] | Sequence[str] | None = None
    """Source indices or names; None: all of the corpus."""
    stop_after: int | None = None
    """End early, as if interrupted, after that many steps."""
    on_progress: OnProgress | None = None
    on_cache: OnCache | None = None
    data_dir: str | os.PathLike[str] | None = None
    """The data root in which the frames of a read-only corpus are decoded."""


def resolve(config: Config, out: Path) -> Config:
    """The settings with what the program chose when the run at `out` was made, if it was: nothing is probed again."""
    return replace(config, run=stored_choices(config.run, out))  # type: ignore[type-var]


def data_settings(loader: BatchLoader) -> dict[str, Any]:
    """What a run was trained on, as it is kept: frames, the digests of houses and, where there are any, of layers."""
    data = {"frame_set": "pretrain", "frames": len(loader), "houses": loader.store.data_fingerprint}
    layers = loader.store.layer_fingerprint
    return data | ({"layers": layers} if layers else {})


def train_run(
    job: Job[Config, Trained], config: Config, corpus: Corpus, out: str | Path, options: Options
) -> RunResult[Config]:
    """Train on the `pretrain` frames of a corpus into the folder `out`, or go on there.

    UserError for a folder that holds something else, was made with other settings or in which another process trains,
    and under torchrun.
    """
    refuse_torchrun(job.kind)
    out, houses = Path(out), house_names(corpus, options.houses)
    RunFolder.exists(out)  # a foreign folder is refused before anything is written there
    with owned(out, job.kind) as owner:
        config = resolve(config, out)
        device = find_device(config.run.device)
        loader = BatchLoader(
            corpus, "pretrain", houses, job.inputs, config.data,
            batch_size=config.optim.batch_size, seed=config.run.seed, device=device,
            on_cache=options.on_cache, data_dir=options.data_dir,
        )  # fmt: skip
        chosen = config

        def make(compute: Compute) -> Trained:
            return job.make(chosen, loader, compute)

        compute = choose_compute(config.run, device, make, config.optim, loader)
        config = chosen = replace(config, run=with_compute(config.run, compute))  # type: ignore[type-var]
        trained = make(compute)  # before anything is written: it may refuse
        run = RunFolder.open(out, job.kind, job.settings(config, loader), owner)
        outcome = train(
            trained, loader, run, config.optim, compute,
            seed=config.run.seed, stop_after=options.stop_after, on_progress=options.on_progress,
        )  # fmt: skip
        if outcome.finished:
            job.finish(trained, loader, compute, run)
    return RunResult(out, config, outcome, loader.store.notice)
