"""The protocol of a task: what is trained in transfer, and how it is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from training.data.physical import Batch
from training.encoders.encoder import Encoder
from training.objectives.objective import Trainable
from training.transfer_config import EvaluateConfig, TransferConfig
from tst_sim.modalities import RGB


@dataclass(frozen=True)
class Score:
    """A number that a task is measured by, and how to read it."""

    name: str
    """Its key in `results.json`."""
    higher_is_better: bool = True
    unit: str = ""
    """`m`, `deg`, ...; empty for ratios and counts."""
    label: str = ""
    """What people call it, `mIoU`; empty: its name."""


class Metrics(Protocol):
    """Accumulated measurements; parts measured apart can be merged."""

    def merge(self, other: Any) -> None:
        """Add what was measured apart."""
        ...


@dataclass(frozen=True)
class Summary:
    """What is said of an evaluation on the terminal."""

    line: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    """Of a table above the line; no rows: no table."""


class Task(Trainable, Protocol):
    """A task that an encoder is transferred to: one file and one row of `TASKS`.

    Inherit from it: `reads`, `Config`, `pictures` and `summary` have defaults.
    """

    name: ClassVar[str]
    inputs: tuple[str, ...]
    """Modalities that a batch must have, labels included."""
    reads: ClassVar[tuple[str, ...]] = (RGB,)
    """Those among them that the encoder is shown; a pre-trained encoder must have learnt them."""
    scores: ClassVar[tuple[Score, ...]]
    """What it is measured by. The first is the primary one, by which tables rank."""
    Config: ClassVar[type[TransferConfig]] = TransferConfig
    """`TransferConfig`, or a frozen subclass with the task's own settings; they stand beside the others."""
    config: Any

    def __init__(self, config: Any, encoder: Encoder, classes: Sequence[str]) -> None:
        """A head on an encoder; `config` is of `Config`, `classes` are those of the corpus."""
        ...

    def metrics(self) -> Any:
        """Empty `Metrics`."""
        ...

    def measure(self, batch: Batch, metrics: Any) -> Any:
        """Predict a batch, add it to the metrics, and give the predictions."""
        ...

    def describe(self, metrics: Any, config: EvaluateConfig) -> Mapping[str, Any]:
        """JSON values: every score by name, None where there was nothing to measure, and what it comes from."""
        ...

    def pictures(self, batch: Batch, predictions: Any, chosen: Sequence[int]) -> list[np.ndarray]:
        """uint8 (h, w, 3) columns of one height for people: input, prediction, truth of the chosen samples."""
        return []

    @classmethod
    def summary(cls, results: Mapping[str, Any]) -> Summary:
        """What to say of the results on the terminal: every score, unless the task says more."""
        return Summary(", ".join(score_text(score, results["scores"][score.name]) for score in cls.scores))


def score_text(score: Score, value: float | None) -> str:
    """`mIoU 0.4213` or `depth error 0.31 m`; also for nothing to measure."""
    number = "not measured" if value is None else f"{value:.4f}{' ' if score.unit else ''}{score.unit}"
    return f"{score.label or score.name} {number}"


def scored(scores: Sequence[Score], described: Mapping[str, Any]) -> dict[str, Any]:
    """The scores of an evaluation by name, which way each is better, and which is the primary one."""
    return {
        "scores": {score.name: described[score.name] for score in scores},
        "score_directions": {score.name: "higher" if score.higher_is_better else "lower" for score in scores},
        "primary_score": scores[0].name,
    }
