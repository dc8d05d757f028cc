"""No house JSON ends in a traceback: seeded mutants of houses through the reader, the engine and the player.

`python -m benchmarks.mutants 2000` is the long run; `TST_SIM_MUTANTS` sets how many are tried here.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from benchmarks.mutants import outcome
from generators.sources.houses import ProcthorSource
from tests.houses.mutants import mutant
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.embedded.simulator import EmbeddedSimulator

DATA = Path(__file__).parents[1] / "data"
COUNT = int(os.environ.get("TST_SIM_MUTANTS", "300"))
GROUPS = 4
MAX_SECONDS = 30.0


@pytest.fixture(scope="module")
def documents() -> list[dict]:
    """Both schemas of a small house, and a house as procthor makes it."""
    files = [json.loads((DATA / f"two_rooms_{schema}.json").read_text()) for schema in ("0.0.1", "1.0.0")]
    return [*files, json.loads(json.dumps(ProcthorSource().house(12).document))]


@pytest.mark.parametrize("group", range(GROUPS))
def test_each_mutant_is_accepted_or_refused_in_one_line(group: int, documents: list[dict], tmp_path: Path):
    found = {"accepted": 0, "refused": 0, "refused later": 0}
    with EmbeddedSimulator(LiveScene(light="none")) as simulator:
        for number in range(group, COUNT, GROUPS):
            said, document = mutant(documents[number % len(documents)], number)
            file = tmp_path / "mutant.json"
            file.write_text(json.dumps(document))
            start = time.process_time()
            try:
                found[outcome(simulator, file, document)] += 1
            except Exception as error:
                raise AssertionError(f"mutant {number}, {said}") from error
            assert time.process_time() - start < MAX_SECONDS, f"mutant {number}, {said}"
    assert found["refused"] > COUNT / GROUPS / 10 and found["accepted"] > COUNT / GROUPS / 10, found


def test_a_mutant_is_the_same_for_the_same_seed(documents: list[dict]):
    first, second = ([mutant(documents[0], seed)[0] for seed in range(20)] for _ in range(2))
    assert first == second and len(set(first)) == 20
