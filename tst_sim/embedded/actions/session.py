"""Actions about the session itself: settings, resets, filters, doing nothing."""

from __future__ import annotations

from typing import Any

from tst_sim.embedded.actions.world import World


def pass_(world: World) -> None:
    """Nothing happens."""


def reset(world: World, sceneName: str = "Procedural") -> None:
    """An empty scene; settings that Initialize made go back to their defaults, the resolution stays."""
    world.__dict__.update(World(settings=world.settings).__dict__)


def initialize(world: World, **settings: Any) -> dict[str, float]:
    """Accepts every setting; the camera planes are all that is answered."""
    return {"cameraNearPlane": 0.1, "cameraFarPlane": 20.0}


def set_random_seed(world: World, seed: int) -> None:
    """Nothing here draws without a seed of its own, so there is nothing to set."""


def set_object_filter(world: World, objectIds: list[str]) -> None:
    """Only these objects appear in the metadata from now on."""
    world.filter = frozenset(objectIds)


def reset_object_filter(world: World) -> None:
    """All objects appear in the metadata again."""
    world.filter = None


ACTIONS = {
    "Done": pass_,
    "Initialize": initialize,
    "Pass": pass_,
    "Reset": reset,
    "ResetObjectFilter": reset_object_filter,
    "SetObjectFilter": set_object_filter,
    "SetRandomSeed": set_random_seed,
}
