"""Runs a graph of steps: each one once, resumable, in process or through Ray.

A step is a verb (a plain function handed in by the front door) with settings and the steps it
needs. Its identity is the fingerprint of its settings and of what it needs; its folder carries
that fingerprint, and a step is finished when its `step.json` exists there. A killed sweep that is
started again goes on where it stopped; a changed setting makes new steps beside the old ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.stored import STEP_RESULTS, read_stored
from tst_sim.cluster.faults import ClusterLost, WorkerLost
from tst_sim.cluster.places import Places
from tst_sim.cluster.ray_cluster import Cluster, Say
from tst_sim.cluster.start import running
from tst_sim.config import fingerprint
from tst_sim.errors import UserError, one_line
from tst_sim.owners import wait_until_free
from tst_sim.storage import make_folder, write_json

STEP_FILE = "step.json"
STEP_FORMAT = 1
MAX_DEATHS = 3
"""So often the worker of a step may die before the step has failed."""
ENDING_S = 60.0
"""A worker of a sweep that was killed ends with it, but may need so long; nobody else works in a sweep's steps."""

Verb = Callable[[Mapping[str, Any], Mapping[str, Any], Path], Mapping[str, Any]]
"""`verb(settings, {role: result of the needed step}, folder) -> result`, all JSON values."""


@dataclass(frozen=True)
class Step:
    """One thing to do."""

    name: str
    """For people and for the folder's name, e.g. `pretrain-mm-house3-seed0`."""
    verb: str
    settings: Mapping[str, Any]
    needs: Mapping[str, Step] = field(default_factory=dict)
    """By the role they play for the verb, e.g. `{"run": ..., "corpus": ...}`."""
    exclusive: bool = False
    """Runs in the driving process while nothing else does: it brings its own parallelism."""

    @property
    def digest(self) -> str:
        """Fingerprint of the settings and, through them, of everything it needs."""
        needed = {role: step.digest for role, step in self.needs.items()}
        return fingerprint([STEP_FORMAT, self.verb, dict(self.settings), needed])

    def folder(self, root: Path) -> Path:
        """Where the step's run or result lies, below the sweep's folder."""
        return root / "steps" / f"{self.name}-{self.digest}"


@dataclass(frozen=True)
class StepReport:
    """What became of one step."""

    step: Step
    status: str
    """`done`, `kept` (finished earlier), `failed` or `skipped` (needs one that failed)."""
    done: int
    total: int
    message: str = ""


OnStep = Callable[[StepReport], None]


def in_order(steps: Sequence[Step]) -> list[Step]:
    """All steps and what they need, each once, needed ones first, otherwise as given."""
    ordered: dict[str, Step] = {}

    def add(step: Step) -> None:
        for needed in step.needs.values():
            add(needed)
        ordered.setdefault(step.digest, step)

    for step in steps:
        add(step)
    return list(ordered.values())


def finished_result(step: Step, root: Path) -> dict[str, Any] | None:
    """The result of a finished step; None for one to be done (again), also where the record of it is damaged."""
    shape = {"digest": str, "result": STEP_RESULTS.get(step.verb, dict)}
    try:
        stored = read_stored(step.folder(root) / STEP_FILE, shape, what="the result of a sweep's step")
    except UserError:
        return None
    return stored["result"] if stored["digest"] == step.digest else None


def run_steps(
    steps: Sequence[Step],
    verbs: Mapping[str, Verb],
    root: Path,
    *,
    workers: int = 0,
    on_step: OnStep | None = None,
    on_wait: Say | None = None,
) -> list[StepReport]:
    """Do what is not done yet; a failed step stops only what needs it.

    `workers=0` runs in this process without Ray; otherwise that many steps run at a time in Ray
    tasks of one CPU each (a running cluster is used when RAY_ADDRESS names one; the folder must
    then be shared). Results do not depend on `workers`. `on_wait` gets a line when Ray keeps the sweep waiting.
    """
    state = _State(in_order(steps), root, on_step or (lambda report: None))
    state.keep_finished()
    with running(workers, gpus=True, say=on_wait) if workers and state.open else nullcontext() as cluster:
        while exclusive := [step for step in state.ready() if step.exclusive]:
            _run_in_process(state, verbs, exclusive)
        if cluster and state.open:
            _drain(state, verbs, workers, cluster)
        while batch := list(state.ready()):
            _run_in_process(state, verbs, batch)
    return state.reports


