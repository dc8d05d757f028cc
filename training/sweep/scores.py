"""Scores as evaluations state them: name, value, direction. The one place that knows how earlier files said it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FORMER_SCORES = {"miou": "higher", "pixel_accuracy": "higher"}
"""Segmentation's scores in results of before scores had names; the first was the primary one."""


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
    return {name: results[name] for name in _FORMER_SCORES if name in results}, _FORMER_SCORES


def score_label(name: str) -> str:
    """A score's name for people: `miou` as mIoU, others with blanks."""
    return _LABELS.get(name, name.replace("_", " "))


_LABELS = {"miou": "mIoU"}


def cell_of(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A cell of a stored sweep in today's words."""
    if "axes" in stored:
        return dict(stored)
    renamed = {"houses": "pretrained_in", "home": "own_house", "test_house": "tested_in", "new": "is_new_house"}
    cell = {renamed.get(key, key): value for key, value in stored.items() if key not in ("added", "miou")}
    axes = {"added": stored["added"]} if stored["added"] else {}
    return {**cell, "axes": axes, **primary_score(stored)}
