"""The one exception that is a message to the user rather than a bug."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


class UserError(ValueError):
    """Something the user gave cannot be used.

    The message is one line: the value, the bounds and the remedy. The command line prints it
    without a traceback and exits with code 2; code that is used as a library raises it as it is.
    """


class SimulatorDied(UserError):
    """A simulator's own process died or stopped answering; it starts anew with the next house, or the same again."""


class StorageError(UserError):
    """A file cannot be written: full disk, missing permission. It concerns the whole run, not one house."""


def check_within(name: str, value: float, low: float, high: float) -> None:
    """UserError naming the setting, its value and its bounds, unless it lies between them (NaN does not)."""
    if not low <= value <= high:
        raise UserError(f"{name} {value} must be between {low} and {high}")


def one_line(words: object) -> str:
    """Text, or an error's message, without line breaks and runs of blanks."""
    return " ".join(str(words).split())


def shortened(text: str, most: int = 200) -> str:
    """Text for a message: one line of printable characters, cut where it is longer than `most`."""
    cut = text if len(text) <= most else f"{text[: most - 4]} ..."
    return "".join(letter if letter.isprintable() else "?" for letter in one_line(cut))


def shown(value: object) -> str:
    """A value for a message, in Python's notation, at most 80 characters of it."""
    try:
        return shortened(repr(value), 80)
    except (ValueError, RecursionError):  # Python writes no whole number of more than 4,300 digits
        return f"a {type(value).__name__} too long to show"


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, else all of them."""
    close = difflib.get_close_matches(name[:200], known, 1)
    return f"; did you mean {close[0]!r}?" if close else f"; choose from {', '.join(known)}"
