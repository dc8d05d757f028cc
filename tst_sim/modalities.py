"""The modalities of a frame: one typed row each, and the codec between memory and disk.

In memory a frame holds physical units (float32 metres, unit vectors); on disk it holds images.
A modality is declared here once; every other place looks up what it needs by row.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import Enum
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from tst_sim.errors import UserError, did_you_mean, one_line, shown
from tst_sim.registry import Registry

Frame = Mapping[str, np.ndarray]
"""All modalities at one pose, by name, as `Modality.memory_dtype` arrays of one height and width."""


class Kind(str, Enum):
    """The meaning of a modality's numbers: it decides how they are stored, shown, learnt and compared."""

    COLOR = "color"
    """sRGB in 0 to 255."""
    DEPTH = "depth"
    """Planar distance in metres; 0 where nothing was hit."""
    NORMAL = "normal"
    """Unit vectors in camera space; of length 0 where nothing was hit."""
    LABELS = "labels"
    """Whole numbers that name something; they have no order."""
    SCALAR = "scalar"
    """Quantities of any meaning, one or several a cell: an edge probability, a height above the floor."""
    FEATURES = "features"
    """Vectors of a network."""
    TOKENS = "tokens"
    """Entries of a codebook, whole numbers."""
    TEXT = "text"
    """One string a frame."""


class Origin(str, Enum):
    """Where a modality's data come from."""

    RENDERED = "rendered"
    """A simulator draws it; it lies in the corpus's shards."""
    COMPUTED = "computed"
    """It follows from another modality, `source`, and is computed when frames are decoded; it is not stored."""
    LAYER = "layer"
    """Somebody added it after rendering; it lies in a layer beside the shards."""


class Resampling(str, Enum):
    """The value between cells when a frame is resized or cropped."""

    LINEAR = "linear"
    NEAREST = "nearest"


class Mirroring(str, Enum):
    """What becomes of the values when a frame is mirrored left to right."""

    FLIP = "flip"
    """They move with the image."""
    FLIP_NEGATE_X = "flip_negate_x"
    """They move, and the first channel changes its sign: vectors in camera space."""
    KEEP = "keep"
    """They stay: text that names no side."""


@dataclass(frozen=True)
class Modality:
    """One aligned channel group of a frame: everything that the code needs to know of it."""

    name: str
    kind: Kind
    channels: int
    """Numbers a cell; 0 for text."""
    memory_dtype: str
    stored_dtype: str
    extension: str
    """File name after the sample key's dot, `<name>.<codec>`; `rgb` may also be stored as `rgb.jpg`.

    The codec is `png` (uint8 of 1 or 3 channels, uint16 of 1), `npy` (any numeric array) or `txt` (UTF-8).
    """
    unit: str
    scale: float = 1.0
    """Stored value * scale + offset = value in `unit`."""
    offset: float = 0.0
    invalid: int | None = None
    """Stored value where there is nothing to know (nothing was hit), if the modality has one; losses leave it out."""
    ground_truth: bool = False
    """True for labels only a simulator knows: never a default pre-training modality."""
    origin: Origin = Origin.RENDERED
    stride: int = 1
    """Side of a cell in pixels: 1 for the frame's own grid, 16 for one vector per patch of 16 x 16 pixels."""
    resampling: Resampling = Resampling.NEAREST
    mirroring: Mirroring = Mirroring.FLIP
    source: str = ""
    """The modality it is computed from, of origin `computed`."""
    target: str = ""
    """How a masked model reads and predicts it, where that is not its kind's way: a name in training's registry."""
    classes: tuple[str, ...] = ()
    """Names of the ids of `labels`; empty: the corpus's classes, or ids without names."""
    vocabulary: int = 0
    """Entries of the codebook of `tokens`: ids are below it."""

    def __post_init__(self) -> None:
        if self.extension.rpartition(".")[0] != self.name or self.codec not in CODECS:
            raise UserError(f"modality {self.name}: extension {self.extension!r} must be {self.name}.png, .npy or .txt")
        if self.stride < 1 or self.channels < 0:
            raise UserError(f"modality {self.name}: stride {self.stride} and channels {self.channels} must be positive")

    @property
    def codec(self) -> str:
        """`png`, `npy` or `txt`."""
        return self.extension.rpartition(".")[2]

    def describe(self) -> dict[str, Any]:
        """The row as it stands in a corpus manifest or in the record of a layer: JSON values."""
        values = {name: value.value if isinstance(value, Enum) else value for name, value in asdict(self).items()}
        return {**values, "classes": list(self.classes)}

    @classmethod
    def described(cls, values: Mapping[str, Any]) -> Modality:
        """The row that `describe` wrote. UserError when the values are no row.

        Rows of corpora of format 1 lack the later fields and have older names of kinds; a row of a known name is then
        that of the table.
        """
        name = values.get("name")
        if values.get("kind") in _FORMER_KINDS and name in MODALITIES:
            return MODALITIES[str(name)]
        try:
            enums = {"kind": Kind, "origin": Origin, "resampling": Resampling, "mirroring": Mirroring}
            known = {field.name for field in fields(cls)}
            given = {key: enums[key](value) if key in enums else value for key, value in values.items() if key in known}
            return cls(**{**given, "classes": tuple(given.get("classes", ()))})
        except (TypeError, ValueError) as error:
            raise UserError(f"modality {shown(name)} is described wrongly: {one_line(error)}") from error


