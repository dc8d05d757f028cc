"""What runs on Ray stands on: places by memory, CPUs by limits, folders by length, one line of what Ray says."""

from __future__ import annotations

import os
import stat
from collections import Counter
from typing import Any

import pytest

from generators.config import GenerateConfig
from generators.plan import HouseJob
from generators.pool import _ActorPool
from generators.worker import HouseWorker, Outcome
from tests.conftest import DATA
from tst_sim.cluster import cgroups, cpus
from tst_sim.cluster.address import host_and_port
from tst_sim.cluster.faults import WorkerLost, shortened
from tst_sim.cluster.folders import MAX_SOCKET_PATH, SOCKET_IN_FOLDER, object_folder, private_folder
from tst_sim.cluster.places import CALM, Places
from tst_sim.errors import UserError

SMALL = GenerateConfig(source=str(DATA), frames=2, eval_frames=0, width=64, height=64, light="none")


def test_places_are_halved_when_memory_runs_out_and_come_back_one_by_one():
    places = Places(8)
    seen = []
    for _ in range(4):
        places.lost_for_memory()
        seen.append(places.now)
    assert seen == [4, 2, 1, 1]
    for _ in range(CALM + 2 * CALM):
        places.succeeded()
    assert places.now == 3
    for _ in range(1000):
        places.succeeded()
    assert places.now == 8


class Narrow:
    """A cluster in this process in which so many houses at a time have room, and some have none at all.

    Ray's memory monitor cannot be told whom to end; here a call that finds no room is lost as it would be.
    """

    def __init__(self, room: int, hopeless: tuple[int, ...] = ()) -> None:
        self.room, self.hopeless = room, hopeless
        self.crowd: list[HouseJob] = []
        self.most = 0

    def cpu_share(self, size: int) -> float:
        return 1.0

    def remote(self, worker_class: type, **options: Any) -> Any:
        return _Remote(self)

    def next(self, references: list[Any], *, working: bool) -> Any:
        self.crowd = [task for name, task in references if name == "make"]
        self.most = max(self.most, len(self.crowd))
        return next((call for call in references if call[0] == "describe"), references[0])

    def result(self, reference: Any) -> Any:
        name, task = reference
        if name == "describe":
            return {"simulator": "none"}
        if task.index in self.hopeless or len(self.crowd) > self.room:
            raise WorkerLost("Ray ended it as memory ran out", for_memory=True)
        return Outcome(task.index, 2, 1, 0.1)

    def end(self, actor: Any) -> None: ...

    def finish(self, references: Any, seconds: float) -> None: ...


class _Remote:
    """An actor class, its actors and their methods, for `Narrow`."""

    def __init__(self, cluster: Narrow) -> None:
        self.make, self.describe, self.close = _Call("make"), _Call("describe"), _Call("close")

    def remote(self, *arguments: Any, **options: Any) -> _Remote:
        return _Remote(None)  # pyright: ignore[reportArgumentType]


class _Call:
    def __init__(self, name: str) -> None:
        self.name = name

    def remote(self, task: Any = None) -> tuple[str, Any]:
        return (self.name, task if task is not None else object())


def worked_through(cluster: Narrow, houses: int, workers: int) -> dict[int, Outcome]:
    pool = _ActorPool(cluster, HouseWorker, (SMALL, "out"), workers)  # pyright: ignore[reportArgumentType]
    tasks = [HouseJob(index, ("pretrain",)) for index in range(houses)]
    outcomes = list(pool.run(tasks, lambda description: None))
    assert sorted(outcome.index for outcome in outcomes) == list(range(houses)), "each once, none lost"
    return {outcome.index: outcome for outcome in outcomes}


@pytest.mark.parametrize("room", [1, 2, 5])
def test_houses_that_do_not_fit_side_by_side_are_all_made_with_fewer_at_a_time(room):
    cluster = Narrow(room)
    outcomes = worked_through(cluster, houses=40, workers=8)
    assert cluster.most == 8
    assert [outcome.fault for outcome in outcomes.values()] == [None] * 40


def test_a_house_for_which_memory_is_too_small_even_alone_is_quarantined_and_the_others_are_made():
    outcomes = worked_through(Narrow(room=3, hopeless=(1,)), houses=12, workers=4)
    assert Counter(outcome.fault is None for outcome in outcomes.values()) == {True: 11, False: 1}
    fault = outcomes[1].fault or ""
    assert fault.startswith("its worker died 3 times of too little memory, the last time working alone")
    assert "lower --size" in fault


