"""Adapters, one for each kind of modality: physical units to patches, and predictions to a loss and a picture.

The word is MultiMAE's, but these have no weights: the model owns the linear maps. Patches are
(b, n, channels * p * p), channel by channel, rows of patches first.
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from tst_sim.classes import CLASSES
from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES, Kind, Modality, Resampling
from tst_sim.registry import Registry

RGB_MEAN = (0.485, 0.456, 0.406)
RGB_STD = (0.229, 0.224, 0.225)
"""Mean and standard deviation of ImageNet's pixels, which most encoders of the field expect."""
LOG_DEPTH_MEAN, LOG_DEPTH_STD = math.log(2.0), 0.6
"""Indoor depth is about log-normal around 2 m."""
MAX_STANDARD = 4.5
"""Standardised values are cut to this: 4.5 deviations of log-depth are 13 cm and 30 m."""
NOTHING_HIT = UNKNOWN = -5.0
"""Standardised value of pixels without depth, and of unknown quantities: outside the range of the others."""
MAX_VOCABULARY = 16_384
"""Entries of a codebook: each is a number of the prediction of every token."""
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
    """How one modality enters the network, what is asked of its prediction, and how it is drawn.

    One is made of a modality's row (`adapter_of`). Patches are normalised: what is seen and what is to be predicted.
    """

    def __init__(self, row: Modality) -> None: ...

    def size(self, patch: int) -> int:
        """Numbers per patch, of input and prediction alike."""
        ...

    def patches(self, image: Tensor, patch: int, grid: tuple[int, int]) -> Tensor:
        """Physical units (b, c, h, w) to normalised patches (b, n, size); `grid`: the frame's (rows, columns)."""
        ...

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Scalar; prediction and target (the patches to predict) are (b, t, size)."""
        ...

    def picture(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Predictions as patches one can look at: (b, t, 3 * k * k) in [0, 1], k cells a side of a patch."""
        ...

    def truth(self, target: Tensor) -> Tensor:
        """The patches (b, t, size) themselves, as `picture` shows predictions."""
        ...


class _OfRow(Adapter):
    def __init__(self, row: Modality) -> None:
        self.row = row


class ColorAdapter(_OfRow):
    """Predicts each patch standardised by its own mean and deviation (MAE's normalised pixels)."""

    def size(self, patch: int) -> int:
        return 3 * patch * patch

    def patches(self, image: Tensor, patch: int, grid: tuple[int, int]) -> Tensor:
        return patchify(normalised_rgb(image), patch)

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        mean, deviation = _statistics(target)
        return functional.mse_loss(prediction, (target - mean) / deviation)

    def picture(self, prediction: Tensor, target: Tensor) -> Tensor:
        mean, deviation = _statistics(target)
        return _rgb_picture(prediction * deviation + mean)

    def truth(self, target: Tensor) -> Tensor:
        return _rgb_picture(target)


class DepthAdapter(_OfRow):
    """Reads and predicts log-depth, standardised with fixed constants; pixels without depth do not count."""

    def size(self, patch: int) -> int:
        return patch * patch

    def patches(self, image: Tensor, patch: int, grid: tuple[int, int]) -> Tensor:
        standard = (image.clamp_min(1e-3).log() - LOG_DEPTH_MEAN) / LOG_DEPTH_STD
        return patchify(torch.where(image > 0, standard.clamp(-MAX_STANDARD, MAX_STANDARD), NOTHING_HIT), patch)

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        return _mean_where(target > NOTHING_HIT, (prediction - target).abs())

    def picture(self, prediction: Tensor, target: Tensor) -> Tensor:
        return ((prediction + 2.5) / 5).clamp(0, 1).repeat(1, 1, 3)

    def truth(self, target: Tensor) -> Tensor:
        return self.picture(target, target)


class NormalAdapter(_OfRow):
    """Reads and predicts the components of camera-space normals; pixels without a surface do not count."""

    def size(self, patch: int) -> int:
        return 3 * patch * patch

    def patches(self, image: Tensor, patch: int, grid: tuple[int, int]) -> Tensor:
        return patchify(image, patch)

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        pixels = target.unflatten(-1, (3, -1))
        hit = (pixels != 0).any(-2, keepdim=True).expand_as(pixels)
        return _mean_where(hit, (prediction.unflatten(-1, (3, -1)) - pixels).abs())

    def picture(self, prediction: Tensor, target: Tensor) -> Tensor:
        return ((prediction + 1) / 2).clamp(0, 1)

    def truth(self, target: Tensor) -> Tensor:
        return self.picture(target, target)


