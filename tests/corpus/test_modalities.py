"""The codec between physical units and files, row by row."""

from __future__ import annotations

import numpy as np
import pytest

from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES, decode, decode_stored, encode, modalities_named, to_stored


def test_depth_survives_the_disk_to_half_a_millimetre():
    depth = np.random.default_rng(0).uniform(0.05, 60, (24, 32)).astype(np.float32)
    _, data = encode(MODALITIES["depth"], depth)
    np.testing.assert_allclose(decode(MODALITIES["depth"], data), depth, atol=0.00051)


def test_depth_where_nothing_was_hit_is_zero_on_disk_and_in_memory():
    _, data = encode(MODALITIES["depth"], np.zeros((8, 8), np.float32))
    assert decode_stored(MODALITIES["depth"], data).max() == 0
    assert decode(MODALITIES["depth"], data).max() == 0


def test_depth_beyond_the_range_is_clamped_rather_than_wrapped():
    assert to_stored(MODALITIES["depth"], np.full((2, 2), 900.0, np.float32)).max() == 65535


def test_normals_survive_the_disk_to_half_a_grey_level():
    normals = np.random.default_rng(0).normal(size=(24, 32, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    _, data = encode(MODALITIES["normal"], normals)
    np.testing.assert_allclose(decode(MODALITIES["normal"], data), normals, atol=1 / 254)


def test_a_horizontal_flip_negates_red_of_stored_normals_and_nothing_else():
    normal = np.array([[[0.6, 0.0, 0.8]]], np.float32)
    flipped = normal * np.array([-1, 1, 1], np.float32)
    stored, mirrored = (to_stored(MODALITIES["normal"], item).astype(int) for item in (normal, flipped))
    assert abs(mirrored[0, 0, 0] - (255 - stored[0, 0, 0])) <= 1
    assert (mirrored[0, 0, 1:] == stored[0, 0, 1:]).all()


def test_a_missing_normal_is_black_and_comes_back_as_zero():
    _, data = encode(MODALITIES["normal"], np.zeros((4, 4, 3), np.float32))
    assert not decode_stored(MODALITIES["normal"], data).any()
    assert not decode(MODALITIES["normal"], data).any()


@pytest.mark.parametrize("name,top", [("instance", 65535), ("semantic", 255), ("rgb", 255)])
def test_labels_and_colors_are_stored_exactly(name: str, top: int):
    row = MODALITIES[name]
    shape = (16, 16, 3) if row.channels == 3 else (16, 16)
    image = np.random.default_rng(1).integers(0, top + 1, shape).astype(row.memory_dtype)
    _, data = encode(row, image)
    np.testing.assert_array_equal(decode(row, data), image)


def test_encoding_the_same_frame_twice_gives_the_same_bytes():
    image = np.random.default_rng(2).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    assert encode(MODALITIES["rgb"], image) == encode(MODALITIES["rgb"], image)


def test_rgb_may_be_jpeg_and_then_says_so_in_its_extension():
    smooth = np.tile(np.linspace(0, 255, 64).astype(np.uint8)[None, :, None], (64, 1, 3))
    extension, data = encode(MODALITIES["rgb"], smooth, jpeg_quality=95)
    assert extension == "rgb.jpg"
    assert np.abs(decode(MODALITIES["rgb"], data).astype(int) - smooth).max() <= 4


def test_damaged_bytes_are_the_users_error_not_a_traceback():
    with pytest.raises(UserError, match="depth image cannot be decoded"):
        decode(MODALITIES["depth"], b"not a png")


def test_names_come_back_in_table_order_and_unknown_ones_are_refused():
    assert [row.name for row in modalities_named(["normal", "rgb"])] == ["rgb", "normal"]
    with pytest.raises(UserError, match="dpeth"):
        modalities_named(["dpeth"])
