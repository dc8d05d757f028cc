"""Measurements before a sweep starts: the number type, and the speed of methods."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch

from training.config import PretrainConfig, View, resolved
from training.data.physical import Batch
from training.loop import Trainer, batch_for
from training.objectives.objective import Objective
from training.precision import Compute, computing, find_device, find_threads
from training.precision_choice import choose_compute
from training.pretrain import make_objective
from tst_sim.modalities import MODALITIES, Kind

STEPS = 8


class RandomBatches:
    """Batches of the settings' size with nothing in them to learn, the same one in every step."""

    def __init__(self, config: PretrainConfig, device: torch.device) -> None:
        self.config, self.device, self.batch_size = config, device, config.optim.batch_size

    def batch(self, step: int) -> Batch:
        """A random batch, whatever the step."""
        return random_batch(self.config, self.device)

    def crops(self, step: int, views: Sequence[View]) -> list[Batch]:
        """A random batch of the size of each view."""
        sizes = [replace(self.config.data, size=view.size) for view in views]
        return [random_batch(replace(self.config, data=data), self.device) for data in sizes]


def choose_precision(config: PretrainConfig) -> str:
    """`run.precision` resolved by a few steps on random images, see `find_precision`."""
    config = resolved(config)
    device = find_device(config.run.device)
    batches = RandomBatches(config, device)
    return choose_compute(config.run, device, partial(_objective, config), config.optim, batches).precision


def images_per_second(config: PretrainConfig) -> float:
    """Speed of pre-training with resolved settings, median over a few steps on random images."""
    config = resolved(config)
    assert config.run.precision != "auto", "resolve the precision first"
    device = find_device(config.run.device)
    compute = Compute(device, config.run.precision, find_threads(config.run))
    with computing(compute):
        objective = _objective(config, compute)
        batch = batch_for(objective, RandomBatches(config, device), 0)
        trainer = Trainer(objective, config.optim, compute, seed=0)
        seconds = []
        for number in range(STEPS + 2):
            start = time.perf_counter()
            trainer.one_step(number, batch)["loss"].item()
            seconds.append(time.perf_counter() - start)
    return config.optim.batch_size / statistics.median(seconds[2:])


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


def _objective(config: PretrainConfig, compute: Compute) -> Objective:
    return make_objective(config, [MODALITIES[name] for name in config.modalities], compute)
