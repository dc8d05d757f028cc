"""The state of one scene, as actions see and change it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.embedded.scene.openings import PlacedAsset
from tst_sim.houses import Color, House, Point3
from tst_sim.placement.body import Body
from tst_sim.placement.boxes import turn
from tst_sim.placement.scene import PlacementScene
from tst_sim.randomness import rng_for
from tst_sim.thor.actions.bounds import map_view
from tst_sim.thor.actions.dispatch import ActionFailed
from tst_sim.thor.actions.json_arguments import LARGEST

STANDING_Y_M = 0.901
"""y of a standing agent on the floor, as AI2-THOR reports it."""
EYE_ABOVE_AGENT_M = 0.675
"""The camera of a standing default agent above its y."""
CROUCHING_EYE_ABOVE_AGENT_M = 0.0
LOCOBOT_EYE_ABOVE_AGENT_M = -0.0312
AGENT_MODES = ("default", "locobot")
HAND_M: Point3 = (0.0, -0.16, 0.38)
"""The hand in the camera's frame: right, up, ahead."""
IMAGES = ("depth", "normal", "instance", "semantic")
"""Modalities beside rgb that Initialize can ask for."""


@dataclass(frozen=True)
class ActionNoise:
    """Normal distributions of what is added to every move (metres) and turn (degrees)."""

    move_mean_m: float = 0.001
    move_deviation_m: float = 0.005
    turn_mean_deg: float = 0.0
    turn_deviation_deg: float = 0.5


@dataclass(frozen=True)
class Settings:
    """What Initialize, ChangeResolution and ChangeQuality set."""

    width: int = 300
    height: int = 300
    quality: str = "Ultra"
    agent_mode: str = "default"
    grid_size_m: float = 0.25
    snap_to_grid: bool = True
    rotate_step_deg: float = 90.0
    visibility_distance_m: float = 1.5
    visibility_scheme: str = "Collider"
    """`Collider`: an object within the distance is looked at as a whole; `Distance`: only its near points are."""
    fov_deg: float = 90.0
    look_up_deg: float = 30.0
    look_down_deg: float = 60.0
    """How far the camera may be turned up and down."""
    near_m: float | None = None
    far_m: float | None = None
    """Clipping planes of the agent's camera; None: the engine's own."""
    noise: ActionNoise | None = None
    """Of the locobot's moves and turns; None: exact."""
    fast_emit: bool = True
    images: frozenset[str] = frozenset()
    """Of `IMAGES`, those sent with every event; rgb always is."""
    light: str = "fast"
    antialias: bool = True
    """How the embedded engine draws, see `tst_sim.backends.open_simulator`; AI2-THOR knows no such settings."""


@dataclass(frozen=True)
class Agent:
    """The agent's capsule and camera."""

    position: Point3 = (0.0, STANDING_Y_M, 0.0)
    yaw_deg: float = 0.0
    horizon_deg: float = 0.0
    """Positive looks down."""
    standing: bool = True


@dataclass(frozen=True)
class Condition:
    """What an object is like, beside where it is."""

    color: Color | None = None
    openness: float | None = None
    """0 shut to 1 open; None: as its asset comes."""
    is_on: bool | None = None
    """Of toggleable objects; None: as its asset comes."""
    is_dirty: bool = False
    is_broken: bool = False
    is_cooked: bool = False
    is_used_up: bool = False
    liquid: str | None = None
    """What a vessel is filled with; None: it is empty."""


