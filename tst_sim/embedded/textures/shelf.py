"""The layers that a house shows, as one array of textures on the GPU."""

from __future__ import annotations

from collections.abc import Iterable

import moderngl
import numpy as np

from tst_sim.embedded.textures.library import NUMBER, made
from tst_sim.embedded.textures.noise import SIDE

MOST_KEPT = 127
"""Slots that a vertex can name."""
_SPARE = 8


class TextureShelf:
    """An array of layers that grows as houses need more; a layer keeps its slot once it has one."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self.slots = np.zeros(256, np.uint8)
        """Slot by the layer's number in the library; 0, what has no texture, for what was never asked for."""
        self._layers: list[int] = []
        self._texture: moderngl.TextureArray | None = None
        self.hold([NUMBER["plain"]])

    def hold(self, layers: Iterable[int]) -> None:
        """Make sure that these layers of the library have slots."""
        new = sorted(set(layers) - set(self._layers))
        if not new:
            return
        for layer in new:
            self.slots[layer] = len(self._layers)
            self._layers.append(layer)
        assert len(self._layers) <= MOST_KEPT
        if self._texture is None or len(self._layers) > self._texture.layers:
            self._grow()
            new = self._layers
        assert self._texture is not None
        for layer in new:
            texels = made(layer).texels
            self._texture.write(texels.tobytes(), viewport=(0, 0, int(self.slots[layer]), SIDE, SIDE, 1))
        self._texture.build_mipmaps()
        self._texture.filter = (moderngl.LINEAR_MIPMAP_NEAREST, moderngl.LINEAR)

    def use(self, unit: int) -> None:
        """Bind the array."""
        assert self._texture is not None
        self._texture.use(unit)

    def release(self) -> None:
        """Free the array."""
        if self._texture is not None:
            self._texture.release()
            self._texture = None

    def _grow(self) -> None:
        self.release()
        self._texture = self._context.texture_array((SIDE, SIDE, len(self._layers) + _SPARE), 4)
