"""Layers: data added to a finished corpus beside its shards, whole or absent, and read as if always there."""

from __future__ import annotations

import copy as copies
import io
import json
import pickle
import random
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.corpus.test_damaged_corpora import edit, mutated
from tst_sim.cli.main import main
from tst_sim.codecs import encode
from tst_sim.corpus import MANIFEST, Corpus, shard_path, write_layer
from tst_sim.corpus.verify import Fault, verify
from tst_sim.errors import UserError
from tst_sim.modalities import Kind, Modality, Origin
from tst_sim.storage import file_sha256

HOUSE = "files-train-000000"
EDGE = Modality("edge", Kind.SCALAR, 1, "float32", "uint8", "edge.png", "probability", 1 / 255, origin=Origin.LAYER)
CLIP = Modality("clip", Kind.FEATURES, 8, "float32", "float16", "clip.npy", "clip", stride=16, origin=Origin.LAYER)
TOKENS = Modality("tokens", Kind.TOKENS, 1, "int64", "uint16", "tokens.npy", "entry", stride=8, origin=Origin.LAYER)
CAPTION = Modality("caption", Kind.TEXT, 0, "str", "str", "caption.txt", "English", origin=Origin.LAYER)
ROWS = (EDGE, CLIP, TOKENS, CAPTION)
MAKER = {"name": "toy", "version": "1", "licence": "MIT"}


def toy(keys, frames) -> dict[str, list[Any]]:
    """Values that follow from the image alone."""
    means = [frame["rgb"].astype(np.float32).mean(-1) / 255 for frame in frames]
    cells = [mean.reshape(4, 16, 4, 16).mean((1, 3)) for mean in means]
    return {
        "edge": means,
        "clip": [np.stack([cell * number for number in range(8)], -1) for cell in cells],
        "tokens": [(mean[4::8, 4::8] * 999).astype(np.int64) for mean in means],
        "caption": [f"{key}: brightness {mean.mean():.3f}" for key, mean in zip(keys, means)],
    }


def write(folder: Path, make=toy, **options):
    return write_layer(Corpus(folder), "toy", ROWS, MAKER, {"size": 64}, make, **options)


def faults(folder: Path) -> list[Fault]:
    return [fault for report in verify(folder) for fault in report.faults]


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): file_sha256(path) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def bare(small_corpus: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_corpus, tmp_path / "bare"))


@pytest.fixture(scope="module")
def layered(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(small_corpus, tmp_path_factory.mktemp("layered") / "corpus"))
    write(folder)
    return folder


@pytest.fixture
def corpus(layered: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(layered, tmp_path / "corpus"))


def test_a_layer_leaves_shards_and_manifest_alone_and_has_no_fault(small_corpus, layered):
    before, after = contents(small_corpus), contents(layered)
    assert {name: digest for name, digest in after.items() if name in before} == before
    assert {name.split("/")[0] for name in set(after) - set(before)} == {"layers"}
    assert faults(layered) == []
    reports = list(verify(layered))
    assert reports[0].shards == len(reports) - 1 == 8
    assert sum(report.samples for report in reports) == 24


def test_what_lies_in_a_layer_is_read_as_if_it_had_always_been_there(layered):
    corpus = pickle.loads(pickle.dumps(Corpus(layered)))
    assert corpus.modalities == ("rgb", "depth", "normal", "instance", "semantic", "edge", "clip", "tokens", "caption")
    assert [corpus.row(row.name) for row in ROWS] == list(ROWS)
    assert corpus.layers["toy"].maker == MAKER and corpus.layers["toy"].samples == {"pretrain": 16, "eval": 8}
    assert (corpus.holder("clip"), corpus.holder("rgb"), corpus.holder("speed")) == ("toy", "", None)
    for frame_set in ("pretrain", "eval"):
        _, key = list(corpus.keys(frame_set))[5]
        frame = corpus.frame(key)
        expected = {name: values[0] for name, values in toy([key], [frame]).items()}
        np.testing.assert_allclose(frame["edge"], expected["edge"], atol=0.5 / 255 + 1e-6)
        np.testing.assert_array_equal(frame["clip"], expected["clip"].astype(np.float16).astype(np.float32))
        np.testing.assert_array_equal(frame["tokens"], expected["tokens"])
        assert str(frame["caption"]) == expected["caption"]
    stored = corpus.frames_of("pretrain", HOUSE).stored(f"{HOUSE}_pretrain_000002", corpus.row("clip"))
    assert (stored.dtype, stored.shape) == (np.float16, (4, 4, 8))
    assert corpus.sha256_of("pretrain", HOUSE, "clip") != corpus.sha256_of("pretrain", HOUSE, "rgb")


def test_webdataset_merges_a_layer_with_the_shards(layered):
    wds = pytest.importorskip("webdataset")
    paths = [str(layered / folder / "pretrain" / f"{HOUSE}.tar") for folder in (".", "layers/toy")]
    samples, added = (list(wds.WebDataset(path, shardshuffle=False)) for path in paths)
    assert [sample["__key__"] for sample in samples] == [sample["__key__"] for sample in added]
    assert set(samples[0] | added[0]) >= {"rgb.png", "edge.png", "clip.npy", "tokens.npy", "caption.txt"}


