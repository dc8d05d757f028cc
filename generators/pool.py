"""House jobs spread over workers: in this process, or as Ray actors here or on a cluster."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from generators.config import GenerateConfig
from generators.plan import HouseJob
from generators.worker import MAX_DEATHS, HouseWorker, Outcome
from tst_sim.cluster.faults import WorkerLost
from tst_sim.cluster.places import Places
from tst_sim.cluster.ray_cluster import Cluster, Say
from tst_sim.cluster.start import running
from tst_sim.errors import UserError

CLOSING_S = 5.0
"""How long idle workers get to close their simulators."""

Check = Callable[[dict[str, str]], None]


def run_in_process(config: GenerateConfig, out: str, tasks: Sequence[HouseJob], check: Check) -> Iterator[Outcome]:
    """One worker after the tasks in order; Ray is not even imported. `check` sees the worker's description first."""
    worker = HouseWorker(config, out)
    try:
        check(worker.describe())
        for task in tasks:
            yield worker.make(task)
    finally:
        worker.close()


def run_with_ray(
    config: GenerateConfig,
    out: str,
    tasks: Sequence[HouseJob],
    check: Check,
    *,
    workers: int,
    worker_class: type[HouseWorker] = HouseWorker,
    say: Say | None = None,
) -> Iterator[Outcome]:
    """Ray actors, one engine each; outcomes come as houses finish, in any order.

    An actor that dies is replaced and its house tried again, `MAX_DEATHS` times at most; when memory ran out, with
    fewer actors at a time, in the end alone. `say` gets a line when something is waited for. Whatever ends this
    generator (Ctrl-C too) ends the actors, and Ray itself if it was started here.
    """
    with running(workers, say=say) as cluster:
        pool = _ActorPool(cluster, worker_class, (config, out), min(workers, len(tasks)))
        try:
            yield from pool.run(tasks, check)
        finally:
            pool.shutdown()


@dataclass(frozen=True)
class _Worker:
    """An actor and its number, which a replacement inherits: GPUs are shared out by it."""

    actor: Any
    number: int


class _ActorPool:
    """The workers, and which of them is busy with what."""

    def __init__(
        self, cluster: Cluster, worker_class: type[HouseWorker], arguments: tuple[Any, ...], size: int
    ) -> None:
        self.cluster, self.arguments = cluster, arguments
        self._actor_class = cluster.remote(worker_class, num_cpus=cluster.cpu_share(size), max_restarts=0)
        self.places = Places(size)
        self.vacant = deque(range(size))
        """Numbers that no actor has."""
        self.starting: dict[Any, _Worker] = {}
        """By the call for their description, which comes when they are ready."""
        self.idle: deque[_Worker] = deque()
        self.busy: dict[Any, tuple[_Worker, HouseJob]] = {}
        self._starts_lost = 0
        self._deaths: Counter[HouseJob] = Counter()

    def run(self, tasks: Sequence[HouseJob], check: Check) -> Iterator[Outcome]:
        """Outcomes as they come; the pool is kept busy until nothing is left.

        `check` sees the first actor's description before any work; actors on other machines write theirs into their
        records.
        """
        waiting, checked = deque(tasks), False
        while waiting or self.busy:
            self._start_workers(len(waiting) + len(self.busy))
            while waiting and self.idle and len(self.busy) < self.places.now:
                worker, task = self.idle.popleft(), waiting.popleft()
                self.busy[worker.actor.make.remote(task)] = (worker, task)
            ready = self.cluster.next([*self.busy, *self.starting], working=bool(self.busy))
            if ready in self.starting:
                description = self._started(ready)
                if description is not None and not checked:
                    check(description)
                    checked = True
            elif ready is not None:
                outcome = self._finished(ready, waiting)
                if outcome is not None:
                    yield outcome

    def _start_workers(self, wanted: int) -> None:
        """Hire and fire, so that there are as many actors as there is work and memory for."""
        most = min(self.places.now, wanted)
        while self.vacant and len(self.starting) + len(self.idle) + len(self.busy) < most:
            number = self.vacant.popleft()
            worker = _Worker(self._actor_class.remote(*self.arguments, gl_threads=1, number=number), number)
            self.starting[worker.actor.describe.remote()] = worker
        while self.idle and len(self.idle) + len(self.busy) > self.places.now:
            worker = self.idle.pop()
            self.cluster.end(worker.actor)
            self.vacant.append(worker.number)

    def _started(self, reference: Any) -> dict[str, str] | None:
        """The description of an actor that is ready now; None when it was lost. UserError when none ever starts."""
        worker = self.starting.pop(reference)
        try:
            description = self.cluster.result(reference)
        except WorkerLost as lost:
            self._replace(worker, lost)
            self._starts_lost += 1
            if self._starts_lost >= MAX_DEATHS and not (self.starting or self.idle or self.busy):
                remedy = "free memory, or lower --workers" if lost.for_memory else "see what tst-sim doctor says"
                raise UserError(f"a worker cannot start: {lost}; {remedy}") from lost
            return None
        self._starts_lost = 0
        self.idle.append(worker)
        return description

    def _finished(self, reference: Any, waiting: deque[HouseJob]) -> Outcome | None:
        """What became of a house; None when it waits again, its worker lost."""
        worker, task = self.busy.pop(reference)
        try:
            outcome = self.cluster.result(reference)
        except WorkerLost as lost:
            self._replace(worker, lost)
            self._deaths[task] += 1
            alone = not self.busy
            if self._deaths[task] < MAX_DEATHS or (lost.for_memory and not alone):
                waiting.appendleft(task)
                return None
            return Outcome(task.index, 0, 0, 0.0, self._death_message(task, lost))
        self.idle.append(worker)
        self.places.succeeded()
        return outcome

    def _death_message(self, task: HouseJob, lost: WorkerLost) -> str:
        died = f"its worker died {self._deaths[task]} times"
        if lost.for_memory:
            return f"{died} of too little memory, the last time working alone ({lost}); free memory, or lower --size"
        return f"{died} ({lost})"

    def _replace(self, worker: _Worker, lost: WorkerLost) -> None:
        self.cluster.end(worker.actor)
        self.vacant.appendleft(worker.number)
        if lost.for_memory:
            self.places.lost_for_memory()

    def shutdown(self) -> None:
        """End every actor: idle ones may clear up, busy ones end at once. Unfinished shards do not exist yet."""
        with suppress(Exception):  # a Ray that is gone takes no calls
            self.cluster.finish([worker.actor.close.remote() for worker in self.idle], CLOSING_S)
        for worker in [*self.idle, *self.starting.values(), *(worker for worker, _ in self.busy.values())]:
            self.cluster.end(worker.actor)
