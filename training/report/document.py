"""The numbers of a report as one JSON document, for programs to read; docs/report-json.md describes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.report.collect import Measurement, ReportData, collect, median_speed
from training.tasks.results import stated_scores
from tst_sim.errors import UserError

FORMAT_VERSION = 1
"""Rises when a field changes its meaning or goes; further fields may come without that."""


def report_document(folder: str | Path) -> dict[str, Any]:
    """What was measured below a folder, a row for each score of each evaluation; JSON values, no NaN.

    UserError when the folder holds no evaluation that can be read.
    """
    data = collect(Path(folder))
    if not data.measured:
        raise UserError(f"{folder} holds no evaluation; make one with: tst-sim evaluate RUN --house N")
    rows = [row for item in data.measured for row in _rows(data, item)]
    left_out = [{"place": item.place, "reason": item.reason} for item in data.left_out]
    return {
        "format_version": FORMAT_VERSION,
        "rows": rows,
        "comparisons": [comparison.describe() for comparison in data.comparisons],
        "sweep": _sweep(data),
        "left_out": left_out,
    }


def document_text(document: Mapping[str, Any]) -> str:
    """The document as it is printed and written."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _rows(data: ReportData, item: Measurement) -> list[dict[str, Any]]:
    cell, results = item.cell, item.results
    pretrained = results["pretrained"]
    run = data.pretrained_by(item)
    speed = median_speed(run.metrics()) if run is not None else None
    images = pretrained.get("images")
    head = {
        "method": cell["method"],
        "objective": pretrained["objective"],
        "modalities": list(pretrained["modalities"]),
        "pretrained_in": list(pretrained["houses"]),
        "tested_in": results["house"]["name"],
        "axes": dict(cell["axes"]),
        "seed": results["seed"],
        "task": cell["task"],
    }
    tail = {
        "oracle": cell["oracle"],
        "images": images,
        "seconds": round(images / speed, 1) if images and speed else None,
        "run": Path(results["run"]).name,
    }
    stated = stated_scores(results)
    return [
        {
            **head,
            "score": name,
            "value": value,
            "higher_is_better": stated["score_directions"][name] == "higher",
            "primary": name == cell["score"],
            **tail,
        }
        for name, value in stated["scores"].items()
    ]


def _sweep(data: ReportData) -> dict[str, Any] | None:
    """Settings, what was chosen once, and the commits at which its numbers were trained; None outside of a sweep."""
    if data.plan is None:
        return None
    commits = sorted({item.results["training_commit"] for item in data.measured})
    return {"settings": data.plan["config"], "chosen": data.plan["chosen"], "commits": commits}
