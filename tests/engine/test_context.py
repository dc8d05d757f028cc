"""The OpenGL context beside other libraries of the process."""

from __future__ import annotations

import subprocess
import sys


def test_a_network_can_be_imported_after_something_was_rendered() -> None:
    """Mesa and triton each bring an LLVM; in the wrong order the process dies of a segmentation fault."""
    code = (
        "from tst_sim.doctor import render_one_room; render_one_room(); import timm; print('alive', render_one_room())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:5]) == (0, "alive"), done.stderr[-2000:]
