"""What a sweep measures once, before it starts: the number type, and how fast methods are."""

from __future__ import annotations

import statistics
import time
from functools import partial

import torch

from training.config import PretrainConfig, resolved
from training.data.physical import Batch
from training.encoders.vit import choose_attention
from training.loop import Trainer, batch_for
from training.objectives.objective import Objective
from training.precision import Machine, computing, find_device, find_threads
from training.precision_choice import choose_machine
from training.pretrain import OBJECTIVES
from tst_sim.modalities import MODALITIES, Kind

STEPS = 8


def choose_precision(config: PretrainConfig) -> str:
    """`run.precision` resolved by a few steps on random images, see `find_precision`."""
    config = resolved(config)
    device = find_device(config.run.device)
    batches = RandomBatches(config, device)
    return choose_machine(config.run, device, partial(_objective, config), config.optim, batches).precision


def images_per_second(config: PretrainConfig) -> float:
    """Speed of pre-training with resolved settings, median over a few steps on random images."""
    config = resolved(config)
    assert config.run.precision != "auto", "resolve the precision first"
    device = find_device(config.run.device)
    machine = Machine(device, config.run.precision, find_threads(config.run))
    batches = RandomBatches(config, device)
    with computing(machine):
        trainer = Trainer(_objective(config, machine), config.optim, machine, seed=0)
        seconds = []
        for number in range(STEPS + 2):
            start = time.perf_counter()
            trainer.one_step(number, batch_for(trainer.objective, batches, number))["loss"].item()
            seconds.append(time.perf_counter() - start)
    return config.optim.batch_size / statistics.median(seconds[2:])


class RandomBatches:
    """The same random batch in every step and view."""

    def __init__(self, config: PretrainConfig, device: torch.device) -> None:
        self.batch_size, self._batch = config.optim.batch_size, random_batch(config, device)

    def batch(self, step: int) -> Batch:
        """The batch, whatever the step."""
        return self._batch

    def view(self, step: int, number: int) -> Batch:
        """The batch, whatever the step and the view."""
        return self._batch


def random_batch(config: PretrainConfig, device: torch.device) -> Batch:
    """A batch of the settings' size with nothing in it to learn."""
    generator = torch.Generator().manual_seed(0)
    shape = (config.optim.batch_size, 1, config.data.size, config.data.size)
    batch: Batch = {}
    for name in config.modalities:
        row = MODALITIES[name]
        image = torch.rand(shape[0], max(1, row.channels), *shape[2:], generator=generator)
        if row.kind in (Kind.LABELS, Kind.TOKENS):
            image = (image * (row.vocabulary or 100)).long()
        batch[name] = (image.round() if row.target == "edges" else image).to(device)
    return batch


def _objective(config: PretrainConfig, machine: Machine) -> Objective:
    objective = OBJECTIVES[config.objective](config, None)
    choose_attention(objective.module, fused=machine.fused_attention)
    return objective
