"""Settings of transfer and evaluation: no torch here, so that `--help` answers at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from training.config import DataConfig, OptimConfig, RunConfig, within
from training.tasks import TASKS
from tst_sim.config import NOT_STORED, STORED_UNLESS_DEFAULT, plug_class


@dataclass(frozen=True, kw_only=True)
class TransferConfig:
    """A task head trained on labelled frames of other houses; a task adds its own settings in a subclass."""

    task: str = "segmentation"
    """A name in `training.tasks.TASKS`."""
    frozen: bool = False
    """True trains the head alone; false fine-tunes the encoder with it."""
    encoder_lr: float = field(default=1.0, metadata=STORED_UNLESS_DEFAULT)
    """Learning rate of the encoder as a fraction of that of the head."""
    layer_decay: float = field(default=1.0, metadata=STORED_UNLESS_DEFAULT)
    """Rate of each block of the encoder as a fraction of that of the next: layer-wise decay, as in BEiT and MAE."""
    head_first: float = field(default=0.0, metadata=STORED_UNLESS_DEFAULT)
    """Fraction of the steps that train the head only, before the encoder joins: LP-FT (Kumar et al., 2022)."""
    data: DataConfig = field(default_factory=DataConfig)
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(steps=1000, weight_decay=0.05))
    run: RunConfig = field(default_factory=RunConfig)
    plugins: tuple[str, ...] = field(default=(), metadata=NOT_STORED)
    """Files or modules of the user's that make further tasks and encoders known."""

    def __post_init__(self) -> None:
        TASKS.check(self.task)
        within("encoder_lr", self.encoder_lr, 0, 1000)
        within("layer_decay", self.layer_decay, 0.01, 1)
        within("head_first", self.head_first, 0, 1)

    @classmethod
    def class_for(cls, values: Mapping[str, Any]) -> tuple[type[TransferConfig], Mapping[str, Any]]:
        """The class of the settings of the task that is asked for, see `tst_sim.config.build`."""
        return plug_class(TASKS, "task", TransferConfig, values)


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """How a transferred run is measured."""

    batch_size: int = 64
    min_class_share: float = 0.0005
    """A class enters the mean IoU from this share of all labelled pixels on; others are listed."""
    panels: int = 6
    """Frames saved as input, prediction and truth for the report, spread evenly."""

    def __post_init__(self) -> None:
        within("batch_size", self.batch_size, 1, 65536)
        within("min_class_share", self.min_class_share, 0, 1)
        within("panels", self.panels, 0, 1000)
