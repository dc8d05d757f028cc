"""The network: patches of any modalities into one Vision Transformer, and a lean decoder for pre-training.

The encoder is the product; it takes any subset of the modalities it was made for. The decoder is thrown
away after pre-training: each target token asks the encoded tokens through a few cross-attention
blocks, and nothing is computed for tokens that are not predicted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import ClassVar

import torch
from timm.models.vision_transformer import Block
from torch import Tensor, nn
from torch.nn import functional

from training.config import ModelConfig
from training.data.modality_tensors import adapter_of
from training.masking import Masks
from tst_sim.errors import UserError
from tst_sim.modalities import MODALITIES, RGB, Modality


@lru_cache(maxsize=64)
def sincos_positions(rows: int, columns: int, dim: int) -> Tensor:
    """(rows * columns, dim) fixed 2D sine-cosine embedding: half for the row, half for the column."""
    frequencies = 1 / 10000 ** (torch.arange(dim // 4, dtype=torch.float64) / (dim // 4))
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    parts = []
    for place in (y, x):
        angles = place.reshape(-1, 1).double() * frequencies  # (rows, columns) -> (rows * columns, dim / 4)
        parts += [angles.sin(), angles.cos()]
    return torch.cat(parts, dim=1).float()  # 4 times (rows * columns, dim / 4) -> (rows * columns, dim)


def as_rows(modalities: Sequence[str | Modality]) -> tuple[Modality, ...]:
    """Rows of modalities that are given by row or by a name of the table."""
    return tuple(MODALITIES[item] if isinstance(item, str) else item for item in modalities)


class VitEncoder(nn.Module):
    """The encoder `vit`: a ViT over the patches of one or several modalities.

    `dim` is the width of its tokens, `patch` the side of a patch, `modalities` what it can read.
    Images are physical units (b, c, h, w) as in `training.data.dataset`, height and width multiples of `patch`.
    """

    Config: ClassVar[type[ModelConfig]] = ModelConfig

    def __init__(self, config: ModelConfig, modalities: Sequence[str | Modality]) -> None:
        """`modalities` are rows, or names of the table."""
        super().__init__()
        self.rows = as_rows(modalities)
        self.modalities, self.patch, self.dim = tuple(row.name for row in self.rows), config.patch, config.dim
        self.adapters = {row.name: adapter_of(row) for row in self.rows}
        self.embed = nn.ModuleDict(
            {name: nn.Linear(adapter.size(config.patch), config.dim) for name, adapter in self.adapters.items()}
        )
        self.kind = nn.Parameter(torch.zeros(len(self.modalities), config.dim))
        self.blocks = nn.ModuleList(Block(config.dim, config.heads, qkv_bias=True) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.dim)

    @property
    def depth(self) -> int:
        """Transformer blocks."""
        return len(self.blocks)

    def initialise(self, *, seed: int) -> None:
        """Draw all weights anew from a seed."""
        initialise(self, seed=seed)

    def positions(self, grid: tuple[int, int]) -> Tensor:
        """(n, dim) embedding of a grid of patches, on the encoder's device."""
        return sincos_positions(*grid, self.dim).to(self.kind.device)

    def grid(self, image: Tensor) -> tuple[int, int]:
        """(rows, columns) of patches; UserError when the sides are no multiples of `patch`."""
        height, width = image.shape[-2:]
        if height % self.patch or width % self.patch:
            raise UserError(f"image of {width}x{height} pixels: both sides must be multiples of {self.patch}")
        return height // self.patch, width // self.patch

    def frame_grid(self, images: Mapping[str, Tensor]) -> tuple[int, int]:
        """(rows, columns) of patches of a batch's frames, by the first modality on the frame's own grid."""
        names = [row.name for row in self.rows if row.stride == 1 and row.name in images]
        if not names:
            raise UserError(f"none of {', '.join(images)} has the frame's own grid; give the encoder one that has")
        return self.grid(images[names[0]])

    def patches(self, images: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Normalised patches (b, n, size) of each modality given, in the encoder's order."""
        given = [name for name in self.modalities if name in images]
        if not given or len(given) < len(images):
            raise UserError(
                f"this encoder reads {', '.join(self.modalities)}; it was given {', '.join(images) or 'nothing'}"
            )
        grid = self.frame_grid(images)
        return {name: self.adapters[name].patches(images[name], self.patch, grid) for name in given}

    def encode(self, images: Mapping[str, Tensor]) -> Tensor:
        """All tokens (b, n * modalities given, dim) of any subset of the modalities, normalised."""
        return self.norm(self._run(self._embed_all(images))[-1])

    def features(self, images: Mapping[str, Tensor], layers: Iterable[int] | None = None) -> list[Tensor]:
        """Feature maps (b, dim, h / patch, w / patch) after some blocks (1 to depth; None: the last).

        The last block's is normalised. They are of the first modality given, in the encoder's order: of RGB wherever
        it is among them, as it is the first of the table. The others are only attended to.
        """
        chosen = [self.depth] if layers is None else list(layers)
        rows, columns = self.frame_grid(images)
        outputs = self._run(self._embed_all(images))
        maps = [self.norm(outputs[layer]) if layer == self.depth else outputs[layer] for layer in chosen]
        first = [tokens[:, : rows * columns] for tokens in maps]  # (b, m * n, dim) -> (b, n, dim)
        # (b, n, dim) -> (b, dim, n) -> (b, dim, rows, columns)
        return [tokens.transpose(1, 2).unflatten(2, (rows, columns)) for tokens in first]

    def forward(self, image: Tensor) -> Tensor:
        """Feature map (b, dim, h / patch, w / patch) of RGB (b, 3, h, w) in [0, 1]."""
        return self.features({RGB: image})[0]

    def embed_visible(self, patches: Mapping[str, Tensor], positions: Tensor, visible: Tensor) -> Tensor:
        """Tokens (b, k, dim) of the visible patches alone, in the order of `visible` (on the CPU)."""
        tokens = positions.shape[0]
        flat = visible.flatten()  # (b, k) -> (b * k)
        samples = torch.arange(len(visible)).repeat_interleave(visible.shape[1])
        embedded, places = [], []
        for number, name in enumerate(patches):
            mine = (flat // tokens == number).nonzero()[:, 0]
            rows = (samples[mine] * tokens + flat[mine] % tokens).to(positions.device, non_blocking=True)
            chosen = patches[name].flatten(0, 1)[rows]  # (b, n, size) -> (b * n, size) -> (some of b * k, size)
            embedded.append(self.embed[name](chosen) + self.kind[self.modalities.index(name)])  # (some of b * k, dim)
            places.append(mine)
        back = torch.cat(places).argsort().to(positions.device, non_blocking=True)
        # m times (some of b * k, dim) -> (b * k, dim), in the order of `visible` -> (b, k, dim)
        joined = torch.cat(embedded).index_select(0, back).unflatten(0, visible.shape)
        return joined + positions[(visible % tokens).to(positions.device)]

    def encode_visible(self, tokens: Tensor) -> Tensor:
        """Embedded tokens (b, k, dim) through the blocks, normalised."""
        for block in self.blocks:
            tokens = block(tokens)
        return self.norm(tokens)

    def layer_of(self, name: str) -> int:
        """The block of a tensor, counted from 1; 0 for the embeddings, `depth` for the last norm."""
        if name.startswith("blocks."):
            return int(name.split(".")[1]) + 1
        return self.depth if name.startswith("norm.") else 0

    def _embed_all(self, images: Mapping[str, Tensor]) -> Tensor:
        patches = self.patches(images)
        grid = self.frame_grid(images)
        positions = self.positions(grid)
        parts = [
            self.embed[name](of_modality) + positions + self.kind[self.modalities.index(name)]
            for name, of_modality in patches.items()
        ]
        return torch.cat(parts, dim=1)  # m times (b, n, dim) -> (b, m * n, dim)

    def _run(self, tokens: Tensor) -> list[Tensor]:
        """Tokens before the first block and after each one."""
        outputs = [tokens]
        for block in self.blocks:
            outputs.append(block(outputs[-1]))
        return outputs


class CrossBlock(nn.Module):
    """Queries attend to a context, then think by themselves; pre-normalised."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query_norm, self.mlp_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.query, self.key_value = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim)
        self.project = nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
        self.fused = True

    def forward(self, queries: Tensor, context: Tensor) -> Tensor:
        """(b, t, dim) and (b, k, dim) to (b, t, dim)."""
        split = (self.heads, queries.shape[-1] // self.heads)
        # (b, t, dim) -> (b, t, heads, dim / heads) -> (b, heads, t, dim / heads)
        query = self.query(self.query_norm(queries)).unflatten(-1, split).transpose(1, 2)
        # (b, k, dim) -> (b, k, 2 * dim) -> (b, k, 2, heads, dim / heads) -> 2 times (b, heads, k, dim / heads)
        key, value = self.key_value(context).unflatten(-1, (2, *split)).permute(2, 0, 3, 1, 4)
        if self.fused:
            mixed = functional.scaled_dot_product_attention(query, key, value)
        else:
            mixed = (query * split[1] ** -0.5 @ key.transpose(-2, -1)).softmax(-1).to(value.dtype) @ value
        # (b, heads, t, dim / heads) -> (b, t, heads, dim / heads) -> (b, t, dim)
        queries = queries + self.project(mixed.transpose(1, 2).flatten(2))
        return queries + self.mlp(self.mlp_norm(queries))


class MaskedModel(nn.Module):
    """Encoder and decoder of masked modelling; MAE is the case of one modality."""

    def __init__(self, config: ModelConfig, modalities: Sequence[str | Modality]) -> None:
        super().__init__()
        width = config.decoder_dim
        self.encoder = VitEncoder(config, modalities)
        self.modalities = self.encoder.modalities
        self.context = nn.Linear(config.dim, width)
        self.context_norm = nn.LayerNorm(width)
        self.target_kind = nn.Parameter(torch.zeros(len(self.modalities), width))
        self.blocks = nn.ModuleList(CrossBlock(width, config.decoder_heads) for _ in range(config.decoder_depth))
        self.norm = nn.LayerNorm(width)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(width, adapter.size(config.patch)) for name, adapter in self.encoder.adapters.items()}
        )

    def forward(self, patches: Mapping[str, Tensor], grid: tuple[int, int], masks: Masks) -> dict[str, Tensor]:
        """Predictions (b, t, size) of each modality's target tokens, from the visible patches alone."""
        device = self.encoder.kind.device
        positions = self.encoder.positions(grid)
        encoded = self.encoder.encode_visible(self.encoder.embed_visible(patches, positions, masks.visible))
        places = sincos_positions(*grid, self.norm.normalized_shape[0]).to(device)
        where = masks.visible.to(device) % len(places)
        context = self.context_norm(self.context(encoded) + places[where])
        queries = places[masks.targets.to(device)] + self.target_kind[:, None]  # (b, m, t, width)
        tokens = queries.flatten(1, 2)  # (b, m, t, width) -> (b, m * t, width)
        for block in self.blocks:
            tokens = block(tokens, context)
        tokens = self.norm(tokens).unflatten(1, queries.shape[1:3])  # (b, m * t, width) -> (b, m, t, width)
        # m times (b, t, width) -> (b, t, size)
        return {name: head(tokens[:, number]) for number, (name, head) in enumerate(self.heads.items())}


def initialise(module: nn.Module, *, seed: int) -> None:
    """Weights as in MAE: Xavier for matrices (query, key and value each by itself), 0.02 for embeddings."""
    generator = torch.Generator().manual_seed(seed)
    for name, weight in module.named_parameters():
        with torch.no_grad():
            if weight.ndim == 1:
                weight.fill_(1.0 if name.endswith("weight") else 0.0)  # of one dimension: norms and biases
            elif not name.endswith(".weight"):
                weight.normal_(0, 0.02, generator=generator)
            else:
                inputs, outputs = weight.shape[1], weight.shape[0]
                outputs //= 3 if ".qkv." in name else 2 if ".key_value." in name else 1
                bound = (6 / (inputs + outputs)) ** 0.5
                weight.uniform_(-bound, bound, generator=generator)


def choose_attention(module: nn.Module, *, fused: bool) -> None:
    """Torch's fused attention, or written out: the latter is faster on CPUs in bf16."""
    for part in module.modules():
        if isinstance(part, CrossBlock):
            part.fused = fused
        elif hasattr(part, "fused_attn"):
            part.fused_attn = fused  # type: ignore[assignment]
