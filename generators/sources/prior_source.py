"""ProcTHOR-10K as AI2's `prior` package keeps it: read from its cache, fetched by it when it is not there.

`prior.load_dataset` clones the data set's repository and runs the `main.py` of the clone, which reads all 12,000
houses into memory. Here prior clones (see `prior_fetch`) and the `.jsonl.gz` is read by us: no code of the
clone is run, and what is in the cache needs no network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generators.sources.house_files import parse_house
from generators.sources.json_lines import JsonLines
from generators.sources.packed import is_pointer
from generators.sources.prior_fetch import alone, fetch
from tst_sim.errors import UserError
from tst_sim.houses import House

DATASET = "procthor-10k"
PUBLISHED_REVISION = "439193522244720b86d8c81cde2e51e3a4d150cf"
"""The commit of github.com/allenai/procthor-10k for AI2-THOR 5.0 and later (its main.py says so): schema 1.0.0."""
PUBLISHED_SHA256 = {
    "train": "ee3c4aa14b4d8f0895fecfb5fdaca59395427ca1018b2f9aeeedbc61e5824587",
    "val": "d808540514e26b6726cd2790490e669b572eeb94febb5188a2f403591dd21721",
    "test": "9a9fa6f134e76fe87f3fd92c00883651cf9fadf4e9ad4072d6d73be229f001dc",
}
"""Of `<split>.jsonl.gz`, from the Git LFS pointers of that commit."""
COMMIT = re.compile(r"[0-9a-f]{40}")
REVISION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")


class PriorSource:
    """The houses of ProcTHOR-10K, split as published: 10,000 for training, 1,000 each for val and test."""

    name = DATASET

    def __init__(self, split: str = "train", revision: str = PUBLISHED_REVISION) -> None:
        if not REVISION.fullmatch(revision):
            raise UserError(f"{revision!r} is no revision of {DATASET}; give a commit, a branch or a tag")
        self.split = split
        file = _houses_file(revision, split)
        self.revision = file.parent.name
        self._lines = JsonLines(file)
        if self.revision == PUBLISHED_REVISION and self._lines.sha256 != PUBLISHED_SHA256[split]:
            raise UserError(
                f"{file} is not the published file (sha256 {self._lines.sha256[:16]}..., published "
                f"{PUBLISHED_SHA256[split][:16]}...); remove {file.parent} and let prior fetch it again"
            )

    @property
    def identity(self) -> Mapping[str, Any]:
        """What the houses depend on: the commit, and the sha256 of the file they are read from."""
        return {
            "source": self.name,
            "split": self.split,
            "revision": self.revision,
            "sha256": self._lines.sha256,
            "houses": len(self),
        }

    def __len__(self) -> int:
        return len(self._lines)

    def start(self) -> None:
        """Nothing has to be started."""

    def close(self) -> None:
        """Nothing is held: files are open only while they are read."""

    def house(self, index: int) -> House:
        """House number `index`. Raises UserError for an index out of bounds or a line that is no house."""
        if not 0 <= index < len(self):
            raise UserError(f"house {index} is not in {DATASET} {self.split}; it holds houses 0 to {len(self) - 1}")
        text, place = self._lines.text(index)
        return parse_house(text, place, f"{self.name}-{self.split}-{index:06d}")


def cache_folder() -> Path:
    """Where prior 1.0.3 keeps the clones, one folder a commit; only HOME moves it."""
    return Path.home() / ".prior" / "datasets" / "allenai" / DATASET


def _houses_file(revision: str, split: str) -> Path:
    """`<split>.jsonl.gz` of a revision in prior's cache, fetched if it is not there."""
    cache, name = cache_folder(), f"{split}.jsonl.gz"
    file, fault = _cached(cache, revision, name), None
    if file is None or is_pointer(file):
        with alone():
            file = _cached(cache, revision, name)
            if file is None or is_pointer(file):
                fault = fetch(cache, DATASET, revision)
                file = _cached(cache, revision, name)
    if file is not None:
        return file
    if fault is None:
        raise UserError(f"revision {revision} of {DATASET} has no file {name}; give another, or leave it out")
    remedy = f"connect to the network, or give a downloaded file: --source PATH/{name}"
    raise UserError(f"{DATASET} at {revision} is not in {cache}, and prior cannot fetch it: {fault}; {remedy}")


def _cached(cache: Path, revision: str, name: str) -> Path | None:
    """A file of a revision in prior's cache, if it is there."""
    commit = _known_commit(cache, revision)
    file = cache / commit / name if commit else None
    return file if file and file.is_file() else None


def _known_commit(cache: Path, revision: str) -> str | None:
    """The commit of a revision: itself, or what prior's file `cache` remembers of a branch or tag."""
    if COMMIT.fullmatch(revision):
        return revision
    try:
        commit = json.loads((cache / "cache").read_text())[revision]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return commit if COMMIT.fullmatch(str(commit)) else None
