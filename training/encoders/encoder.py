"""The protocol of an encoder: what pre-training makes, and what a task's head reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from torch import Tensor, nn

from training.config import ModelConfig
from tst_sim.errors import UserError
from tst_sim.modalities import Modality


class Encoder(Protocol):
    """A network (an `nn.Module`) from images to feature maps: one file and one row of `ENCODERS`.

    Images are (b, c, h, w) in physical units, as in `training.data.physical`; normalisation is the encoder's own.
    """

    Config: ClassVar[type[ModelConfig]] = ModelConfig
    """`ModelConfig`, or a frozen subclass with the architecture's own settings: the group `model`."""
    modalities: tuple[str, ...]
    """What it reads."""
    patch: int
    """Pixels of the image per cell of a feature map, along either side."""
    dim: int
    """Channels of a feature map."""

    def __init__(self, config: Any, modalities: Sequence[str | Modality]) -> None:
        """Weights are random; `config` is of `Config`, modalities are rows, or names of the table."""
        ...

    @property
    def depth(self) -> int:
        """Layers whose output can be asked for, counted from 1."""
        ...

    def features(self, images: Mapping[str, Tensor], layers: Iterable[int] | None = None) -> list[Tensor]:
        """Feature maps (b, dim, h / patch, w / patch) after some layers (1 to depth; None: the last), which may read
        other modalities beside RGB."""
        ...

    def layer_of(self, name: str) -> int:
        """The layer (0: the embedding, 1 to depth) that a tensor of the encoder belongs to, for layer-wise decay of the
        learning rate; by default all belong to the last."""
        return self.depth

    def initialise(self, *, seed: int) -> None:
        """Draw all weights anew from a seed."""
        ...


def as_module(encoder: Encoder) -> nn.Module:
    """An encoder as what it is to torch; UserError for one of a plug-in that is no module."""
    if not isinstance(encoder, nn.Module):
        raise UserError(f"encoder {type(encoder).__name__} must be a torch.nn.Module")
    return encoder
