"""Options and progress that the verbs which train or evaluate share."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.config import PRECISIONS
from tst_sim.cli.options import bounded
from tst_sim.config import fingerprint
from tst_sim.errors import UserError, did_you_mean
from tst_sim.storage import data_root

if TYPE_CHECKING:
    from generators.config import GenerateConfig
    from training.loop import Progress

LINE_EVERY_S = 30.0


def add_run_options(parser: argparse.ArgumentParser, *, steps: int) -> None:
    """`--steps --seed --device --precision`; `steps` is the default shown."""
    parser.add_argument(
        "--steps", metavar="N", type=bounded("--steps", 1, 100_000_000), help=f"optimiser steps (default: {steps})"
    )
    parser.add_argument(
        "--seed", metavar="S", type=bounded("--seed", 0, 2**63 - 1), help="of the training (default: 0)"
    )
    add_device(parser)
    parser.add_argument(
        "--precision", metavar="|".join(PRECISIONS), help="number type (default: auto, measured once per run)"
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", metavar="NAME", help="auto, cpu, cuda or cuda:N (default: auto)")


def run_values(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that `add_run_options` gives, as far as they were given."""
    if options.precision is not None and options.precision not in PRECISIONS:
        raise UserError(f"unknown precision {options.precision!r}{did_you_mean(options.precision, PRECISIONS)}")
    run = {"seed": options.seed, "device": options.device, "precision": options.precision}
    values: dict[str, Any] = {"run": {key: value for key, value in run.items() if value is not None}}
    if options.steps is not None:
        values["optim"] = {"steps": options.steps}
    return values


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with others laid over them, group by group."""
    result = dict(below)
    for key, value in above.items():
        group = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = laid_over(result[key], value) if group else value
    return result


def run_folder(out: str | None, data_dir: str | None, name: str, identity: Any) -> Path:
    """`--out`, else a folder in the data root named by what the run is, so that it is found again."""
    return Path(out) if out else data_root(data_dir) / "runs" / f"{name}-{fingerprint(identity)}"


@contextmanager
def training_progress(label: str, steps: int) -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal, else a line now and then; gives what the loop calls."""
    from tst_sim.cli.terminal import console, duration, progress_bar

    terminal = console()
    if terminal.is_terminal:
        with progress_bar(label, steps) as bar:
            yield lambda now: bar.update(
                bar.task_ids[0], completed=now.step, rate=f"loss {now.loss:.3f}  {now.images_per_s:.0f} images/s"
            )
        return
    last = time.monotonic()

    def line(now: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= LINE_EVERY_S or now.step == now.steps:
            last = time.monotonic()
            terminal.print(
                f"{label}: step {now.step} of {now.steps}, loss {now.loss:.3f}, {now.images_per_s:.0f} images/s, "
                f"{duration(now.seconds_left)} left",
                markup=False,
            )

    yield line


def house_corpus(
    houses: tuple[int, ...], *, config: GenerateConfig, data_dir: str | None, no_generate: bool, workers: int = 0
) -> Path:
    """The corpus of some houses in the data root, made first when it is missing; says so."""
    from generators.generate import ensure_corpus, find_corpus
    from tst_sim.cli.terminal import HouseProgress, console

    found = find_corpus(houses, config=config, data_dir=data_dir)
    if found is not None:
        return found
    names = ", ".join(map(str, houses))
    if no_generate:
        raise UserError(
            f"the data root {data_root(data_dir)} has no corpus of house {names} with these settings and --no-generate "
            "forbids making it; leave --no-generate out, or give --corpus DIR"
        )
    console().print(f"making the corpus of house {names} first", markup=False)
    with HouseProgress() as progress:
        return ensure_corpus(
            houses,
            config=config,
            data_dir=data_dir,
            workers=workers,
            on_start=lambda start: progress.begin(
                start.houses, start.finished_houses, f"{start.estimate.frames} frames into {start.folder}"
            ),
            on_house=progress.advance,
        )
