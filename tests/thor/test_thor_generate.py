"""Corpora through AI2-THOR: the frames of the embedded engine, the same bytes however often a player is killed."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generators.config import GenerateConfig
from generators.generate import Summary, generate
from generators.plan import make_plan
from generators.worker import HouseWorker
from tst_sim.cli.main import main
from tst_sim.cluster.start import running
from tst_sim.corpus import FRAME_SETS, MANIFEST, Shard, shard_path
from tst_sim.modalities import RENDERED
from tst_sim.storage import file_sha256
from tst_sim.thor.config import OWN_PLAYER, ThorConfig
from tst_sim.thor.requirements import controller_options

DATA = Path(__file__).parents[1] / "data"
ODD_PLAYER = f"{sys.executable} {Path(__file__).parent / 'odd_player.py'}"
CONFIG = GenerateConfig(
    source=str(DATA),
    frames=8,
    eval_frames=4,
    width=64,
    height=64,
    simulator="thor",
    thor=ThorConfig(executable=OWN_PLAYER),
)
OPTIONS = ["--source", str(DATA), "--frames", "8", "--eval-frames", "4", "--size", "64", "--simulator", "thor"]
OPTIONS += ["--set", "thor.executable=tst-sim"]
GRACE_S = 120


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder of its own for the client's files, by which its players are known."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("HOME", str(folder))
        patch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        yield folder
    assert soon(lambda: not players(folder)), "no player is left behind"


@pytest.fixture(scope="module")
def undisturbed(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """The corpus of the two committed houses, made in this process; not to be changed."""
    return generate(CONFIG, None, tmp_path_factory.mktemp("thor") / "corpus")


@pytest.fixture(scope="module")
def ray_here(home: Path) -> Iterator[None]:
    """One Ray for the tests that want actors: starting it costs more than what they do."""
    with running(2):
        yield


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same corpus by the embedded engine."""
    config = replace(CONFIG, simulator="embedded")
    return generate(config, None, tmp_path_factory.mktemp("embedded") / "corpus").folder


