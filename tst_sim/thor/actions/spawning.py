"""Actions that bring objects into the scene and put them in their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tst_sim.assets import asset_table
from tst_sim.placement.body import Body
from tst_sim.placement.moving import contents_of
from tst_sim.placement.spawn import spawn_on
from tst_sim.randomness import rng_for
from tst_sim.thor.actions.action_state import ActionState, point_of, xyz
from tst_sim.thor.actions.dispatch import ActionFailed
from tst_sim.thor.actions.floor_points import random_place_on_floor
from tst_sim.thor.actions.hands import drop_hand_object
from tst_sim.thor.actions.placing import move
from tst_sim.thor.actions.receptacle_rules import ONLY_FOR, belongs
from tst_sim.thor.actions.targets import is_floor


def spawn_asset(
    world: ActionState, assetId: str, generatedId: str, position: Mapping[str, float] | None = None,
    rotation: Mapping[str, float] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """An asset with the centre of its box at the position; it stays there until an action moves it.

    The id of an object that is disabled may be used again; the disabled one is gone then.
    """
    if assetId not in asset_table():
        raise ActionFailed(f"No asset with the id {assetId}")
    others = (*world.scene, *world.hand, *world.opening_bodies)
    if is_floor(world, generatedId) or any(body.id == generatedId for body in others):
        raise ActionFailed(f"An object with the id {generatedId} exists already")
    body = Body(generatedId, assetId, point_of(position or {}), point_of(rotation or {}))
    world.scene.put(body)
    world.disabled.pop(generatedId, None)
    world.conditions.pop(generatedId, None)
    world.version += 1
    half = body.hull.half[0]
    return {"id": generatedId, "worldSpaceCenter": xyz(body.position), "radius": float((half @ half) ** 0.5)}


def initial_random_spawn(
    world: ActionState, randomSeed: int = 0, objectIds: list[str] | None = None,
    receptacleObjectIds: list[str] | None = None, forceVisible: bool = False, allowFloor: bool = False,
    allowMoveable: bool = False, numPlacementAttempts: int = 5, placeStationary: bool = True,
    excludedReceptacles: list[str] | None = None, excludedObjectIds: list[str] | None = None,
    numDuplicatesOfType: list[Mapping[str, Any]] | None = None,
) -> None:  # fmt: skip
    """Objects to places drawn by the seed.

    With `objectIds`: each of them onto a surface of one of `receptacleObjectIds`, tried in their order,
    whatever it is; it fails where one finds no place. Closed receptacles count as well, as they do in
    AI2-THOR. Else: everything that can be picked up (with `allowMoveable` also what can be moved and
    fits somewhere) goes to a receptacle where it belongs, and stays where it was if none has room.
    Objects always end up at rest, so `placeStationary` changes nothing.
    """
    if numPlacementAttempts <= 0:
        raise ActionFailed("numPlacementAttempts must be a positive integer.")
    if objectIds is not None:
        _spawn_named(world, randomSeed, objectIds, receptacleObjectIds or [])
        return
    if world.hand:
        drop_hand_object(world, forceAction=True)
    _duplicate(world, numDuplicatesOfType or [])
    rng = rng_for(randomSeed, "spawn all")
    receptacles = _receptacles(world, receptacleObjectIds, excludedReceptacles or [], visible=forceVisible)
    kinds = ("CanPickup", "Moveable") if allowMoveable else ("CanPickup",)
    excluded = frozenset(excludedObjectIds or [])
    movable = [body.id for body in world.scene if body.asset.primary_property in kinds and body.id not in excluded]
    for index in rng.permutation(len(movable)):
        _spawn_anywhere(world, movable[index], receptacles, rng, numPlacementAttempts, floor=allowFloor)
    world.version += 1


def _spawn_named(world: ActionState, seed: int, object_ids: list[str], receptacle_ids: list[str]) -> None:
    named = _named_receptacles(receptacle_ids)
    receptacles = [world.scene[name] for name in named if name in world.scene]
    for object_id in object_ids:
        body = world.body(object_id)
        rng = rng_for(seed, "spawn", object_id)
        for receptacle in receptacles:
            placed = spawn_on(world.scene, body, receptacle, rng)
            if placed is not None:
                move(world, body, placed)
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


def _receptacles(world: ActionState, ids: list[str] | None, excluded_types: list[str], *, visible: bool) -> list[str]:
    """Ids of what things can be put on or in; `visible` leaves out what can be shut."""
    found = []
    for body in world.scene:
        traits, kind = body.asset.secondary_properties, body.asset.object_type
        if "Receptacle" not in traits or not body.surfaces or kind in excluded_types or kind in ONLY_FOR:
            continue
        if (ids is None or body.id in ids) and not (visible and "CanOpen" in traits):
            found.append(body.id)
    return found


def _spawn_anywhere(
    world: ActionState, name: str, receptacles: list[str], rng: np.random.Generator, attempts: int, *, floor: bool
) -> None:
    """One object to a receptacle drawn from those where it belongs, or the floor; so many are tried."""
    body = world.scene[name]
    kind, own = body.asset.object_type, {name, *(content.id for content in contents_of(world.scene, name))}
    upright = body.put(body.position, (0.0, body.yaw_deg, 0.0))
    fit = [other for other in receptacles if other not in own and belongs(kind, world.scene[other].asset.object_type)]
    fit += [""] if floor and belongs(kind, "Floor") else []
    for index in rng.permutation(len(fit))[:attempts]:
        if fit[index]:
            placed = spawn_on(world.scene, upright, world.scene[fit[index]], rng)
        else:
            placed = random_place_on_floor(world, upright, rng, attempts)
        if placed is not None:
            move(world, body, placed)
            return


def _duplicate(world: ActionState, wanted: list[Mapping[str, Any]]) -> None:
    """As many more of a type as are asked for, each a copy of the scene's own ones, below the floor until placed."""
    for row in wanted:
        kind, count = str(row.get("objectType")), int(row.get("count", 0))
        originals = [body for body in world.scene if body.asset.object_type == kind]
        if not originals or originals[0].asset.primary_property != "CanPickup":
            raise ActionFailed(f"numDuplicatesOfType: no {kind} in the scene that can be picked up")
        for number in range(count - len(originals)):
            original = originals[number % len(originals)]
            copy = Body(f"{original.id}|copy|{number}", original.asset_id, (0.0, -20.0, 0.0))
            world.scene.put(copy)
            world.conditions[copy.id] = world.condition(original.id)


