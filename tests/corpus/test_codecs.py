"""Codecs of rows that no simulator renders: quantities, features, tokens and text."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from tst_sim.codecs import from_stored, to_stored
from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES, Kind, Modality, Origin, decode, decode_file, decode_stored, encode

EDGE = Modality("edge", Kind.SCALAR, 1, "float32", "uint8", "edge.png", "probability", 1 / 254, 0.0, 255)
HEIGHT = Modality("height", Kind.SCALAR, 1, "float32", "uint16", "height.png", "metre", 1e-3, -5.0)
CLIP = Modality("clip", Kind.FEATURES, 512, "float32", "float16", "clip.npy", "clip", stride=16, origin=Origin.LAYER)
PACKED = Modality("packed", Kind.FEATURES, 8, "float32", "int8", "packed.npy", "dino", 1 / 32, 0.5, stride=14)
TOKENS = Modality("tokens", Kind.TOKENS, 1, "int64", "uint16", "tokens.npy", "codebook entry", stride=8)
CAPTION = Modality("caption", Kind.TEXT, 0, "str", "str", "caption.txt", "English")
RNG = np.random.default_rng(5)


def array_file(array: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def test_a_quantity_is_quantized_by_its_scale_and_offset_and_unknown_values_stay_unknown():
    values = RNG.uniform(0, 1, (6, 9)).astype(np.float32)
    values[2, 3] = np.nan
    read = decode(EDGE, encode(EDGE, values)[1])
    np.testing.assert_allclose(read, values, atol=0.5 / 254 + 1e-6)
    assert np.isnan(read[2, 3]) and read.dtype == np.float32
    assert decode(EDGE, encode(EDGE, np.full((2, 2), 9.0))[1]).max() == 1.0, "clipped to the last known value"
    heights = RNG.uniform(-5, 5, (4, 4)).astype(np.float32)
    np.testing.assert_allclose(decode(HEIGHT, encode(HEIGHT, heights)[1]), heights, atol=0.00051)


def test_features_are_stored_in_half_precision_or_quantized_at_their_own_grid():
    features = RNG.normal(size=(4, 6, 512)).astype(np.float32)
    extension, data = encode(CLIP, features)
    assert extension == "clip.npy" and data == encode(CLIP, features)[1]
    np.testing.assert_array_equal(decode(CLIP, data), features.astype(np.float16).astype(np.float32))
    assert decode_stored(CLIP, data, (96, 64)).shape == CLIP.shape(64, 96) == (4, 6, 512)
    packed = RNG.uniform(-3, 4, (2, 2, 8)).astype(np.float32)
    np.testing.assert_allclose(decode(PACKED, encode(PACKED, packed)[1]), packed, atol=1 / 64 + 1e-6)


def test_tokens_and_text_come_back_as_they_were():
    tokens = RNG.integers(0, 8192, (8, 8))
    assert np.array_equal(decode(TOKENS, encode(TOKENS, tokens)[1]), tokens)
    extension, data = encode(CAPTION, "Ein Stuhl \u2014 und ein Tisch\n")
    assert extension == "caption.txt" and str(decode(CAPTION, data)) == "Ein Stuhl \u2014 und ein Tisch\n"
    assert encode(CAPTION, np.asarray("a bed")) == encode(CAPTION, "a bed")


@pytest.mark.parametrize(
    ("row", "value", "said"),
    [
        (CLIP, np.full((1, 1, 512), np.nan), "512 values that are not finite, and no invalid value"),
        (CLIP, np.full((1, 1, 512), 1e6), r"values up to 1e\+06: too large for float16"),
        (CLIP, np.zeros((1, 1, 3)), r"clip array is float16 \(1, 1, 3\), not float16 of 512 channels"),
        (TOKENS, np.array([[70000]]), "values from 70000 to 70000, not uint16"),
        (TOKENS, np.array([[-1]]), "not uint16"),
        (CAPTION, "x" * 70000, "70000 bytes; a text has 65536 at most"),
        (CAPTION, "a\0b", "characters that no UTF-8 text has"),
        (CAPTION, 7, "caption is 7, not text"),
    ],
)
def test_a_value_that_its_row_cannot_hold_is_one_line(row, value, said):
    with pytest.raises(UserError, match=said):
        encode(row, value)


@pytest.mark.parametrize(
    ("row", "data", "said"),
    [
        (CLIP, b"not numpy", "clip array cannot be decoded"),
        (CLIP, array_file(np.array([{}], dtype=object), allow_pickle=True), "it holds object, not float16"),
        (CLIP, array_file(np.zeros((1, 1, 512))), "it holds float64, not float16"),
        (CLIP, array_file(np.zeros((1, 1, 512), np.float16))[:-2], "does not fit its 1150 bytes"),
        (CLIP, array_file(np.zeros(1, np.float16)).replace(b"(1,)", b"(9999999999999,)"), "cannot be decoded"),
        (CLIP, array_file(np.zeros((1, 512), np.float16)), r"float16 \(1, 512\), not float16 of 512 channels"),
        (CAPTION, b"\xff\xfe", "no UTF-8 text at byte 0"),
        (CAPTION, b"x" * 70000, "a text has 65536 at most"),
    ],
)
def test_a_damaged_file_is_one_line_and_no_pickle_is_read(row, data, said):
    with pytest.raises(UserError, match=said):
        decode(row, data)


def test_an_array_of_another_grid_than_the_frame_s_is_refused():
    _, data = encode(CLIP, np.zeros((4, 4, 512), np.float32))
    with pytest.raises(UserError, match="clip is 4x4, not 6x4"):
        decode_stored(CLIP, data, (96, 64))


@pytest.mark.parametrize("row", [*MODALITIES.values(), EDGE, CLIP, CAPTION])
def test_a_row_survives_being_described(row):
    assert Modality.described(row.describe()) == row


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "speed"}, "described wrongly: 'speed' is not a valid Kind"),
        ({"stride": 0}, "channels 512 and stride 0 must be between 1 and 65536"),
        ({"extension": "other.npy"}, "must be clip.png, clip.npy or clip.txt"),
        ({"extension": "clip.png"}, "stored_dtype 'float16' must be one of uint8, uint16 in a png"),
        ({"kind": "labels"}, "labels are whole numbers, stored_dtype is float16"),
        ({"scale": 0.0}, "scale 0.0 and offset 0.0 must be finite, and scale not 0"),
        ({"speed": 1}, "has the field 'speed'; a row has name, kind"),
        ({"channels": True}, "channels is True, expected int"),
        ({"kind": "text"}, "kind text cannot be stored as npy"),
    ],
)
def test_a_described_row_that_is_none_is_one_line(change, said):
    with pytest.raises(UserError, match=said):
        Modality.described(CLIP.describe() | change)


def test_rows_of_early_corpora_are_read_as_what_they_meant():
    early = {"color": "image", "depth": "dense", "normal": "vector", "labels": "labels"}
    later = ("origin", "stride", "resampling", "mirroring", "source", "target", "classes", "vocabulary")
    for row in list(MODALITIES.values())[:5]:
        values = row.describe()
        values = {name: value for name, value in values.items() if name not in later} | {"kind": early[row.kind.value]}
        assert Modality.described(values) == row


def test_the_webdataset_decoder_knows_every_row_and_leaves_the_rest_alone():
    depth = np.full((4, 4), 1.5, np.float32)
    stored = decode_file("depth.png", encode(MODALITIES["depth"], depth)[1])
    assert stored is not None and stored.max() == 1500
    assert decode_file("clip.npy", b"") is None


def test_a_depth_beyond_the_range_stays_known_where_the_largest_number_stands_for_unknown():
    row = replace(MODALITIES["depth"], invalid=65535)
    stored = to_stored(row, np.array([[0.0, 1.0, 1e4]], np.float32))
    assert stored.tolist() == [[65535, 1000, 65534]]
    np.testing.assert_allclose(from_stored(row, stored), [[0.0, 1.0, 65.534]], atol=1e-4)
