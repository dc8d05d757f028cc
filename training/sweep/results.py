"""Files of a sweep: `sweep.json`, its plan, and `results.json`, its numbers."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training.config import PretrainConfig
from training.stored import SWEEP, read_stored
from training.sweep.cells import Cell, cells_of, merged, pretrain_values
from training.sweep.comparisons import comparisons
from training.sweep.config import SCRATCH, SweepConfig
from training.sweep.steps import StepReport, finished_result, in_order
from training.sweep.table import summary, table
from training.tasks.results import primary_score
from tst_sim.config import as_dict
from tst_sim.errors import UserError
from tst_sim.owners import is_vacant
from tst_sim.storage import write_json

PLAN, RESULTS = "sweep.json", "results.json"
FORMAT = 1

PretrainSettings = Callable[[Mapping[str, Any]], PretrainConfig]
"""From `{preset, values}` to settings; the front door knows where presets are."""


@dataclass(frozen=True)
class Plan:
    """A sweep that can run: its cells, and what was chosen once for all of it."""

    config: SweepConfig
    chosen: dict[str, Any]
    """`run` (precision, threads, device), `images_per_s` and `steps` of methods at equal time."""
    cells: list[Cell]


def check_folder(out: Path) -> None:
    """UserError unless `out` is a sweep's folder, or can become one; to be asked before it is owned."""
    if not os.path.isfile(out / PLAN) and (os.path.isfile(out) or not is_vacant(out)):
        raise UserError(f"{out} is not empty and not a sweep (it has no {PLAN}); choose another --out")


def plan_sweep(
    config: SweepConfig,
    out: Path,
    *,
    pretrain_config: PretrainSettings,
    check: Callable[[str, Mapping[str, Any]], None],
) -> Plan:
    """Plan the sweep into its folder, or find it there; every step's settings are checked.

    What is measured on the machine is measured once and kept. A folder of another sweep may be
    given other settings: steps that are the same are not done again. UserError for settings that cannot be used.
    """
    for step in in_order([cell.step for cell in cells_of(config)]):
        check(step.verb, step.settings)
    stored = read_stored(out / PLAN, SWEEP, what="a sweep")["chosen"] if (out / PLAN).is_file() else {}
    chosen = _choose(config, stored, pretrain_config)
    plan = Plan(config, chosen, cells_of(config, run=chosen["run"], steps=chosen["steps"]))
    write_json(
        out / PLAN,
        {
            "format": FORMAT,
            "kind": "sweep",
            "config": as_dict(config),
            "chosen": chosen,
            "cells": [_row(cell, out) for cell in plan.cells],
        },
    )
    return plan


def _choose(config: SweepConfig, stored: Mapping[str, Any], pretrain_config: PretrainSettings) -> dict[str, Any]:
    """Number type and threads for all runs, and steps of the methods that get another's time."""
    trained = [method for method in config.methods if method.objective != SCRATCH]
    settings = {
        method.name: pretrain_config({"preset": config.pretrain_preset, "values": pretrain_values(config, method)})
        for method in trained
    }
    run = {"threads": 1, "precision": "auto", "device": "auto", **stored.get("run", {})}
    # What the configuration says itself wins over what was chosen.
    run = merged(run, {key: config.pretrain.get("run", {}).get(key, run[key]) for key in run})
    speeds: dict[str, float] = dict(stored.get("images_per_s", {}))
    if run["precision"] == "auto" and settings:
        from training.sweep.speed import choose_precision

        run["precision"] = choose_precision(_with_run(settings[trained[-1].name], run))
    steps = {}
    for method in trained:
        if method.equal_time_to is None or method.steps is not None:
            continue
        for name in (method.name, method.equal_time_to):
            if name not in speeds:
                from training.sweep.speed import images_per_second

                speeds[name] = round(images_per_second(_with_run(settings[name], run)), 1)
        ratio = speeds[method.name] / speeds[method.equal_time_to]
        steps[method.name] = max(1, round(settings[method.equal_time_to].optim.steps * ratio))
    return {"run": run, "images_per_s": speeds, "steps": steps}


def _with_run(config: PretrainConfig, run: Mapping[str, Any]) -> PretrainConfig:
    return replace(config, run=replace(config.run, **run))


def _row(cell: Cell, out: Path) -> dict[str, Any]:
    return {**cell.describe(), "folder": cell.step.folder(out).relative_to(out).as_posix()}


def collect_results(plan: Plan, reports: Sequence[StepReport], out: Path) -> dict[str, Any]:
    """Collect the numbers that are there into `results.json`: cells, table, summary, failures."""
    cells = []
    for cell in plan.cells:
        result = finished_result(cell.step, out)
        row = {**_row(cell, out), "task": None, "score": None, "value": None, "higher_is_better": True}
        if result is not None:
            row |= {**result, **primary_score(result), "oracle": cell.oracle or result["oracle"]}
        cells.append(row)
    measured = table(cells, scratch=scratch_name(plan.config))
    results = {
        "format": FORMAT,
        "kind": "sweep",
        "experiment": plan.config.experiment,
        "cells": cells,
        "table": [cell.describe() for cell in measured],
        "summary": summary(measured),
        "comparisons": [found.describe() for found in comparisons(cells, scratch_name(plan.config))],
        "failures": [
            {"step": report.step.name, "status": report.status, "message": report.message}
            for report in reports
            if report.status in ("failed", "skipped")
        ],
    }
    write_json(out / RESULTS, results)
    return results


def scratch_name(config: SweepConfig) -> str:
    """The name the configuration gives to the lower bound."""
    return next((method.name for method in config.methods if method.objective == SCRATCH), SCRATCH)
