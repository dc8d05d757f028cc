"""One renderer in a process of its own: `python -m benchmarks.peers.contender NAME SCENE.npz`, given orders on stdin.

`check FILE` writes the depth and the instances of `CHECKED` poses; `round all` and `round bare` render every pose,
with and without the normals that a renderer does not give by itself. Each is answered by a line of JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np

from benchmarks.peers.scene_file import SceneFile

CHECKED = 6
Frame = dict[str, np.ndarray]


class Contender(ABC):
    """A renderer with a scene loaded. `native` says what it gives by itself, `normals` how those are made."""

    native: str
    normals: str

    def __init__(self, scene: SceneFile) -> None:
        self.scene = scene

    @property
    @abstractmethod
    def version(self) -> str:
        """Names and versions of what renders."""

    @abstractmethod
    def frame(self, pose: int, normals: bool) -> Frame:
        """rgb (h, w, 3) uint8, depth (h, w) float32, instance uint16, semantic uint8, normal (h, w, 3) float32."""

    def frames(self, normals: bool) -> None:
        """Every pose once."""
        for pose in range(len(self.scene.renderer)):
            self.frame(pose, normals)


def main() -> int:
    """Load, say hello, obey."""
    use_one_core()
    name, path = sys.argv[1:3]
    contender = load(name, SceneFile.read(Path(path)))
    contender.frames(True)
    say({"version": contender.version, "native": contender.native, "normals": contender.normals})
    for line in sys.stdin:
        order, _, detail = line.strip().partition(" ")
        say(check(contender, Path(detail)) if order == "check" else timed(contender, detail == "all"))
    return 0


def use_one_core() -> None:
    """One core for everything, and software rasterisers without threads of their own; before any OpenGL is loaded.

    The core is `PEERS_CORE`, the first without it.
    """
    core = int(os.environ.get("PEERS_CORE", min(os.sched_getaffinity(0))))
    os.sched_setaffinity(0, {core})
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TBB_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["LP_NUM_THREADS"] = "0"


def load(name: str, scene: SceneFile) -> Contender:
    """The contender of a module of this package; `ours-plain` is `ours` with the option `plain`."""
    module, *options = name.split("-")
    return importlib.import_module(f"benchmarks.peers.{module}").contender(scene, *options)


def timed(contender: Contender, normals: bool) -> dict[str, float]:
    """Processor seconds, of all threads, and seconds on the clock of every pose once."""
    start, clock = time.process_time(), time.perf_counter()
    contender.frames(normals)
    return {"seconds": time.process_time() - start, "clock": time.perf_counter() - clock}


def check(contender: Contender, path: Path) -> dict[str, str]:
    """Write what the first poses look like."""
    frames = [contender.frame(pose, True) for pose in range(CHECKED)]
    np.savez(path, allow_pickle=False, **{name: np.stack([frame[name] for frame in frames]) for name in frames[0]})
    return {"checked": str(path)}


def say(answer: dict) -> None:
    """One line to the parent."""
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    sys.exit(main())
