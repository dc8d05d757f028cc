"""The embedded engine: houses drawn by our own renderer, on a GPU or without one."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from tst_sim.embedded.context import describe_context, shared_context
from tst_sim.embedded.free_space import free_space
from tst_sim.embedded.lighting import bake
from tst_sim.embedded.renderer import Renderer
from tst_sim.embedded.scene import Scene, ShapeCache, build_scene
from tst_sim.errors import UserError
from tst_sim.geometry import Intrinsics, Pose
from tst_sim.houses import House
from tst_sim.modalities import Frame, Modality
from tst_sim.simulator import FreeSpace, Instance

ENGINE_VERSION = "1"
"""Raised whenever the same house and pose give other pictures."""


class EmbeddedSimulator:
    """`Simulator` on ModernGL and EGL; several may live in one process, sharing its context.

    The context is current only while a method runs, so other users of OpenGL are left alone.
    """

    name = "embedded"

    def __init__(self) -> None:
        self._context = shared_context()
        with self._context:
            self._renderer: Renderer | None = Renderer(self._context)
        self._shapes = ShapeCache()
        self._scene: Scene | None = None

    @property
    def scene(self) -> Scene:
        """The current house as triangles."""
        if self._scene is None:
            raise UserError("no house is loaded into the simulator; call load(house) first")
        return self._scene

    def load(self, house: House) -> None:
        """Build, light and upload a house in place of the one before."""
        renderer = self._open_renderer()
        scene = build_scene(house, self._shapes)
        light = bake(scene)
        with self._context:
            renderer.load(scene, light)
        self._scene = scene

    def instances(self) -> tuple[Instance, ...]:
        """The current house's table: shell, doors, windows, objects, ids rising from 1."""
        return self.scene.instances

    def free_space(self, spacing_m: float) -> FreeSpace:
        """Floor points where the agent's capsule fits; doorways that stand open are passable."""
        return free_space(self.scene, spacing_m)

    def render(self, poses: Sequence[Pose], modalities: Sequence[Modality], *, intrinsics: Intrinsics) -> list[Frame]:
        """One frame a pose; see `tst_sim.simulator.Simulator.render` for shapes and units."""
        assert self.scene
        renderer = self._open_renderer()
        with self._context:
            return [renderer.draw(pose, modalities, intrinsics) for pose in poses]

    def describe(self) -> dict[str, str]:
        """Engine version and the driver's names: what equal frames depend on."""
        with self._context:
            driver = describe_context(self._context)
        return {"simulator": self.name, "engine_version": ENGINE_VERSION, **driver}

    def close(self) -> None:
        """Free GPU memory; the process keeps its context. Safe to call twice."""
        if self._renderer is not None:
            with self._context:
                self._renderer.release()
            self._renderer = None
        self._scene = None

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
