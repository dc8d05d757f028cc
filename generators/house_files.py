"""Houses from files: JSON, JSON Lines and folders of them, plain or gzipped."""

from __future__ import annotations

import contextlib
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tst_sim.errors import UserError
from tst_sim.houses import House

SUFFIXES = (".json", ".json.gz", ".jsonl", ".jsonl.gz")


class FileSource:
    """Houses from files: a file of one house, JSON Lines, or a folder of them by sorted name.

    In a folder the index counts through the files in order, and through the lines of JSON Lines.
    """

    name = "files"

    def __init__(self, path: Path, split: str = "train") -> None:
        self.path, self.split = path, split
        files = sorted(file for file in path.iterdir() if _is_house_file(file)) if path.is_dir() else [path]
        if not files:
            raise UserError(f"{path} holds no house files; their names end in {', '.join(SUFFIXES)}")
        if not all(map(_is_house_file, files)):
            raise UserError(f"{path} is not a house file; its name must end in {', '.join(SUFFIXES)}")
        self._texts: list[_Text] = []
        for file in files:
            self._texts.extend(_lines_of(file) if ".jsonl" in file.suffixes else [_Text(file)])

    @property
    def identity(self) -> Mapping[str, Any]:
        """The source's name and size; each house is identified by the digest of its own content."""
        return {"source": self.name, "split": self.split, "path": self.path.name, "houses": len(self)}

    def __len__(self) -> int:
        return len(self._texts)

    def house(self, index: int) -> House:
        """House number `index`. Raises UserError for an index out of bounds or an unusable JSON."""
        if not 0 <= index < len(self):
            raise UserError(f"house {index} is not in {self.path}; it holds houses 0 to {len(self) - 1}")
        text = self._texts[index]
        return _parse(text.read(), text.place, f"{self.name}-{self.split}-{index:06d}")


@dataclass(frozen=True)
class _Text:
    """The text of one house: a whole file, or a line, kept compressed as there may be ten thousand."""

    file: Path
    line: int | None = None
    packed: bytes = b""

    @property
    def place(self) -> str:
        return str(self.file) if self.line is None else f"{self.file}, line {self.line}"

    def read(self) -> str:
        if self.line is not None:
            return zlib.decompress(self.packed).decode()
        with _opened(self.file) as stream:
            return stream.read()


def _is_house_file(path: Path) -> bool:
    return path.name.endswith(SUFFIXES)


def _lines_of(file: Path) -> list[_Text]:
    with _opened(file) as stream:
        numbered = enumerate(stream, start=1)
        texts = [_Text(file, number, zlib.compress(line.encode(), 1)) for number, line in numbered if line.strip()]
    if not texts:
        raise UserError(f"{file} is empty; a JSON Lines file holds one house a line")
    return texts


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[IO[str]]:
    """A text file, unpacked if need be; what goes wrong while reading is a UserError that names it."""
    try:
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as stream:
            yield stream
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8 text at byte {error.start}; a house file is JSON") from error
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{file} cannot be read: {error}; is it complete?") from error


def _parse(text: str, place: str, name: str) -> House:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{place}: not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from error
    if not isinstance(document, dict):
        raise UserError(f"{place}: a house is a JSON object, not {type(document).__name__}")
    try:
        return House.from_json(document, name=name)
    except UserError as error:
        raise UserError(f"{place}: {error}") from error
