"""What a task is: an objective for the training loop, and how it is measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from training.data.physical import Batch
from training.encoders.vit import Encoder
from training.loop import Objective
from training.transfer_config import TransferConfig


class Metrics(Protocol):
    """Accumulated measurements; parts measured apart can be merged."""

    def merge(self, other: Any) -> None: ...

    def compute(self) -> Any: ...


class Task(Objective, Protocol):
    """`inputs`, `module` and `loss` are the loop's; the rest is evaluation's."""

    name: str
    inputs: tuple[str, ...]
    config: TransferConfig

    def __init__(self, config: TransferConfig, encoder: Encoder, classes: Sequence[str]) -> None: ...

    def metrics(self) -> Any:
        """Empty `Metrics`."""
        ...

    def measure(self, batch: Batch, metrics: Any) -> Any:
        """Predict a batch, add it to the metrics, and give the predictions."""
        ...

    def pictures(self, batch: Batch, predictions: Any, chosen: Sequence[int]) -> list[np.ndarray]:
        """uint8 (3 h, w, 3) columns for people: input, prediction, truth of the chosen samples."""
        ...

    def describe(self, metrics: Any, *, min_class_share: float) -> dict[str, Any]:
        """Scores as JSON values, `miou` or the task's own, and what they were computed from."""
        ...
