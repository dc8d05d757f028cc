"""Train a specialist: a corpus of one house, masked pre-training on it, and a picture of what the encoder has learnt.

    python examples/train_a_specialist.py --house 17 --steps 600 --out specialist

The picture has two rows: frames the model never saw, and the first three principal components of their patch
features as red, green and blue. Patches of one kind of thing get one color, although no label was ever given.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from generators.config import GenerateConfig
from generators.generate import generate
from training import CorpusDataset, load_encoder
from training.config import OptimConfig, PretrainConfig
from training.pretrain import pretrain

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("--source", default="procthor")
options.add_argument("--house", type=int, default=17)
options.add_argument("--frames", type=int, default=500)
options.add_argument("--steps", type=int, default=600)
options.add_argument("--out", type=Path, default=Path("specialist"))
given = options.parse_args()

size = GenerateConfig(source=given.source, frames=given.frames, eval_frames=8, width=64, height=64)
corpus = generate(size, [given.house], given.out / "corpus").folder  # goes on where it was stopped
settings = PretrainConfig(modalities=("rgb", "depth", "normal"), optim=OptimConfig(steps=given.steps))
run = pretrain(settings, corpus, given.out / "run").folder  # so does this

held_out = CorpusDataset(corpus, frame_set="eval", modalities=("rgb",))
images = torch.stack([held_out[index]["rgb"] for index in range(len(held_out))])  # (b, 3, h, w) in [0, 1]
with torch.no_grad():
    features = load_encoder(run)(images)  # (b, dim, h / patch, w / patch)
tokens = features.permute(0, 2, 3, 1).flatten(0, 2)  # (b * n, dim)
torch.manual_seed(0)  # pca_lowrank draws random numbers
_, _, axes = torch.pca_lowrank(tokens, q=3)
colors = (tokens - tokens.mean(0)) @ axes  # (b * n, 3)
colors = (colors - colors.amin(0)) / (colors.amax(0) - colors.amin(0))
grid = colors.unflatten(0, (len(images), *features.shape[-2:]))  # (b, rows, columns, 3)
patch = images.shape[-1] // grid.shape[2]
shown = grid.repeat_interleave(patch, 1).repeat_interleave(patch, 2)  # (b, h, w, 3)
rows = [torch.cat(list(row), dim=1).numpy() for row in (images.permute(0, 2, 3, 1), shown)]
Image.fromarray((np.concatenate(rows) * 255).astype(np.uint8)).save(given.out / "features.png")
print(f"features of {len(images)} frames -> {given.out}/features.png; masked frames -> {run}/reconstructions.png")
