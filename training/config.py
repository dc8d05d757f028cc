"""Settings of pre-training, as frozen dataclasses: no torch here, so that `--help` answers at once.

`OptimConfig` and `RunConfig` are shared by every verb that trains.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from training.encoders import ENCODERS
from training.objectives import OBJECTIVES
from tst_sim.config import NOT_STORED, STORED_UNLESS_DEFAULT, plug_class, widened
from tst_sim.errors import UserError, did_you_mean, shortened, shown
from tst_sim.modalities import MODALITIES
from tst_sim.registry import NAME

ORACLE = tuple(name for name, row in MODALITIES.items() if row.ground_truth)
"""Modalities only a simulator knows: a run that learns from one is marked as an oracle."""
PRECISIONS = ("auto", "fp32", "bf16", "fp16")


def modality_names(names: tuple[str, ...], also: Sequence[str] = ()) -> tuple[str, ...]:
    """Checked modality names in the order of the table, then of `also` (the layers of a corpus).

    UserError for a name that is in neither.
    """
    known = tuple(dict.fromkeys((*MODALITIES, *also)))
    for name in names:
        if name not in known:
            raise UserError(f"unknown modality {name!r}{did_you_mean(name, known)}")
    if not names:
        raise UserError(f"no modality given; choose from {', '.join(known)}")
    return tuple(name for name in known if name in names)


def ordered_modalities(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names in the order of the table, those of layers last, in the order given. UserError for what is no name.

    Which layers there are is known with the corpus: `modality_names` refuses unknown names then.
    """
    unusable = [name for name in names if not NAME.fullmatch(name)]
    return modality_names(names, also=[name for name in names if name not in unusable])


def within(name: str, value: float, low: float, high: float) -> None:
    """UserError naming the setting, its value and its bounds."""
    if not (math.isfinite(value) and low <= value <= high):
        raise UserError(f"{name} must be between {low:g} and {high:g}, got {value!r}")


@dataclass(frozen=True, kw_only=True)
class ArchitectureConfig:
    """The group `model`: what every encoder has; each architecture adds its own settings in a subclass."""

    type: str = field(default="vit", metadata=STORED_UNLESS_DEFAULT)
    """A name in `training.encoders.ENCODERS`."""
    patch: int = 8
    """Pixels of the image per cell of a feature map; of a ViT: side of a square patch."""

    def __post_init__(self) -> None:
        within("model.patch", self.patch, 1, 256)

    @classmethod
    def class_for(cls, values: Mapping[str, Any]) -> tuple[type[ArchitectureConfig], Mapping[str, Any]]:
        """The class of the settings of the architecture that is asked for, see `tst_sim.config.build`."""
        return plug_class(ENCODERS, "type", ArchitectureConfig, values)


@dataclass(frozen=True, kw_only=True)
class ModelConfig(ArchitectureConfig):
    """A Vision Transformer encoder and the lean decoder that pre-training needs."""

    dim: int = 128
    """Width of the encoder."""
    depth: int = 4
    """Transformer blocks of the encoder."""
    heads: int = 4
    decoder_dim: int = 128
    decoder_depth: int = 2
    """Cross-attention blocks of the decoder."""
    decoder_heads: int = 4

    def __post_init__(self) -> None:
        within("model.patch", self.patch, 2, 64)
        within("model.dim", self.dim, 8, 4096)
        within("model.depth", self.depth, 1, 64)
        within("model.decoder_dim", self.decoder_dim, 8, 4096)
        within("model.decoder_depth", self.decoder_depth, 1, 16)
        for width, heads, name in ((self.dim, self.heads, ""), (self.decoder_dim, self.decoder_heads, "decoder_")):
            if heads < 1 or width % heads or width % 4:
                raise UserError(f"model.{name}dim {width} must be a multiple of 4 and of model.{name}heads {heads}")


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Which part of a frame the network sees, and how decoded frames are kept."""

    size: int = 64
    """Side of the square crop the network sees, pixels."""
    crop_scale: tuple[float, float] = (0.5, 1.0)
    """Random crop: its area as a share of the largest square in the frame, from a uniform range."""
    flip: bool = True
    """Mirror half of the frames left to right; the x of normals changes its sign with it."""
    cache_gb: float = 20.0
    """Most disk that decoded frames may take; a run that needs more decodes as it goes (slower)."""

    def __post_init__(self) -> None:
        within("data.size", self.size, 16, 2048)
        low, high = self.crop_scale
        if not 0.01 <= low <= high <= 1:
            raise UserError(f"data.crop_scale must satisfy 0.01 <= low <= high <= 1, got {list(self.crop_scale)}")
        within("data.cache_gb", self.cache_gb, 0, 1e6)


@dataclass(frozen=True)
class View:
    """One of several crops of a frame that an objective sees at once, as in multi-crop."""

    size: int
    """Side of the square crop, pixels."""
    scale: tuple[float, float] = (0.5, 1.0)
    """Its area as a fraction of the largest square in the frame, from a uniform range."""


@dataclass(frozen=True, kw_only=True)
class MaskingConfig:
    """How many tokens are seen and predicted, and from which modalities."""

    visible: float | None = None
    """Visible tokens as a share of one modality's tokens; default 0.5 for mm, 0.25 for mae."""
    alpha: float = 1.0
    """Concentration of the symmetric Dirichlet that shares the visible tokens among modalities."""
    rgb_only: float = 0.75
    """Share of the samples that see RGB alone, and predict every modality."""
    targets: int = 128
    """Most masked tokens predicted per sample, drawn at random, equally many of each modality."""

    def __post_init__(self) -> None:
        if self.visible is not None:
            within("masking.visible", self.visible, 0.01, 0.95)
        within("masking.alpha", self.alpha, 0.01, 1e5)
        within("masking.rgb_only", self.rgb_only, 0, 1)
        within("masking.targets", self.targets, 1, 1_000_000)


