"""Asynchronous readback: a shader packs each frame into its final bytes; of two pixel buffers one fills while the
other is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import moderngl
import numpy as np

from tst_sim.embedded.drawing.cpu._native import antialiased
from tst_sim.embedded.drawing.gl import raw_gl
from tst_sim.embedded.drawing.gl.programs import Programs
from tst_sim.modalities import Frame

MAX_ROWS = 8192
LABEL = "label"
"""A section beside the modalities: instance, class and facet, which `antialiased` finds edges by."""


class _PackedImage(NamedTuple):
    image: int
    """Which of the stack's images it is made from."""
    components: int
    dtype: type[np.generic]

    def words(self, pixels: int) -> int:
        """Of 4 bytes, the last one perhaps in part."""
        return -(-pixels * self.components * np.dtype(self.dtype).itemsize // 4)


PACKED_IMAGES = {
    "rgb": _PackedImage(0, 3, np.uint8),
    "depth": _PackedImage(1, 1, np.float32),
    "normal": _PackedImage(2, 3, np.float32),
    "instance": _PackedImage(3, 1, np.uint16),
    "semantic": _PackedImage(3, 1, np.uint8),
    LABEL: _PackedImage(3, 1, np.uint32),
}


class PendingReadback(NamedTuple):
    """Frames that were sent and not yet received."""

    slot: int
    poses: int
    names: tuple[str, ...]
    """The sections sent."""


class AsyncReadback:
    """Packs images of one size and reads them back by two buffers in turn: one fills while the other is emptied."""

    def __init__(self, context: moderngl.Context, programs: Programs, size: tuple[int, int], layers: int) -> None:
        self._context, self._programs, self._size = context, programs, size
        times = 1
        while layers * sum(self._rows(name, times * size[0]) for name in PACKED_IMAGES) > MAX_ROWS:
            times += 1
        self._across = times * size[0]
        self._height = layers * sum(self._rows(name, self._across) for name in PACKED_IMAGES)
        self._words = context.texture((self._across, self._height), 1, dtype="u4")
        self._target = context.framebuffer([self._words])
        self._numbers = [raw_gl.pixel_buffer(4 * self._across * self._height) for _ in range(2)]
        self._buffers = [context.external_buffer(number, 4 * self._across * self._height) for number in self._numbers]
        self._quads: dict[str, moderngl.VertexArray] = {}
        self._turn = 0

    def send(self, images: Sequence[moderngl.TextureArray], poses: int, names: Sequence[str]) -> PendingReadback:
        """Begin to copy these sections of the first layers; returns at once."""
        self._target.use()
        self._context.enable_only(moderngl.NOTHING)
        rows = {name: self._rows(name, self._across) for name in names}
        frame, top = sum(rows.values()), 0
        for name in names:
            images[PACKED_IMAGES[name].image].use(0)
            quad = self._full_screen_quad(name, (frame, top, rows[name], self._height))
            quad.render(moderngl.TRIANGLE_STRIP, 4, instances=poses)
            top += rows[name]
        self._turn = 1 - self._turn
        part = (0, 0, self._across, frame * poses)
        self._target.read_into(self._buffers[self._turn], part, components=1, alignment=4, dtype="u4")
        raw_gl.flush()
        return PendingReadback(self._turn, poses, tuple(names))

    def receive(self, pending: PendingReadback, names: Sequence[str]) -> list[Frame]:
        """The frames, in the order of layers; where `LABEL` was sent, `rgb` is antialiased by it."""
        width, height = self._size
        rows = [self._rows(name, self._across) for name in pending.names]
        frames: list[Frame] = []
        for pose in range(pending.poses):
            # Memory of its own for each frame: one that is kept keeps no others.
            data, offset = np.empty(4 * self._across * sum(rows), np.uint8), 0
            self._buffers[pending.slot].read_into(data, data.nbytes, pose * data.nbytes)
            parts: dict[str, np.ndarray] = {}
            for name, count in zip(pending.names, rows):
                _, components, dtype = PACKED_IMAGES[name]
                flat = np.frombuffer(data, dtype, width * height * components, offset)
                parts[name] = flat.reshape((height, width, components) if components > 1 else (height, width))
                offset += 4 * self._across * count
            if LABEL in parts:
                parts["rgb"] = antialiased(parts["rgb"], parts[LABEL])
            frames.append({name: parts[name] for name in names})
        return frames

    def release(self) -> None:
        """Free its images and buffers."""
        for resource in (*self._quads.values(), self._target, self._words, *self._buffers):
            resource.release()
        for number in self._numbers:
            raw_gl.delete_buffer(number)

    def _rows(self, name: str, across: int) -> int:
        return -(-PACKED_IMAGES[name].words(self._size[0] * self._size[1]) // across)

    def _full_screen_quad(self, name: str, place: tuple[int, int, int, int]) -> moderngl.VertexArray:
        program = self._programs.pack(name)
        program["image"], program["size"], program["across"] = 0, self._size, self._across
        program["place"] = place
        if name not in self._quads:
            self._quads[name] = self._context.vertex_array(program, [])
        return self._quads[name]
