"""The training loop. It drives a `Trainable`: the objective of pre-training, or the task of a transfer.

Everything random in a step comes from (seed, step), so a run that was stopped, killed or interrupted
goes on from its checkpoint as if nothing had happened: same losses, same weights.
"""

from __future__ import annotations

import json
import math
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from training.averaging import WeightAverage
from training.checkpoint import METRICS, RESULT, RunFolder
from training.config import OptimConfig, View
from training.data.physical import Batch
from training.objectives.objective import Batches, Rate, Trainable
from training.precision import Compute, computing
from tst_sim.errors import UserError
from tst_sim.randomness import rng_for
from tst_sim.storage import LineLog, write_json

CHECKPOINT_SECONDS = 60.0
"""A checkpoint is also written when the last one is this old, so that a kill costs a minute at most."""


class BatchSource(Protocol):
    """Where batches come from: a pure function of the step (`training.data.dataset.BatchLoader`)."""

    batch_size: int

    def batch(self, step: int) -> Batch:
        """The augmented batch of a step."""
        ...

    def crops(self, step: int, views: Sequence[View]) -> list[Batch]:
        """The frames of a step under several crops, a batch each, with their own randomness."""
        ...


def batch_for(trained: Trainable, source: BatchSource, step: int) -> Batches:
    """What `loss` is given in a step: a batch, or one for each of the views that it asks for."""
    return source.crops(step, trained.views) if trained.views else source.batch(step)


@dataclass(frozen=True)
class Progress:
    """Where a run stands, for whoever shows it."""

    step: int
    steps: int
    loss: float
    images_per_s: float
    seconds_left: float


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class TrainResult:
    """How far the run got; `losses` are those of this call's logged steps, by step."""

    step: int
    finished: bool
    images_per_s: float
    losses: dict[int, float] = field(default_factory=dict)


def learning_rate(config: OptimConfig, step: int) -> float:
    """Linear warm-up to `lr`, then half a cosine down to zero at the last step."""
    warmup = round(config.warmup * config.steps)
    if step < warmup:
        return config.lr * (step + 1) / warmup
    return config.lr * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, config.steps - warmup)))


def make_optimizer(module: nn.Module, config: OptimConfig, rates: Sequence[Rate] = ()) -> torch.optim.AdamW:
    """AdamW over the trainable weights, with decay on matrices alone; a group for each of the `rates` that applies.

    A group has two entries of ours: `scale` and `start`, see `Rate`.
    """
    groups: dict[tuple[bool, float, float], list[nn.Parameter]] = {}
    for name, weight in module.named_parameters():
        if weight.requires_grad:
            is_matrix = weight.ndim > 1 and name.endswith(".weight")
            rate = rate_of(name, rates)
            groups.setdefault((not is_matrix, rate.scale, rate.start), []).append(weight)
    settings = [
        {
            "params": weights,
            "weight_decay": 0.0 if is_plain else config.weight_decay,
            "scale": scale,
            "start": start,
        }
        for (is_plain, scale, start), weights in sorted(groups.items(), key=lambda group: group[0])
    ]
    return torch.optim.AdamW(settings, lr=config.lr, betas=(0.9, config.beta2), fused=True)


def rate_of(name: str, rates: Sequence[Rate]) -> Rate:
    """The rate of a weight: that of the longest prefix of its name."""
    found = [rate for rate in rates if name.startswith(rate.prefix)]
    return max(found, key=lambda rate: len(rate.prefix), default=Rate(""))


