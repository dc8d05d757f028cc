"""AI2-THOR as a simulator: its frames are the embedded engine's, and no player hangs it or is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tst_sim.backends import open_simulator
from tst_sim.classes import CLASS_IDS
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.embedded.simulator import EmbeddedSimulator
from tst_sim.errors import SimulatorDied, UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import RENDERED, Frame
from tst_sim.simulator import Instance
from tst_sim.thor import launcher
from tst_sim.thor.client import Client
from tst_sim.thor.config import OWN_PLAYER, ThorConfig
from tst_sim.thor.house_upgrade import upgraded
from tst_sim.thor.labels import Palette
from tst_sim.thor.player.colors import color_of
from tst_sim.thor.scratch import Scratch
from tst_sim.thor.simulator import ThorSimulator

DATA = Path(__file__).parents[1] / "data"
ODD_PLAYER = f"{sys.executable} {Path(__file__).parent / 'odd_player.py'}"
OURS = ThorConfig(executable=OWN_PLAYER)
ROWS = tuple(RENDERED.values())
LENS = Intrinsics(96, 64, 75.0)
POSES = tuple(
    Pose((x, 1.2, 2.0), yaw, pitch) for x in (1.0, 2.5, 6.0) for yaw, pitch in ((0, 0), (100, 30), (250, -10))
)


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder of its own for the client's files; no GPU and no display named by the environment."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("HOME", str(folder))
        for name in ("CUDA_VISIBLE_DEVICES", "DISPLAY", "http_proxy", "HTTP_PROXY"):
            patch.delenv(name, raising=False)
        yield folder


@pytest.fixture(scope="module")
def thor() -> Iterator[ThorSimulator]:
    """The real client over our player; fewer cameras than poses, so that a render takes several steps."""
    with ThorSimulator(replace(OURS, cameras=4)) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def old_house() -> House:
    """The two rooms as PyPI's procthor writes them."""
    return House.from_json(json.loads((DATA / "two_rooms_0.0.1.json").read_text()), name="old")


def process_of(simulator: ThorSimulator) -> int:
    """The player's process number."""
    client = simulator._client
    assert client is not None
    process = client._process()
    assert process is not None
    return process.pid


def gone(pid: int) -> bool:
    """Whether a process ends and is reaped within seconds."""
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return not Path(f"/proc/{pid}").exists()


def impatient(client: Client | None, pid: int) -> None:
    """Once the player is stopped, a second is enough to wait for it; before, a busy machine may need more."""
    assert client is not None
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.01)
    client._config = replace(client._config, step_timeout_s=1)


def assert_same(ours: list[Frame], theirs: list[Frame]) -> None:
    """Ids identical, depth within 1 mm, normals within 1 degree, colors within 2 grey levels."""
    for a, b in zip(ours, theirs, strict=True):
        assert {name: (image.dtype, image.shape) for name, image in a.items()} == {
            name: (image.dtype, image.shape) for name, image in b.items()
        }
        assert np.array_equal(a["instance"], b["instance"]) and np.array_equal(a["semantic"], b["semantic"])
        assert np.abs(a["depth"] - b["depth"]).max() <= 1e-3
        assert np.abs(a["rgb"].astype(int) - b["rgb"]).max() <= 2
        hit = b["instance"] > 0
        cosines = (a["normal"] * b["normal"]).sum(axis=-1)
        assert np.degrees(np.arccos(np.clip(cosines[hit], -1, 1))).max(initial=0) <= 1
        assert not a["normal"][~hit].any() and np.allclose(np.linalg.norm(a["normal"][hit], axis=-1), 1, atol=1e-6)


@pytest.mark.parametrize("schema", ["0.0.1", "1.0.0"])
def test_frames_table_and_free_space_are_those_of_the_embedded_engine(thor, engine, two_rooms, old_house, schema):
    house = two_rooms if schema == "1.0.0" else old_house
    thor.load(house)
    engine.load(house)
    assert thor.instances() == engine.instances()
    assert np.array_equal(thor.free_space(0.2).positions_m, engine.free_space(0.2).positions_m)
    for lens in (LENS, Intrinsics(48, 48, 90.0), LENS):
        assert_same(thor.render(POSES, ROWS, intrinsics=lens), engine.render(POSES, ROWS, intrinsics=lens))


