"""One self-contained HTML page about a run, several runs or a sweep: `write_report(folder)`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from training.report import image_grids, tables
from training.report.collect import LeftOut, ReportData, collect
from training.sweep.analyses import ANALYSES
from training.sweep.analyses.specialization import ADDED_HOUSES
from training.tasks.results import score_label
from tst_sim.storage import atomic_write

NAME = "report.html"


def write_report(
    folder: str | Path, out: str | Path | None = None, *, on_left_out: Callable[[LeftOut], None] = lambda item: None
) -> Path:
    """Write the page about everything below `folder` (default: into it); its path.

    Style sheet, charts and pictures are inside the page; it loads nothing. What is damaged is named there, and to
    `on_left_out`, with the reason. UserError when the folder holds no run, evaluation or sweep that can be read.
    """
    folder = Path(folder)
    data = collect(folder)
    out = Path(out) if out is not None else folder / NAME
    page = _environment().get_template("report.html").render(**_context(data))
    with atomic_write(out) as file:
        file.write(page.encode("utf-8", "replace"))
    for item in data.left_out:
        on_left_out(item)
    return out


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("training.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["spread"] = tables.spread_text
    environment.filters["value"] = tables.value_text
    environment.filters["pretty"] = lambda value: json.dumps(value, indent=1, sort_keys=True)
    return environment


def _context(data: ReportData) -> dict[str, Any]:
    methods, classes = tables.class_table(data)
    plan = data.plan or {}
    figure = ANALYSES.named(plan["config"]["experiment"]).figure if plan else ADDED_HOUSES
    return {
        "title": _title(data),
        "folder": data.folder.name,
        "data": data,
        "plan": plan,
        "matrix": tables.matrix(data),
        "score": score_label(data.table[0].score) if data.table else "",
        "percent": tables.is_percent(data),
        "higher_is_better": all(cell.higher_is_better for cell in data.table),
        "has_gain": any(cell.gain for cell in data.table),
        "oracle": any(item.cell["oracle"] for item in data.measured)
        or any(run.settings["oracle"] for run in data.runs.values()),
        "summary": tables.summary_rows(data),
        "comparisons": tables.comparison_rows(data),
        "gap_chart": tables.gap_chart(data),
        "analysis_chart": tables.analysis_chart(data, figure),
        "analysis_title": figure.title if figure else "",
        "loss_charts": tables.loss_charts(data),
        "methods": methods,
        "classes": classes,
        "few": tables.few_pixels(data),
        "seeds": sorted({item.cell["seed"] for item in data.measured}),
        "frames": image_grids.frame_grids(data),
        "reconstructions": image_grids.reconstruction_grids(data),
        "predictions": image_grids.prediction_grids(data),
        "legend": image_grids.legend(data),
        "provenance": tables.provenance(data),
        "runs": [(name, run) for name, run in sorted(data.runs.items())],
        "failures": data.failures,
        "left_out": data.left_out,  # the last: what cannot be shown is found on the way
    }


def _title(data: ReportData) -> str:
    if data.plan is not None:
        return ANALYSES.named(data.plan["config"]["experiment"]).title
    return f"Run {data.folder.name}" if len(data.runs) == 1 else f"Runs of {data.folder.name}"