def test_the_bytes_are_the_same_in_whatever_batches_and_whatever_was_killed(layered, bare):
    made: list[str] = []

    def dying(keys, frames):
        if len(made) >= 10:
            raise KeyboardInterrupt
        made.extend(keys)
        return toy(keys, frames)

    with pytest.raises(KeyboardInterrupt):
        write(bare, dying, batch_size=3)
    tars = {path: path.stat().st_mtime_ns for path in (bare / "layers").rglob("*.tar")}
    assert len(tars) == 1 and not (bare / "layers" / "toy" / "layer.json").exists()
    assert Corpus(bare).layers == {} and ["is not finished" in fault.what for fault in faults(bare)] == [True]
    seen: list[tuple[int, int]] = []
    write(bare, batch_size=5, on_samples=lambda done, total: seen.append((done, total)))
    assert {path: path.stat().st_mtime_ns for path in tars} == tars
    assert seen == [(8, 24), (12, 24), (20, 24), (24, 24)]
    assert contents(bare / "layers") == contents(layered / "layers")


def test_writing_a_finished_layer_again_makes_nothing_and_damage_alone_is_made_again(layered, corpus):
    def unasked(keys, frames):
        raise AssertionError("nothing is to be made")

    write(corpus, unasked)
    tar = corpus / "layers" / "toy" / "eval" / f"{HOUSE}.tar"
    tar.write_bytes(tar.read_bytes()[:-512])
    record = corpus / "layers" / "toy" / "pretrain" / f"{HOUSE}.json"
    record.write_text("[]")
    asked: list[str] = []
    write(corpus, lambda keys, frames: (asked.extend(keys), toy(keys, frames))[1])
    assert len(asked) == 4 + 8 and all(HOUSE in key for key in asked)
    assert contents(corpus / "layers") == contents(layered / "layers")


def test_a_layer_whose_shard_was_made_again_is_refused_and_then_made_again(corpus):
    from tests.corpus.test_verify import rewritten, with_frame

    (corpus / "layers").rename(corpus / "aside")
    rewritten(corpus, lambda _, s: with_frame(s, rgb=s.frame["rgb"] // 2))
    (corpus / "aside").rename(corpus / "layers")
    key = "files-train-000001_pretrain_000000"
    with pytest.raises(UserError, match=r"layer toy .* was made for another pretrain/files-train-000001\.tar, which"):
        Corpus(corpus).frame(key)
    assert "rgb" in Corpus(corpus).frame(key, ["rgb"])
    assert any("was made for another shard" in fault.what for fault in faults(corpus))
    write(corpus)
    assert float(Corpus(corpus).frame(key, ["edge"])["edge"].mean()) < 0.5
    assert not any(fault.where.startswith("layers") for fault in faults(corpus))


@pytest.mark.parametrize(
    ("rows", "maker", "said"),
    [
        ((replace(EDGE, name="rgb", extension="rgb.png"),), MAKER, "has rgb already, in its shards"),
        ((replace(EDGE, origin=Origin.RENDERED),), MAKER, "must be of origin layer, not rendered"),
        ((), MAKER, "must have one row or more"),
        ((EDGE,), {"version": "1"}, "needs a name"),
        ((EDGE,), {"name": "x", "weights": b"1"}, "must be JSON values"),
        ((EDGE,), {"name": "other"}, "was made otherwise .*choose another name"),
    ],
)
def test_a_layer_that_cannot_be_added_is_one_line(corpus, rows, maker, said):
    before = contents(corpus)
    with pytest.raises(UserError, match=said):
        write_layer(Corpus(corpus), "toy", rows, maker, {}, toy)
    assert contents(corpus) == before


def test_a_modality_of_another_layer_is_refused(corpus):
    with pytest.raises(UserError, match="has edge already, in its layer toy"):
        write_layer(Corpus(corpus), "second", [EDGE], MAKER, {}, toy)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"edge": [np.zeros((3, 3))] * 8}, r"edge of .*_000000 has the shape \(3, 3\), its row says \(64, 64\)"),
        ({"edge": [np.full((64, 64), np.nan)] * 8}, "4096 values that are not finite"),
        ({"edge": []}, "got 0 edge, 8 clip"),
        ({"speed": [0] * 8}, "8 speed for 8 keys, not 8 of each row"),
        ({"caption": [7] * 8}, r"caption is 7, not text"),
    ],
)
def test_values_that_do_not_fit_their_row_leave_nothing_half_written(bare, change, said):
    with pytest.raises(UserError, match=said):
        write(bare, lambda keys, frames: toy(keys, frames) | change)
    assert [path for path in (bare / "layers").rglob("*") if path.is_file() and path.suffix in (".tar", ".json")] == []


