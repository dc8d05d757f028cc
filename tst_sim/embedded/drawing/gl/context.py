"""The OpenGL context: one per process, off screen, on EGL."""

from __future__ import annotations

import ctypes
import importlib.util
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import moderngl

from tst_sim.errors import UserError, one_line

DEVICE_VARIABLE = "TST_SIM_EGL_DEVICE"
"""Environment variable that names the EGL device to render on (a number, default 0)."""
_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swiftshader")


def shared_context() -> moderngl.Context:
    """The process's context, made at the first call; with it, EGL's software renderer where no GPU is.

    Contexts are never given back by Mesa, so there is one for all simulators of a process. llvmpipe
    takes its number of threads from `LP_NUM_THREADS` at this moment. UserError without EGL.
    """
    return _context(_device_index())


@cache
def _context(device: int) -> moderngl.Context:
    _load_compiler_of_torch()
    try:
        options: dict[str, Any] = {"backend": "egl", "device_index": device}
        context = moderngl.create_context(require=330, standalone=True, **options)
    except Exception as error:
        detail = one_line(error)[:120]
        raise UserError(
            f"no off-screen OpenGL 3.3 through EGL on device {device} ({detail}); on Debian or Ubuntu: "
            f"apt install libegl1 libgl1 libgl1-mesa-dri; several devices: set {DEVICE_VARIABLE}"
        ) from error
    return context


def _load_compiler_of_torch() -> None:
    """Load torch's compiler before Mesa's, so that a simulator and a network can live in one process.

    Both bring an LLVM of their own. llvmpipe's exports its symbols to the whole process, and triton's,
    loaded after it (`import timm` does), binds to them and crashes. The other way round both work.
    """
    spec = importlib.util.find_spec("triton")
    for folder in spec.submodule_search_locations or () if spec else ():
        for library in Path(folder).glob("_C/libtriton*.so"):
            with suppress(OSError):
                ctypes.CDLL(str(library))


def _device_index() -> int:
    text = os.environ.get(DEVICE_VARIABLE, "0")
    if not text.isdecimal():
        raise UserError(f"{DEVICE_VARIABLE}={text!r} is not a device number; give 0 for the first EGL device")
    return int(text)


def describe_context(context: moderngl.Context) -> dict[str, str]:
    """Vendor, renderer and version strings of the driver."""
    info = context.info
    return {
        "gl_vendor": str(info["GL_VENDOR"]),
        "gl_renderer": str(info["GL_RENDERER"]),
        "gl_version": str(info["GL_VERSION"]),
    }


def is_software(context: moderngl.Context) -> bool:
    """Whether the driver draws on this CPU."""
    return any(name in describe_context(context)["gl_renderer"].lower() for name in _SOFTWARE)
