"""Frames of a corpus as tensors: a torch `Dataset`, and the loader that training uses.

A batch is a mapping from modality name to a (b, c, h, w) tensor in physical units: `rgb` in [0, 1],
`depth` in metres (0: nothing hit), `normal` unit vectors in camera space (0: nothing hit), `canny`
0 or 1, `instance` and `semantic` int64 ids.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset

from training.config import DataConfig, modality_names
from training.data.frame_cache import FrameStore, OnCache
from tst_sim.corpus import Corpus
from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES
from tst_sim.randomness import rng_for

Batch = dict[str, Tensor]


def to_physical(stored: Mapping[str, Tensor]) -> Batch:
    """Stored integers (b, h, w) or (b, h, w, 3) as physical units (b, c, h, w), on their own device."""
    return {name: _physical(name, image) for name, image in stored.items()}


def _physical(name: str, image: Tensor) -> Tensor:
    if name == "rgb":
        return image.permute(0, 3, 1, 2).float() / 255
    if name == "normal":
        row = MODALITIES["normal"]
        vectors = image.permute(0, 3, 1, 2)
        hit = vectors.amax(1, keepdim=True) > 0
        return (vectors.float() * row.scale + row.offset) * hit
    if name == "depth":
        return image.unsqueeze(1).float() * MODALITIES["depth"].scale
    if name == "canny":
        return image.unsqueeze(1).float()
    return image.unsqueeze(1).long()


def to_tensor(stored: np.ndarray, device: torch.device) -> Tensor:
    """An array of stored integers on the device; uint16 becomes int32, which torch can compute with."""
    if stored.dtype == np.uint16:
        stored = stored.astype(np.int32)
    return torch.from_numpy(np.ascontiguousarray(stored)).to(device, non_blocking=True)


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
        self.store = FrameStore(
            corpus, frame_set, names, modality_names(tuple(modalities)), limit_bytes=cache_gb * 1e9, data_dir=data_dir
        )
        self.keys = self.store.keys

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, index: int) -> Batch:
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        numbers = [index % len(self)]
        cpu = torch.device("cpu")
        stored = {name: to_tensor(self.store.gather(name, numbers), cpu) for name in self.store.modalities}
        return {name: image[0] for name, image in to_physical(stored).items()}


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
    """Training batches whose content is a pure function of (seed, step): restoring is asking for a step.

    Every epoch visits every frame once, in an order of its own. All modalities of a frame get the same
    random square crop, resized to `data.size`, and the same flip (which negates the x of normals);
    RGB is interpolated, the others take the nearest pixel.
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

    def frames_of(self, step: int) -> np.ndarray:
        """(batch_size,) frame numbers of a step's batch."""
        numbers = np.arange(step * self.batch_size, (step + 1) * self.batch_size)
        epochs, places = np.divmod(numbers, len(self.store))
        return np.array([self._epoch_order(int(epoch))[place] for epoch, place in zip(epochs, places)])

    def batch(self, step: int) -> Batch:
        """The augmented batch of a step, in physical units, on the device."""
        return self.view(step, 0)

    def view(self, step: int, number: int) -> Batch:
        """The frames of a step under random crops of their own, by number: several views of each frame."""
        of_view = (number,) if number else ()
        draws = rng_for(self.seed, "augment", step, *of_view).random((self.batch_size, 4))
        images = self._physical(self.frames_of(step))
        height, width = next(iter(images.values())).shape[-2:]
        scale = self.data.crop_scale
        if scale == (1.0, 1.0) and (height, width) == (self.data.size, self.data.size):
            return flipped(images, draws[:, 3] < 0.5) if self.data.flip else images
        return crop(images, draws, size=self.data.size, scale=scale, flip=self.data.flip)

    def take(self, indices: Sequence[int]) -> Batch:
        """Frames by number, centre square, resized to `data.size`, without randomness."""
        draws = np.full((len(indices), 4), 0.5)
        return crop(self._physical(indices), draws, size=self.data.size, scale=(1.0, 1.0), flip=False)

    def _physical(self, indices: Sequence[int] | np.ndarray) -> Batch:
        return to_physical(
            {name: to_tensor(self.store.gather(name, indices), self.device) for name in self.store.modalities}  # type: ignore[arg-type]
        )

    def _epoch_order(self, epoch: int) -> np.ndarray:
        if self._order[0] != epoch:
            self._order = epoch, rng_for(self.seed, "order", epoch).permutation(len(self.store))
        return self._order[1]


def flipped(images: Batch, mirror: np.ndarray) -> Batch:
    """Mirror the samples chosen by a (b,) mask left to right; the x of normals changes its sign."""
    result = {}
    for name, image in images.items():
        chosen = torch.from_numpy(mirror).to(image.device).view(-1, 1, 1, 1)
        turned = image.flip(-1)
        if name == "normal":
            turned = turned * turned.new_tensor([-1.0, 1.0, 1.0]).view(1, 3, 1, 1)
        result[name] = torch.where(chosen, turned, image)
    return result


def crop(images: Batch, draws: np.ndarray, *, size: int, scale: tuple[float, float], flip: bool) -> Batch:
    """The same square of every modality of a frame, resized to (size, size).

    `draws` is (b, 4), uniform in [0, 1): area of the square between the two `scale` shares of the
    largest one, its place down and across, and whether it is mirrored (below 0.5).
    """
    height, width = next(iter(images.values())).shape[-2:]
    side = np.sqrt(scale[0] + (scale[1] - scale[0]) * draws[:, 0]) * min(height, width)
    top, left = draws[:, 1] * (height - side), draws[:, 2] * (width - side)
    mirror = (draws[:, 3] < 0.5) & flip
    centres = (np.arange(size) + 0.5) / size
    rows = top[:, None] + centres * side[:, None]
    columns = left[:, None] + np.where(mirror[:, None], centres[::-1], centres) * side[:, None]
    result = {}
    for name, image in images.items():
        y, x = (torch.from_numpy(places).to(image.device) for places in (rows, columns))
        result[name] = _bilinear(image, y, x) if name == "rgb" else _nearest(image, y, x)
    if "normal" in result and mirror.any():
        signs = torch.ones(len(mirror), 3, 1, 1)
        signs[torch.from_numpy(mirror), 0] = -1
        result["normal"] = result["normal"] * signs.to(result["normal"].device)
    return result


def _nearest(image: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Pixels (b, c, s, s) whose squares hold the given places (b, s); pixel i covers [i, i + 1)."""
    samples = torch.arange(len(image), device=image.device).view(-1, 1, 1)
    y, x = rows.long().clamp_(0, image.shape[2] - 1), columns.long().clamp_(0, image.shape[3] - 1)
    return image.permute(0, 2, 3, 1)[samples, y[:, :, None], x[:, None, :]].permute(0, 3, 1, 2)


def _bilinear(image: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Values interpolated at places (b, s) in pixels; pixel i's centre is i + 0.5, borders extend."""
    y = rows.float() * (2 / image.shape[2]) - 1
    x = columns.float() * (2 / image.shape[3]) - 1
    size = rows.shape[1]
    grid = torch.stack([x[:, None, :].expand(-1, size, -1), y[:, :, None].expand(-1, -1, size)], dim=-1)
    return functional.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=False)
