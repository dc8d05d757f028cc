"""Comparisons of methods: what is paired with what, intervals, and how many pairs a point takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from training.sweep.comparisons import Comparison, comparisons

HOUSES, SEEDS = (10, 11, 12, 13), (0, 1, 2)


def cell(method: str, own: int | None, tested: int, seed: int, value: float, **other: Any) -> dict[str, Any]:
    return {
        "method": method, "own_house": own, "tested_in": tested, "seed": seed, "value": value, "is_new_house": False,
        "oracle": False, "axes": {}, "higher_is_better": True, **other,
    }  # fmt: skip


def matrix(home: float, away: float, noise: float = 0.0, **other: Any) -> list[dict[str, Any]]:
    """Scratch differs by house; `mm` gains `home` in its own house and `away` in others."""
    rng = np.random.default_rng(0)
    cells = []
    for tested in HOUSES:
        for seed in SEEDS:
            base = 0.01 * tested + 0.02 * seed
            cells.append(cell("scratch", None, tested, seed, base, **other))
            for own in HOUSES:
                gain = (home if own == tested else away) + noise * rng.normal()
                cells.append(cell("mm", own, tested, seed, base + gain, **other))
    return cells


def found(cells: list[dict[str, Any]], question: str, where: str) -> Comparison:
    (match,) = [item for item in comparisons(cells, "scratch") if (item.question, item.where) == (question, where)]
    return match


def test_differences_are_taken_within_house_and_seed():
    cells = matrix(home=0.05, away=0.02)
    home, away = found(cells, "over scratch", "own house"), found(cells, "over scratch", "other houses")
    assert (home.houses, home.pairs, away.pairs) == (4, 12, 36)
    assert home.mean == pytest.approx(0.05) and away.mean == pytest.approx(0.02)
    assert home.low == pytest.approx(0.05) and home.high == pytest.approx(0.05)
    diagonal = found(cells, "home over away", "both")
    assert (diagonal.pairs, diagonal.mean) == (12, pytest.approx(0.03))


def test_a_lower_score_that_is_better_counts_as_a_gain():
    cells = matrix(home=-0.05, away=-0.02, higher_is_better=False)
    assert found(cells, "over scratch", "own house").mean == pytest.approx(0.05)
    assert found(cells, "home over away", "both").mean == pytest.approx(0.03)


def test_methods_are_compared_in_the_houses_and_seeds_that_both_have():
    cells = matrix(home=0.05, away=0.02)
    cells += [cell("mae", own, own, 0, 0.01 * own + 0.04) for own in HOUSES[:2]]
    compared = [item for item in comparisons(cells, "scratch") if item.question.startswith("over m")]
    assert [(item.method, item.question, item.where, item.houses) for item in compared] == [
        ("mae", "over mm", "own house", 2)
    ]
    assert compared[0].mean == pytest.approx(-0.01)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    """With many houses a bootstrap over houses covers the mean 95 times of 100, give or take."""
    inside = 0
    for draw in range(100):
        rng = np.random.default_rng(draw)
        cells = []
        for house in range(24):
            cells.append(cell("scratch", None, house, 0, 0.3))
            cells.append(cell("mm", house, house, 0, 0.3 + 0.02 + 0.05 * rng.normal()))
        item = found(cells, "over scratch", "own house")
        assert item.low is not None and item.high is not None
        inside += item.low <= 0.02 <= item.high
    assert 86 <= inside <= 99


def test_one_house_has_no_interval_and_the_same_cells_give_the_same_numbers():
    cells = [item for item in matrix(home=0.05, away=0.02, noise=0.01) if item["tested_in"] == 10]
    item = found(cells, "over scratch", "own house")
    assert (item.houses, item.pairs, item.low, item.standard_error) == (1, 3, None, None)
    noisy = matrix(home=0.05, away=0.02, noise=0.01)
    assert comparisons(noisy, "scratch") == comparisons(noisy, "scratch")


def test_the_pairs_for_a_point_follow_from_the_deviation_of_the_pairs():
    cells = [cell("scratch", None, 10, seed, 0.3) for seed in range(4)]
    cells += [cell("mm", 10, 10, seed, 0.3 + gain) for seed, gain in enumerate((-0.02, 0.02, -0.02, 0.02))]
    item = found(cells, "over scratch", "own house")
    assert item.deviation == pytest.approx(0.02 * (4 / 3) ** 0.5)
    assert item.pairs_for_a_point == 42  # (2.8 * 2.309)^2 = 41.8
