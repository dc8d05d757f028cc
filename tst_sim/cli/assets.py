"""`tst-sim assets`: what an asset pack covers, whose models they are, and which of them can be read."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tst_sim.packs.library import Library


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "packs",
        nargs="?",
        default="sweethome3d",
        metavar="PACKS",
        help="comma-separated: sweethome3d[:PATH.sh3f], gltf:FOLDER (default: sweethome3d)",
    )
    parser.add_argument("--load", action="store_true", help="read every model too: a minute for 800 of them")


def run(options: argparse.Namespace) -> int:
    """Print a table a pack; 1 when a model cannot be read."""
    from tst_sim.errors import UserError
    from tst_sim.packs.library import Library
    from tst_sim.packs.selection import open_packs

    packs = open_packs([name for name in options.packs.split(",") if name.strip()]).packs
    libraries = [pack for pack in packs if isinstance(pack, Library)]
    if not libraries:
        raise UserError("builtin has a shape for every asset; name another pack: sweethome3d, gltf:FOLDER")
    return max(_report(pack, load=options.load) for pack in libraries)


def _report(pack: Library, *, load: bool) -> int:
    from rich.console import Console
    from rich.table import Table

    from tst_sim.packs.coverage import coverage

    console = Console(highlight=False)
    rows = coverage(pack)
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("type")
    for title in ("assets", "covered", "models"):
        table.add_column(title, justify="right")
    for row in rows:
        if row.covered:
            table.add_row(row.object_type, str(row.assets), str(row.covered), str(row.models))
    console.print(table)
    licences = sorted({credit.licence for credit in pack.credits()})
    console.print(
        f"\n{pack.name} {pack.digest}: {len(pack.files)} files, {len(pack.entries)} models; "
        f"{sum(row.covered > 0 for row in rows)} of {len(rows)} types, "
        f"{sum(row.covered for row in rows)} of {sum(row.assets for row in rows)} assets",
        soft_wrap=True,
    )
    for licence in licences:
        console.print(f"licence: {licence}", soft_wrap=True, markup=False)
    return _load(pack) if load else 0


def _load(pack: Library) -> int:
    from rich.console import Console

    from tst_sim.cli.terminal import progress_bar
    from tst_sim.packs.coverage import load_all

    with progress_bar("reading", len(pack.entries)) as progress:
        loading = load_all(pack, lambda: progress.advance(progress.task_ids[0]))
    console = Console(highlight=False)
    for reason in loading.faults.values():
        console.print(reason, soft_wrap=True, markup=False)
    console.print(f"{loading.read} of {loading.models} models can be read, {loading.triangles:,} triangles")
    return 1 if loading.faults else 0
