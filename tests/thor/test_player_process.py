"""Our player as a process: it outlives whatever it is sent, and never its client."""

from __future__ import annotations

import os
import shlex
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
from ai2thor.controller import Controller

import tst_sim.thor

HEADER = struct.Struct("!BI")
PATIENCE_S = 50.0
CLIENT = """
import os, sys, time
from ai2thor.controller import Controller
import tst_sim.thor
controller = Controller(local_executable_path=tst_sim.thor.executable(), x_display=":0", scene="Procedural")
if os.fork() == 0:  # a worker that inherits the pipes, as data loaders do
    time.sleep(60)
    os._exit(0)
print(controller.unity_pid, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DISPLAY", "")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return tmp_path


def wait_until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def is_gone(pid: int) -> bool:
    """Whether the process has ended; one that waits to be collected by its parent has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def start(**settings: Any) -> Controller:
    player = tst_sim.thor.executable()
    return Controller(
        local_executable_path=player, x_display=":0", server_timeout=60, server_start_timeout=60, **settings
    )


class BareClient:
    """Speaks to a player through its pipes by hand, to say what AI2-THOR's client never would."""

    def __init__(self, folder: Path) -> None:
        paths = [folder / "server.pipe", folder / "client.pipe"]
        for path in paths:
            os.mkfifo(path)
        environment = {
            **os.environ,
            "AI2THOR_SERVER_TYPE": "FIFO",
            "AI2THOR_FIFO_SERVER_PIPE_PATH": str(paths[0]),
            "AI2THOR_FIFO_CLIENT_PIPE_PATH": str(paths[1]),
            "AI2THOR_SERVER_SIDE_SCREENSHOT": "False",
        }
        self.process = subprocess.Popen([*shlex.split(tst_sim.thor.executable()), "-batchmode"], env=environment)
        self._in = paths[0].open("rb")
        assert self.receive()["sequenceId"] == 0  # else the player has died, and opens no pipe of ours
        self._out = paths[1].open("wb", buffering=0)

    def receive(self) -> dict[str, Any]:
        metadata = None
        while True:
            kind, length = HEADER.unpack(self._in.read(HEADER.size))
            if kind == 255:
                assert metadata is not None
                return metadata
            metadata = msgpack.loads(self._in.read(length))

    def ask(self, text: bytes, *more: tuple[int, bytes]) -> dict[str, Any]:
        for kind, body in ((2, text), *more):
            self._out.write(HEADER.pack(kind, len(body)) + body)
        self._out.write(HEADER.pack(255, 0))
        return self.receive()

    def leave(self) -> None:
        self._out.close()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[BareClient]:
    client = BareClient(tmp_path)
    yield client
    client.process.kill()
    client.process.wait()


GARBAGE = (
    b"",
    b"{",
    b"\xff\xfe\x00",
    b"[1, 2]",
    b'"MoveAhead"',
    b"null",
    b"[" * 100_000,
    b'{"action": null, "sequenceId": 7}',
    b'{"action": {"action": "Pass"}, "sequenceId": 8}',
    b'{"sequenceId": "nine"}',
    b"{",
    b'{"sequenceId": 1000000000000000000000000000000}',
    b'{"action": "\\ud800", "sequenceId": ' + b"[" * 600 + b"]" * 600 + b"}",
    b'{"action": "MoveAhead", "moveMagnitude": NaN, "sequenceId": 10}',
    b'{"action": "CreateHouse", "house": [], "sequenceId": 11}',
    b'{"action": "Pass", "renderImage": "perhaps", "agentId": {}, "sequenceId": null}',
)


def test_garbage_gets_a_failed_event_each_and_the_player_lives_on(bare: BareClient) -> None:
    for text in GARBAGE:
        (agent,) = bare.ask(text)["agents"]
        assert agent["lastActionSuccess"] is False, text
        assert agent["errorMessage"], text
    answer = bare.ask(b'{"action": "Pass", "sequenceId": 41}', (99, b"a field that nobody knows"))
    assert answer["sequenceId"] == 41
    assert answer["agents"][0]["lastActionSuccess"] is True


