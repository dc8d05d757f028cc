"""The corpus that a training verb works on: the one given, or that of its houses in the data root."""

from __future__ import annotations

import argparse
from pathlib import Path

from tst_sim.cli.options import bounded, house_list
from tst_sim.errors import UserError

MAX_FRAMES = 1_000_000


def add_house_options(parser: argparse.ArgumentParser) -> None:
    """`--house`, `--houses`, `--corpus`, `--frames`, `--no-generate`, `--workers`."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--house", metavar="N", type=bounded("--house", 0, 2**31 - 1), help="one house, by its index")
    which.add_argument("--houses", metavar="N|LIST", help="how many (10: the first ten) or which (3,17,40-49)")
    parser.add_argument("--corpus", metavar="DIR", help="corpus folder (default: made in the data root if missing)")
    parser.add_argument(
        "--frames",
        metavar="N",
        type=bounded("--frames", 1, MAX_FRAMES),
        help="frames of a house when its corpus must be made (default: that of generate)",
    )
    parser.add_argument("--no-generate", action="store_true", help="an error instead of making a missing corpus")
    parser.add_argument(
        "--workers",
        metavar="N",
        type=bounded("--workers", 0, 4096),
        default=0,
        help="Ray actors when a corpus must be made; 0: in this process (default: %(default)s)",
    )


def chosen_houses(options: argparse.Namespace) -> tuple[int, ...] | None:
    """The indices of `--house` or `--houses`; None when neither is given."""
    if options.house is not None:
        return (options.house,)
    return house_list(options.houses) if options.houses is not None else None


def find_or_make(options: argparse.Namespace) -> Path:
    """The folder of `--corpus`, else that of the houses in the data root, made first when it is missing."""
    if options.corpus is not None:
        return Path(options.corpus)
    houses = chosen_houses(options)
    if houses is None:
        raise UserError("which houses? give --house N, --houses LIST or --corpus DIR")
    from generators.config import GenerateConfig
    from tst_sim.cli.places import house_corpus

    config = GenerateConfig() if options.frames is None else GenerateConfig(frames=options.frames)
    return house_corpus(
        houses,
        config=config,
        data_dir=options.data_dir,
        no_generate=options.no_generate,
        workers=options.workers,
    )
