"""The table of modalities: one typed row each. Every other place looks up what it needs by row.

In memory a frame holds physical units (float32 metres, unit vectors); on disk it holds what `tst_sim.codecs` makes of
them. The rows themselves are `tst_sim.modality.Modality`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from tst_sim.codecs import decode, decode_stored, encode, from_stored, to_stored
from tst_sim.errors import UserError, did_you_mean
from tst_sim.modality import Kind, Mirroring, Modality, Origin, Resampling
from tst_sim.registry import Registry

__all__ = [
    "MODALITIES",
    "RENDERED",
    "RGB",
    "Frame",
    "Kind",
    "Mirroring",
    "Modality",
    "Origin",
    "Resampling",
    "decode",
    "decode_file",
    "decode_stored",
    "encode",
    "from_stored",
    "modalities_named",
    "to_stored",
]

Frame = Mapping[str, np.ndarray]
"""All modalities at one pose, by name, as `Modality.memory_dtype` arrays of `Modality.shape`."""

RGB = "rgb"
"""The modality that every encoder reads when nothing else is there: what a robot's camera gives."""

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


def modalities_named(names: Sequence[str]) -> tuple[Modality, ...]:
    """The rendered rows of some names, in the order of the table; an unknown name is the user's error."""
    for name in names:
        if name not in RENDERED:
            raise UserError(f"unknown modality {name!r}{did_you_mean(name, list(RENDERED))}")
    if not names:
        raise UserError(f"no modality given; choose from {', '.join(RENDERED)}")
    return tuple(row for row in RENDERED.values() if row.name in set(names))


def decode_file(name: str, data: bytes) -> np.ndarray | None:
    """A decoder for `webdataset.WebDataset(...).decode(decode_file)`: stored arrays (h, w) or (h, w, c) of a
    sample's files.

    webdataset's own image decoders turn 16-bit depth and instances into 8-bit RGB. None for files of no row that is
    known here: numpy files and text of layers are then decoded by webdataset itself.
    """
    extension = name.lstrip(".")
    for row in MODALITIES.values():
        if extension in row.extensions:
            return decode_stored(row, data)
    return None
