"""Frames in physical units as the raw images that AI2-THOR's client decodes: bottom row first, no padding."""

from __future__ import annotations

import numpy as np

from tst_sim.modalities import Frame
from tst_sim.thor.player.colors import BACKGROUND, Labels
from tst_sim.thor.player.transport import Picture

FAR_M = np.float32(20.0)
"""Depth where nothing is hit: AI2-THOR's far plane."""

NO_NORMAL = 0xFF808080
"""How the zero vector is coded; all others have unit length, so none is mistaken for it."""
NO_NORMAL_SHOWN = int.from_bytes((*BACKGROUND, 255), "little")

OF_THE_AGENT = {
    "rgb": Picture.RGB, "depth": Picture.DEPTH, "normal": Picture.NORMALS,
    "instance": Picture.IDS, "semantic": Picture.CLASSES,
}  # fmt: skip
OF_A_CAMERA = {
    "rgb": Picture.CAMERA_RGB, "depth": Picture.CAMERA_DEPTH, "normal": Picture.CAMERA_NORMALS,
    "instance": Picture.CAMERA_IDS, "semantic": Picture.CAMERA_CLASSES,
}  # fmt: skip


def encode(name: str, frame: Frame, labels: Labels) -> bytes:
    """One modality of a frame: rgb 3 bytes a pixel; depth float32 metres; normals, ids and classes RGBA.

    Ids and classes both come from the frame's instances, so they agree pixel by pixel.
    """
    if name == "rgb":
        return frame["rgb"][::-1].tobytes()
    if name == "depth":
        depth = frame["depth"][::-1].astype("<f4")
        depth[depth == 0] = FAR_M
        return depth.tobytes()
    if name == "normal":
        return _normals(frame["normal"])
    table = labels.instance_pixels if name == "instance" else labels.class_pixels
    return table.take(frame["instance"][::-1]).tobytes()


def _normals(normals: np.ndarray) -> bytes:
    """n * 0.5 + 0.5 in 8 bits. Whole pixels are put together as integers: thrice as fast as byte by byte."""
    scaled = normals * np.float32(127.5)
    scaled += np.float32(128)
    red, green, blue = (scaled.astype(np.uint8)[..., axis] for axis in range(3))
    pixels = np.full(red.shape, 0xFF000000, "<u4")
    pixels |= red
    pixels |= green.astype("<u4") << 8
    pixels |= blue.astype("<u4") << 16
    pixels[pixels == NO_NORMAL] = NO_NORMAL_SHOWN
    return pixels[::-1].tobytes()
