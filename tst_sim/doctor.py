"""Checks of this machine: what it has, what it lacks, and the command that mends it.

Packages are tried in processes of their own: an import that crashes, hangs or lacks a system
library is then a finding, not the end of the examination.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tst_sim import __version__
from tst_sim.assets import asset_table
from tst_sim.cluster.cpus import usable_cpus
from tst_sim.config import config_folder, preset_names
from tst_sim.errors import UserError
from tst_sim.storage import existing_folder

SYSTEM_LIBRARIES = "libegl1 libgl1 libgl1-mesa-dri libglib2.0-0"
"""Debian and Ubuntu packages: vendor-neutral EGL and GL, Mesa's drivers, and what OpenCV links to."""

INSTALL_LIBRARIES = f"sudo apt-get install {SYSTEM_LIBRARIES}"
REINSTALL = "pip install --upgrade --force-reinstall tst-sim"
MIN_MEMORY_GB = 4.0
"""Ray, one engine and a tiny training run side by side."""
MIN_DISK_GB = 2.0
"""The demo's corpora, caches and runs, with room to spare."""
CHILD_TIMEOUT_S = 120.0


class Status(Enum):
    """Whether something is right, worth knowing, or keeps tst-sim from working."""

    GOOD = "good"
    NOTE = "note"
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """One line of the examination; `remedy` is a command, or a sentence where no command mends it."""

    topic: str
    status: Status
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class _Trial:
    """Code that another process runs; its last line of output is what was found."""

    topic: str
    code: str
    remedy: str


_RENDERER = """
import logging; logging.disable()
from tst_sim.doctor import render_one_room
print(render_one_room())
"""
_GPU = """
import torch
name = torch.cuda.get_device_name() if torch.cuda.is_available() else f"the CPU, {torch.get_num_threads()} threads"
print(f"torch {torch.__version__}, trains on {name}")
"""
_PROCTHOR = """
import matplotlib; matplotlib.use("Agg")
import warnings; warnings.simplefilter("ignore")
import procthor.generation
print("imports")
"""
_TRIALS = (
    _Trial("rendering", _RENDERER, INSTALL_LIBRARIES),
    _Trial("training", _GPU, f"{REINSTALL} torch timm"),
    _Trial("ray", "import ray; print(f'ray {ray.__version__}')", f"{REINSTALL} ray"),
    # OpenCV comes with ai2thor. Where it cannot load, it leaves its own folder, with a `typing` in it, on sys.path.
    _Trial("opencv", "import cv2; print(f'OpenCV {cv2.__version__}')", INSTALL_LIBRARIES),
    _Trial(
        "ai2thor", "import ai2thor.controller, ai2thor; print(f'ai2thor {ai2thor.__version__}')", f"{REINSTALL} ai2thor"
    ),
    _Trial("procthor", _PROCTHOR, f"{REINSTALL} procthor"),
)


def examine(data_root: Path) -> list[Finding]:
    """Everything tst-sim needs, in the order in which the needs build on each other."""
    findings = [_python(), _system(), _processors(), _memory(), _disk(data_root), _package(), _assets()]
    with ThreadPoolExecutor(max_workers=2) as pool:
        return findings + list(pool.map(_try, _TRIALS))


def is_healthy(findings: list[Finding]) -> bool:
    """True when nothing found keeps tst-sim from working."""
    return all(finding.status is not Status.FAULT for finding in findings)


def _python() -> Finding:
    version = platform.python_version()
    right = (3, 10) <= sys.version_info[:2] <= (3, 13)
    found = f"Python {version} ({sys.executable})"
    return Finding("python", Status.GOOD if right else Status.FAULT, found, "" if right else "use Python 3.10-3.13")


def _system() -> Finding:
    found = f"{platform.system()} {platform.release()} {platform.machine()}"
    if platform.system() == "Linux":
        return Finding("system", Status.GOOD, found)
    return Finding("system", Status.FAULT, found, "use Linux; on Windows inside WSL (wsl --install)")


def _processors() -> Finding:
    usable, whole = usable_cpus(), os.cpu_count() or 1
    return Finding("processors", Status.GOOD, f"{usable} of {whole} cores usable here")


def _memory() -> Finding:
    total, free = (os.sysconf("SC_PAGE_SIZE") * os.sysconf(name) / 1e9 for name in ("SC_PHYS_PAGES", "SC_AVPHYS_PAGES"))
    found = f"{total:.1f} GB, {free:.1f} GB of it unused"
    if total >= MIN_MEMORY_GB:
        return Finding("memory", Status.GOOD, found)
    return Finding("memory", Status.NOTE, found, f"{MIN_MEMORY_GB:.0f} GB are comfortable; use --workers 0")


