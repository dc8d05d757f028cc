"""Actions that bring objects into the scene and put them in their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tst_sim.assets import asset_table
from tst_sim.embedded.actions.dispatch import ActionFailed
from tst_sim.embedded.actions.world import World, point_of, xyz
from tst_sim.placement.body import Body
from tst_sim.placement.spawn import spawn_on
from tst_sim.randomness import rng_for


def spawn_asset(
    world: World, assetId: str, generatedId: str, position: Mapping[str, float] | None = None,
    rotation: Mapping[str, float] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """An asset with the centre of its box at the position; it stays there until an action moves it."""
    if assetId not in asset_table():
        raise ActionFailed(f"No asset with the id {assetId}")
    if generatedId in world.scene:
        raise ActionFailed(f"An object with the id {generatedId} exists already")
    body = Body(generatedId, assetId, point_of(position or {}), point_of(rotation or {}))
    world.scene.put(body)
    world.version += 1
    half = body.hull.half[0]
    return {"id": generatedId, "worldSpaceCenter": xyz(body.position), "radius": float((half @ half) ** 0.5)}


def initial_random_spawn(
    world: World, randomSeed: int = 0, objectIds: list[str] | None = None,
    receptacleObjectIds: list[str] | None = None, forceVisible: bool = False, allowFloor: bool = False,
    allowMoveable: bool = False, numPlacementAttempts: int = 5, placeStationary: bool = True,
) -> None:  # fmt: skip
    """Each object onto a surface of one of the receptacles, tried in the order given.

    Closed receptacles count as well, as they do in AI2-THOR. Of the settings only the seed and the
    two lists matter: objects always end up at rest, and how often a place is tried is fixed.
    """
    named = _named_receptacles(receptacleObjectIds or [])
    receptacles = [world.scene[name] for name in named if name in world.scene]
    for object_id in objectIds or []:
        body = world.body(object_id)
        rng = rng_for(randomSeed, "spawn", object_id)
        for receptacle in receptacles:
            placed = spawn_on(world.scene, body, receptacle, rng)
            if placed is not None:
                world.scene.put(placed)
                break
        else:
            raise ActionFailed(f"No valid positions to spawn {object_id} in the receptacles given")
    world.version += 1


def _named_receptacles(ids: list[str]) -> list[str]:
    """The ids without those that only begin like an earlier one.

    procthor asks for every id that starts with the receptacle's, so `2|1` also brings `2|10`.
    """
    return [
        name
        for name in ids
        if not any(name != other and name.startswith(other) and name[len(other)].isdigit() for other in ids)
    ]


ACTIONS = {"InitialRandomSpawn": initial_random_spawn, "SpawnAsset": spawn_asset}
