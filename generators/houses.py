"""House sources: where a house with a number comes from."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from tst_sim.errors import UserError
from tst_sim.houses import House

SPLITS = ("train", "val", "test")
SUFFIXES = (".json", ".jsonl", ".jsonl.gz")


class HouseError(Exception):
    """One house could not be made or read; the message names it. Others may well succeed."""


class HouseSource(Protocol):
    """Houses by index. The same index is the same house, in whatever order they are asked for."""

    name: str
    split: str

    @property
    def identity(self) -> Mapping[str, Any]:
        """What the houses depend on: source, split, versions, digests; goes to the corpus manifest."""
        ...

    def house(self, index: int) -> House:
        """House number `index`. Raises UserError for an index out of bounds, HouseError for a bad house."""
        ...


def open_house_source(spec: str, split: str = "train") -> HouseSource:
    """`procthor`, or the path of a house JSON, a JSON Lines file (also .gz) or a folder of JSON files."""
    if split not in SPLITS:
        raise UserError(f"asset split {split!r} is not known; use one of {', '.join(SPLITS)}")
    if spec == "procthor":
        from generators.procthor_source import ProcthorSource

        return ProcthorSource(split)
    path = Path(spec)
    if not path.exists():
        raise UserError(f"house source {spec!r} is neither 'procthor' nor an existing file or folder")
    return FileSource(path, split)


class FileSource:
    """Houses from files: a folder counts its JSON files by sorted name, a JSON Lines file its lines."""

    name = "files"

    def __init__(self, path: Path, split: str = "train") -> None:
        self.path, self.split = path, split
        if path.is_dir():
            self._files = sorted(path.glob("*.json"))
            if not self._files:
                raise UserError(f"{path} holds no .json files; give a folder of house JSON files")
        elif path.name.endswith(SUFFIXES):
            self._files = [path]
        else:
            raise UserError(f"{path} is not a house file; its name must end in {', '.join(SUFFIXES)}")
        self._lines = None if path.is_dir() or path.suffix == ".json" else _read_lines(path)

    @property
    def identity(self) -> Mapping[str, Any]:
        """The source's name; each house is identified by the digest of its own content."""
        return {"source": self.name, "split": self.split, "path": self.path.name, "houses": len(self)}

    def __len__(self) -> int:
        return len(self._files if self._lines is None else self._lines)

    def house(self, index: int) -> House:
        """House number `index`. Raises UserError for an index out of bounds or an unusable JSON."""
        if not 0 <= index < len(self):
            raise UserError(f"house {index} is not in {self.path}; it holds houses 0 to {len(self) - 1}")
        if self._lines is None:
            file = self._files[index]
            return _parse(_read_text(file), f"{file}", self._house_name(index))
        return _parse(self._lines[index], f"{self.path}, line {index + 1}", self._house_name(index))

    def _house_name(self, index: int) -> str:
        return f"{self.name}-{self.split}-{index:06d}"


def _parse(text: str, where: str, name: str) -> House:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{where}: not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from error
    if not isinstance(document, dict):
        raise UserError(f"{where}: a house is a JSON object, not {type(document).__name__}")
    try:
        return House.from_json(document, name=name)
    except UserError as error:
        raise UserError(f"{where}: {error}") from error


def _read_text(path: Path) -> str:
    try:
        if path.name.endswith(".gz"):
            with gzip.open(path, "rt", encoding="utf-8") as stream:
                return stream.read()
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text at byte {error.start}; a house file is JSON") from error
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: cannot be read ({error}); is it complete?") from error


def _read_lines(path: Path) -> list[str]:
    lines = [line for line in _read_text(path).split("\n") if line.strip()]
    if not lines:
        raise UserError(f"{path} is empty; a JSON Lines file holds one house a line")
    return lines