def test_the_player_leaves_when_the_client_closes_its_pipe_and_not_at_its_ctrl_c(bare: BareClient) -> None:
    bare.process.send_signal(signal.SIGINT)
    assert bare.ask(b'{"action": "Pass", "sequenceId": 1}')["agents"][0]["lastActionSuccess"] is True
    bare.leave()
    assert bare.process.wait(PATIENCE_S) == 0


def test_the_player_leaves_when_nobody_reads_its_answers(bare: BareClient) -> None:
    bare._in.close()
    bare._out.write(HEADER.pack(2, 2) + b"{}" + HEADER.pack(255, 0))
    assert bare.process.wait(PATIENCE_S) == 0


def test_a_client_killed_with_its_pipes_still_open_elsewhere_leaves_no_player(tmp_path: Path) -> None:
    client = subprocess.Popen([sys.executable, "-c", CLIENT], stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert client.stdout is not None
        player = int(client.stdout.readline())
        assert not is_gone(player)
        client.kill()
        client.wait()
        assert wait_until(lambda: is_gone(player))
    finally:
        os.killpg(client.pid, signal.SIGKILL)


def test_a_player_whose_client_died_before_it_could_look_does_not_wait_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "server.pipe")
    environment = {**os.environ, "AI2THOR_FIFO_SERVER_PIPE_PATH": str(tmp_path / "server.pipe")}
    dying = ["sh", "-c", f"{tst_sim.thor.executable()} >/dev/null 2>&1 & echo $!"]
    client = subprocess.run(dying, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert wait_until(lambda: is_gone(int(client.stdout)))


def test_no_display_is_needed_and_stop_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY")
    controller = Controller(local_executable_path=tst_sim.thor.executable(), scene="Procedural")
    player = controller.unity_pid
    controller.stop()
    assert wait_until(lambda: is_gone(player))


def test_a_player_outlives_the_thread_that_started_it() -> None:
    made: list[Controller] = []
    thread = threading.Thread(target=lambda: made.append(start(scene="Procedural")))
    thread.start()
    thread.join()
    with made[0] as controller:
        time.sleep(0.2)
        assert controller.step("Pass")


def test_a_fault_at_the_start_is_told_to_the_client_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "msgpack.py").write_text("raise ImportError('this msgpack is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ValueError, match="tst-sim's player cannot go on: ImportError: this msgpack is broken"):
        start(scene="Procedural")
    log = (tmp_path / ".ai2thor" / "log" / "unity.log").read_text()
    assert log == "tst-sim's player cannot go on: ImportError: this msgpack is broken\n"


def test_files_in_the_clients_folders_are_not_taken_for_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise ImportError('not the real one')")
    (tmp_path / "tst_sim.py").write_text("raise ImportError('not the real one')")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "tst_sim.py").write_text("raise ImportError('not the real one')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    with start(scene="Procedural") as controller:
        assert controller.step("Pass")


def test_without_opengl_what_wants_images_fails_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TST_SIM_RENDERER", "gl")
    monkeypatch.setenv("TST_SIM_EGL_DEVICE", "99")
    with pytest.raises(RuntimeError, match=r"no off-screen OpenGL 3\.3 through EGL on device 99"):
        start(scene="Procedural")


def test_without_opengl_events_without_images_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TST_SIM_RENDERER", "gl")
    monkeypatch.setenv("TST_SIM_EGL_DEVICE", "99")
    with start(scene="Procedural", headless=True) as controller:
        event = controller.step("RotateRight")
        assert event.metadata["lastActionSuccess"] and event.frame is None


def test_started_by_hand_it_says_what_it_is_for() -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AI2THOR_")}
    done = subprocess.run(shlex.split(tst_sim.thor.executable()), env=clean, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Controller(local_executable_path=...)" in done.stderr
