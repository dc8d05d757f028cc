"""`tst-sim label CORPUS --with NAME`: add layers to a corpus, by the makers that plug-ins register."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from tst_sim.cli.options import add_plugin
from tst_sim.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `label`."""
    parser.add_argument("folder", metavar="CORPUS", help="a corpus folder")
    parser.add_argument(
        "--with", dest="names", metavar="NAME[,NAME]", required=True, help="layer makers, as a plug-in names them"
    )
    add_plugin(parser)


def run(options: argparse.Namespace) -> int:
    """0 when every layer is whole."""
    from tst_sim.cli.terminal import console, progress_bar
    from tst_sim.corpus import Corpus
    from tst_sim.corpus.layer_makers import LAYER_MAKERS, add_layer

    names = [name.strip() for name in options.names.split(",")]
    if not LAYER_MAKERS:
        raise UserError("no layer maker is known; name a file that registers one: --plugin my_plugs.py")
    for name in names:
        LAYER_MAKERS.check(name)
    corpus = Corpus(options.folder)
    for name in names:
        with progress_bar(f"label {name}", 0) as progress:
            layer = add_layer(corpus, name, on_samples=partial(_show, progress))
        whole = f"{sum(layer.samples.values())} samples of {', '.join(row.name for row in layer.rows)}"
        console().print(f"layer {name} of {corpus.folder}: {whole}", soft_wrap=True)
    return 0


def _show(progress: Any, done: int, total: int) -> None:
    progress.update(progress.task_ids[0], completed=done, total=total)
