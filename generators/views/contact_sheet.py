"""One picture to look at: rows are modalities, columns are frames spread over the corpus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tst_sim.corpus import FrameSetRecord, open_frames
from tst_sim.corpus.colorize import as_picture
from tst_sim.modalities import Kind, Modality
from tst_sim.storage import atomic_write

COLUMNS = 8
TILE_PX = 192
GAP_PX = 4


def write_contact_sheet(
    folder: Path, records: Sequence[FrameSetRecord], rows: Sequence[Modality], classes: Sequence[str], path: Path
) -> None:
    """Write a PNG of `COLUMNS` frames from houses and frames spread evenly over the records."""
    chosen = [number * len(records) // COLUMNS for number in range(COLUMNS)]
    opened = {place: open_frames(folder, records[place]) for place in chosen}
    columns = []
    for number, place in enumerate(chosen):
        frames = opened[place]
        key = frames.keys[(2 * number + 1) * len(frames.keys) // (2 * COLUMNS)]
        pictures = [(as_picture(row, frames.stored(key, row), classes), row.kind is Kind.COLOR) for row in rows]
        tiles = [_tile(picture, smooth=smooth) for picture, smooth in pictures]
        columns.append(np.concatenate([_padded(tile) for tile in tiles], axis=0))
    sheet = np.concatenate(columns, axis=1)[:-GAP_PX, :-GAP_PX]
    with atomic_write(path) as file:
        Image.fromarray(sheet).save(file, "PNG")


def _tile(picture: np.ndarray, *, smooth: bool) -> np.ndarray:
    height, width = picture.shape[:2]
    scale = TILE_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    method = Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize(size, method))


def _padded(tile: np.ndarray) -> np.ndarray:
    return np.pad(tile, ((0, GAP_PX), (0, GAP_PX), (0, 0)), constant_values=255)
