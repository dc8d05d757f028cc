"""Build hook: compiles the CPU rasteriser, once for each instruction set, into the package."""

from __future__ import annotations

import ast
import platform
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from pybind11.setup_helpers import Pybind11Extension
from setuptools import Distribution
from setuptools.command.build_ext import build_ext

MODULE = "tst_sim.embedded.drawing.cpu._native"
NATIVE = Path("tst_sim/embedded/drawing/cpu/native")
# Nothing may be rounded in a machine's own way: no contraction to fused multiply-add.
FLAGS = ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-Wno-psabi", "-Wno-ignored-attributes"]
IS_X86_64 = platform.machine().lower() in ("x86_64", "amd64")
VARIANTS = {"baseline": [], **({"avx2": ["-mavx2"]} if IS_X86_64 else {})}


DRAWING = Path("tst_sim/embedded/drawing")
SHARED_CONSTANTS = {
    "TST_LIGHT_RANGE": (DRAWING / "vertices.py", "LIGHT_RANGE"),
    "TST_UV_STEPS": (DRAWING / "vertices.py", "UV_STEPS"),
    "TST_MAX_LAYERS": (DRAWING / "vertices.py", "MAX_LAYERS"),
    "TST_MAX_ROOMS": (DRAWING / "room_reflections.py", "MAX_ROOMS"),
    "TST_FACTOR_RANGE": (Path("tst_sim/embedded/textures/library.py"), "RANGE"),
}
"""Numbers that Python and C++ must agree on: each is written once, in Python (`gl/programs.py` hands them to GLSL)."""


def shared_constants() -> list[tuple[str, str]]:
    """(macro, value) of each, read from the source without running it."""
    return [(macro, _literal(path, name)) for macro, (path, name) in SHARED_CONSTANTS.items()]


def _literal(path: Path, name: str) -> str:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return repr(ast.literal_eval(node.value))
    raise SystemExit(f"{path} has no constant {name}")


class BuildVariants(build_ext):
    """Compiles `kernel.cpp` for every variant, then the rest, and links them."""

    def build_extension(self, ext: Any) -> None:
        for name, flags in VARIANTS.items():
            ext.extra_objects += self.compiler.compile(
                [str(NATIVE / "kernel.cpp")],
                output_dir=str(Path(self.build_temp) / name),
                macros=[("TST_VARIANT", name), *shared_constants()],
                include_dirs=self.compiler.include_dirs,
                extra_postargs=[*FLAGS, "-std=c++17", "-fvisibility=hidden", *flags],
            )
        super().build_extension(ext)


class NativeBuildHook(BuildHookInterface):
    """Puts the compiled module beside its sources, and into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        extension = Pybind11Extension(
            MODULE,
            [str(NATIVE / name) for name in ("module.cpp", "house.cpp")],
            cxx_std=17,
            define_macros=[*([("TST_HAS_AVX2", "1")] if IS_X86_64 else []), *shared_constants()],
            extra_compile_args=FLAGS,
            depends=[str(path) for path in sorted(NATIVE.glob("*.*pp"))],
        )
        command = BuildVariants(Distribution({"name": "tst-sim", "ext_modules": [extension]}))
        command.inplace = True
        command.ensure_finalized()
        command.run()
        built = command.get_ext_fullpath(MODULE)
        build_data["artifacts"].append(Path(built).resolve().relative_to(Path(self.root).resolve()).as_posix())
        build_data["pure_python"], build_data["infer_tag"] = False, True
