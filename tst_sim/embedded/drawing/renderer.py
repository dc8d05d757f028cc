"""The renderer protocol, and renderers opened by name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tst_sim.embedded.drawing.camera import Camera
from tst_sim.embedded.live_scene import LiveScene
from tst_sim.errors import UserError
from tst_sim.modalities import Frame, Modality

RENDERERS = ("auto", "cpu", "gl")
RENDERER_VARIABLE = "TST_SIM_RENDERER"
"""Environment variable that says what `auto` is: one of `RENDERERS`."""


class Renderer(Protocol):
    """Draws what a live scene shows; not thread-safe."""

    def sync(self, live_scene: LiveScene) -> None:
        """Take over what has changed on the live scene since the last time."""
        ...

    def draw(self, cameras: Sequence[Camera], modalities: Sequence[Modality]) -> list[Frame]:
        """A frame a camera, in physical units, of what was last synced."""
        ...

    def describe(self) -> dict[str, str]:
        """What equal frames depend on, beyond the engine's version."""
        ...

    def release(self) -> None:
        """Free what it holds; safe to call twice."""
        ...


def open_renderer(name: str = "auto", *, antialias: bool = True) -> Renderer:
    """`cpu`, `gl` (a GPU through OpenGL), or `auto`: a GPU if there is one, else the CPU.

    UserError for another name, and where `gl` finds no OpenGL.
    """
    if name == "auto":
        name = os.environ.get(RENDERER_VARIABLE, "auto")
    if name not in RENDERERS:
        raise UserError(f"unknown renderer {name!r}; choose from {', '.join(RENDERERS)}")
    if name == "gl" or (name == "auto" and _has_gpu()):
        from tst_sim.embedded.drawing.gl.renderer import GlRenderer

        return GlRenderer(antialias=antialias)
    from tst_sim.embedded.drawing.cpu.renderer import CpuRenderer

    return CpuRenderer(antialias=antialias)


def _has_gpu() -> bool:
    """Whether OpenGL draws on something other than this CPU; asked only where there is a graphics device."""
    devices = [*Path("/dev").glob("nvidia[0-9]*"), *Path("/dev/dri").glob("renderD*")]
    if not devices:
        return False
    from tst_sim.embedded.drawing.gl.context import is_software, shared_context

    try:
        context = shared_context()
    except UserError:
        return False
    with context:
        return not is_software(context)