class Trainer:
    """The state of one run in memory; `one_step` is the whole of training."""

    def __init__(self, objective: Trainable, config: OptimConfig, compute: Compute, *, seed: int) -> None:
        self.objective, self.config, self.compute, self.seed = objective, config, compute, seed
        self.module = objective.module.to(compute.device)
        self.optimizer = make_optimizer(self.module, config, objective.rates)
        self.average = WeightAverage(self.module, config.average) if config.average else None
        self.scaler = torch.amp.GradScaler(compute.device.type, enabled=compute.precision == "fp16")  # type: ignore[attr-defined]

    def one_step(self, step: int, batch: Batches) -> dict[str, Tensor]:
        """Forward, backward, update and what follows it, of a batch or several views; the named scalar losses, on
        the device."""
        self._set_rates(step)
        with self.compute.autocast():
            losses = self.objective.loss(batch, step=step, rng=rng_for(self.seed, "step", step))
        total = torch.stack(list(losses.values())).sum()
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(total).backward()
        if self.config.clip:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.module.parameters(), self.config.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        with torch.no_grad():
            self.objective.after_step(step)
        if self.average is not None:
            self.average.update()
        return {"loss": total.detach(), **{f"loss/{name}": value.detach() for name, value in losses.items()}}

    def _set_rates(self, step: int) -> None:
        rate = learning_rate(self.config, step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["scale"]
            if group["start"]:
                for weight in group["params"]:
                    weight.requires_grad_(step >= group["start"] * self.config.steps)

    def save(self, run: RunFolder, step: int) -> None:
        """Write a checkpoint of the state after `step` steps."""
        extra = {}
        if self.scaler.is_enabled():
            state = self.scaler.state_dict()
            extra = {"scale": torch.tensor(state["scale"]), "growth": torch.tensor(state["_growth_tracker"])}
        average = self.average.tensors() if self.average is not None else {}
        run.save(step, self.module, self.optimizer, average=average, **extra)

    def restore(self, run: RunFolder) -> int:
        """Take over the run's checkpoint, if there is one; the steps done."""
        step, extra = run.restore(self.module, self.optimizer)
        if not 0 <= step <= self.config.steps:
            raise UserError(f"{run.path} is damaged: its checkpoint is of step {step} of {self.config.steps}")
        if step and self.average is not None:
            self.average.restore(run.average(self.module), step)
        if {"scale", "growth"} <= extra.keys() and self.scaler.is_enabled():
            state = self.scaler.state_dict()
            state |= {"scale": extra["scale"].item(), "_growth_tracker": int(extra["growth"].item())}
            self.scaler.load_state_dict(state)
        return step


def train(
    objective: Trainable,
    batches: BatchSource,
    run: RunFolder,
    config: OptimConfig,
    compute: Compute,
    *,
    seed: int,
    stop_after: int | None = None,
    on_progress: OnProgress | None = None,
) -> TrainResult:
    """Train from the run's checkpoint (or the start) to the last step, or until `stop_after` steps are done.

    Ctrl-C ends after the step at hand with a checkpoint and KeyboardInterrupt. UserError when the
    loss is not a number, or the run got another owner; StorageError when the disk is full.
    """
    with computing(compute), _stop_requests() as stop:
        trainer = Trainer(objective, config, compute, seed=seed)
        first = trainer.restore(run)
        run.go_on_from(first)
        last = config.steps if stop_after is None else min(config.steps, stop_after)
        saved = time.monotonic()
        step = first
        with closing(_Log(run, config, batches.batch_size, first, on_progress)) as log:
            while step < last and not stop.is_set():
                losses = trainer.one_step(step, batch_for(objective, batches, step))
                if step % config.log_every == 0 or step + 1 == config.steps:
                    log.write(step, losses, learning_rate(config, step))
                step += 1
                if step % config.checkpoint_every == 0 or time.monotonic() - saved > CHECKPOINT_SECONDS:
                    trainer.save(run, step)
                    saved = time.monotonic()
            if step > first:
                trainer.save(run, step)
        if stop.is_set():
            raise KeyboardInterrupt
    result = TrainResult(step, step == config.steps, log.images_per_s, log.losses)
    if result.finished and not run.finished:
        run.confirm()
        write_json(run.path / RESULT, _summary(run, config, batches.batch_size))
    return result


def _summary(run: RunFolder, config: OptimConfig, batch_size: int) -> dict[str, Any]:
    """`result.json`: images seen, the mean of the last tenth of the logged losses, the median speed."""
    rows = run.metrics()
    tail = rows[-max(1, len(rows) // 10) :]
    names = sorted({name for row in tail for name in row if name.startswith("loss")})
    speeds = sorted(speed for row in rows if (speed := row.get("images_per_s", 0)) > 0) or [0.0]
    return {
        "steps": config.steps,
        "images": config.steps * batch_size,
        "images_per_s": speeds[len(speeds) // 2],
        "final": {name: statistics.fmean(row[name] for row in tail if name in row) for name in names},
    }


class _Log:
    """metrics.jsonl and progress. `images_per_s` is the one value that differs between equal runs."""

    def __init__(
        self, run: RunFolder, config: OptimConfig, batch_size: int, first: int, on_progress: OnProgress | None
    ) -> None:
        self.config, self.batch_size, self.on_progress = config, batch_size, on_progress
        self.losses: dict[int, float] = {}
        self.images_per_s = 0.0
        self._run, self._file = run, LineLog(run.path / METRICS)
        self._last = (first - 1, time.perf_counter())

    def write(self, step: int, losses: Mapping[str, Tensor], rate: float) -> None:
        values = {name: value.item() for name, value in losses.items()}
        if not math.isfinite(values["loss"]):
            raise UserError(f"the loss at step {step} is {values['loss']}; lower optim.lr or use --precision fp32")
        self._measure(step)
        row = {"step": step, **values, "lr": rate, "images_per_s": round(self.images_per_s, 1)}
        self._run.confirm()
        self._file.write(json.dumps(row))
        self.losses[step] = values["loss"]
        if self.on_progress:
            left = (self.config.steps - step - 1) * self.batch_size / max(self.images_per_s, 1e-9)
            self.on_progress(Progress(step + 1, self.config.steps, values["loss"], self.images_per_s, left))

    def _measure(self, step: int) -> None:
        """Speed since the last line, smoothed; the first line includes warming up."""
        (before, then), now = self._last, time.perf_counter()
        speed = (step - before) * self.batch_size / (now - then)
        self.images_per_s = 0.9 * self.images_per_s + 0.1 * speed if self.images_per_s else speed
        self._last = step, now

    def close(self) -> None:
        self._file.close()


@contextmanager
def _stop_requests() -> Iterator[threading.Event]:
    """Ctrl-C sets the event, so that a step is never cut in the middle; a second one interrupts at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def request(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, request) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