class RayCaster(Protocol):
    """Rays against the drawn triangles; the player lends them to the actions, in process there are none.

    What they see must be this world as it is: whoever lends them arranges the live scene before each action.
    """

    @property
    def object_ids(self) -> Sequence[str]:
        """By instance id; the background's empty one first."""
        ...

    def cast_rays(self, origin: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Instance ids (n,) and distances (n,) in metres; 0 and inf where nothing is hit."""
        ...


@dataclass
class ActionState:
    """Everything an action may read or change. Values are replaced, never changed in place, so a copy is cheap."""

    settings: Settings = Settings()
    agent: Agent = Agent()
    house: House | None = None
    scene: PlacementScene = field(default_factory=PlacementScene)
    conditions: dict[str, Condition] = field(default_factory=dict)
    openings: Mapping[str, PlacedAsset] = field(default_factory=dict)
    """Doors and windows of the house by id, as it has them; `conditions` says how far they stand open now."""
    opening_bodies: tuple[Body, ...] = ()
    """The same as bodies, in the same order; they are not in the scene, whose walls have holes for them."""
    hand: tuple[Body, ...] = ()
    """What the agent holds, and after it what lies in that: in the hand's frame, turned with the agent."""
    disabled: dict[str, Body] = field(default_factory=dict)
    """Taken out of the scene by DisableObject; EnableObject brings them back."""
    cameras: tuple[CameraSpec, ...] = ()
    """Third-party cameras by their id."""
    filter: frozenset[str] | None = None
    paint: Mapping[str, Color] = field(default_factory=dict)
    """Colors by object id in place of the house's, of RandomizeMaterials; structure too."""
    light_gain: Color = (1.0, 1.0, 1.0)
    """Factors on the house's light, of RandomizeLighting."""
    map_view: bool = False
    """True while ToggleMapView shows the house from above."""
    ray_caster: RayCaster | None = None
    """None: rays go to the placement boxes."""
    random_seed: int = 0
    draws: int = 0
    """How often `rng` was asked since the seed was set."""
    version: int = 0
    """Rises with every action that succeeds and may change what is drawn."""

    def copy(self) -> ActionState:
        """An independent copy: what happens to it does not happen to this one."""
        return replace(self, scene=self.scene.copy(), conditions=dict(self.conditions), disabled=dict(self.disabled))

    def body(self, object_id: str) -> Body:
        """The object of that id, in the hand too, or the door or window; ActionFailed when there is none."""
        if object_id in self.scene:
            return self.scene[object_id]
        for body in (*self.held_bodies(), *self.opening_bodies):
            if body.id == object_id:
                return body
        raise ActionFailed(f"objectId: {object_id} is not the objectId on any object in the scene!")

    def held_bodies(self) -> tuple[Body, ...]:
        """What is in the hand, where it is in the world."""
        if not self.hand:
            return ()
        (x, y, z), yaw = self.hand_position(), self.agent.yaw_deg
        held = []
        for body in self.hand:
            right, ahead = turn(body.position[0], body.position[2], yaw)
            rotation = (body.rotation[0], (body.rotation[1] + yaw) % 360.0, body.rotation[2])
            held.append(body.moved((x + right, y + body.position[1], z + ahead), rotation))
        return tuple(held)

    def hand_position(self) -> Point3:
        """Where the hand is: in front of the camera and a little below, whatever the camera looks at."""
        view = self.first_person_view()
        down = math.radians(self.agent.horizon_deg)
        _, up, ahead = HAND_M
        level, raised = ahead * math.cos(down) + up * math.sin(down), up * math.cos(down) - ahead * math.sin(down)
        x, z = turn(0.0, level, self.agent.yaw_deg)
        return (view.position_m[0] + x, view.position_m[1] + raised, view.position_m[2] + z)

    def condition(self, object_id: str) -> Condition:
        """Whether an object is open, on, broken, dirty and so on; the defaults if nothing was done to it."""
        return self.conditions.get(object_id, Condition())

    def placed(self) -> tuple[PlacedAsset, ...]:
        """What is to be drawn: doors, windows, objects in the order in which they came, what is in the hand."""
        return (
            *(self._placed_opening(opening) for opening in self.openings.values()),
            *(self._placed(body) for body in self.scene),
            *(self._placed(body) for body in self.held_bodies()),
        )

    def _placed_opening(self, opening: PlacedAsset) -> PlacedAsset:
        openness = self.condition(opening.object_id).openness
        return opening if openness in (None, opening.openness) else replace(opening, openness=openness)

    def _placed(self, body: Body) -> PlacedAsset:
        condition = self.condition(body.id)
        color = self.paint.get(body.id, condition.color)
        openness, supports_m = condition.openness, body.supports_m
        return PlacedAsset(body.id, body.asset_id, body.position, body.rotation, color, openness, supports_m=supports_m)

    def rng(self, name: str) -> np.random.Generator:
        """The next stream of numbers of SetRandomSeed's seed."""
        self.draws += 1
        return rng_for(self.random_seed, name, self.draws)

    @property
    def is_locobot(self) -> bool:
        """Whether the agent is a LoCoBot, which has no arms and may not crouch."""
        return self.settings.agent_mode == "locobot"

    @property
    def eye_above_agent_m(self) -> float:
        """The camera above the agent's y, by its mode and stance."""
        if self.is_locobot:
            return LOCOBOT_EYE_ABOVE_AGENT_M
        return EYE_ABOVE_AGENT_M if self.agent.standing else CROUCHING_EYE_ABOVE_AGENT_M

    def first_person_view(self) -> CameraSpec:
        """The camera in the agent's head, also while the map is shown."""
        x, y, z = self.agent.position
        rotation = (self.agent.horizon_deg, self.agent.yaw_deg, 0.0)
        settings = self.settings
        eye = (x, y + self.eye_above_agent_m, z)
        return CameraSpec(eye, rotation, settings.fov_deg, near_m=settings.near_m, far_m=settings.far_m)

    def agent_view(self) -> CameraSpec:
        """The agent's camera: in its head, or above the house while the map is shown."""
        return map_view(self.house) if self.map_view else self.first_person_view()


def xyz(point: Point3) -> dict[str, float]:
    """A point or Euler angles in the form of AI2-THOR's JSON."""
    return {"x": point[0], "y": point[1], "z": point[2]}


def point_of(value: Mapping[str, Any], otherwise: Point3 = (0.0, 0.0, 0.0)) -> Point3:
    """The point of a JSON vector; axes that are not given come from `otherwise`. ActionFailed unless finite numbers."""
    found = [value.get(axis) for axis in "xyz"]
    values = [default if given is None else _number(given) for given, default in zip(found, otherwise)]
    if not all(abs(number) <= LARGEST for number in values):
        raise ActionFailed(f"vector components must be finite numbers, got {dict(value)}")
    return (values[0], values[1], values[2])


def _number(given: object) -> float:
    """NaN for what is none."""
    try:
        return float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan
