"""AI2-THOR as a simulator: the real client drives a player, Unity's or our own, and frames come out as from any other.

Structure, ids and boxes are the embedded engine's for the same house, so the instance table does not depend on who
draws. Views come from third-party cameras, several to a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

from tst_sim.embedded.scene.free_space import free_space
from tst_sim.embedded.scene.scene import Scene, ShapeCache, build_scene
from tst_sim.errors import SimulatorDied, UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import Frame, Modality
from tst_sim.simulator import FreeSpace, Instance
from tst_sim.thor.actions.agent_metadata import ENGINE_KEY
from tst_sim.thor.client import Client
from tst_sim.thor.config import OWN_PLAYER, ThorConfig
from tst_sim.thor.frames import UNITY_DEPTH_SCALE, Decoder
from tst_sim.thor.house_upgrade import upgraded
from tst_sim.thor.labels import Palette
from tst_sim.thor.walkable import near_reachable

INITIALIZATION = {
    "renderDepthImage": True,
    "renderNormalsImage": True,
    "renderInstanceSegmentation": True,
    "makeAgentsVisible": False,
}


class ThorSimulator:
    """`Simulator` over `ai2thor.controller.Controller`. A player that died is started anew by the next `load`."""

    name = "thor"

    def __init__(
        self, config: ThorConfig | None = None, number: int = 0, *, light: str = "fast", antialias: bool = True
    ) -> None:
        """Start a player; `number` chooses among several GPUs. UserError when it cannot start on this machine.

        `light` and `antialias` are for our own player; Unity's knows neither and takes no notice.
        """
        self._config, self._number = config or ThorConfig(), number
        self._initialization = {**INITIALIZATION, "light": light, "antialias": antialias}
        self._closed = False
        self._client: Client | None = None
        self._shapes = ShapeCache()
        self._scene: Scene | None = None
        self._decoder: Decoder | None = None
        self._size = (0, 0)
        self._cameras = 0
        self._start()

    def load(self, house: House) -> None:
        """Make the house in the player, and its table here. UserError naming what the player does not know."""
        scene = build_scene(house, self._shapes)
        palette = Palette(scene.instances, house.name)
        client = self._start()
        self._scene, self._decoder, self._cameras = None, None, 0
        width, height = self._size if all(self._size) else (300, 300)
        try:
            client.reset(upgraded(house), width=width, height=height)
        except SimulatorDied:
            raise
        except UserError as error:
            raise UserError(f"house {house.name}: {error}") from error
        self._size = (width, height)
        client.step("SetObjectFilter", objectIds=[], renderImage=False)
        scale = 1.0 if self._is_own_player else UNITY_DEPTH_SCALE
        self._scene, self._decoder = scene, Decoder(palette, scene.classes, scale)

    def instances(self) -> tuple[Instance, ...]:
        """The embedded engine's table of the current house: structure, doors, windows, objects, ids rising from 1."""
        return self._loaded().instances

    def free_space(self, spacing_m: float) -> FreeSpace:
        """The embedded engine's, so that poses do not depend on who draws; under Unity, what its agent can reach."""
        space = free_space(self._loaded(), spacing_m)
        return space if self._is_own_player else near_reachable(space, self._open(), self._loaded().house)

    def render(self, poses: Sequence[Pose], modalities: Sequence[Modality], *, intrinsics: Intrinsics) -> list[Frame]:
        """One frame a pose; see `tst_sim.simulator.Simulator.render`. UserError for colors that mean nothing."""
        if not intrinsics.is_centred:
            raise UserError(
                "AI2-THOR's cameras are centred and have square pixels; use the embedded simulator for others"
            )
        self._loaded()
        names = [row.name for row in modalities]
        frames: list[Frame] = []
        unknown: dict[str, int] = {}
        for start in range(0, len(poses), self._config.cameras):
            batch = poses[start : start + self._config.cameras]
            event = self._look(batch, intrinsics)
            assert self._decoder
            self._decoder.palette.learn(event.metadata["colors"] or ())
            for camera in range(len(batch)):
                frame, strangers = self._decoder.frame(event, camera, names)
                frames.append(frame)
                for name, count in strangers.items():
                    unknown[name] = unknown.get(name, 0) + count
        self._judge(unknown)
        return frames

    def describe(self) -> dict[str, str]:
        """The player's kind and version, and the client's: what equal frames depend on. No paths."""
        from importlib.metadata import version

        client = self._start()
        facts = {"simulator": self.name, "ai2thor": version("ai2thor")}
        mark = client.metadata.get(ENGINE_KEY)
        if isinstance(mark, dict):
            return {**facts, "player": OWN_PLAYER, **{f"player_{key}": str(value) for key, value in mark.items()}}
        return {**facts, "player": "unity", **(client.build or {"commit_id": "unknown"})}

    def close(self) -> None:
        """End the player; safe to call twice."""
        self._closed = True
        if self._client is not None:
            self._client.close()
        self._client = self._scene = self._decoder = None

    def __enter__(self) -> ThorSimulator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> Client:
        """The running player; a new one where there is none or it died."""
        if self._closed:
            raise UserError("this simulator is closed; open another with open_simulator()")
        if self._client is None or self._client.is_closed:
            self._size, self._cameras = (0, 0), 0
            self._client = Client(self._config, self._number, **self._initialization)
        return self._client

    def _open(self) -> Client:
        if self._client is None or self._client.is_closed:
            raise SimulatorDied("AI2-THOR's player is gone; load the house again")
        return self._client

    def _loaded(self) -> Scene:
        if self._scene is None:
            raise UserError("no house is loaded into the simulator; call load(house) first")
        return self._scene

    @property
    def _is_own_player(self) -> bool:
        return ENGINE_KEY in self._open().metadata

    def _look(self, poses: Sequence[Pose], intrinsics: Intrinsics) -> Any:
        """The event that shows the poses: cameras are put in place without pictures, the last one with them."""
        client = self._open()
        size = (intrinsics.width, intrinsics.height)
        if size != self._size:
            client.step("ChangeResolution", x=size[0], y=size[1], renderImage=False)
            self._size = size
        event: Any = None
        for camera, pose in enumerate(poses):
            place = {**_placed(pose, intrinsics.fov_deg), "renderImage": camera == len(poses) - 1}
            if camera < self._cameras:
                event = client.step("UpdateThirdPartyCamera", thirdPartyCameraId=camera, **place)
            else:
                event = client.step("AddThirdPartyCamera", **place)
                self._cameras += 1
        return event

    def _judge(self, unknown: dict[str, int]) -> None:
        if unknown and self._config.unknown_labels == "refuse":
            most = sorted(unknown, key=lambda name: -unknown[name])
            shown = ", ".join(f"{name} ({unknown[name]} pixels)" for name in most[:5])
            raise UserError(
                f"house {self._loaded().house.name}: AI2-THOR shows {len(unknown)} things that are not in its table: "
                f"{shown}; --set thor.unknown_labels=background takes them for background"
            )


def _placed(pose: Pose, fov_deg: float) -> dict[str, Any]:
    x, y, z = (float(value) for value in pose.position_m)
    return {
        "position": {"x": x, "y": y, "z": z},
        "rotation": {"x": float(pose.pitch_deg), "y": float(pose.yaw_deg), "z": float(pose.roll_deg)},
        "fieldOfView": float(fov_deg),
    }