def players(home: Path) -> list[int]:
    """Process numbers of the living players that were started with this home folder."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            environment = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"HOME={home}".encode() in environment and any(word.endswith(b"player/launch.py") for word in words[:3]):
            found.append(int(process.name))
    return sorted(found)


def soon(condition: Callable[[], bool]) -> bool:
    """Whether something becomes true before patience ends."""
    deadline = time.monotonic() + GRACE_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def digests(folder: Path) -> dict[str, str]:
    """sha256 of every file of a corpus, hidden ones included."""
    return {str(path.relative_to(folder)): file_sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()}


class Killer(threading.Thread):
    """Waits for one moment after the other and kills a player at each."""

    def __init__(self, home: Path, moments: Sequence[Callable[[], bool]]) -> None:
        super().__init__(daemon=True)
        self._home, self._moments = home, moments
        self.killed: list[int] = []
        self.start()

    def run(self) -> None:
        for moment in self._moments:
            if soon(lambda moment=moment: moment() and bool(self._fresh())):
                self.killed.append(self._fresh()[0])
                os.kill(self.killed[-1], signal.SIGKILL)

    def _fresh(self) -> list[int]:
        return [pid for pid in players(self._home) if pid not in self.killed]


def test_the_corpus_is_that_of_the_embedded_engine_pose_by_pose(undisturbed, embedded):
    levels = {"rgb": 2, "depth": 1, "normal": 2, "instance": 0, "semantic": 0}
    names = sorted(path.name for path in (embedded / "pretrain").glob("*.tar"))
    assert len(names) == 2
    for frame_set in FRAME_SETS:
        for name in names:
            ours = Shard(shard_path(undisturbed.folder, frame_set, name.removesuffix(".tar")))
            theirs = Shard(shard_path(embedded, frame_set, name.removesuffix(".tar")))
            assert ours.keys == theirs.keys and len(ours.keys) == (8 if frame_set == "pretrain" else 4)
            for key in ours.keys:
                assert ours.metadata(key) == theirs.metadata(key)
                for modality, most in levels.items():
                    row = RENDERED[modality]
                    difference = ours.stored(key, row).astype(int) - theirs.stored(key, row)
                    assert np.abs(difference).max() <= most, (key, modality)


def test_the_manifest_says_that_ai2thor_and_which_player_drew_it(undisturbed, embedded):
    manifest = json.loads((undisturbed.folder / MANIFEST).read_text())
    (maker,) = manifest["made_by"]
    assert (maker["simulator"], maker["player"], maker["ai2thor"]) == ("thor", "tst-sim", "5.0.0")
    assert manifest["config"]["thor"] == {"player": "tst-sim", "unknown_labels": "refuse"}
    assert sys.prefix not in json.dumps(manifest) and str(DATA) not in json.dumps(manifest), "no paths"
    other = json.loads((embedded / MANIFEST).read_text())
    assert "thor" not in other["config"], "what another simulator is set to has no say"
    assert [house["digest"] for house in manifest["houses"]] == [house["digest"] for house in other["houses"]]
    assert [house["coverage"] for house in manifest["houses"]] == [house["coverage"] for house in other["houses"]]


def test_where_the_player_lies_and_how_long_it_may_take_make_no_other_corpus():
    elsewhere = replace(CONFIG.thor, cameras=3, step_timeout_s=5.0, gpus=(0, 1), x_display=":7")
    assert make_plan(replace(CONFIG, thor=elsewhere), None).settings() == make_plan(CONFIG, None).settings()
    builds = [replace(CONFIG, thor=ThorConfig(commit_id=commit)) for commit in (None, "abc")]
    assert len({make_plan(config, None).default_folder(None) for config in (*builds, CONFIG)}) == 3


def test_players_killed_under_two_ray_actors_leave_no_trace_in_the_bytes(undisturbed, home, ray_here, tmp_path):
    out = tmp_path / "corpus"
    moments = (lambda: True, lambda: any(out.rglob(".*.partial")), lambda: any(out.rglob("pretrain/*.tar")))
    killer = Killer(home, moments)
    assert generate(CONFIG, None, out, workers=2).quarantined == ()
    killer.join(GRACE_S)
    assert len(killer.killed) == 3
    assert digests(out) == digests(undisturbed.folder)
    assert soon(lambda: not players(home)), "no player is left behind"


def test_a_killed_worker_takes_its_player_with_it(home, tmp_path):
    command = [sys.executable, "-m", "tst_sim", "generate", *OPTIONS, "--houses", "2", "--workers", "0"]
    with subprocess.Popen([*command, "--out", str(tmp_path / "out")], stderr=subprocess.DEVNULL) as worker:
        assert soon(lambda: bool(players(home)))
        worker.kill()
    assert soon(lambda: not players(home))


def test_a_house_that_kills_every_player_is_given_up_and_the_others_are_made(tmp_path, capsys):
    document: dict[str, Any] = json.loads((DATA / "two_rooms_1.0.0.json").read_text())
    (tmp_path / "houses").mkdir()
    for name, sky in (("a", document["proceduralParameters"]["skyboxId"]), ("b", "DoomSky")):
        parameters = {**document["proceduralParameters"], "skyboxId": sky}
        (tmp_path / "houses" / f"{name}.json").write_text(json.dumps({**document, "proceduralParameters": parameters}))
    options = ["--source", str(tmp_path / "houses"), "--frames", "2", "--eval-frames", "1", "--size", "32"]
    options += [
        "--simulator",
        "thor",
        "--set",
        f"thor.executable={ODD_PLAYER} mortal DoomSky",
        "--set",
        "thor.x_display=:0",
    ]
    assert main(["generate", *options, "--houses", "2", "--workers", "0", "--out", str(tmp_path / "out")]) == 3
    said = " ".join(capsys.readouterr().err.split())
    assert "quarantined: house 1 (files-train-000001): its simulator died 3 times" in said
    assert "ended with exit code 3 during CreateHouse; the end of its log: the roof fell in" in said
    assert len(list((tmp_path / "out").rglob("*.tar"))) == 2


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_player_that_cannot_start_ends_the_run_in_one_line(workers, ray_here, tmp_path, capsys):
    options = ["--source", str(DATA), "--simulator", "thor", "--set", "thor.executable=/bin/false"]
    options += ["--set", "thor.x_display=:0"]
    assert main(["generate", *options, "--houses", "2", "--workers", workers, "--out", str(tmp_path / "out")]) == 2
    announcement, *waiting, line = capsys.readouterr().err.splitlines()
    assert announcement.startswith("2 houses, ")
    assert all("waiting for" in word or "trying again" in word for word in waiting)  # a crowded machine's Ray
    assert line.startswith("tst-sim: error: AI2-THOR's player ended with exit code 1 during starting")
    assert not (tmp_path / "out").exists()


def test_the_path_of_a_player_may_hold_blanks_and_a_command_arguments(tmp_path):
    path = tmp_path / "my players" / "thor"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    options = controller_options(ThorConfig(executable=str(path), x_display=":0"), 0)
    assert shlex.split(options["local_executable_path"]) == [str(path)]
    options = controller_options(ThorConfig(executable="/bin/sh -c x", x_display=":0"), 0)
    assert shlex.split(options["local_executable_path"]) == ["/bin/sh", "-c", "x"]


def test_workers_share_out_the_gpus_in_turn(monkeypatch, tmp_path):
    monkeypatch.setattr("tst_sim.thor.requirements.shutil.which", lambda name: f"/bin/{name}")
    config = ThorConfig(executable="/bin/true", x_display=":0", gpus=(3, 5))
    assert [controller_options(config, number)["gpu_device"] for number in range(4)] == [3, 5, 3, 5]
    ours = [controller_options(ThorConfig(executable=OWN_PLAYER, gpus=(0, 1)), number) for number in range(3)]
    assert [options["local_executable_path"].split()[:2] for options in ours] == [
        ["env", f"TST_SIM_EGL_DEVICE={device}"] for device in (0, 1, 0)
    ]
    workers = [HouseWorker(CONFIG, str(tmp_path), number=number) for number in range(2)]
    assert [worker._number for worker in workers] == [0, 1]
