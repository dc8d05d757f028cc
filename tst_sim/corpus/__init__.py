"""The corpus on disk: the contract between making frames and learning from them.

    corpus/
      README.md                                  Hugging Face's dataset card: which shards are which split
      manifest.json                              written last: format, classes, conventions, houses, config
      contact-sheet.png
      pretrain/procthor-train-000017-00000.tar   WebDataset: <key>.rgb.png .depth.png ... .json
      pretrain/procthor-train-000017-00000.json  its record: count, sha256, house; written after the tar
      pretrain/procthor-train-000017-00001.tar
      eval/procthor-train-000017.tar             a frame set of one shard has no number
      layers/<layer>/pretrain/<house>-00000.tar  what somebody added later, beside the shards: see `layers`

A shard without its record does not exist yet. Everything is byte-identical for the same settings:
no time, host or worker goes into any file.
"""

from tst_sim.corpus.captures import Scene, write_corpus
from tst_sim.corpus.corpus import Corpus
from tst_sim.corpus.frame_sets import FRAME_SETS, FrameSetRecord, HouseFrames, open_frames, read_record, shard_spans
from tst_sim.corpus.layer_writer import write_layer
from tst_sim.corpus.layers import Layer
from tst_sim.corpus.manifest import FORMAT_VERSION, MANIFEST, HouseRow, Manifest
from tst_sim.corpus.shards import (
    Sample,
    Shard,
    ShardRecord,
    read_shard_record,
    sample_key,
    shard_path,
    write_shard,
)

__all__ = [
    "FORMAT_VERSION",
    "FRAME_SETS",
    "MANIFEST",
    "Corpus",
    "FrameSetRecord",
    "HouseFrames",
    "HouseRow",
    "Layer",
    "Manifest",
    "Sample",
    "Scene",
    "Shard",
    "ShardRecord",
    "open_frames",
    "read_record",
    "read_shard_record",
    "sample_key",
    "shard_path",
    "shard_spans",
    "write_corpus",
    "write_layer",
    "write_shard",
]
