"""Corpora of earlier versions on disk: read, verified, added to beside their shards, and never rewritten."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.corpus.test_damaged_corpora import edit
from tests.corpus.test_layers import EDGE, MAKER, contents, faults, toy
from tests.corpus.test_shards import as_format_1
from tst_sim.corpus import MANIFEST, Corpus, write_layer
from tst_sim.modalities import MODALITIES

FORMER_KINDS = {"color": "image", "depth": "dense", "normal": "vector", "labels": "labels"}
LATER_FIELDS = ("origin", "stride", "resampling", "mirroring", "source", "target", "classes", "vocabulary")


@pytest.fixture
def early(small_corpus: Path, tmp_path: Path) -> Path:
    """A corpus of format 1, with rows as they were described then."""
    folder = as_format_1(Path(shutil.copytree(small_corpus, tmp_path / "corpus")))

    def as_then(manifest: dict) -> None:
        for row in manifest["modalities"]:
            row["kind"] = FORMER_KINDS[row["kind"]]
            for name in LATER_FIELDS:
                del row[name]

    edit(folder / MANIFEST, as_then)
    return folder


def test_an_early_corpus_is_verified_and_its_rows_are_those_of_today(early, small_corpus):
    before = contents(early)
    assert faults(early) == []
    corpus = Corpus(early)
    assert [corpus.row(name) for name in corpus.modalities] == [MODALITIES[name] for name in corpus.modalities]
    key = "files-train-000001_eval_000003"
    for name, image in Corpus(small_corpus).frame(key).items():
        np.testing.assert_array_equal(corpus.frame(key)[name], image)
    assert contents(early) == before


def test_a_layer_may_lie_beside_an_early_corpus_and_changes_nothing_of_it(early):
    before = contents(early)
    write_layer(Corpus(early), "edges", [EDGE], MAKER, {}, lambda keys, frames: {"edge": toy(keys, frames)["edge"]})
    assert faults(early) == []
    assert {name: digest for name, digest in contents(early).items() if not name.startswith("layers/")} == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "color"}, "kind 'color' is none of image, dense, vector, labels"),
        ({"resampling": "linear"}, "has the field 'resampling'"),
        ({"scale": 2.0}, "modality 'rgb' is not this version's: scale: 1.0 -> 2.0"),
        ({"kind": "dense"}, "modality 'rgb' is not this version's: kind: 'image' -> 'dense'"),
    ],
)
def test_an_early_row_is_held_against_what_was_written_then(early, change, said):
    edit(early / MANIFEST, lambda manifest: manifest["modalities"][0].update(change))
    found = [fault.what for fault in faults(early)]
    assert any(said in what for what in found), found


def test_a_row_that_no_code_here_knows_is_read_from_the_corpus_alone(small_corpus, tmp_path):
    folder = Path(shutil.copytree(small_corpus, tmp_path / "corpus"))
    write_layer(Corpus(folder), "edges", [EDGE], MAKER, {}, lambda keys, frames: {"edge": toy(keys, frames)["edge"]})
    assert "edge" not in MODALITIES
    assert Corpus(folder).row("edge") == EDGE
    assert json.loads((folder / "layers" / "edges" / "layer.json").read_text())["modalities"] == [EDGE.describe()]
