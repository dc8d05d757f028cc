"""The render targets of one image size, and how they are read back."""

from __future__ import annotations

from collections.abc import Sequence

import moderngl
import numpy as np

from tst_sim.embedded.drawing.cpu._native import antialiased
from tst_sim.houses import Color

CONTENTS = ({"rgb"}, {"depth"}, {"normal"}, {"instance", "semantic"})
"""What each target is read for, in the order of the fragment shader's outputs."""
IMAGES = ((4, "f1"), (1, "f4"), (4, "f4"), (2, "u2"))
"""Components and type of each; 28 bytes a pixel, 32 with the depth that is tested."""


def clear(context: moderngl.Context, buffer: moderngl.Framebuffer, names: set[str]) -> None:
    """Make a framebuffer of `IMAGES` ready to draw what is named; the driver leaves out the work for the rest."""
    buffer.use()
    mask(buffer, names)
    buffer.clear()
    context.enable_only(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
    context.cull_face = "back"
    context.front_face = "ccw"


def mask(buffer: moderngl.Framebuffer, names: set[str]) -> None:
    """Have only what is named written to."""
    buffer.color_mask = tuple((bool(content & names),) * 4 for content in CONTENTS)  # type: ignore


class Targets:
    """The render targets of one image size."""

    def __init__(self, context: moderngl.Context, width: int, height: int) -> None:
        self._context = context
        self.size = (width, height)
        self._textures = [context.texture(self.size, count, dtype=dtype) for count, dtype in IMAGES]
        self._depth = context.depth_renderbuffer(self.size)
        self._buffer = context.framebuffer(self._textures, self._depth)

    def clear(self, names: Sequence[str], sky_color: Color | None = None) -> None:
        """Make ready to draw what is named."""
        clear(self._context, self._buffer, set(names))
        if sky_color is not None and "rgb" in names:
            mask(self._buffer, {"rgb"})
            self._buffer.clear(*sky_color)
            mask(self._buffer, set(names))

    def read(self, names: Sequence[str], *, antialias: bool = False) -> dict[str, np.ndarray]:
        """The images (h, w) or (h, w, 3) by modality. Row 0 is the top row already: the projection is upside down.

        `antialias` smooths the edges of `rgb`; instances must have been drawn.
        """
        frame: dict[str, np.ndarray] = {}
        smooth = antialias and "rgb" in names
        labels = self._read(3, 2, "u2") if smooth or {"instance", "semantic"} & set(names) else None
        for name in names:
            if name == "rgb":
                frame[name] = self._read(0, 3, "f1").view(np.uint8)
                if smooth and labels is not None:
                    frame[name] = antialiased(frame[name], labels.view(np.uint32)[..., 0])
            elif name == "depth":
                frame[name] = self._read(1, 1, "f4")[..., 0]
            elif name == "normal":
                frame[name] = self._read(2, 3, "f4")
            elif name == "instance" and labels is not None:
                frame[name] = np.ascontiguousarray(labels[..., 0])
            elif name == "semantic" and labels is not None:
                frame[name] = labels[..., 1].astype(np.uint8)
        return frame

    def _read(self, attachment: int, components: int, dtype: str) -> np.ndarray:
        data = self._buffer.read(components=components, attachment=attachment, dtype=dtype, alignment=1)
        kind = {"f1": np.uint8, "f4": np.float32, "u2": np.uint16}[dtype]
        return np.frombuffer(data, kind).reshape(self.size[1], self.size[0], components)

    def release(self) -> None:
        """Free the images."""
        for resource in (self._buffer, self._depth, *self._textures):
            resource.release()
