"""The speed benchmark's models train: what it compares ours with keeps up with the loop's protocol."""

from __future__ import annotations

import torch

from benchmarks.pretrain import make_batch, measure, trainers_for
from training.config import DataConfig, ModelConfig, PretrainConfig
from training.precision import Compute


def test_all_three_models_of_the_benchmark_take_steps() -> None:
    model = ModelConfig(dim=32, depth=1, heads=2, decoder_dim=32, decoder_depth=1, decoder_heads=2)
    config = PretrainConfig(model=model, data=DataConfig(size=32))
    speeds = measure(trainers_for(config, Compute(torch.device("cpu"), "fp32", 1)), make_batch(config, 4), seconds=0.0)
    assert set(speeds) == {"multimodal", "rgb alone (mae)", "baseline (MultiMAE-like)"}
    assert min(speeds.values()) > 0
