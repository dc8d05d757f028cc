"""Evaluation: a transferred run is measured on the `eval` frames of one house."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from training.checkpoint import RunFolder, code_version
from training.data.dataset import BatchLoader
from training.pictures import stacked
from training.precision import Compute, computing
from training.tasks.task import Task, scored
from training.transfer import load_task
from training.transfer_config import EvaluateConfig
from tst_sim.config import as_dict
from tst_sim.corpus import Corpus
from tst_sim.errors import UserError
from tst_sim.owners import owned, refuse_torchrun
from tst_sim.storage import atomic_write, write_json

RESULTS = "results.json"
PANELS = "panels.png"
RESULTS_FORMAT = 1


def evaluation_folder(run: str | Path, house: int) -> Path:
    """Where the results of a run in a house go unless told otherwise."""
    return Path(run) / f"evaluate-house-{house}"


def evaluate(
    run: str | Path,
    corpus: Corpus | str | Path,
    house: int,
    out: str | Path | None = None,
    *,
    config: EvaluateConfig | None = None,
    device: str = "auto",
    data_dir: str | os.PathLike[str] | None = None,
) -> dict[str, Any]:
    """Measure a transfer run in a house and write `results.json` and `panels.png`; the results.

    Frames are looked at as in training: centre square, resized to the run's `data.size`; those of a read-only corpus
    are decoded in the data root `data_dir`. UserError when the house was in the transfer set (unless the run is the
    supervised upper bound), when classes differ, when the corpus has no such house or no `eval` frames, when another
    process measures into the same folder, and under torchrun.
    """
    refuse_torchrun("evaluate")
    config = config or EvaluateConfig()
    corpus = corpus if isinstance(corpus, Corpus) else Corpus(corpus)
    folder, task, compute = load_task(run, device=device)
    (name,) = corpus.houses_at([house])
    _refuse_overlap(folder, corpus, name)
    if list(corpus.classes) != folder.settings["data"]["classes"]:
        raise UserError(f"corpus {corpus.folder} has other classes than those {run} was trained on; generate it again")
    out = Path(out) if out is not None else evaluation_folder(run, house)
    with owned(out, "evaluate"):
        loader = BatchLoader(
            corpus, "eval", [name], task.inputs, task.config.data,
            batch_size=config.batch_size, seed=0, device=compute.device, data_dir=data_dir,
        )  # fmt: skip
        with computing(compute):
            metrics, panels = _measure(task, loader, compute, config)
        results = _results(folder, task, corpus, name, metrics, config, compute) | {"frames": len(loader)}
        if panels is not None:
            with atomic_write(out / PANELS) as file:
                Image.fromarray(panels).save(file, "PNG")
        write_json(out / RESULTS, results)
    return results


def _house_row(corpus: Corpus, name: str) -> dict[str, Any]:
    return next(row for row in corpus.manifest["houses"] if row["name"] == name)


def _refuse_overlap(run: RunFolder, corpus: Corpus, name: str) -> None:
    """Labels of the test house may not have been in the transfer set: by name and by content."""
    data = run.settings["data"]
    digest = _house_row(corpus, name).get("digest")
    same = digest is not None and digest in data["house_digests"].values()
    if (name in data["houses"] or same) and not run.settings["supervised"]:
        raise UserError(
            f"house {name} is in the transfer set of {run.path}; "
            "evaluate in another house, or transfer again with --houses that leave it out"
        )


@torch.no_grad()
def _measure(
    task: Task, loader: BatchLoader, compute: Compute, config: EvaluateConfig
) -> tuple[Any, np.ndarray | None]:
    """(metrics over all frames, panels of a few spread evenly)."""
    metrics = task.metrics()
    shown = set(np.linspace(0, len(loader) - 1, min(config.panels, len(loader))).round().astype(int).tolist())
    columns: list[np.ndarray] = []
    for start in range(0, len(loader), config.batch_size):
        numbers = list(range(start, min(start + config.batch_size, len(loader))))
        batch = loader.take(numbers)
        with compute.autocast():
            predictions = task.measure(batch, metrics)
        chosen = [place for place, number in enumerate(numbers) if number in shown]
        columns += task.pictures(batch, predictions, chosen)
    return metrics, stacked(columns, axis=1) if columns else None


def _described(task: Task, metrics: Any, config: EvaluateConfig) -> dict[str, Any]:
    """What the task says of its metrics, and its scores by name with the direction of each."""
    described = task.describe(metrics, config)
    return {**scored(task.scores, described), **described}


def _results(
    run: RunFolder, task: Task, corpus: Corpus, name: str, metrics: Any, config: EvaluateConfig, compute: Compute
) -> dict[str, Any]:
    row = _house_row(corpus, name)
    settings = run.settings
    return {
        "format": RESULTS_FORMAT,
        "kind": "evaluation",
        "task": task.name,
        "house": {"name": name, "index": row["index"], "digest": row.get("digest")},
        "frame_set": "eval",
        **_described(task, metrics, config),
        "classes": settings["data"]["classes"],
        "evaluate": as_dict(config),
        "corpus": str(corpus.folder.resolve()),
        "run": str(run.path.resolve()),
        "config": settings["config"],
        "seed": settings["config"]["run"]["seed"],
        "precision": compute.precision,
        "pretrained": settings["pretrained"],
        "transfer_houses": sorted(settings["data"]["houses"]),
        "transfer_corpus": settings["corpus"],
        "supervised": settings["supervised"],
        "oracle": settings["oracle"],
        "training_commit": settings["code"]["commit"],
        "code": code_version(),
    }
