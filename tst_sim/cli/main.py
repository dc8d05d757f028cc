"""`tst-sim <verb>`: finds the verb's file, reads the command line, turns errors into one line.

Exit codes: 0 done; 1 a fault was found (verify, doctor); 2 the user's input cannot be used;
3 done but something was quarantined; 130 interrupted (do the same again to go on).
"""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from tst_sim import __version__
from tst_sim.errors import UserError, did_you_mean

VERBS = {
    "generate": "render a corpus of aligned frames from houses",
    "verify": "re-read a corpus and say what is wrong where",
    "pretrain": "pre-train a specialist or generalist on a corpus",
    "transfer": "train a task head on an external labelled corpus",
    "evaluate": "measure a transferred run in a house",
    "render": "pictures of a house: views, from above, a tour as mp4, a floor plan",
    "export-house": "write a house as GLB or OBJ, for Blender and other programs",
    "sweep": "run a whole experiment: pre-train, transfer and evaluate over houses and seeds",
    "report": "write report.html about the runs of a folder",
    "demo": "the whole way from houses to a report, small, in minutes",
    "serve": "be the player of AI2-THOR scripts, in the place of Unity",
    "assets": "say which furniture an asset pack covers, and which of its models can be read",
    "doctor": "say what is here, what renders, what is missing and how to mend it",
}


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the command line in one line, as every other UserError."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; see: {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code; every UserError becomes one line on stderr."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        verb = _verb(arguments)
        options = _parser(verb).parse_args(arguments)
        return _verb_module(options.verb).run(options) or 0
    except UserError as error:
        sys.stderr.write(f"tst-sim: error: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\ntst-sim: interrupted; run the same command again to go on where it stopped\n")
        return 130
    except BrokenPipeError:
        return 141


def _verb(arguments: Sequence[str]) -> str | None:
    """The verb that is asked for; None when only options are."""
    if not arguments:
        raise UserError(f"which verb? choose from {', '.join(VERBS)}; see: tst-sim --help")
    first = arguments[0]
    if first.startswith("-"):
        return None
    if first not in VERBS:
        raise UserError(f"unknown verb {first!r}{did_you_mean(first, list(VERBS))}")
    return first


def console() -> None:
    """The `tst-sim` console script. SIGTERM ends it the way Ctrl-C does: cleanly, resumable."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())


def _verb_module(verb: str) -> ModuleType:
    return importlib.import_module(f"tst_sim.cli.{verb.replace('-', '_')}")


def _parser(verb: str | None) -> argparse.ArgumentParser:
    """The parser, with the arguments of `verb` alone: other verbs' files are not even imported."""
    parser = _Parser(
        prog="tst-sim", description="Aligned multimodal frames from simulated houses, and test-space training on them."
    )
    parser.add_argument("--version", action="version", version=f"tst-sim {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, purpose in VERBS.items():
        sub = verbs.add_parser(
            name, help=purpose, description=purpose[0].upper() + purpose[1:] + ".", allow_abbrev=False
        )
        if name == verb:
            _verb_module(name).add_arguments(sub)
    return parser
