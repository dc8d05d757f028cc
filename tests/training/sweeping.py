"""Sweeps of synthetic houses through the real verbs, in this process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.sweep import verbs
from training.sweep.config import SweepConfig
from training.sweep.results import collect_results, plan_sweep
from training.sweep.steps import run_steps
from tst_sim.cli.sweep import check
from tst_sim.config import build


def run_sweep(settings: Mapping[str, Any], corpus: Path, out: Path) -> Path:
    """Plan a sweep into `out`, do all of its steps on a corpus that is there already, and collect its results."""
    plan = plan_sweep(build(SweepConfig, settings), out, pretrain_config=verbs.pretrain_config, check=check)
    by_name = {
        "generate": lambda settings, inputs, folder: {"folder": str(corpus)},
        "pretrain": verbs.pretrain,
        "transfer": verbs.transfer,
        "evaluate": verbs.evaluate,
    }
    reports = run_steps([cell.step for cell in plan.cells], by_name, out)
    assert [report.message for report in reports if report.message] == []
    collect_results(plan, reports, out)
    return out
