"""Actions about the session itself: settings, resets, filters, doing nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from tst_sim.embedded.light import LIGHTS
from tst_sim.thor.actions.action_state import AGENT_MODES, ActionNoise, ActionState, Settings
from tst_sim.thor.actions.agent_metadata import bounds_metadata
from tst_sim.thor.actions.bounds import scene_bounds
from tst_sim.thor.actions.dispatch import ActionFailed
from tst_sim.thor.actions.json_arguments import Unfit, fitted
from tst_sim.thor.actions.motion import snapped

SCENES = ("Procedural",)
"""What GetScenesInBuild names."""
QUALITIES = MappingProxyType(
    {
        "DONOTUSE": 0,
        "Very Low": 1,
        "Low": 2,
        "Medium": 3,
        "MediumCloseFitShadows": 4,
        "High": 5,
        "Very High": 6,
        "Ultra": 7,
        "High WebGL": 8,
    }
)
"""AI2-THOR's names and numbers; all look the same here."""
MAX_PIXELS = 4096
"""Of an image's width and height."""
MAX_GRID_M = 5.0
MAX_LOOK_DEG = 90.0
"""The limits of looking up and down lie no further."""
CAMERA_PLANES = {"cameraNearPlane": 0.1, "cameraFarPlane": 20.0}
_FOV_DEG = {"default": 90.0, "locobot": 60.0}
_IMAGE_SETTINGS = {
    "renderDepthImage": "depth",
    "renderNormalsImage": "normal",
    "renderInstanceSegmentation": "instance",
    "renderObjectImage": "instance",
    "renderSemanticSegmentation": "semantic",
    "renderClassImage": "semantic",
}


def pass_(world: ActionState) -> None:
    """Nothing happens."""


def get_scenes_in_build(world: ActionState) -> list[str]:
    """Houses come in through CreateHouse, so there is the empty procedural scene alone."""
    return list(SCENES)


def reset(world: ActionState, sceneName: str = "", **_: Any) -> None:
    """An empty scene; settings that Initialize made go back to their defaults, the resolution stays."""
    if sceneName and sceneName not in SCENES:
        raise ActionFailed(f"Scene '{sceneName}' couldn't be loaded because it is not in this build: {SCENES[0]} is")
    settings = Settings(width=world.settings.width, height=world.settings.height, quality=world.settings.quality)
    fresh = ActionState(settings=settings, ray_caster=world.ray_caster, version=world.version + 1)
    world.__dict__.update(fresh.__dict__)


def initialize(
    world: ActionState, agentMode: str = "default", agentCount: int = 1, gridSize: float = 0.25,
    snapToGrid: bool = True,
    rotateStepDegrees: float = 90.0, fieldOfView: float = 0.0, visibilityDistance: float = 0.0,
    visibilityScheme: str = "Collider", maxUpwardLookAngle: float = 0.0, maxDownwardLookAngle: float = 0.0,
    cameraNearPlane: float = 0.0, cameraFarPlane: float = 0.0, timeScale: float = 1.0,
    startAgentsRotatedBy: float = 0.0, fastActionEmit: bool = True, **others: Any,
) -> dict[str, float]:  # fmt: skip
    """The settings of the real engine, with its bounds; names that it does not know are ignored.

    0 means the default, as there; but a grid of 0 m is refused, and so is what is below 0, where it says nothing.
    """
    mode = _mode(agentMode, agentCount, startAgentsRotatedBy)
    fov = fieldOfView or _FOV_DEG[mode]
    _check_angles(fov, rotateStepDegrees, maxUpwardLookAngle, maxDownwardLookAngle)
    planes = {"cameraNearPlane": cameraNearPlane, "cameraFarPlane": cameraFarPlane}
    _check_distances({"visibilityDistance": visibilityDistance, **planes})
    if timeScale <= 0:
        raise ActionFailed("Time scale must be > 0")
    snaps = snapToGrid and mode != "locobot"
    _check_grid(gridSize, rotateStepDegrees, snaps)
    world.settings = Settings(
        width=world.settings.width,
        height=world.settings.height,
        quality=world.settings.quality,
        agent_mode=mode,
        grid_size_m=gridSize,
        snap_to_grid=snaps,
        rotate_step_deg=rotateStepDegrees,
        visibility_distance_m=visibilityDistance or 1.5,
        visibility_scheme="Distance" if visibilityScheme.lower() == "distance" else "Collider",
        fov_deg=fov,
        look_up_deg=maxUpwardLookAngle or 30.0,
        look_down_deg=maxDownwardLookAngle or 60.0,
        near_m=cameraNearPlane or None,
        far_m=cameraFarPlane or None,
        noise=_noise(others) if mode == "locobot" and _flag(others, "applyActionNoise", True) else None,
        fast_emit=fastActionEmit,
        images=frozenset(image for name, image in _IMAGE_SETTINGS.items() if _flag(others, name, False)),
        light=_light(others.get("light")),
        antialias=_flag(others, "antialias", True),
    )
    world.agent = snapped(world.agent, world.settings)
    world.version += 1
    return {name: planes[name] or plane for name, plane in CAMERA_PLANES.items()}


def _light(name: object) -> str:
    """A setting of ours, not AI2-THOR's: how houses are lit."""
    if name is None:
        return Settings.light
    if name not in LIGHTS:
        raise ActionFailed(f"light {name!r} is not one of {', '.join(LIGHTS)}")
    return str(name)


