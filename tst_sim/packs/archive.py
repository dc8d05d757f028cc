"""Reading a zip that may be damaged or hostile: sizes are checked first, nothing is written to disk."""

from __future__ import annotations

import io
import posixpath
import zipfile
from functools import cached_property
from pathlib import Path

from tst_sim.errors import UserError, shortened, shown
from tst_sim.storage import size_text

MAX_ENTRIES = 20_000
"""The table of contents is read again with every entry."""
MAX_MODEL_BYTES = 48_000_000
"""Of one model or nested zip, unpacked; the largest OBJ of Debian's catalogues has 9 MB."""
MAX_TEXT_BYTES = 4_000_000
"""Of a material file or a catalogue's table."""
MAX_TEXTURE_BYTES = 32_000_000


class Archive:
    """The entries of a zip by their clean names; UserErrors name the archive and the entry."""

    def __init__(self, file: Path | io.BytesIO, name: str) -> None:
        self.name = name
        self._file = file
        try:
            with zipfile.ZipFile(file) as archive:
                entries = archive.infolist()
        except FileNotFoundError as error:
            raise UserError(f"{name} does not exist") from error
        except Exception as error:  # zipfile also raises struct.error, OverflowError and more for a damaged directory
            raise UserError(f"{name} is not a readable zip ({shortened(str(error))}); get the file again") from error
        if len(entries) > MAX_ENTRIES:
            raise UserError(f"{name} has {len(entries)} entries, more than {MAX_ENTRIES}")
        self.entries: dict[str, zipfile.ZipInfo] = {
            self._clean(entry.filename): entry for entry in entries if entry.filename and not entry.is_dir()
        }

    def __contains__(self, entry: str) -> bool:
        return self.resolved(entry) is not None

    def resolved(self, entry: str) -> str | None:
        """The name of an entry as it is stored, sought exactly, then without regard to case; None: not there."""
        if entry in self.entries:
            return entry
        return self._by_lower_case.get(entry.lower())

    def read(self, entry: str, most_bytes: int) -> bytes:
        """The bytes of an entry of at most `most_bytes`; UserError when it is missing, larger or damaged."""
        found = self.resolved(entry)
        if found is None:
            raise UserError(f"{self.name}: entry {shown(entry)} is missing")
        declared = self.entries[found].file_size
        if declared > most_bytes:
            raise UserError(
                f"{self.name}: entry {shown(found)} unpacks to {size_text(declared)}, more than {size_text(most_bytes)}"
            )
        try:
            with zipfile.ZipFile(self._file) as archive, archive.open(self.entries[found]) as file:
                data = file.read(most_bytes + 1)
        except Exception as error:  # zlib, zipfile and lzma raise many types for damaged or encrypted entries
            raise UserError(
                f"{self.name}: entry {shown(found)} is damaged ({shortened(str(error))}); get the file again"
            ) from error
        if len(data) > most_bytes:
            raise UserError(f"{self.name}: entry {shown(found)} unpacks to more than {size_text(most_bytes)}")
        return data

    def nested(self, entry: str) -> Archive:
        """A zip within the zip, held in memory."""
        return Archive(io.BytesIO(self.read(entry, MAX_MODEL_BYTES)), f"{self.name}: {entry}")

    def _clean(self, name: str) -> str:
        plain = name.replace("\\", "/")
        parts = plain.split("/")
        if plain.startswith("/") or ".." in parts or parts[0].endswith(":") or "\0" in name:
            raise UserError(f"{self.name}: entry {shown(name)} points out of the archive; do not use this file")
        return posixpath.normpath(plain)

    @cached_property
    def _by_lower_case(self) -> dict[str, str]:
        return {name.lower(): name for name in reversed(self.entries)}


def beside(entry: str, name: str) -> str | None:
    """The entry that a file refers to as `name`; None when that lies outside the archive.

    Exporters leave absolute paths of their author's disk behind: of these, the file name counts.
    """
    plain = name.strip().strip('"').replace("\\", "/")
    if plain.startswith("/") or plain[1:2] == ":":
        plain = posixpath.basename(plain)
    path = posixpath.normpath(posixpath.join(posixpath.dirname(entry), plain))
    return None if path.startswith("..") else path
