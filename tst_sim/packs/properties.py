"""Java's `.properties`: `key = value` lines in ISO 8859-1 or UTF-8, with escapes and continued lines."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_KEY = re.compile(r"((?:\\.|[^\\:=\s])*)[ \t\f]*[:=]?[ \t\f]*(.*)", re.DOTALL)


def read_properties(data: bytes) -> dict[str, str]:
    """All pairs; of a key given twice, the last. UTF-8 where the bytes are, else ISO 8859-1, as Java reads both."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    pairs = {}
    for line in _logical_lines(text):
        match = _KEY.match(line)
        assert match, "the pattern matches every line"
        pairs[_unescaped(match[1])] = _unescaped(match[2]).strip()
    return pairs


def _logical_lines(text: str) -> list[str]:
    """Lines without comments and blank ones; one that ends in an odd number of backslashes goes on in the next."""
    lines: list[str] = []
    begun: list[str] = []
    """Of the line that goes on; joined once it is whole, as a hostile table has millions of them."""
    for raw in re.split(r"\r\n|\r|\n", text):
        line = raw.lstrip(" \t\f")
        if not begun and (not line or line[0] in "#!"):
            continue
        goes_on = (len(line) - len(line.rstrip("\\"))) % 2 == 1
        begun.append(line[:-1] if goes_on else line)
        if not goes_on:
            lines.append("".join(begun))
            begun = []
    return [*lines, "".join(begun)] if begun else lines


def _unescaped(text: str) -> str:
    def replaced(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if len(code) == 5 else _CONTROL.get(code, code)

    return _ESCAPE.sub(replaced, text)
