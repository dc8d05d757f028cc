"""Actions about third-party cameras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tst_sim.embedded.actions.dispatch import ActionFailed
from tst_sim.embedded.actions.world import World, point_of
from tst_sim.embedded.view import View


def add_third_party_camera(
    world: World, position: Mapping[str, float], rotation: Mapping[str, float], fieldOfView: float = 90.0,
    **settings: Any,
) -> None:  # fmt: skip
    """One more camera; it gets the next id."""
    if not 0 < fieldOfView < 180:
        raise ActionFailed(f"fov must be in (0, 180), got {fieldOfView:g}")
    world.cameras += (View(point_of(position), point_of(rotation), float(fieldOfView)),)


ACTIONS = {"AddThirdPartyCamera": add_third_party_camera}
