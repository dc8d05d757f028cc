"""Command-line values that several verbs share, read strictly."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable

from tst_sim.errors import UserError, shortened, shown

MAX_HOUSES = 1_000_000
_NUMBER = "[0-9]{1,20}"
"""Digits of a whole number; more than any bound here has."""


def house_list(text: str) -> tuple[int, ...]:
    """`1000` (the first thousand) is for `--houses N`; `3,17,40-49` names indices; sorted, no doubles.

    A lone number counts houses; a list or range names them. UserError for anything else.
    """
    wanted = "a count such as 1000, or indices such as 3,17,40-49"
    if re.fullmatch(_NUMBER, text):
        count = int(text)
        if not 1 <= count <= MAX_HOUSES:
            raise UserError(f"--houses {text}: the count must be between 1 and {MAX_HOUSES}")
        return tuple(range(count))
    indices: set[int] = set()
    for item in text.split(","):
        match = re.fullmatch(rf"\s*({_NUMBER})(?:-({_NUMBER}))?\s*", item)
        if not match:
            raise UserError(f"--houses {shown(text)}: {shown(item)} is not a house; give {wanted}")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last >= MAX_HOUSES:
            raise UserError(f"--houses {shown(text)}: {shown(item)} must rise and end below {MAX_HOUSES}")
        indices.update(range(first, last + 1))
    return tuple(sorted(indices))


def image_size(text: str) -> tuple[int, int]:
    """`224` or `320x240` as (width, height) in pixels, each between 16 and 4096."""
    match = re.fullmatch(rf"({_NUMBER})(?:x({_NUMBER}))?", text)
    if not match:
        raise UserError(f"--size {shown(text)} is not a size; give one number (224) or WxH (320x240)")
    width, height = int(match[1]), int(match[2] or match[1])
    if not (16 <= width <= 4096 and 16 <= height <= 4096):
        raise UserError(f"--size {shortened(text, 80)}: width and height must be between 16 and 4096 pixels")
    return width, height


def whole_number(name: str, text: str, low: int, high: int) -> int:
    """An integer within bounds; UserError naming option, value and bounds."""
    if not re.fullmatch(rf"-?{_NUMBER}", text) or not low <= int(text) <= high:
        raise UserError(f"{name} {shown(text)} must be a whole number between {low} and {high}")
    return int(text)


def bounded(name: str, low: int, high: int) -> Callable[[str], int]:
    """An argparse `type` for a whole number within bounds; argparse puts the option's name before the message."""

    def read(text: str) -> int:
        try:
            return whole_number(name, text, low, high)
        except UserError as error:
            raise argparse.ArgumentTypeError(str(error).removeprefix(f"{name} ")) from error

    return read


def add_data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir",
        metavar="DIR",
        help="data root with corpora/ and runs/ (default: $TST_SIM_DATA, else ./tst-sim-data)",
    )


def add_plugin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--plugin",
        action="append",
        default=[],
        metavar="FILE",
        dest="plugins",
        help="a Python file or module of yours that registers modalities, objectives, tasks and more; may be repeated",
    )


def add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="overrides",
        help="any config value, e.g. --set poses.pitch_deg=[-10,40]; may be repeated",
    )
