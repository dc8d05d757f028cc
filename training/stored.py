"""Shapes of the JSON files of runs, evaluations and sweeps, checked when they are read.

Every reader raises a UserError that names the file and the place; nothing of a file is used before all of it that
is needed has been looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tst_sim.errors import UserError, shown
from tst_sim.storage import read_json

MAX_NUMBER = 1e30
"""Beyond any step, loss, speed or pixel count; sums and squares of such numbers are still finite."""
MAX_LINE_BYTES = 100_000

NUMBER, SHARE, WHOLE = "a finite number", "a share between 0 and 1", "a whole number"
Shape = Any
"""What a value must be: a type; one of the words above; `[shape]`; `{"key": shape, "optional?": shape, ...: shape}`,
the last for all other keys; `(shape, None)` where it may be null."""

_CODE = {"version": str, "commit": str}
_PRETRAINED = {
    "source": str, "objective": str, "modalities": [str], "houses": [str], "oracle": bool, "run?": str, "commit?": str,
}  # fmt: skip
_CELL = {
    "method": str, "own_house": (WHOLE, None), "tested_in": WHOLE, "is_new_house": bool, "seed": WHOLE, "oracle": bool,
    "axes": dict, "score": (str, None), "value": (NUMBER, None), "higher_is_better": bool, "folder": str,
}  # fmt: skip
_FORMER_CELL = {
    "method": str, "home": (WHOLE, None), "added": WHOLE, "test_house": WHOLE, "new": bool, "seed": WHOLE,
    "oracle": bool, "miou": (SHARE, None), "folder": str,
}  # fmt: skip
"""A cell of a sweep of before cells had axes and scores had names."""
_PLUGIN = {"name": str, "file": str, "sha256": str}
RUN = {"format": WHOLE, "kind": str, "config": dict, "data": dict, "code": _CODE, "plugins?": [_PLUGIN]}
PRETRAIN = {**RUN, "data": {"houses": dict}, "corpus": str, "oracle": bool}
TRANSFER = {
    **RUN,
    "data": {
        "houses": dict, "classes": [str], "supervised": bool, "house_digests": {...: (str, None)},
        "encoder": {"model": dict, "signals": [str]},
    },
    "corpus": str, "oracle": bool, "supervised": bool, "pretrained": _PRETRAINED,
}  # fmt: skip
RESULT_FILE = {"steps": WHOLE, "images": WHOLE, "images_per_s": NUMBER, "final": {...: NUMBER}}
EVALUATION = {
    "kind": str, "house": {"name": str, "index": WHOLE, "digest?": (str, None)}, "frames": WHOLE, "seed": WHOLE,
    "task?": str, "scores?": {...: (NUMBER, None)}, "score_directions?": {...: str}, "primary_score?": str,
    "classes": [str], "corpus": str, "run": str, "config": {"frozen": bool}, "precision": str,
    "pretrained": _PRETRAINED, "transfer_houses": [str],
    "supervised": bool, "oracle": bool, "training_commit": str, "code": _CODE,
}  # fmt: skip
SWEEP = {
    "config": {"experiment": str, "methods": [{"name": str, "objective": str}]},
    "cells": [dict],
    "chosen": {
        "run": {"precision": str, "threads": WHOLE, "device": str},
        "steps": {...: WHOLE},
        "images_per_s": {...: NUMBER},
    },
}
SWEEP_RESULTS = {"cells": [dict], "failures": [{"step": str, "status": str, "message": str}]}
STEP_RESULTS = {
    "generate": {"folder": str},
    "pretrain": {"run": str, "oracle": bool},
    "transfer": {"run": str},
    "evaluate": {"results": str, "oracle": bool, "scores?": {...: (NUMBER, None)}, "miou?": (SHARE, None)},
}
"""What each verb of a sweep leaves for those that need it."""


def read_stored(path: Path, shape: Shape, *, what: str) -> dict[str, Any]:
    """The JSON of a file that has a shape; UserError naming the file and the place that has not."""
    value = read_json(path, what=what)
    require(value, shape, path)
    return value


def require_cell(cell: Mapping[str, Any], source: Path, place: str) -> None:
    """UserError unless it is a cell of a sweep's results, as they are or as they were before scores had names."""
    require(cell, _CELL if "axes" in cell else _FORMER_CELL, source, place)


def require(value: Any, shape: Shape, source: Path | str, place: str = "") -> None:
    """UserError unless a JSON value has a shape; `source` is the file that it comes from."""
    if isinstance(shape, tuple):
        if value is not None:
            require(value, shape[0], source, place)
    elif isinstance(shape, list):
        _expect(isinstance(value, list), value, "a list", source, place)
        for number, item in enumerate(value):
            require(item, shape[0], source, f"{place}[{number}]")
    elif isinstance(shape, dict):
        _expect(isinstance(value, dict), value, "a group", source, place)
        _require_keys(value, shape, source, place)
    elif isinstance(shape, str):
        _expect(_is_number(value, shape), value, shape, source, place)
    else:
        words = {str: "a text", bool: "true or false", dict: "a group"}
        _expect(type(value) is shape, value, words[shape], source, place)


def _require_keys(value: Mapping[str, Any], shape: Mapping[Any, Shape], source: Path | str, place: str) -> None:
    dot = f"{place}." if place else ""
    named = {key.removesuffix("?") for key in shape if key is not ...}
    for key, item in shape.items():
        if key is ...:
            for other in value.keys() - named:
                require(value[other], item, source, f"{dot}{other}")
        elif (name := key.removesuffix("?")) in value:
            require(value[name], item, source, f"{dot}{name}")
        elif name == key:
            raise UserError(f"{source} is damaged: {dot}{name} is missing")


def _is_number(value: Any, shape: str) -> bool:
    if type(value) is not int and (shape == WHOLE or type(value) is not float):
        return False
    low, high = (0, 1) if shape == SHARE else (-MAX_NUMBER, MAX_NUMBER)
    return low <= value <= high


def _expect(good: bool, value: Any, words: str, source: Path | str, place: str) -> None:
    if not good:
        raise UserError(f"{source} is damaged: {place or 'all of it'} is {shown(value)}, expected {words}")


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The lines of a `metrics.jsonl`; none where there is no file.

    A last line that a kill or a power cut has damaged is dropped, as it is logged again. UserError naming any other.
    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    rows = [_metrics_row(line) for line in lines]
    if rows and rows[-1] is None:
        rows.pop()
    if None in rows:
        raise UserError(f"{path} is damaged: line {rows.index(None) + 1} is no row of numbers; delete that line")
    return [row for row in rows if row is not None]


def _metrics_row(line: bytes) -> dict[str, Any] | None:
    if len(line) > MAX_LINE_BYTES:
        return None
    try:
        row = json.loads(line)
        require(row, {"step": WHOLE, "loss": NUMBER, "images_per_s?": NUMBER, ...: NUMBER}, "")
    except (ValueError, RecursionError):  # UserError too
        return None
    return row