DEFAULT_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"rgb": 1.0, "depth": 1.0, "normal": 1.0, "canny": 1.0, "instance": 1.0, "semantic": 0.2}
)
"""What each modality's loss is multiplied with before they are summed; 1 for those that are not named.

Color: mean squared error of patches standardised one by one; depth: mean absolute error of standardised log-depth;
normals: mean absolute error of components; edges and borders of instances: binary cross-entropy; labels:
cross-entropy at a quarter of the resolution, which is several times as large as the others. `modality_tensors` has
the losses of the other kinds.
"""


def loss_weights(given: Mapping[str, float], modalities: Sequence[str]) -> dict[str, float]:
    """The weights of a run: the defaults, those of its other modalities, and what was given.

    UserError for a weight out of bounds, and for one of a modality that nobody knows.
    """
    weights = {**DEFAULT_WEIGHTS, **{name: 1.0 for name in modalities if name not in DEFAULT_WEIGHTS}}
    for name, value in given.items():
        if name not in weights:
            raise UserError(f"weights.{shortened(name)} is not a setting{did_you_mean(name, sorted(weights))}")
        if type(value) not in (int, float):
            raise UserError(f"weights.{name} must be a number, got {shown(value)}")
        within(f"weights.{name}", float(value), 0, 1e4)
    return weights | {name: float(value) for name, value in given.items()}


@dataclass(frozen=True, kw_only=True)
class OptimConfig:
    """AdamW with linear warm-up and cosine decay to zero."""

    steps: int = 625
    batch_size: int = 32
    lr: float = 1e-3
    """Peak learning rate."""
    warmup: float = 0.1
    """Share of the steps in which the learning rate rises."""
    weight_decay: float = 0.05
    """Decoupled; matrices only, not biases, norms and embeddings."""
    beta2: float = 0.95
    clip: float = 1.0
    """Largest norm of the gradient; 0 does not clip."""
    average: float = field(default=0.0, metadata=STORED_UNLESS_DEFAULT)
    """Decay a step of an exponential moving average of the weights, which transfer and evaluation then use; 0: none."""
    log_every: int = 1
    """A line in metrics.jsonl every so many steps."""
    checkpoint_every: int = 500
    """Steps between checkpoints; one is also written at the end and when interrupted."""

    def __post_init__(self) -> None:
        within("optim.steps", self.steps, 1, 100_000_000)
        within("optim.batch_size", self.batch_size, 1, 65536)
        within("optim.lr", self.lr, 0, 10)
        within("optim.warmup", self.warmup, 0, 1)
        within("optim.weight_decay", self.weight_decay, 0, 10)
        within("optim.beta2", self.beta2, 0.5, 0.99999)
        within("optim.clip", self.clip, 0, 1e6)
        within("optim.average", self.average, 0, 0.999999)
        within("optim.log_every", self.log_every, 1, 1_000_000)
        within("optim.checkpoint_every", self.checkpoint_every, 1, 100_000_000)


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Seed and machine; what is chosen by the program is stored resolved and kept on resume."""

    seed: int = 0
    device: str = "auto"
    """`auto`, `cpu`, `cuda` or `cuda:1`."""
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """Number type of the matrix products; `auto` measures once per run on the CPU."""
    threads: int | None = None
    """Threads of torch on the CPU; default: the cores there are. Sums depend on it to the last bit."""

    def __post_init__(self) -> None:
        within("run.seed", self.seed, 0, 2**63 - 1)
        if self.threads is not None:
            within("run.threads", self.threads, 1, 1024)


@dataclass(frozen=True, kw_only=True)
class PretrainConfig:
    """Pre-training on one or several modalities; an objective adds its own settings in a subclass."""

    objective: str = "mm"
    """A name in `training.objectives.OBJECTIVES`."""
    modalities: tuple[str, ...] = ("rgb", "depth", "normal")
    model: ArchitectureConfig = field(default_factory=ModelConfig)
    data: DataConfig = field(default_factory=DataConfig)
    masking: MaskingConfig = field(default_factory=MaskingConfig)
    weights: dict[str, float] = field(default_factory=dict)
    """By modality, see `DEFAULT_WEIGHTS`."""
    optim: OptimConfig = field(default_factory=OptimConfig)
    run: RunConfig = field(default_factory=RunConfig)
    plugins: tuple[str, ...] = field(default=(), metadata=NOT_STORED)
    """Files or modules of the user's that make further objectives, encoders and modalities known."""

    def __post_init__(self) -> None:
        OBJECTIVES.check(self.objective)
        ordered_modalities(self.modalities)
        loss_weights(self.weights, self.modalities)
        if self.data.size % self.model.patch:
            raise UserError(f"data.size {self.data.size} must be a multiple of model.patch {self.model.patch}")

    @classmethod
    def class_for(cls, values: Mapping[str, Any]) -> tuple[type[PretrainConfig], Mapping[str, Any]]:
        """The class of the settings of the objective that is asked for, see `tst_sim.config.build`."""
        return plug_class(OBJECTIVES, "objective", PretrainConfig, values)

    @property
    def oracle(self) -> bool:
        """True when ground truth is among what is learnt from; a run's layers are known with its corpus alone."""
        return any(name in ORACLE for name in resolved(self).modalities)


def resolved(config: PretrainConfig) -> PretrainConfig:
    """The settings with every default that depends on another one filled in, as the objective does it."""
    objective = OBJECTIVES.named(config.objective)
    config = widened(config, objective.Config)
    modalities = ordered_modalities(config.modalities)
    config = replace(config, modalities=modalities, weights=loss_weights(config.weights, modalities))
    return objective.resolved(config)
