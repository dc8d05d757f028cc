"""A user's plug-in file, as the tests load it with `--plugin`: an encoder, an objective with a teacher, a task."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.config import ArchitectureConfig, PretrainConfig, View, within
from training.encoders import ENCODERS
from training.encoders.encoder import Encoder, as_module
from training.encoders.sources import make_encoder
from training.objectives import OBJECTIVES
from training.objectives.objective import Objective
from training.tasks import TASKS
from training.tasks.task import Score, Task
from training.transfer_config import EvaluateConfig, TransferConfig
from tst_sim.modalities import MODALITIES, Modality
from tst_sim.randomness import rng_for


@dataclass(frozen=True, kw_only=True)
class PatchConfig(ArchitectureConfig):
    """A linear map of patches, so many times."""

    width: int = 16
    layers: int = 2


class PatchEncoder(nn.Module):
    """An encoder without attention: each patch for itself."""

    Config = PatchConfig

    def __init__(self, config: PatchConfig, modalities: Sequence[str | Modality]) -> None:
        super().__init__()
        rows = [MODALITIES[item] if isinstance(item, str) else item for item in modalities]
        self.modalities = tuple(row.name for row in rows)
        self.patch, self.dim, self.depth = config.patch, config.width, config.layers
        channels = sum(row.channels for row in rows)
        self.first = nn.Conv2d(channels, config.width, config.patch, stride=config.patch)
        self.rest = nn.ModuleList(nn.Conv2d(config.width, config.width, 1) for _ in range(config.layers - 1))

    def features(self, images: Mapping[str, Tensor], layers: Iterable[int] | None = None) -> list[Tensor]:
        outputs = [self.first(torch.cat([images[name] for name in self.modalities], dim=1))]
        for layer in self.rest:
            outputs.append(layer(outputs[-1].relu()))
        return [outputs[layer - 1] for layer in layers or [self.depth]]

    def initialise(self, *, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for weight in self.parameters():
                weight.normal_(0, 0.1, generator=generator)


@dataclass(frozen=True, kw_only=True)
class TeacherConfig(PretrainConfig):
    """Settings of `teacher`."""

    momentum: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        within("momentum", self.momentum, 0, 1)


class TeacherModule(nn.Module):
    """A student that is trained, its running mean, and the mean of what that says."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.student = as_module(encoder)
        self.teacher = copy.deepcopy(self.student).requires_grad_(False)
        self.register_buffer("centre", torch.zeros(encoder.dim))


class TeacherObjective(Objective):
    """Agree with an EMA teacher about two crops of a frame; the teacher is what is exported."""

    Config = TeacherConfig
    encoder_weights = "teacher."

    def __init__(self, config: TeacherConfig, rows: Sequence[Modality] | None = None) -> None:
        self.config, self.inputs = config, config.modalities
        self.views = (View(config.data.size), View(config.data.size // 2, (0.1, 0.3)))
        encoder = make_encoder(config.model, tuple(rows or ()))
        encoder.initialise(seed=int(rng_for(config.run.seed, "weights").integers(2**62)))
        self._module = TeacherModule(encoder)

    @property
    def module(self) -> TeacherModule:
        return self._module

    @classmethod
    def resolved(cls, config: TeacherConfig) -> TeacherConfig:
        return replace(config, modalities=("rgb",))

    def loss(self, batch: Any, *, step: int, rng: np.random.Generator) -> dict[str, Tensor]:
        whole, part = batch
        assert whole["rgb"].shape[-1] == 2 * part["rgb"].shape[-1]
        with torch.no_grad():
            wanted = self.module.teacher.features(whole)[0].mean(dim=(2, 3))
            self.module.centre.lerp_(wanted.mean(dim=0), 0.1)
        said = self.module.student.features(part)[0].mean(dim=(2, 3))
        return {"agreement": ((said - (wanted - self.module.centre)) ** 2).mean()}

    def after_step(self, step: int) -> None:
        for mean, weight in zip(self.module.teacher.parameters(), self.module.student.parameters()):
            mean.lerp_(weight, 1 - self.config.momentum)


@dataclass(frozen=True, kw_only=True)
class NearnessConfig(TransferConfig):
    """Settings of `nearness`."""

    hidden: int = 8


class Errors:
    """Sum and number of absolute errors."""

    def __init__(self) -> None:
        self.total, self.count = 0.0, 0

    def merge(self, other: Errors) -> None:
        self.total, self.count = self.total + other.total, self.count + other.count


class NearnessModule(nn.Module):
    """The mean of a feature map, through a small perceptron."""

    def __init__(self, encoder: Encoder, hidden: int) -> None:
        super().__init__()
        self.encoder = as_module(encoder)
        self.head = nn.Sequential(nn.Linear(encoder.dim, hidden), nn.GELU(), nn.Linear(hidden, 1))

    def forward(self, image: Tensor) -> Tensor:
        return self.head(self.encoder.features({"rgb": image})[0].mean(dim=(2, 3)))[:, 0]


class Nearness(Task):
    """How far away everything in a frame is on average, in metres: the less error the better."""

    name = "nearness"
    inputs = ("rgb", "depth")
    scores = (Score("error_m", higher_is_better=False, unit="m", label="mean error"),)
    Config = NearnessConfig

    def __init__(self, config: NearnessConfig, encoder: Encoder, classes: Sequence[str]) -> None:
        self.config = config
        self._module = NearnessModule(encoder, config.hidden)

    @property
    def module(self) -> NearnessModule:
        return self._module

    def loss(self, batch: Any, *, step: int, rng: np.random.Generator) -> dict[str, Tensor]:
        return {"nearness": (self.module(batch["rgb"]).float() - batch["depth"].mean(dim=(1, 2, 3))).abs().mean()}

    def metrics(self) -> Errors:
        return Errors()

    def measure(self, batch: Any, metrics: Errors) -> Tensor:
        said = self.module(batch["rgb"]).float()
        metrics.total += (said - batch["depth"].mean(dim=(1, 2, 3))).abs().sum().item()
        metrics.count += len(said)
        return said

    def describe(self, metrics: Errors, config: EvaluateConfig) -> dict[str, Any]:
        return {"error_m": metrics.total / metrics.count if metrics.count else None}


ENCODERS.register("patches", PatchEncoder)
OBJECTIVES.register("teacher", TeacherObjective)
TASKS.register("nearness", Nearness)
