"""The experiments a sweep can be: which steps they consist of, and which cells they fill.

A cell is one number of the final table: one method, pre-trained in some houses with one seed,
evaluated in one house. Many cells share steps; the engine in `sweep.py` does each step once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from training.sweep.config import SCRATCH, CorpusSize, MethodConfig, SweepConfig
from training.sweep.steps import Step
from tst_sim.errors import UserError, shown

SUPERVISED = "supervised"


@dataclass(frozen=True)
class Cell:
    """One number to come, and the step that makes it."""

    method: str
    houses: tuple[int, ...]
    """Houses pre-trained in; empty for scratch. Of the supervised bound: the house of its labels."""
    home: int | None
    """The test house the run is a specialist of, if any."""
    added: int
    """How many houses were added to it."""
    test_house: int
    new: bool
    """No run was pre-trained in the test house."""
    seed: int
    oracle: bool
    step: Step

    def describe(self) -> dict[str, Any]:
        """The cell without its step, as JSON values."""
        return {
            "method": self.method,
            "houses": list(self.houses),
            "home": self.home,
            "added": self.added,
            "test_house": self.test_house,
            "new": self.new,
            "seed": self.seed,
            "oracle": self.oracle,
        }


def cells_of(
    config: SweepConfig, *, run: Mapping[str, Any] | None = None, steps: Mapping[str, int] | None = None
) -> list[Cell]:
    """Every cell of the experiment, each with its graph of steps.

    `run` holds run settings chosen once for the whole sweep (precision, threads), `steps` the
    pre-training steps of methods that get the time of another one.
    """
    return list(_Experiment(config, dict(run or {}), dict(steps or {})).cells())


class _Experiment:
    def __init__(self, config: SweepConfig, chosen: dict[str, Any], steps: dict[str, int]) -> None:
        self.config = config
        self.chosen = chosen
        self.steps = steps

    def cells(self) -> Iterator[Cell]:
        for seed in self.config.seeds:
            for method in self.config.methods:
                if method.objective == SCRATCH:
                    transfer = self._transfer(None, seed, "scratch")
                    yield from self._evaluated(transfer, method.name, (), None, 0, seed)
                else:
                    yield from self._specialists(method, seed)
            if self.config.supervised:
                yield from self._upper_bounds(seed)

    def _specialists(self, method: MethodConfig, seed: int) -> Iterator[Cell]:
        for home in self.config.test_houses:
            for added in self._added_counts():
                houses = (home, *self.config.added_houses[:added])
                pretrain = self._pretrain(method, houses, seed)
                transfer = self._transfer(pretrain, seed, pretrain.name.removeprefix("pretrain-"))
                yield from self._evaluated(transfer, method.name, houses, home, added, seed)

    def _added_counts(self) -> tuple[int, ...]:
        return self.config.added_counts if self.config.experiment == "specialization_generalization" else (0,)

    def _tested(self, home: int | None) -> tuple[int, ...]:
        """Houses a run is evaluated in: all of the matrix; in the other experiment its own and the new ones."""
        if self.config.experiment == "cross_house" or home is None:
            return (*self.config.test_houses, *self.config.new_houses)
        return (home, *self.config.new_houses)

    def _upper_bounds(self, seed: int) -> Iterator[Cell]:
        for house in self.config.test_houses:
            transfer = self._supervised(house, seed)
            step = self._evaluate(transfer, house)
            yield Cell(SUPERVISED, (house,), house, 0, house, False, seed, True, step)

    def _evaluated(
        self, transfer: Step, method: str, houses: tuple[int, ...], home: int | None, added: int, seed: int
    ) -> Iterator[Cell]:
        for test_house in self._tested(home):
            step = self._evaluate(transfer, test_house)
            new = test_house in self.config.new_houses
            yield Cell(method, houses, home, added, test_house, new, seed, False, step)

    @cached_property
    def _home_corpus(self) -> Step:
        return self._generate("homes", (*self.config.test_houses, *self.config.added_houses), self.config.corpus)

    @cached_property
    def _new_corpus(self) -> Step:
        size = CorpusSize(frames=1, eval_frames=self.config.corpus.eval_frames, size=self.config.corpus.size)
        return self._generate("new", self.config.new_houses, size)

    @cached_property
    def _transfer_corpus(self) -> Step:
        return self._generate("transfer", self.config.transfer_houses, self.config.transfer_corpus)

    def _generate(self, name: str, houses: Sequence[int], size: CorpusSize) -> Step:
        config = self.config
        settings = {
            "houses": sorted(set(houses)),
            **asdict(size),
            "split": config.split,
            "source": config.source,
            "seed": config.corpus_seed,
            "generate": config.generate,
        }
        return Step(f"generate-{name}", "generate", settings, alone=True)

    def _pretrain(self, method: MethodConfig, houses: tuple[int, ...], seed: int) -> Step:
        config = self.config
        run = {"run": {"seed": seed, **self.chosen}}
        values = merged(pretrain_values(config, method), run)
        if method.name in self.steps:
            values = merged(values, {"optim": {"steps": self.steps[method.name]}})
        settings = {"preset": config.pretrain_preset, "values": values, "houses": list(houses)}
        if not config.equal_samples:
            settings["samples_times"] = len(houses)
        name = f"pretrain-{_for_files(method.name)}-house{'+'.join(map(str, houses[:1]))}"
        name += f"-and{len(houses) - 1}" if len(houses) > 1 else ""
        return Step(f"{name}-seed{seed}", "pretrain", settings, {"corpus": self._home_corpus})

    def _transfer(self, pretrain: Step | None, seed: int, name: str) -> Step:
        values = merged(self.config.transfer, {"run": {"seed": seed, **self.chosen}})
        settings: dict[str, Any] = {"preset": self.config.transfer_preset, "values": values, "supervised": False}
        settings["houses"] = list(self.config.transfer_houses)
        needs = {"corpus": self._transfer_corpus}
        if pretrain is None:
            return Step(f"transfer-{name}-seed{seed}", "transfer", self._architecture(settings), needs)
        return Step(f"transfer-{name}", "transfer", settings, {**needs, "run": pretrain})

    def _supervised(self, house: int, seed: int) -> Step:
        values = merged(self.config.transfer, self.config.supervised_transfer, {"run": {"seed": seed, **self.chosen}})
        settings = {"preset": self.config.transfer_preset, "values": values, "houses": [house], "supervised": True}
        needs = {"corpus": self._home_corpus}
        return Step(f"transfer-{SUPERVISED}-house{house}-seed{seed}", "transfer", self._architecture(settings), needs)

    def _architecture(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Random weights need to know the architecture, which otherwise the pre-trained run states."""
        architecture = {"preset": self.config.pretrain_preset, "values": self.config.pretrain}
        return {**settings, "architecture": architecture}

    def _evaluate(self, transfer: Step, house: int) -> Step:
        corpus = self._new_corpus if house in self.config.new_houses else self._home_corpus
        name = f"evaluate-{transfer.name.removeprefix('transfer-')}-in{house}"
        return Step(name, "evaluate", {"house": house}, {"run": transfer, "corpus": corpus})


def _for_files(name: str) -> str:
    """A method's name as part of a folder's name."""
    return re.sub(r"[^A-Za-z0-9+.-]+", "_", name)


def pretrain_values(config: SweepConfig, method: MethodConfig) -> dict[str, Any]:
    """Pre-training settings of a method, to be laid over the sweep's preset."""
    values = merged(config.pretrain, method.pretrain, {"objective": method.objective})
    if method.modalities:
        values["modalities"] = list(method.modalities)
    return merged(values, {"optim": {"steps": method.steps}}) if method.steps is not None else values


def merged(*groups: Mapping[str, Any]) -> dict[str, Any]:
    """Groups of settings laid over each other, group by group; later ones win.

    UserError where a group would hide a value that stands in its place.
    """
    result: dict[str, Any] = {}
    for group in groups:
        for key, value in group.items():
            is_group = isinstance(value, Mapping)
            if is_group and not isinstance(result.get(key, {}), Mapping):
                raise UserError(f"{key} must be a group of settings, got {shown(result[key])}")
            result[key] = merged(result.get(key, {}), value) if is_group else value
    return result
