"""Users' plug-ins: Python files and modules that register modalities, objectives, tasks, encoders and more.

A plug-in is code that runs as the user, so it is loaded only where the user names it: by `--plugin`, by `plugins:` in a
config, or by installing a package with an entry point of the group `tst_sim.plugins`. What a run or a corpus says it
was made with is compared, never loaded.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tst_sim.errors import UserError, one_line, shortened, shown
from tst_sim.registry import PluginRecord, registering

ENTRY_POINTS = "tst_sim.plugins"
"""The group in which an installed package names its plug-in modules."""
PREFIX = "tst_sim_plugin_"
"""How the modules of plug-in files are named: the digest follows, so that equal files are one module."""
_loaded: dict[str, PluginRecord] = {}
"""By digest, in the order in which they were loaded."""
_names: list[str] = []
"""What users named, files by their absolute path: what workers load too."""
_entry_points_loaded: list[bool] = []


def load_plugins(names: Iterable[str] = ()) -> list[PluginRecord]:
    """Load the plug-ins of some names (`path/my_plugs.py` or `package.module`), and all installed ones.

    A file that was loaded before, under whatever path, is not loaded again. UserError, in one line with file and line,
    for one that is missing, is no Python or raises.
    """
    if not _entry_points_loaded:
        _entry_points_loaded.append(True)
        for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
            _load_module(point.module, f"entry point {point.name}")
    records = []
    for name in names:
        records.append(_load_file(Path(name)) if _is_path(name) else _load_module(name, "--plugin"))
        known = str(Path(name).absolute()) if _is_path(name) else name
        if known not in _names:
            _names.append(known)
    return records


def loaded_names() -> tuple[str, ...]:
    """The plug-ins that were named in this process, for `load_plugins` in another one."""
    return tuple(_names)


def check_plugins(records: Sequence[Mapping[str, Any]], owner: str) -> None:
    """UserError unless the plug-ins that something was made with are loaded, unchanged.

    `records` are those of `used_plugins`, `owner` says what was made (`run runs/a`).
    """
    for record in records:
        name, file, sha256 = (str(record.get(key, "")) for key in ("name", "file", "sha256"))
        if sha256 in _loaded:
            continue
        changed = next((other for other in _loaded.values() if other.name == name), None)
        what = f"{owner} was made with the plug-in {shown(name)} (sha256 {shortened(sha256[:12])})"
        if changed is not None:
            raise UserError(
                f"{what}, and {changed.file} has changed since (now {changed.sha256[:12]}); "
                "give the file as it was with --plugin FILE"
            )
        raise UserError(f"{what}, which is not loaded; give it with --plugin FILE (it was {shortened(file)})")


def _is_path(name: str) -> bool:
    return name.endswith(".py") or "/" in name or "\\" in name


def _load_file(path: Path) -> PluginRecord:
    try:
        source = path.read_bytes()
    except OSError as error:
        raise UserError(f"plug-in {shortened(str(path))} cannot be read: {error.strerror or error}") from error
    record = PluginRecord(path.stem, str(path.absolute()), hashlib.sha256(source).hexdigest())
    if record.sha256 in _loaded:
        return _loaded[record.sha256]
    name = PREFIX + record.sha256[:16]
    spec = importlib.util.spec_from_loader(name, loader=None, origin=record.file)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__file__ = record.file
    sys.modules[name] = module  # dataclasses and pickle look a class's module up by its name
    try:
        with registering(record):
            exec(compile(source, record.file, "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise _fault(record.file, error) from error
    _loaded[record.sha256] = record
    return record


def _load_module(name: str, asked_by: str) -> PluginRecord:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError) as error:
        raise UserError(f"plug-in {shown(name)} ({asked_by}) cannot be found: {one_line(error)}") from error
    if spec is None or not spec.origin or not Path(spec.origin).is_file():
        raise UserError(
            f"plug-in {shown(name)} ({asked_by}) is no module that Python finds; give a file (PATH.py) or install it"
        )
    record = PluginRecord(name, spec.origin, hashlib.sha256(Path(spec.origin).read_bytes()).hexdigest())
    if record.sha256 in _loaded:
        return _loaded[record.sha256]
    try:
        with registering(record):
            importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise _fault(spec.origin, error) from error
    _loaded[record.sha256] = record
    return record


def _fault(file: str, error: BaseException) -> UserError:
    """What went wrong in a plug-in, in one line with the place in its own file."""
    line: int | None = None
    if isinstance(error, SyntaxError) and error.filename == file:
        line, what = error.lineno, f"syntax error: {error.msg}"
    else:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
        line = frames[-1].lineno if frames else None
        what = one_line(error) if isinstance(error, UserError) else f"{type(error).__name__}: {one_line(error)}"
    place = f"{file}:{line}" if line else file
    return UserError(f"plug-in {place}: {shortened(what, 300)}")
