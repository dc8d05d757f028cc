"""Evaluations as they are read from files, whatever the task; no torch, as the report needs none.

The one place that knows how results of version 0.1 stated their scores: all were segmentations.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.stored import EVALUATION, Shape, read_stored, require
from training.tasks import confusion
from tst_sim.errors import UserError

SEGMENTATION = "segmentation"
_SHAPES: dict[str, Shape] = {SEGMENTATION: confusion.RESULTS}
"""What the built-in tasks keep beside their scores."""
_DIRECTIONS = ("higher", "lower")


def read_evaluation(path: Path) -> dict[str, Any]:
    """The `results.json` of an evaluation, with `task`, `scores`, `score_directions` and `primary_score`.

    Those of version 0.1 have no such keys: they are of segmentations. UserError naming the file and the damaged place.
    """
    results = read_stored(path, EVALUATION, what="results")
    task = results.setdefault("task", SEGMENTATION)
    require(results, _SHAPES.get(task, {}), path)
    if task == SEGMENTATION:
        results |= stated_scores(results)
    require(results, {"scores": dict, "score_directions": dict, "primary_score": str}, path)
    _check_scores(results, path)
    return results


def _check_scores(results: dict[str, Any], path: Path) -> None:
    """UserError unless the primary score is there and every score has a direction."""
    if results["primary_score"] not in results["scores"]:
        raise UserError(f"{path} is damaged: primary_score {results['primary_score']!r} is none of its scores")
    for name in results["scores"]:
        if results["score_directions"].get(name) not in _DIRECTIONS:
            raise UserError(f"{path} is damaged: score_directions.{name} must be higher or lower")


def stated_scores(results: Mapping[str, Any]) -> dict[str, Any]:
    """`scores`, `score_directions` and `primary_score` of an evaluation, of its step or of a stored cell."""
    if "scores" in results:
        return {key: results[key] for key in ("scores", "score_directions", "primary_score") if key in results}
    scores = {name: results.get(name) for name in confusion.SCORES}
    return {
        "scores": scores,
        "score_directions": dict.fromkeys(scores, "higher"),
        "primary_score": confusion.SCORES[0],
    }


def primary_score(results: Mapping[str, Any]) -> dict[str, Any]:
    """`task`, `score`, `value` (None: nothing to measure) and `higher_is_better`, of what `stated_scores` reads."""
    stated = stated_scores(results)
    name = stated["primary_score"]
    return {
        "task": results.get("task", SEGMENTATION),
        "score": name,
        "value": stated["scores"][name],
        "higher_is_better": stated["score_directions"][name] == "higher",
    }


def score_label(name: str) -> str:
    """A score's name for people."""
    return confusion.SCORE_LABELS.get(name, name.replace("_", " "))
