"""The texture layers that houses show, as one array texture on the GPU."""

from __future__ import annotations

from collections.abc import Iterable

import moderngl
import numpy as np

from tst_sim.embedded.drawing.vertices import MAX_LAYERS
from tst_sim.embedded.textures.library import NAMES, NUMBER, texture_layer
from tst_sim.embedded.textures.noise import SIDE


class TextureArray:
    """An array with room for every layer, made and filled as houses need them; what is there stays."""

    def __init__(self, context: moderngl.Context) -> None:
        assert len(NAMES) <= MAX_LAYERS
        self._texture = context.texture_array((SIDE, SIDE, len(NAMES)), 4)
        self._held = np.zeros(len(NAMES), bool)
        self.add([NUMBER["plain"]])

    def add(self, layers: Iterable[int]) -> None:
        """Make sure that these layers of the library are there, each at its own number."""
        new = [layer for layer in sorted(set(layers)) if not self._held[layer]]
        for layer in new:
            self._texture.write(texture_layer(layer).texels.tobytes(), viewport=(0, 0, layer, SIDE, SIDE, 1))
            self._held[layer] = True
        if new:
            self._texture.build_mipmaps()
            self._texture.filter = (moderngl.LINEAR_MIPMAP_NEAREST, moderngl.LINEAR)

    def use(self, unit: int) -> None:
        """Bind the array."""
        self._texture.use(unit)

    def release(self) -> None:
        """Free the array."""
        self._texture.release()
