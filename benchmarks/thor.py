"""AI2-THOR as a simulator: cost of a view by the number of cameras, recovery from a killed player, kills in mid-corpus.

`python -m benchmarks.thor [--house PATH] [--kills N]`. Views: milliseconds a view at 224 px with five modalities, in
turns with the embedded engine, whose share is beside it. Recovery: from the kill until the house stands in a new
player. Kills: a corpus made by two Ray actors whose players are killed at seeded moments, compared byte by byte with
one that was left in peace.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.errors import SimulatorDied
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import RENDERED
from tst_sim.randomness import rng_for
from tst_sim.simulator import Simulator
from tst_sim.storage import file_sha256, read_json
from tst_sim.thor.config import OWN_PLAYER, ThorConfig
from tst_sim.thor.simulator import ThorSimulator

CAMERAS = (1, 2, 4, 8, 16, 32)
VIEWS, ROUNDS = 64, 3
LENS = Intrinsics(224, 224, 90.0)
HOUSES, FRAMES = 12, 48
MAX_PAUSE_S = 3.0


def main() -> int:
    """All three; 1 when the corpora differ or a process is left."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--house", type=Path, default=Path(__file__).parents[1] / "tests/data/two_rooms_1.0.0.json")
    options.add_argument("--kills", type=int, default=10)
    chosen = options.parse_args()
    house = House.from_json(read_json(chosen.house, what="a house"), name=chosen.house.stem)
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home
        os.environ.pop("CUDA_VISIBLE_DEVICES", None)
        views(house)
        recovery(house)
        return kills(Path(home), chosen.kills)


def views(house: House) -> None:
    """Milliseconds a view, the best of some rounds that take turns."""
    simulators: dict[str, Simulator] = {"embedded": EmbeddedSimulator()}
    for count in CAMERAS:
        simulators[f"{count} cameras"] = ThorSimulator(ThorConfig(executable=OWN_PLAYER, cameras=count))
    best = dict.fromkeys(simulators, float("inf"))
    for simulator in simulators.values():
        simulator.load(house)
    poses = _poses(simulators["embedded"])
    for _ in range(ROUNDS):
        for name, simulator in simulators.items():
            seconds = _seconds(lambda simulator=simulator: simulator.render(poses, ROWS, intrinsics=LENS))
            best[name] = min(best[name], seconds)
    for name, simulator in simulators.items():
        simulator.close()
        print(
            f"{name:>12}: {1000 * best[name] / VIEWS:6.2f} ms a view, {best[name] / best['embedded']:5.1f} x embedded"
        )


ROWS = tuple(RENDERED.values())


def recovery(house: House) -> None:
    """Seconds from the death of a player to the same house in a new one."""
    with ThorSimulator(ThorConfig(executable=OWN_PLAYER)) as simulator:
        simulator.load(house)
        poses = _poses(simulator)
        seconds = []
        for _ in range(ROUNDS):
            killed = time.perf_counter()
            os.kill(_players()[0], signal.SIGKILL)
            try:
                simulator.render(poses, ROWS, intrinsics=LENS)
            except SimulatorDied:
                simulator.load(house)
            seconds.append(time.perf_counter() - killed)
    print("recovery: " + ", ".join(f"{value:.1f} s" for value in seconds))


def kills(home: Path, count: int) -> int:
    """Two corpora, one of them disturbed; how many players died, and whether anything differs or is left."""
    _corpus(home / "peace", lambda: None)
    killed: list[int] = []
    delays = rng_for(0, "kills").uniform(0, MAX_PAUSE_S, count).tolist()
    due: list[float] = []

    def disturb() -> None:
        """One kill after each finished house, at a seeded moment; the oldest player, so that no house has it all."""
        number = len(killed)
        if number == count or len(list((home / "war").glob("eval/*.tar"))) < number:
            return
        if not due:
            due.append(time.monotonic() + delays[number])
        alive = [pid for pid in _players() if pid not in killed]
        if alive and time.monotonic() > due[0]:
            os.kill(alive[0], signal.SIGKILL)
            killed.append(alive[0])
            due.clear()

    _corpus(home / "war", disturb)
    peace, war, left = _digests(home / "peace"), _digests(home / "war"), len(_players())
    others = sorted(name for name in peace.keys() | war.keys() if peace.get(name) != war.get(name))
    print(f"{len(killed)} of {count} players killed; other files: {', '.join(others) or 'none'}; {left} players left")
    return 0 if not others and not left and len(killed) == count else 1


def _corpus(out: Path, meanwhile: Callable[[], None]) -> None:
    command = [sys.executable, "-m", "tst_sim", "generate", "--simulator", "thor", "--set", "thor.executable=tst-sim"]
    command += ["--houses", str(HOUSES), "--frames", str(FRAMES), "--eval-frames", "8", "--size", "224"]
    with subprocess.Popen([*command, "--workers", "2", "--out", str(out)], stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            meanwhile()
            time.sleep(0.05)
    assert process.returncode == 0, process.returncode


def _players() -> list[int]:
    """Living players of this home folder, by process number."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"HOME={os.environ['HOME']}".encode() in environment and any(w.endswith(b"/launch.py") for w in words):
            found.append(int(process.name))
    return sorted(found)


def _digests(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): file_sha256(path) for path in folder.rglob("*") if path.is_file()}


def _poses(simulator: Simulator) -> Sequence[Pose]:
    rng, space = rng_for(0, "views"), simulator.free_space(0.1)
    return [
        Pose((float(x), 1.4, float(z)), float(rng.uniform(0, 360)), float(rng.uniform(-10, 35)))
        for x, _, z in space.positions_m[rng.integers(len(space.positions_m), size=VIEWS)]
    ]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
