"""`prior` asked to clone a data set, in a process of its own: it changes folder and PATH, and reads HOME at import.

Run as a module, this is that process. prior's last step, running the `main.py` of the clone, is left out.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

UNKNOWN_REVISION = ("Could not find dataset", "Could not find revision", "GitHub API status code: 422")
"""What prior 1.0.3 says when GitHub knows no such repository, branch, tag or commit."""


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Only one process of a user at a time, where the file system can lock: two would clone into the same folder."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            home = os.open(Path.home(), os.O_RDONLY)
            stack.callback(os.close, home)
            fcntl.flock(home, fcntl.LOCK_EX)
        yield


def fetch(cache: Path, dataset: str, revision: str) -> str | None:
    """Let prior put a revision of a data set into its cache. None, or one line saying why it could not.

    What it began there is taken away again when it fails or is interrupted; what was there before stays.
    """
    before = _folders(cache)
    code = None
    try:
        code, said = _prior(dataset, revision)
    finally:
        if code != 0:
            _remove_new(cache, before)
    if code == 0:
        return None
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    reason = lines[-1] if lines else f"it ended with code {code}"
    return f"{reason} ({lines[-2]})" if len(lines) > 1 else reason


def _prior(dataset: str, revision: str) -> tuple[int, str]:
    """(exit code, stderr) of this module run as a program; what it starts ends with it."""
    with subprocess.Popen(
        [sys.executable, "-m", __name__, dataset, revision],
        env={**os.environ, "HOME": str(Path.home()), "GIT_TERMINAL_PROMPT": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as child:
        try:
            said = child.communicate()[1]
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            raise
    return child.returncode, said


def _folders(cache: Path) -> frozenset[Path] | None:
    return frozenset(path for path in cache.iterdir() if path.is_dir()) if cache.exists() else None


def _remove_new(cache: Path, before: frozenset[Path] | None) -> None:
    """Take away the clones that were not there before; with the cache itself, if it is new, its empty parents."""
    if before is not None:
        for folder in (_folders(cache) or frozenset()) - before:
            shutil.rmtree(folder, ignore_errors=True)
        return
    shutil.rmtree(cache, ignore_errors=True)
    with contextlib.suppress(OSError):  # up to the first that holds something else
        for folder in list(cache.parents)[:3]:
            folder.rmdir()


def _clone(dataset: str, revision: str) -> None:
    """Have prior clone; ends the process with one line on stderr when it cannot."""
    try:
        import prior

        prior.exec = _run_nothing  # pyright: ignore[reportAttributeAccessIssue]
        prior.load_dataset(dataset, revision=revision)
    except Exception as error:  # prior lets through whatever requests, git, json and its own checks raise
        raise SystemExit(_reason(error, dataset, revision)) from error  # to `fetch`, which reads stderr


def _run_nothing(source: str, names: dict[str, Any]) -> None:
    """Takes the place of `exec` in prior: the clone's `load_dataset` is one that loads nothing."""
    del source
    names["load_dataset"] = dict


def _reason(error: Exception, dataset: str, revision: str) -> str:
    """One line for a user, of what prior raises."""
    text = " ".join(str(error).split())
    kinds: Mapping[str, str] = {
        "ConnectionError": "api.github.com cannot be reached",
        "ConnectTimeout": "api.github.com does not answer",
        "IndexError": "git-lfs is not installed and cannot be downloaded; install it",
    }
    if any(words in text for words in UNKNOWN_REVISION):
        return f"github.com knows no revision {revision} of it"
    if isinstance(error, FileNotFoundError):
        missing = str(error.filename)
        if missing in ("git", "wget"):
            return f"the program {missing} is not installed"
        if missing.endswith(".git-credentials"):
            return "api.github.com refuses for now (its limit for callers without a GITHUB_TOKEN); try again later"
        if Path(missing).parent.name == dataset:  # prior goes there without asking whether git had made it
            return "git cannot clone its repository"
    if isinstance(error, AssertionError) and not text:
        return "Git LFS cannot fetch its files"
    known = [kinds[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in kinds]
    return known[0] if known else f"{type(error).__name__}: {text}"


if __name__ == "__main__":
    _clone(*sys.argv[1:])
