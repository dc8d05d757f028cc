"""The machine of a run: chosen once, by a short probe where that is asked for, then kept with the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from training.checkpoint import RunFolder
from training.config import OptimConfig, RunConfig
from training.data.physical import Batch
from training.loop import Objective, Trainer
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
    batch: Batch,
) -> Machine:
    """Device, number type and threads of a run; a probe trains throw-away objectives on `batch`."""
    trainers: dict[str, Trainer] = {}

    def step(machine: Machine) -> None:
        if machine.precision not in trainers:
            trainers[machine.precision] = Trainer(make_objective(machine), optim, machine, seed=0)
        trainers[machine.precision].one_step(0, batch)

    return Machine(device, find_precision(run, device, step), find_threads(run))


def with_machine(run: RunConfig, machine: Machine) -> RunConfig:
    """The settings with the machine's choices put in, as they are stored."""
    return replace(run, device=str(machine.device), precision=machine.precision, threads=machine.threads)
