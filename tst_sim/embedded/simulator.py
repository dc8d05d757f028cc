"""The embedded engine: houses drawn by our own renderer, on a GPU or without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType

from tst_sim.embedded.camera_spec import CameraSpec
from tst_sim.embedded.drawing.camera import Camera
from tst_sim.embedded.drawing.renderer import Renderer, open_renderer
from tst_sim.embedded.light.lighting import described
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.embedded.scene.free_space import free_space
from tst_sim.embedded.scene.scene import Scene
from tst_sim.errors import UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import Frame, Modality
from tst_sim.simulator import FreeSpace, Instance

ENGINE_VERSION = "4"
"""Raised whenever the same house and pose give other pictures."""


class EmbeddedSimulator:
    """`Simulator` that draws on the CPU or a GPU; several may live in one process.

    It draws its `live_scene`, or the one it is given: what is arranged there shows in the next picture.
    """

    name = "embedded"

    def __init__(
        self,
        live_scene: LiveScene | None = None,
        *,
        drawn_from: Mapping[str, str] | None = None,
        antialias: bool = True,
        renderer: str = "auto",
    ) -> None:
        """`drawn_from` joins `describe()`: the sources of the shapes, where they are not only the catalogue.

        `antialias` smooths the edges of things in `rgb`; ids, depth and normals are the same with and without.
        `renderer` is one of `tst_sim.embedded.drawing.renderer.RENDERERS`.
        """
        self.live_scene = live_scene or LiveScene()
        self._drawn_from = dict(drawn_from or {})
        self._antialias = antialias
        self._renderer: Renderer | None = open_renderer(renderer, antialias=antialias)
        self._drawn_by = self._renderer.describe()

    @property
    def scene(self) -> Scene:
        """The current house as it was made, in triangles."""
        if self.live_scene.house is None:
            raise UserError("no house is loaded into the simulator; call load(house) first")
        return self.live_scene.scene

    def load(self, house: House) -> None:
        """Build, light and upload a house in place of the one before."""
        renderer = self._open_renderer()
        self.live_scene.load(house)
        self.live_scene.bake_light()  # here, so that drawing only uploads
        renderer.sync(self.live_scene)

    def instances(self) -> tuple[Instance, ...]:
        """The current house's table: structure, doors, windows, objects, ids rising from 1."""
        assert self.scene
        return self.live_scene.instances

    def free_space(self, spacing_m: float) -> FreeSpace:
        """Floor points where the agent's capsule fits; doorways that stand open are passable.

        Of the house as it was made, whatever was moved since.
        """
        return free_space(self.scene, spacing_m)

    def render(self, poses: Sequence[Pose], modalities: Sequence[Modality], *, intrinsics: Intrinsics) -> list[Frame]:
        """One frame a pose; see `tst_sim.simulator.Simulator.render` for shapes and units."""
        assert self.scene
        width, height = intrinsics.width, intrinsics.height
        lens = None if intrinsics.is_centred else intrinsics
        views = [replace(CameraSpec.of(pose, intrinsics.fov_deg), lens=lens) for pose in poses]
        return self._draw(views, modalities, width, height)

    def render_views(
        self, views: Sequence[CameraSpec], modalities: Sequence[Modality], *, width: int, height: int
    ) -> list[Frame]:
        """One frame a view of the live scene as it is now, also of an empty one; shapes and units as `render`.

        UserError for a view that no camera can have, or an image size out of bounds.
        """
        return self._draw(views, modalities, width, height)

    def _draw(
        self, views: Sequence[CameraSpec], modalities: Sequence[Modality], width: int, height: int
    ) -> list[Frame]:
        renderer = self._open_renderer()
        cameras = [Camera.of(view, width, height) for view in views]
        renderer.sync(self.live_scene)
        return renderer.draw(cameras, modalities)

    def describe(self) -> dict[str, str]:
        """Engine version, renderer and light: what equal frames depend on."""
        return {
            "simulator": self.name,
            "engine_version": ENGINE_VERSION,
            **self._drawn_by,
            **described(self.live_scene.lighting),
            "antialias": "on" if self._antialias else "off",
            **self._drawn_from,
        }

    def close(self) -> None:
        """Free the renderer's memory and the live scene's. Safe to call twice."""
        if self._renderer is not None:
            self._renderer.release()
            self._renderer = None
        self.live_scene = LiveScene(light=self.live_scene.lighting)

    def __enter__(self) -> EmbeddedSimulator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_renderer(self) -> Renderer:
        if self._renderer is None:
            raise UserError("this simulator is closed; open another with open_simulator()")
        return self._renderer
