"""A pack made of models with names, sizes and licences: which model stands for which asset, and its fit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tst_sim.assets import Asset
from tst_sim.embedded.mesh.materials import Rgb
from tst_sim.embedded.mesh.mesh import Part
from tst_sim.errors import StorageError, UserError, shortened
from tst_sim.packs.fitting import Fit, fitted
from tst_sim.packs.source_model import Model
from tst_sim.packs.supports import carries, has_boards, main_surface

FITTING_VERSION = 1
"""Raised whenever the same files give other shapes."""

MAX_DISTORTION = 1.6
"""Of the three stretches that fit a model to a box, the largest over the least. A sofa of 1.9 m serves for one of 2.4 m
(1.26), not for one of 3 m; beyond, round things look squashed."""
MAX_RESIZING = 2.2
"""The stretch of a model as a whole, either way: a 10 cm mug is no bucket."""
MAX_TRIES = 50
"""Models that are tried for an asset before the next pack is asked."""
_SUPPORT_TOLERANCE_M = 0.02
_TOP_SHARE = 0.03
_WHOLE = (1.0, 1.0)
_QUARTER_TURN = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])


@dataclass(frozen=True)
class Credit:
    """Whose work a model is, and on what terms."""

    model: str
    author: str
    licence: str


@dataclass(frozen=True)
class ModelEntry:
    """One model of a pack, not yet read."""

    key: str
    """Unique in the pack, and the same wherever its files lie."""
    types: tuple[str, ...]
    """Object types it may stand for."""
    assets: tuple[str, ...]
    """Asset ids it stands for, whatever their box."""
    size_m: tuple[float, float, float] | None
    """Width, height and depth as its author has it; None: not stated, any box will do."""
    turn: np.ndarray
    """(3, 3), from the file's coordinates to y up and the front at +z."""
    carries_at: float | None
    """Share of its height at which its seat, mattress or top carries things; None: it carries nothing."""
    any_front: frozenset[str]
    """Object types for which it may be turned by a quarter."""
    credit: Credit
    read: Callable[[], Model] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Match:
    """A model that may stand for an asset, and how it would stand in its box."""

    entry: ModelEntry
    stand: Fit


class Library:
    """An `AssetPack` over some models. Models are read when they are first drawn; one that cannot be read is passed
    over for the next, which depends on the files alone, and kept in `faults`."""

    def __init__(self, name: str, entries: Sequence[ModelEntry], files: Mapping[str, str]) -> None:
        self.name = name
        self.entries = tuple(entries)
        self.files = dict(files)
        self.faults: dict[str, str] = {}
        """Model key, or `key as asset id` -> why it cannot be drawn."""
        self._of_type: dict[str, list[ModelEntry]] = {}
        self._of_asset: dict[str, list[ModelEntry]] = {}
        for entry in self.entries:
            for kind in entry.types:
                self._of_type.setdefault(kind, []).append(entry)
            for asset_id in entry.assets:
                self._of_asset.setdefault(asset_id, []).append(entry)

    @property
    def digest(self) -> str:
        """Of the files' contents in their order and of how they are fitted; not of their names."""
        text = "\n".join([str(FITTING_VERSION), *self.files.values()])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def parts(
        self, asset: Asset, *, color: Rgb | None = None, openness: float | None = None
    ) -> tuple[Part, ...] | None:
        """The parts of an asset, as `tst_sim.embedded.catalogue.build_asset` gives them; None: not in this pack.

        What stands open or shut by the house's word is left to the built-in shapes, which can move.
        """
        if openness is not None:
            return None
        for entry, stand in ((match.entry, match.stand) for match in self.matches(asset)[:MAX_TRIES]):
            model = self.model(entry)
            if model is None:
                continue
            try:
                parts = fitted(model, stand, asset.size_m, name=entry.key, color=color)
                if carries(parts, asset) or asset.asset_id in entry.assets:
                    return parts
                raise UserError(f"{entry.key} has no surface where things stand on {asset.asset_id}")
            except Exception as error:  # it may fit another asset: only this one does without it
                self.faults[f"{entry.key} as {asset.asset_id}"] = _reason(error, entry)
        return None

    def model(self, entry: ModelEntry) -> Model | None:
        """A model as its file has it; None, with the reason in `faults`, where that cannot be read."""
        if entry.key in self.faults:
            return None
        try:
            return entry.read()
        except Exception as error:
            self.faults[entry.key] = _reason(error, entry)
            return None

    def matches(self, asset: Asset) -> list[Match]:
        """The models that may stand for an asset, in the order in which they are tried.

        Those named for the asset come first. The order is a hash of asset and model, so that a model more or less
        changes few assets.
        """
        named = self._of_asset.get(asset.asset_id, [])
        found = [Match(entry, Fit(entry.turn, _support(entry, asset) or _WHOLE)) for entry in _shuffled(named, asset)]
        for entry in _shuffled(self._of_type.get(asset.object_type, []), asset):
            match = _match(entry, asset)
            if match is not None and entry not in named:
                found.append(match)
        return found

    def credits(self) -> tuple[Credit, ...]:
        """Of every model that may be drawn, in the pack's order."""
        return tuple(entry.credit for entry in self.entries if entry.types or entry.assets)


