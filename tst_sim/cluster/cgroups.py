"""Limits of this process's control groups: CPUs, and kills for lack of memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def cpu_share(root: Path = ROOT, own: Path = OWN) -> float | None:
    """CPUs' worth of time that the group and those above it allow; None when there is no limit."""
    fractions = [_quota_2(folder) for folder in _levels("", root, own)]
    fractions += [_quota_1(folder) for folder in _levels("cpu", root, own)]
    return min((fraction for fraction in fractions if fraction is not None), default=None)


def memory_kills(root: Path = ROOT, own: Path = OWN) -> int:
    """How many processes the kernel has ended so far as this group, or one above it, reached its memory limit."""
    counters = [folder / "memory.events" for folder in _levels("", root, own)]
    counters += [folder / "memory.oom_control" for folder in _levels("memory", root, own)]
    counts = [0]
    for counter in counters:
        try:
            counts += [int(count) for count in re.findall(r"^oom_kill (\d+)$", counter.read_text(), re.MULTILINE)]
        except OSError:
            continue
    return max(counts)


def _levels(controller: str, root: Path, own: Path) -> Iterator[Path]:
    """The folders of this process's group and those above it: of version 2 for "", else of a controller of version 1.

    Inside a container the listed path may be the host's, which is not there; the mount's root is ours then.
    """
    try:
        listed = [line.split(":", 2) for line in own.read_text().splitlines()]
    except OSError:
        return
    for _, controllers, path in listed:
        if controller not in controllers.split(","):
            continue
        for mount in [root / controller, root / controllers, *([root / "unified"] if not controller else [])]:
            here = mount / path.lstrip("/")
            yield from (level for level in (here, *here.parents) if level.is_relative_to(mount))


def _quota_2(folder: Path) -> float | None:
    try:
        quota, period = (folder / "cpu.max").read_text().split()
        return int(quota) / int(period)
    except (OSError, ValueError):  # no such file; "max"
        return None


def _quota_1(folder: Path) -> float | None:
    try:
        quota, period = (int((folder / name).read_text()) for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us"))
    except (OSError, ValueError):
        return None
    return quota / period if quota > 0 and period > 0 else None
