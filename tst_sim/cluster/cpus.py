"""How many CPUs this process may use: fewer than the machine has, in containers and batch jobs."""

from __future__ import annotations

import os
import re
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
SLURM_CPUS = "SLURM_CPUS_PER_TASK"


def usable_cpus() -> int:
    """The least of: the CPUs this process may run on, its cgroup's share of time, what SLURM gave the task.

    At least 1. SLURM does not always bind a task to its CPUs, and a container's limit is one of time: both leave the
    affinity whole.
    """
    limits: list[float] = [len(os.sched_getaffinity(0))]
    granted = os.environ.get(SLURM_CPUS, "")
    if re.fullmatch(r"\d{1,6}", granted):
        limits.append(int(granted))
    share = _cgroup_share()
    if share is not None:
        limits.append(share)
    return max(1, int(min(limits)))


def _cgroup_share(root: Path = CGROUPS, own: Path = Path("/proc/self/cgroup")) -> float | None:
    """CPUs' worth of time that the cgroup and those above it allow; None when there is no limit."""
    try:
        paths = [line.split(":", 2) for line in own.read_text().splitlines()]
    except OSError:
        return None
    shares = []
    for _, controllers, path in paths:
        if controllers == "":
            folders, read = [root, root / "unified"], _version_2
        elif "cpu" in controllers.split(","):
            folders, read = [root / "cpu", root / controllers], _version_1
        else:
            continue
        for folder in folders:
            here = folder / path.lstrip("/")
            # Inside a container the path may be the host's, which is not there; the mount's root is ours then.
            shares += [read(level) for level in (here, *here.parents) if level.is_relative_to(folder)]
    return min((share for share in shares if share is not None), default=None)


def _version_2(folder: Path) -> float | None:
    try:
        quota, period = (folder / "cpu.max").read_text().split()
        return int(quota) / int(period)
    except (OSError, ValueError):  # no such file; "max"
        return None


def _version_1(folder: Path) -> float | None:
    try:
        quota, period = (int((folder / name).read_text()) for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us"))
    except (OSError, ValueError):
        return None
    return quota / period if quota > 0 and period > 0 else None
