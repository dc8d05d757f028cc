"""Scores of a segmentation, from a confusion matrix that is kept.

Row = class of the pixel, column = class predicted. Pixels of class 0 (Background: nothing was hit)
have no class and are not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.stored import SHARE, WHOLE, Shape

IGNORED_CLASS = 0
SCORES = ("miou", "pixel_accuracy")
"""Names of the scores of a segmentation, all fractions of which more is better; the first is the primary one."""
SCORE_LABELS = {"miou": "mIoU"}
"""How people write them, where that is not the name with blanks."""
RESULTS: Shape = {
    **dict.fromkeys(SCORES, (SHARE, None)), "class_iou": {...: (SHARE, None)}, "class_pixels": {...: WHOLE},
    "classes_with_too_few_pixels": [str],
}  # fmt: skip
"""What an evaluation of a segmentation keeps beside what every evaluation keeps."""


@dataclass(frozen=True)
class SegmentationScores:
    """What a confusion matrix says; ratios between 0 and 1."""

    miou: float | None
    """Mean IoU over the classes with enough pixels; None when there is none."""
    pixel_accuracy: float | None
    class_iou: dict[str, float]
    """IoU of every class that has at least one true pixel."""
    class_pixels: dict[str, int]
    left_out: tuple[str, ...]
    """Classes with true pixels, but fewer than the threshold: not in the mean."""


class ConfusionMatrix:
    """Counts of (true class, predicted class): `update` with images, `merge` with another, `compute`.

    `counts` is int64 (classes, classes). Intersection over union of class c is
    counts[c, c] / (row sum + column sum - counts[c, c]), as in PASCAL VOC.
    """

    def __init__(self, classes: Sequence[str], counts: np.ndarray | None = None) -> None:
        self.classes = tuple(classes)
        size = len(self.classes)
        self.counts = np.zeros((size, size), np.int64) if counts is None else np.asarray(counts, np.int64)
        assert self.counts.shape == (size, size), f"confusion matrix {self.counts.shape} for {size} classes"

    def update(self, predicted: np.ndarray, truth: np.ndarray) -> None:
        """Count the pixels of arrays of class ids of one shape."""
        assert predicted.shape == truth.shape, f"prediction {predicted.shape}, truth {truth.shape}"
        counted = truth != IGNORED_CLASS
        size = len(self.classes)
        pairs = truth[counted].astype(np.int64) * size + predicted[counted]
        self.counts += np.bincount(pairs, minlength=size * size).reshape(size, size)

    def merge(self, other: ConfusionMatrix) -> None:
        """Add the counts of another matrix over the same classes."""
        assert other.classes == self.classes, "confusion matrices over different class lists"
        self.counts += other.counts

    def compute(self, *, min_class_share: float = 0.0) -> SegmentationScores:
        """Scores; a class enters the mean from `min_class_share` of all counted pixels on."""
        true_pixels = self.counts.sum(axis=1)
        hits = np.diag(self.counts)
        union = true_pixels + self.counts.sum(axis=0) - hits
        total = int(true_pixels.sum())
        present = [index for index in range(len(self.classes)) if true_pixels[index] > 0]
        enough = [index for index in present if true_pixels[index] >= min_class_share * total]
        iou = {index: float(hits[index] / union[index]) for index in present}
        return SegmentationScores(
            miou=float(np.mean([iou[index] for index in enough])) if enough else None,
            pixel_accuracy=float(hits.sum() / total) if total else None,
            class_iou={self.classes[index]: iou[index] for index in present},
            class_pixels={self.classes[index]: int(true_pixels[index]) for index in present},
            left_out=tuple(self.classes[index] for index in present if index not in set(enough)),
        )

    def as_rows(self) -> list[dict[str, Any]]:
        """The non-zero counts as `{truth, predicted, pixels}` rows, for JSON."""
        return [
            {"truth": self.classes[row], "predicted": self.classes[column], "pixels": int(self.counts[row, column])}
            for row, column in np.argwhere(self.counts)
        ]

    @classmethod
    def from_rows(cls, classes: Sequence[str], rows: Sequence[dict[str, Any]]) -> ConfusionMatrix:
        """The inverse of `as_rows`."""
        matrix = cls(classes)
        place = {name: index for index, name in enumerate(matrix.classes)}
        for row in rows:
            matrix.counts[place[row["truth"]], place[row["predicted"]]] = row["pixels"]
        return matrix
