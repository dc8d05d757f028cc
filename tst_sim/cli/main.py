"""`tst-sim <verb>`: finds the verb's file, reads the command line, turns errors into one line.

Exit codes: see `EXIT_CODES`, which `tst-sim --help` shows.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any, NoReturn

from tst_sim import __version__
from tst_sim.cli.boundary import EX_SOFTWARE, internal_error, machine_fault, say
from tst_sim.errors import UserError, did_you_mean, one_line, shown
from tst_sim.plugins import load_plugins

VERBS = {
    "generate": "render a corpus of aligned frames from houses",
    "verify": "re-read a corpus and say what is wrong where",
    "label": "add layers to a corpus: labels, features or text that a plug-in makes of its frames",
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

EXIT_CODES = f"""exit codes:
  0    done
  1    a fault was found (verify, doctor, assets)
  2    it cannot be done as asked, or the machine refuses it; one line says why and what to do
  3    done, but something was quarantined
  {EX_SOFTWARE}   a fault of tst-sim itself; one line says where its traceback was saved
  130  interrupted; the same command goes on where it stopped
  141  nobody reads what it writes"""
INTERRUPTED, NOBODY_READS = 130, 141


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the command line in one line, as every other UserError."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; see: {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code; every error becomes one line on stderr."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        verb = _verb(arguments)
        options = _parser(verb).parse_args(arguments)
        if hasattr(options, "plugins"):
            load_plugins(options.plugins)
        return _verb_module(options.verb).run(options) or 0
    except UserError as error:
        say(f"tst-sim: error: {one_line(error)}")
        return 2
    except KeyboardInterrupt:
        say("\ntst-sim: interrupted; run the same command again to go on where it stopped")
        return INTERRUPTED
    except BrokenPipeError:
        return NOBODY_READS
    except SystemExit:  # of --help and --version
        raise
    except BaseException as error:  # Rust's panics, as of safetensors, are no Exception
        fault = machine_fault(error)
        say(f"tst-sim: error: {fault or internal_error(error, arguments)}")
        return EX_SOFTWARE if fault is None else 2


def _verb(arguments: Sequence[str]) -> str | None:
    """The verb that is asked for; None when only options are."""
    if not arguments:
        raise UserError(f"which verb? choose from {', '.join(VERBS)}; see: tst-sim --help")
    first = arguments[0]
    if first.startswith("-"):
        return None
    if first not in VERBS:
        raise UserError(f"unknown verb {shown(first)}{did_you_mean(first, list(VERBS))}")
    return first


def console() -> None:
    """The `tst-sim` console script. SIGTERM ends it the way Ctrl-C does: cleanly, resumable."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - closed by whoever started us
    try:
        code = main()
    except SystemExit as ended:  # argparse has shown what was asked for
        code = ended.code
    sys.exit(_flushed(code))


def _flushed(code: Any) -> Any:
    """The exit code, or another one when the last words cannot be written: Python would say so with a traceback."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            say(f"tst-sim: error: cannot write to the standard output: {error.strerror}")
        return code or (NOBODY_READS if isinstance(error, BrokenPipeError) else 2)
    return code


def _verb_module(verb: str) -> ModuleType:
    return importlib.import_module(f"tst_sim.cli.{verb.replace('-', '_')}")


def _parser(verb: str | None) -> argparse.ArgumentParser:
    """The parser, with the arguments of `verb` alone: other verbs' files are not even imported."""
    parser = _Parser(
        prog="tst-sim",
        description="Aligned multimodal frames from simulated houses, and test-space training on them.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
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
