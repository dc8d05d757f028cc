"""AI2-THOR's own controller, with a log and pipes of its own and a player that does not outlive it.

This module imports `ai2thor` at its top; nothing imports it before a player is wanted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ai2thor.controller import Controller

from tst_sim.errors import UserError
from tst_sim.thor import launcher

PLAYER_LOG = "player.log"


class PlayerController(Controller):
    """`ai2thor.controller.Controller` and nothing less; what differs is how the player's process is started."""

    def __init__(
        self, *, adopt: Callable[[PlayerController], None], folder: str, own_player: bool, **options: Any
    ) -> None:
        """`options` are AI2-THOR's; the player's log and pipes lie in `folder`: the client's log is everyone's.

        `adopt` gets this object before anything is started: constructing it can hang, and someone must look after it.
        """
        self._folder, self._own_player = folder, own_player
        self.server: Any = None
        adopt(self)
        super().__init__(**options)

    @property
    def log_dir(self) -> str:
        """Where the player writes its log."""
        return self._folder

    def _build_server(self, *arguments: Any, **options: Any) -> None:
        super()._build_server(*arguments, **options)
        if self.server.server_type != "FIFO":
            raise UserError("this build of AI2-THOR cannot talk by pipes (FIFO); take a newer one: thor.commit_id")
        self.server.tmp_dir.cleanup()
        self.server.server_pipe_path = os.path.join(self._folder, "server.pipe")
        self.server.client_pipe_path = os.path.join(self._folder, "client.pipe")

    def unity_command(self, width: int, height: int, headless: bool) -> list[str]:
        """AI2-THOR's command by way of our launcher. Our player takes no GPU number, Unity's a place for its log."""
        if self._own_player:
            self.gpu_device = None
        command = super().unity_command(width, height, headless)
        if not self._own_player:
            command += ["-logFile", os.path.join(self._folder, PLAYER_LOG)]
        return [sys.executable, "-I", "-S", str(Path(launcher.__file__)), str(os.getpid()), *command]
