"""Semantic segmentation from RGB: the class of every pixel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.config import within
from training.data.physical import Batch
from training.encoders.encoder import Encoder, as_module
from training.pictures import class_colors, stacked
from training.tasks.confusion import IGNORED_CLASS, SCORES, ConfusionMatrix
from training.tasks.task import Score, Summary, Task
from training.transfer_config import EvaluateConfig, TransferConfig
from tst_sim.config import STORED_UNLESS_DEFAULT

MAX_CLASSES_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class HeadConfig:
    """A light convolutional head over feature maps of several depths of the encoder, or a linear one (a probe)."""

    type: Literal["conv", "linear"] = field(default="conv", metadata=STORED_UNLESS_DEFAULT)
    """`linear`: one linear layer on the normalised features of each patch, enlarged to the pixels; with `frozen`, the
    linear probe of self-supervised learning. `dim`, `blocks` and `stride` are of no use then."""
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
class SegmentationConfig(TransferConfig):
    """Settings of a transfer to segmentation."""

    head: HeadConfig = field(default_factory=HeadConfig)
    loss_share: float = 0.125
    """Fraction of the pixels, on a random grid, that the loss looks at in training."""

    def __post_init__(self) -> None:
        super().__post_init__()
        within("loss_share", self.loss_share, 0.01, 1)


class Segmentation(Task):
    """The task `segmentation`: reads RGB, learns from `semantic`, is measured in mIoU."""

    name = "segmentation"
    inputs: tuple[str, ...] = ("rgb", "semantic")
    scores = tuple(map(Score, SCORES))
    Config = SegmentationConfig

    def __init__(self, config: SegmentationConfig, encoder: Encoder, classes: Sequence[str]) -> None:
        self.config, self.classes = config, tuple(classes)
        make = LinearProbe if config.head.type == "linear" else SegmentationModel
        self._module = make(encoder, config.head, len(self.classes), frozen=config.frozen)

    @property
    def module(self) -> SegmentationNetwork:
        """Encoder and head."""
        return self._module

    def loss(self, batch: Batch, *, step: int = 0, rng: np.random.Generator) -> dict[str, Tensor]:
        """Scalar cross-entropy over a random grid of `loss_share` of the pixels of a batch; Background is not
        counted."""
        truth = batch["semantic"][:, 0]
        rows, columns = (_some(side, self.config.loss_share**0.5, rng) for side in truth.shape[-2:])
        logits = self.module(batch["rgb"], rows, columns)
        device = truth.device
        chosen = truth[:, rows.to(device)][:, :, columns.to(device)]
        labelled = (chosen != IGNORED_CLASS).sum().clamp(min=1)
        total = functional.cross_entropy(logits.float(), chosen, ignore_index=IGNORED_CLASS, reduction="sum")
        return {"segmentation": total / labelled}

    def predict(self, batch: Batch) -> np.ndarray:
        """(b, h, w) uint8 class ids; never Background."""
        logits = self.module(batch["rgb"]).float()
        logits[:, IGNORED_CLASS] = -torch.inf
        return logits.argmax(dim=1).to(torch.uint8).cpu().numpy()

    def metrics(self) -> ConfusionMatrix:
        """An empty confusion matrix over the classes of the transfer corpus."""
        return ConfusionMatrix(self.classes)

    def measure(self, batch: Batch, metrics: ConfusionMatrix) -> np.ndarray:
        """Predicts a batch, counts into the confusion matrix, and gives the predicted ids (b, h, w)."""
        predicted = self.predict(batch)
        metrics.update(predicted, _ids(batch))
        return predicted

    def pictures(self, batch: Batch, predictions: np.ndarray, chosen: Sequence[int]) -> list[np.ndarray]:
        """Columns (3 h + 2, w, 3) uint8 of input, prediction and truth."""
        images = (batch["rgb"].permute(0, 2, 3, 1) * 255).round().byte().cpu().numpy()
        truth = _ids(batch)
        return [
            stacked([images[place], class_colors(predictions[place]), class_colors(truth[place])], axis=0)
            for place in chosen
        ]

    def describe(self, metrics: ConfusionMatrix, config: EvaluateConfig) -> dict[str, Any]:
        """Scores, and the confusion matrix they come from."""
        scores = metrics.compute(min_class_share=config.min_class_share)
        return {
            "miou": scores.miou,
            "pixel_accuracy": scores.pixel_accuracy,
            "class_iou": scores.class_iou,
            "class_pixels": scores.class_pixels,
            "classes_with_too_few_pixels": list(scores.left_out),
            "confusion": metrics.as_rows(),
        }

    @classmethod
    def summary(cls, results: Mapping[str, Any]) -> Summary:
        """IoU of the classes with the most pixels, and the scores."""
        pixels, left_out = results["class_pixels"], set(results["classes_with_too_few_pixels"])
        largest = sorted(pixels, key=lambda name: -pixels[name])[:MAX_CLASSES_SHOWN]
        rows = [(name, f"{results['class_iou'][name]:.3f}", str(pixels[name])) for name in largest]
        miou, accuracy = results["miou"], results["pixel_accuracy"]
        counted = len(pixels) - len(left_out)
        line = (
            "no labelled pixels"
            if miou is None
            else f"mIoU {miou:.4f} over {counted} classes, pixel accuracy {accuracy:.4f}"
        )
        return Summary(
            f"{line}; {len(left_out)} classes have too few pixels",
            ("class", "IoU", "pixels"),
            tuple(row for row in rows if row[0] not in left_out),
        )


def _ids(batch: Batch) -> np.ndarray:
    """True class ids (b, h, w), uint8."""
    return batch["semantic"][:, 0].cpu().numpy().astype(np.uint8)


class SegmentationNetwork(nn.Module):
    """Encoder and a head that gives the classes of coarse pixels, which are interpolated to the pixels asked for."""

    def __init__(self, encoder: Encoder, config: HeadConfig, *, frozen: bool) -> None:
        super().__init__()
        self.encoder, self.frozen = encoder, frozen
        self.layers = level_numbers(encoder.depth, config.levels)
        if frozen:
            as_module(encoder).requires_grad_(False)

    def forward(self, image: Tensor, rows: Tensor | None = None, columns: Tensor | None = None) -> Tensor:
        """Logits (b, classes, r, c) at some rows and columns of the image (b, 3, h, w), by default at all."""
        height, width = image.shape[-2:]
        coarse = self.head(self.features(image))
        down = interpolation(coarse.shape[-2], height, rows).to(coarse)
        across = interpolation(coarse.shape[-1], width, columns).to(coarse)
        return down @ coarse @ across.transpose(0, 1)

    def features(self, image: Tensor) -> list[Tensor]:
        """Feature maps (b, dim, h / patch, w / patch), one per level, of an image (b, 3, h, w)."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            return self.encoder.features({"rgb": image}, self.layers)

    def head(self, features: Sequence[Tensor]) -> Tensor:
        """Logits (b, classes, rows, columns) of coarse pixels, from feature maps (b, dim, h / patch, w / patch)."""
        raise NotImplementedError