def test_our_player_draws_in_the_light_it_is_told_and_says_so(two_rooms):
    with (
        ThorSimulator(OURS, light="baked", antialias=False) as simulator,
        EmbeddedSimulator(LiveScene(light="baked"), antialias=False) as engine,
    ):
        simulator.load(two_rooms)
        engine.load(two_rooms)
        assert_same(simulator.render(POSES, ROWS, intrinsics=LENS), engine.render(POSES, ROWS, intrinsics=LENS))
        told, ours = simulator.describe(), engine.describe()
        assert {key: told[f"player_{key}"] for key in ours} == ours


def test_two_players_at_once_do_not_mix_their_frames(thor, engine, two_rooms, old_house):
    with ThorSimulator(OURS) as other:
        thor.load(two_rooms)
        other.load(old_house)
        mine = [thor.render([pose], ROWS, intrinsics=LENS)[0] for pose in POSES[:4]]
        poses = [replace(pose, yaw_deg=pose.yaw_deg + 45) for pose in POSES[:4]]
        theirs = other.render(poses, ROWS, intrinsics=LENS)
        mine += thor.render(POSES[4:], ROWS, intrinsics=LENS)
        pid = process_of(other)
    assert gone(pid)
    engine.load(two_rooms)
    assert_same(mine, engine.render(POSES, ROWS, intrinsics=LENS))
    engine.load(old_house)
    assert_same(theirs, engine.render(poses, ROWS, intrinsics=LENS))


def test_it_says_which_player_draws_and_names_no_path(thor, home):
    facts = thor.describe()
    assert (facts["simulator"], facts["player"], facts["ai2thor"]) == ("thor", "tst-sim", "5.0.0")
    assert facts["player_engine"] and facts["player_renderer"]
    assert not any(str(home) in value or value.startswith("/") for value in facts.values())


def test_a_house_of_the_old_schema_is_the_same_house_in_the_new_one(old_house, two_rooms):
    document = json.loads(json.dumps(upgraded(old_house)))
    again = House.from_json(document, name=old_house.name)
    assert again == replace(old_house, schema="1.0.0")
    assert document["rooms"][0]["floorMaterial"]["name"] == old_house.rooms[0].floor_material.name
    door = document["doors"][0]
    assert len(door["holePolygon"]) == 2 and "boundingBox" not in door and "assetOffset" not in door
    assert upgraded(two_rooms) is two_rooms.document


def test_what_the_player_does_not_know_is_named_and_the_next_house_is_drawn(thor, engine, two_rooms, monkeypatch):
    unknown = replace(two_rooms, document={**two_rooms.document, "objects": [{"id": "x", "assetId": "Spaceship_1"}]})
    with pytest.raises(UserError, match=r"house two_rooms_1.0.0-000000: AI2-THOR refuses CreateHouse: .*Spaceship_1"):
        thor.load(unknown)
    with pytest.raises(UserError, match="no house is loaded"):
        thor.render(POSES[:1], ROWS, intrinsics=LENS)
    thor.load(two_rooms)
    engine.load(two_rooms)
    assert_same(thor.render(POSES[:2], ROWS, intrinsics=LENS), engine.render(POSES[:2], ROWS, intrinsics=LENS))


def test_a_player_that_dies_or_stops_in_mid_work_is_replaced_with_the_next_house(engine, two_rooms):
    engine.load(two_rooms)
    wanted = engine.render(POSES[:1], ROWS, intrinsics=LENS)
    with ThorSimulator(OURS) as simulator:
        for number, words in ((signal.SIGKILL, "was killed by SIGKILL"), (signal.SIGSTOP, "did not answer for 1 s")):
            simulator.load(two_rooms)
            assert_same(simulator.render(POSES[:1], ROWS, intrinsics=LENS), wanted)
            pid = process_of(simulator)
            threading.Timer(0.1, os.kill, (pid, number)).start()
            if number == signal.SIGSTOP:
                impatient(simulator._client, pid)
            with pytest.raises(SimulatorDied, match=f"AI2-THOR's player {words} during "):
                for _ in range(100_000):
                    simulator.render(POSES[:1], ROWS, intrinsics=LENS)
            assert gone(pid), "killed and reaped"
        simulator.load(two_rooms)
        assert_same(simulator.render(POSES[:1], ROWS, intrinsics=LENS), wanted)


