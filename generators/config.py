"""Settings of a corpus: what is rendered, from where, and how it is stored.

Light on purpose: the command line imports it to show defaults.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Literal

from generators.sources.house_source import is_named
from tst_sim.config import NOT_STORED
from tst_sim.errors import UserError, check_within
from tst_sim.modalities import RENDERED, modalities_named
from tst_sim.packs.names import BUILTIN, pack_names
from tst_sim.simulator import AGENT_RADIUS_M
from tst_sim.thor.config import ThorConfig

MAX_FRAMES = 100_000
MIN_PIXELS, MAX_PIXELS = 16, 4096


def _rising(name: str, span: tuple[float, float], low: float, high: float) -> None:
    if not low <= span[0] <= span[1] <= high:
        raise UserError(f"{name} {list(span)} must rise and lie between {low} and {high}")


@dataclass(frozen=True, kw_only=True)
class PoseConfig:
    """Where cameras may stand and look, and which views are thrown away."""

    spacing_m: float = 0.1
    """Grid of the free space positions are drawn from; each is jittered inside its cell."""
    clearance_m: float = 0.25
    """Least horizontal distance of a camera from walls and furniture."""
    height_m: tuple[float, float] = (0.9, 1.8)
    """Eye height above the floor, uniform: from AI2-THOR's standing agent to a tall adult."""
    pitch_deg: tuple[float, float] = (-10.0, 35.0)
    """Uniform; positive looks down."""
    eval_distance_m: float = 0.3
    """Least horizontal distance between any pre-training and any evaluation camera."""
    eval_area_share: float = 0.2
    """At most this share of the free floor is kept from pre-training for the sake of evaluation."""
    min_instances: int = 4
    """A view shows at least so many things, floors, walls and ceilings included ..."""
    min_objects: int = 2
    """... and at least so many that are none of these."""
    min_instance_share: float = 0.002
    """Share of the pixels from which on a thing counts as shown."""
    max_surface_share: float = 0.85
    """A view is rejected when one instance (a wall, say) fills more than this share."""
    min_depth_m: float = 0.6
    """A view is rejected when its median depth is less: the camera has its nose against something."""
    tries: int = 12
    """Directions tried for a frame before the least bad of them is taken."""
    probe_px: int = 32
    """Height of the small renders that views are judged by."""

    def __post_init__(self) -> None:
        check_within("poses.spacing_m", self.spacing_m, 0.02, 1.0)
        check_within("poses.clearance_m", self.clearance_m, AGENT_RADIUS_M, 2.0)
        _rising("poses.height_m", self.height_m, 0.1, 3.0)
        _rising("poses.pitch_deg", self.pitch_deg, -90.0, 90.0)
        check_within("poses.eval_distance_m", self.eval_distance_m, 0.0, 5.0)
        check_within("poses.eval_area_share", self.eval_area_share, 0.01, 0.5)
        check_within("poses.min_instances", self.min_instances, 0, 100)
        check_within("poses.min_objects", self.min_objects, 0, 100)
        check_within("poses.min_instance_share", self.min_instance_share, 0.0, 1.0)
        check_within("poses.max_surface_share", self.max_surface_share, 0.1, 1.0)
        check_within("poses.min_depth_m", self.min_depth_m, 0.0, 10.0)
        check_within("poses.tries", self.tries, 1, 1000)
        check_within("poses.probe_px", self.probe_px, 8, 512)


@dataclass(frozen=True, kw_only=True)
class OutputConfig:
    """How frames are divided into files."""

    shard_frames: int = 16
    """Frames of a shard, at most: readers share shards, and a house's 256 frames feed 16 of them (4 GPUs with 4
    loader processes each), its 32 evaluation frames 2. Larger shards are fewer files."""

    def __post_init__(self) -> None:
        check_within("output.shard_frames", self.shard_frames, 1, MAX_FRAMES)


@dataclass(frozen=True, kw_only=True)
class GenerateConfig:
    """Everything that the bytes of a corpus depend on, except the list of houses."""

    source: str = "procthor"
    """`procthor`, `procthor-10k[@REVISION]`, `procthor-thor`, or a house JSON, a .jsonl[.gz], a folder of them."""
    split: Literal["train", "val", "test"] = "train"
    """procthor's asset split."""
    seed: int = 0
    """Of the camera poses; houses depend on their index alone."""
    frames: int = 256
    """Pre-training frames of a house."""
    eval_frames: int = 32
    """Evaluation frames of a house."""
    width: int = 224
    height: int = 224
    fov_deg: float = 90.0
    """Vertical field of view."""
    modalities: tuple[str, ...] = tuple(RENDERED)
    jpeg_quality: int | None = None
    """Store RGB as JPEG of this quality (1-100); None: PNG, lossless."""
    simulator: Literal["embedded", "thor"] = "embedded"
    """Our own engine, or AI2-THOR."""
    thor: ThorConfig = field(default_factory=ThorConfig)
    """Which AI2-THOR player; has no say while the simulator is another."""
    assets: tuple[str, ...] = (BUILTIN,)
    """Packs that the embedded engine draws from, in the order of preference; `builtin` answers for the rest."""
    light: Literal["none", "fast", "baked"] = "baked"
    """How our engine lights a house: not at all, by estimate, or traced once and kept (3 s a house)."""
    antialias: bool = True
    """Whether the embedded engine smooths edges in `rgb`; ids, depth and normals are the same either way."""
    poses: PoseConfig = field(default_factory=PoseConfig)
    output: OutputConfig = field(default_factory=OutputConfig)
    plugins: tuple[str, ...] = field(default=(), metadata=NOT_STORED)
    """Files or modules of the user's that make further modalities, house sources and asset packs known."""

    def frames_in(self, frame_set: str) -> int:
        """Frames of a house in a frame set."""
        return self.frames if frame_set == "pretrain" else self.eval_frames

    def __post_init__(self) -> None:
        check_within("seed", self.seed, 0, 2**63 - 1)
        check_within("frames", self.frames, 1, MAX_FRAMES)
        check_within("eval_frames", self.eval_frames, 0, MAX_FRAMES)
        check_within("width", self.width, MIN_PIXELS, MAX_PIXELS)
        check_within("height", self.height, MIN_PIXELS, MAX_PIXELS)
        check_within("fov_deg", self.fov_deg, 10.0, 150.0)
        rows = modalities_named(self.modalities)
        object.__setattr__(self, "modalities", tuple(row.name for row in rows))
        if self.jpeg_quality is not None:
            check_within("jpeg_quality", self.jpeg_quality, 1, 100)
        object.__setattr__(self, "assets", pack_names(self.assets))
        if self.simulator != "embedded" and self.assets != (BUILTIN,):
            raise UserError(
                f"simulator {self.simulator} has meshes of its own; assets {self.assets[0]!r} are for embedded"
            )
        if not is_named(self.source):
            object.__setattr__(self, "source", os.path.abspath(os.path.expanduser(self.source)))