def rewrite(folder: Path, change) -> None:
    """Write a tar of the layer anew with each file changed, and make its record and the layer fit."""
    tar = folder / "layers" / "toy" / "pretrain" / f"{HOUSE}.tar"
    with tarfile.open(tar) as old:
        files = [(info.name, old.extractfile(info).read()) for info in old]  # type: ignore[union-attr]
    with tarfile.open(tar, "w", format=tarfile.USTAR_FORMAT) as new:
        for name, data in (item for file in files for item in change(*file)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            new.addfile(info, io.BytesIO(data))
    before = json.loads(tar.with_suffix(".json").read_text())
    edit(tar.with_suffix(".json"), lambda d: d.update(sha256=file_sha256(tar), bytes=tar.stat().st_size))
    from tst_sim.corpus.layers import combined_sha256, read_layer_record

    tars = [
        folder / "layers" / "toy" / frame_set / f"files-train-00000{house}.tar"
        for house in (0, 1) for frame_set in ("pretrain", "eval")
    ]  # fmt: skip
    digest = combined_sha256([record for record in map(read_layer_record, tars) if record])
    size = tar.stat().st_size - before["bytes"]
    edit(folder / "layers" / "toy" / "layer.json", lambda d: d.update(sha256=digest, bytes=d["bytes"] + size))


def infinite(shape: tuple[int, ...]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.full(shape, np.inf, np.float16))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("ending", "change", "said"),
    [
        ("3.clip.npy", lambda data: infinite((4, 4, 8)), "clip has 128 values that are not finite"),
        ("3.clip.npy", lambda data: infinite((2, 2, 8)), "clip is 2x2, not 4x4"),
        ("3.clip.npy", lambda data: data[:100], "clip array cannot be decoded"),
        ("3.edge.png", lambda data: encode(replace(EDGE, scale=1.0), np.zeros((8, 8)))[1], "edge is 8x8, not 64x64"),
        ("3.caption.txt", lambda data: b"\xff", "caption is no UTF-8 text at byte 0"),
        ("3.caption.txt", lambda data: None, "has the files clip.npy, edge.png, tokens.npy, not"),
        ("3.edge.png", lambda data: b"", "edge image cannot be decoded"),
    ],
)
def test_what_is_wrong_inside_a_layer_with_fitting_hashes_is_one_line(corpus, ending, change, said, capsys):
    def changed(name: str, data: bytes) -> list[tuple[str, bytes]]:
        new = change(data) if name.endswith(ending) else data
        return [] if new is None else [(name, new)]

    rewrite(corpus, changed)
    found = faults(corpus)
    assert [fault.where for fault in found] == [f"layers/toy/pretrain/{HOUSE}.tar: {HOUSE}_pretrain_000003"]
    assert said in found[0].what
    assert main(["verify", str(corpus), "--workers", "0"]) == 1
    assert sum(said in line for line in capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("how", ["gone", "cut", "flipped", "order", "stray", "no record", "folder"])
def test_a_damaged_tar_of_a_layer_is_found_and_placed(corpus, how):
    tar = corpus / "layers" / "toy" / "pretrain" / f"{HOUSE}.tar"
    data = bytearray(tar.read_bytes())
    if how in ("gone", "folder"):
        tar.unlink()
        if how == "folder":
            tar.mkdir()
    elif how == "order":
        rewrite(corpus, lambda name, data: [(name.replace("000003", "000009"), data)])
    elif how == "stray":
        shutil.copy(tar, tar.with_name("other.tar"))
    elif how == "no record":
        tar.with_suffix(".json").unlink()
    else:
        data[len(data) // 2] ^= 1
        tar.write_bytes(data[:-2048] if how == "cut" else data)
    found = faults(corpus)
    assert found and all(fault.where.startswith("layers/toy/pretrain/") for fault in found)
    said = {
        "gone": "missing; write the layer again", "cut": "cut short", "flipped": "sha256 differs",
        "order": "its keys are not those of its shard", "stray": "belongs to no shard",
        "no record": "its record files-train-000000.json is missing", "folder": "is not a file",
    }  # fmt: skip
    assert any(said[how] in fault.what for fault in found)


def test_every_seeded_mutant_of_a_layer_and_its_records_is_found(corpus):
    rng = random.Random(3)
    missed = []
    for number in range(60):
        path = corpus / "layers" / "toy" / ("layer.json", f"pretrain/{HOUSE}.json")[number % 2]
        text = path.read_text()
        mutant, place = mutated(json.loads(text), rng)
        path.write_text(json.dumps(mutant))
        if not faults(corpus) and copies.deepcopy(mutant) != json.loads(text):
            missed.append((path.name, place))
        path.write_text(text)
    assert missed == []


def test_a_shard_path_of_a_layer_is_that_of_the_corpus_below_its_folder(layered):
    layer = Corpus(layered).layers["toy"]
    assert layer.path("eval", HOUSE) == shard_path(layered / "layers" / "toy", "eval", HOUSE)
    assert (layered / MANIFEST).exists()
