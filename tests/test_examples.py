"""The examples run as their users run them, and leave what they promise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"
HOUSES = Path(__file__).parent / "data"


def example(name: str, *arguments: str | Path, folder: Path) -> str:
    """The output of an example, run in a folder of its own."""
    command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    environment = {"PYTHONPATH": str(EXAMPLES.parent)}
    done = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_house_is_looked_at_in_every_modality(tmp_path: Path) -> None:
    said = example("look_at_a_house.py", "--source", HOUSES, "--house", "0", "--size", "48", folder=tmp_path)
    assert said.startswith("house 0: 2 rooms")
    pixels = np.asarray(Image.open(tmp_path / "house.png"))
    assert pixels.shape == (5 * 48, 2 * 48, 3)  # a row for each modality, a column for each room
    assert all(len(np.unique(row.reshape(-1, 3), axis=0)) > 3 for row in np.split(pixels, 5))


def test_a_specialist_is_trained_and_its_features_are_shown(tmp_path: Path) -> None:
    arguments = ("--source", HOUSES, "--house", "0", "--frames", "12", "--steps", "4", "--out", "it")
    example("train_a_specialist.py", *arguments, folder=tmp_path)
    pixels = np.asarray(Image.open(tmp_path / "it" / "features.png"))
    assert pixels.shape == (2 * 64, 8 * 64, 3)
    assert (tmp_path / "it" / "run" / "reconstructions.png").exists()
