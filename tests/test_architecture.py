"""The architecture, enforced: who may import whom, how long things get, where the terminal is written to."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tst_sim.modalities import MODALITIES

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("tst_sim", "generators", "training")
FORBIDDEN = {
    "tst_sim": {"torch", "torchvision", "timm", "procthor", "prior", "generators", "training"},
    "generators": {"ray", "torch", "torchvision", "timm", "training"},
    "training": {"ray", "moderngl", "ai2thor", "procthor", "prior", "generators"},
}
ONLY_IN = {
    "moderngl": "tst_sim/embedded",
    "glcontext": "tst_sim/embedded",
    "ai2thor": "tst_sim/thor",
    "ray": "tst_sim/cluster",
}
FRONT_DOOR = "tst_sim/cli"
FLOORS = {
    "tst_sim": set(),
    "tst_sim.cluster": {"tst_sim"},
    "tst_sim.corpus": {"tst_sim"},
    "tst_sim.placement": {"tst_sim"},
    "tst_sim.embedded.mesh": {"tst_sim"},
    "tst_sim.embedded.catalogue": {"tst_sim", "mesh"},
    "tst_sim.embedded.textures": {"tst_sim", "mesh"},
    "tst_sim.embedded.scene": {"tst_sim", "tst_sim.placement", "mesh", "catalogue", "textures"},
    "tst_sim.embedded.light": {"tst_sim", "scene"},
    "tst_sim.embedded": {"tst_sim", "mesh", "scene", "light", "drawing"},
    "tst_sim.embedded.drawing": {"tst_sim", "tst_sim.embedded", "scene", "light", "drawing.cpu", "drawing.gl"},
    "tst_sim.embedded.drawing.cpu": {"tst_sim", "tst_sim.embedded", "textures", "drawing"},
    "tst_sim.embedded.drawing.gl": {"tst_sim", "tst_sim.embedded", "scene", "textures", "light", "drawing"},
    "tst_sim.packs": {"tst_sim", "tst_sim.placement", "mesh", "catalogue"},
    "tst_sim.thor": {"tst_sim", "scene", "drawing.gl", "tst_sim.thor.actions", "tst_sim.thor.player"},
    "tst_sim.thor.actions": {"tst_sim", "tst_sim.placement", "tst_sim.embedded", "mesh", "catalogue", "scene", "light"},
    "tst_sim.thor.player": {
        "tst_sim",
        "tst_sim.packs",
        "tst_sim.thor.actions",
        "tst_sim.embedded",
        "scene",
        "drawing.gl",
    },
}
"""Which folders a folder inside `tst_sim` may import from, itself aside; short names are the engine's floors.

