"""Houses from files: JSON of one or many, JSON Lines and folders of them, plain or gzipped."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

from generators.sources.house_lists import HouseList, holds_many
from generators.sources.json_lines import JsonLines
from generators.sources.packed import Unpacker, opened, unpacked_pieces
from tst_sim.errors import UserError
from tst_sim.houses import House
from tst_sim.json_text import check_size, decoded, json_document

SUFFIXES = (".json", ".json.gz", ".jsonl", ".jsonl.gz")


class FileSource:
    """Houses from files: JSON of one house, of a list or of splits of lists, JSON Lines, or a folder of them.

    In a folder the index counts through the files by sorted name, and through the houses of those that hold many.
    """

    name = "files"

    def __init__(self, path: Path, split: str = "train") -> None:
        self.path, self.split = path, split
        files = sorted(file for file in path.iterdir() if _is_house_file(file)) if path.is_dir() else [path]
        if not files:
            raise UserError(f"{path} holds no house files; their names end in {', '.join(SUFFIXES)}")
        if not all(map(_is_house_file, files)):
            raise UserError(f"{path} is not a house file; its name must end in {', '.join(SUFFIXES)}")
        self._files = [_opened(file, split) for file in files]
        self._ends = list(accumulate(map(len, self._files)))

    @property
    def identity(self) -> Mapping[str, Any]:
        """The source's name and size; each house is identified by the digest of its own content."""
        return {"source": self.name, "split": self.split, "path": self.path.name, "houses": len(self)}

    def __len__(self) -> int:
        return self._ends[-1]

    def start(self) -> None:
        """Nothing has to be started."""

    def close(self) -> None:
        """Nothing is held: files are open only while they are read."""

    def house(self, index: int) -> House:
        """House number `index`. Raises UserError for an index out of bounds or an unusable JSON."""
        if not 0 <= index < len(self):
            raise UserError(f"house {index} is not in {self.path}; it holds houses 0 to {len(self) - 1}")
        number = bisect_right(self._ends, index)
        file = self._files[number]
        text, place = file.text(index - self._ends[number] + len(file))
        return parse_house(text, place, f"{self.name}-{self.split}-{index:06d}")


class _WholeFile:
    """A file that is one house, read when asked for; `JsonLines` of one line, as it were."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __len__(self) -> int:
        return 1

    def text(self, number: int) -> tuple[str, str]:
        """(the file's text, its path)."""
        assert number == 0, number
        data, place = bytearray(), str(self.file)
        with opened(self.file) as stream:
            for piece in unpacked_pieces(stream, Unpacker(self.file.suffix == ".gz")):
                data += piece
                check_size(len(data), place)
        return decoded(bytes(data), place), place


def _opened(file: Path, split: str) -> JsonLines | HouseList | _WholeFile:
    if ".jsonl" in file.suffixes:
        return JsonLines(file)
    return HouseList(file, split) if holds_many(file) else _WholeFile(file)


def _is_house_file(path: Path) -> bool:
    return path.name.endswith(SUFFIXES)


def parse_house(text: str, place: str, name: str) -> House:
    """The house of a JSON text; UserError names the place it came from."""
    document = json_document(text, place)
    if not isinstance(document, dict):
        raise UserError(f"{place}: a house is a JSON object, not {type(document).__name__}")
    try:
        return House.from_json(document, name=name)
    except UserError as error:
        raise UserError(f"{place}: {error}") from error