def _reason(error: Exception, entry: ModelEntry) -> str:
    """Why a model is passed over: geometry that nobody foresaw costs no house. A lack of memory is not the model's."""
    if isinstance(error, (MemoryError, StorageError)):
        raise error
    text = (
        str(error) if isinstance(error, UserError) else f"{entry.key} cannot be used ({type(error).__name__}: {error})"
    )
    return shortened(text, 400)


def _shuffled(entries: Sequence[ModelEntry], asset: Asset) -> list[ModelEntry]:
    return sorted(entries, key=lambda entry: hashlib.sha256(f"{asset.asset_id}/{entry.key}".encode()).digest())


def _match(entry: ModelEntry, asset: Asset) -> Match | None:
    """How a model would stand in an asset's box; None when it would be stretched or resized too much, or carries
    things elsewhere than placement has them."""
    support = _support(entry, asset)
    if support is None:
        return None
    options = []
    for turn, size_m in _turns(entry, asset):
        across, up, along = np.asarray(asset.size_m) / size_m
        stretches = [across, along, up * support[1] / support[0]]
        if support[0] < 1:
            stretches.append(up * (1 - support[1]) / (1 - support[0]))
        distortion, resizing = max(stretches) / min(stretches), (across * up * along) ** (1 / 3)
        if distortion <= MAX_DISTORTION and max(resizing, 1 / resizing) <= MAX_RESIZING:
            options.append((distortion, turn))
    return Match(entry, Fit(min(options, key=lambda option: option[0])[1], support)) if options else None


def _turns(entry: ModelEntry, asset: Asset) -> list[tuple[np.ndarray, np.ndarray]]:
    """(turn, size) as its author has it and, where any side may be the front, turned by a quarter."""
    size = np.asarray(entry.size_m if entry.size_m is not None else asset.size_m)
    turns = [(entry.turn, size)]
    if asset.object_type in entry.any_front and entry.size_m is not None:
        turns.append((_QUARTER_TURN @ entry.turn, size[[2, 1, 0]]))
    return turns


def _support(entry: ModelEntry, asset: Asset) -> tuple[float, float] | None:
    """(share of the model's height, of the box's) of what carries things, (1, 1) where that is the top or nothing is
    carried; None where the two cannot be brought together."""
    if has_boards(asset):
        return None
    main, height = main_surface(asset), asset.size_m[1]
    if main is None:
        return _WHOLE
    if entry.carries_at is None:
        return None
    level = main.height_m / height + 0.5
    at_top = (1 - level) * height <= _SUPPORT_TOLERANCE_M
    if at_top != (entry.carries_at >= 1 - _TOP_SHARE):
        return None
    return _WHOLE if at_top else (entry.carries_at, level)
