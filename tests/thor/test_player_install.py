"""Our player where AI2-THOR's client looks for one, and how it is told by path."""

from __future__ import annotations

import ctypes.util
import json
import os
import runpy
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from ai2thor.build import COMMIT_ID

import tst_sim.thor
from tst_sim import __version__
from tst_sim.cli.main import main

DATA = Path(__file__).parents[1] / "data"
NAME = f"thor-CloudRendering-{COMMIT_ID}"

SCRIPT = """
import json, sys
from ai2thor.controller import Controller
from ai2thor.platform import CloudRendering

house = json.load(open(sys.argv[1]))
controller = Controller(scene=house, platform=CloudRendering, width=300, height=300)
event = controller.step(action="RotateRight")
print(event.metadata["lastActionSuccess"], event.metadata["agent"]["rotation"]["y"], event.frame.shape)
controller.stop()
"""
"""A user's script that names the platform and no player."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return tmp_path


def serve(*options: str) -> int:
    return main(["serve", *options])


def test_install_writes_what_the_client_looks_for_and_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve("--install") == 0
    folder = home / ".ai2thor" / "releases" / NAME
    assert sorted(path.name for path in folder.iterdir()) == ["metadata.json", NAME]
    assert os.access(folder / NAME, os.X_OK)
    assert json.loads((folder / "metadata.json").read_text()) == {
        "server_types": ["FIFO", "WSGI"],
        "tst-sim": __version__,
    }
    said = capsys.readouterr().err
    assert f"wrote {folder / NAME}\n" in said
    assert f"wrote {folder / 'metadata.json'}\n" in said


def test_installing_twice_is_the_same_as_once(home: Path) -> None:
    assert serve("--install") == serve("--install") == 0
    assert len(list((home / ".ai2thor" / "releases").rglob("*"))) == 3


def test_uninstall_leaves_nothing_behind(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    serve("--install")
    (home / ".ai2thor" / "releases" / f"{NAME}.lock").touch()
    assert serve("--uninstall") == 0
    assert list((home / ".ai2thor" / "releases").iterdir()) == []
    assert f"removed {home / '.ai2thor' / 'releases' / NAME}\n" in capsys.readouterr().err
    assert serve("--uninstall") == 2
    assert "nothing to uninstall" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["--install", "--uninstall"])
def test_a_real_build_stays_untouched(home: Path, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / ".ai2thor" / "releases" / NAME
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(b"\x7fELF")
    (folder / "metadata.json").write_text('{"server_types": ["FIFO"]}')
    assert serve(verb) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert (folder / NAME).read_bytes() == b"\x7fELF"
    assert (folder / "metadata.json").read_text() == '{"server_types": ["FIFO"]}'


def test_uninstall_keeps_a_folder_in_which_others_have_put_things(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serve("--install")
    (home / ".ai2thor" / "releases" / NAME / "notes.txt").write_text("mine")
    assert serve("--uninstall") == 2
    assert "notes.txt" in capsys.readouterr().err
    assert (home / ".ai2thor" / "releases" / NAME / "notes.txt").read_text() == "mine"


def test_another_build_id_gets_a_folder_of_its_own_and_no_path_is_taken_for_one(home: Path) -> None:
    assert serve("--install", "--commit", "abc123") == 0
    assert (home / ".ai2thor" / "releases" / "thor-CloudRendering-abc123" / "thor-CloudRendering-abc123").exists()
    assert serve("--install", "--commit", "../abc") == 2
    assert serve("--commit", "abc123") == 2


def test_scripts_that_name_no_platform_find_the_player_too(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve("--install", "--platform", "Linux64") == 0
    name = f"thor-Linux64-{COMMIT_ID}"
    assert os.access(home / ".ai2thor" / "releases" / name / name, os.X_OK)
    assert serve("--status") == 0
    assert capsys.readouterr().out.rstrip().endswith(f"{name}: the player of tst-sim {__version__}")
    assert serve("--uninstall") == 2
    assert serve("--uninstall", "--platform", "Linux64") == 0
    assert serve("--platform", "Linux64") == 2


def test_status_tells_our_player_from_a_real_build(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    serve("--status")
    assert capsys.readouterr().out.startswith("no build in ")
    serve("--install")
    (home / ".ai2thor" / "releases" / "thor-CloudRendering-real").mkdir()
    serve("--status")
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith(f"{COMMIT_ID}: the player of tst-sim {__version__}")
    assert second.endswith("thor-CloudRendering-real: a real build")


def test_serve_alone_prints_the_command_line_for_the_client(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISPLAY", "")
    assert serve() == 0
    assert capsys.readouterr().out == tst_sim.thor.executable() + "\n"


def test_a_display_that_is_there_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":1.0")
    tst_sim.thor.executable()
    assert os.environ["DISPLAY"] == ":1.0"


def test_a_path_with_blanks_survives_the_clients_splitting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", "")
    monkeypatch.setattr(sys, "executable", "/opt/my python/bin/python3")
    interpreter, script = shlex.split(tst_sim.thor.executable() + " -batchmode")[:2]
    assert interpreter == "/opt/my python/bin/python3"
    assert Path(script).name == "launch.py"


def test_a_missing_vulkan_library_is_named_with_its_package(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tst_sim.thor.player import installation

    monkeypatch.setattr(installation, "find_library", lambda name: None)
    serve("--install")
    assert "apt install libvulkan1" in capsys.readouterr().err


def test_a_script_that_names_only_the_platform_runs(home: Path, tmp_path: Path) -> None:
    serve("--install")
    script = tmp_path / "user_script.py"
    script.write_text(SCRIPT)
    house = str(DATA / "two_rooms_1.0.0.json")
    done = subprocess.run(_command(script, house), capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert done.stdout == "True 90.0 (300, 300, 3)\n", done.stderr


def _command(script: Path, *arguments: str) -> Sequence[str]:
    """The script in a process of its own; where this machine has no Vulkan library, the client is told of one."""
    if ctypes.util.find_library("vulkan") is not None:
        return [sys.executable, str(script), *arguments]
    return [sys.executable, __file__, str(script), *arguments]


if __name__ == "__main__":
    found = ctypes.util.find_library
    ctypes.util.find_library = lambda name: "libvulkan.so.1" if name == "vulkan" else found(name)
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
