"""`tst-sim label`: what it refuses, in a process of its own where no plug-in is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PLUGS = Path(__file__).parents[2] / "examples" / "my_plugs.py"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--with", "luma"], "no layer maker is known; name a file that registers one: --plugin my_plugs.py"),
        (["--with", "lum", "--plugin", str(PLUGS)], "did you mean 'luma'"),
        (["--plugin", str(PLUGS)], "the following arguments are required: --with"),
    ],
)
def test_what_cannot_be_made_is_one_line(tmp_path: Path, options: list[str], message: str) -> None:
    command = [sys.executable, "-m", "tst_sim", "label", str(tmp_path), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert message in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert list(tmp_path.iterdir()) == []