CODECS = ("png", "npy", "txt")
RGB = "rgb"
"""The modality that every encoder reads when nothing else is there: what a robot's camera gives."""
_FORMER_KINDS = ("image", "dense", "vector", "labels")
"""Names of kinds in corpora of format 1 and in early ones of format 2."""

# fmt: off
MODALITIES: Registry[Modality] = Registry("modality", {row.name: row for row in (
    Modality("rgb", Kind.COLOR, 3, "uint8", "uint8", "rgb.png", "sRGB", resampling=Resampling.LINEAR),
    Modality("depth", Kind.DEPTH, 1, "float32", "uint16", "depth.png", "metre", 1e-3, 0.0, 0),
    Modality("normal", Kind.NORMAL, 3, "float32", "uint8", "normal.png", "unit vector", 2 / 255, -1.0, 0,
             mirroring=Mirroring.FLIP_NEGATE_X),
    Modality("instance", Kind.LABELS, 1, "uint16", "uint16", "instance.png", "instance id", 1.0, 0.0, 0, True,
             target="borders"),
    Modality("semantic", Kind.LABELS, 1, "uint8", "uint8", "semantic.png", "class id", 1.0, 0.0, 0, True),
    Modality("canny", Kind.SCALAR, 1, "uint8", "uint8", "canny.png", "edge", origin=Origin.COMPUTED, source="rgb",
             target="edges"),
)})
"""Every modality by name; plug-ins add theirs with `MODALITIES.register(row.name, row)`."""
# fmt: on
RENDERED: Mapping[str, Modality] = MappingProxyType(
    {name: row for name, row in MODALITIES.items() if row.origin is Origin.RENDERED}
)
"""What every simulator can be asked for."""
MAX_DEPTH_M = 65.535


def modalities_named(names: Sequence[str]) -> tuple[Modality, ...]:
    """The rendered rows of some names, in the order of the table; an unknown name is the user's error."""
    for name in names:
        if name not in RENDERED:
            raise UserError(f"unknown modality {name!r}{did_you_mean(name, list(RENDERED))}")
    if not names:
        raise UserError(f"no modality given; choose from {', '.join(RENDERED)}")
    return tuple(row for row in RENDERED.values() if row.name in set(names))


def to_stored(modality: Modality, image: np.ndarray) -> np.ndarray:
    """Array as written on disk: (h, w) or (h, w, 3) of `stored_dtype`.

    Depth beyond 65.535 m is stored as 65.535 m; a normal of length 0 (nothing hit) becomes black.
    """
    if modality.kind is Kind.DEPTH:
        return np.rint(np.clip(image, 0, MAX_DEPTH_M) / modality.scale).astype(np.uint16)
    if modality.kind is Kind.NORMAL:
        coded = np.rint((np.clip(image, -1, 1) + np.float32(1)) * np.float32(127.5)).astype(np.uint8)
        coded[~np.any(image, axis=-1)] = 0
        return coded
    return image.astype(modality.stored_dtype, copy=False)


def from_stored(modality: Modality, stored: np.ndarray) -> np.ndarray:
    """The inverse of `to_stored`, up to rounding: physical units in `memory_dtype`."""
    if modality.kind is Kind.DEPTH:
        return stored.astype(np.float32) * np.float32(modality.scale)
    if modality.kind is Kind.NORMAL:
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
    for row in RENDERED.values():
        if extension in (row.extension, f"{row.name}.jpg"):
            return decode_stored(row, data)
    return None
