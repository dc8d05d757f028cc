"""Settings of transfer and evaluation: no torch here, so that `--help` answers at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from training.config import DataConfig, OptimConfig, RunConfig, within

TASKS = ("segmentation",)


@dataclass(frozen=True, kw_only=True)
class HeadConfig:
    """A light convolutional head over feature maps of several depths of the encoder."""

    levels: int = 4
    """Encoder blocks whose outputs are read, spread evenly, the last one included."""
    dim: int = 64
    """Channels of the head."""
    blocks: int = 2
    """Residual blocks: 3 x 3 per channel, then a two-layer perceptron per pixel."""
    stride: int = 4
    """Pixels of the image per pixel of the head; at most the patch."""

    def __post_init__(self) -> None:
        within("head.levels", self.levels, 1, 64)
        within("head.dim", self.dim, 4, 4096)
        within("head.blocks", self.blocks, 0, 32)
        within("head.stride", self.stride, 1, 64)


@dataclass(frozen=True, kw_only=True)
class TransferConfig:
    """A task head trained on labelled frames of other houses."""

    task: Literal["segmentation"] = "segmentation"
    frozen: bool = False
    """True trains the head alone; false fine-tunes the encoder with it."""
    head: HeadConfig = field(default_factory=HeadConfig)
    data: DataConfig = field(default_factory=DataConfig)
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(steps=1000, weight_decay=0.05))
    run: RunConfig = field(default_factory=RunConfig)
    loss_share: float = 0.125
    """Share of the pixels, on a random grid, that the loss looks at in training."""

    def __post_init__(self) -> None:
        within("loss_share", self.loss_share, 0.01, 1)


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
