"""The same crop and mirroring for all modalities of a frame, by their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.data.physical import Batch
from tst_sim.modalities import Kind, Mirroring, Modality, Resampling


def flipped(images: Batch, mirror: np.ndarray, rows: Sequence[Modality]) -> Batch:
    """Mirror the samples chosen by a (b,) mask left to right, as the rows say."""
    return {row.name: _flipped(row, images[row.name], mirror) for row in rows}


def _flipped(row: Modality, image: Any, mirror: np.ndarray) -> Any:
    if row.mirroring is Mirroring.KEEP or row.kind is Kind.TEXT:
        return image
    chosen = torch.from_numpy(mirror).to(image.device).view(-1, 1, 1, 1)
    turned = image.flip(-1)
    if row.mirroring is Mirroring.FLIP_NEGATE_X:
        turned = turned * _signs(turned)
    return torch.where(chosen, turned, image)


def _signs(image: Tensor) -> Tensor:
    """(1, c, 1, 1): -1 for the first channel, 1 for the others."""
    signs = torch.ones(image.shape[1], device=image.device)
    signs[0] = -1
    return signs.view(1, -1, 1, 1)


def crop(
    images: Batch,
    draws: np.ndarray,
    rows: Sequence[Modality],
    *,
    size: int,
    scale: tuple[float, float],
    flip: bool,
    reduction: int = 1,
) -> Batch:
    """The same square of every modality of a frame; what has the frame's own grid is resized to (size, size).

    `draws` is (b, 4), uniform in [0, 1): area of the square between the two `scale` fractions of the largest one, its
    place down and across, and whether it is mirrored (below 0.5). A modality on a coarser grid keeps as many cells a
    side as the largest square of the frame has, at most `size`; its cells are `stride` pixels of the stored frame, of
    which `reduction` make one pixel here.
    """
    height, width = frame_size(images, rows)
    side = np.sqrt(scale[0] + (scale[1] - scale[0]) * draws[:, 0]) * min(height, width)
    top, left = draws[:, 1] * (height - side), draws[:, 2] * (width - side)
    mirror = (draws[:, 3] < 0.5) & flip
    finest = min(row.stride for row in rows if row.kind is not Kind.TEXT)
    square = _Square(np.stack([top, left, side]), mirror, (height, width), _cell(finest, reduction), reduction)
    return {row.name: _cropped(row, images[row.name], square, size) for row in rows}


def frame_size(images: Batch, rows: Sequence[Modality]) -> tuple[int, int]:
    """(height, width) of the frames of a batch: of the first modality on the frame's own grid, else of the finest."""
    spatial = [row for row in rows if row.kind is not Kind.TEXT]
    finest = min(spatial, key=lambda row: row.stride)
    height, width = images[finest.name].shape[-2:]
    return height, width


class _Square:
    """A square of each frame of a batch, in cells of its finest modality, and whether it is mirrored.

    `cell`: side of such a cell in pixels of the stored frame.
    """

    def __init__(
        self, place: np.ndarray, mirror: np.ndarray, frame: tuple[int, int], cell: int, reduction: int
    ) -> None:
        self.place, self.mirror, self.frame, self.cell, self.reduction = place, mirror, frame, cell, reduction

    def sampled(self, row: Modality, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns (b, count) in cells of a modality's own grid, the first of which begins at the corner."""
        top, left, side = self.place
        centers = (np.arange(count) + 0.5) / count
        turned = self.mirror & (row.mirroring is not Mirroring.KEEP)
        y = top[:, None] + centers * side[:, None]
        x = left[:, None] + np.where(turned[:, None], centers[::-1], centers) * side[:, None]
        own = _cell(row.stride, self.reduction)
        return (y, x) if own == self.cell else (y * (self.cell / own), x * (self.cell / own))


def _cell(stride: int, reduction: int) -> int:
    """Side of a cell in pixels of the stored frame: only what has the frame's own grid is reduced."""
    return stride if stride > 1 else reduction


def _cropped(row: Modality, image: Any, square: _Square, size: int) -> Any:
    if row.kind is Kind.TEXT:
        return image
    grid: tuple[int, int] = tuple(image.shape[-2:])  # type: ignore[assignment]
    count = size if grid == square.frame else min(size, *grid)
    y, x = (torch.from_numpy(places).to(image.device) for places in square.sampled(row, count))
    linear = row.resampling is Resampling.LINEAR and image.is_floating_point()
    result = _bilinear(image, y, x) if linear else _nearest(image, y, x)
    if row.mirroring is Mirroring.FLIP_NEGATE_X and square.mirror.any():
        chosen = torch.from_numpy(square.mirror).to(image.device).view(-1, 1, 1, 1)
        result = result * torch.where(chosen, _signs(result), torch.ones_like(_signs(result)))
    return result


def _nearest(image: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Pixels (b, c, s, s) whose squares hold the given places (b, s); pixel i covers [i, i + 1)."""
    samples = torch.arange(len(image), device=image.device).view(-1, 1, 1)
    y, x = rows.long().clamp_(0, image.shape[2] - 1), columns.long().clamp_(0, image.shape[3] - 1)
    return image.permute(0, 2, 3, 1)[samples, y[:, :, None], x[:, None, :]].permute(0, 3, 1, 2)


def _bilinear(image: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Values interpolated at places (b, s) in pixels; pixel i's center is i + 0.5, borders extend."""
    y = rows.float() * (2 / image.shape[2]) - 1
    x = columns.float() * (2 / image.shape[3]) - 1
    size = rows.shape[1]
    grid = torch.stack([x[:, None, :].expand(-1, size, -1), y[:, :, None].expand(-1, -1, size)], dim=-1)
    return functional.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=False)
