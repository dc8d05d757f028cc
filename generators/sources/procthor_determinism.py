"""procthor made deterministic, fast and quiet for the time of one house, without touching its files.

What would make a house depend on more than its seed, and what is done about it: sets of strings and
of objects are iterated, so `set` is an ordered set in the modules that do; asset groups come in the
folder's order, so they are sorted; a cache is filled with random draws, so it is emptied before each
house; the global random generators are used, so they are put back as they were. One repair besides:
without it the split `val`, which has no television for a wall, never yields a house.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import random
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

from generators.sources.ordered_set import OrderedSet
from generators.sources.procthor_speedup import get_all_rectangles

ITERATES_OVER_SETS = ("", ".asset_groups", ".doors", ".floorplan_generation", ".generation", ".layer", ".materials")
"""The modules of `procthor.generation` whose results depend on the order of a set."""


@contextlib.contextmanager
def deterministic_procthor() -> Iterator[ModuleType]:
    """`procthor.generation`, tamed until the block is left. One at a time in a process."""
    with _quiet():
        generation = importlib.import_module("procthor.generation")
        databases = importlib.import_module("procthor.databases")
        groups = dict(sorted(databases.asset_groups.items()))
        with contextlib.ExitStack() as stack:
            stack.enter_context(_random_state_kept())
            for name in ITERATES_OVER_SETS:
                module = importlib.import_module("procthor.generation" + name)
                stack.enter_context(_replaced(module, "set", OrderedSet))
            stack.enter_context(_replaced(databases, "_get_asset_groups", lambda: groups))
            polygon = importlib.import_module("procthor.generation.objects").OrthogonalPolygon
            stack.enter_context(_replaced(polygon, "get_all_rectangles", get_all_rectangles))
            walls = importlib.import_module("procthor.generation.wall_objects")
            stack.enter_context(_replaced(walls, "add_televisions", _with_counts(walls.add_televisions)))
            databases.get_spawnable_asset_group_info.cache_clear()
            yield generation


def _with_counts(add_televisions: Callable[..., tuple]) -> Callable[..., tuple]:
    """procthor's function leaves out the first of its three results, televisions per room, where a split has none."""

    def counted(*args: Any, **kwargs: Any) -> tuple:
        result = add_televisions(*args, **kwargs)
        return result if len(result) == 3 else (defaultdict(int), *result)

    return counted


@contextlib.contextmanager
def _replaced(owner: Any, name: str, value: object) -> Iterator[None]:
    """Another value for an attribute of a module or class; one it did not have is taken away again."""
    had, before = name in vars(owner), vars(owner).get(name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if had:
            setattr(owner, name, before)
        else:
            delattr(owner, name)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


@contextlib.contextmanager
def _random_state_kept() -> Iterator[None]:
    python_state, numpy_state = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)
