"""AI2-THOR at both ends: its client drives a player (`simulator`), or starts ours (`player`)."""

from __future__ import annotations

from collections.abc import Sequence


def executable(assets: Sequence[str] = ()) -> str:
    """What `Controller(local_executable_path=...)` takes to run on the embedded engine, without Unity.

    `assets` names the packs to draw from, as in `open_simulator`. UserError for an unknown one.
    """
    from tst_sim.thor.player.installation import executable as player

    return player(assets)
