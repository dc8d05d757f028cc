"""AI2-THOR at both ends: its client drives a player (`simulator`), or starts ours (`player`)."""

from __future__ import annotations


def executable() -> str:
    """What `Controller(local_executable_path=...)` takes to run on the embedded engine, without Unity."""
    from tst_sim.thor.player.installation import executable as player

    return player()
