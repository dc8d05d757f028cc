"""An exponential moving average of the weights: what transfer and evaluation take in the place of the last step's.

The last weights of a short run on few houses move the score of one house by points from step to step; their
average moves it less (Polyak and Juditsky, 1992; Izmailov et al., 2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

_START = 10
"""The decay after n updates is at most (1 + n) / (10 + n): the random weights of the start are soon forgotten."""


class WeightAverage:
    """The average of a module's weights; its buffers are those of the last step."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        def lerp(averages: tuple[Tensor, ...] | list[Tensor], weights: Any, count: Tensor | int) -> None:
            kept = min(decay, (1 + int(count)) / (_START + int(count)))
            for average, weight in zip(averages, weights, strict=True):
                average.lerp_(weight, 1 - kept)

        self._module = module
        self._averaged = AveragedModel(module, multi_avg_fn=lerp)

    def update(self) -> None:
        """Take the weights after another step into the average."""
        self._averaged.update_parameters(self._module)

    def tensors(self) -> dict[str, Tensor]:
        """The averaged state, by the names of the module's own tensors, each of its shape."""
        return self._averaged.module.state_dict()

    def restore(self, tensors: Mapping[str, Tensor], step: int) -> None:
        """Go on from an average that was kept after `step` steps: tensors by name, of the module's shapes."""
        self._averaged.module.load_state_dict(tensors)
        self._averaged.n_averaged.fill_(step)
