"""YAML from users, read into plain values: what JSON could hold, each key once, of bounded size and depth.

Tags beyond those values (`!!python/...`, `!!timestamp`, `!!set`) are refused; a date is the text it is written as.
Anchors and aliases may be used, but not to refer to themselves, nor to unfold into more than `MAX_VALUES` values.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

from tst_sim.errors import UserError, one_line, shortened

MAX_YAML_BYTES = 1_000_000
"""The largest file that comes with the package has 1 kB; PyYAML reads about 200 kB/s."""
MAX_VALUES = 50_000
"""Values of a text with its aliases unfolded."""
MAX_YAML_DEPTH = 40
"""Groups and lists within each other; PyYAML's recursion ends at about 150."""
MAX_DIGITS = 40
"""Of a number: more than float64 or an unsigned 64-bit integer can need."""

_PREFIX = "tag:yaml.org,2002:"
_PLAIN = tuple(_PREFIX + kind for kind in ("null", "bool", "int", "float", "str", "seq", "map", "merge"))
_JSON_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
"""Also `1e-3`, which YAML 1.1 takes for a text."""


def read_plain_yaml(data: bytes | str, where: str) -> Any:
    """The values of a YAML text; None for an empty one.

    UserError beginning with `where`, then line and column, for what is no YAML, no UTF-8, too large, too deep, or not
    a plain finite value.
    """
    if len(data) > MAX_YAML_BYTES:
        raise UserError(f"{where} has {len(data)} bytes, more than {MAX_YAML_BYTES}; it is not a file of settings")
    text = data if isinstance(data, str) else _decoded(data, where)
    try:
        _check_structure(text)
        return yaml.load(text, Loader=_PlainLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise UserError(f"{where} is not usable YAML: {place}{shortened(_words(error))}") from error
    except yaml.reader.ReaderError as error:
        line, character = text.count("\n", 0, error.position) + 1, ord(text[error.position])
        raise UserError(f"{where} is not usable YAML: line {line}: U+{character:04X} is not allowed") from error


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = f"byte {error.start} is 0x{data[error.start]:02x}"
        raise UserError(f"{where} is not UTF-8 ({byte}); save it as UTF-8") from error


def _words(error: yaml.MarkedYAMLError) -> str:
    return one_line(", ".join(part for part in (error.context, error.problem) if part))


class _NotPlainError(yaml.MarkedYAMLError):
    """YAML that is more than plain values."""

    def __init__(self, problem: str, mark: yaml.Mark | None) -> None:
        super().__init__(problem=problem, problem_mark=mark)


def _check_structure(text: str) -> None:
    """Depth, self-references and the size with aliases unfolded, from the parser's events: nothing is built for it."""
    sizes: dict[str, int] = {}
    open_groups: list[tuple[str | None, int]] = []
    """(anchor, values before it) of each group that is not yet closed."""
    values = 0
    for event in yaml.parse(text, Loader=_PlainLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            open_groups.append((event.anchor, values))
            if len(open_groups) > MAX_YAML_DEPTH:
                raise _NotPlainError(f"nested more than {MAX_YAML_DEPTH} deep", event.start_mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_groups.pop()
            if anchor is not None:
                sizes[anchor] = values - before + 1
        elif isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in open_groups):
                raise _NotPlainError(f"*{shortened(event.anchor, 40)} refers to itself", event.start_mark)
            values += sizes.get(event.anchor, 1)
        values += isinstance(event, (yaml.CollectionStartEvent, yaml.ScalarEvent))
        if values > MAX_VALUES:
            raise _NotPlainError(f"unfolds into more than {MAX_VALUES} values", event.start_mark)


class _PlainLoader(yaml.SafeLoader):
    """PyYAML's safe loader without dates and other tags, with YAML 1.2's decimal numbers, strict about keys."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Keys are looked at before `<<` is unfolded: what stands beside it may be there too, and wins."""
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if key.tag not in (f"{_PREFIX}str", f"{_PREFIX}merge"):
                raise _NotPlainError("a key must be a name (quote it if it is one)", key.start_mark)
            if key.value in seen:
                raise _NotPlainError(f"{shortened(repr(key.value), 60)} is given twice", key.start_mark)
            seen.add(key.value)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if node.tag not in _PLAIN:
            tag = node.tag.replace(_PREFIX, "!!")
            raise _NotPlainError(
                f"the tag {shortened(tag, 60)} is not for settings: plain values alone", node.start_mark
            )
        try:
            return super().construct_object(node, deep)
        except (ValueError, KeyError, AttributeError, IndexError, OverflowError) as error:  # of a value beside its tag
            text = shortened(repr(node.value), 60) if isinstance(node, yaml.ScalarNode) else "this"
            raise _NotPlainError(f"{text} is no {node.tag.replace(_PREFIX, '')}", node.start_mark) from error

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        _check_digits(node)
        return super().construct_yaml_int(node)

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        _check_digits(node)
        value = super().construct_yaml_float(node)
        if not math.isfinite(value):
            raise _NotPlainError(f"{node.value} is not a finite number", node.start_mark)
        return value


def _check_digits(node: yaml.ScalarNode) -> None:
    if len(node.value) > MAX_DIGITS:
        raise _NotPlainError(f"a number of {len(node.value)} characters, more than {MAX_DIGITS}", node.start_mark)


_PlainLoader.yaml_implicit_resolvers = {
    first: [row for row in rows if row[0] != f"{_PREFIX}timestamp"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_PlainLoader.add_constructor(f"{_PREFIX}int", _PlainLoader.construct_yaml_int)
_PlainLoader.add_constructor(f"{_PREFIX}float", _PlainLoader.construct_yaml_float)
_PlainLoader.add_implicit_resolver(f"{_PREFIX}float", _JSON_FLOAT, list("-+.0123456789"))
