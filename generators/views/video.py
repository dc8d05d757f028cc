"""Pictures become an MP4 that every browser plays: H.264, through the ffmpeg that imageio-ffmpeg brings along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from tst_sim.errors import StorageError
from tst_sim.storage import atomic_path

QUALITY_CRF = "18"
"""x264's constant rate factor: 18 is as good as visually lossless."""


def write_mp4(path: Path, pictures: Iterable[np.ndarray], *, fps: int) -> None:
    """Write (h, w, 3) uint8 pictures of one size as they come; the file appears when it is complete.

    H.264 with 4:2:0 colors needs even sizes: an odd last row or column is doubled. StorageError when it cannot be
    written.
    """
    even = (_even(picture) for picture in pictures)
    try:
        with atomic_path(path) as partial:
            _encode(str(partial), even, fps)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or str(error).splitlines()[0]}") from error


def _even(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    return np.ascontiguousarray(np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge"))


def _encode(file: str, pictures: Iterator[np.ndarray], fps: int) -> None:
    first = next(pictures)
    writer = imageio_ffmpeg.write_frames(
        file,
        (first.shape[1], first.shape[0]),
        fps=fps,
        codec="libx264",
        quality=None,  # pyright: ignore[reportArgumentType]  # documented: then the parameters below decide
        macro_block_size=1,
        output_params=["-crf", QUALITY_CRF, "-preset", "medium", "-movflags", "+faststart", "-f", "mp4"],
    )
    with closing(writer):
        writer.send(None)
        for picture in chain([first], pictures):
            writer.send(picture)
