"""One house by its index, for verbs that look at a single one."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tst_sim.cli.options import bounded
from tst_sim.errors import UserError, did_you_mean
from tst_sim.packs.names import BUILTIN, pack_names
from tst_sim.storage import existing_folder

if TYPE_CHECKING:
    from tst_sim.houses import House


def add_one_house(parser: argparse.ArgumentParser) -> None:
    """`--house`, `--source`, `--split`, `--assets`."""
    parser.add_argument(
        "--house", metavar="N", type=bounded("--house", 0, 2**31 - 1), required=True, help="which house, by its index"
    )
    parser.add_argument(
        "--source",
        metavar="NAME|PATH",
        default="procthor",
        help="procthor, procthor-10k[@REVISION], procthor-thor; or a house JSON, a .jsonl[.gz], a folder of them "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--split", metavar="train|val|test", default="train", help="procthor's assets (default: %(default)s)"
    )
    add_assets(parser)


def add_assets(parser: argparse.ArgumentParser) -> None:
    """`--assets`, read by `chosen_packs`."""
    parser.add_argument(
        "--assets",
        metavar="LIST",
        default=BUILTIN,
        help="packs to draw from, comma-separated: builtin, sweethome3d[:PATH.sh3f], gltf:FOLDER "
        "(default: %(default)s)",
    )


def chosen_packs(options: argparse.Namespace) -> tuple[str, ...]:
    """The names of `--assets`, checked."""
    return pack_names([name for name in options.assets.split(",") if name.strip()])


def read_house(options: argparse.Namespace) -> House:
    """The house that is asked for; UserError when it cannot be made or read."""
    from generators.sources.houses import HouseError, open_house_source

    try:
        return open_house_source(options.source, options.split).house(options.house)
    except HouseError as error:
        raise UserError(str(error)) from error


def out_file(text: str, endings: Sequence[str], *, option: str = "--out") -> Path:
    """The file to be written; UserError before any work when its ending is none of these or it cannot be written."""
    path = Path(text).expanduser()
    if path.suffix.lower() not in endings:
        hint = did_you_mean(path.suffix.lower(), list(endings))
        raise UserError(f"{option} {text!r} must end in {' or '.join(endings)}, not {path.suffix or 'nothing'!r}{hint}")
    if path.is_dir():
        raise UserError(f"{option} {text!r} is a folder; give the name of a file")
    folder = existing_folder(path.absolute().parent)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(f"{option} {text!r} cannot be written into {folder} ({error.strerror})") from error
    return path
