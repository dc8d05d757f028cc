"""Device and number type of a run: chosen once, by a short probe where that is asked for, then kept with the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from training.checkpoint import RunFolder
from training.config import OptimConfig, RunConfig
from training.loop import BatchSource, Trainer, batch_for
from training.objectives.objective import Trainable
from training.precision import Compute, find_precision, find_threads
from tst_sim.config import build
from tst_sim.errors import UserError


def stored_choices(run: RunConfig, out: Path) -> RunConfig:
    """What the program chose when the run at `out` was made stays chosen: nothing is probed again."""
    if not RunFolder.exists(out):
        return run
    try:
        stored = build(RunConfig, RunFolder.load(out).settings["config"].get("run", {}), "config.run")
    except UserError as error:
        raise UserError(f"{out} cannot be gone on from: {error}") from error
    return replace(
        run,
        device=stored.device if run.device == "auto" else run.device,
        precision=stored.precision if run.precision == "auto" else run.precision,
        threads=run.threads or stored.threads,
    )


def choose_compute(
    run: RunConfig,
    device: torch.device,
    make_objective: Callable[[Compute], Trainable],
    optim: OptimConfig,
    batches: BatchSource,
) -> Compute:
    """Device, number type and threads of a run; a probe trains throw-away objectives on the first batch."""
    trainers: dict[str, Trainer] = {}

    def step(compute: Compute) -> None:
        if compute.precision not in trainers:
            trainers[compute.precision] = Trainer(make_objective(compute), optim, compute, seed=0)
        trainer = trainers[compute.precision]
        trainer.one_step(0, batch_for(trainer.objective, batches, 0))

    return Compute(device, find_precision(run, device, step), find_threads(run))


def with_compute(run: RunConfig, compute: Compute) -> RunConfig:
    """The settings with the compute's choices put in, as they are stored."""
    return replace(run, device=str(compute.device), precision=compute.precision, threads=compute.threads)
