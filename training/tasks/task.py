"""The protocol of a task: an objective for the training loop, and how it is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from training.data.physical import Batch
from training.encoders.vit import Encoder
from training.objectives.objective import Objective
from training.transfer_config import EvaluateConfig, TransferConfig


@dataclass(frozen=True)
class Score:
    """A number by which a task is measured, and how to read it."""

    name: str
    """Its key in the results."""
    higher_is_better: bool = True
    is_fraction: bool = False
    """True for values between 0 and 1, which people read as percentages."""


class Metrics(Protocol):
    """Accumulated measurements; parts measured apart can be merged."""

    def merge(self, other: Any) -> None:
        """Add the measurements of another part."""
        ...

    def compute(self) -> Any:
        """The scores so far."""
        ...


class Task(Objective, Protocol):
    """`inputs`, `module` and `loss` are the loop's; the rest is evaluation's.

    Inherit from it: `reads`, `pictures` and `summary` then have defaults.
    """

    name: ClassVar[str]
    inputs: tuple[str, ...]
    """Modalities a batch must have, labels included."""
    reads: ClassVar[tuple[str, ...]] = ("rgb",)
    """Modalities among them that the encoder is shown; a pre-trained encoder must know them."""
    scores: ClassVar[tuple[Score, ...]]
    """What it is measured by; the first one is the primary score, which tables and charts show."""
    Config: ClassVar[type[TransferConfig]]
    """Settings of a transfer to it: `TransferConfig` itself, or a subclass with the task's own settings beside it."""
    config: Any
    """The settings it was made with, of its `Config`."""

    def __init__(self, config: Any, encoder: Encoder, classes: Sequence[str]) -> None:
        """A head on an encoder; `config` is of the task's own `Config`, `classes` are those of the corpus."""
        ...

    def metrics(self) -> Any:
        """Empty `Metrics`."""
        ...

    def measure(self, batch: Batch, metrics: Any) -> Any:
        """Predict a batch, add it to the metrics, and give the predictions."""
        ...

    def describe(self, metrics: Any, config: EvaluateConfig) -> dict[str, Any]:
        """JSON values: every score by its name (None where there was nothing to measure), and what it comes from."""
        ...

    def pictures(self, batch: Batch, predictions: Any, chosen: Sequence[int]) -> list[np.ndarray]:
        """uint8 (h, w, 3) columns for people, of one height, for the chosen samples; none by default."""
        return []

    @classmethod
    def summary(cls, results: Mapping[str, Any]) -> tuple[list[tuple[str, ...]], str]:
        """(rows of a table, the first its header; one line) about results, for the terminal; no table by default."""
        values = ((score.name, results["scores"][score.name]) for score in cls.scores)
        return [], ", ".join(f"{name} {'not measured' if value is None else f'{value:.4f}'}" for name, value in values)
