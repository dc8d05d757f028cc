"""Starting Ray, or joining it: the only place where that is done."""

from __future__ import annotations

import logging
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from tst_sim.cluster.address import VARIABLE, asked_for, check
from tst_sim.cluster.faults import shortened
from tst_sim.cluster.folders import INSIDE, object_folder, private_folder, processes_of, reason_in_logs
from tst_sim.cluster.interrupts import uninterrupted
from tst_sim.cluster.lean import lean_start
from tst_sim.cluster.ray_cluster import Cluster, Say
from tst_sim.cluster.surroundings import QUIET, environment, private_access, quiet
from tst_sim.errors import UserError

OBJECT_STORE_BYTES = 128 * 2**20
"""Corpora and results go through files; what goes through Ray is a few kB a task."""
TRIES = 3
"""Ray gives its own servers 30 s to start, which a crowded machine does not always manage."""
QUIET_OPTIONS: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}


@contextmanager
def running(workers: int, *, gpus: bool = False, say: Say | None = None) -> Iterator[Cluster]:
    """Ray: the one this process is in, the cluster of RAY_ADDRESS, or one of our own that ends with the block.

    One of our own has `workers` CPUs, no GPUs unless `gpus` (then this machine's), listens on 127.0.0.1 alone, has a
    token of its own, and needs neither HOME nor TMPDIR. UserError when Ray cannot be started or joined.
    """
    with environment(QUIET):
        import ray

        if ray.is_initialized():
            with quiet():
                yield Cluster(ray, None, own=False, say=say)
            return
        address = asked_for()
        with quiet(), _joined(ray, address) if address else _started(ray, workers, gpus, say):
            yield Cluster(ray, address, own=address is None, say=say)


@contextmanager
def _joined(ray: Any, address: str) -> Iterator[None]:
    check(address)
    try:
        with uninterrupted():
            try:
                ray.init(**QUIET_OPTIONS)
            except Exception as error:
                raise UserError(f"{VARIABLE}={address}: the cluster cannot be joined: {shortened(error)}") from error
        yield
    finally:
        with uninterrupted():
            ray.shutdown()


@contextmanager
def _started(ray: Any, workers: int, gpus: bool, say: Say | None) -> Iterator[None]:
    # A job's variables would make ours part of it.
    inherited = (VARIABLE, "RAY_JOB_CONFIG_JSON_ENV_VAR", "RAY_AUTH_TOKEN_PATH")
    with environment(private_access(), without=inherited), ExitStack() as leaving:
        for left in reversed(range(TRIES)):
            folder = private_folder()
            leaving.callback(_end, ray, folder)
            fault = _fault_of_start(ray, folder, workers, gpus)
            if not fault:
                break
            if not left or "timed out" not in fault.lower():
                raise UserError(
                    f"Ray cannot start on this machine: {shortened(fault)}; see `ulimit -a` and what memory is free, "
                    "or work without Ray: --workers 0"
                )
            leaving.close()
            if say:
                say("Ray did not start in time on this busy machine; trying again")
        yield


def _fault_of_start(ray: Any, folder: Path, workers: int, gpus: bool) -> str:
    """Start Ray in a folder; why it did not, empty when it did."""
    options = QUIET_OPTIONS | {
        "address": "local",
        "num_cpus": workers,
        "include_dashboard": False,
        "object_store_memory": OBJECT_STORE_BYTES,
        "_temp_dir": str(folder / INSIDE),
        "_plasma_directory": object_folder(OBJECT_STORE_BYTES, folder),
    }
    with uninterrupted():
        try:
            with lean_start():
                ray.init(**(options if gpus else options | {"num_gpus": 0}))
        except Exception as error:
            return reason_in_logs(folder) or str(error) or type(error).__name__
    return ""


def _end(ray: Any, folder: Path) -> None:
    """End Ray, also what one that did not start or died has left behind, and take its folder away."""
    with uninterrupted():
        ray.shutdown()
        for process in processes_of(folder):
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
