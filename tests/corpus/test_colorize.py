"""Pictures of modalities: one palette a kind."""

from __future__ import annotations

import numpy as np
import pytest

from tests.corpus.test_codecs import CAPTION, CLIP, EDGE, TOKENS
from tst_sim.classes import CLASSES
from tst_sim.corpus.colorize import as_picture, class_table, colorize
from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES, to_stored


def lightness(color: np.ndarray) -> float:
    return float(color @ np.array([0.2126, 0.7152, 0.0722]))


def test_near_is_lighter_than_far_and_nothing_hit_is_black():
    depth = np.array([[0.0, 0.5, 3.0, 5.9, 50.0]], np.float32)
    picture = colorize(MODALITIES["depth"], depth)[0]
    assert picture[0].tolist() == [0, 0, 0] and picture[4].any()
    assert lightness(picture[1]) > lightness(picture[2]) > lightness(picture[3]) >= lightness(picture[4])
    assert np.array_equal(as_picture(MODALITIES["depth"], to_stored(MODALITIES["depth"], depth))[0], picture)


def test_classes_have_calm_colors_for_structure_where_the_corpus_names_them():
    floor = CLASSES.index("Floor")
    ids = np.array([[0, floor]], np.uint8)
    assert colorize(MODALITIES["semantic"], ids, CLASSES)[0].tolist() == [[0, 0, 0], [176, 147, 112]]
    assert colorize(MODALITIES["semantic"], ids, ("Background", "Sofa"))[0, 1].tolist() != [176, 147, 112]
    assert colorize(MODALITIES["instance"], ids, CLASSES)[0, 1].tolist() != [176, 147, 112]
    assert len({tuple(color) for color in class_table(CLASSES).tolist()}) == len(CLASSES)


def test_quantities_go_from_dark_to_light_and_unknown_ones_are_black():
    picture = colorize(EDGE, np.array([[0.0, 0.4, 1.0, np.nan]], np.float32))[0]
    assert lightness(picture[0]) < lightness(picture[1]) < lightness(picture[2]) and not picture[3].any()
    assert colorize(EDGE, np.full((2, 2), np.nan, np.float32)).max() == 0


def test_features_show_what_differs_most_and_the_same_picture_every_time():
    features = np.zeros((2, 3, 512), np.float32)
    features[:, 1] += np.linspace(0, 1, 512)
    picture = colorize(CLIP, features)
    assert picture.shape == (2, 3, 3) and np.array_equal(picture, colorize(CLIP, features.copy()))
    assert np.array_equal(picture[0], picture[1]) and abs(int(picture[0, 0, 0]) - int(picture[0, 1, 0])) == 255


def test_tokens_are_colored_as_labels_and_text_is_no_picture():
    assert colorize(TOKENS, np.array([[3, 4]])).shape == (1, 2, 3)
    with pytest.raises(UserError, match="caption is text"):
        colorize(CAPTION, np.asarray("a"))
