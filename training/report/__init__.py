"""One self-contained HTML page about a run, several runs or a sweep: `write_report(folder)`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from training.report import strips, tables
from training.report.gather import Gathered, LeftOut, gather
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
    gathered = gather(folder)
    out = Path(out) if out is not None else folder / NAME
    page = _environment().get_template("report.html").render(**_context(gathered))
    with atomic_write(out) as file:
        file.write(page.encode("utf-8", "replace"))
    for item in gathered.left_out:
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
    environment.filters["percent"] = tables.percent_text
    environment.filters["pretty"] = lambda value: json.dumps(value, indent=1, sort_keys=True)
    return environment


def _context(gathered: Gathered) -> dict[str, Any]:
    methods, classes = tables.class_table(gathered)
    plan = gathered.plan or {}
    return {
        "title": _title(gathered),
        "folder": gathered.folder.name,
        "gathered": gathered,
        "plan": plan,
        "matrix": tables.matrix(gathered),
        "has_gain": any(entry.gain for entry in gathered.entries),
        "oracle": any(item.cell["oracle"] for item in gathered.measured)
        or any(run.settings["oracle"] for run in gathered.runs.values()),
        "summary": tables.summary_rows(gathered),
        "gap_chart": tables.gap_chart(gathered),
        "added_chart": tables.added_chart(gathered),
        "loss_charts": tables.loss_charts(gathered),
        "methods": methods,
        "classes": classes,
        "few": tables.few_pixels(gathered),
        "seeds": sorted({item.cell["seed"] for item in gathered.measured}),
        "frames": strips.frame_strips(gathered),
        "reconstructions": strips.reconstruction_strips(gathered),
        "predictions": strips.prediction_strips(gathered),
        "legend": strips.legend(gathered),
        "provenance": tables.provenance(gathered),
        "runs": [(name, run) for name, run in sorted(gathered.runs.items())],
        "failures": gathered.failures,
        "left_out": gathered.left_out,  # the last: what cannot be shown is found on the way
    }


def _title(gathered: Gathered) -> str:
    if gathered.plan is not None:
        experiment = gathered.plan["config"]["experiment"]
        return "Cross-house matrix" if experiment == "cross_house" else "Specialization and generalization"
    return f"Run {gathered.folder.name}" if len(gathered.runs) == 1 else f"Runs of {gathered.folder.name}"