def _disk(data_root: Path) -> Finding:
    folder = existing_folder(data_root.absolute())
    free = shutil.disk_usage(folder).free / 1e9
    found = f"{free:.1f} GB free for {data_root}"
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return Finding("disk", Status.FAULT, f"{folder} cannot be written to", "name another: --data-dir DIR")
    if free < MIN_DISK_GB:
        return Finding("disk", Status.FAULT, found, f"free {MIN_DISK_GB:.0f} GB, or name another: --data-dir DIR")
    return Finding("disk", Status.GOOD, found)


def _package() -> Finding:
    rooms = ("generate", "pretrain", "sweep", "transfer")
    presets = {room: preset_names(room) for room in rooms}
    found = f"tst-sim {__version__}, presets in {config_folder()}"
    if all(presets.values()):
        return Finding("tst-sim", Status.GOOD, found)
    missing = ", ".join(room for room, names in presets.items() if not names)
    return Finding("tst-sim", Status.FAULT, f"{found}: none for {missing}", REINSTALL)


def _assets() -> Finding:
    remedy = "pip install procthor==0.0.1.dev2"
    try:
        table = asset_table()
    except (UserError, OSError, ValueError, KeyError) as error:
        return Finding("assets", Status.FAULT, str(error), remedy)
    kinds = len({asset.object_type for asset in table.values()})
    found = f"{len(table)} assets of {kinds} types, procthor {importlib.metadata.version('procthor')}"
    return Finding("assets", Status.GOOD, found)


def _try(trial: _Trial) -> Finding:
    """Run a trial's code in a process of its own and read what it found."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", trial.code], capture_output=True, text=True, timeout=CHILD_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return Finding(trial.topic, Status.FAULT, f"no answer within {CHILD_TIMEOUT_S:.0f} s", trial.remedy)
    lines = done.stdout.strip().splitlines()
    if done.returncode == 0 and lines:
        return Finding(trial.topic, Status.GOOD, lines[-1])
    return Finding(trial.topic, Status.FAULT, _last_words(done), trial.remedy)


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode < 0:
        return f"ended by signal {-done.returncode}"
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else f"ended with code {done.returncode}"


def render_one_room() -> str:
    """Render an empty room of 4 x 4 m and check the picture against its geometry; says which driver drew it.

    Raises RuntimeError when the drawn distance is not the room's.
    """
    from tst_sim.backends import open_simulator
    from tst_sim.geometry import Intrinsics, Pose
    from tst_sim.houses import House
    from tst_sim.modalities import RENDERED

    with open_simulator() as simulator:
        simulator.load(House.from_json(_one_room(), name="doctor"))
        pose = Pose(position_m=(2.0, 1.5, 2.0), yaw_deg=0.0, pitch_deg=0.0)
        frame = simulator.render([pose], list(RENDERED.values()), intrinsics=Intrinsics(32, 32))[0]
        distance_m = float(frame["depth"][16, 16])
        about = simulator.describe()
    if abs(distance_m - 2.0) > 0.01:
        raise RuntimeError(f"a wall 2 m away was drawn at {distance_m:.3f} m by {about}")
    return ", ".join(f"{name.removeprefix('gl_').replace('_', ' ')} {value}" for name, value in about.items())


def _one_room() -> dict:
    corners = [(0.0, 0.0), (0.0, 4.0), (4.0, 4.0), (4.0, 0.0)]
    return {
        "metadata": {"schema": "1.0.0"},
        "rooms": [
            {
                "id": "room|2",
                "roomType": "LivingRoom",
                "floorPolygon": [{"x": x, "y": 0.0, "z": z} for x, z in corners],
                "floorMaterial": {"name": "DarkWoodFloors"},
            }
        ],
        "walls": list(_walls(corners)),
        "doors": [],
        "windows": [],
        "objects": [],
        "proceduralParameters": {"lights": [], "ceilingMaterial": {"name": "PureWhite"}, "skyboxId": "Sky1"},
    }


def _walls(corners: list[tuple[float, float]], height_m: float = 2.5) -> Iterator[dict]:
    for (x0, z0), (x1, z1) in zip(corners, [*corners[1:], corners[0]]):
        ends = [(x0, 0.0, z0), (x1, 0.0, z1), (x0, height_m, z0), (x1, height_m, z1)]
        yield {
            "id": f"wall|2|{x0:.2f}|{z0:.2f}|{x1:.2f}|{z1:.2f}",
            "roomId": "room|2",
            "polygon": [{"x": x, "y": y, "z": z} for x, y, z in ends],
            "material": {"name": "PureWhite"},
        }
