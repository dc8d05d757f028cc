"""Folders of a verb: where it finds its corpus and puts its results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tst_sim.config import fingerprint
from tst_sim.errors import UserError
from tst_sim.storage import data_root

if TYPE_CHECKING:
    from generators.config import GenerateConfig


def run_folder(out: str | None, data_dir: str | None, name: str, identity: Any) -> Path:
    """`--out`, else a folder in the data root named by what the run is, so that it is found again."""
    return Path(out) if out else data_root(data_dir) / "runs" / f"{name}-{fingerprint(identity)}"


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
            on_wait=progress.say,
        )
