"""The modalities of a frame: one typed row each, and the codec between memory and disk.

In memory a frame holds physical units (float32 metres, unit vectors); on disk it holds images.
A modality is declared here once; every other place looks up what it needs by row.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from tst_sim.errors import UserError, did_you_mean

Frame = Mapping[str, np.ndarray]
"""All modalities at one pose, by name, as `Modality.memory_dtype` arrays of one height and width."""


class Kind(str, Enum):
    """What the numbers mean, and so how they may be resampled, flipped and compared."""

    IMAGE = "image"
    DENSE = "dense"
    VECTOR = "vector"
    LABELS = "labels"


@dataclass(frozen=True)
class Modality:
    """One aligned channel group of a frame."""

    name: str
    kind: Kind
    channels: int
    memory_dtype: str
    stored_dtype: str
    extension: str
    """File name after the sample key's dot; `rgb` may also be stored as `rgb.jpg`."""
    unit: str
    scale: float
    """Stored value * scale + offset = value in `unit`."""
    offset: float
    invalid: int | None
    """Stored value where nothing was hit, if the modality has one."""
    ground_truth: bool
    """True for labels only a simulator knows: never a default pre-training modality."""

    def describe(self) -> dict[str, Any]:
        """The row as it stands in a corpus manifest."""
        return {**asdict(self), "kind": self.kind.value}


# fmt: off
_ROWS = (
    Modality("rgb", Kind.IMAGE, 3, "uint8", "uint8", "rgb.png", "sRGB", 1.0, 0.0, None, False),
    Modality("depth", Kind.DENSE, 1, "float32", "uint16", "depth.png", "metre", 1e-3, 0.0, 0, False),
    Modality("normal", Kind.VECTOR, 3, "float32", "uint8", "normal.png", "unit vector", 2 / 255, -1.0, 0, False),
    Modality("instance", Kind.LABELS, 1, "uint16", "uint16", "instance.png", "instance id", 1.0, 0.0, 0, True),
    Modality("semantic", Kind.LABELS, 1, "uint8", "uint8", "semantic.png", "class id", 1.0, 0.0, 0, True),
)
# fmt: on
MODALITIES: Mapping[str, Modality] = MappingProxyType({row.name: row for row in _ROWS})
MAX_DEPTH_M = 65.535


def modalities_named(names: Sequence[str]) -> tuple[Modality, ...]:
    """The rows of some names, in the order of the table; an unknown name is the user's error."""
    for name in names:
        if name not in MODALITIES:
            raise UserError(f"unknown modality {name!r}{did_you_mean(name, list(MODALITIES))}")
    if not names:
        raise UserError(f"no modality given; choose from {', '.join(MODALITIES)}")
    return tuple(row for row in MODALITIES.values() if row.name in set(names))


def to_stored(modality: Modality, image: np.ndarray) -> np.ndarray:
    """Array as written on disk: (h, w) or (h, w, 3) of `stored_dtype`.

    Depth beyond 65.535 m is stored as 65.535 m; a normal of length 0 (nothing hit) becomes black.
    """
    if modality.kind is Kind.DENSE:
        return np.rint(np.clip(image, 0, MAX_DEPTH_M) / modality.scale).astype(np.uint16)
    if modality.kind is Kind.VECTOR:
        coded = np.rint((np.clip(image, -1, 1) + np.float32(1)) * np.float32(127.5)).astype(np.uint8)
        coded[~np.any(image, axis=-1)] = 0
        return coded
    return image.astype(modality.stored_dtype, copy=False)


def from_stored(modality: Modality, stored: np.ndarray) -> np.ndarray:
    """The inverse of `to_stored`, up to rounding: physical units in `memory_dtype`."""
    if modality.kind is Kind.DENSE:
        return stored.astype(np.float32) * np.float32(modality.scale)
    if modality.kind is Kind.VECTOR:
        vectors = stored.astype(np.float32) * np.float32(modality.scale) + np.float32(modality.offset)
        vectors[~np.any(stored, axis=-1)] = 0
        return vectors
    return stored


def encode(modality: Modality, image: np.ndarray, *, jpeg_quality: int | None = None) -> tuple[str, bytes]:
    """(extension, file bytes) of one modality. JPEG is for RGB alone, when a quality is given."""
    buffer = io.BytesIO()
    stored = to_stored(modality, image)
    if jpeg_quality is not None and modality.name == "rgb":
        Image.fromarray(stored).save(buffer, "JPEG", quality=jpeg_quality, subsampling=0)
        return "rgb.jpg", buffer.getvalue()
    Image.fromarray(stored).save(buffer, "PNG", compress_level=3)
    return modality.extension, buffer.getvalue()


def decode_stored(modality: Modality, data: bytes) -> np.ndarray:
    """The stored array (h, w) or (h, w, 3) of a file's bytes; UserError when they are no such image."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            stored = np.asarray(image)
    except Exception as error:  # Pillow raises many types for damaged files
        raise UserError(f"{modality.name} image cannot be decoded ({error}); make the shard again") from error
    expected = 3 if modality.channels == 3 else 2
    if stored.ndim != expected or stored.dtype not in (np.dtype(modality.stored_dtype), np.dtype(np.int32)):
        raise UserError(f"{modality.name} image is {stored.dtype} {stored.shape}, not {modality.stored_dtype}")
    return stored.astype(modality.stored_dtype, copy=False)


def decode(modality: Modality, data: bytes) -> np.ndarray:
    """File bytes to physical units, see `from_stored`."""
    return from_stored(modality, decode_stored(modality, data))


def decode_file(name: str, data: bytes) -> np.ndarray | None:
    """A decoder for `webdataset.WebDataset(...).decode(decode_file)`: stored arrays of a sample's images.

    webdataset's own image decoders turn 16-bit depth and instances into 8-bit RGB. None for files that are not ours.
    """
    extension = name.lstrip(".")
    for row in MODALITIES.values():
        if extension in (row.extension, f"{row.name}.jpg"):
            return decode_stored(row, data)
    return None
