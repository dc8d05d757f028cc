"""Mutated houses through the whole engine: `python -m benchmarks.mutants [COUNT] [--seed N] [HOUSE.json ...]`.

Each mutant is written to a file and read as any user's file; it is loaded, its floor shared out, its plan and one small
frame drawn, and the player gets it by `CreateHouse`. It is accepted, or refused by a UserError of one line, alike by
both; anything else (a traceback, more than `MAX_SECONDS`) is a fault and is listed. Exit code 1 where there is one.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generators.config import PoseConfig
from generators.exporters.floor_plan import write_floor_plan
from generators.poses import floors
from generators.sources.houses import open_house_source
from tests.houses.mutants import mutant
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.errors import UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.modalities import RENDERED
from tst_sim.thor.actions.controller import InProcessController

MAX_SECONDS = 30.0
"""Of processor time."""
MAX_MEMORY_BYTES = 4 << 30
"""Address space, of which the libraries take a good part themselves."""
SMALL = Intrinsics(32, 32, 90.0)


def outcome(simulator: EmbeddedSimulator, file: Path, document: Any) -> str:
    """`accepted` or `refused`. Raises for anything that no user should see."""
    event = InProcessController().step("CreateHouse", house=document)
    said = event.metadata["errorMessage"]
    assert "trace:" not in said and "\n" not in said, said
    try:
        house = open_house_source(str(file)).house(0)
    except UserError as error:
        assert not event, "the player takes what the reader refuses"
        assert "\n" not in str(error), f"more than a line: {error!r}"
        assert str(error).startswith(f"{file}: "), f"no place: {error}"
        return "refused"
    assert event, f"the player refuses what the reader takes: {said}"
    try:
        simulator.load(house)
        space = simulator.free_space(0.25)
        write_floor_plan(simulator.scene, file.with_suffix(".svg"), show_free=True)
        floors(house, space, PoseConfig(), seed=0)
    except UserError as error:
        assert "\n" not in str(error) and house.name in str(error), f"no place: {error}"
        return "refused later"
    x, y, z = space.positions_m[0]
    pose = Pose((float(x), float(y) + 1.5, float(z)), 30.0, 10.0)
    (frame,) = simulator.render([pose], tuple(RENDERED.values()), intrinsics=SMALL)
    assert frame["rgb"].shape == (32, 32, 3)
    return "accepted"


def run(count: int, seed: int, houses: Sequence[Path], light: str) -> int:
    """`count` mutants of the houses in turn; the number of faults."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    documents = [json.loads(house.read_text()) for house in houses]
    counts: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder, EmbeddedSimulator(LiveScene(light=light)) as simulator:
        for number in range(seed, seed + count):
            said, document = mutant(documents[number % len(documents)], number)
            file = Path(folder) / f"mutant-{number}.json"
            file.write_text(json.dumps(document))
            start = time.process_time()
            try:
                result = outcome(simulator, file, document)
            except Exception as error:
                last = traceback.extract_tb(error.__traceback__)[-1]
                result = "FAULT"
                print(
                    f"{number}: {said}: {type(error).__name__}: {error} ({last.filename}:{last.lineno})"[:600],
                    flush=True,
                )
            taken = time.process_time() - start
            if taken > MAX_SECONDS:
                print(f"{number}: {said}: took {taken:.0f} s", flush=True)
                counts["SLOW"] += 1
            slowest = max(slowest, taken)
            counts[result] += 1
            file.unlink()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} mutants of {len(houses)} houses: {dict(counts)}; slowest {slowest:.1f} s, {memory:.0f} MB at most")
    return counts["FAULT"] + counts["SLOW"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--light", default="none")
    parser.add_argument("houses", type=Path, nargs="*")
    options = parser.parse_args()
    data = Path(__file__).parents[1] / "tests" / "data"
    return int(
        run(options.count, options.seed, options.houses or sorted(data.glob("two_rooms*.json")), options.light) > 0
    )


if __name__ == "__main__":
    sys.exit(main())
