"""What native/module.cpp offers. ValueError for arrays of other shapes or types, and for values out of bounds."""

from collections.abc import Sequence

import numpy as np

def antialiased(rgb: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The picture (h, w, 3) uint8 with smooth edges where the labels (h, w) uint32 change; nothing else is touched."""

def variants() -> list[str]:
    """Instruction sets that this processor has and this build knows, the best first; all give the same pictures."""

class Rasterizer:
    """A house's triangles, its textures and light, and the memory to draw them in."""

    def __init__(self, side: int, variant: str = "") -> None:
        """`side`: texels to a side of every layer, a power of two."""
    variant: str
    triangles: int
    def set_instance(self, number: int, vertices: np.ndarray, triangles: np.ndarray) -> None:
        """Instance `number`, from 0: vertices (n, 40) uint8 (vertices.py, `VERTEX`), triangles (m, 3) uint32."""

    def set_light_map(self, texels: np.ndarray) -> None:
        """(h, w, 4) uint8, roots of light."""

    def add_texture(self, layer: int, texels: np.ndarray) -> None:
        """A layer (side, side, 4) uint8 of roots of factors and shares of gloss, by number from 0 to 127."""

    def set_room_lights(self, room_lights: np.ndarray, ambient_specular: np.ndarray) -> None:
        """(64, 3) float32 each: where each room's lamp is, and what it shows a mirror."""

    def draw(
        self,
        camera_params: np.ndarray,
        width: int,
        height: int,
        orthographic: bool,
        sky: Sequence[int],
        names: Sequence[str],
        antialias: bool,
    ) -> dict[str, np.ndarray]:
        """One frame: arrays by modality name, in physical units. `camera_params` (21,) float32: the fields of
        `CAMERA_PARAMS` in their order; `sky`: 8 bits a channel, where nothing is hit."""
