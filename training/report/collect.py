"""The contents of a folder for a report: runs, evaluations, results of a sweep, the corpora behind them."""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from training.checkpoint import CONFIG, METRICS, WEIGHTS, RunFolder
from training.config import PretrainConfig
from training.evaluate import PANELS, RESULTS
from training.stored import SWEEP, SWEEP_RESULTS, read_stored, require_cell
from training.sweep.analyses import ANALYSES
from training.sweep.comparisons import Comparison, comparisons
from training.sweep.results import PLAN
from training.sweep.table import TableCell, table
from training.tasks.results import primary_score, read_evaluation
from training.transfer import SCRATCH
from training.transfer_config import TransferConfig
from tst_sim.errors import UserError, shown
from tst_sim.storage import read_json

SUPERVISED = "supervised"
DEPTH = 4
"""Folders below the one that is reported on are searched this deep."""


@dataclass(frozen=True)
class Measurement:
    """One number with everything that made it."""

    cell: Mapping[str, Any]
    """See `training.sweep.cells.Cell.describe`; with `task`, `score`, `value` and `higher_is_better`."""
    results: Mapping[str, Any]
    """The evaluation's `results.json`."""
    folder: Path

    @property
    def panels(self) -> Path | None:
        """The picture of predictions, if it was written."""
        path = self.folder / PANELS
        return path if path.is_file() else None


@dataclass(frozen=True)
class LeftOut:
    """Something in the folder that cannot be read."""

    place: str
    """Relative to the folder."""
    reason: str


@dataclass(frozen=True)
class ReportData:
    """Everything a report can show of one folder."""

    folder: Path
    measured: list[Measurement]
    runs: dict[str, RunFolder]
    """By their place in the folder: those that numbers come from, or all when there are no numbers."""
    left_out: list[LeftOut] = field(default_factory=list)
    failures: list[Mapping[str, Any]] = field(default_factory=list)
    plan: Mapping[str, Any] | None = None
    """`sweep.json`, when the folder is a sweep."""

    @cached_property
    def table(self) -> list[TableCell]:
        """The table over seeds."""
        return table([item.cell for item in self.measured], scratch=self._scratch)

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """Methods compared in pairs of house and seed."""
        return comparisons([item.cell for item in self.measured], self._scratch)

    @property
    def _scratch(self) -> str:
        """What the settings call the lower bound."""
        methods = (self.plan or {}).get("config", {}).get("methods", [])
        return next((method["name"] for method in methods if method["objective"] == SCRATCH), SCRATCH)

    def runs_of(self, kind: str) -> list[RunFolder]:
        """Runs of one kind, `pretrain` or `transfer`, by name."""
        return [run for _, run in sorted(self.runs.items()) if run.kind == kind]

    def pretrained_by(self, item: Measurement) -> RunFolder | None:
        """The pre-training run behind a number, when it is in the folder."""
        return self._run_at(item.results["pretrained"].get("run"))

    def transferred_by(self, item: Measurement) -> RunFolder | None:
        """The transfer run behind a number, when it is in the folder."""
        return self._run_at(item.results["run"])

    def _run_at(self, path: str | None) -> RunFolder | None:
        """The run recorded under a path; by its name when the whole folder was moved."""
        if path is None:
            return None
        exact = [run for run in self.runs.values() if str(run.path.resolve()) == path]
        named = [run for run in self.runs.values() if run.path.name == Path(path).name]
        return next(iter(exact or named), None)

    def corpora(self) -> list[Path]:
        """Corpora that are still there: those evaluated in, pre-trained on and transferred from."""
        named = [item.results["corpus"] for item in self.measured]
        named += [run.settings["corpus"] for kind in ("pretrain", "transfer") for run in self.runs_of(kind)]
        return [path for path in map(Path, dict.fromkeys(named)) if os.path.isfile(path / "manifest.json")]


def collect(folder: Path) -> ReportData:
    """Everything below a folder that can be read, and what cannot; UserError when there is nothing to report on."""
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; give a run's, a sweep's, or one that holds several")
    left_out: list[LeftOut] = []
    runs = {}
    for path in _files(folder, CONFIG):
        place = path.parent.relative_to(folder).as_posix()
        run = _run(path.parent, place, left_out)
        if run is not None:
            runs[place] = run
    is_sweep = (folder / PLAN).is_file()
    data = _of_sweep(folder, runs, left_out) if is_sweep else _of_runs(folder, runs, left_out)
    if not data.measured and not data.runs:
        reasons = "".join(f"; left out: {item.reason}" for item in left_out[:1])
        raise UserError(f"{folder} holds no run, evaluation or sweep to report on{reasons}")
    return data


def _files(folder: Path, name: str) -> list[Path]:
    """Files of a name in a folder and a few levels below it, sorted."""
    found = []
    for parent, folders, files in os.walk(folder):
        depth = len(Path(parent).relative_to(folder).parts)
        folders[:] = [] if depth >= DEPTH else folders
        if name in files:
            found.append(Path(parent) / name)
    return sorted(found)


def _run(path: Path, place: str, left_out: list[LeftOut]) -> RunFolder | None:
    """The run in a folder, all of whose files that a report needs can be read."""
    try:
        run = RunFolder.load(path).checked()
        run.config(PretrainConfig if run.kind == "pretrain" else TransferConfig)
        run.metrics()
    except UserError as error:
        if any((path / name).is_file() for name in (METRICS, WEIGHTS)):  # else some other config.json
            left_out.append(LeftOut(place, str(error)))
        return None
    return run