def _mode(mode: str, agents: int, rotated_deg: float) -> str:
    if mode.lower() not in AGENT_MODES:
        raise ActionFailed(f"agentMode '{mode}' is not supported by tst-sim; use one of {', '.join(AGENT_MODES)}")
    if agents != 1:
        raise ActionFailed(f"agentCount {agents} is not supported by tst-sim: there is one agent")
    if rotated_deg:
        raise ActionFailed("startAgentsRotatedBy is not supported by tst-sim")
    return mode.lower()


def _check_grid(grid_m: float, step_deg: float, snaps: bool) -> None:
    if snaps and step_deg % 90:
        raise ActionFailed(
            f"Invalid values 'rotateStepDegrees': ${step_deg:g} and 'snapToGrid':$True. 'snapToGrid': 'True' is not "
            "supported when 'rotateStepDegrees' is different from grid rotation steps of 0, 90, 180, 270 or 360."
        )
    if not 0 < grid_m <= MAX_GRID_M:
        raise ActionFailed("grid size must be in the range (0,5]")


def _check_angles(fov_deg: float, step_deg: float, up_deg: float, down_deg: float) -> None:
    if not 0 < fov_deg < 180:
        raise ActionFailed("fov must be set to (0, 180) noninclusive.")
    if step_deg <= 0:
        raise ActionFailed("rotateStepDegrees must be a non-zero, non-negative float")
    if down_deg < 0:
        raise ActionFailed("maxDownwardLookAngle must be a non-negative float")
    if up_deg < 0:
        raise ActionFailed("maxUpwardLookAngle must be a non-negative float")
    for name, angle in (("maxUpwardLookAngle", up_deg), ("maxDownwardLookAngle", down_deg)):
        if angle > MAX_LOOK_DEG:
            raise ActionFailed(f"{name} must be at most {MAX_LOOK_DEG:g}, straight up or down; got {angle:g}")


def _check_distances(given_m: Mapping[str, float]) -> None:
    for name, distance in given_m.items():
        if distance < 0:
            raise ActionFailed(f"{name} must be > 0 meters, or 0 for the default; got {distance:g}")
    near, far = (given_m[name] or plane for name, plane in CAMERA_PLANES.items())
    if near >= far:
        raise ActionFailed(f"clipping planes must be 0 < near < far meters, got {near:g} and {far:g}")


def _noise(others: Mapping[str, Any]) -> ActionNoise:
    """Values that are not above 0 leave the default, as in AI2-THOR."""
    names = {
        "move_mean_m": "movementGaussianMu",
        "move_deviation_m": "movementGaussianSigma",
        "turn_mean_deg": "rotateGaussianMu",
        "turn_deviation_deg": "rotateGaussianSigma",
    }
    given = {field: _setting(others, name, float, 0.0) for field, name in names.items()}
    return replace(ActionNoise(), **{field: value for field, value in given.items() if value > 0})


def _flag(others: Mapping[str, Any], name: str, default: bool) -> bool:
    return _setting(others, name, bool, default)


def _setting(others: Mapping[str, Any], name: str, kind: type, default: Any) -> Any:
    value = others.get(name)
    if value is None:
        return default
    try:
        return fitted(kind, value)
    except Unfit as error:
        raise ActionFailed(f"Initialize: {name} cannot be {error.shown[:100]}") from error


def get_scene_bounds(world: ActionState) -> dict[str, Any]:
    """The event's `sceneBounds`."""
    return bounds_metadata(scene_bounds(world.house))


def change_resolution(world: ActionState, x: int, y: int) -> None:
    """All images, also of third-party cameras, have the new size from now on; 1 to 4096 pixels a side."""
    if not (1 <= x <= MAX_PIXELS and 1 <= y <= MAX_PIXELS):
        raise ActionFailed(f"a resolution must be 1 to {MAX_PIXELS} pixels wide and high, got {x} x {y}")
    world.settings = replace(world.settings, width=x, height=y)


def change_quality(world: ActionState, quality: str) -> None:
    """One of `QUALITIES` by name or number; it is remembered and changes nothing."""
    names = {**{name: name for name in QUALITIES}, **{str(number): name for name, number in QUALITIES.items()}}
    if quality not in names:
        raise ActionFailed(f"quality must be one of {', '.join(QUALITIES)}, got {quality}")
    world.settings = replace(world.settings, quality=names[quality])


def set_random_seed(world: ActionState, seed: int) -> None:
    """What is drawn at random from now on follows from the seed."""
    world.random_seed, world.draws = seed, 0


def set_object_filter(world: ActionState, objectIds: list[str]) -> None:
    """Only these objects appear in the metadata from now on; ids that no object has are of no effect."""
    world.filter = frozenset(objectIds)


def reset_object_filter(world: ActionState) -> None:
    """All objects appear in the metadata again."""
    world.filter = None


ACTIONS = {
    "ChangeQuality": change_quality,
    "ChangeResolution": change_resolution,
    "Done": pass_,
    "GetSceneBounds": get_scene_bounds,
    "GetScenesInBuild": get_scenes_in_build,
    "Initialize": initialize,
    "Pass": pass_,
    "Reset": reset,
    "ResetObjectFilter": reset_object_filter,
    "SetObjectFilter": set_object_filter,
    "SetRandomSeed": set_random_seed,
}
