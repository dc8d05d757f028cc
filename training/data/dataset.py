"""Frames of a corpus as tensors: a torch `Dataset`, and the loader that training uses.

A batch is a mapping from modality name to a (b, c, h, w) tensor in physical units: `rgb` in [0, 1],
`depth` in metres (0: nothing hit), `normal` unit vectors in camera space (0: nothing hit), `canny`
0 or 1, `instance` and `semantic` int64 ids; other scalars and features float32 in their row's unit (NaN where
invalid), tokens int64, text a list of strings.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from training.config import DataConfig, View
from training.data.augment import crop, flipped, frame_size
from training.data.frame_cache import FrameStore, OnCache
from training.data.physical import Batch, to_physical, to_tensor
from tst_sim.corpus import Corpus
from tst_sim.errors import UserError
from tst_sim.modalities import Modality
from tst_sim.randomness import rng_for


class CorpusDataset(Dataset[Batch]):
    """The frames of a corpus for `torch.utils.data.DataLoader` and everyone else.

    `CorpusDataset("corpus")[i]` is a mapping from modality name to a (c, h, w) tensor, units as above;
    `keys[i]` is the sample's key. `houses` are source indices or names, None for all.
    `data_dir`: the data root in which frames of a read-only corpus are decoded.
    UserError for a folder that is no corpus and for modalities or houses it lacks.
    """

    def __init__(
        self,
        corpus: Corpus | str | Path,
        frame_set: str = "pretrain",
        houses: Sequence[int] | Sequence[str] | None = None,
        modalities: Sequence[str] = ("rgb", "depth", "normal"),
        *,
        cache_gb: float = 20.0,
        data_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        corpus = corpus if isinstance(corpus, Corpus) else Corpus(corpus)
        names = house_names(corpus, houses)
        self.store = FrameStore(corpus, frame_set, names, modalities, limit_bytes=cache_gb * 1e9, data_dir=data_dir)
        self.keys = self.store.keys

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, index: int) -> Batch:
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        numbers = [index % len(self)]
        cpu = torch.device("cpu")
        stored = {name: to_tensor(self.store.gather(name, numbers), cpu) for name in self.store.modalities}
        return {name: image[0] for name, image in to_physical(stored, self.store.rows).items()}


def house_names(corpus: Corpus, houses: Sequence[int] | Sequence[str] | None) -> tuple[str, ...]:
    """Names of houses given by source index or by name (None: all); UserError when one is absent."""
    if houses is None or all(isinstance(house, int) for house in houses):
        return corpus.houses_at(houses)  # type: ignore[arg-type]
    known = set(corpus.house_names)
    for house in houses:
        if house not in known:
            raise UserError(f"corpus {corpus.folder} has no house {house}; it has {', '.join(corpus.house_names)}")
    return tuple(str(house) for house in houses)


class BatchLoader:
    """Training batches whose content is a pure function of (seed, step): resuming needs no state but the step.

    Every epoch visits every frame once, in an order of its own. All modalities of a frame get the same random square
    crop, resized to `data.size`, and the same mirroring, each in the way that its row says.
    """

    def __init__(
        self,
        corpus: Corpus,
        frame_set: str,
        houses: Sequence[str] | None,
        modalities: Sequence[str],
        data: DataConfig,
        *,
        batch_size: int,
        seed: int,
        device: torch.device,
        on_cache: OnCache | None = None,
        data_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        self.store = FrameStore(
            corpus, frame_set, houses, modalities,
            size=data.size, limit_bytes=data.cache_gb * 1e9, on_cache=on_cache, data_dir=data_dir,
        )  # fmt: skip
        self.data, self.batch_size, self.seed, self.device = data, batch_size, seed, device
        self._order: tuple[int, np.ndarray] = (-1, np.zeros(0, np.int64))

    def __len__(self) -> int:
        """Frames in all."""
        return len(self.store)

    @property
    def rows(self) -> tuple[Modality, ...]:
        """The rows of the batch's modalities, in the batch's order."""
        return self.store.rows

    def frames_of(self, step: int) -> np.ndarray:
        """(batch_size,) frame numbers of a step's batch."""
        numbers = np.arange(step * self.batch_size, (step + 1) * self.batch_size)
        epochs, places = np.divmod(numbers, len(self.store))
        return np.array([self._epoch_order(int(epoch))[place] for epoch, place in zip(epochs, places)])

    def batch(self, step: int) -> Batch:
        """The augmented batch of a step, in physical units, on the device."""
        draws = rng_for(self.seed, "augment", step).random((self.batch_size, 4))
        images = self._physical(self.frames_of(step))
        size, scale, flip = self.data.size, self.data.crop_scale, self.data.flip
        if scale == (1.0, 1.0) and frame_size(images, self.rows) == (size, size):
            return flipped(images, draws[:, 3] < 0.5, self.rows) if flip else images
        return self._cropped(images, draws, View(size, scale), flip=flip)

    def crops(self, step: int, views: Sequence[View]) -> list[Batch]:
        """The frames of a step under several crops, a batch each, with their own randomness and size."""
        images = self._physical(self.frames_of(step))
        batches = []
        for number, view in enumerate(views):
            draws = rng_for(self.seed, "augment", step, "view", number).random((self.batch_size, 4))
            batches.append(self._cropped(images, draws, view, flip=self.data.flip))
        return batches

    def take(self, indices: Sequence[int]) -> Batch:
        """A batch of frames by number, centre square, resized to `data.size`, without randomness."""
        draws = np.full((len(indices), 4), 0.5)
        return self._cropped(self._physical(indices), draws, View(self.data.size, (1.0, 1.0)), flip=False)

    def _cropped(self, images: Batch, draws: np.ndarray, view: View, *, flip: bool) -> Batch:
        return crop(
            images, draws, self.rows, size=view.size, scale=view.scale, flip=flip, reduction=self.store.reduction
        )

    def _physical(self, indices: Sequence[int] | np.ndarray) -> Batch:
        names = self.store.modalities
        stored = {name: to_tensor(self.store.gather(name, indices), self.device) for name in names}  # type: ignore[arg-type]
        return to_physical(stored, self.store.rows)

    def _epoch_order(self, epoch: int) -> np.ndarray:
        if self._order[0] != epoch:
            self._order = epoch, rng_for(self.seed, "order", epoch).permutation(len(self.store))
        return self._order[1]