def _of_sweep(folder: Path, runs: dict[str, RunFolder], left_out: list[LeftOut]) -> ReportData:
    """The numbers of the sweep's present plan; steps of earlier settings in the same folder stay out."""
    plan = read_stored(folder / PLAN, SWEEP, what="a sweep")
    again = "a finished sweep; run its sweep command again"
    is_there = (folder / RESULTS).is_file()
    results = read_stored(folder / RESULTS, SWEEP_RESULTS, what=again) if is_there else {"cells": [], "failures": []}
    measured = []
    figure = ANALYSES.named(plan["config"]["experiment"]).figure
    axis = figure.axis if figure else ""
    for number, stored in enumerate(results["cells"]):
        require_cell(stored, folder / RESULTS, f"cells[{number}]")
        cell = _stored_cell(stored, axis)
        path = folder / cell["folder"] / RESULTS
        item = _measured(path, folder, left_out, cell) if os.path.isfile(path) else None
        if item is not None:
            measured.append(item)
    used = {name for item in measured for name in _names(item)}
    kept = {place: run for place, run in runs.items() if run.path.name in used} if measured else runs
    return ReportData(folder, measured, kept, left_out, results["failures"], plan)


def _measured(
    path: Path, folder: Path, left_out: list[LeftOut], cell: Mapping[str, Any] | None = None
) -> Measurement | None:
    """An evaluation; None, with the reason in `left_out`, when its file is damaged."""
    try:
        results = read_evaluation(path)
        for name in results.get("class_pixels", {}).keys() - results.get("classes_with_too_few_pixels", ()):
            if name not in results["class_iou"] or name not in results["classes"]:
                raise UserError(f"{path} is damaged: class_pixels.{shown(name)} is no class of it")
    except UserError as error:
        left_out.append(LeftOut(path.parent.relative_to(folder).as_posix(), str(error)))
        return None
    return Measurement(cell if cell is not None else _cell(results), results, path.parent)


def _names(item: Measurement) -> list[str]:
    paths = [item.results["run"], item.results["pretrained"].get("run")]
    return [Path(path).name for path in paths if path]


def _of_runs(folder: Path, runs: dict[str, RunFolder], left_out: list[LeftOut]) -> ReportData:
    """Evaluations of runs outside of a sweep, labelled by what they say of themselves."""
    found = [_measured(path, folder, left_out) for path in _files(folder, RESULTS) if _is_evaluation(path)]
    return ReportData(folder, [item for item in found if item is not None], runs, left_out)


def _is_evaluation(path: Path) -> bool:
    """Whether a `results.json` says so, or cannot say anything any more; a sweep has one too, and others may."""
    try:
        results = read_json(path, what="results")
    except UserError:
        return True
    return isinstance(results, dict) and results.get("kind") == "evaluation"


def _stored_cell(stored: Mapping[str, Any], axis: str) -> dict[str, Any]:
    """A cell of a stored sweep in today's words; `axis` is that of its analysis's figure, empty for none."""
    if "axes" in stored:
        return dict(stored)
    renamed = {"houses": "pretrained_in", "home": "own_house", "test_house": "tested_in", "new": "is_new_house"}
    cell = {new: stored[old] for old, new in renamed.items() if old in stored}
    rest = {key: value for key, value in stored.items() if key not in renamed and key != "added"}
    return {**rest, **cell, "axes": {axis: stored[axis]} if axis in stored else {}, **primary_score(stored)}


def _cell(results: Mapping[str, Any]) -> dict[str, Any]:
    houses = results["transfer_houses"] if results["supervised"] else results["pretrained"]["houses"]
    number = houses[0].rsplit("-", 1)[-1] if houses else ""
    own_house = int(number) if number.isdecimal() and len(number) < 10 else None
    return {
        "method": _method(results),
        "pretrained_in": houses,
        "own_house": own_house if results["pretrained"]["source"] != SCRATCH or results["supervised"] else None,
        "tested_in": results["house"]["index"],
        "is_new_house": results["house"]["name"] not in houses,
        "seed": results["seed"],
        "oracle": results["oracle"],
        "axes": {"added": len(houses) - 1} if len(houses) > 1 else {},
        **primary_score(results),
    }


def _method(results: Mapping[str, Any]) -> str:
    frozen = ", frozen" if results["config"]["frozen"] else ""
    if results["supervised"]:
        return SUPERVISED + frozen
    pretrained = results["pretrained"]
    if pretrained["source"] == SCRATCH:
        return SCRATCH + frozen
    names = "" if pretrained["objective"] == "mae" else f" ({'+'.join(pretrained['modalities'])})"
    return f"{pretrained['objective']}{names}{frozen}"


def methods_of(data: ReportData) -> list[str]:
    """Names in order of first appearance, the upper bound last."""
    names = list(dict.fromkeys(item.cell["method"] for item in data.measured))
    return sorted(names, key=lambda name: name.startswith(SUPERVISED))


def median_speed(metrics: Sequence[Mapping[str, Any]]) -> float | None:
    """Images per second of a run, by the lines of its `metrics.jsonl`; None where none says."""
    speeds = [speed for row in metrics if (speed := row.get("images_per_s", 0)) > 0]
    return statistics.median(speeds) if speeds else None


def short_name(path: Path) -> str:
    """A run's folder name without its verb and fingerprint."""
    name = path.name
    head, _, tail = name.rpartition("-")
    if head and len(tail) == 12 and all(letter in "0123456789abcdef" for letter in tail):
        name = head
    for verb in ("pretrain-", "transfer-"):
        name = name.removeprefix(verb)
    return name
