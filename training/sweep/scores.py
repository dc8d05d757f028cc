"""Scores as evaluations state them: name, value, direction. The one place that knows how earlier files said it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.tasks.confusion import SCORE_LABELS, SCORES


def primary_score(results: Mapping[str, Any]) -> dict[str, Any]:
    """`task`, `score`, `value` (None: nothing to measure) and `higher_is_better` of an evaluation, or of its step."""
    scores, directions = all_scores(results)
    name = results.get("primary_score", next(iter(scores)))
    return {
        "task": results.get("task", "segmentation"),
        "score": name,
        "value": scores[name],
        "higher_is_better": directions[name] == "higher",
    }


def all_scores(results: Mapping[str, Any]) -> tuple[dict[str, float | None], dict[str, str]]:
    """({name: value}, {name: `higher` or `lower`, whichever is better})."""
    if "scores" in results:
        return dict(results["scores"]), dict(results["score_directions"])
    return {name: results.get(name) for name in SCORES}, dict.fromkeys(SCORES, "higher")  # all were segmentations


def score_label(name: str) -> str:
    """A score's name for people."""
    return SCORE_LABELS.get(name, name.replace("_", " "))


def cell_of(stored: Mapping[str, Any], axis: str) -> dict[str, Any]:
    """A cell of a stored sweep in today's words; `axis` is that of its analysis's figure, empty for none."""
    if "axes" in stored:
        return dict(stored)
    renamed = {"houses": "pretrained_in", "home": "own_house", "test_house": "tested_in", "new": "is_new_house"}
    cell = {renamed.get(key, key): value for key, value in stored.items() if key not in ("added", "miou")}
    axes = {axis: stored[axis]} if axis in stored else {}
    return {**cell, "axes": axes, **primary_score(stored)}
