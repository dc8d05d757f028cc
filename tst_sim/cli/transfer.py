"""`tst-sim transfer RUN|scratch`: a task head learns on an external labelled corpus."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from training.tasks import TASKS
from tst_sim.cli.options import add_data_dir, add_plugin, add_set, house_list
from tst_sim.cli.places import run_folder
from tst_sim.cli.pretrain import TrainingProgress, add_training_options, training_values
from tst_sim.config import as_dict
from tst_sim.errors import UserError
from tst_sim.owners import refuse_if_held, refuse_torchrun

if TYPE_CHECKING:
    from training.encoders.sources import Source
    from training.transfer_config import TransferConfig

SCRATCH = "scratch"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `transfer`."""
    parser.add_argument("run", metavar="RUN|scratch", help="a pre-trained run's folder, or `scratch`: random weights")
    parser.add_argument(
        "--task", metavar="|".join(TASKS), default="segmentation", help="or a plug-in's (default: segmentation)"
    )
    parser.add_argument("--transfer-corpus", metavar="DIR", required=True, help="labelled corpus of other houses")
    parser.add_argument("--houses", metavar="LIST", help="houses of that corpus (default: all)")
    parser.add_argument("--out", metavar="RUN2", help="run folder (default: named by settings, in the data root)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--frozen", action="store_true", default=None, help="train the head alone")
    which.add_argument("--finetune", action="store_false", dest="frozen", help="train the encoder too (default)")
    parser.add_argument(
        "--supervised",
        action="store_true",
        help="the corpus is the test house's own: an upper bound, marked as oracle wherever it appears",
    )
    parser.add_argument(
        "--preset",
        metavar="NAME",
        help="a YAML file's name in configs/transfer, or its path (default: that of the run's size; tiny for scratch)",
    )
    parser.add_argument(
        "--architecture", metavar="NAME", help="pretrain preset whose architecture `scratch` has (default: --preset)"
    )
    add_training_options(parser)
    add_data_dir(parser)
    add_plugin(parser)
    add_set(parser)


def run(options: argparse.Namespace) -> int:
    """Train the task; the run folder goes to stdout."""
    refuse_torchrun("transfer")
    if options.out:
        refuse_if_held(Path(options.out), "transfer")
    TASKS.check(options.task)
    houses = house_list(options.houses) if options.houses is not None else None
    from training.data.dataset import house_names
    from training.transfer import plugins_of, transfer
    from tst_sim.corpus import Corpus

    source, preset = _source(options)
    config = _config(options, preset)
    corpus = Corpus(options.transfer_corpus)
    identity = [as_dict(config), source.facts, list(house_names(corpus, houses)), corpus.manifest.get("houses")]
    identity += [[record["sha256"] for record in plugins]] if (plugins := plugins_of(config, source)) else []
    name = f"transfer-{options.task}" + ("-supervised" if options.supervised else "")
    out = run_folder(options.out, options.data_dir, name, identity)
    with TrainingProgress("transfer") as bar:
        transfer(
            config,
            source,
            corpus,
            out,
            houses=houses,
            supervised=options.supervised,
            on_progress=bar.update,
            on_cache=bar.caching,
            data_dir=options.data_dir,
        )
    sys.stdout.write(f"{out}\n")
    return 0


def _source(options: argparse.Namespace) -> tuple[Source, str]:
    """The encoder, and the transfer preset that fits it unless another one is asked for."""
    from training.encoders.sources import pretrained, scratch
    from training.presets import DEFAULT, architecture, fitting_preset

    if options.run == SCRATCH:
        preset = options.preset or DEFAULT
        return scratch(architecture(options.architecture, preset)), preset
    if options.architecture:
        raise UserError("--architecture is for `scratch` alone: a run has the architecture it was pre-trained with")
    if not Path(options.run).exists():
        raise UserError(f"{options.run} does not exist: give the folder of a pre-trained run, or `scratch`")
    source = pretrained(options.run)
    return source, options.preset or fitting_preset(source)


def _config(options: argparse.Namespace, preset: str) -> TransferConfig:
    from training.presets import transfer_settings

    given = {**training_values(options), "task": options.task}
    if options.frozen is not None:
        given["frozen"] = options.frozen
    return transfer_settings(preset, given, options.overrides)
