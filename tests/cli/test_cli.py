"""The front door: quick, and one clear line for whatever cannot be used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tst_sim import __version__
from tst_sim.cli import main as front_door
from tst_sim.cli.main import VERBS, main
from tst_sim.errors import UserError

HEAVY = ("ray", "torch", "timm", "procthor", "moderngl", "ai2thor", "scipy", "pandas", "trimesh", "matplotlib", "rich")


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "tst_sim", *arguments], capture_output=True, text=True, check=False)


def _one_line_error(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The message of a command that must end with exit code 2 and one line."""
    try:
        code = main(list(arguments))
    except SystemExit as ended:  # argparse's own
        code = ended.code
    captured = capsys.readouterr()
    lines = captured.err.strip().splitlines()
    assert code == 2, captured
    assert len(lines) == 1, captured.err
    assert "Traceback" not in captured.err
    return lines[0].removeprefix("tst-sim: error: ")


@pytest.mark.parametrize("verb", VERBS)
def test_help_imports_nothing_heavy(verb: str) -> None:
    code = (
        "import sys; from tst_sim.cli.main import main\n"
        f"try: main([{verb!r}, '--help'])\n"
        "except SystemExit: pass\n"
        f"sys.stderr.write(' '.join(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.startswith(f"usage: tst-sim {verb}")


def test_help_lists_every_verb_with_its_purpose() -> None:
    text = _run("--help").stdout
    assert all(verb in text for verb in VERBS)


def test_version() -> None:
    assert _run("--version").stdout == f"tst-sim {__version__}\n"


def test_an_error_of_the_user_is_one_line_and_exit_code_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Verb:
        @staticmethod
        def add_arguments(parser: object) -> None: ...

        @staticmethod
        def run(options: object) -> int:
            raise UserError("--frames 0 must be at least 1")

    monkeypatch.setattr(front_door, "_verb_module", lambda verb: Verb)
    assert _one_line_error("doctor", capsys=capsys) == "--frames 0 must be at least 1"


def test_an_interruption_is_exit_code_130_and_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Verb:
        @staticmethod
        def add_arguments(parser: object) -> None: ...

        @staticmethod
        def run(options: object) -> int:
            raise KeyboardInterrupt

    monkeypatch.setattr(front_door, "_verb_module", lambda verb: Verb)
    assert main(["doctor"]) == 130
    assert "run the same command again to go on" in capsys.readouterr().err


def test_an_unknown_verb_is_one_line_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    message = _one_line_error("generat", capsys=capsys)
    assert "generat" in message and "did you mean 'generate'?" in message


def test_an_unknown_option_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--bananas" in _one_line_error("doctor", "--bananas", capsys=capsys)


def test_no_verb_is_one_line_that_names_the_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    message = _one_line_error(capsys=capsys)
    assert "generate" in message and "doctor" in message
