"""One adapter per modality: physical units to patches the network can read, and predictions to a loss.

An adapter has no weights; the model owns the linear maps. Patches are (b, n, channels * p * p),
channel by channel, rows of patches first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from tst_sim.classes import CLASSES

RGB_MEAN = (0.485, 0.456, 0.406)
RGB_STD = (0.229, 0.224, 0.225)
"""Mean and standard deviation of ImageNet's pixels, which most encoders of the field expect."""
LOG_DEPTH_MEAN, LOG_DEPTH_STD = math.log(2.0), 0.6
"""Indoor depth is about log-normal around 2 m."""
NOTHING_HIT = -5.0
"""Standardised log-depth of pixels without depth, outside the range of those with it."""
LABEL_STRIDE = 4
"""Labels are read and predicted at a quarter of the resolution, as in MultiMAE."""


def patchify(image: Tensor, patch: int) -> Tensor:
    """(b, c, h, w) to (b, n, c * patch * patch), n = (h / patch)(w / patch)."""
    batch, channels, height, width = image.shape
    grid = image.reshape(batch, channels, height // patch, patch, width // patch, patch)
    return grid.permute(0, 2, 4, 1, 3, 5).reshape(batch, -1, channels * patch * patch)


def unpatchify(patches: Tensor, patch: int, grid: tuple[int, int]) -> Tensor:
    """The inverse of `patchify` for a grid of (rows, columns) patches."""
    batch, _, size = patches.shape
    channels = size // patch**2
    cells = patches.reshape(batch, *grid, channels, patch, patch).permute(0, 3, 1, 4, 2, 5)
    return cells.reshape(batch, channels, grid[0] * patch, grid[1] * patch)


class Adapter(Protocol):
    """How one modality enters the network and what is asked of its prediction."""

    def size(self, patch: int) -> int:
        """Numbers per patch, of input and prediction alike."""
        ...

    def patches(self, image: Tensor, patch: int) -> Tensor:
        """Physical units (b, c, h, w) to normalised patches (b, n, size)."""
        ...

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Scalar; prediction and target (the patches to predict) are (b, t, size)."""
        ...

    def picture(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Predictions as patches one can look at: (b, t, 3 * p * p) in [0, 1]."""
        ...

    def truth(self, target: Tensor) -> Tensor:
        """The patches themselves, as `picture` shows predictions."""
        ...


class RgbAdapter:
    """Predicts each patch standardised by its own mean and deviation (MAE's normalised pixels)."""

    def size(self, patch: int) -> int:
        return 3 * patch * patch

    def patches(self, image: Tensor, patch: int) -> Tensor:
        return patchify(normalised_rgb(image), patch)

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        mean, deviation = _statistics(target)
        return functional.mse_loss(prediction, (target - mean) / deviation)

    def picture(self, prediction: Tensor, target: Tensor) -> Tensor:
        mean, deviation = _statistics(target)
        return _rgb_picture(prediction * deviation + mean)

    def truth(self, target: Tensor) -> Tensor:
        return _rgb_picture(target)


class DepthAdapter:
    """Reads and predicts log-depth, standardised with fixed constants; pixels without depth do not count."""

    def size(self, patch: int) -> int:
        return patch * patch

    def patches(self, image: Tensor, patch: int) -> Tensor:
        standard = (image.clamp_min(1e-3).log() - LOG_DEPTH_MEAN) / LOG_DEPTH_STD
        return patchify(torch.where(image > 0, standard.clamp(-4.5, 4.5), NOTHING_HIT), patch)

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        return _mean_where(target > NOTHING_HIT, (prediction - target).abs())

    def picture(self, prediction: Tensor, target: Tensor) -> Tensor:
        return ((prediction + 2.5) / 5).clamp(0, 1).repeat(1, 1, 3)

    def truth(self, target: Tensor) -> Tensor:
        return self.picture(target, target)


class NormalAdapter:
    """Reads and predicts the components of camera-space normals; pixels without a surface do not count."""

    def size(self, patch: int) -> int:
        return 3 * patch * patch

    def patches(self, image: Tensor, patch: int) -> Tensor:
        return patchify(image, patch)

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        pixels = target.unflatten(-1, (3, -1))
        hit = (pixels != 0).any(-2, keepdim=True).expand_as(pixels)
        return _mean_where(hit, (prediction.unflatten(-1, (3, -1)) - pixels).abs())

    def picture(self, prediction: Tensor, target: Tensor) -> Tensor:
        return ((prediction + 1) / 2).clamp(0, 1)

    def truth(self, target: Tensor) -> Tensor:
        return self.picture(target, target)


class EdgeAdapter:
    """Reads and predicts a map of edges, 0 or 1 (Canny; or where instances meet)."""

    def __init__(self, *, of_instances: bool = False) -> None:
        self.of_instances = of_instances

    def size(self, patch: int) -> int:
        return patch * patch

    def patches(self, image: Tensor, patch: int) -> Tensor:
        return patchify(_borders(image) if self.of_instances else image, patch)

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(prediction, target)

    def picture(self, prediction: Tensor, target: Tensor) -> Tensor:
        return prediction.sigmoid().repeat(1, 1, 3)

    def truth(self, target: Tensor) -> Tensor:
        return target.repeat(1, 1, 3)


class LabelAdapter:
    """Reads and predicts class ids at a quarter of the resolution, one number per class and cell."""

    def size(self, patch: int) -> int:
        return len(CLASSES) * self._cells(patch)

    def patches(self, image: Tensor, patch: int) -> Tensor:
        stride = patch // round(self._cells(patch) ** 0.5)
        ids = image[:, 0, stride // 2 :: stride, stride // 2 :: stride]
        one_hot = functional.one_hot(ids, len(CLASSES)).permute(0, 3, 1, 2).float()
        return patchify(one_hot, patch // stride)

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        logits, truth = (item.unflatten(-1, (len(CLASSES), -1)) for item in (prediction, target))
        return -(truth * logits.log_softmax(-2)).sum(-2).mean()

    def picture(self, prediction: Tensor, target: Tensor) -> Tensor:
        ids = prediction.unflatten(-1, (len(CLASSES), -1)).argmax(-2)
        colors = torch.stack([ids * 37 % 256, ids * 91 % 256, ids * 151 % 256], -2).float() / 255
        return colors.flatten(-2)

    def truth(self, target: Tensor) -> Tensor:
        return self.picture(target, target)

    @staticmethod
    def _cells(patch: int) -> int:
        """Cells of a patch: (patch / 4)^2 where that divides, else one per pixel."""
        return (patch // LABEL_STRIDE if patch % LABEL_STRIDE == 0 else patch) ** 2


ADAPTERS: Mapping[str, Adapter] = MappingProxyType(
    {
        "rgb": RgbAdapter(),
        "depth": DepthAdapter(),
        "normal": NormalAdapter(),
        "instance": EdgeAdapter(of_instances=True),
        "semantic": LabelAdapter(),
        "canny": EdgeAdapter(),
    }
)


def normalised_rgb(image: Tensor) -> Tensor:
    """RGB in [0, 1] with ImageNet's mean and deviation taken out."""
    mean, deviation = (image.new_tensor(values).view(1, 3, 1, 1) for values in (RGB_MEAN, RGB_STD))
    return (image - mean) / deviation


def _rgb_picture(patches: Tensor) -> Tensor:
    pixels = patches.unflatten(-1, (3, -1))
    mean, deviation = (patches.new_tensor(values).view(3, 1) for values in (RGB_MEAN, RGB_STD))
    return (pixels * deviation + mean).clamp(0, 1).flatten(-2)


def _statistics(patches: Tensor) -> tuple[Tensor, Tensor]:
    variance, mean = torch.var_mean(patches, dim=-1, keepdim=True)
    return mean, (variance + 1e-6).sqrt()


def _mean_where(counted: Tensor, values: Tensor) -> Tensor:
    return (values * counted).sum() / counted.sum().clamp_min(1)


def _borders(ids: Tensor) -> Tensor:
    """1 where an id differs from the one to the right or below."""
    edges = torch.zeros_like(ids, dtype=torch.float32)
    edges[..., :, :-1] += ids[..., :, 1:] != ids[..., :, :-1]
    edges[..., :-1, :] += ids[..., 1:, :] != ids[..., :-1, :]
    return edges.clamp_max(1)
