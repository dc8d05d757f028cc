"""Our player draws from asset packs: pictures show them, every event names them, a wrong one is told in a line."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from ai2thor.controller import Controller
from ai2thor.fifo_server import FifoServer
from ai2thor.wsgi_server import WsgiServer
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

import tst_sim.thor
from tests.thor.two_rooms_client import HOUSE, TELEVISION
from tst_sim.backends import open_simulator
from tst_sim.cli.main import main
from tst_sim.errors import UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import RENDERED
from tst_sim.packs.selection import open_packs
from tst_sim.thor.player.packs import arguments_for, named_in

SERVERS = {"FIFO": FifoServer, "WSGI": WsgiServer}
SIDE = 160


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder, its name with a blank and a comma, in which the house's television is a pink block."""
    folder = tmp_path_factory.mktemp("models") / "my models, pink"
    folder.mkdir()
    block = trimesh.creation.box((1, 1, 1))
    block.visual = TextureVisuals(material=PBRMaterial(name="pink", baseColorFactor=[230, 10, 120, 255]))
    (folder / "block.glb").write_bytes(trimesh.Scene(block).export(file_type="glb"))
    (folder / "assets.csv").write_text("file,for,licence,author\nblock.glb,Television_1,CC0,Ann\n")
    return f"gltf:{folder}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("HOME", str(folder))
        patch.setenv("DISPLAY", "")
        patch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        yield folder


def start(player: str, **settings: Any) -> Controller:
    sized = {"width": SIDE, "height": SIDE, "scene": HOUSE, "renderInstanceSegmentation": True, **settings}
    return Controller(local_executable_path=player, x_display=":0", server_timeout=60, server_start_timeout=60, **sized)


def before_the_television(controller: Controller) -> Any:
    place = {"position": {"x": 6.2, "y": 0.9, "z": 3.0}, "rotation": {"x": 0, "y": 0, "z": 0}, "horizon": 0}
    return controller.step(action="TeleportFull", standing=True, forceAction=True, raise_for_failure=True, **place)


@pytest.mark.parametrize("server", sorted(SERVERS))
def test_the_player_draws_what_the_engine_draws_from_the_pack_and_says_so(server: str, pack: str, home: Path) -> None:
    with start(tst_sim.thor.executable([pack]), server_class=SERVERS[server]) as controller:
        event = before_the_television(controller)
    eye, agent = event.metadata["cameraPosition"], event.metadata["agent"]
    pose = Pose((eye["x"], eye["y"], eye["z"]), agent["rotation"]["y"], agent["cameraHorizon"])
    with open_simulator(assets=[pack]) as engine:
        engine.load(House.from_json(HOUSE, name="two-rooms-000000"))
        facts = engine.describe()
        (frame,) = engine.render([pose], [RENDERED["rgb"]], intrinsics=Intrinsics(SIDE, SIDE, event.metadata["fov"]))
    on_screen = event.instance_masks[TELEVISION]
    red, green, blue = event.frame[on_screen].mean(axis=0)
    assert on_screen.sum() > 500
    assert red > 1.3 * blue > 2 * green
    assert np.abs(event.frame.astype(int) - frame["rgb"]).mean() < 3
    mark = event.metadata["tstSim"]
    assert mark["assets"] == facts["assets"] == ", ".join(open_packs([pack]).identities())
    assert mark["engine_version"] == facts["engine_version"] and mark["renderer"] == facts["renderer"]


def test_the_pack_stays_when_the_light_changes_and_is_named_without_pictures(pack: str, home: Path) -> None:
    player = tst_sim.thor.executable(["builtin", pack])
    with start(player, light="none") as controller:
        event = before_the_television(controller)
        red, green, _ = event.frame[event.instance_masks[TELEVISION]].mean(axis=0)
        assert red > 2 * green
    with start(player, headless=True) as controller:
        assert controller.step("Pass").metadata["tstSim"]["assets"].endswith(", builtin")


def test_a_pack_that_is_gone_is_told_to_the_client_in_words(tmp_path: Path, home: Path) -> None:
    player = tst_sim.thor.executable([f"gltf:{tmp_path / 'gone'}"])
    with pytest.raises(ValueError, match=r"player cannot go on: UserError: .*gone has no assets\.csv"):
        start(player)


def test_an_unknown_pack_is_refused_in_one_line_and_nothing_is_installed(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for verb in ([], ["--install"]):
        for names, reason in (("sweethome", "did you mean 'sweethome3d'"), (f"gltf:{tmp_path}", "has no assets.csv")):
            assert main(["serve", *verb, "--assets", names]) == 2
            said = capsys.readouterr()
            assert said.err.count("\n") == 1 and reason in said.err
            assert said.out == ""
    assert not list((home / ".ai2thor" / "releases").glob("thor-*"))
    with pytest.raises(UserError, match="unknown asset pack 'ikea'"):
        tst_sim.thor.executable(["ikea"])


def test_serve_prints_the_command_line_with_the_packs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "glb").mkdir()
    (tmp_path / "glb" / "assets.csv").write_text("file,for,licence\nblock.glb,Television_1,CC0\n")
    (tmp_path / "glb" / "block.glb").write_bytes(trimesh.Scene(trimesh.creation.box((1, 1, 1))).export(file_type="glb"))
    monkeypatch.chdir(tmp_path)
    assert main(["serve", "--assets", "gltf:glb,builtin"]) == 0
    said = capsys.readouterr()
    assert said.out == tst_sim.thor.executable(["gltf:glb"]) + "\n"
    assert shlex.split(said.out)[-2:] == ["--assets", f"gltf:{tmp_path / 'glb'}"]
    assert f"executable(assets=['gltf:{tmp_path / 'glb'}', 'builtin'])" in said.err
    assert main(["serve", "--assets", "builtin"]) == 0
    assert capsys.readouterr().out == tst_sim.thor.executable() + "\n"
    assert main(["serve", "--status", "--assets", "gltf:glb"]) == 2


def test_an_installed_player_keeps_its_packs_and_status_names_them(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "assets.csv").write_text("file,for,licence\nblock.glb,Television_1,CC0\n")
    (tmp_path / "block.glb").write_bytes(trimesh.Scene(trimesh.creation.box((1, 1, 1))).export(file_type="glb"))
    assert main(["serve", "--install", "--commit", "abc", "--assets", f"gltf:{tmp_path}"]) == 0
    build = home / ".ai2thor" / "releases" / "thor-CloudRendering-abc"
    words = shlex.split((build / build.name).read_text(), comments=True)
    assert named_in(words) == [f"gltf:{tmp_path}"] and words[-1] == "$@"
    assert main(["serve", "--status"]) == 0
    assert f", drawing from gltf:{tmp_path}\n" in capsys.readouterr().out
    assert main(["serve", "--install", "--commit", "abc"]) == 0
    assert named_in(shlex.split((build / build.name).read_text(), comments=True)) == []
    assert main(["serve", "--uninstall", "--commit", "abc"]) == 0


def test_packs_survive_the_command_line_whatever_their_names_hold() -> None:
    folder = os.path.join(os.sep, "a, b", "it's --assets")
    words = arguments_for([f"gltf:{folder}", "builtin", "sweethome3d"])
    assert words == ["--assets", f"gltf:{folder}", "--assets", "sweethome3d"]
    assert named_in([*shlex.split(shlex.join(words)), "-batchmode", "-screen-width", "300"]) == [words[1], words[3]]
    assert arguments_for([]) == arguments_for(["builtin"]) == []
