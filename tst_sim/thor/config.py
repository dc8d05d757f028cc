"""Settings of driving AI2-THOR: which player, how it is started, how long it may take.

Light on purpose: the command line imports it to show defaults.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal

from tst_sim.errors import UserError, check_within

OWN_PLAYER = "tst-sim"
"""The value of `executable` that means our own player over the embedded engine."""


@dataclass(frozen=True, kw_only=True)
class ThorConfig:
    """How AI2-THOR's player is started and spoken to; the bytes of a corpus depend on `identity()` alone."""

    executable: str | None = None
    """None: AI2's own build, downloaded by the client; `tst-sim`: our player; else the command of another one."""
    platform: Literal["CloudRendering", "Linux64"] = "CloudRendering"
    """Of AI2's own build: without a display by Vulkan, or with X and GLX."""
    commit_id: str | None = None
    """Of AI2's own build; None: that of the installed `ai2thor`."""
    x_display: str | None = None
    """X display for Linux64 and other executables, `:0` for instance; None: that of the environment."""
    gpus: tuple[int, ...] = ()
    """GPUs (our player: EGL devices): worker k takes number k modulo their count; empty: the player's choice."""
    cameras: int = 8
    """Third-party cameras, so views for one step; see benchmarks/thor.py."""
    start_timeout_s: float = 120.0
    step_timeout_s: float = 60.0
    """A player that does not answer for so long is killed and started anew."""
    unknown_labels: Literal["refuse", "background"] = "refuse"
    """What becomes of a house that shows colors which belong to nothing in its table."""

    def __post_init__(self) -> None:
        for name, low, high in (("cameras", 1, 64), ("start_timeout_s", 1, 3600), ("step_timeout_s", 1, 3600)):
            check_within(f"thor.{name}", getattr(self, name), low, high)
        if any(gpu < 0 for gpu in self.gpus):
            raise UserError(f"thor.gpus {list(self.gpus)} must be numbers from 0 on")
        if self.executable is not None and not self.executable.strip():
            raise UserError(f"thor.executable is empty; give a path, {OWN_PLAYER}, or null for AI2's own build")
        if self.executable is not None and os.path.isfile(os.path.expanduser(self.executable)):
            object.__setattr__(self, "executable", os.path.abspath(os.path.expanduser(self.executable)))

    @property
    def own_player(self) -> bool:
        """Whether the player is ours rather than Unity."""
        return self.executable == OWN_PLAYER

    def identity(self) -> dict[str, Any]:
        """What pictures depend on, free of paths; who the player is comes from itself, see `describe()`."""
        kind = "build" if self.executable is None else OWN_PLAYER if self.own_player else "executable"
        build = {"platform": self.platform, "commit_id": self.commit_id} if self.executable is None else {}
        return {"player": kind, **build, "unknown_labels": self.unknown_labels}
