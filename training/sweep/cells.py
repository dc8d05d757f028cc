"""Cells of a sweep's table, and the graph of steps behind each.

A cell is one number of the final table: one method, pre-trained in some houses with one seed, evaluated in one house.
Which cells there are is for an analysis to say (`training.sweep.analyses`); many share steps, and the engine in
`steps.py` does each step once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from training.encoders import ENCODERS
from training.objectives import OBJECTIVES
from training.sweep.analyses import ANALYSES
from training.sweep.config import SCRATCH, CorpusSize, MethodConfig, SweepConfig
from training.sweep.steps import Step
from training.tasks import TASKS
from training.transfer_config import TransferConfig
from tst_sim.errors import UserError, shown
from tst_sim.registry import Registry, used_plugins

SUPERVISED = "supervised"
Axes = Mapping[str, "str | int"]
"""What distinguishes cells of one method in an analysis: `{"added": 2}`, `{"left_out": "depth"}`."""


@dataclass(frozen=True)
class Cell:
    """One number to come, and the step that makes it."""

    method: str
    pretrained_in: tuple[int, ...]
    """Houses pre-trained in; empty for scratch. Of the supervised bound: the house of its labels."""
    own_house: int | None
    """The test house the run is a specialist of, if any."""
    tested_in: int
    is_new_house: bool
    """No run was pre-trained in the house of the test."""
    seed: int
    oracle: bool
    axes: Axes
    step: Step

    def describe(self) -> dict[str, Any]:
        """The cell without its step, as JSON values."""
        return {
            "method": self.method,
            "pretrained_in": list(self.pretrained_in),
            "own_house": self.own_house,
            "tested_in": self.tested_in,
            "is_new_house": self.is_new_house,
            "seed": self.seed,
            "oracle": self.oracle,
            "axes": dict(self.axes),
        }


def cells_of(
    config: SweepConfig, *, run: Mapping[str, Any] | None = None, steps: Mapping[str, int] | None = None
) -> list[Cell]:
    """Every cell of the experiment, each with its graph of steps.

    `run` holds run settings chosen once for the whole sweep (precision, threads), `steps` the
    pre-training steps of methods that get the time of another one.
    """
    return list(ANALYSES.named(config.experiment).cells(config, Steps(config, dict(run or {}), dict(steps or {}))))


class Steps:
    """The steps of a sweep's settings, for an analysis to make its cells of."""

    def __init__(self, config: SweepConfig, chosen: dict[str, Any], steps: dict[str, int]) -> None:
        self.config = config
        self.chosen = chosen
        self.steps = steps

    def evaluated(
        self,
        transfer: Step,
        method: str,
        pretrained_in: tuple[int, ...],
        own_house: int | None,
        seed: int,
        tested_in: Sequence[int],
        axes: Axes | None = None,
    ) -> Iterator[Cell]:
        """A cell for each house that a transferred run is tested in."""
        for house in tested_in:
            step = self._evaluate(transfer, house)
            is_new = house in self.config.new_houses
            yield Cell(method, pretrained_in, own_house, house, is_new, seed, False, axes or {}, step)

    def upper_bounds(self, seed: int, axes: Axes | None = None) -> Iterator[Cell]:
        """The supervised bound (oracle) of each test house: transfer trained on its own labels."""
        for house in self.config.test_houses:
            step = self._evaluate(self._supervised(house, seed), house)
            yield Cell(SUPERVISED, (house,), house, house, False, seed, True, axes or {}, step)

    def bounds(self, seed: int, axes: Axes | None = None) -> Iterator[Cell]:
        """The lower and the upper bound: scratch in every house, and supervision in each, where the settings ask."""
        config = self.config
        for method in config.methods:
            if method.objective == SCRATCH:
                tested = (*config.test_houses, *config.new_houses)
                yield from self.evaluated(
                    self.transfer_from_scratch(seed, method), method.name, (), None, seed, tested, axes
                )
        if config.supervised:
            yield from self.upper_bounds(seed, axes)

    def specialists(self, method: MethodConfig, seed: int, axes: Axes | None = None) -> Iterator[Cell]:
        """A method pre-trained in each test house, tested there and in the new houses."""
        for house in self.config.test_houses:
            transfer = self.transfer_after(self.pretrain(method, (house,), seed), seed, method)
            tested = (house, *self.config.new_houses)
            yield from self.evaluated(transfer, method.name, (house,), house, seed, tested, axes)

    def transfer_from_scratch(self, seed: int, method: MethodConfig) -> Step:
        """Transfer of random weights, as a method does it."""
        return self._transfer(None, seed, "scratch", method)

    def transfer_after(self, pretrain: Step, seed: int, method: MethodConfig) -> Step:
        """Transfer of a pre-trained run, as a method does it."""
        return self._transfer(pretrain, seed, pretrain.name.removeprefix("pretrain-"), method)

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
        return Step(f"generate-{name}", "generate", settings, exclusive=True)

    def pretrain(self, method: MethodConfig, houses: tuple[int, ...], seed: int) -> Step:
        """Pre-training of a method in some houses."""
        config = self.config
        run = {"run": {"seed": seed, **self.chosen}}
        values = merged(pretrain_values(config, method), run)
        if method.name in self.steps:
            values = merged(values, {"optim": {"steps": self.steps[method.name]}})
        settings = {"preset": config.pretrain_preset, "values": values, "houses": list(houses)}
        settings |= _plugged((OBJECTIVES, method.objective), (ENCODERS, _architecture_type(values)))
        if not config.equal_samples:
            settings["samples_times"] = len(houses)
        name = f"pretrain-{_for_files(self._first_like(method).name)}-house{'+'.join(map(str, houses[:1]))}"
        name += f"-and{len(houses) - 1}" if len(houses) > 1 else ""
        return Step(f"{name}-seed{seed}", "pretrain", settings, {"corpus": self._home_corpus})

    def _first_like(self, method: MethodConfig) -> MethodConfig:
        """The first method that is pre-trained alike: its name is that of the runs that they share."""
        return next((other for other in self.config.methods if _pretrained_alike(method, other)), method)

    def _transfer(self, pretrain: Step | None, seed: int, name: str, method: MethodConfig) -> Step:
        values = merged(self.config.transfer, method.transfer, {"run": {"seed": seed, **self.chosen}})
        settings: dict[str, Any] = {"preset": self.config.transfer_preset, "values": values, "supervised": False}
        settings["houses"] = list(self.config.transfer_houses)
        settings |= _plugged((TASKS, values.get("task", TransferConfig.task)))
        needs = {"corpus": self._transfer_corpus}
        if pretrain is None:
            return Step(f"transfer-{name}-seed{seed}", "transfer", self._architecture(settings), needs)
        return Step(f"transfer-{name}", "transfer", settings, {**needs, "run": pretrain})

    def _supervised(self, house: int, seed: int) -> Step:
        values = merged(self.config.transfer, self.config.supervised_transfer, {"run": {"seed": seed, **self.chosen}})
        settings = {"preset": self.config.transfer_preset, "values": values, "houses": [house], "supervised": True}
        settings |= _plugged((TASKS, values.get("task", TransferConfig.task)))
        needs = {"corpus": self._home_corpus}
        return Step(f"transfer-{SUPERVISED}-house{house}-seed{seed}", "transfer", self._architecture(settings), needs)

    def _architecture(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Random weights need to know the architecture, which otherwise the pre-trained run states."""
        architecture = {"preset": self.config.pretrain_preset, "values": self.config.pretrain}
        plugged = _plugged((ENCODERS, _architecture_type(self.config.pretrain)))
        return {**settings, "architecture": {**architecture, **plugged}}

    def _evaluate(self, transfer: Step, house: int) -> Step:
        corpus = self._new_corpus if house in self.config.new_houses else self._home_corpus
        name = f"evaluate-{transfer.name.removeprefix('transfer-')}-in{house}"
        return Step(name, "evaluate", {"house": house}, {"run": transfer, "corpus": corpus})


def _pretrained_alike(method: MethodConfig, other: MethodConfig) -> bool:
    """Whether two methods differ in name and transfer alone."""
    return replace(method, name=other.name, transfer=other.transfer) == other


def _plugged(*used: tuple[Registry, Any]) -> dict[str, Any]:
    """The digests of the users' plug-ins that a step uses, part of its settings: a changed plug-in is another step."""
    records = used_plugins(*((registry, name) for registry, name in used if isinstance(name, str)))
    return {"plugins": [record["sha256"] for record in records]} if records else {}


def _architecture_type(values: Mapping[str, Any]) -> Any:
    model = values.get("model")
    return model.get("type") if isinstance(model, Mapping) else None


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
