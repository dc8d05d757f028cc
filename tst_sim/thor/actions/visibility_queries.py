"""Actions that ask what can be seen, of which points of an object, and from which camera."""

from __future__ import annotations

import numpy as np

from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.embedded.scene.instance_meshes import rotation_matrix
from tst_sim.placement.body import Body
from tst_sim.thor.actions.action_state import ActionState, xyz
from tst_sim.thor.actions.dispatch import ActionFailed
from tst_sim.thor.actions.drawn_boxes import oriented_corners
from tst_sim.thor.actions.raycast import first_objects
from tst_sim.thor.actions.structure_metadata import is_structure
from tst_sim.thor.actions.visibility import (
    Look,
    agents_look,
    camera_coordinates,
    picture_slopes,
    plan_distance,
    seen,
    targets_on,
    visible_points,
)

SCHEMES = {"collider": "Collider", "distance": "Distance"}
MAX_DIVISIONS = 100
"""Of an object's mask: its rays are the square of it."""
MARGIN = 0.02
"""So much of a mask's rectangle is left out along each of its edges, as in AI2-THOR."""
SMALLEST = 1e-3
"""A rectangle narrower than this share of the picture has no mask, as in AI2-THOR."""


def get_visibility_points(world: ActionState, objectId: str) -> list[dict[str, float]]:
    """World points at which one looks to see the object: 27 on each of its four largest parts. Floors, walls: none."""
    if is_structure(world.house, objectId):
        return []
    points, _ = targets_on([world.body(objectId)])
    return [xyz((x, y, z)) for x, y, z in points.tolist()]


def get_visible_objects(
    world: ActionState, maxDistance: float | None = None, visibilityScheme: str | None = None,
    thirdPartyCameraIndex: int | None = None, objectIds: list[str] | None = None,
) -> list[str]:  # fmt: skip
    """Ids of what the agent or a third-party camera sees, near first; by default within the visibility distance."""
    scheme = world.settings.visibility_scheme if visibilityScheme is None else _scheme(visibilityScheme)
    if maxDistance is not None and maxDistance <= 0:
        raise ActionFailed(f"maxDistance must be > 0 meters, got {maxDistance:g}")
    for name in objectIds or ():
        if not is_structure(world.house, name):
            _body(world, name)
    agents = agents_look(world)
    distance = agents.distance_m if maxDistance is None else maxDistance
    if thirdPartyCameraIndex is None:
        look = Look(agents.view, agents.position, distance, scheme)
    else:
        view = camera(world, thirdPartyCameraIndex)
        if scheme != "Distance":
            raise ActionFailed(
                f"Visibility scheme {scheme} is not implemented for third party cameras. Must be 'distance'."
            )
        look = Look(view, view.position_m, distance, scheme)
    found = seen(world, None if objectIds is None else frozenset(objectIds), look).visible
    return sorted(found, key=lambda name: (float(plan_distance(world.body(name).hull, look.position)[0]), name))


def objects_visible_from_third_party_camera(
    world: ActionState,
    thirdPartyCameraIndex: int,
    maxDistance: float | None = None,
    visibilityScheme: str | None = None,
) -> list[str]:
    """The old name of GetVisibleObjects for a third-party camera."""
    return get_visible_objects(world, maxDistance, visibilityScheme, thirdPartyCameraIndex)


def proportion_of_object_visible(world: ActionState, objectId: str, thirdPartyCameraIndex: int | None = None) -> float:
    """The share, 0 to 1, of the object's visibility points that a camera sees, however far away."""
    if is_structure(world.house, objectId):
        return 0.0
    _, shown = visible_points(world, camera(world, thirdPartyCameraIndex), _body(world, objectId))
    return float(shown.mean())


def get_approx_object_mask(
    world: ActionState, objectId: str, divisions: int = 10, thirdPartyCameraIndex: int | None = None
) -> list[dict[str, float]]:
    """Where in the picture the object is seen, on a grid over the rectangle around its box.

    x to the right and y upwards from (0, 0), the lower left corner, to (1, 1), as in Unity.
    """
    if not 3 <= divisions <= MAX_DIVISIONS:
        raise ActionFailed(f"divisions must be >=3 and at most {MAX_DIVISIONS}, got {divisions}")
    view = camera(world, thirdPartyCameraIndex)
    body = world.body(objectId)
    rectangle = _rectangle(world, view, body)
    if rectangle is None:
        return []
    (left, low), (right, high) = rectangle
    grid = np.meshgrid(np.linspace(left, right, divisions), np.linspace(low, high, divisions), indexing="ij")
    places = np.stack(grid, axis=-1).reshape(-1, 2)
    hits = first_objects(world, np.asarray(view.position_m), _rays(world, view, places))
    return [{"x": x, "y": y} for (x, y), name in zip(places.tolist(), hits) if name == objectId]


def camera(world: ActionState, index: int | None) -> CameraSpec:
    """The agent's camera, or a third-party one by its index. ActionFailed when there is none or it is orthographic."""
    if index is None:
        return world.first_person_view()
    if not 0 <= index < len(world.cameras):
        raise ActionFailed(
            f"thirdPartyCameraIndex: {index} must be in 0 <= thirdPartyCameraIndex"
            f" < len(thirdPartyCameras)={len(world.cameras)}."
        )
    view = world.cameras[index]
    if view.orthographic_size_m is not None:
        raise ActionFailed(f"third party camera {index} is orthographic: tst-sim asks perspective ones alone")
    return view


def _scheme(name: str) -> str:
    if name.lower() not in SCHEMES:
        raise ActionFailed(f"Visibility scheme {name} is not implemented. Must be 'distance' or 'collider'.")
    return SCHEMES[name.lower()]


def _body(world: ActionState, name: str) -> Body:
    try:
        return world.body(name)
    except ActionFailed:
        raise ActionFailed(f"Cannot find object with id {name}.") from None


def _rectangle(world: ActionState, view: CameraSpec, body: Body) -> tuple[np.ndarray, np.ndarray] | None:
    """Low and high corner (2,) around the body's box in the picture, a little smaller; None where it is not in it."""
    local = camera_coordinates(view, oriented_corners(body, world.condition(body.id).openness))
    depth = local[:, 2:]
    if (depth <= 0).all():
        return None
    low, high = np.zeros(2), np.ones(2)
    if (depth > 0).all():  # else it is beside or around the camera, and its rectangle any
        places = 0.5 + local[:, :2] / (2 * depth * picture_slopes(world, view))
        low, high = np.maximum(places.min(axis=0), 0), np.minimum(places.max(axis=0), 1)
    if (high - low).min() < SMALLEST:
        return None
    return low + MARGIN * (high - low), high - MARGIN * (high - low)


def _rays(world: ActionState, view: CameraSpec, places: np.ndarray) -> np.ndarray:
    """(n, 3) directions through places (n, 2) of the picture, (0, 0) at the lower left."""
    sideways = (2 * places - 1) * picture_slopes(world, view)
    return np.column_stack([sideways, np.ones(len(places))]) @ rotation_matrix(view.rotation_deg).T


ACTIONS = {
    "GetApproxObjectMask": get_approx_object_mask,
    "GetVisibilityPoints": get_visibility_points,
    "GetVisibleObjects": get_visible_objects,
    "ObjectsVisibleFromThirdPartyCamera": objects_visible_from_third_party_camera,
    "ProportionOfObjectVisible": proportion_of_object_visible,
}
