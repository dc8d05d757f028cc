"""A second plug-in file: a scalar map, patch features and a text in one layer, an objective with an EMA teacher that
learns from all three, and a task whose score is an error."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.config import PretrainConfig, within
from training.encoders.encoder import Encoder, as_module
from training.encoders.sources import make_encoder
from training.objectives import OBJECTIVES
from training.objectives.objective import Objective
from training.tasks import TASKS
from training.tasks.task import Score, Task
from training.transfer_config import EvaluateConfig, TransferConfig
from tst_sim.corpus.layer_makers import LAYER_MAKERS, LayerMaker
from tst_sim.modalities import MODALITIES, Kind, Mirroring, Modality, Origin, Resampling

CELL = 16
CONTRAST = Modality(
    "contrast", Kind.SCALAR, 1, "float32", "uint8", "contrast.png", "0 to 1", scale=1 / 255, origin=Origin.LAYER
)
MEANS = Modality(
    "means", Kind.FEATURES, 3, "float32", "float16", "means.npy", "mean color", origin=Origin.LAYER, stride=CELL,
    resampling=Resampling.LINEAR,
)  # fmt: skip
SENTENCE = Modality(
    "sentence", Kind.TEXT, 0, "str", "str", "sentence.txt", "English", origin=Origin.LAYER, mirroring=Mirroring.KEEP
)
ROWS = (CONTRAST, MEANS, SENTENCE)


class Described(LayerMaker):
    """Distance of each pixel from the frame's mean grey, mean color of each cell, and whether it is bright or dark."""

    rows = ROWS

    @property
    def maker(self) -> Mapping[str, Any]:
        return {"name": "other_plugs"}

    def make(self, keys: Sequence[str], frames: Sequence[Any]) -> dict[str, list[Any]]:
        return described(frames)


def described(frames: Sequence[Any]) -> dict[str, list[Any]]:
    """The three rows of each frame."""
    images = [frame["rgb"].astype(np.float32) / 255 for frame in frames]
    greys = [image.mean(-1) for image in images]
    cells = [image.reshape(image.shape[0] // CELL, CELL, image.shape[1] // CELL, CELL, 3) for image in images]
    return {
        "contrast": [np.abs(grey - grey.mean()) for grey in greys],
        "means": [cell.mean((1, 3)) for cell in cells],
        "sentence": [f"a {'bright' if grey.mean() > 0.5 else 'dark'} room" for grey in greys],
    }


@dataclass(frozen=True, kw_only=True)
class LatentConfig(PretrainConfig):
    """Settings of `latent`."""

    momentum: float = 0.8

    def __post_init__(self) -> None:
        super().__post_init__()
        within("momentum", self.momentum, 0, 1)


class LatentModule(nn.Module):
    """A student, its teacher, and heads for the layer's modalities."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.student = as_module(encoder)
        self.teacher = copy.deepcopy(self.student).requires_grad_(False)
        self.heads = nn.ModuleDict({row.name: nn.Conv2d(encoder.dim, max(1, row.channels), 1) for row in ROWS})


class Latent(Objective):
    """Predict an EMA teacher's features from a frame with noise, and what the layer says of the frame."""

    Config = LatentConfig
    inputs = ("rgb", *(row.name for row in ROWS))
    encoder_weights = "teacher."

    def __init__(self, config: LatentConfig, rows: Sequence[Modality] | None = None) -> None:
        encoder = make_encoder(config.model, (MODALITIES["rgb"],))
        encoder.initialise(seed=config.run.seed)
        self.config, self._module = config, LatentModule(encoder)

    @property
    def module(self) -> LatentModule:
        return self._module

    @classmethod
    def resolved(cls, config: LatentConfig) -> LatentConfig:
        return replace(config, modalities=cls.inputs)

    @classmethod
    def encoder_inputs(cls, config: LatentConfig) -> tuple[str, ...]:
        return ("rgb",)  # the layer is only predicted

    def loss(self, batch: Any, *, step: int, rng: np.random.Generator) -> dict[str, Tensor]:
        noise = torch.from_numpy(rng.normal(0, 0.1, batch["rgb"].shape).astype(np.float32))
        (said,) = self.module.student.features({"rgb": batch["rgb"] + noise})  # (b, dim, rows, columns)
        with torch.no_grad():
            (wanted,) = self.module.teacher.features({"rgb": batch["rgb"]})
        sizes = {"size": said.shape[-2:], "mode": "area"}
        maps = {name: nn.functional.interpolate(batch[name], **sizes) for name in ("contrast", "means")}
        bright = torch.tensor([float("bright" in text) for text in batch["sentence"]])
        predicted = {name: head(said).float() for name, head in self.module.heads.items()}
        return {
            "latent": (said - wanted).square().mean(),
            **{name: (predicted[name] - truth).abs().mean() for name, truth in maps.items()},
            "sentence": nn.functional.binary_cross_entropy_with_logits(predicted["sentence"].mean((1, 2, 3)), bright),
        }

    def after_step(self, step: int) -> None:
        for mean, weight in zip(self.module.teacher.parameters(), self.module.student.parameters()):
            mean.lerp_(weight, 1 - self.config.momentum)


class Sameness(Task):
    """The mean contrast of a frame, from RGB; judged by its error, of which less is better."""

    name = "sameness"
    inputs = ("rgb", "contrast")
    scores = (Score("contrast_error", higher_is_better=False, label="contrast error"),)

    def __init__(self, config: TransferConfig, encoder: Encoder, classes: Sequence[str]) -> None:
        self.config = config
        self._module = nn.ModuleDict({"encoder": as_module(encoder), "head": nn.Linear(encoder.dim, 1)})

    @property
    def module(self) -> nn.ModuleDict:
        return self._module

    def _errors(self, batch: Any) -> Tensor:
        encoder: Any = self.module["encoder"]
        (features,) = encoder.features({"rgb": batch["rgb"]})
        predicted = self.module["head"](features.mean((2, 3)))[:, 0].float()  # (b,)
        return (predicted - batch["contrast"].mean((1, 2, 3))).abs()

    def loss(self, batch: Any, *, step: int, rng: np.random.Generator) -> dict[str, Tensor]:
        return {"contrast": self._errors(batch).mean()}

    def metrics(self) -> list[float]:
        return []

    def measure(self, batch: Any, metrics: list[float]) -> Tensor:
        errors = self._errors(batch)
        metrics += errors.tolist()
        return errors

    def describe(self, metrics: list[float], config: EvaluateConfig) -> dict[str, Any]:
        return {"contrast_error": sum(metrics) / len(metrics) if metrics else None}


for row in ROWS:
    MODALITIES.register(row.name, row)
LAYER_MAKERS.register("described", Described)
OBJECTIVES.register("latent", Latent)
TASKS.register("sameness", Sameness)