def get_asset_database(world: ActionState) -> dict[str, Any]:
    """Every asset: type, properties and box, its middle at the origin."""
    return {
        asset.asset_id: {
            "assetId": asset.asset_id,
            "objectType": asset.object_type,
            "primaryProperty": asset.primary_property or "Static",
            "secondaryProperties": list(asset.secondary_properties),
            "boundingBox": {
                "min": xyz((-asset.size_m[0] / 2, -asset.size_m[1] / 2, -asset.size_m[2] / 2)),
                "max": xyz((asset.size_m[0] / 2, asset.size_m[1] / 2, asset.size_m[2] / 2)),
            },
        }
        for asset in asset_table().values()
    }


def asset_in_database(world: ActionState, assetId: str) -> bool:
    """Whether there is an asset of that id."""
    return assetId in asset_table()


def assets_in_database(
    world: ActionState, assetIds: list[str], updateProceduralLRUCache: bool = False
) -> dict[str, bool]:
    """Asset id -> whether there is one; there is no cache to be touched."""
    return {name: name in asset_table() for name in assetIds}


ACTIONS = {
    "AssetInDatabase": asset_in_database,
    "AssetsInDatabase": assets_in_database,
    "GetAssetDatabase": get_asset_database,
    "InitialRandomSpawn": initial_random_spawn,
    "SpawnAsset": spawn_asset,
}