def test_slurm_and_cgroups_limit_the_cpus_that_are_used_by_default(tmp_path, monkeypatch):
    for name in cpus.SLURM_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(64)))
    monkeypatch.setattr(cpus, "cpu_share", lambda: None)
    assert cpus.usable_cpus() == 64
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", "12")
    assert cpus.usable_cpus() == 12
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "6")
    assert cpus.usable_cpus() == 6
    monkeypatch.setattr(cpus, "cpu_share", lambda: 2.5)
    assert cpus.usable_cpus() == 2
    monkeypatch.setattr(cpus, "cpu_share", lambda: 0.3)
    assert cpus.usable_cpus() == 1
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "many")
    assert cpus.usable_cpus() == 1


@pytest.mark.parametrize(
    ("listed", "files", "fraction"),
    [
        ("0::/slurm/job_1", {"slurm/cpu.max": "400000 100000", "slurm/job_1/cpu.max": "max 100000"}, 4.0),
        ("0::/slurm/job_1", {"slurm/cpu.max": "400000 100000", "slurm/job_1/cpu.max": "150000 100000"}, 1.5),
        ("0::/not/in/this/container", {"cpu.max": "50000 100000"}, 0.5),
        ("0::/", {"cpu.max": "max 100000"}, None),
        ("4:cpu,cpuacct:/box", {"cpu/box/cpu.cfs_quota_us": "300000", "cpu/box/cpu.cfs_period_us": "100000"}, 3.0),
        ("4:cpu,cpuacct:/box", {"cpu/box/cpu.cfs_quota_us": "-1", "cpu/box/cpu.cfs_period_us": "100000"}, None),
    ],
)
def test_the_least_share_of_a_cgroup_and_those_above_it_counts(tmp_path, listed, files, fraction):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    (tmp_path / "own").write_text(f"{listed}\n")
    assert cgroups.cpu_share(tmp_path, tmp_path / "own") == fraction


@pytest.mark.parametrize(
    ("listed", "counter"),
    [("0::/job/step", "job/memory.events"), ("9:memory:/job/step", "memory/job/memory.oom_control")],
)
def test_whom_the_kernel_ended_for_memory_in_a_jobs_cgroup_is_counted(tmp_path, listed, counter):
    (tmp_path / counter).parent.mkdir(parents=True)
    (tmp_path / counter).write_text("oom 7\noom_kill 3\noom_kill_disable 0\n")
    (tmp_path / "own").write_text(f"{listed}\n")
    assert cgroups.memory_kills(tmp_path, tmp_path / "own") == 3
    (tmp_path / counter).unlink()
    assert cgroups.memory_kills(tmp_path, tmp_path / "own") == 0


def test_rays_folder_is_short_and_closed_to_others_wherever_tmpdir_points(tmp_path):
    long = tmp_path / ("x" * 100)
    long.mkdir()
    for given in (
        {"TMPDIR": str(long)},
        {"TMPDIR": "/proc"},
        {"RAY_TMPDIR": "relative"},
        {"RAY_TMPDIR": "/missing"},
    ):
        folder = private_folder(given)
        assert len(f"{folder}{SOCKET_IN_FOLDER}") <= MAX_SOCKET_PATH
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        folder.rmdir()


def test_without_any_folder_for_sockets_each_is_named_with_what_is_wrong_with_it(monkeypatch):
    monkeypatch.setattr("tst_sim.cluster.folders.MAX_FOLDER", 3)
    with pytest.raises(UserError, match=r"/tmp \(longer than 3 bytes\).*RAY_TMPDIR, or work without Ray: --workers 0$"):
        private_folder({"TMPDIR": "/tmp"})


def test_shared_memory_that_is_too_small_or_closed_is_left_alone(tmp_path):
    assert object_folder(1, tmp_path, shared=tmp_path) is None
    assert object_folder(1 << 60, tmp_path, shared=tmp_path) == str(tmp_path)
    assert object_folder(1, tmp_path, shared=tmp_path / "missing") == str(tmp_path)


def test_addresses_are_taken_apart():
    assert host_and_port("head:6379") == ("head", 6379)
    assert host_and_port("ray://10.0.0.1:10001") == ("10.0.0.1", 10001)
    assert host_and_port("[fd00::1]:6379") == ("fd00::1", 6379)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "\x1b[36mf()\x1b[39m\nTraceback (most recent call last):\n  File x\nImportError: no module 'm'",
            "ImportError: no module 'm'",
        ),
        ("The actor died.\nThe actor is dead because its node has died. Node Id: 5", "its node has died"),
        (
            "The actor is dead because its worker process has died. Worker exit type: SYSTEM_ERROR Worker exit: x",
            "its process ended suddenly: killed, crashed, or out of memory",
        ),
        ("one\n  two", "one two"),
    ],
)
def test_what_ray_says_becomes_one_line(said, line):
    assert shortened(said) == line
