"""JSON texts from outside, read within bounds: whatever is wrong with one is a line that names the place.

Refused beside what is no JSON: other encodings than UTF-8, keys that stand twice in one object (readers differ in which
one counts), numbers that are none or fit no float, half characters, and texts whose size or nesting no house has.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tst_sim.errors import UserError, one_line
from tst_sim.storage import size_text

MAX_TEXT_BYTES = 16 << 20
"""Of one JSON text. ProcTHOR's largest houses have 0.5 MB; read, the densest text of this size takes 1 GB."""
MAX_NESTING = 100
"""Objects and lists inside each other. A thing on a thing on a table of a house stands 12 deep."""
MAX_VALUES = 1_000_000
"""Numbers, texts, lists and objects of one document; a house of 60 things and six rooms has 5,000."""
MAX_NUMBER = 1e300
_TOO_MANY_DIGITS = re.compile(r"[0-9]{1000}")
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_UTF8_MARK = b"\xef\xbb\xbf"


class _Ambiguous(dict[str, Any]):
    """An object with a key that stood twice."""

    key = ""


def json_document(text: str, place: str) -> Any:
    """The value of a JSON text; UserError names `place` and the fault. `check_plain` is the other half."""
    check_size(len(text), place)
    digits = _TOO_MANY_DIGITS.search(text)
    if digits:
        raise UserError(f"{place}: a number at {_at(text, digits.start())} has 1000 digits or more")
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise UserError(f"{place}: not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise UserError(f"{place}: {_nested(text)}") from error


def check_size(size: int, place: str) -> None:
    """UserError for a text of more than `MAX_TEXT_BYTES`."""
    if size > MAX_TEXT_BYTES:
        raise UserError(f"{place} has more than {size_text(MAX_TEXT_BYTES)}; no house is that large")


def decoded(data: bytes, place: str) -> str:
    """Text of UTF-8 bytes; UserError names the place."""
    try:
        return data.removeprefix(_UTF8_MARK).decode()
    except UnicodeDecodeError as error:
        found = "UTF-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "another encoding"
        raise UserError(
            f"{place} is not UTF-8 text at byte {error.start}: {found}; a house file is JSON, saved as UTF-8"
        ) from error


def check_plain(document: Any, place: str) -> None:
    """UserError unless every value anywhere in a document is one that JSON has, once and within bounds.

    `place` is what stands before the path: `house X` gives `house X: walls[3].polygon[0].x is nan, expected ...`.
    """
    pending: list[tuple[Any, Any, int]] = [(document, None, 0)]
    count = 0
    while pending:
        value, path, depth = pending.pop()
        count += 1
        fault = _fault(value, depth) if count <= MAX_VALUES else f"is one of more than {MAX_VALUES} values in all"
        if fault:
            raise UserError(f"{place}: {_path(path)} {fault}")
        if isinstance(value, (Mapping, list)):
            pending.extend((inner, (path, key), depth + 1) for key, inner in _inside(value))


def _inside(value: Any) -> Iterator[tuple[Any, Any]]:
    return iter(value.items()) if isinstance(value, Mapping) else enumerate(value)


def _fault(value: Any, depth: int) -> str | None:
    """What is wrong with a value by itself, as the end of a sentence."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        if isinstance(value, float) and not math.isfinite(value):
            return f"is {value}, expected a finite number"
        return None if -MAX_NUMBER <= value <= MAX_NUMBER else "is a number beyond 1e300"
    if isinstance(value, str):
        return None if _whole(value) else f"is {value[:30]!a}, which holds half a character (a lone surrogate)"
    if depth > MAX_NESTING:
        return f"is nested more than {MAX_NESTING} deep"
    if isinstance(value, list):
        return None
    if not isinstance(value, Mapping):
        return f"is of type {type(value).__name__}, which JSON has not"
    if isinstance(value, _Ambiguous):
        return f"holds the key {value.key[:40]!a} twice; which one counts is not said"
    wrong = next((key for key in value if not isinstance(key, str) or not _whole(key)), None)
    return None if wrong is None else f"has the key {wrong!a}, which is no text"


def _whole(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    seen: set[str] = set()
    ambiguous = _Ambiguous(made)
    ambiguous.key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return ambiguous


def _path(path: Any) -> str:
    """`walls[3].polygon[0].x` of keys linked from the innermost; the middle is left out where it is long."""
    steps: list[str] = []
    while path is not None:
        path, step = path
        steps.insert(0, f"[{step}]" if isinstance(step, int) else f".{one_line(step)[:40]}")
    if len(steps) > 20:
        steps[10:-10] = [" ... "]
    text = "".join(steps).removeprefix(".") or "it"
    return text.encode("ascii", "backslashreplace").decode()


def _nested(text: str) -> str:
    """Where brackets stand deeper in each other than `MAX_NESTING`."""
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if depth > MAX_NESTING:
            return f"nested more than {MAX_NESTING} deep at {_at(text, found.start())}"
    return "it does not fit into memory"


def _at(text: str, offset: int) -> str:
    line = text.count("\n", 0, offset) + 1
    return f"line {line}, column {offset - (text.rfind(chr(10), 0, offset) + 1) + 1}"
