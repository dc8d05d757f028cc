"""Learning rates of the encoder within a task: lower than the head's, lower towards the input, or later."""

from __future__ import annotations

from torch import nn

from training.encoders.encoder import Encoder, as_module
from training.objectives.objective import Rate
from training.transfer_config import TransferConfig
from tst_sim.errors import UserError


def encoder_rates(config: TransferConfig, encoder: Encoder, module: nn.Module) -> tuple[Rate, ...]:
    """The rates that `encoder_lr`, `layer_decay` and `head_first` ask for; none where the encoder learns as the head.

    UserError when they ask for some and the task's module does not hold the encoder, or the encoder is frozen.
    """
    if config.encoder_lr == config.layer_decay == 1 and config.head_first == 0:
        return ()
    if config.frozen:
        raise UserError("encoder_lr, layer_decay and head_first are of no use with frozen; leave one or the other out")
    inside = as_module(encoder)
    prefix = next((name for name, part in module.named_modules() if part is inside), None)
    if prefix is None:
        raise UserError(f"task {config.task} does not hold its encoder as a module: it cannot have rates of its own")
    return tuple(
        Rate(f"{prefix}.{name}", config.encoder_lr * config.layer_decay ** _above(encoder, name), config.head_first)
        for name, _ in inside.named_parameters()
    )


def _above(encoder: Encoder, name: str) -> int:
    """Layers between a tensor of the encoder and the head."""
    return encoder.depth - encoder.layer_of(name)
