"""Public functions and methods are documented, and say the shapes of the arrays that they take and give."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from tests.test_architecture import FRONT_DOOR, ROOMS, ROOT

Function = ast.FunctionDef | ast.AsyncFunctionDef
ARRAY = re.compile(r"\bnp\.ndarray\b|\bTensor\b|\bBatch\b")
SHAPE = re.compile(r"\([^()]*,[^()]*\)|\bscalars?\b|\b[Bb]atch|\bshapes?\b")
"""`(n, 3)`, or the words for what has no axis, and for mappings of tensors whose shapes their type states."""


@cache
def _trees() -> dict[str, ast.Module]:
    paths = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in paths}


def _methods(node: ast.ClassDef) -> dict[str, Function]:
    return {item.name: item for item in node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))}


@cache
def _classes() -> dict[str, list[ast.ClassDef]]:
    found: dict[str, list[ast.ClassDef]] = {}
    for tree in _trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(node)
    return found


def _documentation(node: Function, owner: ast.ClassDef | None) -> str:
    """The docstring, or that of the method of a base class that it replaces, as `help` shows it."""
    own = ast.get_docstring(node) or ""
    if own or owner is None:
        return own
    names = [ast.unparse(base).split("[")[0].split(".")[-1] for base in owner.bases]
    bases = [base for name in names for base in _classes().get(name, [])]
    inherited = (_documentation(_methods(base).get(node.name, node), base) for base in bases)
    return next((text for text in inherited if text), "")


def _public(body: list[ast.stmt], owner: ast.ClassDef | None = None) -> Iterator[tuple[Function, ast.ClassDef | None]]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _public(node.body, node)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
            yield node, owner


def _functions() -> Iterator[tuple[str, Function, str]]:
    """(place, function, documentation) of all public ones; verbs' `add_arguments` and `run` are explained once, by
    `cli/main.py`."""
    for name, tree in _trees().items():
        for node, owner in _public(tree.body):
            if not (name.startswith(FRONT_DOOR) and (node.name == "run" or node.name.startswith("add_"))):
                yield f"{name}:{node.lineno} {node.name}", node, _documentation(node, owner)


def _annotations(node: Function) -> list[str]:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    notes = [argument.annotation for argument in arguments] + [node.returns]
    return [ast.unparse(note) for note in notes if note is not None]


def test_public_functions_and_methods_are_documented() -> None:
    assert [place for place, _, text in _functions() if not text] == []


def test_functions_of_arrays_say_their_shapes() -> None:
    arrays = [(place, text) for place, node, text in _functions() if any(map(ARRAY.search, _annotations(node)))]
    assert len(arrays) > 200
    assert [place for place, text in arrays if not SHAPE.search(text)] == []
