"""The row of a modality: everything that the code needs to know of one aligned channel group of a frame."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import Enum
from typing import Any

from tst_sim.errors import UserError, one_line, shown
from tst_sim.registry import NAME

CODECS: Mapping[str, tuple[str, ...]] = {
    "png": ("uint8", "uint16"),
    "npy": ("uint8", "uint16", "int8", "int16", "int32", "int64", "float16", "float32"),
    "txt": ("str",),
}
"""Types of stored numbers by codec."""
MAX_CHANNELS = 65536
MAX_STRIDE = 65536


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
    """One aligned channel group of a frame, stored as one file a sample."""

    name: str
    kind: Kind
    channels: int
    """Numbers a cell; 0 for text."""
    memory_dtype: str
    stored_dtype: str
    extension: str
    """File name after the sample key's dot, `<name>.<codec>`; a color may also be stored as `<name>.jpg`.

    The codec is `png` (uint8 of 1 or 3 channels, uint16 of 1), `npy` (any array of numbers) or `txt` (UTF-8).
    """
    unit: str
    scale: float = 1.0
    """Stored value * scale + offset = value in `unit`."""
    offset: float = 0.0
    invalid: int | None = None
    """Stored value where there is nothing to know (nothing was hit), if the modality has one; losses leave it out.

    In memory: 0 m of `depth`, a `normal` of length 0, the id itself of `labels` and `tokens`, NaN of the others.
    """
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
        fault = _fault(self)
        if fault:
            raise UserError(f"modality {shown(self.name)}: {fault}")

    @property
    def codec(self) -> str:
        """`png`, `npy` or `txt`."""
        return self.extension.rpartition(".")[2]

    @property
    def extensions(self) -> tuple[str, ...]:
        """Every ending that a file of this modality may have, the usual one first."""
        jpeg = (f"{self.name}.jpg",) if self.kind is Kind.COLOR and self.codec == "png" else ()
        return (self.extension, *jpeg)

    def shape(self, height: int, width: int) -> tuple[int, ...]:
        """Shape of the array of a frame of height x width pixels: (rows, columns[, channels]); () of text.

        Rows and columns are whole cells of `stride` pixels, at least one of each: a stride beyond any frame stands for
        one vector a frame.
        """
        if self.kind is Kind.TEXT:
            return ()
        cells = max(1, height // self.stride), max(1, width // self.stride)
        return cells if self.channels == 1 else (*cells, self.channels)

    def names_of_ids(self, classes: Sequence[str]) -> tuple[str, ...]:
        """Names by id of labels: the row's own, or the corpus's `classes` where ids are classes; else none."""
        return self.classes or (tuple(classes) if self.unit == "class id" else ())

    def describe(self) -> dict[str, Any]:
        """The row as it stands in a corpus manifest or in the record of a layer: JSON values."""
        values = {name: value.value if isinstance(value, Enum) else value for name, value in asdict(self).items()}
        return {**values, "classes": list(self.classes)}

    @classmethod
    def described(cls, values: Mapping[str, Any]) -> Modality:
        """The row that `describe` wrote. UserError when the values are no row, or have fields of no row.

        Rows of corpora of format 1, and of early ones of format 2, lack the later fields and have other names of
        kinds: they are read as what they meant.
        """
        if not isinstance(values, Mapping):
            raise UserError(f"a modality is described by {shown(values)}, not by fields")
        name = values.get("name")
        known = _FORMER_FIELDS if is_former(values) else tuple(field.name for field in fields(cls))
        wrong = sorted(set(known) ^ set(map(str, values)))
        if wrong:
            what = "lacks the field" if wrong[0] in known else "has the field"
            raise UserError(f"modality {shown(name)} {what} {shown(wrong[0])}; a row has {', '.join(known)}")
        try:
            given = _of_former_kinds(values) if is_former(values) else dict(values)
            enums = {"kind": Kind, "origin": Origin, "resampling": Resampling, "mirroring": Mirroring}
            given = {key: enums[key](value) if key in enums else value for key, value in given.items()}
            classes = given.get("classes", ())
            if not isinstance(classes, (list, tuple)):
                raise ValueError(f"classes {shown(classes)} are no list")
            return cls(**{**given, "classes": tuple(classes)})
        except UserError:
            raise
        except (TypeError, ValueError) as error:
            raise UserError(f"modality {shown(name)} is described wrongly: {one_line(error)[:160]}") from error


def is_former(values: Mapping[str, Any]) -> bool:
    """Whether a described row is of an early corpus, with fewer fields: its kinds say how images are stored."""
    return "stride" not in values


_FORMER_FIELDS = (
    "name", "kind", "channels", "memory_dtype", "stored_dtype", "extension", "unit", "scale", "offset", "invalid",
    "ground_truth",
)  # fmt: skip
_FORMER_KINDS: Mapping[str, Mapping[str, Any]] = {
    "image": {"kind": "color", "resampling": "linear"},
    "dense": {"kind": "depth"},
    "vector": {"kind": "normal", "mirroring": "flip_negate_x"},
    "labels": {"kind": "labels"},
}
"""What kinds of early corpora meant."""


def _of_former_kinds(values: Mapping[str, Any]) -> dict[str, Any]:
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in _FORMER_KINDS:
        raise ValueError(f"kind {shown(kind)} is none of {', '.join(_FORMER_KINDS)}")
    target = {"target": "borders"} if values.get("unit") == "instance id" else {}
    return {**values, **_FORMER_KINDS[kind], **target}


_TYPES: Mapping[str, tuple[type, ...]] = {
    "name": (str,), "kind": (Kind,), "channels": (int,), "memory_dtype": (str,), "stored_dtype": (str,),
    "extension": (str,), "unit": (str,), "scale": (float, int), "offset": (float, int), "invalid": (int, type(None)),
    "ground_truth": (bool,), "origin": (Origin,), "stride": (int,), "resampling": (Resampling,),
    "mirroring": (Mirroring,), "source": (str,), "target": (str,), "classes": (tuple,), "vocabulary": (int,),
}  # fmt: skip


def _fault(row: Modality) -> str | None:
    """The first thing for which a row cannot be used; rows are also read from files, where anything may stand."""
    for name, types in _TYPES.items():
        if type(getattr(row, name)) not in types:
            return f"{name} is {shown(getattr(row, name))}, expected {types[0].__name__}"
    if not NAME.fullmatch(row.name):
        return "its name must be 1 to 40 lowercase letters, digits and _, the first a letter"
    if row.extension.rpartition(".")[0] != row.name or row.codec not in CODECS:
        return f"extension {shown(row.extension)} must be {row.name}.png, {row.name}.npy or {row.name}.txt"
    if (row.kind is Kind.TEXT) != (row.codec == "txt"):
        return f"kind {row.kind.value} cannot be stored as {row.codec}; text, and nothing else, is stored as txt"
    if row.stored_dtype not in CODECS[row.codec]:
        return f"stored_dtype {shown(row.stored_dtype)} must be one of {', '.join(CODECS[row.codec])} in a {row.codec}"
    if row.memory_dtype not in {*CODECS["npy"], *CODECS["txt"]} or (row.kind is Kind.TEXT) != (
        row.memory_dtype == "str"
    ):
        return f"memory_dtype {shown(row.memory_dtype)} is none of {', '.join(CODECS['npy'])}, nor str of a text"
    return _number_fault(row)


def _number_fault(row: Modality) -> str | None:
    if row.kind is Kind.TEXT:
        return None if row.channels == 0 else f"channels {row.channels} of a text must be 0"
    if not 1 <= row.channels <= MAX_CHANNELS or not 1 <= row.stride <= MAX_STRIDE:
        return f"channels {row.channels} and stride {row.stride} must be between 1 and {MAX_CHANNELS}"
    if row.codec == "png" and row.channels not in ((1, 3) if row.stored_dtype == "uint8" else (1,)):
        return f"a png of {row.stored_dtype} has no {row.channels} channels; store it as npy"
    if row.kind in (Kind.LABELS, Kind.TOKENS) and row.stored_dtype.startswith("float"):
        return f"{row.kind.value} are whole numbers, stored_dtype is {row.stored_dtype}"
    if not math.isfinite(row.scale) or row.scale == 0 or not math.isfinite(row.offset):
        return f"scale {row.scale} and offset {row.offset} must be finite, and scale not 0"
    if not all(isinstance(name, str) for name in row.classes):
        return "one of its classes is no name"
    return None
