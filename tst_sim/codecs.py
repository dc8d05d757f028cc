"""The codecs between memory and disk, by a modality's row: physical units, stored numbers, file bytes.

    value in memory  --to_stored-->  stored numbers  --encode-->  file bytes (png, jpg, npy, txt)
    value in memory  <-from_stored-  stored numbers  <-decode_stored-  file bytes

Which way is taken follows from the row's kind and codec. Text is a 0-d array of type `str` in memory and when stored.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from tst_sim.errors import UserError, one_line, shown
from tst_sim.modality import Kind, Modality

MAX_TEXT_BYTES = 1 << 16
"""Of one text. A caption has some hundred."""
MAX_ARRAY_BYTES = 1 << 28
"""Of one array in a npy file. 1024 features of 256 x 256 patches in float16 have half of it."""


def to_stored(modality: Modality, value: Any) -> np.ndarray:
    """Array as written on disk: `stored_dtype`, of the shape it has in memory.

    Values beyond what the type can say are clipped to its ends (depth of rendered corpora: 65.535 m); what is unknown
    in memory becomes `invalid`. UserError for labels that the type has no room for, for numbers that are not finite
    where the row has no `invalid`, and for text that is too long.
    """
    if modality.kind is Kind.TEXT:
        return np.asarray(_checked_text(modality, value))
    array = np.asarray(value)
    if modality.kind is Kind.DEPTH:
        return _depth_to_stored(modality, array)
    if modality.kind is Kind.NORMAL:
        return _normal_to_stored(modality, array)
    if modality.kind in (Kind.SCALAR, Kind.FEATURES):
        return _numbers_to_stored(modality, array)
    stored = array.astype(modality.stored_dtype, copy=False)
    if stored is not array and array.dtype.kind != "b" and not np.array_equal(stored, array):
        raise UserError(f"{modality.name} has values from {array.min()} to {array.max()}, not {modality.stored_dtype}")
    return stored


def from_stored(modality: Modality, stored: np.ndarray) -> np.ndarray:
    """The inverse of `to_stored`, up to rounding: physical units in `memory_dtype`, of the same shape."""
    if modality.kind in (Kind.TEXT, Kind.COLOR, Kind.LABELS, Kind.TOKENS):
        return stored if modality.kind is Kind.TEXT else stored.astype(modality.memory_dtype, copy=False)
    if modality.scale == 1 and modality.offset == 0:
        values = stored.astype(modality.memory_dtype, copy=False)
    else:
        values = stored.astype(np.float32) * np.float32(modality.scale)
        if modality.offset:
            values = values + np.float32(modality.offset)
        values = values.astype(modality.memory_dtype, copy=False)
    comes_by_itself = modality.kind is Kind.DEPTH and modality.invalid == modality.offset == 0
    if modality.invalid is None or comes_by_itself or not np.issubdtype(values.dtype, np.floating):
        return values
    unknown = stored == modality.invalid
    if modality.kind is Kind.NORMAL:
        unknown = np.all(unknown, axis=-1)
    if unknown.any():
        values = values.copy() if values is stored else values
        values[unknown] = 0 if modality.kind in (Kind.DEPTH, Kind.NORMAL) else np.nan
    return values


def encode(modality: Modality, value: Any, *, jpeg_quality: int | None = None) -> tuple[str, bytes]:
    """(extension, file bytes) of one modality. JPEG is for colors alone, when a quality is given."""
    stored = to_stored(modality, value)
    if modality.codec == "txt":
        return modality.extension, str(stored).encode()
    _check_array(modality, stored, (None, None))
    buffer = io.BytesIO()
    if modality.codec == "npy":
        np.save(buffer, np.ascontiguousarray(stored), allow_pickle=False)
        return modality.extension, buffer.getvalue()
    if jpeg_quality is not None and modality.kind is Kind.COLOR:
        Image.fromarray(stored).save(buffer, "JPEG", quality=jpeg_quality, subsampling=0)
        return f"{modality.name}.jpg", buffer.getvalue()
    Image.fromarray(stored).save(buffer, "PNG", compress_level=3)
    return modality.extension, buffer.getvalue()


def decode_stored(modality: Modality, data: bytes, size: tuple[int, int] | None = None) -> np.ndarray:
    """The stored array of a file's bytes: (h, w) or (h, w, c); 0-d of text. UserError when they are no such file.

    `size`: (width, height) of the frame in pixels, where the caller knows it: the array must then fit its grid.
    """
    if modality.codec == "txt":
        return np.asarray(_decoded_text(modality, data))
    stored = _read_npy(modality, data) if modality.codec == "npy" else _read_image(modality, data)
    _check_array(modality, stored, size or (None, None))
    return stored


def decode(modality: Modality, data: bytes) -> np.ndarray:
    """File bytes to physical units, of the shape (h, w) or (h, w, c) that `from_stored` states."""
    return from_stored(modality, decode_stored(modality, data))


def _depth_to_stored(modality: Modality, image: np.ndarray) -> np.ndarray:
    if not np.issubdtype(modality.stored_dtype, np.integer):
        return _numbers_to_stored(modality, image)
    most = np.iinfo(modality.stored_dtype).max
    most -= modality.invalid == most  # a depth beyond the range must not read as unknown
    farthest = most * modality.scale + modality.offset
    steps = np.clip(image, 0, farthest)
    stored = np.rint((steps - np.float32(modality.offset) if modality.offset else steps) / modality.scale)
    stored = stored.astype(modality.stored_dtype)
    if modality.invalid:  # 0 comes out by itself
        stored[~(image > 0)] = modality.invalid
    return stored


def _normal_to_stored(modality: Modality, image: np.ndarray) -> np.ndarray:
    if not np.issubdtype(modality.stored_dtype, np.integer):
        return _numbers_to_stored(modality, image)
    steps = (np.clip(image, -1, 1) - np.float32(modality.offset)) * np.float32(1 / modality.scale)
    coded = np.rint(steps).astype(modality.stored_dtype)
    coded[~np.any(image, axis=-1)] = modality.invalid or 0
    return coded


def _numbers_to_stored(modality: Modality, values: np.ndarray) -> np.ndarray:
    """Quantities: quantized by scale and offset when stored as whole numbers, else in the precision of the type."""
    known = np.isfinite(values)
    if not known.all() and modality.invalid is None:
        raise UserError(f"{modality.name} has {int((~known).sum())} values that are not finite, and no invalid value")
    steps = np.where(known, values, 0).astype(np.float64)
    steps = (steps - modality.offset) / modality.scale
    if np.issubdtype(modality.stored_dtype, np.integer):
        low, high = np.iinfo(modality.stored_dtype).min, np.iinfo(modality.stored_dtype).max
        low, high = low + (modality.invalid == low), high - (modality.invalid == high)  # that end stands for unknown
        stored = np.clip(np.rint(steps), low, high).astype(modality.stored_dtype)
    else:
        with np.errstate(over="ignore"):
            stored = steps.astype(modality.stored_dtype)
        if not np.isfinite(stored).all():
            raise UserError(f"{modality.name} has values up to {np.abs(steps).max():.3g}: too large for {stored.dtype}")
    if not known.all():
        stored[~known] = modality.invalid
    return stored


def _read_image(modality: Modality, data: bytes) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(data)) as image:
            stored = np.asarray(image)
    except Exception as error:  # Pillow raises many types for damaged files
        raise UserError(f"{modality.name} image cannot be decoded ({error}); make the shard again") from error
    # Pillow reads 16-bit images as int32 or uint16, by version and file.
    same = stored.dtype == np.int32 and modality.stored_dtype == "uint16"
    return stored.astype(np.uint16) if same else stored


def _read_npy(modality: Modality, data: bytes) -> np.ndarray:
    """The array of a numpy file. Its header is held against the row and the file's size before room is made for it."""
    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(file)
        count = 1
        for side in shape:
            count *= side
        if dtype.hasobject or dtype != np.dtype(modality.stored_dtype):
            raise ValueError(f"it holds {dtype}, not {modality.stored_dtype}")
        if min(shape, default=0) < 0 or count * dtype.itemsize > MAX_ARRAY_BYTES:
            raise ValueError(f"its shape {shown(shape)} has more than {MAX_ARRAY_BYTES >> 20} MiB")
        if count * dtype.itemsize != len(data) - file.tell():
            raise ValueError(f"its shape {shown(shape)} does not fit its {len(data)} bytes")
        file.seek(0)
        return np.load(file, allow_pickle=False)
    except Exception as error:  # numpy parses the header as Python text and raises what it trips over
        raise UserError(f"{modality.name} array cannot be decoded ({one_line(error)[:160]}); make it again") from error


