"""How AI2-THOR's client finds our player: by a command line, or where it keeps the builds that it downloads.

The client looks for `~/.ai2thor/releases/thor-<platform>-<commit>/`, with an executable of the same name and
a `metadata.json` beside it, before it asks the network. Scripts that name no platform mean Linux64, for which the
client wants an X display with GLX; CloudRendering needs none.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tst_sim import __version__
from tst_sim.errors import UserError
from tst_sim.storage import atomic_write, write_json
from tst_sim.thor.player.packs import arguments_for, named_in

LAUNCH = Path(__file__).with_name("launch.py")
MARK = "tst-sim"
"""The key in `metadata.json` that tells our folder from a real build."""
SERVER_TYPES = ("FIFO", "WSGI")
PLATFORMS = ("CloudRendering", "Linux64")


@dataclass(frozen=True)
class Build:
    """A folder where the client looks for a player."""

    folder: Path

    @property
    def executable(self) -> Path:
        """The program that AI2-THOR's client starts."""
        return self.folder / self.folder.name

    @property
    def metadata(self) -> Path:
        """The file that says which servers the build supports."""
        return self.folder / "metadata.json"

    @property
    def files(self) -> tuple[Path, Path]:
        """All that we write there."""
        return self.executable, self.metadata

    def version(self) -> str | None:
        """The version of tst-sim that wrote the folder; None when it is not ours."""
        try:
            found: Any = json.loads(self.metadata.read_text())
        except (OSError, ValueError):
            return None
        return str(found[MARK]) if isinstance(found, dict) and MARK in found else None

    def assets(self) -> list[str]:
        """The packs that our player there draws from before the built-in shapes."""
        try:
            return named_in(shlex.split(self.executable.read_text(), comments=True))
        except (OSError, ValueError):
            return []


def command_line(assets: Sequence[str] = ()) -> str:
    """Interpreter, script and the packs to draw from, quoted as the client splits them. UserError for no such pack."""
    return shlex.join([sys.executable, str(LAUNCH), *arguments_for(assets)])


def executable(assets: Sequence[str] = ()) -> str:
    """What `Controller(local_executable_path=...)` takes; `assets` as in `tst-sim serve --assets`.

    Where this process has no DISPLAY, it gets an empty one, which all programs take for none: the client
    cannot start any player without the variable, though ours looks for no display.
    """
    os.environ.setdefault("DISPLAY", "")
    return command_line(assets)


def releases() -> Path:
    """Where the client keeps builds: in the home folder, whatever the data root."""
    return Path("~/.ai2thor/releases").expanduser()


def build_of(commit: str | None, platform: str = PLATFORMS[0]) -> Build:
    """The build of a commit id, by default the one that the installed client asks for. UserError for no such id."""
    if commit is None:
        from ai2thor.build import COMMIT_ID

        commit = str(COMMIT_ID)
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._-]*", commit):
        raise UserError(f"--commit {commit!r} is no commit id; give the one of the script's Controller(commit_id=...)")
    return Build(releases() / f"thor-{platform}-{commit}")


def install(commit: str | None = None, platform: str = PLATFORMS[0], assets: Sequence[str] = ()) -> Build:
    """Put our player, drawing from these packs, where the client looks; again over itself is fine.

    UserError over a real build, and for no such pack.
    """
    player = command_line(assets)
    build = build_of(commit, platform)
    if build.folder.exists() and build.version() is None:
        raise UserError(
            f"{build.folder} is not ours but a real build of AI2-THOR, and stays untouched; "
            "move it away first, or give another --commit"
        )
    # The metadata come first: should this stop half-way, the folder is known to be ours.
    write_json(build.metadata, {"server_types": list(SERVER_TYPES), MARK: __version__})
    with atomic_write(build.executable) as file:
        file.write(f'#!/bin/sh\nexec {player} "$@"\n'.encode())
    build.executable.chmod(0o755)
    return build


def uninstall(commit: str | None = None, platform: str = PLATFORMS[0]) -> Build:
    """Take our player away again, with its folder. UserError when there is none, or it holds anything else."""
    build = build_of(commit, platform)
    if not build.folder.exists():
        raise UserError(f"{build.folder} does not exist: nothing to uninstall; see: tst-sim serve --status")
    if build.version() is None:
        raise UserError(f"{build.folder} is not ours but a real build of AI2-THOR, and stays untouched")
    strange = sorted(path.name for path in build.folder.iterdir() if path not in build.files)
    if strange:
        raise UserError(f"{build.folder} also holds {', '.join(strange)}, which we did not write; remove it by hand")
    shutil.rmtree(build.folder)
    build.folder.with_name(f"{build.folder.name}.lock").unlink(missing_ok=True)
    return build


def installed() -> list[Build]:
    """All builds that the client has, real ones too."""
    found = (folder for platform in PLATFORMS for folder in releases().glob(f"thor-{platform}-*"))
    return [Build(folder) for folder in sorted(found) if folder.is_dir()]


def missing_library() -> str | None:
    """What the client will miss on this machine before it starts a CloudRendering player; None when nothing."""
    if find_library("vulkan") is not None:
        return None
    return (
        "AI2-THOR's client refuses CloudRendering where there is no Vulkan library, though our player needs none; "
        "on Debian or Ubuntu: apt install libvulkan1"
    )
