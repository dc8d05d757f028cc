"""Smooth edges in colour pictures, from the exact labels of the same draw.

Where labels change there is an edge; how it runs on over its neighbours says how it really lies
between the pixels, and so how much of each colour a pixel shows (morphological anti-aliasing,
Reshetov 2009, whose edges are found in colours). Labels, depth and normals stay as they were drawn,
and so does everything that is not at an edge: writing, grain, tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


def smoothed(rgb: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The picture (h, w, 3) uint8 with smooth edges where the labels (h, w) change; nothing else is touched.

    A pixel at which runs of both directions meet is blended along the one that cuts more off it.
    """
    height, width = labels.shape
    flat, keys = rgb.reshape(-1, 3), np.ascontiguousarray(labels).reshape(-1)
    level = np.flatnonzero((labels[:-1] != labels[1:]).ravel())
    columns, rows = np.divmod(np.flatnonzero((labels[:, :-1] != labels[:, 1:]).T.ravel()), height)
    flatter = _shares(keys, level, (1, width), level % width, width)
    steeper = _shares(keys, rows * width + columns, (width, 1), rows, height)
    is_flatter = _total(flatter, len(keys)) >= _total(steeper, len(keys))
    result = flat.copy()
    for shares, wanted in ((flatter, True), (steeper, False)):
        for pixel, other, share in shares:
            chosen = np.flatnonzero(is_flatter.take(pixel) == wanted)
            here, there = pixel.take(chosen), other.take(chosen)
            own = flat.take(here, axis=0).astype(np.float32)
            step = (flat.take(there, axis=0) - own) * share.take(chosen)[:, None]
            result[here] = result.take(here, axis=0) + np.float32(0.5) + step
    return result.reshape(rgb.shape)


class _Share(NamedTuple):
    """Pixels, no two the same, which neighbour each one shows a part of, and how much."""

    pixel: np.ndarray
    other: np.ndarray
    share: np.ndarray


def _total(shares: Sequence[_Share], count: int) -> np.ndarray:
    """(count,) how much of each pixel is its neighbours'."""
    total = np.zeros(count, np.float32)
    for pixel, _, share in shares:
        total[pixel] += share
    return total


def _shares(keys: np.ndarray, edges: np.ndarray, steps: tuple[int, int], place: np.ndarray, line: int) -> list[_Share]:
    """What the edges between pixels `edges` and those one step across from them do to both.

    Pixels are numbered row by row; edges come in the order of their runs. `steps`: along the edge
    and across it; `place`: where on its line, `line` pixels long, each edge is.
    """
    if not len(edges):
        return []
    along, across = steps
    starts = np.ones(len(edges), bool)
    np.not_equal(edges[1:] - edges[:-1], along, out=starts[1:])
    starts |= place == 0
    first = np.flatnonzero(starts)
    lengths = np.diff(first, append=len(edges))
    last = first + lengths - 1
    from_first = (np.arange(len(edges)) - np.repeat(first, lengths)).astype(np.float32)
    length = np.repeat(lengths.astype(np.float32), lengths)
    near = far = np.float32(0)
    for end, inside, step, away in (
        (edges[first], place[first] > 0, -along, from_first),
        (edges[last], place[last] < line - 1, along, length - 1 - from_first),
    ):
        beyond = end + step * inside
        turns_near = keys[beyond] != keys[end]
        turns_far = keys[beyond + across] != keys[end + across]
        area = _area(away, length)
        near = near + area * np.repeat(turns_near & ~turns_far, lengths)
        far = far + area * np.repeat(turns_far & ~turns_near, lengths)
    chosen, beyond = np.flatnonzero(near), np.flatnonzero(far)
    return [
        _Share(edges[chosen], edges[chosen] + across, near[chosen]),
        _Share(edges[beyond] + across, edges[beyond], far[beyond]),
    ]


def _area(away: np.ndarray, length: np.ndarray) -> np.ndarray:
    """(n,) what the line over half a run, half a pixel high at the end, cuts off a pixel `away` pixels from there."""
    start, end = np.minimum(away, length / 2), np.minimum(away + 1, length / 2)
    return (end - start) * (np.float32(0.5) - (end + start) / (2 * length))