def _check_array(modality: Modality, stored: np.ndarray, size: tuple[int | None, int | None]) -> None:
    """UserError unless an array has the row's type, number of channels and, where known, the frame's grid."""
    dimensions = 2 if modality.channels == 1 else 3
    what = "image" if modality.codec == "png" else "array"
    if (
        stored.ndim != dimensions
        or stored.dtype != np.dtype(modality.stored_dtype)
        or (dimensions == 3 and stored.shape[2] != modality.channels)
    ):
        channels = f" of {modality.channels} channels" if modality.channels > 1 else " (rows, columns)"
        raise UserError(
            f"{modality.name} {what} is {stored.dtype} {stored.shape}, not {modality.stored_dtype}{channels}"
        )
    width, height = size
    if width is not None and height is not None and stored.shape != modality.shape(height, width):
        rows, columns = modality.shape(height, width)[:2]
        raise UserError(f"{modality.name} is {stored.shape[1]}x{stored.shape[0]}, not {columns}x{rows}")


def _checked_text(modality: Modality, value: Any) -> str:
    text = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
    if not isinstance(text, str):
        raise UserError(f"{modality.name} is {shown(value)}, not text")
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise UserError(f"{modality.name} {shown(text)} has characters that no UTF-8 text has")
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise UserError(f"{modality.name} has {len(text.encode())} bytes; a text has {MAX_TEXT_BYTES} at most")
    return text


def _decoded_text(modality: Modality, data: bytes) -> str:
    if len(data) > MAX_TEXT_BYTES:
        raise UserError(f"{modality.name} has {len(data)} bytes; a text has {MAX_TEXT_BYTES} at most")
    try:
        return _checked_text(modality, data.decode())
    except UnicodeDecodeError as error:
        raise UserError(f"{modality.name} is no UTF-8 text at byte {error.start}; make it again") from error