def test_a_stopped_player_does_not_block_the_writing_of_a_large_house():
    client = Client(OURS)
    process = client._process()
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    impatient(client, process.pid)
    with pytest.raises(SimulatorDied, match="did not answer for 1 s during CreateHouse"):
        client.step("CreateHouse", house={"id": "x" * 3_000_000})
    assert client.is_closed and gone(process.pid)


def test_a_player_that_dies_of_a_house_leaves_the_end_of_its_log(two_rooms):
    words = "ended with exit code 3 during CreateHouse; the end of its log: the roof fell in"
    config = ThorConfig(executable=f"{ODD_PLAYER} mortal CreateHouse", x_display=":0")
    with ThorSimulator(config) as simulator, pytest.raises(SimulatorDied, match=words):
        simulator.load(two_rooms)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"executable": "/bin/false", "x_display": ":0"}, "player ended with exit code 1 during starting"),
        ({"executable": "/bin/sh -c 'exec sleep 60' x", "x_display": ":0", "start_timeout_s": 1}, "not answer for 1 s"),
        ({"executable": "/no/such/player"}, "/no/such/player does not exist; give its whole path"),
        ({"executable": str(DATA / "two_rooms_1.0.0.json")}, "is not executable; chmod"),
        ({"executable": "/bin/true"}, "no X display for thor.executable /bin/true"),
        ({"platform": "Linux64"}, "Linux64 build cannot run here .*X display"),
        ({"gpus": (0,)}, r"thor.gpus \[0\] needs vulkaninfo and nvidia-smi"),
    ],
)
def test_a_player_that_cannot_start_is_one_line(settings, line, monkeypatch):
    monkeypatch.setattr("tst_sim.thor.requirements.glob", lambda _: [])
    monkeypatch.setattr("ai2thor.platform.Linux64._valid_x_displays", lambda *_: [])
    if "gpus" in settings:
        monkeypatch.setattr("tst_sim.thor.requirements.shutil.which", lambda _: None)
    with pytest.raises(UserError, match=line) as caught:
        open_simulator("thor", thor=ThorConfig(**settings))
    assert "\n" not in str(caught.value)


