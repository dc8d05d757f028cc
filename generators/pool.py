"""Tasks spread over workers: in this process, or as Ray actors here or on a cluster."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from generators.config import GenerateConfig
from generators.plan import Task
from generators.worker import MOST_DEATHS, HouseWorker, Outcome
from tst_sim.errors import UserError, one_line

CLOSING_S = 5.0
"""How long idle workers get to close their simulators."""


def run_in_process(
    config: GenerateConfig, out: str, tasks: Sequence[Task], check: Callable[[dict[str, str]], None]
) -> Iterator[Outcome]:
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
    tasks: Sequence[Task],
    check: Callable[[dict[str, str]], None],
    *,
    workers: int,
    worker_class: type[HouseWorker] = HouseWorker,
) -> Iterator[Outcome]:
    """Ray actors, one engine each; outcomes come as houses finish, in any order.

    An actor that dies is replaced and its house tried again, `MOST_DEATHS` times at most. Whatever ends this
    generator (Ctrl-C too) ends the actors, and Ray itself if it was started here.
    """
    with _ray(workers) as ray:
        crew = _Crew(ray, worker_class, (config, out), min(workers, len(tasks)))
        try:
            check(crew.describe())
            yield from crew.run(tasks)
        finally:
            crew.dismiss()


@dataclass(frozen=True)
class _Worker:
    """An actor and its number, which a replacement inherits: GPUs are shared out by it."""

    actor: Any
    number: int


class _Crew:
    """The workers, and which of them is busy with what."""

    def __init__(self, ray: Any, worker_class: type[HouseWorker], arguments: tuple[Any, ...], size: int) -> None:
        self.ray, self.arguments = ray, arguments
        self._actor_class = ray.remote(num_cpus=_cpu_share(ray, size), max_restarts=0)(worker_class)
        self.idle = deque(self._hire(number) for number in range(size))
        self.busy: dict[Any, tuple[_Worker, Task]] = {}

    def _hire(self, number: int) -> _Worker:
        return _Worker(self._actor_class.remote(*self.arguments, gl_threads=1, number=number), number)

    def describe(self) -> dict[str, str]:
        """The first actor's description; actors on other machines write theirs into their records."""
        try:
            return self.ray.get(self.idle[0].actor.describe.remote())
        except self.ray.exceptions.RayTaskError as error:
            raise _cause(error) from error
        except self.ray.exceptions.RayActorError as error:
            raise UserError(f"a worker cannot start: {one_line(error)[:200]}; see what tst-sim doctor says") from error

    def run(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Outcomes as they come; the crew is kept busy until nothing is left."""
        waiting, deaths = deque(tasks), dict.fromkeys((task.index for task in tasks), 0)
        while waiting or self.busy:
            while waiting and self.idle:
                worker, task = self.idle.popleft(), waiting.popleft()
                self.busy[worker.actor.make.remote(task)] = (worker, task)
            ready, _ = self.ray.wait(list(self.busy), num_returns=1, timeout=5.0)
            for reference in ready:
                worker, task = self.busy.pop(reference)
                try:
                    outcome = self.ray.get(reference)
                except self.ray.exceptions.RayTaskError as error:
                    raise _cause(error) from error
                except self.ray.exceptions.RayActorError as error:
                    self.idle.append(self._hire(worker.number))
                    deaths[task.index] += 1
                    if deaths[task.index] < MOST_DEATHS:
                        waiting.appendleft(task)
                        continue
                    outcome = Outcome(
                        task.index, 0, 0, 0.0, f"its worker died {MOST_DEATHS} times ({one_line(error)[:200]})"
                    )
                else:
                    self.idle.append(worker)
                yield outcome

    def dismiss(self) -> None:
        """End every actor: idle ones may clear up, busy ones end at once. Unfinished shards do not exist yet."""
        with suppress(Exception):
            goodbyes = [worker.actor.close.remote() for worker in self.idle]
            self.ray.wait(goodbyes, num_returns=len(goodbyes), timeout=CLOSING_S)
        for worker in [*self.idle, *(worker for worker, _ in self.busy.values())]:
            with suppress(Exception):
                self.ray.kill(worker.actor)


def _cpu_share(ray: Any, size: int) -> float:
    """CPUs to ask for per actor: one, or less when there are fewer CPUs than actors, so that all find a place."""
    cpus = ray.cluster_resources().get("CPU", 1.0)
    return 1.0 if cpus >= size else max(0.01, int(100 * cpus / size) / 100)


@contextmanager
def _ray(workers: int) -> Iterator[Any]:
    """Ray, quiet: the running one, the cluster of RAY_ADDRESS, or one of our own that ends with us."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    if ray.is_initialized():
        yield ray
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if not os.environ.get("RAY_ADDRESS"):
        quiet |= {"address": "local", "num_cpus": workers, "num_gpus": 0, "include_dashboard": False}
    try:
        with _whole():
            _connect(ray, quiet)
        yield ray
    finally:
        with _whole():
            ray.shutdown()


def _connect(ray: Any, options: dict[str, Any]) -> None:
    try:
        ray.init(**options)
    except ConnectionError as error:
        where = os.environ.get("RAY_ADDRESS")
        raise UserError(f"no Ray cluster answers at RAY_ADDRESS={where}; start it, or unset RAY_ADDRESS") from error


@contextmanager
def _whole() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait until the block is done: a Ray that is cut in half leaves processes behind.

    It also keeps our own handlers: Ray puts its own in the place of SIGTERM's.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda number, _: arrived.append(number)) for number in signals}
    try:
        yield
    except SystemExit:  # Ray's own handler of SIGTERM
        arrived.append(signal.SIGTERM)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if arrived:
        raise KeyboardInterrupt


def _cause(error: Any) -> BaseException:
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, UserError) else error
