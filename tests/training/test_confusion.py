"""The confusion matrix, against a count by hand and a brute-force computation."""

from __future__ import annotations

import numpy as np
import pytest

from training.tasks.confusion import ConfusionMatrix
from tst_sim.randomness import rng_for

CLASSES = ("Background", "Floor", "Wall", "Chair", "Apple")


def brute_force_iou(predicted: np.ndarray, truth: np.ndarray, label: int) -> float:
    both = either = 0
    for p, t in zip(predicted.ravel(), truth.ravel()):
        if t == 0:
            continue
        both += int(p == label and t == label)
        either += int(p == label or t == label)
    return both / either


def test_scores_of_four_pixels_counted_by_hand():
    matrix = ConfusionMatrix(CLASSES)
    matrix.update(np.array([[1, 1], [2, 1]]), np.array([[1, 2], [2, 0]]))
    scores = matrix.compute()
    assert scores.class_iou == {"Floor": 0.5, "Wall": 0.5}
    assert scores.miou == 0.5
    assert scores.pixel_accuracy == pytest.approx(2 / 3)
    assert scores.class_pixels == {"Floor": 1, "Wall": 2}


def test_iou_equals_a_brute_force_computation():
    rng = rng_for(0, "metrics")
    truth = rng.integers(0, 5, (3, 16, 16))
    predicted = np.where(rng.random(truth.shape) < 0.6, truth, rng.integers(1, 5, truth.shape))
    matrix = ConfusionMatrix(CLASSES)
    matrix.update(predicted, truth)
    expected = {CLASSES[c]: brute_force_iou(predicted, truth, c) for c in range(1, 5)}
    scores = matrix.compute()
    assert scores.class_iou == pytest.approx(expected)
    assert scores.miou == pytest.approx(np.mean(list(expected.values())))


def test_merging_two_halves_equals_counting_the_whole():
    rng = rng_for(1, "metrics")
    truth, predicted = rng.integers(0, 5, (2, 8, 12)), rng.integers(1, 5, (2, 8, 12))
    whole, first, second = (ConfusionMatrix(CLASSES) for _ in range(3))
    whole.update(predicted, truth)
    first.update(predicted[:1], truth[:1])
    second.update(predicted[1:], truth[1:])
    first.merge(second)
    np.testing.assert_array_equal(first.counts, whole.counts)


def test_a_class_with_too_few_pixels_is_named_and_left_out_of_the_mean():
    truth = np.ones((10, 10), int)
    truth[0, 0] = 4
    matrix = ConfusionMatrix(CLASSES)
    matrix.update(np.ones_like(truth), truth)
    scores = matrix.compute(min_class_share=0.02)
    assert scores.left_out == ("Apple",)
    assert scores.miou == pytest.approx(0.99)
    assert matrix.compute().miou == pytest.approx(0.99 / 2)


def test_nothing_counted_gives_no_score_rather_than_zero():
    matrix = ConfusionMatrix(CLASSES)
    matrix.update(np.ones((4, 4), int), np.zeros((4, 4), int))
    assert matrix.compute().miou is None
    assert matrix.compute().pixel_accuracy is None


def test_the_kept_matrix_reads_back_equal():
    rng = rng_for(2, "metrics")
    matrix = ConfusionMatrix(CLASSES)
    matrix.update(rng.integers(1, 5, (8, 8)), rng.integers(0, 5, (8, 8)))
    np.testing.assert_array_equal(ConfusionMatrix.from_rows(CLASSES, matrix.as_rows()).counts, matrix.counts)