class LinearProbe(SegmentationNetwork):
    """Each patch by itself: a linear layer on the joined features of all levels, each standardised over the batch.

    Standardising without trained weights (batch normalisation without affine, as in MAE's linear probe) makes one
    learning rate fit the features of every encoder.
    """

    def __init__(self, encoder: Encoder, config: HeadConfig, classes: int, *, frozen: bool) -> None:
        super().__init__(encoder, config, frozen=frozen)
        self.norms = nn.ModuleList(nn.BatchNorm2d(encoder.dim, affine=False, eps=1e-6) for _ in self.layers)
        self.classify = nn.Conv2d(encoder.dim * len(self.layers), classes, 1)

    def head(self, features: Sequence[Tensor]) -> Tensor:
        """Logits (b, classes, h / patch, w / patch)."""
        joined = torch.cat([norm(level) for norm, level in zip(self.norms, features)], dim=1)
        return self.classify(joined)  # (b, levels * dim, rows, columns) -> (b, classes, rows, columns)


class SegmentationModel(SegmentationNetwork):
    """Encoder and a convolutional head.

    Feature maps of several depths are normalised, joined and brought from one vector per patch to
    (patch / stride)^2 pixels of `dim` channels each; residual convolutions look around; a linear
    layer gives the classes.
    """

    def __init__(self, encoder: Encoder, config: HeadConfig, classes: int, *, frozen: bool) -> None:
        super().__init__(encoder, config, frozen=frozen)
        self.finer = max(1, encoder.patch // config.stride)
        self.norms = nn.ModuleList(nn.GroupNorm(1, encoder.dim) for _ in self.layers)
        self.expand = nn.Conv2d(encoder.dim * len(self.layers), config.dim * self.finer**2, 1)
        self.blocks = nn.ModuleList(ConvBlock(config.dim) for _ in range(config.blocks))
        self.norm = nn.GroupNorm(1, config.dim)
        self.classify = nn.Conv2d(config.dim, classes, 1)

    def head(self, features: Sequence[Tensor]) -> Tensor:
        """Logits (b, classes, h / stride, w / stride)."""
        joined = torch.cat([norm(level) for norm, level in zip(self.norms, features)], dim=1)
        pixels = functional.pixel_shuffle(self.expand(joined), self.finer)
        for block in self.blocks:
            pixels = block(pixels)
        return self.classify(functional.gelu(self.norm(pixels)))


class ConvBlock(nn.Module):
    """Residual: 3 x 3 per channel, normalised, then a two-layer perceptron per pixel."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.around = nn.Conv2d(dim, dim, 3, padding=1, groups=dim)
        self.norm = nn.GroupNorm(1, dim)
        self.widen, self.narrow = nn.Conv2d(dim, 2 * dim, 1), nn.Conv2d(2 * dim, dim, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        """(b, dim, h, w) to the same."""
        return pixels + self.narrow(functional.gelu(self.widen(self.norm(self.around(pixels)))))


def level_numbers(depth: int, levels: int) -> list[int]:
    """Blocks to read (1 to depth), spread evenly and ending with the last."""
    levels = min(levels, depth)
    return [round(depth * (level + 1) / levels) for level in range(levels)]


def interpolation(source: int, target: int, chosen: Tensor | None = None) -> Tensor:
    """(chosen or all target, source) weights of linear interpolation, pixel centres at i + 0.5.

    Borders extend; the same as `interpolate(..., mode="bilinear", align_corners=False)`.
    """
    places = torch.arange(target) if chosen is None else chosen.cpu()
    x = ((places + 0.5) * source / target - 0.5).clamp(0, source - 1)
    low = x.floor().long().clamp(max=max(source - 2, 0))
    weights = torch.zeros(len(places), source)
    fraction = x - low
    weights.scatter_add_(1, low[:, None], (1 - fraction)[:, None])
    weights.scatter_add_(1, (low + 1).clamp(max=source - 1)[:, None], fraction[:, None])
    return weights


def _some(side: int, fraction: float, rng: np.random.Generator) -> Tensor:
    """Sorted random places along one side, each stratum once: jittered, as even as a grid."""
    count = max(1, round(side * fraction))
    edges = np.linspace(0, side, count + 1)
    places = np.floor(edges[:-1] + rng.random(count) * np.diff(edges)).astype(np.int64)
    return torch.from_numpy(np.minimum(places, side - 1))
