"""Actions about third-party cameras and the view from above."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.houses import Color
from tst_sim.thor.actions.action_state import ActionState, point_of, xyz
from tst_sim.thor.actions.bounds import map_view
from tst_sim.thor.actions.dispatch import ActionFailed

Vector = Mapping[str, Any]
DEFAULT_ORTHOGRAPHIC_SIZE_M = 5.0
"""Unity's, where none is given."""
_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)
COLORS = MappingProxyType(
    {
        "aqua": "#00ffff",
        "black": "#000000",
        "blue": "#0000ff",
        "brown": "#a52a2a",
        "cyan": "#00ffff",
        "darkblue": "#0000a0",
        "fuchsia": "#ff00ff",
        "green": "#008000",
        "grey": "#808080",
        "lightblue": "#add8e6",
        "lime": "#00ff00",
        "magenta": "#ff00ff",
        "maroon": "#800000",
        "navy": "#000080",
        "olive": "#808000",
        "orange": "#ffa500",
        "purple": "#800080",
        "red": "#ff0000",
        "silver": "#c0c0c0",
        "teal": "#008080",
        "white": "#ffffff",
        "yellow": "#ffff00",
    }
)
"""The names that Unity reads as HTML colors."""


def add_third_party_camera(
    world: ActionState, position: Vector, rotation: Vector, fieldOfView: float = 90.0, skyboxColor: str | None = None,
    orthographic: bool = False, orthographicSize: float | None = None, nearClippingPlane: float | None = None,
    farClippingPlane: float | None = None, antiAliasing: str = "none",
) -> None:  # fmt: skip
    """One more camera; it gets the next id. Edges are always smoothed, so `antiAliasing` has no effect."""
    fresh = CameraSpec(point_of(position), point_of(rotation))
    world.cameras += (
        _adjusted(
            world, fresh, fieldOfView, skyboxColor, orthographic, orthographicSize, nearClippingPlane, farClippingPlane
        ),
    )
    world.version += 1


def update_third_party_camera(
    world: ActionState, thirdPartyCameraId: int = 0, position: Vector | None = None, rotation: Vector | None = None,
    fieldOfView: float | None = None, skyboxColor: str | None = None, orthographic: bool | None = None,
    orthographicSize: float | None = None, nearClippingPlane: float | None = None,
    farClippingPlane: float | None = None,
) -> None:  # fmt: skip
    """Change what is given, also single axes; the clipping planes go back to the agent's unless given."""
    if not 0 <= thirdPartyCameraId < len(world.cameras):
        raise ActionFailed(
            f"thirdPartyCameraId: {thirdPartyCameraId} (int: default=0) must in 0 <= thirdPartyCameraId"
            f" < len(thirdPartyCameras)={len(world.cameras)}."
        )
    old = world.cameras[thirdPartyCameraId]
    placed = replace(
        old,
        position_m=point_of(position or {}, old.position_m),
        rotation_deg=point_of(rotation or {}, old.rotation_deg),
    )
    fov = old.fov_deg if fieldOfView is None else fieldOfView
    adjusted = _adjusted(
        world, placed, fov, skyboxColor, orthographic, orthographicSize, nearClippingPlane, farClippingPlane
    )
    cameras = list(world.cameras)
    cameras[thirdPartyCameraId] = adjusted
    world.cameras = tuple(cameras)
    world.version += 1


def _adjusted(
    world: ActionState, view: CameraSpec, fov_deg: float, sky: str | None, orthographic: bool | None,
    size_m: float | None,
    near_m: float | None, far_m: float | None,
) -> CameraSpec:  # fmt: skip
    if not 0 < fov_deg < 180:
        raise ActionFailed(f"fieldOfView: {fov_deg:g} must be in 0 < fieldOfView < 180.")
    if not orthographic and size_m is not None:
        raise ActionFailed(
            f"orthographicSize(: {size_m:g}) can only be set when orthographic=True.\n"
            "Otherwise, we use assume perspective camera setting.Hint: call .step(..., orthographic=True)."
        )
    near, far = near_m if near_m is not None else world.settings.near_m, far_m or world.settings.far_m
    _check_lens(size_m, near, far)
    if orthographic is None:
        size = view.orthographic_size_m
    else:
        size = (size_m or view.orthographic_size_m or DEFAULT_ORTHOGRAPHIC_SIZE_M) if orthographic else None
    sky_color = view.sky_color if sky is None else color_of(sky)
    return replace(view, fov_deg=fov_deg, orthographic_size_m=size, near_m=near, far_m=far, sky_color=sky_color)


def _check_lens(size_m: float | None, near_m: float | None, far_m: float | None) -> None:
    if size_m is not None and size_m <= 0:
        raise ActionFailed(f"orthographicSize must be > 0, got {size_m:g}")
    if near_m is not None and near_m <= 0:
        raise ActionFailed(f"nearClippingPlane must be > 0, got {near_m:g}")
    if far_m is not None and far_m <= (near_m or 0.0):
        raise ActionFailed(f"farClippingPlane must be beyond the near one, got {far_m:g}")


def color_of(text: str) -> Color | None:
    """sRGB, 0 to 1, of a name or of #rgb, #rgba, #rrggbb, #rrggbbaa; None for `default`, the engine's own sky."""
    if text == "default":
        return None
    digits = COLORS.get(text.lower(), text).removeprefix("#")
    if text.lower() not in COLORS and not _HEX.fullmatch(text):
        raise ActionFailed(f"Invalid skyboxColor: {text}! Cannot be parsed as an HTML color.")
    if len(digits) < 6:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return (red, green, blue)


def get_map_view_camera_properties(world: ActionState) -> dict[str, Any]:
    """A camera above the whole house, in the form that AddThirdPartyCamera takes."""
    view = map_view(world.house)
    return {
        "position": xyz(view.position_m),
        "rotation": xyz(view.rotation_deg),
        "orthographicSize": view.orthographic_size_m,
        "orthographic": True,
    }


def toggle_map_view(world: ActionState) -> None:
    """The agent's camera goes above the house, or back into its head."""
    world.map_view = not world.map_view
    world.version += 1


ACTIONS = {
    "AddThirdPartyCamera": add_third_party_camera,
    "GetMapViewCameraProperties": get_map_view_camera_properties,
    "ToggleMapView": toggle_map_view,
    "UpdateThirdPartyCamera": update_third_party_camera,
}
