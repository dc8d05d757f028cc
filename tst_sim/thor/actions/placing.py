"""Actions that put an object to a place that is given, and ask where places are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tst_sim.houses import Point3
from tst_sim.placement.body import Body
from tst_sim.placement.freespace import inside_polygon
from tst_sim.placement.moving import GRID_M, carried_along, contents_of, dropped, in_the_way, surface_below
from tst_sim.placement.scene import PlacementScene
from tst_sim.thor.actions.action_state import ActionState, point_of, xyz
from tst_sim.thor.actions.bounds import scene_bounds
from tst_sim.thor.actions.dispatch import ActionFailed, missing_message
from tst_sim.thor.actions.hands import release
from tst_sim.thor.actions.physical_traits import can_be_moved
from tst_sim.thor.actions.targets import is_floor, target_id
from tst_sim.thor.actions.visibility import in_picture, within

ABOVE_SURFACE_M = 0.05
"""Spawn coordinates are so far above their surface, or halfway to what is above it."""
FLOOR_GRID_M = 0.25
LIES_WITHIN_M = 0.03
"""A thing lies on what is no further below it than this."""


def place_object_at_point(
    world: ActionState, objectId: str, position: Mapping[str, float] | None = None,
    rotation: Mapping[str, float] | None = None, forceKinematic: bool = False,
    positions: list[Mapping[str, float]] | None = None,
) -> None:  # fmt: skip
    """Onto what is straight below the point, with its middle there, if nothing is in the way.

    Of several points the first that is free. What lies in it, in the hand too, comes along. It is at rest
    afterwards.
    """
    if position is None and not positions:
        raise ActionFailed(missing_message("PlaceObjectAtPoint", ["position"]), "MissingArguments")
    body = _movable(world, objectId)
    failure: ActionFailed | None = None
    for point in [position] if position is not None else positions or []:
        try:
            placed = _at_point(world, body, point_of(point), rotation)
        except ActionFailed as error:
            failure = error
            continue
        move(world, body, placed)
        return
    assert failure is not None
    raise failure


def _at_point(world: ActionState, body: Body, point: Point3, rotation: Mapping[str, float] | None) -> Body:
    bounds = scene_bounds(world.house)
    if point not in bounds:
        raise ActionFailed(
            f"Position coordinate ({_shown(point)}) is not within scene bounds "
            f"({_shown(bounds.low)}) to ({_shown(bounds.high)})"
        )
    scene = world.scene.copy()
    for gone in (body, *contents_of(scene, body.id)):
        if gone.id in scene:
            scene.remove(gone.id)
    turned = body.moved(point, body.rotation if rotation is None else point_of(rotation, body.rotation))
    height = surface_below(scene, point)
    raised = turned.moved((point[0], point[1] + height - turned.bottom, point[2]))
    blocking = in_the_way(scene, raised)
    if blocking is not None:
        raise ActionFailed(f"Spawn area not clear ({blocking}) is in the way), can't place object at that point")
    return dropped(scene, raised)


def move(world: ActionState, before: Body, after: Body) -> None:
    """Put an object of the scene or of the hand elsewhere, with what lies in it."""
    if world.hand and world.hand[0].id == before.id:
        release(world, after)
        return
    contents = contents_of(world.scene, before.id)
    world.scene.put(after)
    for content in carried_along(contents, before, after):
        world.scene.put(content)
    world.version += 1


def teleport_object(
    world: ActionState, objectId: str, position: Mapping[str, float], rotation: Mapping[str, float] | None = None,
    forceAction: bool = False, allowTeleportOutOfHand: bool = False, makeUnbreakable: bool = False,
) -> None:  # fmt: skip
    """The middle of its box to the position, in the air if need be; by force also into other things."""
    body = _movable(world, objectId)
    if world.hand and world.hand[0].id == objectId and not allowTeleportOutOfHand:
        raise ActionFailed("Cannot teleport object in hand.")
    turned = body.rotation if rotation is None else point_of(rotation, body.rotation)
    after = body.put(point_of(position), turned)
    blocking = None if forceAction else in_the_way(world.scene, after)
    if blocking is not None and blocking not in {content.id for content in contents_of(world.scene, objectId)}:
        raise ActionFailed(f"{objectId} is colliding with {blocking} after teleport.")
    move(world, body, _on_what_is_below(world.scene, after))


def set_object_poses(world: ActionState, objectPoses: list[Mapping[str, Any]], placeStationary: bool = True) -> None:
    """Every thing that can be picked up or moved to where the list has it, by `objectName`.

    Those not named are disabled. `position` is the middle of the box. Nothing is checked for what is in the way.
    """
    bodies = {body.id: body for body in (*world.scene, *world.disabled.values()) if can_be_moved(body.asset)}
    unknown = [name for name in (str(pose.get("objectName")) for pose in objectPoses) if name not in bodies]
    if unknown:
        raise ActionFailed(f"No object of name {', '.join(unknown)} found in scene that can be picked up or moved.")
    if world.hand:
        raise ActionFailed("Cannot set the poses of objects while the agent holds one.")
    for name in [body.id for body in world.scene if body.id in bodies]:
        world.scene.remove(name)
    world.disabled = {**world.disabled, **bodies}
    for pose in objectPoses:
        body = world.disabled.pop(str(pose["objectName"]), None)
        if body is None:
            raise ActionFailed(f"{pose['objectName']} is named twice; tst-sim makes no copies")
        position, rotation = (_vector(pose, key, getattr(body, key)) for key in ("position", "rotation"))
        world.scene.put(body.put(position, rotation))
    for body in list(world.scene):
        if body.id in bodies:
            world.scene.put(_on_what_is_below(world.scene, body))
    world.version += 1


def _on_what_is_below(scene: PlacementScene, body: Body) -> Body:
    """The body where it is, as lying on what is straight below it and near, if things can lie on that."""
    below = dropped(scene, body)
    near = abs(below.bottom - body.bottom) < LIES_WITHIN_M
    return body.put(body.position, body.rotation, below.parent_id if near else None)


def _vector(pose: Mapping[str, Any], key: str, otherwise: Point3) -> Point3:
    value = pose.get(key, {})
    if not isinstance(value, Mapping):
        raise ActionFailed(f"SetObjectPoses: {key} must be an object such as {{x, y, z}}, got {value!r}")
    return point_of(value, otherwise)


def get_spawn_coordinates_above_receptacle(
    world: ActionState, objectId: str, anywhere: bool = False
) -> list[dict[str, float]]:
    """Points on a grid a little above its surfaces, for PlaceObjectAtPoint; near and in view unless `anywhere`."""
    name = target_id(world, "GetSpawnCoordinatesAboveReceptacle", objectId, None, None, force=anywhere)
    if is_floor(world, name):
        points = _above_floor(world)
    else:
        body = world.body(name)
        if "Receptacle" not in body.asset.secondary_properties:
            raise ActionFailed(f"{name} is not a receptacle")
        points = _above_surfaces(body)
    if not anywhere:
        near = within(points, world.agent.position, world.settings.visibility_distance_m)
        points = points[near & in_picture(world, world.first_person_view(), points)]
    return [xyz((x, y, z)) for x, y, z in points.tolist()]


def _above_surfaces(body: Body) -> np.ndarray:
    points = []
    for surface in body.surfaces:
        low_x, low_z, high_x, high_z = surface.rectangle
        y = body.surface_height(surface) + min(ABOVE_SURFACE_M, surface.free_m / 2)
        for x in _middles(low_x, high_x):
            points += [
                (world_x, y, world_z) for world_x, world_z in (body.to_world(x, z) for z in _middles(low_z, high_z))
            ]
    return np.array(points, np.float64).reshape(-1, 3)


def _middles(low: float, high: float) -> list[float]:
    """Middles of equal parts of a stretch, about a grid step long."""
    count = max(1, round((high - low) / GRID_M))
    return [low + (index + 0.5) * (high - low) / count for index in range(count)]


def _above_floor(world: ActionState) -> np.ndarray:
    points = [np.zeros((0, 2))]
    for room in world.house.rooms if world.house is not None else ():
        low, high = np.min(room.floor_polygon, axis=0), np.max(room.floor_polygon, axis=0)
        x, z = (np.arange(start + FLOOR_GRID_M / 2, end, FLOOR_GRID_M) for start, end in zip(low, high))
        grid = np.stack(np.meshgrid(x, z, indexing="ij"), axis=-1).reshape(-1, 2)
        points.append(grid[inside_polygon(grid, room.floor_polygon)])
    flat = np.concatenate(points)
    return np.column_stack([flat[:, 0], np.full(len(flat), ABOVE_SURFACE_M), flat[:, 1]])


def _movable(world: ActionState, name: str) -> Body:
    body = world.body(name)
    in_hand = bool(world.hand) and world.hand[0].id == name
    if name not in world.scene and not in_hand:
        raise ActionFailed(f"{name} cannot be moved")
    return body


def _shown(point: Point3) -> str:
    return ", ".join(f"{value:.2f}" for value in point)


ACTIONS: Mapping[str, Any] = {
    "GetSpawnCoordinatesAboveReceptacle": get_spawn_coordinates_above_receptacle,
    "PlaceObjectAtPoint": place_object_at_point,
    "SetObjectPoses": set_object_poses,
    "TeleportObject": teleport_object,
}
