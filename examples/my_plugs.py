"""A plug-in file: a modality and its layer maker, an objective, an encoder, a task, an analysis, as small as can be.

tst-sim label CORPUS --with luma --plugin examples/my_plugs.py          # adds the layer `luma` to a corpus
tst-sim pretrain --plugin examples/my_plugs.py --objective luma --set model.type=one_convolution \\
        --corpus CORPUS --out RUN
tst-sim transfer RUN --plugin examples/my_plugs.py --task brightness --transfer-corpus OTHER --out RUN2
tst-sim sweep my_sweep.yaml --plugin examples/my_plugs.py               # experiment: patch_sizes
"""

from dataclasses import replace

import torch
from torch import nn

from training.encoders import ENCODERS
from training.encoders.sources import make_encoder
from training.objectives import OBJECTIVES
from training.objectives.objective import Objective
from training.sweep.analyses import ANALYSES
from training.sweep.analyses.analysis import Figure
from training.sweep.config import SweepConfig
from training.tasks import TASKS
from training.tasks.task import Score, Task
from tst_sim.corpus.layer_makers import LAYER_MAKERS, LayerMaker
from tst_sim.modalities import MODALITIES, Kind, Modality, Origin

LUMA = Modality("luma", Kind.SCALAR, 1, "float32", "uint8", "luma.png", "0 to 1", scale=1 / 255, origin=Origin.LAYER)


class LumaMaker(LayerMaker):
    """The layer maker: how bright each pixel is (ITU-R BT.601)."""

    rows, maker, settings = (LUMA,), {"name": "my_plugs"}, {"weights": (0.299 / 255, 0.587 / 255, 0.114 / 255)}

    def make(self, keys, frames):
        return {"luma": [frame["rgb"] @ self.settings["weights"] for frame in frames]}


class Convolution(nn.Module):
    """The encoder: one convolution."""

    Config = ENCODERS["vit"].Config
    depth = 1

    def __init__(self, config, modalities):
        super().__init__()
        self.modalities, self.patch, self.dim = ("rgb",), config.patch, config.dim
        self.embed = nn.Conv2d(3, config.dim, config.patch, stride=config.patch)

    def features(self, images, layers=None):
        return [self.embed(images["rgb"]).relu() for _ in layers or [1]]

    def initialise(self, *, seed):
        generator = torch.Generator().manual_seed(seed)
        nn.init.normal_(self.embed.weight, 0, 0.02, generator=generator)
        nn.init.zeros_(self.embed.bias)


class Luma(Objective):
    """The objective: predict the mean luma of every patch from its features."""

    inputs = ("rgb", "luma")

    def __init__(self, config, rows=None):
        encoder = make_encoder(config.model, [MODALITIES["rgb"]])
        encoder.initialise(seed=config.run.seed)
        self.module = nn.ModuleDict({"encoder": encoder, "head": nn.Conv2d(encoder.dim, 1, 1)})

    @classmethod
    def resolved(cls, config):
        return replace(config, modalities=cls.inputs)

    def loss(self, batch, *, step, rng):
        (features,) = self.module["encoder"].features(batch)  # (b, dim, rows, columns)
        truth = nn.functional.interpolate(batch["luma"], size=features.shape[-2:], mode="area")  # (b, 1, rows, columns)
        return {"luma": (self.module["head"](features).float() - truth).abs().mean()}


class Brightness(Task):
    """The task: how bright a frame is on average. The lower the error, the better."""

    name, inputs, scores = "brightness", ("rgb",), (Score("brightness_error", higher_is_better=False),)

    def __init__(self, config, encoder, classes):
        self.config, self.module = config, nn.ModuleDict({"encoder": encoder, "head": nn.Linear(encoder.dim, 1)})

    def predict(self, batch):
        (features,) = self.module["encoder"].features(batch)
        return self.module["head"](features.mean((2, 3)))[:, 0].float()  # (b,)

    def loss(self, batch, *, step, rng):
        return {"brightness": (self.predict(batch) - batch["rgb"].mean((1, 2, 3))).abs().mean()}

    def metrics(self):
        return []

    def measure(self, batch, metrics):
        predicted = self.predict(batch)
        metrics += (predicted - batch["rgb"].mean((1, 2, 3))).abs().tolist()
        return predicted

    def describe(self, metrics, config):
        return {"brightness_error": sum(metrics) / len(metrics) if metrics else None}


class PatchSizes:
    """The analysis: specialists of several patch sizes, as a curve."""

    title, Config = "Patch sizes", SweepConfig
    figure = Figure("curve", "patch", "Patch size", "side of a patch, pixels")

    def places(self, config):
        return 2

    def check(self, config):
        pass

    def cells(self, config, steps):
        for seed in config.seeds:
            for method in config.methods:
                for patch in (8, 16):
                    changed = replace(method, pretrain={"model": {**config.pretrain.get("model", {}), "patch": patch}})
                    yield from steps.specialists(changed, seed, {"patch": patch})


MODALITIES.register("luma", LUMA)
LAYER_MAKERS.register("luma", LumaMaker)
ENCODERS.register("one_convolution", Convolution)
OBJECTIVES.register("luma", Luma)
TASKS.register("brightness", Brightness)
ANALYSES.register("patch_sizes", PatchSizes())
