"""`python -m benchmarks.peers`: our engine and its peers, one house at two finenesses, one core, five modalities.

All contenders are open at once, each in its own process, and take turns round by round; a contender's
figure is the best of its rounds, in processor time. `--processes N` instead asks how our engine's
throughput grows with processes, each on its own core, on the clock.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.peers.house import SIZE, scene_of, the_house
from benchmarks.peers.process import ROOT, ContenderFailed, Process
from benchmarks.peers.scene_file import SceneFile
from benchmarks.peers.table import Row, print_summary, print_table, row_of

OURS = ("ours", "ours-plain")
PEERS = ("mujoco", "open3d", "embree", "threepp", "threepp-depth", "bullet", "pyrender")
LEVELS = (0, 1)


def main() -> int:
    """Scenes, then every size."""
    options = _options()
    house = the_house()
    coarse = scene_of(house, 0)
    with tempfile.TemporaryDirectory() as folder:
        scenes = [coarse if level == 0 else scene_of(house, level, coarse) for level in options.levels]
        paths = [Path(folder) / f"scene{scene.levels}.npz" for scene in scenes]
        for scene, path in zip(scenes, paths):
            scene.save(path)
        if options.processes > 1:
            for scene, path in zip(scenes, paths):
                scaling(scene, path, options.processes, options.rounds)
            return 0
        print(f"{house.name}: {len(coarse.classes) - 1} instances, {len(coarse.renderer)} poses, {SIZE} px, one core")
        columns = {len(scene.triangles): compare(scene, path, options) for scene, path in zip(scenes, paths)}
    print_table(columns, OURS)
    print_summary(columns, OURS)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--python", default=ROOT / ".venv-peers/bin/python", help="interpreter that has the peers")
    parser.add_argument("--peers", nargs="*", default=PEERS, choices=PEERS, help="which; all without it")
    parser.add_argument("--levels", nargs="*", type=int, default=LEVELS, help="how often triangles are cut in four")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=1, help="ours alone, in so many processes")
    return parser.parse_args()


def compare(scene: SceneFile, path: Path, options: argparse.Namespace) -> dict[str, Row]:
    """Every contender that starts, by name."""
    core = min(os.sched_getaffinity(0))
    started = [Process(name, sys.executable, path, core) for name in OURS]
    started += [Process(name, options.python, path, core) for name in options.peers]
    contenders = [contender for contender in started if _is_ready(contender)]
    try:
        pictures = {each.name: each.checked(path.with_name(f"{each.name}.npz")) for each in contenders}
        seconds: dict[tuple[str, str], float] = {}
        for _ in range(options.rounds):
            for each in contenders:
                for what in ("all", "bare"):
                    used = each.ask(f"round {what}")["seconds"]
                    seconds[each.name, what] = min(used, seconds.get((each.name, what), used))
    finally:
        for contender in started:
            contender.close()
    return {each.name: row_of(each, len(scene.renderer), seconds, pictures, OURS[0]) for each in contenders}


def _is_ready(contender: Process) -> bool:
    try:
        contender.greet()
    except ContenderFailed as error:
        print(f"{contender.name} is left out: {error}")
        return False
    return True


def scaling(scene: SceneFile, path: Path, count: int, rounds: int) -> None:
    """Frames/s on the clock of one process and of `count` at once, each on a core of its own."""
    cores = sorted(os.sched_getaffinity(0))
    if count > len(cores):
        raise SystemExit(f"--processes {count} needs as many cores; there are {len(cores)}")
    for name in OURS:
        workers = [Process(name, sys.executable, path, core) for core in cores[:count]]
        for worker in workers:
            worker.greet()
        teams = (workers[:1], workers)
        alone, together = (np.max([_throughput(team, scene) for _ in range(rounds)], axis=0) for team in teams)
        for worker in workers:
            worker.close()
        print(f"{len(scene.triangles)} triangles, {name}, frames/s of one process and of {count} at once")
        for what, one, many in zip(("on the clock", "of processor time"), alone, together):
            print(f"  {what}: {one:.0f} and {many:.0f}, {many / one:.2f} times", flush=True)


def _throughput(team: list[Process], scene: SceneFile) -> tuple[float, float]:
    """Frames/s of the team on the clock, and as they would be if each had its core to itself."""
    for worker in team:
        worker.write("round all")
    answers = [worker.read() for worker in team]
    frames = len(team) * len(scene.renderer)
    return frames / max(row["clock"] for row in answers), frames / max(row["seconds"] for row in answers)


if __name__ == "__main__":
    sys.exit(main())
