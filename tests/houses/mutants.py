"""Seeded mutants of house JSON: any field replaced, dropped, doubled or renamed, by what JSON can hold."""

from __future__ import annotations

import copy
import json
import math
import random
from collections.abc import Mapping
from typing import Any

VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    3.5,
    1e-9,
    -1e-300,
    0.1,
    90,
    1e3,
    -1e3,
    1e6,
    1e39,
    -1e308,
    10**400,
    math.nan,
    math.inf,
    -math.inf,
    "",
    "x",
    "room|2",
    "exterior",
    "wall|exterior",
    "Mug_1",
    "a\nb",
    "\ud800",
    "\0",
    "ü" * 2000,
    "../../etc",
    [],
    {},
    [None],
    [[]],
    [{}],
    {"x": 1},
    {"x": 1, "y": 2, "z": 3},
    {"name": None},
    {"r": 2, "g": -1, "b": 0},
    {"axis": {"x": 1, "y": 1, "z": 0}, "degrees": 45},
    {"": {"": []}},
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path of a document, its containers among them, in order; the document itself is left out."""
    found = [path] if path else []
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        found += places(item, (*path, key))
    return found


def mutant(document: Mapping[str, Any], seed: int) -> tuple[str, Any]:
    """(what was done, the mutated document) of one seed: one to three changes, kinds of fields in turn.

    Fields are drawn by their kind (the path without its numbers), so that the few rare ones are met as often as the
    thousand coordinates.
    """
    rng = random.Random(seed)
    made = copy.deepcopy(document)
    said = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        kinds: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
        for path in places(made):
            kinds.setdefault(tuple("#" if isinstance(step, int) else step for step in path), []).append(path)
        if not kinds:
            break
        path = rng.choice(kinds[rng.choice(sorted(kinds, key=repr))])
        holder = made
        for step in path[:-1]:
            holder = holder[step]
        said.append(f"{path}: {_change(holder, path[-1], rng)}")
    return "; ".join(said), made


def _change(holder: Any, key: Any, rng: random.Random) -> str:
    """One change to a field, in place; what it was."""
    kind = rng.choice(("replace", "replace", "replace", "drop", "scale", "double", "rename", "swap"))
    value = holder[key]
    if kind == "drop":
        del holder[key]
    elif kind == "scale" and isinstance(value, (int, float)) and not isinstance(value, bool):
        holder[key] = value * rng.choice((-1, 0, 1e-6, 10, 1e4, 1e30)) + rng.choice((0, 0.5, -3))
    elif kind == "double" and isinstance(value, list):
        holder[key] = value * rng.choice((2, 2, 40))
    elif kind == "rename" and isinstance(value, str):
        holder[key] = value[: rng.randrange(len(value) + 1)] + rng.choice(("", "1", "|"))
    elif kind == "swap" and isinstance(value, list):
        rng.shuffle(value)
    else:
        kind = "replace"
        holder[key] = copy.deepcopy(rng.choice(VALUES))
    return f"{kind} -> {json.dumps(holder.get(key) if isinstance(holder, dict) else holder)[:60]}"
