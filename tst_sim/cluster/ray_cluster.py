"""A running Ray as corpora and sweeps use it: workers, waiting that is never silent, faults in one line."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from tst_sim.cluster.address import VARIABLE, host_and_port, unreachable
from tst_sim.cluster.cgroups import memory_kills
from tst_sim.cluster.faults import ClusterLost, WorkerLost, told_apart

LOOK_S = 2.0
"""How often a wait looks whether Ray is still there."""
NOTICE_S = 6.0
"""So long nothing happens before the user is told what is waited for."""
NEVER = float("-inf")
AGAIN_S = 60.0
"""How often that is repeated."""
MAX_SILENT_LOOKS = 3
"""So often in a row Ray's head may refuse a connection before it counts as gone; Ray itself ends us after 60 s."""
KEPT = "what is finished is kept: run the same command again to go on"

Say = Callable[[str], None]
"""Takes a line for the user."""


class Cluster:
    """Ray: started here, joined by RAY_ADDRESS, or that of the job this process is part of."""

    def __init__(self, ray: Any, address: str | None, *, own: bool, say: Say | None) -> None:
        self._ray, self._address, self._own = ray, address, own
        self._say = say or (lambda line: None)
        context = ray.get_runtime_context()
        self._node = context.get_node_id()
        self._head = host_and_port(context.gcs_address)
        self._silent_looks = 0
        self._kernel_kills = memory_kills()
        self._idle_since, self._told = time.monotonic(), NEVER

    def total(self, resource: str) -> float:
        """How much of `CPU` or `GPU` the cluster has."""
        return float(self._ray.cluster_resources().get(resource, 0.0))

    def cpu_share(self, size: int) -> float:
        """CPUs to ask for per worker: one, or less where there are fewer than workers, so that all find a place."""
        cpus = self.total("CPU")
        return 1.0 if cpus >= size or cpus <= 0 else max(0.01, int(100 * cpus / size) / 100)

    def remote(self, work: Any, **options: Any) -> Any:
        """A function or class whose calls run in workers."""
        return self._ray.remote(**options)(work)

    def wait_for_place(self, **options: Any) -> None:
        """Return when a task of these CPUs and GPUs has run: until then the cluster is full, which is said."""
        reference = self.remote(_nothing, max_retries=-1, **options).remote()
        while self.next([reference], working=False) is None:
            pass

    def next(self, references: Sequence[Any], *, working: bool) -> Any | None:
        """One reference that is ready, or None after a moment. ClusterLost when Ray is gone.

        `working` says whether any of them is known to have a worker; else waiting for one is announced within 10 s.
        """
        ready, _ = self._ray.wait(list(references), num_returns=1, timeout=LOOK_S)
        if ready or working:
            self._idle_since = time.monotonic()
            self._told = NEVER
        if ready:
            return ready[0]
        self._check()
        now = time.monotonic()
        if now - self._idle_since >= NOTICE_S and now - self._told >= AGAIN_S:
            self._announce()
            self._told = now
        return None

    def result(self, reference: Any) -> Any:
        """What the call returned; raises what it raised, WorkerLost, or ClusterLost."""
        try:
            return self._ray.get(reference)
        except Exception as error:
            told = told_apart(error, self._ray)
            if told is error:
                raise
            self._check()
            raise self._by_kernel(told) from error

    def _by_kernel(self, told: BaseException) -> BaseException:
        """A death without a word, when the kernel has ended a process of our own Ray for memory in the meantime."""
        if not isinstance(told, WorkerLost) or told.for_memory or not self._own:
            return told
        kills, self._kernel_kills = memory_kills() - self._kernel_kills, memory_kills()
        words = "the kernel ended it as the memory that this job or container may use ran out"
        return WorkerLost(words, for_memory=True) if kills > 0 else told

    def end(self, actor: Any) -> None:
        """End a worker at once."""
        with suppress(Exception):
            self._ray.kill(actor)

    def finish(self, references: Sequence[Any], seconds: float) -> None:
        """Give calls some time to end; whatever becomes of them."""
        with suppress(Exception):
            self._ray.wait(list(references), num_returns=len(references), timeout=seconds)

    def _announce(self) -> None:
        free = float(self._ray.available_resources().get("CPU", 0.0))
        cpus = self.total("CPU")
        if self._own or free >= 1:
            self._say("waiting for workers to start")
        else:
            self._say(f"waiting for a worker: {free:g} of {cpus:g} CPUs of {self._name()} are free")

    def _name(self) -> str:
        return f"the Ray cluster at {VARIABLE}={self._address}" if self._address else "this process's Ray cluster"

    def _check(self) -> None:
        """ClusterLost when the head does not answer, or this machine's part of the cluster is dead."""
        fault = unreachable(*self._head, seconds=LOOK_S)
        self._silent_looks = self._silent_looks + 1 if fault else 0
        if self._silent_looks >= MAX_SILENT_LOOKS:
            raise ClusterLost(self._lost("its head ended or cannot be reached"))
        if fault:
            time.sleep(LOOK_S)  # asking a head that is gone would block
            return
        if not any(node["Alive"] for node in self._ray.nodes() if node["NodeID"] == self._node):
            raise ClusterLost(self._lost("its server on this machine (raylet) ended"))

    def _lost(self, what: str) -> str:
        if self._own:
            return f"Ray died, {what}: killed, or memory ran out; {KEPT}, with fewer --workers if it was memory"
        return f"{self._name()} is lost, {what}; {KEPT} when it is back"


def _nothing() -> None:
    """A task that only needs a place."""