def perform(verb: Verb, step: Step, inputs: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Run one step and record it; the record is written last."""
    wait_until_free(folder, seconds=ENDING_S)
    make_folder(folder)
    result = dict(verb(dict(step.settings), inputs, folder))
    write_json(
        folder / STEP_FILE,
        {
            "name": step.name,
            "verb": step.verb,
            "settings": dict(step.settings),
            "digest": step.digest,
            "result": result,
        },
    )
    return result


class _State:
    """Which steps are open, done or lost."""

    def __init__(self, steps: Sequence[Step], root: Path, on_step: OnStep) -> None:
        self.open = {step.digest: step for step in steps}
        self.total = len(steps)
        self.root = root
        self.results: dict[str, Mapping[str, Any]] = {}
        self.lost: set[str] = set()
        self.reports: list[StepReport] = []
        self._on_step = on_step

    def keep_finished(self) -> None:
        for step in list(self.open.values()):
            result = finished_result(step, self.root)
            if result is not None:
                self.close(step, "kept", result)

    def ready(self) -> Iterator[Step]:
        """Open steps whose needs are done."""
        for step in list(self.open.values()):
            if all(needed.digest in self.results for needed in step.needs.values()):
                yield step

    def inputs(self, step: Step) -> dict[str, Mapping[str, Any]]:
        return {role: self.results[needed.digest] for role, needed in step.needs.items()}

    def close(self, step: Step, status: str, result: Mapping[str, Any] | None = None, message: str = "") -> None:
        del self.open[step.digest]
        if result is None:
            self.lost.add(step.digest)
        else:
            self.results[step.digest] = result
        report = StepReport(step, status, self.total - len(self.open), self.total, message)
        self.reports.append(report)
        self._on_step(report)
        if status == "failed":
            self._skip_dependents()

    def _skip_dependents(self) -> None:
        for step in list(self.open.values()):
            lost = [needed.name for needed in step.needs.values() if needed.digest in self.lost]
            if lost:
                self.close(step, "skipped", message=f"needs {lost[0]}, which failed")


def _failure(error: BaseException) -> str:
    text = one_line(error)[:400] or type(error).__name__
    return text if isinstance(error, UserError) else f"{type(error).__name__}: {text}"


def _run_in_process(state: _State, verbs: Mapping[str, Verb], steps: Sequence[Step]) -> None:
    for step in steps:
        try:
            result = perform(verbs[step.verb], step, state.inputs(step), step.folder(state.root))
        except Exception as error:  # a step may fail in any way; the others go on
            state.close(step, "failed", message=_failure(error))
        else:
            state.close(step, "done", result)


def _drain(state: _State, verbs: Mapping[str, Verb], workers: int, cluster: Cluster) -> None:
    """Keep up to `workers` steps running until none is left; fewer while memory is short.

    A step whose worker died is tried again: it goes on where it was, as its verb does.
    """
    gpus = min(1.0, cluster.total("GPU") / workers)
    cpus = cluster.cpu_share(workers)
    cluster.wait_for_place(num_cpus=cpus, num_gpus=gpus)
    remote = cluster.remote(perform, num_cpus=cpus, num_gpus=gpus, max_retries=0)
    places, deaths, busy = Places(workers), Counter[str](), dict[Any, Step]()
    while True:
        for step in state.ready():
            if len(busy) < places.now and all(step.digest != other.digest for other in busy.values()):
                folder = step.folder(state.root).absolute()
                busy[remote.remote(verbs[step.verb], step, state.inputs(step), folder)] = step
        if not busy:
            return
        reference = cluster.next(list(busy), working=True)
        if reference is None:
            continue
        step = busy.pop(reference)
        try:
            result = cluster.result(reference)
        except ClusterLost:
            raise
        except WorkerLost as lost:
            deaths[step.digest] += 1
            if lost.for_memory:
                places.lost_for_memory()
            if deaths[step.digest] >= MAX_DEATHS and not (lost.for_memory and busy):
                state.close(step, "failed", message=f"its worker died {deaths[step.digest]} times ({lost})")
        except Exception as error:  # a step may fail in any way; the others go on
            state.close(step, "failed", message=_failure(error))
        else:
            places.succeeded()
            state.close(step, "done", result)
