"""How long the front door takes to answer: `--help` of every verb beside importing numpy alone.

    python -m benchmarks.startup [--runs 5]

Processor time of whole processes, so that a busy machine changes little; the target is half a second.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys

from tst_sim.cli.main import VERBS


def main() -> None:
    """Time every verb's help and print it beside the floor that numpy sets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="processes of each kind; medians are shown")
    runs = parser.parse_args().runs
    floor = _median_seconds(["-c", "import numpy"], runs)
    print(f"{'import numpy':24} {floor:6.3f} s")
    for verb in VERBS:
        seconds = _median_seconds(["-m", "tst_sim", verb, "--help"], runs)
        print(f"{'tst-sim ' + verb + ' --help':24} {seconds:6.3f} s  {seconds / floor:5.2f} x numpy")


def _median_seconds(arguments: list[str], runs: int) -> float:
    return statistics.median(_seconds(arguments) for _ in range(runs))


def _seconds(arguments: list[str]) -> float:
    before = _spent()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    return _spent() - before


def _spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
