"""One Ray for all of these: where it lives and listens, what is said when it is full or a worker is killed."""

from __future__ import annotations

import os
import signal
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ray import cloudpickle

from generators.config import GenerateConfig
from generators.generate import generate
from tests.cluster.ray_processes import descendants, listening, soon
from tests.conftest import DATA
from training.sweep.steps import Step, run_steps
from tst_sim.cluster.ray_cluster import NOTICE_S, Cluster
from tst_sim.cluster.start import running

SMALL = GenerateConfig(source=str(DATA), frames=2, eval_frames=0, width=64, height=64, light="none")
LONG = "scratch/project-0123456789/user-abcdefghij/slurm_jobdir/1234567/tmp.node0016"
NOTICE_WITHIN_S = 10.5
cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture(scope="module", autouse=True)
def bare() -> Iterator[None]:
    """No Ray is named and no token given, as with most users."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RAY_ADDRESS", "RAY_AUTH_TOKEN", "RAY_AUTH_MODE", "RAY_TMPDIR"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A Ray of one CPU, started where TMPDIR is long and HOME cannot be written."""
    long = tmp_path_factory.mktemp("long") / LONG
    long.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(long))
        patch.setenv("HOME", "/proc")
        with running(1) as cluster:
            yield cluster
    assert soon(lambda: not servers(), seconds=60.0), f"no server is left behind: {servers()}"


def servers() -> list[str]:
    """Command lines of Ray's servers; a worker that was just starting ends by itself once it finds none."""
    return [line for line in descendants().values() if "raylet/raylet " in line or "gcs/gcs_server " in line]


def room() -> tuple[str, str]:
    """A task: the token it has, and the folder its Ray lives in."""
    import ray

    return os.environ["RAY_AUTH_TOKEN"], ray.get_runtime_context().get_temp_dir()


def hold(until: Path) -> None:
    """A task that keeps its CPU until a file is there."""
    while not until.exists():
        time.sleep(0.1)


def result(cluster: Cluster, reference: Any) -> Any:
    while cluster.next([reference], working=True) is None:
        pass
    return cluster.result(reference)


def verb(settings: Mapping[str, Any], inputs: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """A step that dies with its process when told to."""
    if settings.get("dies"):
        os.kill(os.getpid(), signal.SIGKILL)
    return {"value": settings["value"]}


def test_a_ray_of_our_own_listens_on_this_machine_alone_and_keeps_its_token_to_itself(cluster):
    token, folder = result(cluster, cluster.remote(room, num_cpus=0).remote())
    assert listening() == {"127.0.0.1"}
    assert len(token) == 64 and stat.S_IMODE(os.stat(Path(folder).parent).st_mode) == 0o700
    assert not any(token in command for command in descendants().values()), "others may read command lines"


def test_a_cluster_without_a_free_cpu_is_named_within_ten_seconds_and_used_once_there_is_one(cluster, tmp_path):
    free, began, said = tmp_path / "free", [], []
    cluster.remote(hold, num_cpus=1).remote(free)

    def waiting(line: str) -> None:
        said.append((time.monotonic() - began[0], line))
        free.touch()

    summary = generate(
        SMALL,
        (0,),
        tmp_path / "corpus",
        workers=1,
        on_start=lambda start: began.append(time.monotonic()),
        on_wait=waiting,
    )
    ((after_s, line),) = said
    assert line == "waiting for a worker: 0 of 1 CPUs of this process's Ray cluster are free"
    assert NOTICE_S <= after_s < NOTICE_WITHIN_S
    assert (summary.houses, summary.frames) == (1, 2)


def test_a_step_whose_worker_is_killed_fails_in_one_line_and_the_others_go_on(cluster, tmp_path):
    steps = [Step("mortal", "verb", {"value": 1, "dies": True}), Step("other", "verb", {"value": 2})]
    reports = {report.step.name: report for report in run_steps(steps, {"verb": verb}, tmp_path, workers=1)}
    assert (reports["mortal"].status, reports["other"].status) == ("failed", "done")
    assert reports["mortal"].message == (
        "its worker died 3 times (its process ended suddenly: killed, crashed, or out of memory)"
    )


def test_a_run_inside_a_task_of_ray_uses_the_cluster_it_is_part_of(cluster, tmp_path):
    def inside() -> int:
        return generate(SMALL, (0,), tmp_path / "corpus", workers=1).frames

    assert result(cluster, cluster.remote(inside, num_cpus=1).remote()) == 2
