"""The protocol of an objective: what the training loop trains, and against what.

Pre-training's objectives follow it, and so do the tasks of transfer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import numpy as np
from torch import Tensor, nn


class Objective(Protocol):
    """`inputs`, `module` and `loss` are an objective's own; the rest has defaults for those that inherit from it."""

    inputs: tuple[str, ...]
    """Modalities a batch must have."""
    module: nn.Module
    """All weights; those with `requires_grad` are trained, all are in the checkpoint, an EMA teacher's too."""
    views: ClassVar[int] = 1
    """Random crops of each frame in a step; with more than one, `loss` gets a list of so many batches."""

    def loss(self, batch: Any, *, step: int, rng: np.random.Generator) -> Mapping[str, Tensor]:
        """Named scalars, already weighted; their sum is minimized. `rng` belongs to this step alone."""
        ...

    def after_step(self, step: int) -> None:
        """Whatever follows the update of the weights in step `step`: an EMA teacher moves here. Nothing by default."""

    def state(self) -> dict[str, Tensor]:
        """Tensors beside the weights that a resumed run needs, for the checkpoint; none by default."""
        return {}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take back what `state` gave, when a run goes on."""
