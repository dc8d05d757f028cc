"""Settings from presets: a YAML file, what a verb's options or a sweep lay over it, then `--set`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from training.config import PretrainConfig
from training.encoders.sources import Source
from training.sweep.cells import merged
from training.tasks import TASKS
from training.transfer_config import TransferConfig
from tst_sim.config import build, find_config, load, preset_names, read_yaml, with_overrides

DEFAULT = "tiny"
MAX_TINY_PIXELS = 128
"""Crops from this side on are `small` and `base`."""
MIN_BASE_DIM = 600
"""Width from which an encoder is `base`: ViT-S has 384, ViT-B 768."""


def pretrain_settings(preset: str, given: Mapping[str, Any], overrides: Sequence[str] = ()) -> PretrainConfig:
    """Settings of a pre-training. UserError naming the setting that cannot be used."""
    values = read_yaml(find_config("pretrain", preset))
    return build(PretrainConfig, with_overrides(merged(values, given), overrides))


def transfer_settings(preset: str, given: Mapping[str, Any], overrides: Sequence[str] = ()) -> TransferConfig:
    """Settings of a transfer; of a preset of another task, what all tasks share."""
    values = read_yaml(find_config("transfer", preset))
    wanted, of_preset = (group.get("task", TransferConfig.task) for group in ({**values, **given}, values))
    if wanted != of_preset and of_preset in TASKS:
        shared = {item.name for item in fields(TransferConfig)}
        own = {item.name for item in fields(TASKS[of_preset].Config)} - shared
        values = {key: value for key, value in values.items() if key not in own}
    return build(TransferConfig, with_overrides(merged(values, given), overrides))


def architecture(preset: str | None, transfer_preset: str) -> PretrainConfig:
    """The settings whose architecture random weights get: those named, else those of the transfer preset's name."""
    named = Path(transfer_preset).stem if transfer_preset.endswith((".yaml", ".yml")) else transfer_preset
    return load(PretrainConfig, "pretrain", preset or (named if named in preset_names("pretrain") else DEFAULT))


def fitting_preset(source: Source) -> str:
    """The transfer preset for an encoder: by the image size and the width that it was pre-trained with."""
    size = source.run.settings["config"]["data"]["size"] if source.run is not None else MAX_TINY_PIXELS
    if size < MAX_TINY_PIXELS:
        return DEFAULT
    return "small" if getattr(source.model, "dim", 0) < MIN_BASE_DIM else "base"
