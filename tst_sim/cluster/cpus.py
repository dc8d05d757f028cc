"""The number of CPUs that this process may use: fewer than the machine has in containers and batch jobs."""

from __future__ import annotations

import os
import re

from tst_sim.cluster.cgroups import cpu_share

SLURM_VARIABLES = ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE")
"""The first that is set counts: the second is set in every job, the first where a task was given several CPUs."""


def usable_cpus() -> int:
    """The least of: the CPUs this process may run on, its cgroup's share of time, what SLURM gave the task.

    At least 1. SLURM does not always bind a task to its CPUs, and a container's limit is one of time: both leave the
    affinity whole.
    """
    limits: list[float] = [len(os.sched_getaffinity(0))]
    granted = next((os.environ[name] for name in SLURM_VARIABLES if os.environ.get(name)), "")
    if re.fullmatch(r"\d{1,6}", granted):
        limits.append(int(granted))
    fraction = cpu_share()
    if fraction is not None:
        limits.append(fraction)
    return max(1, int(min(limits)))
