"""Settings of a sweep: which methods, houses and seeds, and how large."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from training.config import OBJECTIVES
from training.sweep.analyses import ANALYSES
from tst_sim.config import NOT_STORED, STORED_UNLESS_DEFAULT, plug_class
from tst_sim.errors import UserError, check_within, did_you_mean, shown

SCRATCH = "scratch"
MAX_CELLS = 100_000
"""Numbers that a sweep may be asked for; each takes a minute and more."""
MAX_HOUSE, MAX_SEED = 2**31 - 1, 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class MethodConfig:
    """One row group of the matrix: how an encoder comes to its weights before transfer."""

    name: str
    """Unique; shown in the report."""
    objective: str
    """A pre-training objective, or `scratch`, the lower bound: random weights, no pre-training."""
    modalities: tuple[str, ...] = ()
    """Pre-training modalities; empty: those of the preset (`mae`: rgb alone)."""
    steps: int | None = None
    """Pre-training steps when they differ from the preset's."""
    equal_time_to: str | None = None
    """Another method: as many steps as fit into its time, by a speed measured once for the sweep."""
    pretrain: dict[str, Any] = field(default_factory=dict)
    """Further pre-training settings of this method, laid over those of the sweep."""
    transfer: dict[str, Any] = field(default_factory=dict, metadata=STORED_UNLESS_DEFAULT)
    """Further transfer settings of this method, laid over those of the sweep: `{frozen: true}`. Methods that differ in
    them alone share their pre-trained runs."""


@dataclass(frozen=True, kw_only=True)
class CorpusSize:
    """How many frames a house gives, and of which size."""

    frames: int = 1000
    """Pre-training frames of a house, without labels."""
    eval_frames: int = 64
    size: int = 64
    """Width and height in pixels."""

    def __post_init__(self) -> None:
        for name, low in (("frames", 1), ("eval_frames", 0), ("size", 16)):
            if getattr(self, name) < low:
                raise UserError(f"{name} must be at least {low}, got {getattr(self, name)}")


@dataclass(frozen=True, kw_only=True)
class SweepConfig:
    """A whole experiment."""

    experiment: str = "cross_house"
    """A name in `training.sweep.analyses.ANALYSES`."""
    test_houses: tuple[int, ...] = (100, 101, 102)
    """Houses that specialists are pre-trained in and everything is evaluated in."""
    new_houses: tuple[int, ...] = ()
    """Houses that are only ever evaluated in (specialization_generalization)."""
    added_houses: tuple[int, ...] = ()
    """Houses added to the test house, in this order (specialization_generalization)."""
    added_counts: tuple[int, ...] = (0, 1, 2, 5)
    """How many of `added_houses` each run gets beside its test house."""
    equal_samples: bool = True
    """More houses, same total of images seen; false: images grow with the number of houses."""
    transfer_houses: tuple[int, ...] = tuple(range(11))
    """External labelled houses; they may not be among the houses evaluated in."""
    seeds: tuple[int, ...] = (0, 1, 2)
    methods: tuple[MethodConfig, ...] = (
        MethodConfig(name="scratch", objective="scratch"),
        MethodConfig(name="mae", objective="mae"),
        MethodConfig(name="mm", objective="mm"),
    )
    supervised: bool = True
    """Also the upper bound (oracle): transfer trained on the test house's own labels."""
    split: Literal["train", "val", "test"] = "train"
    source: str = "procthor"
    corpus: CorpusSize = field(default_factory=CorpusSize)
    """Corpus of the houses pre-trained or evaluated in."""
    transfer_corpus: CorpusSize = field(default_factory=lambda: CorpusSize(frames=100, eval_frames=0))
    generate: dict[str, Any] = field(default_factory=dict)
    """Further settings of both corpora, e.g. `poses: {pitch_deg: [-10, 40]}`."""
    pretrain_preset: str = "tiny"
    pretrain: dict[str, Any] = field(default_factory=dict)
    transfer_preset: str = "tiny"
    transfer: dict[str, Any] = field(default_factory=dict)
    supervised_transfer: dict[str, Any] = field(default_factory=dict)
    """Transfer settings of the upper bound alone, e.g. more steps."""
    corpus_seed: int = 0
    """Seed of the poses; `seeds` are those of the training."""
    plugins: tuple[str, ...] = field(default=(), metadata=NOT_STORED)
    """Files or modules of the user's that make further objectives, tasks, encoders and analyses known."""

    @classmethod
    def class_for(cls, values: Mapping[str, Any]) -> tuple[type[SweepConfig], Mapping[str, Any]]:
        """The class of the settings of the experiment that is asked for, see `tst_sim.config.build`."""
        return plug_class(ANALYSES, "experiment", SweepConfig, values)

    def __post_init__(self) -> None:
        ANALYSES.check(self.experiment)
        self._check_numbers()
        self._check_methods()
        for name in ("test_houses", "transfer_houses", "seeds"):
            values = getattr(self, name)
            if not values or len(set(values)) < len(values):
                raise UserError(f"{name} must name at least one and none twice, got {shown(list(values))}")
        self._check_houses()

    def _check_numbers(self) -> None:
        highest = {
            **dict.fromkeys(
                ("test_houses", "new_houses", "added_houses", "transfer_houses", "added_counts"), MAX_HOUSE
            ),
            "seeds": MAX_SEED,
        }
        for name, high in highest.items():
            for value in getattr(self, name):
                check_within(name, value, 0, high)
        check_within("corpus_seed", self.corpus_seed, 0, MAX_SEED)
        homes, tested = len(self.test_houses), len(self.test_houses) + len(self.new_houses)
        cells = len(self.seeds) * len(self.methods) * homes * tested * ANALYSES.named(self.experiment).places(self)
        if cells > MAX_CELLS:
            raise UserError(
                f"a sweep of up to {cells} numbers, more than {MAX_CELLS}; name fewer houses, methods or seeds"
            )

    def _check_methods(self) -> None:
        trained = {method.name: method for method in self.methods if method.objective != SCRATCH}
        names = [method.name for method in self.methods]
        if not names or len(set(names)) < len(names):
            raise UserError(f"methods must have different names, got {', '.join(names) or 'none'}")
        for method in self.methods:
            if method.objective not in (SCRATCH, *OBJECTIVES):
                raise UserError(
                    f"methods: objective of {method.name} is {shown(method.objective)}"
                    f"{did_you_mean(method.objective, (SCRATCH, *OBJECTIVES))}"
                )
            other = method.equal_time_to
            if other is not None and (other == method.name or other not in trained or trained[other].equal_time_to):
                raise UserError(
                    f"methods: equal_time_to of {method.name} is {other!r}; it must name another pre-trained method "
                    "that has steps of its own"
                )

    def _check_houses(self) -> None:
        evaluated = {*self.test_houses, *self.new_houses}
        for name, others in (("transfer_houses", self.transfer_houses), ("added_houses", self.added_houses)):
            overlap = sorted(evaluated & set(others))
            if overlap:
                raise UserError(
                    f"{name} and the houses evaluated in may not overlap: house {overlap[0]} is in both; "
                    f"remove it from {name}"
                )
        if set(self.test_houses) & set(self.new_houses):
            raise UserError("new_houses must be other houses than test_houses")
        ANALYSES.named(self.experiment).check(self)