class EdgeAdapter(_OfRow):
    """Reads and predicts a map of edges, 0 or 1, on the frame's own grid."""

    def size(self, patch: int) -> int:
        return patch * patch

    def patches(self, image: Tensor, patch: int, grid: tuple[int, int]) -> Tensor:
        return patchify(image, patch)

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(prediction, target)

    def picture(self, prediction: Tensor, target: Tensor) -> Tensor:
        return prediction.sigmoid().repeat(1, 1, 3)

    def truth(self, target: Tensor) -> Tensor:
        return target.repeat(1, 1, 3)


class BorderAdapter(EdgeAdapter):
    """Reads and predicts where instances meet: their ids name nothing, and change from house to house."""

    def patches(self, image: Tensor, patch: int, grid: tuple[int, int]) -> Tensor:
        return patchify(_borders(image), patch)


class LabelAdapter(_OfRow):
    """Reads and predicts class ids at a quarter of the resolution, one number per class and cell."""

    def __init__(self, row: Modality) -> None:
        super().__init__(row)
        self.count = len(row.classes or CLASSES)

    def size(self, patch: int) -> int:
        return self.count * self._cells(patch)

    def patches(self, image: Tensor, patch: int, grid: tuple[int, int]) -> Tensor:
        stride = patch // round(self._cells(patch) ** 0.5)
        ids = image[:, 0, stride // 2 :: stride, stride // 2 :: stride]  # (b, h / stride, w / stride)
        one_hot = _one_hot(ids, self.count, self.row.invalid)  # (b, h / stride, w / stride, classes)
        return patchify(one_hot.permute(0, 3, 1, 2), patch // stride)

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        logits, truth = (item.unflatten(-1, (self.count, -1)) for item in (prediction, target))
        losses = -(truth * logits.log_softmax(-2)).sum(-2)
        beyond = self.row.invalid is not None and self.row.invalid >= self.count
        return _mean_where(truth.amax(-2) > 0, losses) if beyond else losses.mean()

    def picture(self, prediction: Tensor, target: Tensor) -> Tensor:
        return _id_colors(prediction.unflatten(-1, (self.count, -1)).argmax(-2))

    def truth(self, target: Tensor) -> Tensor:
        return self.picture(target, target)

    @staticmethod
    def _cells(patch: int) -> int:
        """Cells of a patch: (patch / 4)^2 where that divides, else one per pixel."""
        return (patch // LABEL_STRIDE if patch % LABEL_STRIDE == 0 else patch) ** 2


class ScalarAdapter(_OfRow):
    """Reads and predicts quantities as they are in their row's unit, which should make them of order one.

    Loss: Huber's (smooth L1). Values of a row with an invalid value are cut to -4.5 to 4.5, so that what is unknown
    (seen as -5, never predicted) is told apart from all of them.
    """

    def size(self, patch: int) -> int:
        return max(1, self.row.channels) * self._side(patch) ** 2

    def patches(self, image: Tensor, patch: int, grid: tuple[int, int]) -> Tensor:
        side = self._side(patch)
        if self.row.invalid is not None:
            unknown = image.isnan()
            image = torch.where(unknown, UNKNOWN, image.clamp(-MAX_STANDARD, MAX_STANDARD))
        return patchify(_resized(image, (grid[0] * side, grid[1] * side), self.row), side)

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        error = functional.smooth_l1_loss(prediction, target, reduction="none")
        return error.mean() if self.row.invalid is None else _mean_where(target >= -MAX_STANDARD, error)

    def picture(self, prediction: Tensor, target: Tensor) -> Tensor:
        channels = prediction.unflatten(-1, (max(1, self.row.channels), -1))  # (b, t, c, k * k)
        shown = channels[..., :3, :] if channels.shape[-2] >= 3 else channels[..., :1, :].expand(-1, -1, 3, -1)
        return (shown / 4 + 0.5).clamp(0, 1).flatten(-2)

    def truth(self, target: Tensor) -> Tensor:
        return self.picture(target, target)

    def _side(self, patch: int) -> int:
        """Cells a side of a patch."""
        return max(1, patch // self.row.stride)


class FeatureAdapter(ScalarAdapter):
    """Reads and predicts vectors of a network, each standardised over its channels (Huber's loss).

    Features of different networks differ in size by orders of magnitude; a layer norm without weights takes it out.
    """

    def patches(self, image: Tensor, patch: int, grid: tuple[int, int]) -> Tensor:
        if self.row.channels > 1:
            variance, mean = torch.var_mean(image, dim=1, keepdim=True, correction=0)
            image = (image - mean) / (variance + 1e-6).sqrt()
        return super().patches(image, patch, grid)


class CosineAdapter(FeatureAdapter):
    """Vectors of which only the direction counts: 1 minus the cosine of prediction and target, cell by cell."""

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        guess, truth = (item.unflatten(-1, (self.row.channels, -1)) for item in (prediction, target))
        losses = 1 - functional.cosine_similarity(guess, truth, dim=-2)
        return losses.mean() if self.row.invalid is None else _mean_where((truth >= -MAX_STANDARD).all(-2), losses)


class TokenAdapter(_OfRow):
    """Reads and predicts one entry of a codebook a patch, as one number per entry (cross-entropy)."""

    def __init__(self, row: Modality) -> None:
        super().__init__(row)
        if not 2 <= row.vocabulary <= MAX_VOCABULARY:
            raise UserError(
                f"modality {row.name}: a vocabulary of {row.vocabulary} must be between 2 and {MAX_VOCABULARY} tokens"
            )

    def size(self, patch: int) -> int:
        return self.row.vocabulary

    def patches(self, image: Tensor, patch: int, grid: tuple[int, int]) -> Tensor:
        # Of several entries in a patch the nearest to its middle; float32 holds 2^24 ids exactly.
        ids = functional.interpolate(image.float(), size=grid, mode="nearest-exact")[:, 0].long()  # (b, rows, columns)
        return _one_hot(ids, self.row.vocabulary, self.row.invalid).flatten(1, 2)  # (b, n, vocabulary)

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        losses = -(target * prediction.log_softmax(-1)).sum(-1)
        return losses.mean() if self.row.invalid is None else _mean_where(target.amax(-1) > 0, losses)

    def picture(self, prediction: Tensor, target: Tensor) -> Tensor:
        return _id_colors(prediction.argmax(-1, keepdim=True))

    def truth(self, target: Tensor) -> Tensor:
        return self.picture(target, target)


ADAPTERS: Registry[type[Adapter]] = Registry(
    "way of learning a modality",
    {
        "color": ColorAdapter,
        "depth": DepthAdapter,
        "normal": NormalAdapter,
        "labels": LabelAdapter,
        "scalar": ScalarAdapter,
        "features": FeatureAdapter,
        "tokens": TokenAdapter,
        "edges": EdgeAdapter,
        "borders": BorderAdapter,
        "cosine": CosineAdapter,
    },
)
"""By the name of a kind, or by a row's `target` where that is not its kind's way."""


def adapter_of(modality: Modality | str) -> Adapter:
    """The adapter of a modality, given by its row or by a name of the table. UserError for text, which has none."""
    row = MODALITIES[modality] if isinstance(modality, str) else modality
    if row.kind is Kind.TEXT:
        raise UserError(f"{row.name} is text, which a masked model of patches can neither see nor predict")
    return ADAPTERS.named(row.target or row.kind.value)(row)


def normalised_rgb(image: Tensor) -> Tensor:
    """RGB (b, 3, h, w) in [0, 1] with ImageNet's mean and deviation taken out."""
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


def _one_hot(ids: Tensor, count: int, invalid: int | None) -> Tensor:
    """(..., count) of ids (...); zeros for an invalid id that is no entry."""
    if invalid is None or 0 <= invalid < count:
        return functional.one_hot(ids, count).float()
    return functional.one_hot(ids.masked_fill(ids == invalid, count), count + 1)[..., :count].float()


def _resized(image: Tensor, size: tuple[int, int], row: Modality) -> Tensor:
    """(b, c, h, w) on a grid of another size: by the mean of the cells that fall into one, or by the nearest cell."""
    if tuple(image.shape[-2:]) == size:
        return image
    linear = row.resampling is Resampling.LINEAR
    return functional.interpolate(image, size=size, mode="area" if linear else "nearest-exact")


def _id_colors(ids: Tensor) -> Tensor:
    """(b, t, k) ids as colors (b, t, 3 * k) in [0, 1] that differ between neighbouring ids."""
    colors = torch.stack([ids * 37 % 256, ids * 91 % 256, ids * 151 % 256], -2).float() / 255
    return colors.flatten(-2)
