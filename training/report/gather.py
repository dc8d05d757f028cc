"""Finds what a folder holds: runs, evaluations, the results of a sweep, the corpora behind them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from training.checkpoint import CONFIG, RunFolder
from training.evaluate import PANELS, RESULTS
from training.matrix import Entry, table
from training.sweep_results import PLAN
from training.transfer import SCRATCH
from tst_sim.errors import UserError
from tst_sim.storage import read_json

SUPERVISED = "supervised"
DEPTH = 4
"""Folders below the one that is reported on are searched this deep."""


@dataclass(frozen=True)
class Measured:
    """One number with everything that made it."""

    cell: Mapping[str, Any]
    """`method home added test_house new seed oracle miou`, see `training.experiments.Cell`."""
    results: Mapping[str, Any]
    """The evaluation's `results.json`."""
    folder: Path

    @property
    def panels(self) -> Path | None:
        path = self.folder / PANELS
        return path if path.is_file() else None


@dataclass(frozen=True)
class Gathered:
    """Everything a report can show of one folder."""

    folder: Path
    measured: list[Measured]
    runs: dict[str, RunFolder]
    """By their place in the folder: those that numbers come from, or all when there are no numbers."""
    failures: list[Mapping[str, Any]] = field(default_factory=list)
    plan: Mapping[str, Any] | None = None
    """`sweep.json`, when the folder is a sweep."""

    @cached_property
    def entries(self) -> list[Entry]:
        """The table over seeds."""
        methods = (self.plan or {}).get("config", {}).get("methods", [])
        names = [method["name"] for method in methods if method["objective"] == SCRATCH]
        return table([item.cell for item in self.measured], scratch=names[0] if names else SCRATCH)

    def runs_of(self, kind: str) -> list[RunFolder]:
        """Runs of one kind, `pretrain` or `transfer`, by name."""
        return [run for _, run in sorted(self.runs.items()) if run.kind == kind]

    def pretrained_by(self, item: Measured) -> RunFolder | None:
        """The pre-training run behind a number, when it is in the folder."""
        return self._run_at(item.results["pretrained"].get("run"))

    def transferred_by(self, item: Measured) -> RunFolder | None:
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
        return [path for path in map(Path, dict.fromkeys(named)) if (path / "manifest.json").is_file()]


def gather(folder: Path) -> Gathered:
    """Everything below a folder; UserError when there is nothing to report on."""
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; give a run's, a sweep's, or one that holds several")
    found = ((path.parent, _run(path)) for path in _files(folder, CONFIG))
    runs = {path.relative_to(folder).as_posix(): run for path, run in found if run is not None}
    is_sweep = (folder / PLAN).is_file()
    gathered = _of_sweep(folder, runs) if is_sweep else Gathered(folder, _evaluations(folder), runs)
    if not gathered.measured and not gathered.runs:
        raise UserError(f"{folder} holds no run, evaluation or sweep to report on")
    return gathered


def _files(folder: Path, name: str) -> list[Path]:
    """Files of a name in a folder and a few levels below it, sorted."""
    found = []
    for parent, folders, files in os.walk(folder):
        depth = len(Path(parent).relative_to(folder).parts)
        folders[:] = [] if depth >= DEPTH else folders
        if name in files:
            found.append(Path(parent) / name)
    return sorted(found)


def _run(path: Path) -> RunFolder | None:
    try:
        return RunFolder.load(path.parent)
    except UserError:
        return None  # some other config.json


def _of_sweep(folder: Path, runs: dict[str, RunFolder]) -> Gathered:
    """The numbers of the sweep's present plan; steps of earlier settings in the same folder stay out."""
    plan = read_json(folder / PLAN, what="a sweep")
    results = read_json(folder / RESULTS, what="a finished sweep; run its sweep command again") if (
        folder / RESULTS
    ).is_file() else {"cells": [], "failures": []}  # fmt: skip
    measured = []
    for cell in results["cells"]:
        path = folder / cell["folder"] / RESULTS
        if path.is_file():
            measured.append(Measured(cell, read_json(path, what="results"), path.parent))
    used = {name for item in measured for name in _names(item)}
    kept = {place: run for place, run in runs.items() if run.path.name in used} if measured else runs
    return Gathered(folder, measured, kept, results["failures"], plan)


def _names(item: Measured) -> list[str]:
    paths = [item.results["run"], item.results["pretrained"].get("run")]
    return [Path(path).name for path in paths if path]


def _evaluations(folder: Path) -> list[Measured]:
    """Evaluations of runs outside of a sweep, labelled by what they say of themselves."""
    measured = []
    for path in _files(folder, RESULTS):
        results = read_json(path, what="results")
        if isinstance(results, dict) and results.get("kind") == "evaluation":
            measured.append(Measured(_cell(results), results, path.parent))
    return measured


def _cell(results: Mapping[str, Any]) -> dict[str, Any]:
    houses = results["transfer_houses"] if results["supervised"] else results["pretrained"]["houses"]
    home = int(houses[0].rsplit("-", 1)[-1]) if houses and houses[0].rsplit("-", 1)[-1].isdigit() else None
    test_house = results["house"]["index"]
    return {
        "method": _method(results),
        "houses": houses,
        "home": home if results["pretrained"]["source"] != SCRATCH or results["supervised"] else None,
        "added": max(0, len(houses) - 1),
        "test_house": test_house,
        "new": results["house"]["name"] not in houses,
        "seed": results["seed"],
        "oracle": results["oracle"],
        "miou": results["miou"],
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


def methods_of(gathered: Gathered) -> list[str]:
    """Names in order of first appearance, the upper bound last."""
    names = list(dict.fromkeys(item.cell["method"] for item in gathered.measured))
    return sorted(names, key=lambda name: name.startswith(SUPERVISED))


def short_name(path: Path) -> str:
    """A run's folder name without its verb and fingerprint."""
    name = path.name
    head, _, tail = name.rpartition("-")
    if head and len(tail) == 12 and all(letter in "0123456789abcdef" for letter in tail):
        name = head
    for verb in ("pretrain-", "transfer-"):
        name = name.removeprefix(verb)
    return name
