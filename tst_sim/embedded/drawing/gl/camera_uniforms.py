"""Cameras as a uniform block for shaders (`shaders/cameras.glsl`): one entry a pose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tst_sim.embedded.drawing.camera import Camera

MAX_POSES = 64
"""Entries of the block: poses that one draw can show."""
BINDING = 0
"""Where the block is bound."""

CAMERA_UNIFORMS = np.dtype(
    [
        ("world_to_camera", "<f4", (3, 4)),
        ("eye", "<f4", 4),
        ("up", "<f4", 4),
        ("scale", "<f4", 2),
        ("depth_of_z", "<f4", 2),
        ("to_clip", "<f4", 4),
        ("slope", "<f4", 4),
        ("principal_point", "<f4", 4),
        ("sky", "<u4", 4),
    ]
)
"""160 bytes, laid out by the rules of std140."""


def camera_uniforms(cameras: Sequence[Camera], farthest_m: Sequence[float]) -> np.ndarray:
    """(cameras,) `CAMERA_UNIFORMS`; `farthest_m`: where those without a far plane may end, if they are orthographic."""
    block = np.zeros(len(cameras), CAMERA_UNIFORMS)
    for entry, camera, farthest in zip(block, cameras, farthest_m, strict=True):
        across, along = camera.ndc_scale
        times, plus, w_times, w_plus = camera.to_clip(farthest)
        # GL reads matrices column by column, so the rows of world-to-camera are the rotation's columns.
        entry["world_to_camera"][:, :3] = camera.rotation
        entry["eye"][:3] = camera.eye
        right, upward, forward = camera.rotation[1]
        entry["up"][:3] = right, upward, -forward
        entry["scale"] = across, -along
        entry["to_clip"] = times, plus, w_times, w_plus
        across_px, along_px = 2 / (across * camera.width), 2 / (along * camera.height)
        x, y = 2 * camera.principal_point[0] / camera.width, 2 * camera.principal_point[1] / camera.height
        entry["slope"] = across_px, -along_px, -x / across, y / along
        entry["principal_point"][:2] = x - 1, y - 1
        if camera.orthographic:
            entry["depth_of_z"] = -(1 + plus) / times, 2 / times
        entry["sky"][:3] = np.rint(255 * np.clip(camera.sky_color or (0, 0, 0), 0, 1))
    return block
