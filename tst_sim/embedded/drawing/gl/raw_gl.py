"""OpenGL calls that moderngl does not offer: layered depth images, pixel buffers for readback, flushing."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

_TEXTURE_2D_ARRAY, _DEPTH_COMPONENT24, _DEPTH_COMPONENT = 0x8C1A, 0x81A6, 0x1902
_UNSIGNED_INT, _MIN_FILTER, _MAG_FILTER, _NEAREST = 0x1405, 0x2801, 0x2800, 0x2600
_FRAMEBUFFER, _DEPTH_ATTACHMENT = 0x8D40, 0x8D00
_PIXEL_PACK_BUFFER, _STREAM_READ = 0x88EB, 0x88E1


@cache
def _function(name: str, *arguments: Any) -> Any:
    """An OpenGL function without a result, as EGL knows it; of whichever context is current."""
    find = ctypes.CDLL("libEGL.so.1").eglGetProcAddress
    find.restype, find.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    address = find(name.encode())
    assert address, f"{name} is not in OpenGL"
    return ctypes.CFUNCTYPE(None, *arguments)(address)


def depth_layers(width: int, height: int, layers: int) -> int:
    """A new array of depth images, 24 bits as moderngl's are; `delete_texture` frees it."""
    number = _made("glGenTextures")
    _function("glBindTexture", ctypes.c_uint, ctypes.c_uint)(_TEXTURE_2D_ARRAY, number)
    arguments = [ctypes.c_uint, *[ctypes.c_int] * 6, *[ctypes.c_uint] * 2, ctypes.c_void_p]
    storage = _function("glTexImage3D", *arguments)
    shape = (width, height, layers, 0)
    storage(_TEXTURE_2D_ARRAY, 0, _DEPTH_COMPONENT24, *shape, _DEPTH_COMPONENT, _UNSIGNED_INT, None)
    for which in (_MIN_FILTER, _MAG_FILTER):
        _function("glTexParameteri", ctypes.c_uint, ctypes.c_uint, ctypes.c_int)(_TEXTURE_2D_ARRAY, which, _NEAREST)
    return number


def attach_depth(texture: int) -> None:
    """All layers of a depth array, to the framebuffer that is in use."""
    attach = _function("glFramebufferTexture", ctypes.c_uint, ctypes.c_uint, ctypes.c_uint, ctypes.c_int)
    attach(_FRAMEBUFFER, _DEPTH_ATTACHMENT, texture, 0)


def pixel_buffer(size: int) -> int:
    """A new buffer of so many bytes that the driver keeps where this CPU reads fast; `delete_buffer` frees it."""
    number = _made("glGenBuffers")
    bind = _function("glBindBuffer", ctypes.c_uint, ctypes.c_uint)
    bind(_PIXEL_PACK_BUFFER, number)
    fill = _function("glBufferData", ctypes.c_uint, ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_uint)
    fill(_PIXEL_PACK_BUFFER, size, None, _STREAM_READ)
    bind(_PIXEL_PACK_BUFFER, 0)
    return number


def flush() -> None:
    """Have the GPU begin with what it was told so far; returns at once."""
    _function("glFlush")()


def delete_texture(number: int) -> None:
    """Free a texture of this module."""
    _delete("glDeleteTextures", number)


def delete_buffer(number: int) -> None:
    """Free a buffer of this module."""
    _delete("glDeleteBuffers", number)


def _made(name: str) -> int:
    number = ctypes.c_uint()
    _function(name, ctypes.c_int, ctypes.POINTER(ctypes.c_uint))(1, ctypes.byref(number))
    return number.value


def _delete(name: str, number: int) -> None:
    _function(name, ctypes.c_int, ctypes.POINTER(ctypes.c_uint))(1, ctypes.byref(ctypes.c_uint(number)))
