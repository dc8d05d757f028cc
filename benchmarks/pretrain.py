"""Pre-training speed on one core, beside a straightforward MultiMAE-like model, in the same run.

    python -m benchmarks.pretrain [--preset tiny|small] [--seconds 20]

The baseline does what the public recipe does: every patch is embedded before it is masked, and each
modality has a decoder of its own (a cross-attention block, then self-attention blocks) over all of
its tokens. Encoder, visible tokens, modalities, optimiser and batch are the same. Processor time of
one thread is counted, as other work on the machine does not sway it; turns alternate between models.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping

import numpy as np
import torch
from timm.models.vision_transformer import Block
from torch import Tensor, nn

from training.config import ModelConfig, OptimConfig, PretrainConfig, resolved
from training.data.modality_tensors import adapter_of
from training.encoders.vit import CrossBlock, VitEncoder, choose_attention, initialise, sincos_positions
from training.loop import Trainer
from training.masking import draw_masks
from training.objectives.mae import MaeObjective
from training.objectives.multimae import MultiMaeObjective
from training.objectives.objective import Trainable
from training.precision import Compute, computing
from tst_sim.classes import CLASSES
from tst_sim.config import load

RENDERED = ("rgb", "depth", "normal")
BATCHES = {"tiny": 32, "small": 8}


class FullDecoders(nn.Module):
    """One decoder a modality: queries for all its tokens, cross-attention, two self-attention blocks."""

    def __init__(self, config: ModelConfig, modalities: tuple[str, ...]) -> None:
        super().__init__()
        width, heads = config.decoder_dim, config.decoder_heads
        self.width = width
        self.encoder = VitEncoder(config, modalities)
        self.context = nn.ModuleDict({name: nn.Linear(config.dim, width) for name in modalities})
        self.query = nn.ParameterDict({name: nn.Parameter(torch.zeros(1, 1, width)) for name in modalities})
        self.cross = nn.ModuleDict({name: CrossBlock(width, heads) for name in modalities})
        self.blocks = nn.ModuleDict(
            {name: nn.Sequential(*(Block(width, heads, qkv_bias=True) for _ in range(2))) for name in modalities}
        )
        self.heads = nn.ModuleDict({name: nn.Linear(width, adapter_of(name).size(config.patch)) for name in modalities})

    def forward(self, images: Mapping[str, Tensor], visible: Tensor) -> dict[str, Tensor]:
        """Predictions (b, n, size) of every token of every modality."""
        tokens = self.encoder._embed_all(images)
        kept = torch.gather(tokens, 1, visible[..., None].expand(-1, -1, tokens.shape[-1]))
        encoded = self.encoder.encode_visible(kept)
        grid = self.encoder.grid(images["rgb"])
        places = sincos_positions(*grid, self.width).to(encoded.device)
        predictions = {}
        for name, head in self.heads.items():
            context = self.context[name](encoded)
            queries = (places + self.query[name]).expand(len(encoded), -1, -1)
            predictions[name] = head(self.blocks[name](self.cross[name](queries, context)))
        return predictions


class BaselineObjective(Trainable):
    """Masked modelling with `FullDecoders`, all tokens predicted, every sample's budget shared by Dirichlet."""

    def __init__(self, config: PretrainConfig) -> None:
        self.config = resolved(config)
        self.inputs = self.config.modalities
        assert isinstance(self.config.model, ModelConfig)
        self._module = FullDecoders(self.config.model, self.inputs)
        initialise(self._module, seed=0)

    @property
    def module(self) -> FullDecoders:
        """Encoder and decoders."""
        return self._module

    def loss(self, batch: Mapping[str, Tensor], *, step: int = 0, rng: np.random.Generator) -> dict[str, Tensor]:
        encoder = self.module.encoder
        patches = encoder.patches(batch)
        size, tokens = patches["rgb"].shape[:2]
        masks = draw_masks(self.config.masking, size, len(self.inputs), tokens, rng=rng)
        predictions = self.module(batch, masks.visible)
        return {name: adapter_of(name).loss(predictions[name].float(), patches[name]) for name in self.inputs}


def make_batch(config: PretrainConfig, batch_size: int) -> dict[str, Tensor]:
    """A resident batch: speed does not depend on what the pictures show."""
    generator, side = torch.Generator().manual_seed(0), config.data.size
    normal = torch.randn(batch_size, 3, side, side, generator=generator)
    return {
        "rgb": torch.rand(batch_size, 3, side, side, generator=generator),
        "depth": 0.5 + 3 * torch.rand(batch_size, 1, side, side, generator=generator),
        "normal": nn.functional.normalize(normal, dim=1),
        "semantic": torch.randint(0, len(CLASSES), (batch_size, 1, side, side), generator=generator),
    }


def measure(trainers: Mapping[str, Trainer], batch: Mapping[str, Tensor], seconds: float) -> dict[str, float]:
    """Images/s of each trainer: the median over turns of one step each."""
    times: dict[str, list[float]] = {name: [] for name in trainers}
    size = len(batch["rgb"])
    deadline = time.monotonic() + seconds
    step = 0
    while step < 4 or time.monotonic() < deadline:
        for name, trainer in trainers.items():
            images = {modality: batch[modality] for modality in trainer.objective.inputs}
            start = time.thread_time()
            trainer.one_step(step, images)
            times[name].append(time.thread_time() - start)
        step += 1
    return {name: size / float(np.median(values[1:])) for name, values in times.items()}


def trainers_for(config: PretrainConfig, machine: Compute) -> dict[str, Trainer]:
    """The models that are compared, each with weights and optimiser of its own."""
    objectives = {
        "multimodal": MultiMaeObjective(config),
        "rgb alone (mae)": MaeObjective(config),
        "baseline (MultiMAE-like)": BaselineObjective(config),
    }
    for objective in objectives.values():
        choose_attention(objective.module, fused=machine.fused_attention)
    return {name: Trainer(item, OptimConfig(), machine, seed=0) for name, item in objectives.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=sorted(BATCHES), action="append")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each preset and number type")
    options = parser.parse_args()
    write = sys.stdout.write
    for preset in options.preset or sorted(BATCHES, reverse=True):
        config = load(PretrainConfig, "pretrain", preset)
        batch = make_batch(config, BATCHES[preset])
        for precision in ("fp32", "bf16"):
            machine = Compute(torch.device("cpu"), precision, 1)
            with computing(machine):
                speeds = measure(trainers_for(config, machine), batch, options.seconds)
            reference = speeds["baseline (MultiMAE-like)"]
            for name, speed in speeds.items():
                write(f"pretrain {preset:5} {precision} {name:25} {speed:8.1f} images/s  {speed / reference:5.2f} x\n")


if __name__ == "__main__":
    main()