def test_without_vulkan_or_without_the_build_and_a_network_it_says_so(monkeypatch):
    monkeypatch.setattr("ctypes.util.find_library", lambda _: None)
    with pytest.raises(UserError, match=r"CloudRendering build cannot run here \(Vulkan.*apt install libvulkan1"):
        ThorSimulator()

    def unreachable(*_: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("ctypes.util.find_library", lambda _: "libvulkan.so.1")
    monkeypatch.setattr("socket.create_connection", unreachable)
    with pytest.raises(UserError, match=r"thor-CloudRendering-f0825767.* cannot be downloaded .Network is unreachable"):
        ThorSimulator()


def test_a_busy_port_is_no_matter_as_pipes_are_used(thor):
    assert thor._client is not None
    assert thor._client._open().server.server_type == "FIFO"
    assert all(Path(path).is_fifo() for path in thor._client._pipes())


@pytest.mark.parametrize("settings", [{"cameras": 0}, {"gpus": (-1,)}, {"executable": " "}, {"step_timeout_s": 0}])
def test_settings_out_of_bounds_are_refused(settings):
    with pytest.raises(UserError, match=f"thor.{next(iter(settings))} "):
        ThorConfig(**settings)


def test_the_kernel_kills_a_player_whose_client_is_killed():
    source = (
        "import subprocess, sys, os, time; "
        f"launcher = [sys.executable, '-I', '-S', {launcher.__file__!r}, str(os.getpid())]; "
        "child = subprocess.Popen([*launcher, 'sleep', '60']); "
        "print(child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        while "sleep" not in Path(f"/proc/{child}/cmdline").read_text().split("\0"):
            time.sleep(0.01)
        parent.kill()
    assert gone(child) or Path(f"/proc/{child}/stat").read_text().split()[2] == "Z", "dead, if not yet reaped by init"


def test_what_a_killed_client_left_is_swept_up_and_what_a_living_one_holds_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    source = "from tst_sim.thor.scratch import Scratch; import time; held = Scratch(); "
    source += "print(held.path, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        theirs = Path(other.stdout.readline().strip())
        first = Scratch()
        assert theirs.is_dir() and theirs.parent == tmp_path
        other.kill()
    second = Scratch()
    assert not theirs.exists() and Path(first.path).is_dir()
    for scratch in (first, second):
        scratch.close()
    assert list(tmp_path.iterdir()) == []


def row(number: int, object_id: str, class_name: str = "Wall") -> Instance:
    return Instance(number, object_id, "", class_name, (0, 0, 0), (1, 1, 1))


def test_colors_become_ids_and_strangers_are_counted_by_name():
    palette = Palette([row(1, "wall|1|2"), row(2, "Apple|3", "Apple")], "h")
    image = np.array([[(0, 0, 255), color_of("wall|1|2")], [color_of("Apple|3"), color_of("Ghost|0|0|0")]], np.uint8)
    palette.learn([{"name": "Ghost|0|0|0", "color": color_of("Ghost|0|0|0")}])
    ids, unknown = palette.instances(image)
    assert ids.tolist() == [[0, 1], [2, 0]] and ids.dtype == np.uint16
    assert list(unknown.values()) == [1] and next(iter(unknown)).startswith("Ghost|0|0|0 #")


def test_two_things_of_one_color_are_named():
    seen: dict[tuple[int, int, int], str] = {}
    first = second = ""
    for number in range(30_000):
        second = f"Apple|{number}"
        first = seen.setdefault(color_of(second), second)
        if first != second:
            break
    with pytest.raises(UserError, match=rf"house h: {second} and {first} have one color".replace("|", r"\|")):
        Palette([row(1, first), row(2, second)], "h")


def test_names_of_unity_find_their_row():
    rows = [row(1, "floor|room|2", "Floor"), row(2, "wall|2|0.00|1.50"), row(3, "wall|2|0.00|1.50|9")]
    rows += [row(4, "ceiling|room|2", "Ceiling"), row(5, "ceiling|room|3", "Ceiling"), row(6, "Door|1|2", "Door")]
    palette = Palette(rows, "h")
    names = {"room|2": 1, "room|2|0|0|0": 1, "wall|2|0.00|1.50|0|0|-2": 2, "wall|2|0.00|1.50|9|0": 3, "Door|1|2": 6}
    names |= {"room|3_ceiling|0|2.5|0": 5, "Ceiling|0|2.5|0": 4}
    assert {name: palette.row_of(name) for name in names} == names
    assert palette.row_of("FPSController|0|0.9|0") is None


def test_a_unity_build_is_told_by_its_missing_mark_and_its_depth_put_right(engine, two_rooms):
    config = ThorConfig(executable=f"{ODD_PLAYER} unity", x_display=":0")
    with ThorSimulator(config) as simulator:
        assert simulator.describe()["player"] == "unity"
        simulator.load(two_rooms)
        engine.load(two_rooms)
        found = simulator.render(POSES, ROWS, intrinsics=LENS)
        free, ours = simulator.free_space(0.1), engine.free_space(0.1)
    wanted = [dict(frame) for frame in engine.render(POSES, ROWS, intrinsics=LENS)]
    ceilings = [item.id for item in engine.instances() if item.class_name == "Ceiling"]
    for frame in wanted:  # Unity's ceilings are one thing
        frame["instance"] = np.where(np.isin(frame["instance"], ceilings), ceilings[0], frame["instance"])
    assert any((frame["semantic"] == CLASS_IDS["Ceiling"]).any() for frame in wanted)
    assert_same(found, [{**frame, "instance": frame["instance"].astype(np.uint16)} for frame in wanted])
    assert 0 < len(free.positions_m) <= len(ours.positions_m)
    places = {tuple(place) for place in ours.positions_m.tolist()}
    assert places.issuperset(tuple(place) for place in free.positions_m.tolist())


def test_what_is_in_no_table_is_refused_by_name_or_taken_for_background(two_rooms):
    config = ThorConfig(executable=f"{ODD_PLAYER} stranger", x_display=":0")
    up = [Pose((2.0, 1.2, 2.0), 0.0, -60.0)]
    with ThorSimulator(config) as simulator:
        simulator.load(two_rooms)
        with pytest.raises(UserError, match=r"shows 1 things that are not in its table: Roof\|0\|2.5\|0 #.* pixels"):
            simulator.render(up, ROWS, intrinsics=LENS)
        simulator._config = replace(config, unknown_labels="background")
        (frame,) = simulator.render(up, ROWS, intrinsics=LENS)
    roof = frame["instance"] == 0
    assert roof.any() and not frame["depth"][roof].any() and not frame["semantic"][roof].any()
