"""Stored arrays as tensors in physical units, by the rows of their modalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tst_sim.modalities import Kind, Modality

Batch = dict[str, Any]
"""Tensors by modality, (b, c, h, w) in physical units; of text a list of b strings."""


def to_tensor(stored: np.ndarray, device: torch.device) -> Any:
    """An array of stored values on the device, of the same shape; uint16 becomes int32, which torch can compute
    with; text a list."""
    if stored.dtype.kind == "U":
        return stored.tolist()
    if stored.dtype == np.uint16:
        stored = stored.astype(np.int32)
    return torch.from_numpy(np.ascontiguousarray(stored)).to(device, non_blocking=True)


def to_physical(stored: Mapping[str, Any], rows: Sequence[Modality]) -> Batch:
    """Stored arrays (b, h, w[, c]) of the rows' modalities as physical units (b, c, h, w), on their own device."""
    return {row.name: _physical(row, stored[row.name]) for row in rows}


def _physical(row: Modality, image: Any) -> Any:
    if row.kind is Kind.TEXT:
        return image
    if row.kind in (Kind.LABELS, Kind.TOKENS):
        return image.unsqueeze(1).long()
    image = image.unsqueeze(1) if image.ndim == 3 else image.permute(0, 3, 1, 2)
    if row.kind is Kind.COLOR:
        return image.float() / 255
    if row.kind is Kind.NORMAL:
        hit = image.amax(1, keepdim=True) > 0
        return (image.float() * row.scale + row.offset) * hit
    values = image.float()
    if row.scale != 1 or row.offset != 0:
        values = values * row.scale + row.offset
    return values if row.kind is Kind.DEPTH or row.invalid is None else _without(values, image == row.invalid)


def _without(values: Tensor, invalid: Tensor) -> Tensor:
    """NaN where there is nothing to know. (Depth says it by 0 metres, a normal by its length of 0.)"""
    return values.masked_fill(invalid, float("nan"))
