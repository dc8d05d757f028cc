"""Layered render targets: many poses are drawn at once, each into one layer of texture arrays."""

from __future__ import annotations

from collections.abc import Sequence

import moderngl

from tst_sim.embedded.drawing.gl import raw_gl
from tst_sim.embedded.drawing.gl.programs import Programs
from tst_sim.embedded.drawing.gl.readback import LABEL, AsyncReadback, PendingReadback
from tst_sim.embedded.drawing.gl.targets import IMAGES, clear
from tst_sim.modalities import Frame

MAX_SPARE = 8
"""A stack of more than this many times the layers that are needed is not used: all of them are cleared."""


class LayeredTargets:
    """Render targets of `layers` poses of one image size, and the wire they are read back through."""

    def __init__(self, context: moderngl.Context, programs: Programs, size: tuple[int, int], layers: int) -> None:
        self._context, self._size, self._layers = context, size, layers
        self._images = [context.texture_array((*size, layers), count, dtype=dtype) for count, dtype in IMAGES]
        for image in self._images:
            image.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self._buffer = context.framebuffer(self._images)
        self._depth = raw_gl.depth_layers(*size, layers)
        self._buffer.use()
        raw_gl.attach_depth(self._depth)
        self._buffer.depth_mask = True
        self._readback = AsyncReadback(context, programs, size, layers)

    def fits(self, size: tuple[int, int], poses: int) -> bool:
        """Whether it is of this size and has layers enough, and not far too many."""
        return self._size == size and poses <= self._layers <= MAX_SPARE * poses

    def clear(self, names: Sequence[str]) -> None:
        """Make ready to draw what is named."""
        clear(self._context, self._buffer, {"instance" if name == LABEL else name for name in names})

    def send(self, poses: int, names: Sequence[str]) -> PendingReadback:
        """Begin to read the first layers back; returns at once, and the next poses may be drawn."""
        return self._readback.send(self._images, poses, names)

    def receive(self, pending: PendingReadback, names: Sequence[str]) -> list[Frame]:
        """The frames of a pending readback, which must be the last one or the one before."""
        return self._readback.receive(pending, names)

    def release(self) -> None:
        """Free the images."""
        self._readback.release()
        for resource in (self._buffer, *self._images):
            resource.release()
        raw_gl.delete_texture(self._depth)