`tst_sim` stands for its own files. `cli/`, the front door, may import all.
"""
SHADERS = "tst_sim.embedded.drawing.gl.shaders"
"""A folder of GLSL; its `__init__` imports nothing."""
OPENERS = {"tst_sim/backends.py", "tst_sim/doctor.py", "tst_sim/__main__.py"}
"""Files of `tst_sim` that open a backend, look at what there is, or start the front door: they may import all."""
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}


def _files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _nodes(node: ast.AST, *, into_functions: bool = True) -> Iterator[ast.AST]:
    """All nodes below; a `TYPE_CHECKING` block is no run-time import and is left out."""
    for child in ast.iter_child_nodes(node):
        if _is_type_checking(child):
            continue
        yield child
        if into_functions or not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _nodes(child, into_functions=into_functions)


def _imports(path: Path, *, lazy: bool = True) -> set[str]:
    """Full names that a file imports, relative ones resolved; `lazy` counts those inside functions too."""
    package = _module(path) if path.name == "__init__.py" else _module(path).rpartition(".")[0]
    found = set()
    for node in _nodes(_tree(path), into_functions=lazy):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "__import__"):
            found |= {item.value for item in node.args[:1] if isinstance(item, ast.Constant)}
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    offences = [
        f"{_name(path)} imports {name}"
        for path in _files(room)
        if not _name(path).startswith(FRONT_DOOR)
        for name in sorted(_imports(path))
        if name.split(".")[0] in FORBIDDEN[room]
    ]
    assert offences == []


def _folder(module: str) -> str:
    """The folder of a module of `tst_sim`; of a package, the package itself."""
    path = ROOT.joinpath(*module.split("."))
    return module if path.is_dir() else module.rpartition(".")[0]


def _allowed(folder: str) -> set[str]:
    engine = "tst_sim.embedded"
    return {folder} | {name if name.startswith("tst_sim") else f"{engine}.{name}" for name in FLOORS[folder]}


def _floors_used(folder: str) -> dict[str, list[str]]:
    """Folders of `tst_sim` that the files of a folder import from, each with the imports."""
    modules = {_module(path) for path in _files("tst_sim")}
    used: dict[str, list[str]] = {}
    for path in sorted((ROOT / folder.replace(".", "/")).glob("*.py")):
        if _name(path) in OPENERS:
            continue
        for name in sorted(_imports(path) & modules):
            used.setdefault(_folder(name), []).append(f"{_name(path)} imports {name}")
    return used


def test_the_table_of_floors_names_every_folder() -> None:
    folders = {_module(path.parent / "__init__.py") for path in _files("tst_sim")}
    assert {folder for folder in folders if not folder.startswith("tst_sim.cli")} == set(FLOORS) | {SHADERS}


@pytest.mark.parametrize("folder", FLOORS)
def test_a_floor_imports_only_from_the_floors_it_may(folder: str) -> None:
    used = _floors_used(folder)
    assert [offence for other in used.keys() - _allowed(folder) for offence in used[other]] == []
    # A permission that nobody uses is taken back, so that the table says what is.
    assert _allowed(folder) - used.keys() <= {folder}


@pytest.mark.parametrize("package", ONLY_IN)
def test_a_backend_is_imported_in_its_own_folder_alone(package: str) -> None:
    offences = [
        f"{_name(path)} imports {package}"
        for path in _files("tst_sim", "training")
        if not _name(path).startswith(ONLY_IN[package]) and package in {name.split(".")[0] for name in _imports(path)}
    ]
    assert offences == []


def test_verbs_import_heavy_packages_only_when_they_run() -> None:
    heavy = {"ray", "torch", "timm", "procthor", "moderngl", "ai2thor", "scipy", "pandas", "trimesh"}
    offences = [
        f"{_name(path)} imports {name} at its top"
        for path in _files(FRONT_DOOR)
        for name in sorted(_imports(path, lazy=False))
        if name.split(".")[0] in heavy
    ]
    assert offences == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_two_modules_import_each_other(room: str) -> None:
    modules = {_module(path): path for path in _files(*ROOMS)}
    graph = {
        name: {found for found in _imports(path) if found in modules and found != name}
        for name, path in modules.items()
        if name.split(".")[0] == room
    }
    # A package's __init__ that gathers its own modules is no ring as long as they do not reach back to it.
    assert list(graphlib.TopologicalSorter(graph).static_order())


def test_files_stay_short() -> None:
    lengths = {_name(path): len(path.read_text().splitlines()) for path in _files(*ROOMS, "tests", "benchmarks")}
    assert {name: length for name, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_functions_stay_short() -> None:
    offences = {
        f"{_name(path)}:{node.lineno} {node.name}": length
        for path in _files(*ROOMS, "tests", "benchmarks")
        for node in ast.walk(_tree(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert offences == {}


def test_only_the_front_door_writes_to_the_terminal() -> None:
    offences = [
        f"{_name(path)}:{node.lineno} {ast.unparse(node.func)}"
        for path in _files(*ROOMS)
        if not _name(path).startswith(FRONT_DOOR)
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("print", "sys.stdout.write", "sys.stderr.write", "sys.exit")
    ]
    assert offences == []


def test_every_room_of_the_code_has_a_name() -> None:
    assert [_name(path) for path in _files(*ROOMS) if set(path.with_suffix("").parts) & NAMELESS] == []


def test_modules_and_what_is_public_in_them_say_what_they_are_for() -> None:
    missing = []
    for path in _files(*ROOMS):
        tree = _tree(path)
        if tree.body and not ast.get_docstring(tree):
            missing.append(_name(path))
        for node in tree.body:
            public = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            if public and not node.name.startswith("_") and not ast.get_docstring(node) and not _is_obvious(node, path):
                missing.append(f"{_name(path)}:{node.lineno} {node.name}")
    assert missing == []


def _is_obvious(node: ast.AST, path: Path) -> bool:
    """A verb's `add_arguments` and `run`, and the options' `add_x`, are explained once, in cli/main.py and by name."""
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    is_step = node.name == "run" or node.name.startswith("add_")
    return _name(path).startswith(FRONT_DOOR) and is_step


def test_randomness_comes_in_as_an_argument() -> None:
    offences = [
        f"{_name(path)}:{node.lineno} {ast.unparse(node)}"
        for path in _files(*ROOMS)
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute)
        and ast.unparse(node).startswith(("np.random.", "numpy.random."))
        and node.attr in ("rand", "randn", "randint", "seed", "shuffle", "choice", "permutation", "uniform", "normal")
    ]
    assert offences == []


NAMED_MODALITIES = {
    "tst_sim/modalities.py": "the table itself",
    "tst_sim/geometry.py": "the conventions that manifests state",
    "tst_sim/embedded/drawing/gl/": "what the renderer draws",
    "tst_sim/thor/frames.py": "what AI2-THOR draws",
    "tst_sim/thor/player/": "the pictures that AI2-THOR's protocol knows",
    "tst_sim/corpus/sample_check.py": "how rendered modalities of one frame agree",
    "training/config.py": "defaults of settings",
    "training/tasks/": "what a task is about",
}
"""Where a modality may be asked for its name; everybody else asks its row."""


def test_nobody_asks_a_modality_for_its_name() -> None:
    offences = [
        f"{_name(path)}:{node.lineno} {ast.unparse(node)[:80]}"
        for path in _files(*ROOMS)
        if not _name(path).startswith(tuple(NAMED_MODALITIES))
        for node in ast.walk(_tree(path))
        if _tells_modalities_apart(node)
    ]
    assert offences == []


def _tells_modalities_apart(node: ast.AST) -> bool:
    """A comparison with a modality's name, a case of it, a membership in several, or a table of three or more."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        groups = [side.elts for side in sides if isinstance(side, (ast.Tuple, ast.List, ast.Set))]
        return any(_is_modality(item) for item in [*sides, *(item for group in groups for item in group)])
    if isinstance(node, ast.MatchValue):
        return _is_modality(node.value)
    return isinstance(node, ast.Dict) and sum(_is_modality(key) for key in node.keys) >= 3


def _is_modality(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value in tuple(MODALITIES)
