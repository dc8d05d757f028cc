"""The shader programs, compiled from their sources at first use."""

from __future__ import annotations

from importlib.resources import files

import moderngl

from tst_sim.embedded.drawing.gl.camera_uniforms import BINDING, MAX_POSES
from tst_sim.embedded.drawing.room_reflections import MAX_ROOMS
from tst_sim.embedded.drawing.vertices import LIGHT_RANGE, MAX_LAYERS, UV_STEPS
from tst_sim.embedded.textures.library import RANGE

LAYER_EXTENSIONS = ("GL_ARB_shader_viewport_layer_array", "GL_AMD_vertex_shader_layer")
"""Either lets a vertex shader choose the layer that is drawn into."""

CONSTANTS = {
    "LIGHT_RANGE": LIGHT_RANGE,
    "FACTOR_RANGE": RANGE,
    "UV_STEPS": float(UV_STEPS),
    "MAX_LAYERS": MAX_LAYERS,
    "MAX_ROOMS": MAX_ROOMS,
    "MAX_POSES": MAX_POSES,
}
"""Numbers that Python and GLSL must agree on; `hatch_build.py` hands them to C++."""


def can_stack(context: moderngl.Context) -> bool:
    """Whether many poses can be one draw: indirect draws (OpenGL 4.3), and a layer by vertex."""
    return context.version_code >= 430 and any(name in context.extensions for name in LAYER_EXTENSIONS)


class Programs:
    """Those of one context: surfaces as one pose or many see them, and what packs images into words."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._made: dict[tuple[str, tuple[str, ...]], moderngl.Program] = {}

    def surface(self, *, orthographic: bool, stacked: bool) -> moderngl.Program:
        """Every modality of a pose or, `stacked`, of many at once."""
        return self._program("surface", {"ORTHOGRAPHIC": orthographic, "STACKED": stacked})

    def pack(self, section: str) -> moderngl.Program:
        """One modality's share of the words that a frame is read back as."""
        return self._program("pack", {f"PACK_{section.upper()}": True, "STACKED": True})

    def release(self) -> None:
        """Free them all; they are made again when they are needed."""
        for program in self._made.values():
            program.release()
        self._made.clear()

    def _program(self, name: str, switches: dict[str, bool]) -> moderngl.Program:
        chosen = tuple(switch for switch, on in switches.items() if on)
        key = name, chosen
        if key not in self._made:
            vertex, fragment = (_source(f"{name}.{shader}", chosen) for shader in ("vert", "frag"))
            program = self._context.program(vertex_shader=vertex, fragment_shader=fragment)
            if "Cameras" in program:
                program["Cameras"].binding = BINDING  # type: ignore
            self._made[key] = program
        return self._made[key]


def _source(name: str, switches: tuple[str, ...]) -> str:
    """A shader with what it takes in (`//! name`) and its switches defined."""
    drawing = files("tst_sim.embedded.drawing")
    folders = {"cameras.glsl": drawing / "gl" / "shaders", "shading.glsl": drawing}
    text = (drawing / "gl" / "shaders" / name).read_text()
    for included, folder in folders.items():
        text = text.replace(f"//! {included}", (folder / included).read_text())
    version, rest = text.split("\n", 1)
    head = [version]
    if "STACKED" in switches:
        head = ["#version 430 core", *(f"#extension {extension} : enable" for extension in LAYER_EXTENSIONS)]
    defines = [
        *(f"#define {name} {value}" for name, value in CONSTANTS.items()),
        *(f"#define {name}" for name in switches),
    ]
    return "\n".join([*head, *defines, rest])
