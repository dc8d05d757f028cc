"""The protocol of what is trained: by pre-training (`Objective`), and by transfer (`training.tasks.task.Task`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from torch import Tensor, nn

from training.config import PretrainConfig, View
from training.data.physical import Batch
from tst_sim.modalities import Modality

if TYPE_CHECKING:
    from training.data.dataset import BatchLoader
    from training.precision import Compute


@dataclass(frozen=True)
class Rate:
    """How some weights are trained, by how their names begin; the longest `prefix` of a name rules."""

    prefix: str
    scale: float = 1.0
    """Their learning rate as a fraction of `optim.lr`."""
    start: float = 0.0
    """Fraction of the steps before which they are not trained, and cost no backward pass."""


class Trainable(Protocol):
    """What the loop trains, and against what. Inherit from it: everything but `module` and `loss` has a default."""

    inputs: tuple[str, ...]
    """Modalities that a batch must have."""
    views: tuple[View, ...] = ()
    """Crops of every frame that `loss` is given at once, as a list of batches in this order; none: one batch,
    cropped as `data` says."""

    rates: tuple[Rate, ...] = ()
    """Weights that are trained at another rate, or later, than the others."""

    if TYPE_CHECKING:  # at run time an attribute will do, which an inherited property would forbid

        @property
        def module(self) -> nn.Module:
            """All state. Weights with `requires_grad` are trained; the others (an EMA teacher's) and the buffers (a
            centre, a queue) are changed by `loss` and `after_step` alone. All of it is in the checkpoint, so that a
            run that was killed goes on exactly."""
            ...

    def loss(self, batch: Any, *, step: int, rng: np.random.Generator) -> Mapping[str, Tensor]:
        """Named scalars, already weighted; their sum is minimised.

        `batch` is a `Batch`, or a list of one for each of `views`; `step` counts from 0; `rng` belongs to it alone.
        """
        ...

    def after_step(self, step: int) -> None:
        """Whatever follows the update of the weights in step `step`: the EMA of a teacher. Nothing by default."""


class Objective(Trainable, Protocol):
    """A way of pre-training: one file and one row of `OBJECTIVES`."""

    Config: ClassVar[type[PretrainConfig]] = PretrainConfig
    """`PretrainConfig`, or a frozen subclass with the objective's own settings; they stand beside the others."""
    encoder_weights: ClassVar[str] = "encoder."
    """How the names of `module`'s tensors begin that are the pre-trained encoder; `teacher.` exports a teacher."""

    def __init__(self, config: Any, rows: Sequence[Modality] | None = None) -> None:
        """`config` is of `Config`, `rows` are those of the corpus's modalities (None: the table's)."""
        ...

    @classmethod
    def resolved(cls, config: Any) -> Any:
        """The settings with every default that depends on another one filled in."""
        return config

    @classmethod
    def encoder_inputs(cls, config: Any) -> tuple[str, ...]:
        """Modalities that the exported encoder reads: all of the run's, unless some are only predicted."""
        return config.modalities

    def save_pictures(self, loader: BatchLoader, compute: Compute, folder: Path, *, seed: int) -> None:
        """Write pictures of what was learnt into the run's folder, for the report; none by default."""


Batches = Batch | list[Batch]
"""What `loss` is given."""
