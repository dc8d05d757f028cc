"""A contender as its parent sees it: a process that answers in lines."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]


class ContenderFailed(Exception):
    """A contender that cannot be started, with the last line it wrote."""


class Process:
    """Starts `contender.py` with the interpreter that has the renderer; the scene is loaded and drawn once by then."""

    def __init__(self, name: str, python: Path | str, scene: Path, core: int) -> None:
        self.name = name
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115, closed by close()
        self._child = subprocess.Popen(
            [str(python), "-m", "benchmarks.peers.contender", name, str(scene)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=ROOT,
            env={**os.environ, "MUJOCO_GL": "egl", "PEERS_CORE": str(core)},
        )

    def greet(self) -> None:
        """Wait until it is ready."""
        self.about = self.read()

    def ask(self, order: str) -> dict[str, Any]:
        """An order and its answer."""
        self.write(order)
        return self.read()

    def write(self, order: str) -> None:
        """An order, whose answer `read` waits for."""
        assert self._child.stdin
        self._child.stdin.write(order + "\n")
        self._child.stdin.flush()

    def read(self) -> dict[str, Any]:
        """The next line of JSON; what libraries print is passed over."""
        assert self._child.stdout
        for line in self._child.stdout:
            if line.startswith("{"):
                return json.loads(line)
        self._child.wait()
        self._errors.seek(0)
        lines = [line for line in self._errors.read().splitlines() if line.strip()]
        raise ContenderFailed(lines[-1] if lines else f"exit code {self._child.returncode}")

    def checked(self, path: Path) -> dict[str, np.ndarray]:
        """Pictures of a few poses, by modality."""
        self.ask(f"check {path}")
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file}

    def close(self) -> None:
        """Let it end."""
        assert self._child.stdin
        if self._child.poll() is None:
            self._child.stdin.close()
        self._child.wait()
        self._errors.close()
