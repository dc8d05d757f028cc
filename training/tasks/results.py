"""Results of evaluations as they are read from files, whatever the task; no torch, as the report needs none."""

from __future__ import annotations

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
    if task == SEGMENTATION and "scores" not in results:
        results["scores"] = {name: results[name] for name in confusion.SCORES}
        results["score_directions"] = dict.fromkeys(confusion.SCORES, "higher")
        results["primary_score"] = confusion.SCORES[0]
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
