"""The machine of a run: chosen once, by a short probe where that is asked for, then kept with the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from training.checkpoint import RunFolder
from training.config import OptimConfig, RunConfig
from training.loop import Batches, Trainer, batch_for
from training.objectives.objective import Objective
from training.precision import Machine, find_precision, find_threads
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


def choose_machine(
    run: RunConfig,
    device: torch.device,
    make_objective: Callable[[Machine], Objective],
    optim: OptimConfig,
    batches: Batches,
) -> Machine:
    """Device, number type and threads of a run; a probe trains throw-away objectives on the first batch."""
    trainers: dict[str, Trainer] = {}
    first: list[Any] = []

    def step(machine: Machine) -> None:
        if machine.precision not in trainers:
            trainers[machine.precision] = Trainer(make_objective(machine), optim, machine, seed=0)
        trainer = trainers[machine.precision]
        if not first:
            first.append(batch_for(trainer.objective, batches, 0))
        trainer.one_step(0, first[0])

    return Machine(device, find_precision(run, device, step), find_threads(run))


def with_machine(run: RunConfig, machine: Machine) -> RunConfig:
    """The settings with the machine's choices put in, as they are stored."""
    return replace(run, device=str(machine.device), precision=machine.precision, threads=machine.threads)
